"""What warm-up and cool-down consist of, suited to the day and to the member."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fitbox.exercises import Exercise, Muscle, exercises
from fitbox.plan import ExerciseRole, PreparationItem, PreparationKind
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.draft import Day, Focus, Line
from fitbox.workout.own_weight import OLDER_YEARS
from fitbox.workout.roles import roles
from fitbox.workout.splits import STRENGTH, TRUNK
from fitbox.workout.timing import (
    SECONDS_A_REPETITION,
    cool_down_minutes,
    warm_up_minutes,
)

_K = PreparationKind
DRILL_SECONDS, STRETCH_SECONDS = 30, 30
"""Stretches are held 10 to 30 s, to 60 s a muscle in all (Garber CE et al., 2011, Med Sci Sports Exerc
43:1334-1359)."""
STRETCH_SETS = 2
_LEAST_RAISE_SECONDS = 60
_RAMP_OVERHEAD_SECONDS = 35
"""To change the load and breathe."""

_RAISE = {
    Focus.UPPER: ("rowing", "elliptical", "step_jack"),
    Focus.PUSH: ("rowing", "elliptical", "step_jack"),
    Focus.PULL: ("rowing", "elliptical", "step_jack"),
    Focus.CARDIO: ("brisk_walking", "treadmill_walk"),
    Focus.YOGA: ("breathing",),
}
_RAISE_ANYWHERE = (
    "cycling",
    "treadmill_walk",
    "elliptical",
    "brisk_walking",
    "walking",
    "standing_march",
    "seated_march",
    "breathing",
)
_ARMS = ("arm_circle", "wall_slide", "shoulder_roll")
_LEGS = ("leg_swing", "hip_circle", "ankle_circle")
_MOBILISE = {
    Focus.FULL: ("hip_circle", "arm_circle", "leg_swing", "shoulder_roll", "ankle_circle"),
    Focus.UPPER: _ARMS,
    Focus.PUSH: _ARMS,
    Focus.PULL: _ARMS,
    Focus.YOGA: ("cat_cow", "shoulder_roll", "hip_circle"),
}
_BALANCE = (
    "leg_stand",
    "clock_reach",
    "supported_leg_stand",
    "tandem_stand",
    "heel_toe_walk",
    "side_walk",
    "weight_shift",
)
_STRETCHES = {
    Muscle.CHEST: ("chest_stretch",),
    Muscle.SHOULDERS: ("chest_stretch", "wall_slide"),
    Muscle.BACK: ("child_pose", "back_rotation"),
    Muscle.LOWER_BACK: ("child_pose", "cat_cow"),
    Muscle.GLUTES: ("hip_stretch", "pigeon_pose"),
    Muscle.HIPS: ("hip_stretch", "low_lunge"),
    Muscle.QUADRICEPS: ("quad_stretch", "hip_stretch"),
    Muscle.HAMSTRINGS: ("hamstring_stretch", "seated_fold"),
    Muscle.CALVES: ("calf_stretch", "ankle_circle"),
}
_GENTLE = ("calf_stretch", "chest_stretch", "neck_stretch", "shoulder_roll", "ankle_circle")
_RAMPS = ((6, ((0, 10), (50, 5), (70, 3))), (10, ((40, 8), (70, 4))), (99, ((50, 8),)))
"""Load in percent of the working load, and repetitions, by the repetitions of the working sets: a specific
warm-up prepares better than a general one alone (Abad CC et al., 2011, J Strength Cond Res 25:2242-2245)."""
_SECOND_RAMP = ((60, 5),)


def warm_up(day: Day, constraints: WorkoutConstraints) -> tuple[PreparationItem, ...]:
    """Easy movement, drills, from 65 on drills against falls, and lighter sets of what is lifted first.

    Never longer than :func:`~fitbox.workout.timing.warm_up_minutes`; the easy movement takes what is left.
    """
    budget = 60 * warm_up_minutes(constraints.profile.session_minutes)
    left = budget - _LEAST_RAISE_SECONDS
    groups: list[Iterable[PreparationItem]] = []
    if constraints.profile.age_years >= OLDER_YEARS:
        groups.append(_drills(_K.BALANCE, _BALANCE, 2, constraints))
    groups.append(_drills(_K.MOBILISE, _MOBILISE.get(day.focus, _LEGS), 1, constraints))
    groups.append(_ramp_ups(day, constraints))
    groups.append(list(_drills(_K.MOBILISE, _MOBILISE.get(day.focus, _LEGS), 3, constraints))[1:])
    items: list[PreparationItem] = []
    for group in groups:
        for item in group:
            if seconds(item) <= left:
                items.append(item)
                left -= seconds(item)
    order = (_K.MOBILISE, _K.BALANCE, _K.RAMP_UP)
    items.sort(key=lambda item: order.index(item.kind))
    raising = _first((*_RAISE.get(day.focus, ()), *_RAISE_ANYWHERE), constraints)
    first = [
        _item(_K.RAISE, e, constraints, duration=_LEAST_RAISE_SECONDS + left // 30 * 30) for e in raising
    ]
    return (*first, *items)


def cool_down(day: Day, number: int, constraints: WorkoutConstraints) -> tuple[PreparationItem, ...]:
    """Easy movement, then stretches of what was trained; ``number`` of the day turns them round, so that a
    week reaches every muscle. Never longer than :func:`~fitbox.workout.timing.cool_down_minutes`."""
    left = 60 * cool_down_minutes(constraints.profile.session_minutes)
    items: list[PreparationItem] = []
    easy = _first(("walking", "standing_march", "seated_march", "breathing"), constraints)
    if left >= 180 and easy:
        items.append(_item(_K.RAISE, easy[0], constraints, duration=60))
        left -= 60
    done = {line.exercise_id for line in day.lines}
    for exercise in _stretches(day, number, constraints):
        for sets in (STRETCH_SETS, 1):
            item = _item(_K.STRETCH, exercise, constraints, duration=STRETCH_SECONDS, sets=sets)
            if exercise.id not in done and seconds(item) <= left:
                items.append(item)
                left -= seconds(item)
                break
    if not items and easy:
        items.append(_item(_K.RAISE, easy[0], constraints, duration=left))
    return tuple(items)


def seconds(item: PreparationItem) -> int:
    """How long an item takes."""
    sides = 2 if item.each_side else 1
    if item.repetitions is not None:
        return item.sets * (sides * item.repetitions * SECONDS_A_REPETITION + _RAMP_OVERHEAD_SECONDS)
    return item.sets * sides * (item.duration_seconds or 0)


def _ramp_ups(day: Day, constraints: WorkoutConstraints) -> Iterator[PreparationItem]:
    mains = [
        line
        for line, role in zip(day.lines, roles(day), strict=True)
        if role is ExerciseRole.MAIN and exercises()[line.exercise_id].loadable
    ]
    for line, steps in zip(mains[:2], (_steps(mains[:1]), _SECOND_RAMP), strict=False):
        for percent, repetitions in steps:
            exercise = exercises()[line.exercise_id]
            yield _item(_K.RAMP_UP, exercise, constraints, repetitions=repetitions, percent=percent)


def _steps(lines: Sequence[Line]) -> tuple[tuple[int, int], ...]:
    return next((steps for line in lines for most, steps in _RAMPS if line.amount <= most), ())


def _drills(
    kind: PreparationKind, ids: Iterable[str], count: int, constraints: WorkoutConstraints
) -> Iterator[PreparationItem]:
    for exercise in _first(ids, constraints, count):
        yield _item(kind, exercise, constraints, duration=DRILL_SECONDS)


def _stretches(day: Day, number: int, constraints: WorkoutConstraints) -> list[Exercise]:
    done = [exercises()[line.exercise_id] for line in day.lines]
    worked = [exercise for exercise in done if exercise.pattern in STRENGTH - TRUNK] or done
    trained = [muscle for e in worked for muscle in (*e.primary_muscles, *e.secondary_muscles)]
    wanted = [muscle for muscle in dict.fromkeys(trained) if muscle in _STRETCHES]
    turn = number % len(wanted) if wanted else 0
    found = [_first(_STRETCHES[muscle], constraints) for muscle in (*wanted[turn:], *wanted[:turn])]
    others = _first(_GENTLE, constraints, len(_GENTLE))
    return list({e.id: e for e in (*(one[0] for one in found if one), *others)}.values())


def _first(ids: Iterable[str], constraints: WorkoutConstraints, count: int = 1) -> list[Exercise]:
    return [constraints.by_id[one] for one in ids if one in constraints.by_id][:count]


def _item(
    kind: PreparationKind,
    exercise: Exercise,
    constraints: WorkoutConstraints,
    *,
    duration: int | None = None,
    repetitions: int | None = None,
    percent: int | None = None,
    sets: int = 1,
) -> PreparationItem:
    return PreparationItem(
        kind=kind,
        exercise_id=exercise.id,
        name=exercise.name(constraints.profile.language),
        sets=sets,
        repetitions=repetitions,
        duration_seconds=duration,
        each_side=exercise.unilateral,
        load_percent=percent,
    )
