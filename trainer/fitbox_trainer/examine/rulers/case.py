"""What is examined: one member's plans as the member receives them, and questions that many rulers ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum

from fitbox.exercises import Exercise, Mode, Pattern, exercises
from fitbox.foods import Category, Food, foods
from fitbox.i18n import WEEKDAYS, text
from fitbox.plan import Advice, ExercisePrescription, FoodPortion, Meal, NutritionPlan, Session, WorkoutPlan
from fitbox.profile import Goal, Language, Profile

STRENGTH = frozenset(Pattern) - {
    Pattern.CONDITIONING,
    Pattern.CARDIO,
    Pattern.YOGA,
    Pattern.MOBILITY,
    Pattern.BALANCE,
}
"""Patterns whose sets are hard sets."""


@dataclass(frozen=True)
class Figures:
    """What the member is told beside the plans; all that an advice may cite."""

    target_kcal: float
    protein_g: float
    fibre_g: float
    water_liters: float
    weekly_change_kg: float
    zones: tuple[tuple[int, int], ...]
    """Bounds of each heart-rate zone, beats a minute."""


@dataclass(frozen=True)
class Case:
    """One member and what was planned. A plan that could not be made is absent."""

    member_id: str
    profile: Profile
    goal: Goal
    """The goal in force."""
    referred: bool
    """Whether the member is told to see a clinician."""
    figures: Figures
    known_sentences: frozenset[str]
    """Every sentence that somebody read and that this member may be told; empty where nobody gave them."""
    week: WorkoutPlan | None = None
    days: tuple[NutritionPlan, ...] = ()
    advice: Advice | None = None

    @property
    def bmi(self) -> float:
        """kg/m2."""
        return self.profile.weight_kg / (self.profile.height_cm / 100) ** 2

    @property
    def language(self) -> Language:
        """Of everything that the member reads."""
        return self.profile.language

    def states(self, *words: str) -> bool:
        """Whether the profile names one of these conditions, medicines or stages, by a part of its value.

        By name, so that what a later profile can say is seen without a change here.
        """
        said = {value for name in type(self.profile).model_fields for value in _named(self.profile, name)}
        return any(word in value for word in words for value in said)

    def says(self, *words: str) -> bool:
        """Whether any text that this member reads contains one of these words (lower case)."""
        read = " ".join(_texts((self.week, self.days, self.advice))).lower()
        return any(word in read for word in words)


def _texts(value: object) -> Iterator[str]:
    """Every text in a plan, wherever it stands."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))


def _named(profile: Profile, field: str) -> Iterator[str]:
    value = getattr(profile, field)
    for one in value if isinstance(value, frozenset) else (value,):
        if isinstance(one, StrEnum):
            yield one.value


@dataclass(frozen=True)
class Line:
    """One line of a week: the day it stands on, what is prescribed, and what the catalog says of it."""

    day: int
    """Position in the week, Monday 0; the session's number where its weekday is unknown."""
    prescription: ExercisePrescription
    exercise: Exercise

    @property
    def is_strength(self) -> bool:
        """Whether its sets are hard sets."""
        return self.exercise.pattern in STRENGTH

    @property
    def is_main(self) -> bool:
        """A multi-joint lift counted in repetitions."""
        return self.is_strength and self.exercise.compound and self.prescription.repetitions is not None


def sessions(case: Case) -> tuple[Session, ...]:
    """The sessions of the week; none where there is no week."""
    return case.week.sessions if case.week is not None else ()


def lines(case: Case) -> tuple[Line, ...]:
    """Every line of the week, in order."""
    return tuple(
        Line(weekday(session, case.language), one, exercises()[one.exercise_id])
        for session in sessions(case)
        for one in session.exercises
    )


def weekday(session: Session, language: Language) -> int:
    """Monday 0 to Sunday 6; the session's number less one where the name is no weekday's."""
    names = [text(language, f"weekday.{name}") for name in WEEKDAYS]
    return names.index(session.weekday) if session.weekday in names else session.day - 1


def neighbours(days: set[int]) -> set[tuple[int, int]]:
    """Pairs of days that follow one another, Sunday and Monday too: a week is repeated."""
    return {(day, (day + 1) % 7) for day in days if (day + 1) % 7 in days}


def moderate_minutes(case: Case) -> float:
    """Endurance work a week in moderate-equivalent minutes.

    A vigorous minute counts twice and a light one nothing (WHO, 2020, Guidelines on physical activity and
    sedentary behaviour). Zone 2 is moderate, 3 and above vigorous; intervals count work and rest as vigorous.
    """
    total = 0.0
    for line in lines(case):
        one = line.prescription
        if line.exercise.mode is Mode.CARDIO and one.duration_minutes is not None:
            zone = one.heart_rate_zone or 2
            total += one.duration_minutes * (2 if zone >= 3 else 1 if zone == 2 else 0)
        elif line.exercise.pattern is Pattern.CONDITIONING:
            work = one.hold_seconds or 3 * (one.repetitions or 0)
            total += 2 * one.sets * (work + one.rest_seconds) / 60
    return total


def portions(day: NutritionPlan) -> tuple[tuple[FoodPortion, Food], ...]:
    """Every portion of a day with its food."""
    return tuple((one, foods()[one.food_id]) for meal in day.meals for one in meal.portions)


def main_meals(day: NutritionPlan, language: Language) -> tuple[Meal, ...]:
    """Lunch and dinner, as far as the day has them."""
    names = {text(language, f"meal.{name}") for name in ("lunch", "dinner")}
    return tuple(meal for meal in day.meals if meal.name in names)


SIDE = frozenset({Category.FAT_OIL, Category.CONDIMENT, Category.BEVERAGE})
"""What two meals may share and still be two dishes."""


def main_items(meal: Meal) -> set[str]:
    """Ids of what makes a meal's dish."""
    return {one.food_id for one in meal.portions if foods()[one.food_id].category not in SIDE}


def has_field(value: object, *words: str) -> bool:
    """Whether a plan object has a field, set to something, whose name contains one of these words.

    By name, so that a ruler asks what the member is told and not how the plan stores it. Minutes alone are
    no content.
    """
    return is_dataclass(value) and any(
        _holds_something(getattr(value, field.name))
        for field in fields(value)
        if not field.name.endswith("_minutes") and any(word in field.name for word in words)
    )


def _holds_something(value: object) -> bool:
    """Whether a field says anything: a part whose fields are all empty does not."""
    if isinstance(value, StrEnum):
        return value.value != "UNSPECIFIED"
    if is_dataclass(value):
        return any(_holds_something(getattr(value, field.name)) for field in fields(value))
    return bool(value)


def kinds_in(value: object) -> set[str]:
    """Values of every enum anywhere in a plan object: what its parts say that they are."""
    if isinstance(value, StrEnum):
        return {value.value}
    if isinstance(value, tuple):
        return {kind for one in value for kind in kinds_in(one)}
    if is_dataclass(value):
        return {kind for field in fields(value) for kind in kinds_in(getattr(value, field.name))}
    return set()
