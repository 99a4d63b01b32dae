"""Judging arms, without an engine."""

from __future__ import annotations

import pytest
from fitbox_trainer.data.split import is_held_out
from fitbox_trainer.evaluation import report
from fitbox_trainer.evaluation.arms import Arm, decoded_arm, planner_arm, random_arm
from fitbox_trainer.evaluation.decode import Decoded, Text
from fitbox_trainer.evaluation.items import Item, choose_members, held_out, make_items
from fitbox_trainer.evaluation.synthetic import synthetic_members

from fitbox.decoding import Decoding
from fitbox.tasks import TaskName

GREEDY = Decoding(temperature=0.0)
TWO = Decoding(candidates=2)


@pytest.fixture(scope="module")
def items() -> tuple[Item, ...]:
    """Plans for synthetic members with preferences of every kind."""
    return make_items(synthetic_members(10))


def as_decoded(arm: Arm, *, whole: bool = True) -> Decoded:
    """An engine that writes exactly what an arm chose."""
    return Decoded(tuple(Text(outcome.text, whole, 10, 0.5) for outcome in arm.outcomes), 2.0)


@pytest.mark.slow
def test_synthetic_members_are_the_same_each_time_and_differ() -> None:
    """They stand in for members that were held out."""
    members = synthetic_members(10)
    assert len({member.member_id for member in members}) == 10
    assert members == synthetic_members(10)


@pytest.mark.slow
def test_the_planner_is_near_one_and_random_plans_are_low(items: tuple[Item, ...]) -> None:
    """The scale has a ceiling and a floor."""
    planner, random = planner_arm(items), random_arm(items)
    assert report.overall(items, planner.scores) > 0.9
    assert report.overall(items, random.scores) < 0.45
    assert not any(outcome.violations for arm in (planner, random) for outcome in arm.outcomes)


@pytest.mark.slow
def test_a_text_is_judged_as_the_draft_that_it_says(items: tuple[Item, ...]) -> None:
    """The planner's own texts, read back from an engine, score what the planner scores."""
    planner = planner_arm(items)
    arm = decoded_arm("candidate", items, as_decoded(planner), GREEDY)
    assert arm.scores == pytest.approx(planner.scores)


@pytest.mark.slow
def test_the_better_candidate_is_judged(items: tuple[Item, ...]) -> None:
    """As the server takes it; a text that is no plan is counted and passed over, whichever comes first."""
    weeks = tuple(item for item in items if item.task.name is TaskName.WORKOUT)
    planner, random = planner_arm(weeks), random_arm(weeks)
    pairs = [
        Text(outcome.text, True, 10, seconds)
        for good, bad in zip(planner.outcomes, random.outcomes, strict=True)
        for outcome, seconds in ((bad, 0.2), (good, 0.5))
    ]
    pairs[0] = Text("no plan", True, 10, 0.9)
    arm = decoded_arm("candidate", weeks, Decoded(tuple(pairs), 2.0), TWO)
    assert arm.scores == pytest.approx(planner.scores)
    assert [outcome.dropped for outcome in arm.outcomes] == [1] + [0] * (len(weeks) - 1)
    assert (arm.outcomes[0].tokens, arm.outcomes[0].seconds) == (20, 0.9)
    assert {outcome.chosen_from for outcome in arm.outcomes} == {2}


@pytest.mark.slow
def test_a_cut_text_is_no_plan_and_scores_nothing(items: tuple[Item, ...]) -> None:
    """However good its beginning is."""
    cut = decoded_arm("candidate", items, as_decoded(planner_arm(items), whole=False), GREEDY)
    summary = report.summarise(cut, items)
    assert (summary["mean"], summary["parse_rate"], summary["feasible_rate"]) == (0, 0, 0)


def test_the_overall_score_weighs_tasks_alike(items: tuple[Item, ...]) -> None:
    """However many plans each has."""
    scores = [1.0 if item.task.name is TaskName.ADVICE else 0.0 for item in items]
    assert report.overall(items, scores) == pytest.approx(1 / 3)


@pytest.mark.slow
def test_a_report_compares_item_by_item(items: tuple[Item, ...]) -> None:
    """Gains, slices and bounds of two arms."""
    planner, random = planner_arm(items), random_arm(items)
    comparison = report.compare(planner, random, items)
    assert comparison["difference"]["low"] > 0.2
    assert comparison["relative_gain"]["mean"] > 0.5
    slices = report.by_slice({"planner": planner, "random": random}, items)
    assert slices["task=workout"]["n"] == sum(item.task.name is TaskName.WORKOUT for item in items)
    assert slices["task=workout"]["planner"] > slices["task=workout"]["random"]
    assert {label.split("=")[0] for label in slices} == {
        "task", "sex", "goal", "bmi_class", "level", "diet", "language",
    }  # fmt: skip
    summary = report.summarise(planner, items)
    assert summary["violations"] == 0
    assert 0 < summary["violating_plans_upper_95"] < 0.2
    assert summary["raw_kcal_error"]["median"] < 0.1
    assert summary["kcal_error_max"] <= 0.02
    assert summary["kcal_within_tolerance"] == 1.0
    assert set(summary["raw_macro_error"]) == {"protein", "carbohydrate", "fat"}
    assert all(0 <= error["median"] <= error["p95"] for error in summary["raw_macro_error"].values())


@pytest.mark.slow
def test_every_component_of_a_task_is_reported(items: tuple[Item, ...]) -> None:
    """Muscle coverage, weekly sets, session time, goal fit and the rest stand in the summary by name."""
    summary = report.summarise(planner_arm(items), items)
    wanted = {"muscle_coverage", "weekly_sets", "session_time", "goal_fit", "split"}
    assert wanted <= set(summary["measures"]["workout"])
    assert {"kcal", "macros", "meal_roles", "variety"} <= set(summary["measures"]["nutrition"])
    assert set(summary["variety"]) == set(TaskName)
    assert 0 <= summary["repetition"] < 0.5


def test_held_out_members_come_first_and_always_in_the_same_order() -> None:
    """Adding members moves nobody from one group to the other."""
    members = synthetic_members(10)
    chosen = choose_members(members, count=10, held_out_share=0.4)
    flags = [is_held_out(member.member_id, 0.4) for member in chosen]
    assert flags == sorted(flags, reverse=True)
    assert chosen == choose_members(reversed(members), count=10, held_out_share=0.4)
    out = {member.member_id for member in held_out(members, 0.4)}
    assert out == {m.member_id for m, flag in zip(chosen, flags, strict=True) if flag}
