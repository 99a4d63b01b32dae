"""Planner, finished plans, check and score."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitbox.exercises import Mode, exercises
from fitbox.plan import Session
from fitbox.profile import Condition, Equipment, Goal, Language, Level, Profile, Sex, WorkoutType
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.draft import Focus, Line
from fitbox.workout.score import WEIGHTS
from fitbox.workout.targets import targets_for
from fitbox.workout.task import WORKOUT
from fitbox.workout.timing import line_seconds
from tests.examples import examples
from tests.strategies import profiles

TASK = WORKOUT
MEMBER = Profile(age_years=35, sex=Sex.MALE, weight_kg=80, height_cm=180, level=Level.INTERMEDIATE)


@pytest.mark.slow
@examples(60)
@given(profile=profiles(), seed=st.integers(0, 2**31))
def test_whatever_the_grammar_allows_finishes_inside_the_session_and_passes_check(
    profile: Profile, seed: int
) -> None:
    """The planner's drafts and random ones, for any member."""
    constraints = TASK.constrain(profile)
    for draft in (TASK.plan(constraints, seed), TASK.random(constraints, seed)):
        plan = TASK.finish(draft, constraints)
        assert TASK.check(plan, constraints) == ()
        assert len(plan.sessions) == profile.workout_days_per_week
        assert len({session.weekday for session in plan.sessions}) == len(plan.sessions)
        for session in plan.sessions:
            assert session.total_minutes == added_up(session) <= profile.session_minutes


def added_up(session: Session) -> int:
    """Minutes of a session from its own prescriptions."""
    seconds = 0
    for one in session.exercises:
        exercise = exercises()[one.exercise_id]
        amount = one.repetitions or one.hold_seconds or one.duration_minutes
        assert amount is not None
        seconds += line_seconds(exercise, Line(one.exercise_id, one.sets, amount, one.heart_rate_zone))
    return session.warm_up_minutes + math.ceil(seconds / 60) + session.cool_down_minutes


@pytest.mark.slow
@examples(40)
@given(profile=profiles(), seed=st.integers(0, 2**31))
def test_the_planner_keeps_its_own_rules(profile: Profile, seed: int) -> None:
    """Deterministic for a seed, the member's split, nothing twice in a day, nothing that needs trimming."""
    constraints = TASK.constrain(profile)
    draft = TASK.plan(constraints, seed)
    assert draft == TASK.plan(constraints, seed)
    assert tuple(day.focus for day in draft.days) == targets_for(constraints).split
    for day in draft.days:
        assert len({line.exercise_id for line in day.lines}) == len(day.lines)
    assert TASK.score(draft, constraints)["raw_minutes_over"] == 0


@pytest.mark.slow
@examples(40)
@given(profile=profiles(), seed=st.integers(0, 2**31))
def test_scores_are_in_the_unit_interval(profile: Profile, seed: int) -> None:
    """Every component that applies, and the quality."""
    constraints = TASK.constrain(profile)
    for draft in (TASK.plan(constraints, seed), TASK.random(constraints, seed)):
        score = TASK.score(draft, constraints)
        assert {name for name in score if not name.startswith("raw_")} <= {*WEIGHTS, "quality"}
        assert all(0 <= value <= 1 for name, value in score.items() if not name.startswith("raw_"))


def test_the_weights_of_the_score_add_up_to_one() -> None:
    """So that a weight is a share."""
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def members() -> list[Profile]:
    """Plain members of every goal, type and number of days."""
    return [
        MEMBER.model_copy(
            update={"goal": goal, "workout_type": kind, "workout_days_per_week": days, "level": level}
        )
        for goal, days in zip(Goal, (2, 3, 4, 5, 6, 3, 4, 5), strict=True)
        for kind in WorkoutType
        for level in Level
    ]


@pytest.mark.slow
def test_the_planner_is_far_better_than_random_and_close_to_one() -> None:
    """The gap is what fine-tuning has to learn, for the grammar teaches none of it."""
    planned, at_random = [], []
    for seed, profile in enumerate(members()):
        constraints = TASK.constrain(profile)
        planned.append(TASK.score(TASK.plan(constraints, seed), constraints)["quality"])
        at_random.append(TASK.score(TASK.random(constraints, seed), constraints)["quality"])
    assert fmean(planned) > 0.9
    assert fmean(at_random) < 0.5


def test_a_week_of_one_line_over_and_over_scores_low() -> None:
    """The typical failure of a barely trained model."""
    constraints = TASK.constrain(MEMBER)
    good = TASK.plan(constraints, 3)
    stuck = replace(
        good, days=tuple(replace(day, lines=(day.lines[0],) * len(day.lines)) for day in good.days)
    )
    assert TASK.score(stuck, constraints)["quality"] < 0.6 * TASK.score(good, constraints)["quality"]


def test_members_alike_get_different_weeks_from_different_seeds() -> None:
    """Thirty members with the same profile do not get one and the same plan."""
    constraints = TASK.constrain(MEMBER)
    assert len({TASK.render(TASK.plan(constraints, seed)) for seed in range(30)}) > 20


def test_the_goal_and_the_type_change_the_week() -> None:
    """Bulking means fewer repetitions than keeping healthy; yoga members get yoga days."""
    bulk = TASK.constrain(MEMBER.model_copy(update={"goal": Goal.BULKING}))
    health = TASK.constrain(MEMBER.model_copy(update={"goal": Goal.GENERAL_HEALTH}))
    assert mean_repetitions(bulk) < mean_repetitions(health)
    yoga = TASK.constrain(MEMBER.model_copy(update={"workout_type": WorkoutType.YOGA}))
    assert Focus.YOGA in {day.focus for day in TASK.plan(yoga, 1).days}


def mean_repetitions(constraints: WorkoutConstraints) -> float:
    """Over the planner's multi-joint lines of three seeds."""
    lines = [line for seed in range(3) for day in TASK.plan(constraints, seed).days for line in day.lines]
    return fmean(
        line.amount
        for line in lines
        if exercises()[line.exercise_id].mode is Mode.REPS and exercises()[line.exercise_id].compound
    )


def test_a_plan_is_in_the_language_of_the_member() -> None:
    """Names, focus, weekdays, muscles, progression and notes."""
    french = MEMBER.model_copy(
        update={"language": Language.FR, "conditions": frozenset({Condition.KNEE}), "workout_type": None}
    )
    constraints = TASK.constrain(french)
    plan = TASK.finish(TASK.plan(constraints, 2), constraints)
    assert plan.sessions[0].weekday == "lundi"
    assert plan.sessions[0].focus == "Corps entier"
    assert all(
        one.name == exercises()[one.exercise_id].name(Language.FR)
        for session in plan.sessions
        for one in session.exercises
    )
    assert "dos" in plan.weekly_sets
    assert "répétition" in plan.progression
    assert any("sauts" in note for note in plan.notes)


def test_check_names_everything_that_is_forbidden() -> None:
    """The plan of a healthy member, looked at for one with a bad back, no gym, and half an hour."""
    healthy = TASK.constrain(MEMBER)
    plan = TASK.finish(TASK.plan(healthy, 5), healthy)
    limited = TASK.constrain(
        MEMBER.model_copy(
            update={
                "conditions": frozenset({Condition.LOWER_BACK, Condition.HEART_DISEASE}),
                "equipment": frozenset({Equipment.DUMBBELL}),
                "session_minutes": 20,
                "workout_days_per_week": 2,
            }
        )
    )
    codes = {violation.code for violation in TASK.check(plan, limited)}
    assert {
        "WRONG_NUMBER_OF_DAYS",
        "WRONG_NUMBER_OF_EXERCISES",
        "SESSION_TOO_LONG",
        "EXERCISE_FORBIDDEN",
    } <= codes


def test_check_sees_each_number_out_of_range() -> None:
    """Sets, amounts, modes and zones, changed one at a time in a good plan."""
    constraints = TASK.constrain(MEMBER)
    plan = TASK.finish(TASK.plan(constraints, 5), constraints)
    first, *others = plan.sessions
    lift, cardio = first.exercises[0], first.exercises[-1]
    assert cardio.heart_rate_zone is not None
    for bad, place, code in (
        (replace(lift, sets=9), 0, "SETS_OUT_OF_RANGE"),
        (replace(lift, repetitions=1), 0, "AMOUNT_OUT_OF_RANGE"),
        (replace(lift, hold_seconds=30), 0, "AMOUNT_OUT_OF_RANGE"),
        (replace(lift, heart_rate_zone=2), 0, "ZONE_OUT_OF_RANGE"),
        (replace(cardio, heart_rate_zone=6), -1, "ZONE_OUT_OF_RANGE"),
        (replace(cardio, sets=2), -1, "SETS_OUT_OF_RANGE"),
        (lift, -1, "EXERCISE_TWICE_A_DAY"),
    ):
        lines = [*first.exercises]
        lines[place] = bad
        session = replace(first, exercises=tuple(lines))
        found = TASK.check(replace(plan, sessions=(session, *others)), constraints)
        assert [violation.code for violation in found] == [code]
    tired = replace(plan, weekly_sets={**plan.weekly_sets, "chest": 20.5})
    assert [violation.code for violation in TASK.check(tired, constraints)] == ["TOO_MANY_WEEKLY_SETS"]
