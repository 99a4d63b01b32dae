"""NutritionDraft: what the model or the planner chose for a day, before any portion is solved."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fitbox.foods import MealRole


class MealName(StrEnum):
    """Meals of a day; the values are the keys of their names in :mod:`fitbox.i18n`."""

    BREAKFAST = "breakfast"
    MORNING_SNACK = "morning_snack"
    LUNCH = "lunch"
    AFTERNOON_SNACK = "afternoon_snack"
    DINNER = "dinner"
    EVENING_SNACK = "evening_snack"

    @property
    def role(self) -> MealRole:
        """The kind of food that belongs in this meal."""
        if self is MealName.BREAKFAST:
            return MealRole.BREAKFAST
        return MealRole.MAIN if self in {MealName.LUNCH, MealName.DINNER} else MealRole.SNACK


@dataclass(frozen=True)
class DraftItem:
    """One food and one of the portions its catalog row allows."""

    food_id: str
    grams: int


@dataclass(frozen=True)
class DraftMeal:
    """One meal, items in the order they were written."""

    name: MealName
    items: tuple[DraftItem, ...]


@dataclass(frozen=True)
class NutritionDraft:
    """One day."""

    meals: tuple[DraftMeal, ...]
