"""A day's nutrients against the member's reference values."""

from __future__ import annotations

from collections.abc import Sequence

from fitbox.food_nutrients import Nutrient
from fitbox.foods import Food
from fitbox.i18n import Texts
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.nutrients import Supply, supplies
from fitbox.nutrition.reference_values import Limits, reference_values
from fitbox.plan import NutrientTotal
from fitbox.profile import Language

ROUNDING = 0.005
"""Part of a limit that figures of this kind cannot tell apart from it."""

NAMES = Texts("nutrients")


def nutrient_totals(
    day: Sequence[tuple[Food, int]], constraints: NutritionConstraints
) -> tuple[NutrientTotal, ...]:
    """What these foods and grams bring of every nutrient that has a limit, in a fixed order."""
    assessment, profile = constraints.assessment, constraints.profile
    supplied = supplies(day)
    limits = reference_values(
        profile, assessment.target_kcal, assessment.macros.fibre_g, len(constraints.slots)
    )
    return tuple(
        _total(nutrient, supplied[nutrient], limit, profile.language) for nutrient, limit in limits.items()
    )


def is_met(supply: Supply, limits: Limits) -> bool | None:
    """Whether the day keeps both limits; ``None`` where the foods that are not known would decide it."""
    lower, upper = limits.lower or 0.0, limits.upper
    if upper is not None and supply.amount > upper * (1 + ROUNDING):
        return False
    if supply.estimate is None:
        return None
    if supply.amount < lower * (1 - ROUNDING):
        return None if supply.estimate >= lower else False
    return None if upper is not None and supply.estimate > upper * (1 + ROUNDING) else True


def _total(nutrient: Nutrient, supply: Supply, limits: Limits, language: Language) -> NutrientTotal:
    return NutrientTotal(
        code=nutrient.value,
        name=NAMES.text(language, nutrient.value),
        amount=round(supply.amount, 1),
        unit=nutrient.unit,
        lower=limits.lower if limits.lower is None else round(limits.lower, 1),
        upper=limits.upper if limits.upper is None else round(limits.upper, 1),
        coverage=round(supply.coverage, 3),
        met=is_met(supply, limits),
        source=limits.source,
    )
