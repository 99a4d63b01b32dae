"""How hard each line is meant to be: derived from the draft, never written by a model."""

from __future__ import annotations

from dataclasses import dataclass

from fitbox.conditions import for_exercise
from fitbox.exercises import Exercise, Mode
from fitbox.plan import ExerciseRole
from fitbox.profile import Equipment, Level
from fitbox.workout.constraints import CAREFUL_WITH, WorkoutConstraints, is_careful
from fitbox.workout.draft import Line
from fitbox.workout.loads import load, most_percent, takes_maximum

_STRENGTH = frozenset(
    {ExerciseRole.MAIN, ExerciseRole.SECONDARY, ExerciseRole.SINGLE_JOINT, ExerciseRole.TRUNK}
)

IN_RESERVE = {Level.BEGINNER: 3, Level.INTERMEDIATE: 2, Level.ADVANCED: 2}
"""Repetitions left after a set. Training to failure brings nothing more (ACSM, 2026, Med Sci Sports Exerc
58:851-872); close to it, growth is best (Robinson ZP et al., 2024, Sports Med 54:2209-2231)."""

CLINICAL_RESERVE, CAREFUL_RESERVE = 5, 4
"""With the conditions that call for care 11 to 14 of Borg's 20 (Williams MA et al., 2007, Circulation
116:572-584); for the growing and the older moderate, 5 to 6 of 10 (Nelson ME et al., 2007, Med Sci Sports
Exerc 39:1435-1445)."""

ENDURANCE_RPE = {1: 3.0, 2: 5.0, 3: 7.0, 4: 8.0, 5: 9.0}
"""By heart-rate zone, on the scale of the Physical Activity Guidelines for Americans, 2018: moderate is 5 to
6 of 10, vigorous 7 to 8."""

_CONDITIONING_RPE = {Level.BEGINNER: 7.0, Level.INTERMEDIATE: 8.0, Level.ADVANCED: 8.0}
_CALM_RPE, _BALANCE_RPE = 3.0, 2.0

SLOW_LOWERING = "5-0-1-0"
"""Seconds down, at the bottom, up and at the top."""
FAST_UP = "2-0-X-0"
"""As fast up as is safe: intent is what strengthens (Gonzalez-Badillo JJ et al., 2014, Eur J Sport Sci
14:772-781)."""
CONTROLLED = "2-0-1-0"


@dataclass(frozen=True)
class Intensity:
    """How hard a line is; what does not apply is ``None``."""

    rpe: float | None
    repetitions_in_reserve: int | None = None
    percent_of_maximum: float | None = None
    load_kg: float | None = None
    load_lb: float | None = None
    tempo: str | None = None


def intensity(
    line: Line,
    exercise: Exercise,
    role: ExerciseRole,
    constraints: WorkoutConstraints,
) -> Intensity:
    """How hard the line is meant to be in the first week.

    Args:
        line: What was chosen.
        exercise: What it is.
        role: The part that it plays.
        constraints: The member's, with the maxima that are known.
    """
    level = constraints.profile.level
    if role is ExerciseRole.ENDURANCE or exercise.mode is Mode.CARDIO:
        return Intensity(ENDURANCE_RPE[line.zone or 1])
    if role is ExerciseRole.CONDITIONING:
        careful = is_careful(constraints.profile)
        return Intensity(5.0 if careful or constraints.zones[-1] < 3 else _CONDITIONING_RPE[level])
    if role not in _STRENGTH:
        return Intensity(_BALANCE_RPE if role is ExerciseRole.BALANCE else _CALM_RPE)
    reserve = in_reserve(role, constraints)
    if exercise.mode is Mode.HOLD:
        return Intensity(10.0 - reserve)
    percent = None
    if role is ExerciseRole.MAIN and Equipment.BARBELL in exercise.equipment and reserve < CAREFUL_RESERVE:
        percent = percent_of_maximum(line.amount, reserve)
    found, maximum_kg = None, constraints.maxima_kg.get(exercise.id)
    if maximum_kg is not None and takes_maximum(exercise):
        percent = min(percent_of_maximum(line.amount, reserve), most_percent(exercise, constraints))
        found = load(exercise, percent, maximum_kg)
    return Intensity(
        rpe=10.0 - reserve,
        repetitions_in_reserve=reserve,
        percent_of_maximum=percent,
        load_kg=None if found is None else found.kg,
        load_lb=None if found is None else found.lb,
        tempo=_tempo(exercise, role, constraints),
    )


def in_reserve(role: ExerciseRole, constraints: WorkoutConstraints) -> int:
    """Repetitions to leave, by role and member."""
    profile = constraints.profile
    if for_exercise(profile) & CAREFUL_WITH:
        return CLINICAL_RESERVE
    if is_careful(profile):
        return CAREFUL_RESERVE
    harder = role is ExerciseRole.SINGLE_JOINT and profile.level is Level.ADVANCED
    return IN_RESERVE[profile.level] - harder


def percent_of_maximum(repetitions: int, reserve: int) -> float:
    """Share of the heaviest single repetition, in percent (Epley B, 1985, Poundage Chart: so many repetitions
    to failure raise the maximum over the load by a thirtieth each)."""
    return float(round(100 / (1 + (repetitions + reserve) / 30)))


def _tempo(exercise: Exercise, role: ExerciseRole, constraints: WorkoutConstraints) -> str | None:
    if exercise.id == "negative_pull_up":
        return SLOW_LOWERING
    if role is ExerciseRole.TRUNK:
        return None
    trained = constraints.profile.level is not Level.BEGINNER and not is_careful(constraints.profile)
    if role is ExerciseRole.MAIN and exercise.loadable and trained:
        return FAST_UP
    return CONTROLLED
