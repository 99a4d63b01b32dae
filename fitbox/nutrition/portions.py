"""Choosing a draft's portions among the few that the text format has, by coordinate descent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from functools import cache

import numpy as np
import numpy.typing as npt

from fitbox.food_nutrients import Nutrient
from fitbox.foods import Food, foods
from fitbox.nutrition.bands import draft_portions, meal_bounds
from fitbox.nutrition.ceilings import SUGAR_MARGIN, added_sugar_g_per_100_g, limits, most
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.equivalents import equivalents
from fitbox.nutrition.nutrients import Nutrients
from fitbox.nutrition.reference_values import ADDED_SUGAR_G_PER_MEAL

RECOMMENDED_FRUIT_VEGETABLE_G = 400.0
"""A day (WHO, 2003, Technical Report Series 916)."""

KCAL_COST, PROTEIN_COST, CARBOHYDRATE_COST, FAT_COST = 5.0, 14.0, 0.7, 1.0
SPREAD_COST, FRUIT_VEGETABLE_COST, FIBRE_COST, UNUSUAL_COST = 2.0, 1.0, 0.3, 0.03
"""Costs of the relative errors: energy first, then protein, as in the solver that runs afterwards."""

NUTRIENT_COSTS: Mapping[Nutrient, tuple[float, float]] = {
    Nutrient.FIBRE: (0.0, 12.0),
    Nutrient.SODIUM: (0.0, 2.0),
    Nutrient.POTASSIUM: (1.2, 3.0),
    Nutrient.SATURATED_FAT: (0.0, 2.0),
    Nutrient.TOTAL_FAT: (4.0, 5.0),
    Nutrient.FREE_SUGAR: (0.0, 1.0),
    Nutrient.CALCIUM: (1.2, 0.0),
    Nutrient.IRON: (0.6, 0.0),
    Nutrient.VITAMIN_B12: (0.6, 0.0),
    Nutrient.FOLATE: (0.3, 0.0),
    Nutrient.VITAMIN_D: (0.4, 0.0),
}
"""Costs below the lower limit and above the upper one. Ceilings weigh more, since a day can keep them, while
lower limits hold for the mean of a week."""

FIBRE_MARGIN, FAT_MARGIN, FLOOR_MARGIN = 0.92, 0.97, 1.05
"""Part of a limit that a draft aims at, since the solver moves portions afterwards."""

SUGAR_COST = 3.0
"""Of each part of 10 g by which a meal's added sugar passes what :mod:`.ceilings` allows it."""

POTASSIUM_AIM_MG = 4000.0
"""The most that a day aims at even where more is allowed: not every weak kidney is known."""

GUIDELINE_COST = 0.04
"""Of each point of the Healthy Eating Index that a food group of the day leaves behind."""

LITTLE = 0.01
"""An upper bound that nearly everything passes, for what costs from the start."""

MAX_PASSES = 5
"""Passes over all foods; the descent nearly always rests after three."""

Grams = list[list[int]]
Vector = npt.NDArray[np.float64]


def fit_portions(day: Sequence[Sequence[Food]], targets: Targets) -> tuple[Grams, float]:
    """Portions of each food of each meal, and their cost (0 is on every target, with usual portions)."""
    search = _Descent(day, targets)
    for _ in range(MAX_PASSES):
        improved = [
            search.improve(meal, item) for meal, foods in enumerate(day) for item in range(len(foods))
        ]
        if not any(improved):
            break
    return search.grams, search.cost


class Targets:
    """What the sums of a day should be. The cost of a sum is linear below ``low`` and above ``high``.

    The food groups are those of the HEI-2020 (Shams-White MM et al., 2023, J Acad Nutr Diet 123:1280-1288),
    each with its standard for the most points a 1000 kcal and the points it can lose; vectors have one entry
    a column of :func:`_row`.
    """

    def __init__(self, constraints: NutritionConstraints) -> None:
        target, macros = constraints.assessment.target_kcal, constraints.assessment.macros
        self.kcal = target
        self.meal_kcal = [slot.kcal_share * target for slot in constraints.slots]
        kilo = target / 1000
        g = GUIDELINE_COST
        lower, upper = limits(constraints), most(constraints)
        least_fibre_g = FLOOR_MARGIN * (lower[Nutrient.FIBRE].lower or 0.0)
        # low bound, cost below it, high bound, cost above it
        columns = [
            (target, KCAL_COST, target, KCAL_COST),
            (macros.protein_g, PROTEIN_COST, macros.protein_g, PROTEIN_COST),
            (macros.carbohydrate_g, CARBOHYDRATE_COST, macros.carbohydrate_g, CARBOHYDRATE_COST),
            (macros.fat_g, FAT_COST, macros.fat_g, FAT_COST),
            (
                max(macros.fibre_g, least_fibre_g),
                FIBRE_COST,
                math.inf,
                0.0,
            ),
            (FLOOR_MARGIN * RECOMMENDED_FRUIT_VEGETABLE_G, FRUIT_VEGETABLE_COST, math.inf, 0.0),
            (1.0, 0.0, LITTLE, UNUSUAL_COST * LITTLE),
            (0.8 * kilo, 10 * g, math.inf, 0.0),  # fruit, and whole fruit with it
            (1.1 * kilo, 5 * g, math.inf, 0.0),  # vegetables
            (0.2 * kilo, 5 * g, math.inf, 0.0),  # greens and beans
            (1.3 * kilo, 10 * g, math.inf, 0.0),  # dairy
            (1.5 * kilo, 10 * g, math.inf, 0.0),  # whole grains
            (1.0, 0.0, 1.8 * kilo, 4 * g),  # refined grains: no points at 4.3, so 10 points for 2.5 ounces
            (2.5 * kilo, 5 * g, math.inf, 0.0),  # protein foods
            (0.8 * kilo, 5 * g, math.inf, 0.0),  # seafood and plants
            (1.0, 0.0, 0.065 * target / 4, 5 * g),  # added sugars: no points at four times the standard
        ]
        columns += [
            _nutrient_column(nutrient, lower[nutrient].lower, upper.get(nutrient))
            for nutrient in NUTRIENT_COSTS
        ]
        self.low, self.low_cost, self.high, self.high_cost = np.array(columns).T

    def cost(self, sums: Vector) -> Vector:
        """Cost of each row of sums."""
        short = np.maximum(0.0, 1 - sums / self.low) @ self.low_cost
        over = np.maximum(0.0, sums / self.high - 1) @ self.high_cost
        total: Vector = short + over
        return total


def _nutrient_column(
    nutrient: Nutrient, low: float | None, high: float | None
) -> tuple[float, float, float, float]:
    below, above = NUTRIENT_COSTS[nutrient]
    if nutrient is Nutrient.POTASSIUM and high is not None:
        high = min(high, POTASSIUM_AIM_MG)
    if nutrient is Nutrient.FIBRE and high is not None:
        high *= FIBRE_MARGIN
    if nutrient is Nutrient.TOTAL_FAT and high is not None:
        high *= FAT_MARGIN
    if nutrient is Nutrient.POTASSIUM and low is not None and high is not None:
        low = min(FLOOR_MARGIN * low, high)
    return (low or 1.0, below if low else 0.0, high or math.inf, above if high else 0.0)


@cache
def _row(food_id: str, grams: int) -> tuple[float, ...]:
    """What a portion adds: energy, macros, fibre, fruit and vegetables, unusualness, food groups, others."""
    food = foods()[food_id]
    n = Nutrients.of(food, grams)
    unusual = abs(math.log(grams / food.portion_g))
    groups = (amount * grams / 100 for amount in astuple(equivalents(food_id)))
    return (
        n.kcal,
        n.protein_g,
        n.carbohydrate_g,
        n.fat_g,
        n.fibre_g,
        n.fruit_vegetable_g,
        unusual,
        *groups,
        *(food.nutrients.get(nutrient, 0.0) * grams / 100 for nutrient in NUTRIENT_COSTS),
    )


def _sugars(food: Food, choices: Sequence[int]) -> Vector | None:
    """Grams of added sugar of each portion; ``None`` of a food that has none."""
    per_100_g = added_sugar_g_per_100_g(food)
    return per_100_g / 100 * np.array(choices) if per_100_g else None


def _sugar_cost(sweet_g: Vector | float) -> Vector:
    """Of a meal with so much added sugar."""
    passed = np.asarray(sweet_g) / ADDED_SUGAR_G_PER_MEAL - SUGAR_MARGIN
    cost: Vector = SUGAR_COST * np.maximum(0.0, passed)
    return cost


class _Descent:
    """The state of one descent. Sums are kept up to date, so that a trial costs the same for any day."""

    def __init__(self, day: Sequence[Sequence[Food]], targets: Targets) -> None:
        target = targets.kcal
        self._targets = targets
        self._meal_targets = targets.meal_kcal
        self._choices = [
            [draft_portions(f, b) for f, b in zip(meal, meal_bounds(meal, target), strict=True)]
            for meal in day
        ]
        self._rows = [
            [
                np.array([_row(food.id, grams) for grams in choices])
                for food, choices in zip(meal, own, strict=True)
            ]
            for meal, own in zip(day, self._choices, strict=True)
        ]
        self._at = [
            [
                int(np.argmin(np.abs(np.array(choices) - food.portion_g)))
                for food, choices in zip(meal, own, strict=True)
            ]
            for meal, own in zip(day, self._choices, strict=True)
        ]
        chosen = [
            [rows[at] for rows, at in zip(meal, own, strict=True)]
            for meal, own in zip(self._rows, self._at, strict=True)
        ]
        self._meal_kcal = [sum(float(row[0]) for row in meal) for meal in chosen]
        self._sums: Vector = np.sum([row for meal in chosen for row in meal], axis=0)
        self._spread = sum(abs(a - b) for a, b in zip(self._meal_kcal, self._meal_targets, strict=True))
        self._sugars = [
            [_sugars(food, choices) for food, choices in zip(meal, own, strict=True)]
            for meal, own in zip(day, self._choices, strict=True)
        ]
        self._sweet = [
            sum(float(sugar[at]) for sugar, at in zip(sugars, own, strict=True) if sugar is not None)
            for sugars, own in zip(self._sugars, self._at, strict=True)
        ]
        self._sweet_cost = sum(float(_sugar_cost(sweet)) for sweet in self._sweet)
        self.cost = (
            float(self._targets.cost(self._sums)) + SPREAD_COST * self._spread / target + self._sweet_cost
        )

    @property
    def grams(self) -> Grams:
        """The portions as they are now."""
        return [
            [choices[at] for choices, at in zip(meal, own, strict=True)]
            for meal, own in zip(self._choices, self._at, strict=True)
        ]

    def improve(self, meal: int, item: int) -> bool:
        """Put one food at its best portion; whether that changed anything."""
        rows = self._rows[meal][item]
        now = rows[self._at[meal][item]]
        sums = self._sums - now + rows
        meal_kcal, meal_target = self._meal_kcal[meal], self._meal_targets[meal]
        spread = (
            self._spread - abs(meal_kcal - meal_target) + abs(meal_kcal - now[0] + rows[:, 0] - meal_target)
        )
        costs = self._targets.cost(sums) + SPREAD_COST * spread / self._targets.kcal + self._sweet_cost
        sugar = self._sugars[meal][item]
        if sugar is not None:
            sweet = self._sweet[meal] - sugar[self._at[meal][item]] + sugar
            sweet_costs = _sugar_cost(sweet) - _sugar_cost(self._sweet[meal])
            costs += sweet_costs
        best = int(np.argmin(costs))
        if costs[best] >= self.cost - 1e-9:
            return False
        self.cost, self._at[meal][item] = float(costs[best]), best
        self._sums, self._spread = sums[best], float(spread[best])
        self._meal_kcal[meal] += float(rows[best, 0] - now[0])
        if sugar is not None:
            self._sweet[meal] = float(sweet[best])
            self._sweet_cost += float(sweet_costs[best])
        return True
