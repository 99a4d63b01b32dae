"""A start and known maxima: what they bring to a week, and what is refused of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitbox.conditions import for_exercise
from fitbox.errors import InvalidProfileError
from fitbox.exercises import exercises
from fitbox.i18n import WEEKDAYS
from fitbox.plan import ExerciseRole, WorkoutPlan
from fitbox.profile import Condition, Goal, Level, Profile, Sex, UnitSystem, WorkoutType
from fitbox.units import pounds
from fitbox.workout.constraints import CAREFUL_WITH, is_careful
from fitbox.workout.draft import Line
from fitbox.workout.facts import KnownMaximum, TrainingFacts
from fitbox.workout.intensity import intensity, percent_of_maximum
from fitbox.workout.known import known, with_facts
from fitbox.workout.loads import STEPS_KG, load, most_percent, takes_maximum
from fitbox.workout.task import WORKOUT
from tests.strategies import profiles

LIFTER = Profile(
    age_years=30,
    sex=Sex.MALE,
    weight_kg=82,
    height_cm=180,
    level=Level.ADVANCED,
    goal=Goal.MUSCLE_GAIN,
    workout_type=WorkoutType.STRENGTH,
    workout_days_per_week=4,
    session_minutes=75,
)
MAXIMA = tuple(
    KnownMaximum(exercise.id, kg=100) for exercise in exercises().values() if takes_maximum(exercise)
)[:64]


def planned(profile: Profile, facts: TrainingFacts, seed: int = 1) -> WorkoutPlan:
    """The planner's week, finished."""
    task = with_facts(WORKOUT, facts)
    constraints = task.constrain(profile)
    return task.finish(task.plan(constraints, seed), constraints)


def refused(profile: Profile, facts: TrainingFacts) -> list[str]:
    """The fields that cannot be."""
    with pytest.raises(InvalidProfileError) as caught:
        known(WORKOUT.constrain(profile), facts)
    return [violation.field for violation in caught.value.violations]


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(profile=profiles(), seed=st.integers(0, 2**31), maximum=st.floats(2.5, 180))
def test_no_load_is_ever_above_what_a_member_may_lift(profile: Profile, seed: int, maximum: float) -> None:
    """Not in the first week by its repetitions and reserve, not in a later one, and not above what
    conditions, growth and age leave of a maximum."""
    maxima = {one.exercise_id: maximum for one in MAXIMA}
    constraints = replace(WORKOUT.constrain(profile), maxima_kg=maxima)
    careful = is_careful(profile)
    for draft in (WORKOUT.plan(constraints, seed), WORKOUT.random(constraints, seed)):
        plan = WORKOUT.finish(draft, constraints)
        for session in plan.sessions:
            for line in session.exercises:
                if line.load_kg is None:
                    assert line.load_lb is None
                    continue
                exercise = exercises()[line.exercise_id]
                reserve = line.repetitions_in_reserve or 0
                percent = min(
                    percent_of_maximum(line.repetitions or 0, reserve), most_percent(exercise, constraints)
                )
                assert line.load_kg <= percent / 100 * maximum + 1e-6
                assert line.load_lb is not None
                assert line.load_lb <= pounds(percent / 100 * maximum) + 1e-6
                if for_exercise(profile) & CAREFUL_WITH:
                    assert line.load_kg <= 0.6 * maximum + 1e-6
                elif careful:
                    assert line.load_kg <= 0.7 * maximum + 1e-6
        for week in plan.programme.weeks:
            for one in week.lines:
                if one.load_kg is not None:
                    left = one.repetitions_in_reserve or 0
                    left = left if careful or week.deload else min(left, 1)
                    most = percent_of_maximum(one.repetitions or 0, left)
                    most = min(most, most_percent(exercises()[one.exercise_id], constraints))
                    assert one.load_kg <= most / 100 * maximum + 1e-6


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(profile=profiles(), seed=st.integers(0, 2**31), day=st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_start_dates_every_session_and_week_and_changes_nothing_else(
    profile: Profile, seed: int, day: date
) -> None:
    """The first session is on that day, the others keep their distances, weeks follow each other."""
    task = with_facts(WORKOUT, TrainingFacts(day.isoformat()))
    undated, constraints = WORKOUT.constrain(profile), task.constrain(profile)
    draft = WORKOUT.plan(undated, seed)
    assert task.plan(constraints, seed) == draft
    assert task.grammar(constraints) == WORKOUT.grammar(undated)
    plan, plain = task.finish(draft, constraints), WORKOUT.finish(draft, undated)
    dates = [date.fromisoformat(session.date or "") for session in plan.sessions]
    assert dates[0] == day
    assert all(later > earlier for earlier, later in pairwise(dates))
    assert (dates[-1] - day).days < 7
    assert [week.starts_on for week in plan.programme.weeks] == [
        (day + timedelta(weeks=number)).isoformat() for number in range(len(plan.programme.weeks))
    ]
    assert all(session.date is None for session in plain.sessions)
    assert [session.exercises for session in plan.sessions] == [
        session.exercises for session in plain.sessions
    ]


def test_weekdays_are_those_of_the_dates() -> None:
    """A programme that starts on a Wednesday says so."""
    plan = planned(LIFTER, TrainingFacts("2026-12-02"))
    for session in plan.sessions:
        assert session.weekday.lower() == WEEKDAYS[date.fromisoformat(session.date or "").weekday()]
    assert plan.sessions[0].weekday == "Wednesday"
    lighter = [week.starts_on for week in plan.programme.weeks if week.deload]
    assert lighter == ["2026-12-23", "2027-01-20"]
    assert f"{lighter[0]} and {lighter[1]}" in plan.progression


def test_a_known_maximum_becomes_a_load_in_both_units() -> None:
    """Five repetitions with two in reserve are about 81 %, rounded down to what a bar takes."""
    constraints = replace(WORKOUT.constrain(LIFTER), maxima_kg={"bench_press": 101})
    found = intensity(Line("bench_press", 3, 5), exercises()["bench_press"], ExerciseRole.MAIN, constraints)
    assert (found.percent_of_maximum, found.load_kg, found.load_lb) == (81, 80, 180)
    for units, unit in ((UnitSystem.METRIC, " kg."), (UnitSystem.IMPERIAL, " lb.")):
        member = LIFTER.model_copy(update={"unit_system": units})
        plan = planned(member, TrainingFacts(maxima=MAXIMA))
        loaded = [line for session in plan.sessions for line in session.exercises if line.load_kg]
        assert loaded
        assert all(line.intensity.endswith(unit) for line in loaded)


def test_loads_come_in_steps_of_the_equipment() -> None:
    """A bar in pairs of plates and never lighter than itself, dumbbells by the kilogram."""
    assert {str(one): step for one, step in STEPS_KG.items()}["DUMBBELL"] == 1
    dumbbell, bar = exercises()["dumbbell_press"], exercises()["bench_press"]
    light = load(dumbbell, 75, 21.9)
    assert light is not None
    assert (light.kg, light.lb) == (16, 35)
    heavy = load(bar, 80, 100)
    assert heavy is not None
    assert heavy.kg == 80
    assert load(bar, 60, 30) is None


def test_conditions_cap_the_load() -> None:
    """With hypertension at most 40 % of the maximum for the upper body and 60 for the legs."""
    member = LIFTER.model_copy(update={"conditions": frozenset({Condition.HYPERTENSION})})
    plan = planned(member, TrainingFacts(maxima=MAXIMA))
    loaded = [line for session in plan.sessions for line in session.exercises if line.load_kg]
    assert loaded
    assert all((line.percent_of_maximum or 100) <= 60 for line in loaded)


def test_loads_grow_no_further_than_the_maximum_of_today() -> None:
    """A novice's bar grows every week until one repetition would be left, then waits for a new maximum."""
    novice = LIFTER.model_copy(update={"level": Level.BEGINNER, "workout_days_per_week": 3})
    plan = planned(novice, TrainingFacts(maxima=MAXIMA))
    grown = 0
    for first in plan.programme.weeks[0].lines:
        if first.load_kg is None:
            continue
        loads = [
            one.load_kg or 0.0
            for week in plan.programme.weeks[:7]
            for one in week.lines
            if (one.session, one.line) == (first.session, first.line)
        ]
        assert loads == sorted(loads)
        assert loads[-1] <= percent_of_maximum(first.repetitions or 0, 1)
        grown += loads[-1] > first.load_kg
    assert grown


@pytest.mark.parametrize(
    "day", ["2026-2-1", "20261207", "2026-02-30", "tomorrow", "1999-12-31", "2100-01-01"]
)
def test_a_start_that_is_no_day_of_our_time_is_refused(day: str) -> None:
    """By its field."""
    assert refused(LIFTER, TrainingFacts(day)) == ["training_facts.starts_on"]


def test_maxima_that_cannot_be_are_refused_each_by_its_field() -> None:
    """Unknown, of one's own weight, twice, without a figure, with two, too small, too large, no number."""
    maxima = (
        KnownMaximum("no_such_lift", kg=100),
        KnownMaximum("pull_up", kg=100),
        KnownMaximum("plank", kg=100),
        KnownMaximum("bench_press", kg=100),
        KnownMaximum("bench_press", kg=100),
        KnownMaximum("back_squat"),
        KnownMaximum("deadlift", kg=100, lb=220),
        KnownMaximum("overhead_press", kg=2),
        KnownMaximum("leg_press", kg=493),
        KnownMaximum("barbell_row", lb=1100),
        KnownMaximum("front_squat", kg=float("nan")),
        KnownMaximum("hack_squat", kg=float("inf")),
    )
    path = "training_facts.maxima"
    assert refused(LIFTER, TrainingFacts(maxima=maxima)) == [
        f"{path}[0].exercise_id",
        f"{path}[1].exercise_id",
        f"{path}[2].exercise_id",
        f"{path}[4].exercise_id",
        f"{path}[5].kg",
        f"{path}[6].kg",
        f"{path}[7].kg",
        f"{path}[8].kg",
        f"{path}[9].lb",
        f"{path}[10].kg",
        f"{path}[11].kg",
    ]
    assert refused(LIFTER, TrainingFacts(maxima=(KnownMaximum("bench_press", kg=80),) * 65)) == [path]


def test_pounds_are_taken_as_well() -> None:
    """185 lb are 83.9 kg."""
    constraints = known(
        WORKOUT.constrain(LIFTER), TrainingFacts(maxima=(KnownMaximum("bench_press", lb=185),))
    )
    assert constraints.maxima_kg["bench_press"] == pytest.approx(83.9, abs=0.05)
