"""The exercise catalog, ``fitbox/catalog/exercises.csv``, as typed values; read once a process."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType

from fitbox.locales import LOCALES
from fitbox.profile import Condition, Equipment, Language, Level


class Pattern(StrEnum):
    """What a movement is, by which sessions are composed."""

    SQUAT = "SQUAT"
    HINGE = "HINGE"
    LUNGE = "LUNGE"
    HORIZONTAL_PUSH = "HORIZONTAL_PUSH"
    VERTICAL_PUSH = "VERTICAL_PUSH"
    HORIZONTAL_PULL = "HORIZONTAL_PULL"
    VERTICAL_PULL = "VERTICAL_PULL"
    CORE = "CORE"
    CARRY = "CARRY"
    ISOLATION_PUSH = "ISOLATION_PUSH"
    """Chest, shoulders or triceps alone."""
    ISOLATION_PULL = "ISOLATION_PULL"
    """Biceps, rear shoulder, upper back or forearms alone."""
    ISOLATION_LEGS = "ISOLATION_LEGS"
    CONDITIONING = "CONDITIONING"
    """Whole-body moves for intervals and circuits."""
    CARDIO = "CARDIO"
    """Continuous endurance work."""
    YOGA = "YOGA"
    MOBILITY = "MOBILITY"


class Muscle(StrEnum):
    """Muscle groups, as coarse as weekly training volume is counted."""

    CHEST = "CHEST"
    BACK = "BACK"
    SHOULDERS = "SHOULDERS"
    BICEPS = "BICEPS"
    TRICEPS = "TRICEPS"
    FOREARMS = "FOREARMS"
    CORE = "CORE"
    LOWER_BACK = "LOWER_BACK"
    GLUTES = "GLUTES"
    QUADRICEPS = "QUADRICEPS"
    HAMSTRINGS = "HAMSTRINGS"
    CALVES = "CALVES"
    HIPS = "HIPS"
    """Hip flexors, abductors and adductors."""


class Impact(StrEnum):
    """Whether both feet leave the floor."""

    LOW = "LOW"
    HIGH = "HIGH"


class Mode(StrEnum):
    """How a set is measured."""

    REPS = "REPS"
    HOLD = "HOLD"
    """Seconds: a position held, or a move kept up."""
    CARDIO = "CARDIO"
    """Minutes in a heart-rate zone, once."""


@dataclass(frozen=True)
class Exercise:
    """One row of the catalog."""

    id: str
    """Lower snake case; ``name_en`` with underscores."""
    name_en: str
    """Lower case, short: it is also the name that the model writes."""
    pattern: Pattern
    primary_muscles: tuple[Muscle, ...]
    secondary_muscles: tuple[Muscle, ...]
    equipment: frozenset[Equipment]
    """Every item needed; empty for bodyweight."""
    level: Level
    """The least experience that it takes."""
    unilateral: bool
    """Done one side after the other, so that a set takes twice the time."""
    impact: Impact
    mode: Mode
    compound: bool
    """Moves more than one joint under load."""
    contraindications: frozenset[Condition]
    """Conditions under which it is not recommended; the rules are in ``docs/workout.md``."""

    def name(self, language: Language) -> str:
        """The name that a member reads."""
        return self.name_en if language is Language.EN else LOCALES[language].exercises[self.id]


@cache
def exercises() -> Mapping[str, Exercise]:
    """The whole catalog by id, in the catalog's order."""
    table = (resources.files("fitbox.catalog") / "exercises.csv").read_text(encoding="utf-8")
    rows = [_exercise(row) for row in csv.DictReader(table.splitlines())]
    return MappingProxyType({exercise.id: exercise for exercise in rows})


def _exercise(row: dict[str, str]) -> Exercise:
    return Exercise(
        id=row["id"],
        name_en=row["name_en"],
        pattern=Pattern(row["pattern"]),
        primary_muscles=tuple(Muscle(word) for word in row["primary_muscles"].split()),
        secondary_muscles=tuple(Muscle(word) for word in row["secondary_muscles"].split()),
        equipment=frozenset(Equipment(word) for word in row["equipment"].split()),
        level=Level(row["level"]),
        unilateral=row["unilateral"] == "yes",
        impact=Impact(row["impact"]),
        mode=Mode(row["mode"]),
        compound=row["compound"] == "yes",
        contraindications=frozenset(Condition(word) for word in row["contraindications"].split()),
    )
