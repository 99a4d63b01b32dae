"""The safety envelope of a training week: Profile and Assessment -> what a plan may contain.

Only safety and structure are decided here. What makes a plan good is in :mod:`fitbox.workout.targets`; the
model has to learn it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from fitbox import physiology
from fitbox.assessment import Assessment, assess, highest_zone
from fitbox.conditions import for_exercise
from fitbox.errors import NoPlanPossibleError
from fitbox.exercises import Exercise, Impact, Mode, exercises
from fitbox.history.taste import Taste, taste_of
from fitbox.history.told import Told, told
from fitbox.profile import Condition, Equipment, Level, Profile, WorkoutType
from fitbox.referrals import Subject, refuse_if_referred
from fitbox.rules import Check, Rule, allowed, never
from fitbox.workout.draft import Focus
from fitbox.workout.own_weight import HEAVY_KG, OLDER_YEARS, too_light, too_much
from fitbox.workout.timing import work_minutes

FEWEST_EXERCISES = 4
"""A week needs at least this many different exercises."""

LEVELS = tuple(Level)
"""Easiest first."""

SETS = {
    Level.BEGINNER: (1, 2, 3, 4, 5),
    Level.INTERMEDIATE: (1, 2, 3, 4, 5, 6),
    Level.ADVANCED: (1, 2, 3, 4, 5, 6),
}
"""Sets of an exercise. Two or three are enough for strength, and about ten a muscle and week for growth
(ACSM, 2026, Med Sci Sports Exerc 58:851-872); published programmes seldom use more than six."""

REPETITIONS = {
    Level.BEGINNER: (5, 6, 8, 10, 12, 15, 20),
    Level.INTERMEDIATE: (3, 4, 5, 6, 8, 10, 12, 15, 20, 25),
    Level.ADVANCED: (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25),
}
"""Strength grows most at 80 % of the maximum and above, so in sets of eight and fewer; muscle at any load
(ACSM, 2026, as above). A maximal single belongs under a coach's eyes."""

CAREFUL_SETS, CAREFUL_REPETITIONS = (1, 2, 3), (10, 12, 15)
"""Lighter loads: 10 to 15 repetitions for cardiac patients and older adults (Williams MA et al., 2007,
Circulation 116:572-584; Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359), and for growing ones
(Lloyd RS et al., 2014, Br J Sports Med 48:498-505)."""

CAREFUL_WITH = frozenset(
    {Condition.HYPERTENSION, Condition.HEART_DISEASE, Condition.OSTEOPOROSIS, Condition.PREGNANCY}
)
ADULT_YEARS = 18

HOLD_SECONDS, CAREFUL_HOLD_SECONDS = (20, 30, 45, 60), (20, 30)
"""Long isometric effort raises blood pressure (Williams MA et al., 2007, as above)."""

CARDIO_MINUTES = (5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 75, 90)

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
"""Also with obesity and from 65 years, for joints and falls, and below the BMI where bones break under
running (Mountjoy M et al., 2018, Br J Sports Med 52:687-697)."""

THIN_BMI, OBESE_BMI = 17.0, 30.0

TAUGHT_TO_NOVICES = frozenset({"back_squat", "deadlift", "overhead_press"})
"""With a bar, beside those that the catalog gives to every novice."""
BARS_UNTIL_YEARS = 60

MOST_LINES_A_DAY = {1: 8, 2: 8, 3: 8, 4: 7, 5: 7, 6: 6, 7: 6}
"""By days a week: who trains often needs less each time, and every line costs reply time."""

LINES_BY_MINUTES = ((25, 4), (40, 5), (55, 6), (75, 7))
"""A session shorter than so many minutes has no room for more lines; about seven minutes a line."""


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
    """A day."""
    split: tuple[Focus, ...] | None = None
    """The focus of each day, where a coach decides it."""
    starts_on: date | None = None
    """Day of the first session, where it is known."""
    maxima_kg: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Heaviest single repetitions by exercise id, where they are known."""

    @cached_property
    def by_id(self) -> Mapping[str, Exercise]:
        """The allowed exercises by id."""
        return {exercise.id: exercise for exercise in self.exercises}

    @cached_property
    def by_name(self) -> Mapping[str, Exercise]:
        """The allowed exercises by the name that the model writes."""
        return {exercise.name_en: exercise for exercise in self.exercises}

    @cached_property
    def history(self) -> tuple[Told, ...]:
        """What the member did with exercises of this envelope. It changes no rule."""
        return told(self.profile.history, self.by_id)

    @cached_property
    def taste(self) -> Taste:
        """What the history says of them."""
        return taste_of(self.history)

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
        ReferralError: training is a care team's to plan.
    """
    refuse_if_referred(profile, Subject.WORKOUT)
    left = allowed_exercises(profile)
    if len(left) < FEWEST_EXERCISES:
        relax = _what_would_help(profile)
        raise NoPlanPossibleError(
            "NO_EXERCISES_LEFT",
            f"only {len(left)} exercises remain for this member, at least {FEWEST_EXERCISES} are needed; "
            + (f"relax {', '.join(relax)}" if relax else "ask a physiotherapist for a plan"),
            relax,
        )
    careful = is_careful(profile)
    minutes_left = work_minutes(profile.session_minutes)
    days, minutes = profile.workout_days_per_week, profile.session_minutes
    most = min(MOST_LINES_A_DAY[days], *(lines for limit, lines in LINES_BY_MINUTES if minutes < limit), 8)
    return WorkoutConstraints(
        profile=profile,
        assessment=assess(profile),
        days=days,
        exercises=left,
        sets=CAREFUL_SETS if careful else SETS[profile.level],
        repetitions=CAREFUL_REPETITIONS if careful else REPETITIONS[profile.level],
        hold_seconds=CAREFUL_HOLD_SECONDS if careful else HOLD_SECONDS,
        cardio_minutes=tuple(minutes for minutes in CARDIO_MINUTES if minutes < minutes_left),
        zones=tuple(range(1, highest_zone(profile) + 1)),
        fewest_lines=3 if most < 5 else 4,
        most_lines=most,
    )


def allowed_exercises(profile: Profile) -> tuple[Exercise, ...]:
    """Every exercise that equipment, level, conditions, impact, the own body and dislikes leave, in catalog
    order."""
    return allowed(exercises().values(), RULES, profile)


def _missing_equipment(profile: Profile) -> Check[Exercise]:
    at_hand = frozenset(Equipment) if profile.equipment is None else profile.equipment
    return lambda exercise: exercise.equipment - at_hand


def _beyond_level(profile: Profile) -> Check[Exercise]:
    beyond = frozenset(LEVELS[LEVELS.index(profile.level) + 1 :])
    taught = TAUGHT_TO_NOVICES if learns_bars(profile) else frozenset[str]()
    return lambda exercise: frozenset() if exercise.id in taught else {exercise.level} & beyond


def _contraindicated(profile: Profile) -> Check[Exercise]:
    conditions = for_exercise(profile)
    return lambda exercise: exercise.contraindications & conditions


def _high_impact(profile: Profile) -> Check[Exercise]:
    if not low_impact_only(profile):
        return never
    return lambda exercise: {exercise.impact} & {Impact.HIGH}


def _disliked(profile: Profile) -> Check[Exercise]:
    return lambda exercise: {exercise.id} & profile.disliked_exercises


def _own_weight(profile: Profile) -> Check[Exercise]:
    return lambda exercise: {"OWN_WEIGHT"} if too_much(exercise, profile) else ()


def _superfluous(profile: Profile) -> Check[Exercise]:
    if is_careful(profile):
        return never
    light = too_light(allowed(exercises().values(), _BEFORE_LIGHT, profile), profile)
    return lambda exercise: {"TOO_LIGHT"} if exercise.id in light else ()


_BEFORE_LIGHT: tuple[Rule[Exercise], ...] = (
    Rule("EQUIPMENT", "profile.equipment", _missing_equipment),
    Rule("LEVEL", "docs/workout.md, the catalog's column level", _beyond_level),
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
    Rule(
        "OWN_WEIGHT",
        "Ebben WP et al., 2011, J Strength Cond Res 25:2891-2894; Sanchez-Moreno M et al., 2016, J Sports Med"
        " Phys Fitness 56:825-833; Fragala MS et al., 2019, J Strength Cond Res 33:2019-2052",
        _own_weight,
    ),
    Rule("DISLIKED_EXERCISE", "profile.disliked_exercises", _disliked),
)
RULES: tuple[Rule[Exercise], ...] = (
    *_BEFORE_LIGHT,
    Rule("TOO_LIGHT", "ACSM, 2026, Med Sci Sports Exerc 58:851-872", _superfluous),
)
"""Everything that leaves an exercise out; whether one is too light depends on what the others leave."""


def low_impact_only(profile: Profile) -> bool:
    """Whether jumps and running are left out, whatever else is allowed."""
    bmi = physiology.bmi(profile.weight_kg, profile.height_cm)
    return (
        is_thin(profile)
        or bmi >= OBESE_BMI
        or profile.age_years >= OLDER_YEARS
        or bool(for_exercise(profile) & LOW_IMPACT_WITH)
    )


def learns_bars(profile: Profile) -> bool:
    """Whether a novice is taught to squat, pull and press with a bar: a healthy adult below 60 who asked for
    strength. Novices' programmes of nearly all coaches begin with them, from the empty bar on, and strength
    grows most where the load can (ACSM, 2026, as above)."""
    bmi = physiology.bmi(profile.weight_kg, profile.height_cm)
    return (
        profile.level is Level.BEGINNER
        and (profile.workout_type or WorkoutType.STRENGTH) is WorkoutType.STRENGTH
        and not profile.conditions
        and ADULT_YEARS <= profile.age_years < BARS_UNTIL_YEARS
        and THIN_BMI <= bmi < OBESE_BMI
        and profile.weight_kg < HEAVY_KG
    )


def is_thin(profile: Profile) -> bool:
    """Whether bones are likely to be short of what running asks of them."""
    return physiology.bmi(profile.weight_kg, profile.height_cm) < THIN_BMI


def is_careful(profile: Profile) -> bool:
    """Whether loads stay light: some conditions, the growing and the older."""
    return bool(for_exercise(profile) & CAREFUL_WITH) or not ADULT_YEARS <= profile.age_years < OLDER_YEARS


def _what_would_help(profile: Profile) -> tuple[str, ...]:
    """Preferences that, given up alone, leave enough exercises. Conditions and level are no preferences."""
    relaxed = {"disliked_exercises": frozenset[str](), "equipment": None}
    return tuple(
        name
        for name, value in relaxed.items()
        if len(allowed_exercises(profile.model_copy(update={name: value}))) >= FEWEST_EXERCISES
    )
