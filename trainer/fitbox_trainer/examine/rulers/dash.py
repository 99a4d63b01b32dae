"""Accordance with the DASH diet by nutrients, 0 to 9 points.

Mellen PB et al., 2008, Arch Intern Med 168:308-314: for each of nine nutrients one point at the goal of the
trials' diet, half a point half way between it and the control diet. Unlike Fung's score it needs no quintiles
of a population, so one day can be scored. 4.5 and more is accordant there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fitbox.plan import NutritionPlan
from fitbox_trainer.examine.rulers.nutrients import Nutrient, NutrientTable

ACCORDANT = 4.5


@dataclass(frozen=True)
class Goal:
    """One nutrient: the goal, and the half-way mark."""

    full: float
    half: float

    def points(self, value: float) -> float:
        """1, 0.5 or 0; more is better where the goal is above the half-way mark."""
        sign = 1 if self.full > self.half else -1
        return 1.0 if sign * (value - self.full) >= 0 else 0.5 if sign * (value - self.half) >= 0 else 0.0


GOALS: Mapping[str, Goal] = {
    "saturated_fat_percent": Goal(6, 11),
    "fat_percent": Goal(27, 32),
    "protein_percent": Goal(18, 16.5),
    "cholesterol_mg": Goal(71.4, 107.1),
    "fibre_g": Goal(14.8, 9.5),
    "magnesium_mg": Goal(238, 158),
    "calcium_mg": Goal(590, 402),
    "potassium_mg": Goal(2238, 1534),
    "sodium_mg": Goal(1143, 1286),
}
"""Percent of energy, or amounts a 1,000 kcal."""


def score(densities: Mapping[str, float]) -> float:
    """Points of a day, from densities in the units of :data:`GOALS`."""
    return sum(goal.points(densities[name]) for name, goal in GOALS.items())


def of_day(day: NutritionPlan, table: NutrientTable) -> float | None:
    """Points of a planned day; None where too much of it is unknown."""
    names = (
        Nutrient.SATURATED_FAT_G,
        Nutrient.CHOLESTEROL_MG,
        Nutrient.MAGNESIUM_MG,
        Nutrient.CALCIUM_MG,
        Nutrient.POTASSIUM_MG,
        Nutrient.SODIUM_MG,
    )
    found = {name: value for name in names if (value := table.estimate(day, name)) is not None}
    kcal = day.total_kcal
    if len(found) < len(names) or kcal <= 0:
        return None
    amounts = {name.value: value / kcal * 1000 for name, value in found.items()}
    return score(
        amounts
        | {
            "saturated_fat_percent": 900 * found[Nutrient.SATURATED_FAT_G] / kcal,
            "fat_percent": 900 * day.fat_g / kcal,
            "protein_percent": 400 * day.protein_g / kcal,
            "fibre_g": 1000 * day.fibre_g / kcal,
        }
    )
