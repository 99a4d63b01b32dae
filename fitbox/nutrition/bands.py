"""Portions that people eat: the least and the most of a food in one meal.

The catalog's bounds say what a portion could be; these say what is put on a plate. They start from the
portion sizes of food-based dietary guidelines (British Dietetic Association, 2021, Portion sizes; Anses,
2016, avis 2012-SA-0103) and leave room for athletes: the largest portion of a kind is a heaped plate of rice
or a whole chicken breast and a half, never a kilogram of noodles. A member with a large target gets denser
dishes and more foods instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fitbox.foods import CulinaryUse as Use
from fitbox.foods import Food, foods

LARGE_APPETITE_FROM_KCAL = 2500.0
SMALL_APPETITE_FROM_KCAL = 1800.0
"""Bands hold for targets between these; above, the usual most grows with the target up to the ceiling; below,
the least shrinks with it."""

CEILINGS_HOLD_TO_KCAL = 4500.0
"""Above this target, which no member of the public data reaches, ceilings grow with it, since somebody who
spends so much does eat more than others."""


@dataclass(frozen=True)
class Band:
    """Grams of one food at one meal: the least, the usual most, and what no appetite of a usual size
    passes."""

    least_g: int
    most_g: int
    ceiling_g: int


BANDS: Mapping[Use, Band] = {
    Use.CEREAL: Band(25, 80, 110),
    Use.BREAD: Band(30, 120, 145),
    Use.STARCH: Band(80, 300, 390),
    Use.LEGUME: Band(90, 250, 350),
    Use.PROTEIN: Band(90, 200, 280),
    Use.COLD_CUT: Band(20, 80, 100),
    Use.EGG: Band(50, 150, 180),
    Use.CHEESE: Band(15, 60, 80),
    Use.YOGURT: Band(100, 250, 350),
    Use.MILK: Band(100, 300, 390),
    Use.POWDER: Band(15, 35, 45),
    Use.VEGETABLE: Band(70, 220, 245),
    Use.FRUIT: Band(60, 180, 250),
    Use.DRIED_FRUIT: Band(15, 40, 50),
    Use.NUTS: Band(10, 40, 60),
    Use.SPREAD: Band(5, 35, 50),
    Use.FAT: Band(4, 20, 30),
    Use.SAUCE: Band(5, 120, 150),
    Use.DRINK: Band(100, 250, 330),
    Use.SWEET: Band(10, 40, 60),
}
"""By what the food does in a meal."""

OF_FOODS: Mapping[str, Band] = {
    "granola": Band(25, 40, 45),
    "cornflakes": Band(25, 60, 80),
    "bran_flakes": Band(25, 60, 80),
    "oat_bran": Band(20, 50, 70),
    "puffed_rice": Band(20, 40, 60),
    "omelette": Band(90, 180, 220),
    "scrambled_eggs": Band(90, 150, 200),
    "butter": Band(5, 15, 20),
    "vegan_margarine": Band(5, 15, 20),
    "honey": Band(5, 10, 12),
    "jam": Band(8, 15, 17),
    "maple_syrup": Band(5, 13, 16),
    "cream_cheese": Band(15, 30, 40),
    "rice_cakes": Band(15, 45, 60),
    "corn_cakes": Band(15, 45, 60),
    "crispbread": Band(15, 60, 80),
    "bagel": Band(60, 100, 140),
    "lettuce": Band(30, 100, 120),
    "rocket": Band(20, 50, 60),
    "bean_sprouts": Band(30, 100, 120),
    "red_cabbage": Band(60, 120, 160),
    "celery": Band(30, 100, 120),
    "sweetcorn": Band(50, 120, 160),
    "kale": Band(50, 130, 160),
    "beetroot": Band(60, 150, 180),
    "celeriac_remoulade": Band(50, 120, 150),
    "sauerkraut": Band(80, 180, 220),
    "fennel": Band(50, 170, 200),
    "cucumber": Band(60, 160, 200),
    "carrots": Band(60, 180, 220),
    "tomatoes": Band(60, 180, 220),
    "cherry_tomatoes": Band(60, 150, 200),
    "bell_pepper": Band(60, 180, 220),
    "rabbit": Band(90, 180, 220),
    "cooked_ham": Band(60, 90, 110),
    "turkey_ham": Band(60, 90, 110),
    "smoked_salmon": Band(60, 90, 100),
    "surimi": Band(60, 120, 150),
    "bacon": Band(20, 40, 50),
    "cured_ham": Band(30, 50, 60),
    "paneer": Band(60, 110, 130),
    "mackerel": Band(90, 150, 180),
    "herring": Band(90, 150, 180),
    "sardines": Band(80, 140, 180),
    "salmon_sashimi": Band(75, 150, 180),
    "chia_seeds": Band(5, 20, 30),
    "flaxseeds": Band(5, 15, 25),
    "calf_liver": Band(80, 130, 150),
    "pork_sausage": Band(75, 130, 160),
    "mussels": Band(90, 130, 150),
    "hot_chocolate": Band(100, 130, 140),
    "rice_milk": Band(100, 150, 170),
    "oat_milk": Band(100, 190, 200),
    "rice_pudding": Band(70, 90, 95),
    "merguez": Band(75, 120, 150),
    "falafel": Band(75, 150, 200),
    "raw_oysters": Band(80, 120, 150),
    "canned_tuna": Band(75, 150, 200),
    "anchovies": Band(10, 20, 25),
    "halloumi": Band(40, 70, 70),
    "egg_whites": Band(60, 200, 250),
    "hummus": Band(20, 70, 90),
    "guacamole": Band(20, 70, 90),
    "avocado": Band(25, 100, 150),
    "olives": Band(15, 40, 50),
    "soy_sauce": Band(4, 10, 12),
    "mustard": Band(4, 10, 12),
    "mayonnaise": Band(5, 20, 25),
    "vinaigrette": Band(5, 20, 30),
    "tahini": Band(5, 25, 30),
    "sesame_seeds": Band(4, 12, 15),
    "pesto": Band(10, 30, 35),
    "tzatziki": Band(20, 70, 100),
    "watermelon": Band(100, 280, 300),
    "fruit_sorbet": Band(30, 40, 44),
    "tiramisu": Band(40, 50, 54),
    "cottage_cheese": Band(60, 200, 250),
    "ricotta": Band(30, 70, 100),
    "tomato_soup": Band(150, 245, 245),
}
"""Foods that are eaten otherwise than their kind."""

SHARED_CEILINGS_G: Mapping[frozenset[Use], int] = {
    frozenset({Use.VEGETABLE}): 245,
    frozenset({Use.BREAD}): 145,
    frozenset({Use.FRUIT}): 300,
    frozenset({Use.MILK, Use.DRINK}): 390,
}
"""Kinds of which a meal has no more in all, however many foods it is made of."""

_NEVER_SMALLER = frozenset({Use.PROTEIN, Use.EGG})
"""What a small appetite gets no less of: a main meal with 40 g of fish has no fish."""


@lru_cache(maxsize=4096)
def _portion_bounds(food_id: str, target_kcal: float) -> tuple[int, int]:
    food = foods()[food_id]
    band = OF_FOODS.get(food.id) or BANDS[food.culinary_use]
    shrunk = 1.0 if food.culinary_use in _NEVER_SMALLER else min(1.0, target_kcal / SMALL_APPETITE_FROM_KCAL)
    grown = max(1.0, target_kcal / LARGE_APPETITE_FROM_KCAL)
    ceiling = band.ceiling_g * max(1.0, target_kcal / CEILINGS_HOLD_TO_KCAL)
    least = max(food.min_g, band.least_g) * shrunk
    most = min(min(food.max_g, band.most_g) * grown, ceiling)
    return max(1, round(least)), max(1, round(least), int(most))


def portion_bounds(food: Food, target_kcal: float) -> tuple[int, int]:
    """Smallest and largest portion in grams for a member with this daily target."""
    return _portion_bounds(food.id, target_kcal)


def meal_bounds(meal: Sequence[Food], target_kcal: float) -> list[tuple[int, int]]:
    """:func:`portion_bounds` of each food, where foods of one kind share what a meal has of it."""
    bounds = [portion_bounds(food, target_kcal) for food in meal]
    grown = max(1.0, target_kcal / CEILINGS_HOLD_TO_KCAL)
    for uses, ceiling_g in SHARED_CEILINGS_G.items():
        kin = [index for index, food in enumerate(meal) if food.culinary_use in uses]
        for index in kin:
            least, most = bounds[index]
            bounds[index] = least, max(least, min(most, int(ceiling_g * grown / len(kin))))
    return bounds


def draft_portions(food: Food, bounds: tuple[int, int]) -> tuple[int, ...]:
    """The portions that a draft may name within these bounds, or the one that is nearest to them."""
    least, most = bounds
    within = tuple(grams for grams in food.portions if least <= grams <= most)
    return within or (min(food.portions, key=lambda grams: max(least - grams, grams - most)),)
