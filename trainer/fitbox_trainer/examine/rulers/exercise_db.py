"""Free Exercise DB++'s plan evaluation of a training week, against that database's annotations.

The rules are those of ``evaluate_plan`` (plan-evaluation-v1) of johnarleyburns/free-exercise-db-plusplus
(Unlicense): a *hard violation* is an exercise that the member excluded or equipment that the member lacks; a
set counts 1 for each muscle that it trains directly and 0.5 for each that helps, by the movement pattern of
the exercise or else by the muscles that the database lists; *targets* are the published examples
``example-hypertrophy`` and ``example-full-body``. Equipment that the database does not name ("other", none)
stays unknown and is no violation; injuries and time are not judged.

The database (yuhonas/free-exercise-db, 873 exercises, Unlicense) is read from a file and not part of this
project; ``exercise_db.csv`` says which of its entries an exercise of ours is, and under which pattern it
falls there. Our exercises without an entry are unmapped, and reported so. "back" of the published target is
no muscle of the database: here the larger of lats and middle back.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from fitbox.errors import UnusableFileError
from fitbox.exercises import Mode
from fitbox.files import FileFault, read_json
from fitbox.profile import Equipment, Goal, WorkoutType
from fitbox_trainer.examine.rulers.case import Case, Line, lines

MAX_BYTES = 16 << 20
INDIRECT = 0.5
"""Credit of a set for a muscle that helps."""

PATTERNS: Mapping[str, tuple[str, str]] = {
    "squat": ("quadriceps glutes", "adductors"),
    "squat_quad_bias": ("quadriceps", "glutes adductors"),
    "leg_press": ("quadriceps glutes", "adductors"),
    "lunge": ("quadriceps glutes", "adductors"),
    "step_up": ("quadriceps glutes", "adductors"),
    "conventional_deadlift": ("glutes hamstrings", "quadriceps"),
    "sumo_deadlift": ("glutes quadriceps adductors", "hamstrings"),
    "hip_hinge": ("hamstrings glutes", ""),
    "hip_extension": ("glutes", "hamstrings"),
    "glute_ham_raise": ("hamstrings glutes", "calves"),
    "trunk_extension": ("lower_back", "glutes hamstrings"),
    "kettlebell_swing": ("glutes hamstrings", ""),
    "olympic_clean": ("quadriceps glutes traps", "hamstrings calves"),
    "kettlebell_clean": ("glutes hamstrings", "quadriceps traps"),
    "kettlebell_snatch": ("glutes hamstrings", "quadriceps traps shoulders"),
    "thruster": ("quadriceps glutes shoulders triceps", "calves"),
    "push_press": ("shoulders triceps quadriceps glutes", "calves"),
    "horizontal_press": ("chest", "triceps shoulders"),
    "horizontal_press_triceps_bias": ("triceps chest", "shoulders"),
    "incline_press": ("chest shoulders", "triceps"),
    "vertical_press": ("shoulders", "triceps"),
    "dip_triceps_bias": ("triceps chest", "shoulders"),
    "horizontal_pull": ("middle_back lats", "biceps shoulders"),
    "vertical_pull": ("lats", "biceps middle_back"),
    "muscle_up": ("lats chest triceps", "biceps shoulders middle_back"),
    "pullover": ("lats", "chest"),
    "face_pull": ("shoulders middle_back", "traps biceps"),
    "reverse_fly": ("shoulders middle_back", "traps"),
    "upright_row": ("shoulders traps", "biceps"),
    "shrug": ("traps", ""),
    "shoulder_abduction": ("shoulders", "traps"),
    "shoulder_flexion": ("shoulders", ""),
    "shoulder_external_rotation": ("rotator_cuff", ""),
    "chest_fly": ("chest", ""),
    "elbow_flexion": ("biceps", "forearms"),
    "elbow_flexion_brachioradialis_bias": ("biceps forearms", ""),
    "elbow_extension": ("triceps", ""),
    "wrist_flexion": ("forearms", ""),
    "knee_extension": ("quadriceps", ""),
    "knee_flexion": ("hamstrings", "calves"),
    "hip_abduction": ("abductors", "glutes"),
    "hip_adduction": ("adductors", ""),
    "hip_flexion": ("hip_flexors", "abdominals"),
    "plantar_flexion_straight_knee": ("calves", ""),
    "plantar_flexion_bent_knee": ("calves", ""),
    "trunk_flexion": ("abdominals", ""),
    "trunk_rotation": ("abdominals", ""),
    "anti_extension": ("abdominals", ""),
    "anti_rotation": ("abdominals", ""),
    "lateral_flexion": ("abdominals", ""),
    "farmer_carry": ("forearms traps", ""),
}
"""Muscles that a pattern trains directly, and that help (DB++ converter 0.8.0)."""

NO_VOLUME = frozenset({"stretching", "cardio", "plyometrics"})
"""Categories whose sets train no muscle there."""

EQUIPMENT: Mapping[Equipment, frozenset[str]] = {
    Equipment.BARBELL: frozenset({"barbell", "e-z curl bar"}),
    Equipment.DUMBBELL: frozenset({"dumbbell"}),
    Equipment.KETTLEBELL: frozenset({"kettlebells"}),
    Equipment.RESISTANCE_BAND: frozenset({"bands"}),
    Equipment.CABLE: frozenset({"cable"}),
    Equipment.MACHINE: frozenset({"machine"}),
    Equipment.MEDICINE_BALL: frozenset({"medicine ball"}),
    Equipment.STABILITY_BALL: frozenset({"exercise ball"}),
}
"""What a member's equipment is called there."""
CARDIO_MACHINES = frozenset(
    {Equipment.TREADMILL, Equipment.STATIONARY_BIKE, Equipment.ROWING_MACHINE, Equipment.ELLIPTICAL}
)
"""All of them are a "machine" there."""
UNKNOWN_EQUIPMENT = frozenset({None, "None", "other"})

Range = tuple[float, float | None]
HYPERTROPHY: Mapping[str, Range] = {
    "chest": (8, 20),
    "back": (10, 22),
    "quadriceps": (8, 18),
    "hamstrings": (6, 16),
}
"""Effective sets a week of ``example-hypertrophy``."""
FULL_BODY: Mapping[str, Range] = {"chest": (3, 8), "quadriceps": (1, None)}
"""Effective sets a week of ``example-full-body``."""


@dataclass(frozen=True)
class Entry:
    """One exercise of the database, as far as the rules ask."""

    equipment: str | None
    category: str
    primary: tuple[str, ...]
    secondary: tuple[str, ...]


@dataclass(frozen=True)
class Evaluated:
    """What the rules say of one week."""

    hard_violations: tuple[str, ...]
    effective_sets: Mapping[str, float]
    """By muscle, and "back"."""
    target: str
    gaps: tuple[str, ...]
    """Muscles below the target's minimum."""
    excess: tuple[str, ...]
    """Muscles above its maximum."""
    planned_sets: int
    mapped_sets: int


def read_database(path: Path) -> Mapping[str, Entry]:
    """The database by id.

    Raises:
        UnusableFileError: the file is missing or not in form.
    """
    content = read_json(path, max_bytes=MAX_BYTES)
    if not isinstance(content, list):
        raise UnusableFileError(path, FileFault.FORM, "is no list of exercises")
    try:
        return {str(one["id"]): _entry(one) for one in content if isinstance(one, dict)}
    except (KeyError, TypeError) as error:
        raise UnusableFileError(path, FileFault.FORM, f"has an exercise without {error}") from error


def _entry(one: Mapping[str, object]) -> Entry:
    def muscles(name: str) -> tuple[str, ...]:
        found = one[name]
        return tuple(str(muscle).replace(" ", "_") for muscle in found) if isinstance(found, list) else ()

    equipment = one["equipment"]
    return Entry(
        None if equipment is None else str(equipment),
        str(one["category"]),
        muscles("primaryMuscles"),
        muscles("secondaryMuscles"),
    )


@cache
def _ours() -> Mapping[str, tuple[str, str]]:
    """Their id and pattern by our id."""
    table = resources.files("fitbox_trainer.examine.rulers").joinpath("exercise_db.csv")
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines(), strict=True)
    return MappingProxyType({row["exercise_id"]: (row["db_id"], row["pattern"]) for row in rows})


def evaluate(case: Case, database: Mapping[str, Entry]) -> Evaluated:
    """The rules on one member's week."""
    violations: list[str] = []
    direct: dict[str, float] = defaultdict(float)
    helping: dict[str, float] = defaultdict(float)
    planned = mapped = 0
    for line in lines(case):
        sets = line.prescription.sets
        planned += sets
        entry, pattern = _known(line, database)
        if line.exercise.id in case.profile.disliked_exercises:
            violations.append(f"excluded_exercise {line.exercise.id}")
        if entry is not None and not _has(case, entry, line):
            violations.append(f"unsupported_equipment {line.exercise.id}: {entry.equipment}")
        if entry is None and not pattern:
            continue
        mapped += sets
        primary, secondary = _credits(entry, pattern)
        for muscle in primary:
            direct[muscle] += sets
        for muscle in secondary:
            helping[muscle] += sets
    effective = {name: direct[name] + INDIRECT * helping[name] for name in {*direct, *helping}}
    effective["back"] = max(effective.get("lats", 0.0), effective.get("middle_back", 0.0))
    name, target = _target(case)
    return Evaluated(
        tuple(violations),
        effective,
        name,
        tuple(one for one, (low, _) in target.items() if effective.get(one, 0.0) < low),
        tuple(
            one for one, (_, high) in target.items() if high is not None and effective.get(one, 0.0) > high
        ),
        planned,
        mapped,
    )


def _known(line: Line, database: Mapping[str, Entry]) -> tuple[Entry | None, str]:
    their_id, pattern = _ours().get(line.exercise.id, ("", ""))
    return database.get(their_id), pattern


def _credits(entry: Entry | None, pattern: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if pattern:
        direct, helping = PATTERNS[pattern]
        return tuple(direct.split()), tuple(helping.split())
    if entry is None or entry.category in NO_VOLUME:
        return (), ()
    return entry.primary, tuple(one for one in entry.secondary if one not in entry.primary)


def _has(case: Case, entry: Entry, line: Line) -> bool:
    """Whether the member has what the database says the exercise takes."""
    owned = case.profile.equipment
    if owned is None or entry.equipment in UNKNOWN_EQUIPMENT or entry.equipment == "body only":
        return True
    if line.exercise.mode is Mode.CARDIO and entry.equipment == "machine":
        return bool(owned & CARDIO_MACHINES)
    return any(entry.equipment in EQUIPMENT.get(one, frozenset()) for one in owned)


def _target(case: Case) -> tuple[str, Mapping[str, Range]]:
    growing = case.goal in (Goal.MUSCLE_GAIN, Goal.BULKING)
    if growing and case.profile.workout_type is WorkoutType.STRENGTH:
        return "example-hypertrophy", HYPERTROPHY
    return "example-full-body", FULL_BODY
