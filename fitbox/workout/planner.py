"""The expert planner: writes the training targets, and answers where the model's text fails twice.

Deterministic for a seed. It aims at :mod:`fitbox.workout.targets` and stays inside the constraints. Choices
are random but peaked on the most common exercises, so that members differ while a small model can still learn
what comes next; the order of a day's lines is always the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fitbox.exercises import Exercise, Mode, Pattern
from fitbox.workout.constraints import LEVELS, WorkoutConstraints
from fitbox.workout.draft import Day, Focus, Line, WorkoutDraft
from fitbox.workout.fit import Room, day_minutes, extend, trim
from fitbox.workout.splits import ENDURANCE, LEGS, PATTERNS, PULL, PUSH, SOFT, STRENGTH
from fitbox.workout.targets import (
    FILLED,
    HARD_ZONE,
    Targets,
    has_finisher,
    repetition_band,
    stage,
    targets_for,
    zone_band,
)
from fitbox.workout.timing import warm_up_minutes

_P = Pattern
SLOTS: Mapping[Focus, tuple[tuple[Pattern, ...], ...]] = {
    Focus.FULL: (
        (_P.SQUAT, _P.HORIZONTAL_PUSH, _P.HORIZONTAL_PULL, _P.HINGE, _P.CORE, _P.VERTICAL_PUSH),
        (_P.HINGE, _P.VERTICAL_PULL, _P.VERTICAL_PUSH, _P.LUNGE, _P.CORE, _P.HORIZONTAL_PULL),
        (_P.LUNGE, _P.HORIZONTAL_PUSH, _P.HORIZONTAL_PULL, _P.HINGE, _P.CORE, _P.ISOLATION_PULL),
    ),
    Focus.UPPER: (
        (
            _P.HORIZONTAL_PUSH,
            _P.HORIZONTAL_PULL,
            _P.VERTICAL_PUSH,
            _P.VERTICAL_PULL,
            _P.ISOLATION_PUSH,
            _P.ISOLATION_PULL,
        ),
        (
            _P.VERTICAL_PULL,
            _P.VERTICAL_PUSH,
            _P.HORIZONTAL_PULL,
            _P.HORIZONTAL_PUSH,
            _P.ISOLATION_PULL,
            _P.ISOLATION_PUSH,
        ),
    ),
    Focus.LOWER: (
        (_P.SQUAT, _P.HINGE, _P.LUNGE, _P.CORE, _P.ISOLATION_LEGS, _P.ISOLATION_LEGS),
        (_P.HINGE, _P.LUNGE, _P.SQUAT, _P.CORE, _P.ISOLATION_LEGS, _P.ISOLATION_LEGS),
    ),
    Focus.PUSH: (
        (
            _P.HORIZONTAL_PUSH,
            _P.VERTICAL_PUSH,
            _P.HORIZONTAL_PUSH,
            _P.ISOLATION_PUSH,
            _P.CORE,
            _P.ISOLATION_PUSH,
        ),
    ),
    Focus.PULL: (
        (
            _P.HORIZONTAL_PULL,
            _P.VERTICAL_PULL,
            _P.HORIZONTAL_PULL,
            _P.ISOLATION_PULL,
            _P.CORE,
            _P.ISOLATION_PULL,
        ),
    ),
    Focus.LEGS: ((_P.SQUAT, _P.HINGE, _P.LUNGE, _P.CORE, _P.ISOLATION_LEGS, _P.ISOLATION_LEGS),),
    Focus.CARDIO: ((_P.CARDIO, _P.CARDIO, _P.CORE, _P.CONDITIONING, _P.CONDITIONING, _P.MOBILITY),),
    Focus.HIIT: ((_P.CONDITIONING, _P.CONDITIONING, _P.CONDITIONING, _P.CARDIO, _P.CORE, _P.CONDITIONING),),
    Focus.YOGA: ((_P.YOGA, _P.YOGA, _P.YOGA, _P.MOBILITY, _P.YOGA, _P.YOGA),),
}
"""Movements of a day in the order of choosing, by focus; days of one focus take turns. A shorter day takes
the first ones."""

_FAMILIES = (PUSH, PULL, LEGS, ENDURANCE, SOFT)
_PEAK = 0.6
"""Each further candidate is this much as likely as the one before it."""
_AGAIN = 0.15
"""An exercise that the week already has is this much as likely as a new one."""
_BELOW = 0.5
"""Each level below the member's own makes an exercise this much as likely."""


@dataclass
class _Week:
    """What is being composed."""

    constraints: WorkoutConstraints
    targets: Targets
    chance: random.Random
    compound_repetitions: int
    isolation_repetitions: int
    hold_seconds: int
    used: set[str] = field(default_factory=set)


def plan_week(constraints: WorkoutConstraints, seed: int) -> WorkoutDraft:
    """A training week. Deterministic for ``seed`` and the constraints."""
    chance = random.Random(f"{seed}/{constraints.key}")
    targets = targets_for(constraints)
    week = _Week(
        constraints,
        targets,
        chance,
        chance.choice(targets.compound_repetitions),
        chance.choice(targets.isolation_repetitions),
        chance.choice(constraints.hold_seconds[1:3]),
    )
    seen: dict[Focus, int] = {}
    days = []
    for focus in targets.split:
        turn = seen.get(focus, 0)
        seen[focus] = turn + 1
        slots = SLOTS[focus][turn % len(SLOTS[focus])]
        days.append(_day(focus, slots, week))
    return WorkoutDraft(tuple(days))


def _day(focus: Focus, slots: tuple[Pattern, ...], week: _Week) -> Day:
    """Exercises slot by slot, then numbers. A session too short for all of them loses the last ones."""
    strength = PATTERNS[focus] <= STRENGTH
    finisher = strength and has_finisher(week.constraints, week.targets.endurance_share)
    chosen: list[Exercise] = []
    patterns = (*((Pattern.CARDIO,) if finisher else ()), *slots)
    for pattern in patterns[: week.constraints.most_lines]:
        exercise = _choose(pattern, focus, chosen, week)
        if exercise is not None and (
            len(chosen) < week.constraints.fewest_lines or _fits(exercise, chosen, focus, week)
        ):
            week.used.add(exercise.id)
            chosen.append(exercise)
    while len(chosen) < week.constraints.fewest_lines:
        chosen.append(_draw([e for e in week.constraints.exercises if e not in chosen], week))
    if strength:
        chosen.sort(key=stage)
    return Day(focus, _timed([_line(exercise, focus, week) for exercise in chosen], focus, week))


def _fits(exercise: Exercise, chosen: list[Exercise], focus: Focus, week: _Week) -> bool:
    lines = [_line(one, focus, week) for one in (*chosen, exercise)]
    return day_minutes(lines, week.constraints) <= week.constraints.profile.session_minutes


def _choose(pattern: Pattern, focus: Focus, chosen: list[Exercise], week: _Week) -> Exercise | None:
    """An exercise for a slot; from its family, then from the focus, where the pattern has none left."""
    family = next((one for one in _FAMILIES if pattern in one), frozenset({pattern}))
    for patterns in (frozenset({pattern}), family, PATTERNS[focus]):
        left = [e for e in week.constraints.exercises if e.pattern in patterns and e not in chosen]
        preferred = [e for e in left if _suits(e, pattern, focus, bool(chosen), week.constraints)]
        if left:
            return _draw(preferred or left, week)
    return None


def _suits(
    exercise: Exercise, pattern: Pattern, focus: Focus, started: bool, constraints: WorkoutConstraints
) -> bool:
    """Preferences inside a pattern: a yoga day starts with a flow, which fills the time that poses alone
    would not; hard intervals belong to interval days, and these have nothing easy."""
    if pattern is Pattern.YOGA:
        return (exercise.mode is Mode.CARDIO) != started
    if exercise.pattern is Pattern.CARDIO:
        return (zone_band(exercise, constraints)[-1] >= HARD_ZONE) == (focus is Focus.HIIT)
    return True


def _draw(candidates: Iterable[Exercise], week: _Week) -> Exercise:
    """One of the candidates: what the member has equipment for comes first, then the catalog's order."""
    ranked = sorted(candidates, key=lambda e: e.pattern not in SOFT and not e.equipment)
    weights = [_PEAK**rank * _liking(exercise, week) for rank, exercise in enumerate(ranked)]
    return week.chance.choices(ranked, weights)[0]


def _liking(exercise: Exercise, week: _Week) -> float:
    """How much likelier an exercise is for being new this week, and near the member's level."""
    below = LEVELS.index(week.constraints.profile.level) - LEVELS.index(exercise.level)
    return (_AGAIN if exercise.id in week.used else 1.0) * _BELOW**below


def _line(exercise: Exercise, focus: Focus, week: _Week) -> Line:
    if exercise.mode is Mode.CARDIO:
        return Line(
            exercise.id,
            1,
            _cardio_minutes(exercise, focus, week),
            zone_band(exercise, week.constraints)[-1 if focus is Focus.HIIT else 0],
        )
    sets = week.targets.sets[0]
    if exercise.mode is Mode.HOLD:
        return Line(exercise.id, sets, week.hold_seconds)
    band = repetition_band(exercise, focus, week.targets)
    wanted = week.compound_repetitions if exercise.compound else week.isolation_repetitions
    return Line(exercise.id, sets, wanted if wanted in band else band[-1])


def _cardio_minutes(exercise: Exercise, focus: Focus, week: _Week) -> int:
    """To start with; the day's time decides in the end."""
    steps = week.constraints.cardio_minutes
    if exercise.pattern is Pattern.MOBILITY:
        return steps[0]
    minutes = _work_minutes(week) * (week.targets.endurance_share.low if PATTERNS[focus] <= STRENGTH else 0.3)
    return min(steps, key=lambda step: abs(step - minutes))


def _timed(lines: list[Line], focus: Focus, week: _Week) -> tuple[Line, ...]:
    """Sets and cardio minutes to fill the session, or to fit into it.

    A finisher stays short beside the strength work; other days are mostly cardio or flow.
    """
    strength = PATTERNS[focus] <= STRENGTH
    steps, sets = week.constraints.cardio_minutes, week.targets.sets
    finisher = max(steps[0], int(_work_minutes(week) * week.targets.endurance_share.high))
    room = Room(
        at_least_minutes=week.targets.session_minutes.low,
        most_sets=sets[-1] if strength else max(sets[0], 3),
        longest_cardio_minutes=finisher if strength else steps[-1],
        cardio_first=not strength,
    )
    return trim(extend(lines, room, week.constraints), week.constraints)


def _work_minutes(week: _Week) -> float:
    slot = week.constraints.profile.session_minutes
    return min(slot, week.targets.session_minutes.low / FILLED) - warm_up_minutes(slot)
