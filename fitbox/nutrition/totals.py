"""A day's nutrients against the member's reference values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fitbox.food_nutrients import Nutrient
from fitbox.foods import Food
from fitbox.i18n import Texts
from fitbox.nutrition.ceilings import added_sugar_g_per_100_g
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.nutrients import Supply, supplies
from fitbox.nutrition.reference_values import ADDED_SUGAR_G_PER_MEAL, Limits, reference_values
from fitbox.nutrition.salt import usual_salt_mg
from fitbox.nutrition.texts import advice
from fitbox.plan import NutrientTotal

ROUNDING = 0.005
"""Part of a limit that figures of this kind cannot tell apart from it."""

NEAR = 0.1
"""Part of a limit within which a day that keeps it may not keep it: tables differ, as soils, breeds and
brands do. On 92 planned days ours and USDA's rows differ by 6 to 10 % in the median for potassium, saturated
fat and calcium, by 15 to 26 for folate, vitamin B12 and iron."""

CERTAIN = frozenset({Nutrient.TOTAL_FAT, Nutrient.PROTEIN, Nutrient.FIBRE, Nutrient.FRUIT_VEGETABLES})
"""What is weighed or stands on every label."""

NAMES = Texts("nutrients")


def nutrient_totals(
    meals: Sequence[Sequence[tuple[Food, int]]], constraints: NutritionConstraints
) -> tuple[NutrientTotal, ...]:
    """What these foods and grams bring of everything that has a limit, in a fixed order."""
    assessment, profile = constraints.assessment, constraints.profile
    day = [portion for meal in meals for portion in meal]
    supplied = supplies(day)
    limits = reference_values(
        profile, assessment.target_kcal, assessment.macros.fibre_g, len(constraints.slots)
    )
    found = []
    for nutrient, limit in limits.items():
        total = _total(nutrient, supplied[nutrient], limit, NAMES.text(profile.language, nutrient.value))
        if nutrient is Nutrient.SODIUM:
            total = _salted(total, usual_salt_mg(day))
        if nutrient is Nutrient.ADDED_SUGAR and max(map(_added_sugar_g, meals)) > ADDED_SUGAR_G_PER_MEAL:
            total = replace(total, met=False)
        found.append(replace(total, advice=advice(total, profile)))
    return tuple(found)


def is_met(supply: Supply, limits: Limits, near: float = NEAR) -> bool | None:
    """Whether the day keeps both limits; ``None`` where the foods that are not known would decide it, or what
    tables differ by."""
    lower, upper = limits.lower or 0.0, limits.upper
    if upper is not None and supply.amount > upper * (1 + ROUNDING):
        return False
    if supply.estimate is None:
        return None
    if supply.amount < lower * (1 - ROUNDING):
        return None if supply.estimate >= lower else False
    is_near = supply.amount < lower * (1 + near - ROUNDING) or (
        upper is not None and supply.estimate > upper * (1 - near + ROUNDING)
    )
    return None if is_near else True


def _total(nutrient: Nutrient, supply: Supply, limits: Limits, name: str) -> NutrientTotal:
    return NutrientTotal(
        code=nutrient.value,
        name=name,
        amount=round(supply.amount, 1),
        unit=nutrient.unit,
        lower=limits.lower if limits.lower is None else round(limits.lower, 1),
        upper=limits.upper if limits.upper is None else round(limits.upper, 1),
        coverage=round(supply.coverage, 3),
        met=is_met(supply, limits, 0.0 if nutrient in CERTAIN else NEAR),
        source=limits.source,
    )


def _salted(total: NutrientTotal, salt_mg: float) -> NutrientTotal:
    """Sodium as it is eaten depends on the cook, so that a limit which salt would pass is not said to be
    kept."""
    salted = round(total.amount + salt_mg, 1)
    depends = total.met is True and total.upper is not None and salted > total.upper
    return replace(total, with_usual_salt=salted, met=None if depends else total.met)


def _added_sugar_g(meal: Sequence[tuple[Food, int]]) -> float:
    return sum(added_sugar_g_per_100_g(food) * grams / 100 for food, grams in meal)
