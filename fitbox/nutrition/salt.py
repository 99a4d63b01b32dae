"""The salt of the cook: what usual salting would add to a day that is counted without it.

The catalog counts sodium of food as it is sold or cooked without salt. Tables of what people eat count it
salted: USDA's FNDDS 2017-18 has its rice, pasta and pulses at 200 to 250 mg a 100 g where unsalted rows have
next to none, vegetables at 120 to 160, meat and fish about 300 above the plain ones. So a day
may keep a limit as it is planned and pass it on the table, which a plan must not leave unsaid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fitbox.food_nutrients import Nutrient
from fitbox.foods import CulinaryUse, Food

USUAL_MG: Mapping[CulinaryUse, float] = {
    CulinaryUse.STARCH: 230,
    CulinaryUse.LEGUME: 230,
    CulinaryUse.PROTEIN: 300,
    CulinaryUse.EGG: 150,
    CulinaryUse.VEGETABLE: 130,
}
"""Sodium in mg that a cook adds to 100 g, as cooked."""

SALTED_FROM_MG = 200.0
"""Food that brings so much in 100 g is salted already."""

RAW = frozenset({"cucumber", "celery", "lettuce", "rocket", "salmon_sashimi", "raw_oysters"})
"""What is served as it is."""

SODIUM_MG_PER_G_SALT = 393.0


def usual_salt_mg(day: Iterable[tuple[Food, float]]) -> float:
    """Sodium in mg that usual salting would add to these foods and grams."""
    return sum(_added_mg(food) * grams / 100 for food, grams in day)


def _added_mg(food: Food) -> float:
    is_salted = food.nutrients.get(Nutrient.SODIUM, 0.0) >= SALTED_FROM_MG
    return 0.0 if is_salted or food.id in RAW else USUAL_MG.get(food.culinary_use, 0.0)
