"""How long training takes. Rest is computed here, so no text has to carry it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from fitbox.exercises import Exercise, Mode, Pattern
from fitbox.workout.draft import Line

SECONDS_A_REPETITION = 3
"""About a second up and two down: anything between 1 and 8 s a repetition grows muscle alike (Schoenfeld BJ
et al., 2015, Sports Med 45:577-585)."""
SETUP_SECONDS = 30
"""To get to the next exercise and load it."""

_QUIET = frozenset({Pattern.YOGA, Pattern.MOBILITY, Pattern.BALANCE})
_STATIC = frozenset({Pattern.CORE, Pattern.CARRY, Pattern.CONDITIONING})


def rest_seconds(exercise: Exercise, amount: int) -> int:
    """Rest between two sets, in seconds.

    What a heavy multi-joint set took comes back in two to three minutes or more (Grgic J et al., 2018, Sports
    Med 48:137-151); beyond about a minute and a half growth gains little (Singer A et al., 2024, Front Sports
    Act Living 6:1429789), and in the long run rest decides little (ACSM, 2026, Med Sci Sports Exerc
    58:851-872). So: 180 s up to six repetitions, 150 up to eight, 120 up to twelve with a load; less without
    one, for single joints and for the trunk. Poses and stretches need a change of side; cardio is one set.
    """
    if exercise.mode is Mode.CARDIO:
        return 0
    if exercise.pattern in _QUIET:
        return 10
    if exercise.pattern in _STATIC or exercise.mode is Mode.HOLD:
        return 45
    if not exercise.compound:
        return 90 if amount <= 8 else 60
    if not exercise.loadable and not exercise.own_weight_percent:
        return 60
    return 180 if amount <= 6 else 150 if amount <= 8 else 120 if amount <= 12 else 75


def line_seconds(exercise: Exercise, line: Line) -> int:
    """From the start of getting ready to the end of the last set, in seconds."""
    if exercise.mode is Mode.CARDIO:
        return SETUP_SECONDS + line.amount * 60
    sides = 2 if exercise.unilateral else 1
    work = sides * line.amount * (SECONDS_A_REPETITION if exercise.mode is Mode.REPS else 1)
    return SETUP_SECONDS + line.sets * work + (line.sets - 1) * rest_seconds(exercise, line.amount)


def warm_up_minutes(session_minutes: int) -> int:
    """5 to 10 min where the session has room for it (Garber CE et al., 2011, Med Sci Sports Exerc
    43:1334-1359), less in a short one; ramp-up sets are part of it."""
    return 3 if session_minutes < 25 else 5 if session_minutes < 40 else 8 if session_minutes < 75 else 10


def cool_down_minutes(session_minutes: int) -> int:
    """Easy movement, then stretches: flexibility two or three days a week, 60 s a muscle (Garber CE et al.,
    2011, as above), as far as the session has room for it."""
    return 1 if session_minutes < 25 else 3 if session_minutes < 40 else 5 if session_minutes < 75 else 7


def work_minutes(session_minutes: int) -> int:
    """What warm-up and cool-down leave."""
    return session_minutes - warm_up_minutes(session_minutes) - cool_down_minutes(session_minutes)


def total_minutes(session_minutes: int, seconds: Iterable[int]) -> int:
    """Minutes of a session: warm-up, its lines, rounded up, and cool-down."""
    around = session_minutes - work_minutes(session_minutes)
    return around + math.ceil(sum(seconds) / 60)
