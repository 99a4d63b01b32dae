"""What the model chooses for a training week: nothing in it is computed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Focus(StrEnum):
    """What a day is for. The value is the word that the model writes after the day's number."""

    FULL = "full"
    UPPER = "upper"
    LOWER = "lower"
    PUSH = "push"
    PULL = "pull"
    LEGS = "legs"
    CARDIO = "cardio"
    HIIT = "hiit"
    YOGA = "yoga"


@dataclass(frozen=True)
class Line:
    """One exercise of a day."""

    exercise_id: str
    sets: int
    """1 for cardio."""
    amount: int
    """Repetitions, seconds or minutes, as the exercise's mode says."""
    zone: int | None = None
    """Heart-rate zone, for cardio alone."""


@dataclass(frozen=True)
class Day:
    """One training day."""

    focus: Focus
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class WorkoutDraft:
    """A training week; its days are in order."""

    days: tuple[Day, ...]
