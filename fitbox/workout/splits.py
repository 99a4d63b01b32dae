"""How a week is divided: what each focus promises, and which focus each day has.

Sources: ACSM, 2026, Med Sci Sports Exerc 58:851-872 (all major muscles at least twice a week; how the week is
divided matters little where the sets are the same); Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359
(endurance and flexibility beside strength). Whole days for novices are a choice of ours: what is practised
three times a week is learnt sooner.
"""

from __future__ import annotations

from collections.abc import Mapping

from fitbox.exercises import Pattern
from fitbox.profile import Level, WorkoutType
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.draft import Focus

PUSH = frozenset({Pattern.HORIZONTAL_PUSH, Pattern.VERTICAL_PUSH, Pattern.ISOLATION_PUSH})
PULL = frozenset({Pattern.HORIZONTAL_PULL, Pattern.VERTICAL_PULL, Pattern.ISOLATION_PULL})
LEGS = frozenset({Pattern.SQUAT, Pattern.HINGE, Pattern.LUNGE, Pattern.ISOLATION_LEGS})
TRUNK = frozenset({Pattern.CORE, Pattern.CARRY})
STRENGTH = PUSH | PULL | LEGS | TRUNK
ENDURANCE = frozenset({Pattern.CARDIO, Pattern.CONDITIONING})
SOFT = frozenset({Pattern.YOGA, Pattern.MOBILITY, Pattern.BALANCE})

PATTERNS: Mapping[Focus, frozenset[Pattern]] = {
    Focus.FULL: PUSH | PULL | LEGS | TRUNK,
    Focus.UPPER: PUSH | PULL,
    Focus.LOWER: LEGS,
    Focus.PUSH: PUSH,
    Focus.PULL: PULL,
    Focus.LEGS: LEGS,
    Focus.CARDIO: ENDURANCE,
    Focus.HIIT: ENDURANCE,
    Focus.YOGA: SOFT,
}
"""The movements that a focus promises."""

STRENGTH_FOCUSES = frozenset(focus for focus, patterns in PATTERNS.items() if patterns <= STRENGTH)
ENDURANCE_FOCUSES = frozenset({Focus.CARDIO, Focus.HIIT})

_F, _U, _L, _C, _H, _Y = Focus.FULL, Focus.UPPER, Focus.LOWER, Focus.CARDIO, Focus.HIIT, Focus.YOGA
_PPL = (Focus.PUSH, Focus.PULL, Focus.LEGS)

SPLITS: Mapping[WorkoutType, tuple[tuple[Focus, ...], ...]] = {
    WorkoutType.STRENGTH: (
        (_F,),
        (_F, _F),
        (_F, _F, _F),
        (_U, _L, _U, _L),
        (*_PPL, _U, _L),
        (*_PPL, *_PPL),
        (*_PPL, *_PPL, _Y),
    ),
    WorkoutType.CARDIO: (
        (_C,),
        (_C, _F),
        (_C, _F, _C),
        (_C, _F, _C, _F),
        (_C, _U, _C, _L, _C),
        (_C, _U, _C, _L, _C, _F),
        (_C, _U, _C, _L, _C, _F, _Y),
    ),
    WorkoutType.HIIT: (
        (_H,),
        (_H, _F),
        (_H, _F, _H),
        (_H, _U, _H, _L),
        (_H, _U, _C, _L, _H),
        (_H, _U, _C, _L, _H, _F),
        (_H, _U, _C, _L, _H, _F, _Y),
    ),
    WorkoutType.YOGA: (
        (_Y,),
        (_Y, _F),
        (_Y, _F, _Y),
        (_Y, _F, _Y, _F),
        (_Y, _U, _Y, _L, _Y),
        (_Y, _U, _Y, _L, _Y, _C),
        (_Y, _U, _Y, _L, _Y, _C, _Y),
    ),
}
"""Focus of each day by workout type and days a week. Each muscle is trained about twice; intervals are never
on neighbouring days, at most two a week."""

NOVICE_STRENGTH: tuple[tuple[Focus, ...], ...] = (
    (_F,),
    (_F, _F),
    (_F, _F, _F),
    (_F, _C, _F, _F),
    (_F, _C, _F, _C, _F),
    (_F, _C, _F, _C, _F, _C),
    (_F, _C, _F, _C, _F, _C, _Y),
)
"""Novices train the whole body two or three times a week."""

_STAND_INS: Mapping[Focus, tuple[Focus, ...]] = {
    Focus.PUSH: (Focus.UPPER, Focus.FULL),
    Focus.PULL: (Focus.UPPER, Focus.FULL),
    Focus.LEGS: (Focus.FULL,),
    Focus.UPPER: (Focus.FULL,),
    Focus.LOWER: (Focus.FULL,),
    Focus.FULL: (),
    Focus.HIIT: (Focus.CARDIO,),
    Focus.CARDIO: (Focus.FULL,),
    Focus.YOGA: (Focus.CARDIO,),
}
"""What replaces a focus that equipment and conditions leave too few exercises for."""


def split_for(constraints: WorkoutConstraints) -> tuple[Focus, ...]:
    """The focus of each day for this member."""
    if constraints.split is not None:
        return constraints.split
    profile = constraints.profile
    kind = profile.workout_type or WorkoutType.STRENGTH
    novice = kind is WorkoutType.STRENGTH and profile.level is Level.BEGINNER
    table = NOVICE_STRENGTH if novice else SPLITS[kind]
    return tuple(_feasible(focus, constraints) for focus in table[constraints.days - 1])


def _feasible(focus: Focus, constraints: WorkoutConstraints) -> Focus:
    """The focus, or what stands in for it where too few exercises fit; else whichever has the most."""
    counts = {
        one: sum(exercise.pattern in PATTERNS[one] for exercise in constraints.exercises) for one in Focus
    }
    for one in (focus, *_STAND_INS[focus]):
        if counts[one] >= constraints.fewest_lines:
            return one
    return max((Focus.FULL, Focus.CARDIO, Focus.YOGA), key=lambda one: counts[one])
