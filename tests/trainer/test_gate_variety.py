"""Variety in the gate: against the planner's, over the same members, never by chance."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest
from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.examine.rulers.variety import distances, distinct_shares
from fitbox_trainer.release.gate_variety import FIGURES, ComparedVariety, compare_variety

SETTINGS = GateSettings()


def rows(members: int, shop: int, seed: int, *, eaten: int = 18) -> list[dict[str, Any]]:
    """Members who each have ``eaten`` items, drawn from so many, some of them far more often than others."""
    draw = random.Random(seed)
    weights = [1 / (5 + rank) for rank in range(shop)]
    chosen = [frozenset(map(str, draw.choices(range(shop), weights, k=eaten))) for _ in range(members)]
    apart, parts = distances(chosen), distinct_shares(chosen)
    return [
        {
            "member_id": f"m{index}",
            "food_distance": apart[index],
            "exercise_distance": apart[index],
            "distinct_foods": parts[index],
            "distinct_exercises": parts[index],
        }
        for index in range(members)
    ]


def figures(found: ComparedVariety) -> set[str]:
    return {one.figure for one in found.less}


def test_each_members_part_adds_up_to_the_number_of_distinct_items() -> None:
    """An item that two have counts half for each; who has none has no part."""
    shares = distinct_shares([frozenset("abc"), frozenset("bcd"), frozenset()])
    assert shares == [2.0, 2.0, None]


@pytest.mark.parametrize("members", [8, 12, 60])
def test_another_draw_of_the_same_planner_is_varied_enough(members: int) -> None:
    """At the sample of a quick run as at a large one, whatever the seeds."""
    for seed in range(20):
        found = compare_variety(rows(members, 220, seed), rows(members, 220, 1000 + seed), SETTINGS)
        assert found.less == ()
        assert found.figures.keys() == {f"{name}_of_planner" for name in FIGURES}


@pytest.mark.parametrize("members", [8, 12, 60])
def test_a_model_that_gives_all_members_the_same_few_items_is_refused(members: int) -> None:
    """Forty foods where the planner has two hundred and more."""
    for seed in range(20):
        found = compare_variety(rows(members, 30, seed), rows(members, 220, 1000 + seed), SETTINGS)
        assert {"distinct_foods", "distinct_exercises"} <= figures(found)
        assert "certainly below 80%" in str(found.less[0])


def test_a_handful_of_members_decides_nothing() -> None:
    """Below the least number of items that decide anything; nor do members whom one arm left out."""
    assert compare_variety(rows(7, 20, 1), rows(7, 220, 2), SETTINGS) == ComparedVariety((), {})
    others = [row | {"member_id": f"other {row['member_id']}"} for row in rows(12, 220, 2)]
    assert compare_variety(rows(12, 20, 1), others, SETTINGS) == ComparedVariety((), {})


@pytest.mark.parametrize("missing", [{"food_distance": None}, {"distinct_foods": None}])
def test_a_member_without_a_plan_is_left_out(missing: Mapping[str, None]) -> None:
    """And the rest is compared."""
    own, planned = rows(12, 220, 1), rows(12, 220, 2)
    own[0] |= missing
    found = compare_variety(own, planned, SETTINGS)
    assert found.less == ()
    assert found.figures.keys() == {f"{name}_of_planner" for name in FIGURES}
