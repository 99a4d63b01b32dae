"""The safety envelope of a training week: Profile and Assessment -> what a plan may contain.

Only safety and structure are decided here. What makes a plan good is in :mod:`fitbox.workout.targets`; the
model has to learn it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from fitbox.assessment import Assessment, BmiClass, assess, highest_zone
from fitbox.errors import NoPlanPossibleError
from fitbox.exercises import Exercise, Impact, Mode, exercises
from fitbox.profile import Condition, Equipment, Level, Profile
from fitbox.rules import Check, Rule, allowed, never
from fitbox.workout.draft import Focus, Line
from fitbox.workout.timing import line_seconds, warm_up_minutes

FEWEST_EXERCISES = 4
"""A week needs at least this many different exercises."""

LEVELS = tuple(Level)
"""Easiest first."""

SETS = {Level.BEGINNER: (2, 3), Level.INTERMEDIATE: (2, 3, 4), Level.ADVANCED: (2, 3, 4, 5)}
"""Sets of an exercise: 1 to 3 for novices, multiple sets with experience (ACSM, 2009, Med Sci Sports Exerc
41:687-708)."""

REPETITIONS = {
    Level.BEGINNER: (8, 10, 12, 15),
    Level.INTERMEDIATE: (6, 8, 10, 12, 15, 20),
    Level.ADVANCED: (5, 6, 8, 10, 12, 15, 20),
}
"""8 to 12 for novices, 1 to 12 later, more for endurance (ACSM, 2009); sets of fewer than five repetitions
belong to coached lifters."""

CAREFUL_SETS, CAREFUL_REPETITIONS = (2, 3), (10, 12, 15)
"""Lighter loads: 10 to 15 repetitions for cardiac patients and older adults (Williams MA et al., 2007,
Circulation 116:572-584; Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359), and for growing ones
(Lloyd RS et al., 2014, Br J Sports Med 48:498-505)."""

CAREFUL_WITH = frozenset(
    {Condition.HYPERTENSION, Condition.HEART_DISEASE, Condition.OSTEOPOROSIS, Condition.PREGNANCY}
)
ADULT_YEARS, OLDER_YEARS = 18, 65

HOLD_SECONDS, CAREFUL_HOLD_SECONDS = (20, 30, 45, 60), (20, 30)
"""Long isometric effort raises blood pressure (Williams MA et al., 2007, as above)."""

CARDIO_MINUTES = (5, 10, 15, 20, 25, 30, 40, 50, 60)

LOW_IMPACT_WITH = frozenset(
    {
        Condition.KNEE,
        Condition.HIP,
        Condition.ANKLE,
        Condition.OSTEOPOROSIS,
        Condition.HEART_DISEASE,
        Condition.PREGNANCY,
    }
)
"""Also with obesity (class I only for beginners) and from 65 years: joints and falls."""

MOST_LINES_A_DAY = {1: 6, 2: 6, 3: 6, 4: 5, 5: 5, 6: 4, 7: 4}
"""By days a week: who trains often needs less each time, and every line costs reply time."""


@dataclass(frozen=True)
class WorkoutConstraints:
    """What a training week for one member may contain. Every tuple of numbers is ascending."""

    profile: Profile
    assessment: Assessment
    days: int
    exercises: tuple[Exercise, ...]
    """In the order of the catalog."""
    sets: tuple[int, ...]
    repetitions: tuple[int, ...]
    hold_seconds: tuple[int, ...]
    cardio_minutes: tuple[int, ...]
    zones: tuple[int, ...]
    fewest_lines: int
    most_lines: int
    """A day; that many at their least always fit ``profile.session_minutes``."""
    split: tuple[Focus, ...] | None = None
    """The focus of each day, where a coach decides it."""

    @cached_property
    def by_id(self) -> Mapping[str, Exercise]:
        """The allowed exercises by id."""
        return {exercise.id: exercise for exercise in self.exercises}

    @cached_property
    def by_name(self) -> Mapping[str, Exercise]:
        """The allowed exercises by the name that the model writes."""
        return {exercise.name_en: exercise for exercise in self.exercises}

    @cached_property
    def key(self) -> str:
        """Hash of everything that the grammar depends on, so equal keys have equal grammars."""
        facts = (
            self.days,
            self.fewest_lines,
            self.most_lines,
            tuple(self.by_id),
            self.sets,
            self.repetitions,
            self.hold_seconds,
            self.cardio_minutes,
            self.zones,
            *((self.split,) if self.split else ()),
        )
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]

    def amounts(self, mode: Mode) -> tuple[int, ...]:
        """The amounts that a line of this mode may have: repetitions, seconds or minutes."""
        return {
            Mode.REPS: self.repetitions,
            Mode.HOLD: self.hold_seconds,
            Mode.CARDIO: self.cardio_minutes,
        }[mode]


def constrain(profile: Profile) -> WorkoutConstraints:
    """The safety envelope of a member.

    Raises:
        NoPlanPossibleError: fewer than four exercises remain; ``relax`` names preferences that would help.
    """
    left = allowed_exercises(profile)
    if len(left) < FEWEST_EXERCISES:
        relax = _what_would_help(profile)
        raise NoPlanPossibleError(
            "NO_EXERCISES_LEFT",
            f"only {len(left)} exercises remain for this member, at least {FEWEST_EXERCISES} are needed; "
            + (f"relax {', '.join(relax)}" if relax else "ask a physiotherapist for a plan"),
            relax,
        )
    careful = _careful(profile)
    minutes_left = profile.session_minutes - warm_up_minutes(profile.session_minutes)
    constraints = WorkoutConstraints(
        profile=profile,
        assessment=assess(profile),
        days=profile.workout_days_per_week,
        exercises=left,
        sets=CAREFUL_SETS if careful else SETS[profile.level],
        repetitions=CAREFUL_REPETITIONS if careful else REPETITIONS[profile.level],
        hold_seconds=CAREFUL_HOLD_SECONDS if careful else HOLD_SECONDS,
        cardio_minutes=tuple(minutes for minutes in CARDIO_MINUTES if minutes < minutes_left),
        zones=tuple(range(1, highest_zone(profile) + 1)),
        fewest_lines=0,
        most_lines=0,
    )
    most = min(MOST_LINES_A_DAY[constraints.days], minutes_left * 60 // _longest_least_seconds(constraints))
    return replace(constraints, fewest_lines=min(3 if most < 5 else 4, most), most_lines=most)


def allowed_exercises(profile: Profile) -> tuple[Exercise, ...]:
    """Every exercise that equipment, level, conditions, impact and dislikes leave, in catalog order."""
    return allowed(exercises().values(), RULES, profile)


def _missing_equipment(profile: Profile) -> Check[Exercise]:
    at_hand = frozenset(Equipment) if profile.equipment is None else profile.equipment
    return lambda exercise: exercise.equipment - at_hand


def _beyond_level(profile: Profile) -> Check[Exercise]:
    beyond = frozenset(LEVELS[LEVELS.index(profile.level) + 1 :])
    return lambda exercise: {exercise.level} & beyond


def _contraindicated(profile: Profile) -> Check[Exercise]:
    return lambda exercise: exercise.contraindications & profile.conditions


def _high_impact(profile: Profile) -> Check[Exercise]:
    if not low_impact_only(profile):
        return never
    return lambda exercise: {exercise.impact} & {Impact.HIGH}


def _disliked(profile: Profile) -> Check[Exercise]:
    return lambda exercise: {exercise.id} & profile.disliked_exercises


RULES: tuple[Rule[Exercise], ...] = (
    Rule("EQUIPMENT", "profile.equipment", _missing_equipment),
    Rule("LEVEL", "ACSM, 2009, Med Sci Sports Exerc 41:687-708", _beyond_level),
    Rule(
        "EXERCISE_CONDITION",
        "profile.conditions; docs/workout.md, with the sources of each",
        _contraindicated,
    ),
    Rule(
        "LOW_IMPACT",
        "Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359; docs/workout.md",
        _high_impact,
    ),
    Rule("DISLIKED_EXERCISE", "profile.disliked_exercises", _disliked),
)
"""Everything that leaves an exercise out."""


def low_impact_only(profile: Profile) -> bool:
    """Whether jumps and running are left out, whatever else is allowed."""
    bmi_class = assess(profile).bmi_class
    too_heavy = bmi_class in (BmiClass.OBESE_II, BmiClass.OBESE_III) or (
        bmi_class is BmiClass.OBESE_I and profile.level is Level.BEGINNER
    )
    return too_heavy or profile.age_years >= OLDER_YEARS or bool(profile.conditions & LOW_IMPACT_WITH)


def _careful(profile: Profile) -> bool:
    return bool(profile.conditions & CAREFUL_WITH) or not ADULT_YEARS <= profile.age_years < OLDER_YEARS


def _longest_least_seconds(constraints: WorkoutConstraints) -> int:
    """The longest that any allowed line takes once its sets, or its minutes, are trimmed to the least."""
    return max(
        line_seconds(exercise, least_line(exercise, amount, constraints))
        for exercise in constraints.exercises
        for amount in constraints.amounts(exercise.mode)
    )


def least_line(exercise: Exercise, amount: int, constraints: WorkoutConstraints) -> Line:
    """The line after as much trimming as there can be: sets are trimmed, and for cardio the minutes."""
    if exercise.mode is Mode.CARDIO:
        return Line(exercise.id, 1, constraints.cardio_minutes[0], constraints.zones[0])
    return Line(exercise.id, constraints.sets[0], amount)


def _what_would_help(profile: Profile) -> tuple[str, ...]:
    """Preferences that, given up alone, leave enough exercises. Conditions and level are no preferences."""
    relaxed = {"disliked_exercises": frozenset[str](), "equipment": None}
    return tuple(
        name
        for name, value in relaxed.items()
        if len(allowed_exercises(profile.model_copy(update={name: value}))) >= FEWEST_EXERCISES
    )
