"""What a good training week is for one member: the planner aims at it, the score measures the distance.

Sources: ACSM, 2026, Med Sci Sports Exerc 58:851-872 (about ten weekly sets a muscle for growth, two or three
sets at 80 % of the maximum and above for strength, large lifts first); Garber CE et al., 2011, Med Sci Sports
Exerc 43:1334-1359, and Bull FC et al., 2020, Br J Sports Med 54:1451-1462 (WHO: 150 minutes of moderate
endurance work a week, vigorous minutes count twice; balance on three days from 65); Schoenfeld BJ et al.,
2017, J Strength Cond Res 31:3508-3523 (muscle grows at any load). ``docs/workout.md`` gives the reasoning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from fitbox.exercises import Effort, Exercise, Muscle, Pattern
from fitbox.profile import Equipment, Goal, Level, WorkoutType
from fitbox.workout.constraints import WorkoutConstraints, is_careful, learns_bars
from fitbox.workout.draft import Focus
from fitbox.workout.focus_areas import is_for, wanted_muscles
from fitbox.workout.splits import (
    ENDURANCE_FOCUSES,
    SOFT,
    STRENGTH,
    STRENGTH_FOCUSES,
    TRUNK,
    split_for,
)
from fitbox.workout.timing import work_minutes

T = TypeVar("T")

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
class Repetitions:
    """Repetitions of a set by the part that an exercise plays, as far as the envelope allows them."""

    main: tuple[int, ...]
    """Of the lifts that a day is built on; the first is the heavy day's, the last the light day's."""
    secondary: tuple[int, ...]
    isolation: tuple[int, ...]


@dataclass(frozen=True)
class Targets:
    """What is good for one member, inside what is allowed."""

    grows: bool
    """Whether muscle is what the goal is about."""
    split: tuple[Focus, ...]
    aim: Repetitions
    """What the planner prescribes."""
    sound: Repetitions
    """What serves the goal just as well."""
    sets: tuple[int, ...]
    """Of multi-joint lifts, fewest first; other lines get the first half of it."""
    session_minutes: Band
    """What the planner fills."""
    enough_minutes: float
    """A session below this leaves the member waiting for the rest."""
    finisher_minutes: int
    """Of cardio at the end of a strength day; 0: none."""
    endurance_share: Band
    """Of the minutes of the week's lines."""
    strength_lines: int
    """Lines a week that strength days have room for, cardio at their end not counted."""
    weekly_sets: float
    """At least this many a major muscle; a secondary muscle counts half."""
    most_weekly_sets: float
    """No day is filled beyond this: more would be fatigue for its own sake."""
    muscles: tuple[Muscle, ...]
    """Major muscles that an allowed strength exercise trains."""
    wanted: frozenset[Muscle]
    """What the member wishes to train more than the rest."""

    def most_sets_of(self, muscle: Muscle) -> float:
        """The most weekly sets that a muscle is filled to; a wish gets more, below what muscles bear."""
        more = WISHED_SETS if muscle in self.wanted else 0.0
        return min(self.most_weekly_sets + more, MOST_WEEKLY_SETS)

    def is_wanted(self, exercise: Exercise) -> bool:
        """Whether an exercise is strength work for what the member wishes to train more."""
        return is_for(exercise, self.wanted)


@dataclass(frozen=True)
class _Aim:
    """What a goal asks for; the names are those of the API, so that a goal may come before its row."""

    main: Band
    secondary: Band
    isolation: Band
    endurance: Band
    """Share of a strength day's work that its cardio takes."""
    grows: bool = False


_AIMS: Mapping[str, _Aim] = {
    "WEIGHT_LOSS": _Aim(Band(5, 8), Band(10, 12), Band(12, 15), Band(0.25, 0.45)),
    "MODERATE_WEIGHT_LOSS": _Aim(Band(5, 8), Band(10, 12), Band(12, 15), Band(0.20, 0.40)),
    "MAINTENANCE": _Aim(Band(5, 8), Band(10, 12), Band(12, 15), Band(0.20, 0.40)),
    "MUSCLE_GAIN": _Aim(Band(6, 10), Band(8, 12), Band(10, 15), Band(0.10, 0.25), grows=True),
    "BULKING": _Aim(Band(5, 8), Band(8, 12), Band(10, 15), Band(0.08, 0.20), grows=True),
    "ENDURANCE": _Aim(Band(5, 8), Band(10, 12), Band(12, 15), Band(0.30, 0.50)),
    "SPORT": _Aim(Band(4, 8), Band(8, 10), Band(10, 12), Band(0.20, 0.40)),
    "GENERAL_HEALTH": _Aim(Band(8, 10), Band(10, 12), Band(12, 15), Band(0.25, 0.45)),
}
_SOUND = {True: (Band(3, 12), Band(5, 20), Band(6, 25)), False: (Band(5, 15), Band(6, 20), Band(8, 25))}
"""Main, secondary and single-joint work, for growth and strength or for everything else."""
PRACTICE = 8
_NOVICE_MAIN, _NOVICE_MAIN_WITH_BARS = Band(PRACTICE, 12), Band(5, 10)
"""Practice before load: with a bar in sets of five, so that technique holds to the last one."""
_LIGHTER = frozenset({WorkoutType.HIIT, WorkoutType.YOGA})
_LIGHTER_MAIN = Band(6, 10)
"""For whom lifting is the lesser part of the week."""
_LEAST_ISOLATION, _LEAST_LOADED = 8, 6
WHOLE_BODY_PERCENT = 90

_SETS = {Level.BEGINNER: Band(2, 3), Level.INTERMEDIATE: Band(3, 4), Level.ADVANCED: Band(3, 5)}
_GROWTH_SETS, _HEALTH_SETS = 10.0, 6.0
_MOST_GROWTH_SETS, _MOST_HEALTH_SETS, _MOST_NOVICE_SETS, _MOST_CAREFUL_SETS = 18.0, 14.0, 14.0, 12.0
MOST_WEEKLY_SETS = 20.0
"""More a muscle is more than most recover from: gains level off well before (Pelland JC et al., 2026, Sports
Med 56:481-505; Schoenfeld BJ et al., 2017, J Sports Sci 35:1073-1082)."""
WISHED_SETS = 4.0
"""More a week for a muscle that is wished for; gains grow with sets, ever less (the same)."""
MODERATE_MINUTES = 150
"""A week (WHO, as above)."""
MUSCLES_A_SET = 2.0
"""How many major muscles a strength set counts for, secondary ones half, on average over the catalog."""
_MINUTES_A_SET = 2.8
FEWEST_LINES_WITH_CARDIO = 4
"""Fewer lines a day leave no room for cardio beside push, pull and legs."""
FILLED, FILLED_LONG, LONG_MINUTES = 0.9, 0.75, 90
"""How much of the slot a session uses, and of one longer than LONG_MINUTES."""
ENOUGH = 2 / 3
HARD_ZONE = 4
"""Intervals start here; nobody keeps it up for an hour."""
_NOVICE_RUN_MINUTES = 30
"""Novice runners are hurt by too much too soon (Nielsen RO et al., 2014, J Orthop Sports Phys Ther
44:739-747)."""


def by_goal(table: Mapping[str, T], goal: Goal) -> T:
    """A goal's row, or that of keeping fit."""
    return table.get(goal.value, table["MAINTENANCE"])


def targets_for(constraints: WorkoutConstraints) -> Targets:
    """What is good for this member. Pure; there is always an answer."""
    profile, goal = constraints.profile, constraints.assessment.goal
    aim = by_goal(_AIMS, goal)
    split = split_for(constraints)
    slot = profile.session_minutes
    low = FILLED * slot if slot <= LONG_MINUTES else max(FILLED * LONG_MINUTES, FILLED_LONG * slot)
    finisher = _finisher_minutes(split, aim, constraints)
    muscles = tuple(
        muscle
        for muscle in MAJOR_MUSCLES
        if any(muscle in e.primary_muscles for e in constraints.exercises if e.pattern in STRENGTH)
    )
    lines = sum(focus in STRENGTH_FOCUSES for focus in split) * (constraints.most_lines - (finisher > 0))
    main = _LIGHTER_MAIN if profile.workout_type in _LIGHTER else aim.main
    if profile.level is Level.BEGINNER:
        main = _NOVICE_MAIN_WITH_BARS if learns_bars(profile) else _NOVICE_MAIN
    allowed = constraints.repetitions
    return Targets(
        grows=aim.grows,
        split=split,
        aim=Repetitions(main.clip(allowed), aim.secondary.clip(allowed), aim.isolation.clip(allowed)),
        sound=Repetitions(*(band.clip(allowed) for band in _SOUND[aim.grows])),
        sets=_SETS[profile.level].clip(constraints.sets),
        session_minutes=Band(low, slot),
        enough_minutes=ENOUGH * slot if slot <= LONG_MINUTES else ENOUGH * LONG_MINUTES,
        finisher_minutes=finisher,
        endurance_share=_endurance_share(split, aim.endurance),
        strength_lines=lines,
        weekly_sets=_weekly_sets(constraints, split, lines, aim) if muscles else 0.0,
        most_weekly_sets=_most_weekly_sets(constraints, aim),
        muscles=muscles,
        wanted=wanted_muscles(profile.focus_areas),
    )


def _finisher_minutes(split: tuple[Focus, ...], aim: _Aim, constraints: WorkoutConstraints) -> int:
    """What the week still lacks of 150 minutes, spread over the strength days, between the goal's shares."""
    strength = sum(focus in STRENGTH_FOCUSES for focus in split)
    if not strength or constraints.most_lines < FEWEST_LINES_WITH_CARDIO:
        return 0
    work = work_minutes(constraints.profile.session_minutes)
    endurance = sum(focus in ENDURANCE_FOCUSES for focus in split) * 0.7 * work
    lacking = (MODERATE_MINUTES - endurance) / strength
    wanted = min(max(lacking, aim.endurance.low * work), aim.endurance.high * work)
    return max((step for step in constraints.cardio_minutes if step <= wanted), default=0)


def _endurance_share(split: tuple[Focus, ...], of_goal: Band) -> Band:
    """Of the week's minutes. The least is what the split's own endurance days give: cardio can be had outside
    the gym, and a plan that leaves it there says so."""
    endurance = sum(focus in ENDURANCE_FOCUSES for focus in split) / len(split)
    return Band(0.6 * endurance, endurance + (1 - endurance) * max(of_goal.high, 0.45))


def _weekly_sets(constraints: WorkoutConstraints, split: tuple[Focus, ...], lines: int, aim: _Aim) -> float:
    """About ten sets a muscle for growth, six for health, or what the time of the strength days gives."""
    strength_days = sum(focus in STRENGTH_FOCUSES for focus in split)
    profile = constraints.profile
    wanted = _GROWTH_SETS if aim.grows and profile.level is not Level.BEGINNER else _HEALTH_SETS
    sets_by_time = strength_days * work_minutes(profile.session_minutes) / _MINUTES_A_SET
    sets_by_lines = lines * _SETS[profile.level].clip(constraints.sets)[0]
    return min(wanted, min(sets_by_time, sets_by_lines) * MUSCLES_A_SET / len(MAJOR_MUSCLES))


def _most_weekly_sets(constraints: WorkoutConstraints, aim: _Aim) -> float:
    if is_careful(constraints.profile):
        return _MOST_CAREFUL_SETS
    if constraints.profile.level is Level.BEGINNER:
        return _MOST_NOVICE_SETS
    much = aim.grows or constraints.assessment.goal is Goal.SPORT
    return _MOST_GROWTH_SETS if much else _MOST_HEALTH_SETS


def zone_band(exercise: Exercise, constraints: WorkoutConstraints) -> tuple[int, ...]:
    """Heart-rate zones that suit a cardio exercise: flows and breathing are easy, intervals hard, and
    anything steady is as easy as the session asks."""
    if exercise.pattern in SOFT:
        band = Band(1, 1) if exercise.pattern is Pattern.MOBILITY else Band(1, 2)
    elif exercise.effort is Effort.INTERVAL:
        band = Band(HARD_ZONE, 5)
    elif exercise.effort is Effort.TEMPO:
        band = Band(3, 3)
    else:
        band = Band(2, 3)
    return band.clip(constraints.zones)


def longest_minutes(exercise: Exercise, zone: int | None, level: Level) -> int:
    """How long one cardio line may usefully be, in minutes: breathing 10, hard intervals 20, a tempo 30, a
    novice's run 30, a flow 60, else an hour and a half.

    Twenty minutes of vigorous work a day is what Garber CE et al., 2011, recommend at least; intervals above
    that effort are not prescribed for longer here.
    """
    if exercise.pattern is Pattern.MOBILITY:
        return 10
    if zone is not None and zone >= HARD_ZONE:
        return 20
    if exercise.effort is Effort.TEMPO or zone == HARD_ZONE - 1:
        return 30
    if exercise.is_run and level is Level.BEGINNER:
        return _NOVICE_RUN_MINUTES
    return 60 if exercise.pattern in SOFT else 90


def moderate_minutes(exercise: Exercise, minutes: float, zone: int | None) -> float:
    """What cardio counts of the week's 150: zone 2 as it is, harder work twice, lighter not at all (WHO)."""
    if exercise.pattern is Pattern.MOBILITY or zone is None or zone < 2:
        return 0.0
    return minutes if zone == 2 else 2 * minutes


def is_demanding(exercise: Exercise) -> bool:
    """Whether an exercise takes experience."""
    return exercise.level is not Level.BEGINNER


def most_sets(exercise: Exercise, targets: Targets) -> int:
    """Sets that an exercise may be given to fill a day."""
    if exercise.pattern in STRENGTH and exercise.compound and exercise.pattern not in TRUNK:
        return targets.sets[-1]
    return min(3 + targets.is_wanted(exercise), targets.sets[-1])


def is_heavy(exercise: Exercise) -> bool:
    """Whether sets of few repetitions suit it: a lift with a bar, or of the whole body. Dumbbells are got
    into place before a set, and set the limit there."""
    return exercise.main and (
        Equipment.BARBELL in exercise.equipment or exercise.own_weight_percent >= WHOLE_BODY_PERCENT
    )


def least_repetitions(exercise: Exercise) -> int:
    """Fewest that make sense."""
    if is_heavy(exercise):
        return 1
    return _LEAST_LOADED if exercise.compound and exercise.loadable else _LEAST_ISOLATION


def stage(exercise: Exercise) -> int:
    """Place in a strength day: multi-joint work, single-joint work, trunk, then the rest. What comes early
    gains most strength (ACSM, 2026)."""
    if exercise.pattern in TRUNK:
        return 2
    if exercise.pattern in STRENGTH:
        return 0 if exercise.compound else 1
    return 3
