"""Plans as members receive them: every number computed, every item in the member's language.

Both the server (domain -> proto) and the client (proto -> domain) use these types.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar


class PlanSource(StrEnum):
    """Who chose the items of a plan."""

    MODEL = "MODEL"
    PLANNER = "PLANNER"
    """The expert planner answered because the model's text failed its checks twice; never silent."""


@dataclass(frozen=True)
class ExercisePrescription:
    """One line of a session, counted in ``repetitions``, ``hold_seconds`` or ``duration_minutes``."""

    exercise_id: str
    name: str
    sets: int
    repetitions: int | None
    hold_seconds: int | None
    duration_minutes: int | None
    rest_seconds: int
    heart_rate_zone: int | None
    """1 to 5, for cardio."""
    muscles: tuple[str, ...]


@dataclass(frozen=True)
class Session:
    """One training day; ``day`` counts from 1 within the week, ``focus`` is in the member's language."""

    day: int
    weekday: str
    focus: str
    exercises: tuple[ExercisePrescription, ...]
    warm_up_minutes: int
    total_minutes: int


@dataclass(frozen=True)
class WorkoutPlan:
    """A training week. ``weekly_sets`` counts hard sets a muscle group."""

    sessions: tuple[Session, ...]
    weekly_sets: dict[str, float]
    progression: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class FoodPortion:
    """A food with its solved portion and what it supplies."""

    food_id: str
    name: str
    grams: int
    kcal: float
    protein_g: float
    carbohydrate_g: float
    fat_g: float
    household_measure: str = ""
    """The grams in a kitchen's words, in the member's language: ``1½ slices``; empty where there is none."""


@dataclass(frozen=True)
class Meal:
    """One meal; ``name`` is in the member's language."""

    name: str
    portions: tuple[FoodPortion, ...]
    kcal: float


@dataclass(frozen=True)
class NutrientTotal:
    """What the day brings of one nutrient, and what it should bring."""

    code: str
    """Stable, in upper snake case: ``VITAMIN_D``."""
    name: str
    """In the member's language."""
    amount: float
    """The least that the day brings: foods whose figure nobody published count as none."""
    unit: str
    """``g``, ``mg`` or ``ug``."""
    lower: float | None
    upper: float | None
    """``None``: there is no such limit."""
    coverage: float
    """Share of the day's energy in foods whose figure is known, in [0, 1]."""
    met: bool | None
    """``None``: it cannot be told, since too little is covered."""
    source: str
    """Of the limits."""


@dataclass(frozen=True)
class NutritionPlan:
    """One day of eating that meets ``target_kcal`` within 2 %."""

    meals: tuple[Meal, ...]
    target_kcal: float
    total_kcal: float
    protein_g: float
    carbohydrate_g: float
    fat_g: float
    fibre_g: float
    water_liters: float
    notes: tuple[str, ...]
    nutrients: tuple[NutrientTotal, ...] = ()
    """Every nutrient with reference values."""


@dataclass(frozen=True)
class Tip:
    """One piece of advice under a heading, both in the member's language."""

    topic: str
    text: str


@dataclass(frozen=True)
class Advice:
    """Short personal advice; figures in it are the computed ones."""

    tips: tuple[Tip, ...]
    notes: tuple[str, ...]


Plan = WorkoutPlan | NutritionPlan | Advice
"""What any task ends with."""

PlanT = TypeVar("PlanT", bound=Plan)
PlanT_co = TypeVar("PlanT_co", bound=Plan, covariant=True)
