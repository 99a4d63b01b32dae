"""How long training takes. Rest is computed here, so no text has to carry it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from fitbox.exercises import Exercise, Mode, Pattern
from fitbox.workout.draft import Line

SECONDS_A_REPETITION = 3
"""1 to 2 s up and 1 to 2 s down (ACSM, 2009, Med Sci Sports Exerc 41:687-708)."""
SETUP_SECONDS = 30
"""To get to the next exercise and load it."""

_QUIET = frozenset({Pattern.YOGA, Pattern.MOBILITY})
_STATIC = frozenset({Pattern.CORE, Pattern.CONDITIONING})


def rest_seconds(exercise: Exercise, amount: int) -> int:
    """Rest between two sets, in seconds.

    2 to 3 min for heavy multi-joint sets, 1 to 2 min for moderate ones and for single joints, 1 min or less
    for local endurance (ACSM, 2009, as above). Poses and stretches need only a change of side; cardio is one
    set, after which there is nothing to rest for.
    """
    if exercise.mode is Mode.CARDIO:
        return 0
    if exercise.pattern in _QUIET:
        return 10
    if exercise.pattern in _STATIC or exercise.mode is Mode.HOLD:
        return 45
    if not exercise.compound or amount >= 15:
        return 60
    return 150 if amount <= 6 else 120 if amount <= 8 else 90


def line_seconds(exercise: Exercise, line: Line) -> int:
    """From the start of getting ready to the end of the last set, in seconds."""
    if exercise.mode is Mode.CARDIO:
        return SETUP_SECONDS + line.amount * 60
    sides = 2 if exercise.unilateral else 1
    work = sides * line.amount * (SECONDS_A_REPETITION if exercise.mode is Mode.REPS else 1)
    return SETUP_SECONDS + line.sets * work + (line.sets - 1) * rest_seconds(exercise, line.amount)


def warm_up_minutes(session_minutes: int) -> int:
    """5 to 10 min where the session has room for it (Garber CE et al., 2011, Med Sci Sports Exerc
    43:1334-1359), less in a short one."""
    return 3 if session_minutes < 25 else 5 if session_minutes < 40 else 8


def total_minutes(warm_up: int, seconds: Iterable[int]) -> int:
    """Minutes of a session: its warm-up and its lines, rounded up."""
    return warm_up + math.ceil(sum(seconds) / 60)
