"""The gate: each rule alone, on evaluations that pass all others."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.evaluation.statistics import bootstrap_mean
from fitbox_trainer.release.gate import decide
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples

SETTINGS = GateSettings()
ITEMS = 48


def evaluation(**means: float) -> dict[str, Any]:
    """Arms with these means, a little noise, three tasks a member, two sexes."""
    noise = np.random.default_rng(0).normal(0.0, 0.02, ITEMS)
    arms = {
        name: {
            "scores": [float(x) for x in mean + np.roll(noise, shift)],
            "violations": 0,
            "parse_rate": 1.0,
            "nll": 1.0,
        }
        for shift, (name, mean) in enumerate(means.items())
    }
    items = [
        {"member_id": f"m{i // 3}", "slices": {"sex": "FEMALE" if i < ITEMS // 4 else "MALE"}}
        for i in range(ITEMS)
    ]
    return {"quality_score": means.get("candidate"), "arms": arms, "items": items}


GOOD = evaluation(candidate=0.8, base=0.4, random=0.3, planner=0.95, champion=0.8)


def codes(values: dict[str, Any]) -> set[str]:
    """Why an evaluation was refused."""
    decision = decide(values, SETTINGS)
    assert decision.promote is (not decision.reasons)
    return {reason.code for reason in decision.reasons}


def test_a_candidate_above_base_and_random_and_level_with_the_champion_is_promoted() -> None:
    """The planner, which wrote the targets, is a ceiling and no rival."""
    decision = decide(GOOD, SETTINGS)
    assert decision.promote, decision.summary
    assert decision.figures["gain_over_base_lower"] > 0.3


def test_a_run_may_add_little_but_not_certainly_take_away() -> None:
    """The gain over the adapter that ships is recorded; a certain loss is refused, with figure and bound."""
    level = decide(evaluation(candidate=0.8, base=0.4, random=0.3, starting=0.8), SETTINGS)
    assert level.promote, level.summary
    assert level.figures["gain_over_starting"] == pytest.approx(0.0, abs=0.01)
    worse = decide(evaluation(candidate=0.8, base=0.4, random=0.3, starting=0.85), SETTINGS)
    assert [reason.code for reason in worse.reasons] == ["worse_than_starting"]
    assert "0.050 below the shipped starting adapter over 16 members" in worse.summary
    allowed = SETTINGS.model_copy(update={"starting_tolerance": 0.1})
    assert decide(evaluation(candidate=0.8, base=0.4, random=0.3, starting=0.85), allowed).promote


def test_a_loss_of_two_members_against_the_starting_adapter_is_chance() -> None:
    """Student's bound of two members is far wider than the difference between them."""
    values = evaluation(candidate=0.8, base=0.4, random=0.3, starting=0.82)
    for index, item in enumerate(values["items"]):
        item["member_id"] = f"m{index % 2}"
    few = np.asarray([0.8, 0.7] * (ITEMS // 2))
    values["arms"]["candidate"]["scores"] = [float(one) for one in few]
    values["arms"]["starting"]["scores"] = [
        float(one) for one in few + np.asarray([0.001, 0.05] * (ITEMS // 2))
    ]
    assert codes(values) == set()


def test_members_who_are_all_given_the_same_are_too_few_different_plans() -> None:
    """However good each plan is: the planner's variety over the same members is the measure."""
    values = copy.deepcopy(GOOD)
    for name, foods in (("planner", 9.0), ("candidate", 8.0), ("champion", 8.0)):
        rows = [one | {"distinct_foods": foods + index % 2} for index, one in enumerate(examined())]
        values["arms"][name]["examined"] = rows
    assert codes(values) == set()
    for index, row in enumerate(values["arms"]["candidate"]["examined"]):
        row["distinct_foods"] = 4.0 + index % 2
    decision = decide(values, SETTINGS)
    assert [reason.code for reason in decision.reasons] == ["less_varied"]
    assert "distinct foods are 47% of the planner's over the same" in decision.summary
    assert decision.figures["distinct_foods_of_planner"] == pytest.approx(4.5 / 9.5)


def test_the_first_version_has_no_champion_to_beat() -> None:
    """No champion arm, no such rule."""
    assert codes(evaluation(candidate=0.8, base=0.4, random=0.3)) == set()


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (evaluation(candidate=0.4, base=0.4, random=0.1), "not_better_than_base"),
        (evaluation(candidate=0.4, base=0.1, random=0.4), "not_better_than_random"),
        (evaluation(candidate=0.7, base=0.1, random=0.1, champion=0.8), "worse_than_champion"),
        (evaluation(candidate=0.7, base=0.1), "not_better_than_random"),
        ({}, "not_evaluated"),
        ({"arms": {"candidate": {}}}, "not_evaluated"),
        ({"arms": {"candidate": {"scores": "many"}}}, "not_evaluated"),
        ({"arms": {"candidate": {"scores": []}}}, "too_few_items"),
    ],
)
def test_each_missing_proof_is_named(values: dict[str, Any], code: str) -> None:
    """A comparison that was not made counts as lost."""
    assert code in codes(values)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("violations", 1, "violations"),
        ("violations", None, "violations"),
        ("parse_rate", 0.9, "parse_rate"),
        ("parse_rate", math.nan, "parse_rate"),
        ("parse_rate", None, "parse_rate"),
        ("nll", math.nan, "not_finite"),
        ("scores", [math.nan] * ITEMS, "not_finite"),
        ("scores", [None] * ITEMS, "not_finite"),
    ],
)
def test_an_unsafe_or_broken_candidate_is_refused_however_well_it_scores(
    field: str, value: Any, code: str
) -> None:
    """One forbidden plan, unreadable texts, numbers that are none."""
    values = copy.deepcopy(GOOD)
    values["arms"]["candidate"][field] = value
    assert code in codes(values)


def test_a_candidate_that_collapses_on_one_slice_is_refused() -> None:
    """Even where the mean over everybody is above all rivals."""
    values = evaluation(candidate=0.8, base=0.4, random=0.3, champion=0.5)
    values["arms"]["candidate"]["scores"] = [0.2 if i < ITEMS // 4 else 1.0 for i in range(ITEMS)]
    assert codes(values) == {"slice_collapsed"}


def with_golden_set(loss: float, *, plans: int = 24) -> dict[str, Any]:
    """A good candidate that lost this much, give or take, of what an earlier version could do."""
    noise = np.random.default_rng(1).normal(0.0, 0.02, plans)
    golden = {
        "members": [f"g{i // 3}" for i in range(plans)],
        "reference": [0.9] * plans,
        "candidate": [float(x) for x in 0.9 - loss + noise],
    }
    return {**GOOD, "golden": {"v000001-00000000": golden}}


def test_what_earlier_versions_could_do_must_not_be_forgotten() -> None:
    """More than 1 % of it, beyond chance; a gain, or a loss that one member may explain, refuses nobody."""
    assert codes(with_golden_set(0.05)) == {"forgets"}
    assert codes(with_golden_set(0.0)) == set()
    assert codes(with_golden_set(-0.05)) == set()
    assert codes(with_golden_set(0.05, plans=3)) == set()
    lenient = GateSettings(golden_tolerance=0.1)
    assert decide(with_golden_set(0.05), lenient).promote
    figures = decide(with_golden_set(0.05), SETTINGS).figures
    assert figures["forgotten_of_v000001-00000000"] == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(
    "golden",
    [
        "none",
        {"v1": {}},
        {"v1": {"members": ["a"], "reference": [0.9], "candidate": [None]}},
        {"v1": {"members": ["a", "b"], "reference": [0.9, 0.9], "candidate": [math.nan, 0.9]}},
        {"v1": {"members": ["a", "b"], "reference": [0.9, 0.9], "candidate": [0.9]}},
    ],
)
def test_a_golden_set_that_cannot_be_read_refuses(golden: Any) -> None:
    """What was not measured may have been forgotten."""
    assert codes({**GOOD, "golden": golden}) == {"forgets"}


def test_a_candidate_that_the_engine_does_not_load_is_refused() -> None:
    """With what the engine said."""
    decision = decide({"load_error": "unknown tensor", "arms": {}}, SETTINGS)
    assert not decision.promote
    assert "unknown tensor" in decision.summary
    assert decision.reasons[0].code == "does_not_load"


def test_a_candidate_that_does_not_answer_is_refused() -> None:
    """A single lost request may be chance; more are not."""
    values = copy.deepcopy(GOOD)
    values["arms"]["candidate"]["unanswered"] = 0
    assert codes(values) == set()
    values["arms"]["candidate"]["unanswered"] = 2
    assert codes(values) == {"does_not_answer"}


def test_all_reasons_are_given_at_once() -> None:
    """Whoever reads the refusal need not train again to find the next one."""
    values = evaluation(candidate=0.2, base=0.4, random=0.3)
    values["arms"]["candidate"]["violations"] = 3
    assert codes(values) == {
        "violations",
        "not_better_than_base",
        "not_better_than_random",
        "slice_collapsed",
    }


def test_a_decision_can_be_repeated() -> None:
    """Same evaluation, same figures, to the last digit."""
    assert decide(GOOD, SETTINGS) == decide(copy.deepcopy(GOOD), SETTINGS)


def test_a_certain_loss_against_the_champion_is_refused_however_small_the_margin_of_doubt() -> None:
    """And a small loss that may be chance is not."""
    assert codes(evaluation(candidate=0.77, base=0.4, random=0.3, champion=0.8)) == {"worse_than_champion"}
    assert codes(evaluation(candidate=0.797, base=0.4, random=0.3, champion=0.8)) == set()


def test_a_loss_that_cannot_be_excluded_is_refused() -> None:
    """Few, scattered items prove nothing about a candidate that seems a little worse."""
    values = evaluation(candidate=0.8, base=0.2, random=0.1, champion=0.8)
    scatter = [0.4 if i % 6 < 3 else -0.45 for i in range(ITEMS)]
    champion = values["arms"]["champion"]["scores"]
    values["arms"]["champion"]["scores"] = [score + s for score, s in zip(champion, scatter, strict=True)]
    assert "worse_than_champion" in codes(values)


def test_small_slices_that_fall_by_chance_refuse_nobody() -> None:
    """Twenty slices of noise around an equal champion: the rule holds over all of them together."""
    generator = np.random.default_rng(3)
    refused = 0
    for _ in range(20):
        values = evaluation(candidate=0.8, base=0.1, random=0.1, champion=0.8)
        for name in ("candidate", "champion"):
            values["arms"][name]["scores"] = list(generator.normal(0.8, 0.1, ITEMS))
        for item in values["items"]:
            item["slices"] = {f"d{d}": str(generator.integers(0, 4)) for d in range(5)}
        refused += "slice_collapsed" in codes(values)
    assert refused <= 1


def test_the_plans_of_one_member_are_no_independent_proof() -> None:
    """Sixteen members with three equal plans each prove less than forty-eight members."""
    differences = np.repeat(np.random.default_rng(1).normal(0.05, 0.1, 16), 3)
    grouped = bootstrap_mean(differences, [i // 3 for i in range(48)], tail=0.05)
    single = bootstrap_mean(differences, list(range(48)), tail=0.05)
    assert grouped.low < single.low < differences.mean() < single.high < grouped.high


@examples(30)
@given(
    st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=2, max_size=40),
    st.floats(0.001, 0.5),
)
def test_the_bounds_lie_within_the_data_and_move_with_it(differences: list[float], shift: float) -> None:
    """A constant added to every difference is added to the bounds."""
    values = np.asarray(differences, dtype=np.float64)
    found = bootstrap_mean(values, range(values.size), tail=0.05)
    assert values.min() - 1e-9 <= found.low <= found.high <= values.max() + 1e-9
    moved = bootstrap_mean(values + shift, range(values.size), tail=0.05)
    assert moved.low == pytest.approx(found.low + shift)


def examined(**figures: float) -> list[dict[str, Any]]:
    """What rulers that are not ours say of the 16 members, all alike."""
    usual = {"dangerous": 0, "wrong": 5, "impractical": 2, "hei_2020": 75.0, "limits_met": 0.9}
    usual |= {"hard_violations": None, "human_distance": None, "lunch_dinner_shared": 0.0}
    usual |= {"nonsense_tips": 0, "food_distance": 0.9, "plans": 3}
    return [usual | {"member_id": f"m{member}"} | figures for member in range(ITEMS // 3)]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (examined(), examined(), set()),
        (examined(), None, set()),
        (examined(hei_2020=60.0), examined(), {"examined_worse"}),
        (examined(dangerous=1), examined(), {"examined_worse"}),
        (examined(nonsense_tips=1), examined(), {"nonsense"}),
        (None, examined(), {"not_examined"}),
        ([{"member_id": "m0"}], examined(), {"not_examined"}),
    ],
)
def test_no_ruler_that_is_not_ours_may_find_a_candidate_worse(
    ours: list[dict[str, Any]] | None, theirs: list[dict[str, Any]] | None, expected: set[str]
) -> None:
    """However good its score; what rulers said must be there if the champion has it."""
    values = copy.deepcopy(GOOD)
    values["arms"]["candidate"]["examined"], values["arms"]["champion"]["examined"] = ours, theirs
    assert codes(values) == expected
