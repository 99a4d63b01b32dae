"""The part that each line of a day plays; repetitions, effort, warm-up and progression go by it."""

from __future__ import annotations

from collections.abc import Iterable

from fitbox.exercises import Exercise, Pattern, exercises
from fitbox.plan import ExerciseRole
from fitbox.workout.draft import Day, Focus
from fitbox.workout.splits import STRENGTH, TRUNK
from fitbox.workout.targets import WHOLE_BODY_PERCENT, Repetitions

MOST_MAIN, MOST_MAIN_WHOLE_BODY = 2, 3
"""Lifts that a day is built on; a whole-body day has one for legs, pushing and pulling."""


def roles(day: Day) -> tuple[ExerciseRole, ...]:
    """The role of each line, in order."""
    return roles_of(day.focus, (exercises()[line.exercise_id] for line in day.lines))


def roles_of(focus: Focus, lines: Iterable[Exercise]) -> tuple[ExerciseRole, ...]:
    """The first main lifts of a strength day are its main lifts; the rest follows from the movement."""
    left = MOST_MAIN_WHOLE_BODY if focus is Focus.FULL else MOST_MAIN
    found = []
    for exercise in lines:
        role = _by_movement(exercise)
        if role is ExerciseRole.SECONDARY and exercise.main and left:
            role, left = ExerciseRole.MAIN, left - 1
        found.append(role)
    return tuple(found)


def _by_movement(exercise: Exercise) -> ExerciseRole:
    pattern = exercise.pattern
    if pattern in TRUNK:
        return ExerciseRole.TRUNK
    if pattern in STRENGTH:
        return ExerciseRole.SECONDARY if exercise.compound else ExerciseRole.SINGLE_JOINT
    others = {
        Pattern.CARDIO: ExerciseRole.ENDURANCE,
        Pattern.CONDITIONING: ExerciseRole.CONDITIONING,
        Pattern.BALANCE: ExerciseRole.BALANCE,
    }
    return others.get(pattern, ExerciseRole.FLEXIBILITY)


def repetitions_for(role: ExerciseRole, exercise: Exercise, bands: Repetitions) -> tuple[int, ...]:
    """Repetitions that suit a line. All of the body is heavy whatever it is for; what has no load, and is not
    all of the body, needs more to be hard."""
    if exercise.own_weight_percent >= WHOLE_BODY_PERCENT:
        return bands.main
    heavy = exercise.loadable
    if role is ExerciseRole.MAIN:
        return bands.main if heavy else bands.secondary
    if role is ExerciseRole.SECONDARY:
        return bands.secondary if heavy else bands.isolation
    return bands.isolation
