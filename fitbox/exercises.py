"""The exercise catalog, ``fitbox/catalog/exercises.csv``, as typed values; read once a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from fitbox.catalog import rows
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
    BALANCE = "BALANCE"
    """Drills against falls."""


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


class Effort(StrEnum):
    """What kind of endurance work an exercise is, whoever does it."""

    EASY = "EASY"
    """Steady; as easy or as brisk as the session asks."""
    TEMPO = "TEMPO"
    """Steady and hard by nature."""
    INTERVAL = "INTERVAL"
    """Hard bouts with easy ones between."""


LOADS = frozenset(
    {Equipment.BARBELL, Equipment.DUMBBELL, Equipment.KETTLEBELL, Equipment.CABLE, Equipment.MACHINE}
)
"""Equipment with which a load can be chosen in kilograms."""


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
    main: bool
    """Whether a coach builds a day on it: a multi-joint lift whose load or repetitions progress for
    months."""
    own_weight_percent: int
    """How much of the body the working limbs lift, where it cannot be chosen; 0 where it can or is small.
    Push-ups 64 %, on the knees 49, hands on a bench 41 to 55, feet on one 70 to 74 (Ebben WP et al., 2011, J
    Strength Cond Res 25:2891-2894); hanging and dips all of it."""
    effort: Effort | None
    """For cardio alone."""
    cue: str
    """Key of the sentence that says how it is done, in the texts' area ``cues``."""
    free_exercise_db_id: str | None
    """The same exercise in free-exercise-db (Unlicense), whose pictures go by it; ``None``: not there."""

    @property
    def loadable(self) -> bool:
        """Whether its load can be chosen, so that few repetitions can be hard ones."""
        return bool(self.equipment & LOADS)

    @property
    def is_run(self) -> bool:
        """Whether it is running, at whatever speed."""
        return self.pattern is Pattern.CARDIO and self.impact is Impact.HIGH

    def name(self, language: Language) -> str:
        """The name that a member reads."""
        return self.name_en if language is Language.EN else LOCALES[language].exercises[self.id]


@cache
def exercises() -> Mapping[str, Exercise]:
    """The whole catalog by id, in the catalog's order."""
    return MappingProxyType({row["id"]: _exercise(row) for row in rows("exercises.csv")})


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
        main=row["main"] == "yes",
        own_weight_percent=int(row["own_weight_percent"] or 0),
        effort=Effort(row["effort"]) if row["effort"] else None,
        cue=row["cue"],
        free_exercise_db_id=row["free_exercise_db_id"] or None,
    )
