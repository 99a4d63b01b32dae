"""The rulers that are not ours, in the gate."""

from __future__ import annotations

from typing import Any

import pytest
from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.release.gate_examined import RULERS, compare

SETTINGS = GateSettings(min_items=8)


def row(member: int, **changed: Any) -> dict[str, Any]:
    """What the rulers say of a sound member."""
    usual: dict[str, Any] = {
        "member_id": f"m{member}",
        "plans": 3,
        "dangerous": 0,
        "wrong": 5 + member % 2,
        "impractical": 2,
        "hard_violations": 0,
        "hei_2020": 75.0 + member % 3,
        "limits_met": 0.9,
        "human_distance": None,
        "lunch_dinner_shared": 0.0,
        "nonsense_tips": 0,
        "food_distance": 0.9,
    }
    return usual | changed


def rows(**changed: Any) -> list[dict[str, Any]]:
    return [row(member, **changed) for member in range(12)]


def test_a_candidate_as_good_as_the_champion_is_not_worse() -> None:
    """Equal by every ruler; those without a figure decide nothing."""
    found = compare(rows(), rows(), SETTINGS)
    assert found.worse == ()
    assert "examined_human_distance" not in found.figures
    assert compare(rows(), None, SETTINGS).worse == ()


def test_a_loss_too_small_to_matter_refuses_nothing_unless_it_is_a_danger() -> None:
    """Certain as it is."""
    slightly = rows(wrong=5, hei_2020=75.0, food_distance=0.9)
    assert compare(slightly, rows(wrong=4.95, hei_2020=75.5, food_distance=0.94), SETTINGS).worse == ()
    assert compare(rows(dangerous=1), rows(), SETTINGS).worse


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dangerous", 1),
        ("wrong", 9),
        ("impractical", 4),
        ("hei_2020", 60.0),
        ("limits_met", 0.7),
        ("lunch_dinner_shared", 1.0),
        ("food_distance", 0.5),
        ("hard_violations", 2),
    ],
)
def test_a_candidate_that_is_worse_by_one_ruler_alone_is_refused(name: str, value: float) -> None:
    """Whichever it is; the same difference the other way is a gain."""
    assert [one.ruler for one in compare(rows(**{name: value}), rows(), SETTINGS).worse] == [name]
    assert compare(rows(), rows(**{name: value}), SETTINGS).worse == ()
    assert name in RULERS


def test_members_whose_plans_were_not_all_made_are_not_compared() -> None:
    """Who plans nothing has no faults."""
    silent = [row(member, plans=2, wrong=0) for member in range(12)]
    assert compare(silent, rows(), SETTINGS).figures == {}


def test_one_tip_that_nobody_read_is_counted() -> None:
    """No interval excuses it."""
    assert compare([row(0, nonsense_tips=1)], None, SETTINGS).nonsense == 1
