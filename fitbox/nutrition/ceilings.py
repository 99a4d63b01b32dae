"""What a day shall not have more of, nor less: the limits that planner, solver and score keep to.

They are those of :mod:`fitbox.nutrition.reference_values`, made stricter where planning can afford it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fitbox.food_nutrients import Nutrient
from fitbox.foods import Food
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.diets import RULES
from fitbox.nutrition.equivalents import ADDED_SUGAR_G_PER_100_G
from fitbox.nutrition.reference_values import (
    ADDED_SUGAR_G_PER_MEAL,
    FIBRE_JUMP,
    MOST_FIBRE_G,
    Limits,
    reference_values,
)
from fitbox.nutrition.solve import Ceiling, Floor

HELD = (
    Nutrient.FIBRE,
    Nutrient.SODIUM,
    Nutrient.POTASSIUM,
    Nutrient.SATURATED_FAT,
    Nutrient.TOTAL_FAT,
    Nutrient.FREE_SUGAR,
)
"""Nutrients whose upper limit a day of usual food can pass."""

REACHED = (Nutrient.FIBRE, Nutrient.POTASSIUM, Nutrient.FRUIT_VEGETABLES)
"""Nutrients whose lower limit most days reach by larger portions of plants; calcium would bring protein."""

SUGAR_MARGIN = 0.8
"""Part of a meal's added sugar that planning keeps to."""


def fibre_ceiling_g(target_g: float) -> float:
    """The most fibre of a day with this target."""
    return min(MOST_FIBRE_G, FIBRE_JUMP * target_g)


def limits(constraints: NutritionConstraints) -> Mapping[Nutrient, Limits]:
    """The reference values of a member's day."""
    assessment = constraints.assessment
    return reference_values(
        constraints.profile, assessment.target_kcal, assessment.macros.fibre_g, len(constraints.slots)
    )


def most(constraints: NutritionConstraints) -> Mapping[Nutrient, float]:
    """The most of each held nutrient that a member's day shall have, in the nutrient's unit."""
    found = {nutrient: limits(constraints)[nutrient].upper for nutrient in HELD}
    macros = constraints.assessment.macros
    found[Nutrient.FIBRE] = fibre_ceiling_g(macros.fibre_g)
    # A coach may set more fat than WHO's share.
    found[Nutrient.TOTAL_FAT] = max(found[Nutrient.TOTAL_FAT] or 0.0, macros.fat_g)
    rule = RULES.get(constraints.profile.diet.name)
    if rule is not None and rule.sodium_mg is not None:
        found[Nutrient.SODIUM] = rule.sodium_mg
    return {nutrient: amount for nutrient, amount in found.items() if amount is not None}


def ceilings(constraints: NutritionConstraints) -> tuple[Ceiling, ...]:
    """:func:`most` for the solver, and the added sugar of each meal."""
    return (
        *(Ceiling(_amount_of(nutrient), limit) for nutrient, limit in most(constraints).items()),
        *(
            Ceiling(added_sugar_g_per_100_g, SUGAR_MARGIN * ADDED_SUGAR_G_PER_MEAL, number)
            for number in range(len(constraints.slots))
        ),
    )


def added_sugar_g_per_100_g(food: Food) -> float:
    """The more of what the catalog and the guideline's table say: brands differ, and some are unknown."""
    return max(food.nutrients.get(Nutrient.ADDED_SUGAR, 0.0), ADDED_SUGAR_G_PER_100_G.get(food.id, 0.0))


def floors(constraints: NutritionConstraints) -> tuple[Floor, ...]:
    """The lower limits that the solver keeps to, below every ceiling of the same nutrient."""
    above = most(constraints)
    found = []
    for nutrient in REACHED:
        least = limits(constraints)[nutrient].lower
        if least is not None and least < 0.9 * above.get(nutrient, 2 * least):
            found.append(Floor(_amount_of(nutrient), least))
    return tuple(found)


def _amount_of(nutrient: Nutrient) -> Callable[[Food], float]:
    """What 100 g of a food have; what is not known counts as none."""
    return lambda food: food.nutrients.get(nutrient, 0.0)
