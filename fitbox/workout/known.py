"""What is known beside the profile, by which a programme gets its dates and loads: checked, and put into the
envelope. Nothing of it changes what is chosen."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.exercises import exercises
from fitbox.profile import MOST_VIOLATIONS, Profile
from fitbox.units import KG_PER_LB, pounds
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.facts import MOST_MAXIMA, KnownMaximum, TrainingFacts
from fitbox.workout.loads import takes_maximum
from fitbox.workout.task import WorkoutTask

FIRST_START, LAST_START = date(2000, 1, 1), date(2099, 12, 31)
"""No clock is asked, so that equal requests have equal replies."""
LEAST_KG, MOST_KG = 2.5, 500.0
"""Of a maximum: a light dumbbell, and about the heaviest lift that anybody has made."""
MOST_TIMES_BODY_WEIGHT = 6.0
"""Above what leg presses are loaded with; more is a slip of the decimal point or of the unit."""
_PATH = "training_facts"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def with_facts(task: WorkoutTask, facts: TrainingFacts) -> WorkoutTask:
    """The task whose plans have dates and loads; its ``constrain`` raises InvalidProfileError too."""

    def constrain(profile: Profile) -> WorkoutConstraints:
        return known(task.constrain(profile), facts)

    return replace(task, constrain=constrain)


def known(constraints: WorkoutConstraints, facts: TrainingFacts) -> WorkoutConstraints:
    """The envelope that knows when its programme starts, and what the member lifts.

    Raises:
        InvalidProfileError: names each fact that cannot be, with the reason.
    """
    wrong: list[FieldViolation] = []
    starts_on = _starts_on(facts.starts_on, wrong)
    maxima = _maxima(facts, constraints.profile.weight_kg, wrong)
    if wrong:
        raise InvalidProfileError(tuple(wrong[:MOST_VIOLATIONS]))
    return replace(constraints, starts_on=starts_on, maxima_kg=maxima)


def _starts_on(text: str, wrong: list[FieldViolation]) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        wrong.append(FieldViolation(f"{_PATH}.starts_on", "must be a day as 2026-12-07"))
    elif not FIRST_START <= found <= LAST_START:
        wrong.append(FieldViolation(f"{_PATH}.starts_on", f"must be from {FIRST_START} to {LAST_START}"))
    return found


def _maxima(facts: TrainingFacts, weight_kg: float, wrong: list[FieldViolation]) -> Mapping[str, float]:
    if len(facts.maxima) > MOST_MAXIMA:
        wrong.append(FieldViolation(f"{_PATH}.maxima", f"at most {MOST_MAXIMA} entries"))
        return {}
    found: dict[str, float] = {}
    for index, one in enumerate(facts.maxima):
        path = f"{_PATH}.maxima[{index}]"
        exercise = exercises().get(one.exercise_id)
        # The text itself is not repeated: it may be anything, and messages reach logs.
        if exercise is None:
            wrong.append(FieldViolation(f"{path}.exercise_id", "is no identifier of the catalog"))
        elif not takes_maximum(exercise):
            problem = "has no maximum in kilograms: it is not lifted with a load that can be chosen"
            wrong.append(FieldViolation(f"{path}.exercise_id", problem))
        elif exercise.id in found:
            wrong.append(FieldViolation(f"{path}.exercise_id", "is there twice"))
        else:
            found[exercise.id] = _kilograms(one, path, weight_kg, wrong)
    return found


def _kilograms(one: KnownMaximum, path: str, weight_kg: float, wrong: list[FieldViolation]) -> float:
    """The maximum; where it cannot be, that is remembered, and what comes back is not used."""
    if (one.kg is None) == (one.lb is None):
        wrong.append(FieldViolation(f"{path}.kg", "must be set, or lb in its place"))
        return LEAST_KG
    name, value = ("kg", one.kg) if one.kg is not None else ("lb", one.lb)
    kilograms = (value or 0.0) * (1.0 if name == "kg" else KG_PER_LB)
    most = min(MOST_KG, MOST_TIMES_BODY_WEIGHT * weight_kg)
    if not (math.isfinite(kilograms) and LEAST_KG <= kilograms <= most):
        low, high = (LEAST_KG, most) if name == "kg" else (pounds(LEAST_KG), pounds(most))
        limits = f"must be from {math.ceil(10 * low) / 10:g} to {math.floor(high)}"
        wrong.append(FieldViolation(f"{path}.{name}", f"{limits} for this member"))
    return kilograms
