"""What a good training week is for one member: the planner aims at it, the score measures the distance.

Sources: Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359 (who needs how much of what); ACSM, 2009,
Med Sci Sports Exerc 41:687-708 (sets, repetitions, splits, order); Schoenfeld BJ et al., 2017, J Sports Sci
35:1073-1082 (about ten weekly sets a muscle for growth). ``docs/workout.md`` gives the reasoning.
"""

from __future__ import annotations

from dataclasses import dataclass

from fitbox.exercises import Exercise, Muscle, Pattern
from fitbox.profile import Goal, Level
from fitbox.workout.constraints import LEVELS, WorkoutConstraints
from fitbox.workout.draft import Focus
from fitbox.workout.splits import ENDURANCE, PATTERNS, SOFT, STRENGTH, TRUNK, split_for
from fitbox.workout.timing import warm_up_minutes

MAJOR_MUSCLES = (
    Muscle.CHEST,
    Muscle.BACK,
    Muscle.SHOULDERS,
    Muscle.BICEPS,
    Muscle.TRICEPS,
    Muscle.CORE,
    Muscle.GLUTES,
    Muscle.QUADRICEPS,
    Muscle.HAMSTRINGS,
)
"""Muscles whose weekly volume counts."""


@dataclass(frozen=True)
class Band:
    """A closed interval of what is good."""

    low: float
    high: float

    def fit(self, value: float, tolerance: float) -> float:
        """1 inside, falling in a straight line to 0 at ``tolerance`` outside."""
        distance = max(self.low - value, value - self.high, 0.0)
        return max(0.0, 1.0 - distance / tolerance)

    def clip(self, values: tuple[int, ...]) -> tuple[int, ...]:
        """The allowed values inside; where there are none, the allowed value nearest to the middle."""
        inside = tuple(value for value in values if self.low <= value <= self.high)
        middle = (self.low + self.high) / 2
        return inside or (min(values, key=lambda value: abs(value - middle)),)


@dataclass(frozen=True)
class Targets:
    """What is good for one member, inside what is allowed."""

    split: tuple[Focus, ...]
    compound_repetitions: tuple[int, ...]
    isolation_repetitions: tuple[int, ...]
    sets: tuple[int, ...]
    session_minutes: Band
    endurance_share: Band
    """Of the minutes of the week's lines."""
    strength_lines: int
    """Lines a week that strength days have room for, cardio at their end not counted."""
    weekly_sets: float
    """At least this many a major muscle; a secondary muscle counts half."""
    muscles: tuple[Muscle, ...]
    """Major muscles that an allowed strength exercise trains."""


_COMPOUND = {
    Goal.WEIGHT_LOSS: Band(10, 15),
    Goal.MODERATE_WEIGHT_LOSS: Band(10, 12),
    Goal.MAINTENANCE: Band(8, 12),
    Goal.MUSCLE_GAIN: Band(8, 10),
    Goal.BULKING: Band(6, 8),
    Goal.ENDURANCE: Band(8, 12),
    Goal.SPORT: Band(6, 10),
    Goal.GENERAL_HEALTH: Band(8, 12),
}
_ISOLATION = {
    Goal.WEIGHT_LOSS: Band(12, 15),
    Goal.MODERATE_WEIGHT_LOSS: Band(12, 15),
    Goal.MAINTENANCE: Band(10, 15),
    Goal.MUSCLE_GAIN: Band(10, 12),
    Goal.BULKING: Band(10, 12),
    Goal.ENDURANCE: Band(12, 15),
    Goal.SPORT: Band(10, 12),
    Goal.GENERAL_HEALTH: Band(10, 15),
}
_SETS = {Level.BEGINNER: Band(2, 3), Level.INTERMEDIATE: Band(3, 4), Level.ADVANCED: Band(3, 5)}
_ENDURANCE = {
    Goal.WEIGHT_LOSS: Band(0.25, 0.60),
    Goal.MODERATE_WEIGHT_LOSS: Band(0.20, 0.50),
    Goal.MAINTENANCE: Band(0.15, 0.45),
    Goal.MUSCLE_GAIN: Band(0.05, 0.30),
    Goal.BULKING: Band(0.05, 0.25),
    Goal.ENDURANCE: Band(0.40, 0.75),
    Goal.SPORT: Band(0.15, 0.45),
    Goal.GENERAL_HEALTH: Band(0.20, 0.50),
}
_GROWTH_SETS, _HEALTH_SETS = 10.0, 6.0
_MUSCLES_A_SET = 2.0
"""How many major muscles a strength set counts for, secondary ones half, on average over the catalog."""
_MINUTES_A_SET = 2.5
FEWEST_LINES_WITH_CARDIO = 4
"""Fewer lines a day leave no room for cardio beside push, pull and legs."""
FILLED = 0.75
"""A session uses at least this much of the slot."""
HARD_ZONE = 4
"""Intervals start here; nobody keeps it up for an hour."""
_LONGEST_USEFUL_MINUTES = 60
"""A longer slot need not be filled."""


def targets_for(constraints: WorkoutConstraints) -> Targets:
    """What is good for this member. Pure; there is always an answer."""
    profile, goal = constraints.profile, constraints.assessment.goal
    split = split_for(constraints)
    slot = profile.session_minutes
    session = Band(FILLED * min(slot, _LONGEST_USEFUL_MINUTES), slot)
    share = _endurance_share(split, _ENDURANCE[goal], constraints.most_lines)
    muscles = tuple(
        muscle
        for muscle in MAJOR_MUSCLES
        if any(muscle in e.primary_muscles for e in constraints.exercises if e.pattern in STRENGTH)
    )
    return Targets(
        split=split,
        compound_repetitions=_COMPOUND[goal].clip(constraints.repetitions),
        isolation_repetitions=_ISOLATION[goal].clip(constraints.repetitions),
        sets=_SETS[profile.level].clip(constraints.sets),
        session_minutes=session,
        endurance_share=share,
        strength_lines=_strength_lines(constraints, split, share),
        weekly_sets=_weekly_sets(constraints, split, share) if muscles else 0.0,
        muscles=muscles,
    )


def _endurance_share(split: tuple[Focus, ...], by_goal: Band, most_lines: int) -> Band:
    """The goal's share, moved by the days that the split gives to endurance, or to yoga."""
    days = len(split)
    endurance = sum(focus in (Focus.CARDIO, Focus.HIIT) for focus in split) / days
    yoga = split.count(Focus.YOGA) / days
    by_finishers = by_goal.low * (1 - yoga) if most_lines >= FEWEST_LINES_WITH_CARDIO else 0.0
    low = max(by_finishers, 0.8 * endurance)
    high = max(by_goal.high, endurance + (1 - endurance) * 0.35)
    return Band(low, high)


def _weekly_sets(constraints: WorkoutConstraints, split: tuple[Focus, ...], share: Band) -> float:
    """About ten sets a muscle for growth, six for health, or what the time of the strength days gives."""
    strength_days = sum(PATTERNS[focus] <= STRENGTH for focus in split)
    profile = constraints.profile
    growing = constraints.assessment.goal in (Goal.MUSCLE_GAIN, Goal.BULKING)
    wanted = _GROWTH_SETS if growing and profile.level is not Level.BEGINNER else _HEALTH_SETS
    minutes = min(profile.session_minutes, _LONGEST_USEFUL_MINUTES)
    minutes -= warm_up_minutes(profile.session_minutes)
    sets_by_time = strength_days * minutes / _MINUTES_A_SET
    sets_by_lines = (
        _strength_lines(constraints, split, share) * _SETS[profile.level].clip(constraints.sets)[0]
    )
    return min(wanted, min(sets_by_time, sets_by_lines) * _MUSCLES_A_SET / len(MAJOR_MUSCLES))


def _strength_lines(constraints: WorkoutConstraints, split: tuple[Focus, ...], share: Band) -> int:
    days = sum(PATTERNS[focus] <= STRENGTH for focus in split)
    return days * (constraints.most_lines - has_finisher(constraints, share))


def has_finisher(constraints: WorkoutConstraints, endurance_share: Band) -> bool:
    """Whether strength days end with cardio: where the goal asks for any, and a day has room for it."""
    return endurance_share.low > 0 and constraints.most_lines >= FEWEST_LINES_WITH_CARDIO


def zone_band(exercise: Exercise, constraints: WorkoutConstraints) -> tuple[int, ...]:
    """Heart-rate zones that suit a cardio exercise: easy ones for flows and breathing, hard for intervals."""
    if exercise.pattern in SOFT:
        band = Band(1, 1) if exercise.pattern is Pattern.MOBILITY else Band(1, 2)
    else:
        rank = LEVELS.index(exercise.level)
        band = Band(2 + rank, 3 + rank)
    return band.clip(constraints.zones)


def longest_minutes(exercise: Exercise, zone: int | None) -> int:
    """How long one cardio line may usefully be, in minutes: breathing 10, hard intervals 20, else an hour.

    Twenty minutes of vigorous work a day is what Garber CE et al., 2011, recommend at least; intervals above
    that effort are not prescribed for longer here.
    """
    if exercise.pattern is Pattern.MOBILITY:
        return 10
    return 20 if zone is not None and zone >= HARD_ZONE else 60


def repetition_band(exercise: Exercise, focus: Focus, targets: Targets) -> tuple[int, ...]:
    """Repetitions that suit an exercise on a day of that focus."""
    if not exercise.compound or exercise.pattern in ENDURANCE or focus is Focus.HIIT:
        return targets.isolation_repetitions
    return targets.compound_repetitions


def is_demanding(exercise: Exercise) -> bool:
    """Whether an exercise takes experience."""
    return exercise.level is not Level.BEGINNER


def stage(exercise: Exercise) -> int:
    """Place in a strength day: multi-joint work, single-joint work, trunk, then the rest (ACSM, 2009)."""
    if exercise.pattern in TRUNK:
        return 2
    if exercise.pattern in STRENGTH:
        return 0 if exercise.compound else 1
    return 3
