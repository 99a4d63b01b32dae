"""Overrides as they travel; server and client share them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SessionFocus(StrEnum):
    """What a day is for; the names are those of :class:`fitbox.workout.draft.Focus`."""

    FULL = "FULL"
    UPPER = "UPPER"
    LOWER = "LOWER"
    PUSH = "PUSH"
    PULL = "PULL"
    LEGS = "LEGS"
    CARDIO = "CARDIO"
    HIIT = "HIIT"
    YOGA = "YOGA"


@dataclass(frozen=True)
class WorkoutOverrides:
    """A coach's word on a week; what is unset is FitBox's to decide."""

    fixed_exercises: tuple[str, ...] = ()
    """Ids of exercises that the week must have."""
    forbidden_exercises: tuple[str, ...] = ()
    """Ids of exercises that it must not."""
    split: tuple[SessionFocus, ...] = ()
    """The focus of each day, in order."""
    fewest_repetitions: int | None = None
    most_repetitions: int | None = None
    """Of every set that is counted in repetitions."""


@dataclass(frozen=True)
class NutritionOverrides:
    """A coach's word on a day of eating; what is unset is FitBox's to decide."""

    target_kcal: float | None = None
    protein_g: float | None = None
    carbohydrate_g: float | None = None
    fat_g: float | None = None
    """Of the day. What is not given follows from the rest, by 4, 4 and 9 kcal a gram."""
    fixed_foods: tuple[str, ...] = ()
    """Ids of foods that the day must have."""
    forbidden_foods: tuple[str, ...] = ()
    """Ids of foods that it must not."""


Overrides = WorkoutOverrides | NutritionOverrides
