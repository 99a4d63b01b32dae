"""What a day shall not have more of: the ceilings that planner, solver and score keep to.

They are the upper limits of :mod:`fitbox.nutrition.reference_values`, made stricter where planning can afford
it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fitbox.food_nutrients import Nutrient
from fitbox.foods import Food
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.diets import RULES
from fitbox.nutrition.reference_values import FIBRE_JUMP, MOST_FIBRE_G, Limits, reference_values
from fitbox.nutrition.solve import Ceiling

HELD = (
    Nutrient.FIBRE,
    Nutrient.SODIUM,
    Nutrient.POTASSIUM,
    Nutrient.SATURATED_FAT,
    Nutrient.ADDED_SUGAR,
    Nutrient.FREE_SUGAR,
)
"""Nutrients whose upper limit a day of usual food can pass."""


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
    found[Nutrient.FIBRE] = fibre_ceiling_g(constraints.assessment.macros.fibre_g)
    rule = RULES.get(constraints.profile.diet.name)
    if rule is not None and rule.sodium_mg is not None:
        found[Nutrient.SODIUM] = rule.sodium_mg
    return {nutrient: amount for nutrient, amount in found.items() if amount is not None}


def ceilings(constraints: NutritionConstraints) -> tuple[Ceiling, ...]:
    """:func:`most` for the solver."""
    return tuple(Ceiling(_amount_of(nutrient), limit) for nutrient, limit in most(constraints).items())


def _amount_of(nutrient: Nutrient) -> Callable[[Food], float]:
    """What 100 g of a food have; what is not known counts as none."""
    return lambda food: food.nutrients.get(nutrient, 0.0)
