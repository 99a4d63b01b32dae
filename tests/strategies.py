"""Hypothesis strategies that the tests of several packages share."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

from hypothesis import strategies as st

from fitbox.history.events import OF_EXERCISES, Event, EventKind
from fitbox.profile import (
    Allergen,
    Condition,
    Diet,
    EnergyUnit,
    Equipment,
    FocusArea,
    Goal,
    JobActivity,
    Language,
    Level,
    Profile,
    Sex,
    UnitSystem,
    WorkoutType,
)
from fitbox.referrals import REFERRALS, Subject

MOTHERS = frozenset({Condition.PREGNANCY, Condition.LACTATION, Condition.POSTPARTUM})
NEVER_PLANNED = frozenset(one for one, (subjects, _) in REFERRALS.items() if subjects == frozenset(Subject))
"""Conditions with which nobody gets a plan of any kind."""
FLAGGED_DIETS = frozenset(
    {Diet.OMNIVORE, Diet.PESCATARIAN, Diet.VEGETARIAN, Diet.VEGAN, Diet.HALAL, Diet.KOSHER}
)
"""Diets of which each row of the catalog says whether they allow it; the others follow from rules."""


@cache
def catalog_ids(name: str) -> tuple[str, ...]:
    """Every id of one catalog file (``exercises.csv``, ``foods.csv``)."""
    with resources.files("fitbox.catalog").joinpath(name).open(encoding="utf-8", newline="") as file:
        return tuple(row["id"] for row in csv.DictReader(file))


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any valid event of a history."""
    kind = draw(st.sampled_from(EventKind))
    table = "exercises.csv" if kind in OF_EXERCISES else draw(st.sampled_from(["exercises.csv", "foods.csv"]))
    item, other = draw(st.lists(st.sampled_from(catalog_ids(table)), min_size=2, max_size=2, unique=True))
    return Event(
        kind=kind,
        item=item,
        swapped_for=other if kind is EventKind.SWAPPED else None,
        rpe=draw(st.integers(1, 10)) if kind is EventKind.DONE else None,
    )


@st.composite
def profiles(draw: st.DrawFn, *, referred: bool = False) -> Profile:
    """Any valid profile: extremes, empty and full equipment, many conditions and dislikes at once.

    ``referred`` says whether members are among them for whom nothing at all is planned.
    """
    sex = draw(st.sampled_from(Sex))
    conditions = draw(st.frozensets(st.sampled_from(Condition), max_size=4))
    conditions -= MOTHERS if sex is Sex.MALE else frozenset()
    conditions -= frozenset() if referred else NEVER_PLANNED
    meals = draw(st.integers(2, 6))
    pregnant = Condition.PREGNANCY in conditions
    gave_birth = conditions & {Condition.LACTATION, Condition.POSTPARTUM}
    window = draw(st.none() | st.integers(max(6, 2 * (meals - 1)), 18))
    start = None if window is None else draw(st.integers(max(0, 6 - window), min(18, 24 - window)))
    resting = draw(st.none() | st.integers(30, 120))
    peak = draw(st.none() | st.integers(max(100, (resting or 0) + 20), 225))
    return Profile(
        age_years=draw(st.integers(14, 100)),
        sex=sex,
        weight_kg=draw(st.floats(30, 300).map(lambda value: round(value, 1))),
        height_cm=draw(st.floats(120, 230).map(lambda value: round(value, 1))),
        level=draw(st.sampled_from(Level)),
        goal=draw(st.none() | st.sampled_from(Goal)),
        body_fat_percent=draw(st.none() | st.integers(3, 65).map(float)),
        resting_heart_rate_bpm=resting,
        max_heart_rate_bpm=peak,
        workout_type=draw(st.none() | st.sampled_from(WorkoutType)),
        workout_days_per_week=draw(st.integers(1, 7)),
        session_minutes=draw(st.integers(15, 180)),
        equipment=draw(st.none() | st.frozensets(st.sampled_from(Equipment), max_size=5)),
        conditions=conditions,
        diet=draw(st.sampled_from(Diet)),
        allergies=draw(st.frozensets(st.sampled_from(Allergen), max_size=3)),
        disliked_exercises=draw(st.frozensets(st.sampled_from(catalog_ids("exercises.csv")), max_size=5)),
        disliked_foods=draw(st.frozensets(st.sampled_from(catalog_ids("foods.csv")), max_size=5)),
        meals_per_day=meals,
        language=draw(st.sampled_from(Language)),
        job_activity=draw(st.none() | st.sampled_from(JobActivity)),
        pregnancy_trimester=draw(st.none() | st.integers(1, 3)) if pregnant else None,
        weeks_postpartum=draw(st.none() | st.integers(0, 104)) if gave_birth else None,
        eating_window_start_hour=start,
        eating_window_end_hour=None if start is None or window is None else start + window,
        focus_areas=draw(st.frozensets(st.sampled_from(FocusArea), max_size=3)),
        unit_system=draw(st.sampled_from(UnitSystem)),
        energy_unit=draw(st.sampled_from(EnergyUnit)),
        history=tuple(draw(st.lists(events(), max_size=12))),
    )
