"""Loads in kilograms and pounds for exercises whose maximum is known.

A load is never above what its repetitions, its reserve and the member's care allow of the maximum as it is
today: it is rounded down to what the equipment has, and in later weeks it grows only as far as one repetition
would still be left today.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from fitbox.conditions import for_exercise
from fitbox.exercises import Exercise, Mode
from fitbox.profile import Equipment
from fitbox.units import pounds
from fitbox.workout.constraints import CAREFUL_WITH, WorkoutConstraints, is_careful
from fitbox.workout.splits import LEGS, STRENGTH

STEPS_KG = {
    Equipment.BARBELL: 2.5,
    Equipment.MACHINE: 2.5,
    Equipment.CABLE: 2.5,
    Equipment.KETTLEBELL: 2.0,
    Equipment.DUMBBELL: 1.0,
}
"""Two plates of 1.25 kg, a pin with its small plate, and what racks hold."""
STEP_LB = 5.0
EMPTY_BAR_KG = 20.0
"""Less than the bar itself cannot be put on it."""

CLINICAL_UPPER_PERCENT, CLINICAL_LOWER_PERCENT = 40.0, 60.0
"""With the conditions that call for care: 30 to 40 % of the maximum for the upper body, 50 to 60 for hips and
legs (Williams MA et al., 2007, Circulation 116:572-584)."""
CAREFUL_PERCENT = 70.0
"""For the growing and the older: moderate, 60 to 70 % (Garber CE et al., 2011, Med Sci Sports Exerc
43:1334-1359; Lloyd RS et al., 2014, Br J Sports Med 48:498-505)."""


@dataclass(frozen=True)
class Load:
    """What to put on; pounds are no conversion but the steps that they come in."""

    kg: float
    lb: float


def takes_maximum(exercise: Exercise) -> bool:
    """Whether its heaviest single repetition is a figure in kilograms: not where the own body is lifted, a
    machine helps, or time is counted."""
    return (
        exercise.mode is Mode.REPS
        and exercise.pattern in STRENGTH
        and exercise.loadable
        and not exercise.own_weight_percent
    )


def most_percent(exercise: Exercise, constraints: WorkoutConstraints) -> float:
    """The largest share of a maximum that this member may be given, in percent."""
    if for_exercise(constraints.profile) & CAREFUL_WITH:
        return CLINICAL_LOWER_PERCENT if exercise.pattern in LEGS else CLINICAL_UPPER_PERCENT
    return CAREFUL_PERCENT if is_careful(constraints.profile) else 100.0


def load(exercise: Exercise, percent: float, maximum_kg: float) -> Load | None:
    """A share of a maximum, rounded down to what can be loaded; ``None`` where that is nothing."""
    exact = percent / 100 * maximum_kg
    kg = _down(exact, max((STEPS_KG[one] for one in exercise.equipment if one in STEPS_KG), default=1.0))
    lb = _down(pounds(exact), STEP_LB)
    if kg <= 0 or lb <= 0 or (Equipment.BARBELL in exercise.equipment and kg < EMPTY_BAR_KG):
        return None
    return Load(kg, lb)


def _down(value: float, step: float) -> float:
    # The smallest of margins, for 80 % of 100 may be a hair below 80.
    return math.floor(value / step + 1e-9) * step
