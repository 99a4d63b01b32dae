"""What a day is made of: places in the order of importance, by focus. A short day takes the first ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fitbox.exercises import Effort, Exercise, Muscle, Pattern
from fitbox.workout.draft import Focus

_P, _M = Pattern, Muscle


@dataclass(frozen=True)
class Slot:
    """A place in a day, for one exercise."""

    pattern: Pattern
    muscle: Muscle | None = None
    """That it must train first, where one is named."""
    main: bool = False
    """The week's main lift of the movement, the same wherever it returns; else something beside it."""
    effort: Effort | None = None

    def suits(self, exercise: Exercise) -> bool:
        """Whether the exercise may fill the place."""
        return (
            exercise.pattern is self.pattern
            and (self.muscle is None or exercise.primary_muscles[0] is self.muscle)
            and (self.effort is None or exercise.effort is self.effort)
        )


def _main(pattern: Pattern) -> Slot:
    return Slot(pattern, main=True)


_SQUAT, _HINGE = _main(_P.SQUAT), _main(_P.HINGE)
_PRESS, _OVERHEAD = _main(_P.HORIZONTAL_PUSH), _main(_P.VERTICAL_PUSH)
_ROW, _PULLDOWN = _main(_P.HORIZONTAL_PULL), _main(_P.VERTICAL_PULL)
_LUNGE, _OTHER_HINGE = Slot(_P.LUNGE), Slot(_P.HINGE)
_OTHER_PRESS, _OTHER_ROW = Slot(_P.HORIZONTAL_PUSH), Slot(_P.HORIZONTAL_PULL)
_TRUNK = Slot(_P.CORE)
_CALVES = Slot(_P.ISOLATION_LEGS, _M.CALVES)
_HAMSTRINGS = Slot(_P.ISOLATION_LEGS, _M.HAMSTRINGS)
_QUADRICEPS = Slot(_P.ISOLATION_LEGS, _M.QUADRICEPS)
_BICEPS, _TRICEPS = Slot(_P.ISOLATION_PULL, _M.BICEPS), Slot(_P.ISOLATION_PUSH, _M.TRICEPS)
_SIDE, _REAR = Slot(_P.ISOLATION_PUSH, _M.SHOULDERS), Slot(_P.ISOLATION_PULL, _M.SHOULDERS)
_CHEST = Slot(_P.ISOLATION_PUSH, _M.CHEST)
_EASY = Slot(_P.CARDIO, effort=Effort.EASY, main=True)
_OTHER_EASY = Slot(_P.CARDIO, effort=Effort.EASY)
_INTERVALS = Slot(_P.CARDIO, effort=Effort.INTERVAL)
_FLOW, _POSE = Slot(_P.YOGA, effort=Effort.EASY), Slot(_P.YOGA)
_CIRCUIT, _MOVE, _BALANCE = Slot(_P.CONDITIONING), Slot(_P.MOBILITY), Slot(_P.BALANCE)

FINISHER, LOOSENING = _EASY, _MOVE
"""What ends a day of strength, and what takes the place of a set too many."""

SLOTS: Mapping[Focus, tuple[tuple[Slot, ...], ...]] = {
    Focus.FULL: (
        (_SQUAT, _PRESS, _ROW, _OTHER_HINGE, _TRUNK, _CALVES, _BICEPS, _SIDE),
        (_HINGE, _OVERHEAD, _PULLDOWN, _LUNGE, _TRUNK, _HAMSTRINGS, _PRESS, _TRICEPS),
        (_SQUAT, _PRESS, _ROW, _OTHER_HINGE, _CALVES, _TRUNK, _REAR, _QUADRICEPS),
    ),
    Focus.UPPER: (
        (_PRESS, _ROW, _OVERHEAD, _PULLDOWN, _BICEPS, _TRICEPS, _SIDE, _TRUNK),
        (_PRESS, _PULLDOWN, _OTHER_PRESS, _ROW, _SIDE, _TRICEPS, _BICEPS, _TRUNK),
    ),
    Focus.LOWER: (
        (_SQUAT, _HINGE, _LUNGE, _HAMSTRINGS, _CALVES, _TRUNK, _QUADRICEPS, _OTHER_HINGE),
        (_HINGE, _SQUAT, _LUNGE, _CALVES, _QUADRICEPS, _TRUNK, _HAMSTRINGS, _OTHER_HINGE),
    ),
    Focus.PUSH: (
        (_PRESS, _OVERHEAD, _OTHER_PRESS, _SIDE, _TRICEPS, _TRUNK, _CHEST, _TRUNK),
        (_PRESS, _OVERHEAD, _OTHER_PRESS, _TRICEPS, _SIDE, _TRUNK, _CHEST, _TRUNK),
    ),
    Focus.PULL: (
        (_ROW, _PULLDOWN, _REAR, _BICEPS, _TRUNK, _OTHER_ROW, _BICEPS, _TRUNK),
        (_PULLDOWN, _ROW, _BICEPS, _REAR, _TRUNK, _OTHER_ROW, _BICEPS, _TRUNK),
    ),
    Focus.LEGS: (
        (_SQUAT, _HINGE, _LUNGE, _HAMSTRINGS, _CALVES, _TRUNK, _QUADRICEPS, _TRUNK),
        (_SQUAT, _HINGE, _LUNGE, _CALVES, _QUADRICEPS, _TRUNK, _HAMSTRINGS, _TRUNK),
    ),
    Focus.CARDIO: (
        (_EASY, _TRUNK, _MOVE, _OTHER_EASY, _MOVE, _TRUNK),
        (_INTERVALS, _EASY, _TRUNK, _MOVE, _MOVE),
        (_EASY, _TRUNK, _MOVE, _OTHER_EASY, _MOVE, _TRUNK),
    ),
    Focus.HIIT: (
        (_CIRCUIT, _CIRCUIT, _INTERVALS, _EASY, _TRUNK, _CIRCUIT, _MOVE, _MOVE),
        (_INTERVALS, _CIRCUIT, _CIRCUIT, _EASY, _TRUNK, _CIRCUIT, _MOVE, _MOVE),
    ),
    Focus.YOGA: (
        (_FLOW, _POSE, _POSE, _MOVE, _POSE, _POSE, _POSE, _MOVE),
        (_FLOW, _POSE, _MOVE, _POSE, _POSE, _POSE, _MOVE, _POSE),
    ),
}
"""Days of one focus take turns. Main lifts return with every day that asks for their movement."""

ONLY_WHOLE_BODY_DAY = (_SQUAT, _PRESS, _PULLDOWN, _OTHER_HINGE, _TRUNK, _OTHER_ROW, _CALVES, _OVERHEAD)
"""Of a week that has no other day of strength: it pulls down as well as towards the body."""

BESIDE = _OTHER_EASY
"""Cardio of another kind than the day's own."""

INSTEAD_OF_INTERVALS = Slot(_P.CARDIO, effort=Effort.EASY)
"""For who may not, or does not yet, train hard."""

FALLS = _BALANCE
"""Takes a place on days without strength work, from 65 years on."""
