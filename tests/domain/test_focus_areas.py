"""What a member wishes to train more gets more, within what everybody's envelope allows."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitbox.exercises import exercises
from fitbox.plan import WorkoutPlan
from fitbox.profile import Equipment, FocusArea, Language, Level, Profile, Sex, WorkoutType
from fitbox.workout.focus_areas import MUSCLES, is_for
from fitbox.workout.targets import MOST_WEEKLY_SETS
from fitbox.workout.task import WORKOUT
from fitbox.workout.words import TEXTS
from tests.examples import every

OF_MUSCLES = [area for area in FocusArea if MUSCLES[area]]
OF_MOVEMENTS = [area for area in FocusArea if not MUSCLES[area]]


def member(**fields: object) -> Profile:
    """An ordinary member with some fields set."""
    values = {"age_years": 30, "sex": Sex.FEMALE, "weight_kg": 66, "height_cm": 170, **fields}
    return Profile.model_validate(values)


@cache
def planned(profile: Profile, seed: int = 0) -> WorkoutPlan:
    """A week by the planner, with nothing in it that its check finds."""
    constraints = WORKOUT.constrain(profile)
    plan = WORKOUT.finish(WORKOUT.plan(constraints, seed), constraints)
    assert WORKOUT.check(plan, constraints) == ()
    return plan


def sets_for(plan: WorkoutPlan, area: FocusArea) -> int:
    """Sets of strength work that train the area first."""
    lines = [line for session in plan.sessions for line in session.exercises]
    return sum(line.sets for line in lines if is_for(exercises()[line.exercise_id], MUSCLES[area]))


@pytest.mark.parametrize("area", every(3, OF_MUSCLES))
@pytest.mark.parametrize(
    "fields",
    [
        {"level": Level.BEGINNER},
        {"level": Level.INTERMEDIATE, "workout_days_per_week": 4, "session_minutes": 75},
        {"level": Level.ADVANCED, "workout_days_per_week": 5},
    ],
)
def test_a_wish_gets_more_sets(area: FocusArea, fields: dict[str, object]) -> None:
    """Over some weeks of the same member, with and without it."""
    usual, wished = (
        sum(sets_for(planned(member(focus_areas=areas, **fields), seed), area) for seed in range(2))
        for areas in (frozenset(), frozenset({area}))
    )
    assert wished > usual


@pytest.mark.parametrize("area", OF_MOVEMENTS)
def test_a_wish_for_a_movement_gets_days(area: FocusArea) -> None:
    """Balance and mobility have a place on every day of strength."""
    plan = planned(member(focus_areas={area}))
    assert (plan.balance_days if area is FocusArea.BALANCE else plan.flexibility_days) == 3


@given(
    st.frozensets(st.sampled_from(FocusArea), min_size=1, max_size=3),
    st.sampled_from(Level),
    st.sampled_from(WorkoutType),
    st.integers(1, 7),
    st.sampled_from((15, 30, 60, 120)),
    st.sampled_from((None, frozenset[Equipment](), frozenset({Equipment.DUMBBELL}))),
    st.sampled_from((16, 40, 72)),
)
def test_no_wish_lifts_a_muscle_above_what_it_bears(
    areas: frozenset[FocusArea],
    level: Level,
    kind: WorkoutType,
    days: int,
    minutes: int,
    equipment: frozenset[Equipment] | None,
    age: int,
) -> None:
    """Twenty weekly sets, the time of the session and the check hold for members of every kind."""
    profile = member(
        focus_areas=areas,
        level=level,
        workout_type=kind,
        workout_days_per_week=days,
        session_minutes=minutes,
        equipment=equipment,
        age_years=age,
    )
    plan = planned(profile)
    assert all(sets <= MOST_WEEKLY_SETS for sets in plan.weekly_sets.values())
    assert all(session.total_minutes <= minutes for session in plan.sessions)


@pytest.mark.parametrize("language", list(Language))
def test_the_notes_say_what_became_of_each_wish(language: Language) -> None:
    """How many sets or days there are; where there is no place, that too."""
    areas = {FocusArea.ARMS, FocusArea.BALANCE}
    plan = planned(member(focus_areas=areas, language=language))
    arms, balance = (
        TEXTS.text(language, f"area.{area.lower()}") for area in (FocusArea.ARMS, FocusArea.BALANCE)
    )
    sets = TEXTS.text(language, "note.focus_sets", area=arms, sets=sets_for(plan, FocusArea.ARMS))
    days = TEXTS.text(language, "note.focus_days", area=balance, days=plan.balance_days)
    assert {sets, days} <= set(plan.notes)
    yoga = member(
        focus_areas={FocusArea.CHEST},
        workout_type=WorkoutType.YOGA,
        workout_days_per_week=1,
        equipment=frozenset(),
        language=language,
    )
    chest = TEXTS.text(language, "area.chest")
    assert TEXTS.text(language, "note.focus_none", area=chest) in planned(yoga).notes
