"""What to buy for some days of eating: grams as eaten, and what one takes from the shelf for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fitbox.foods import Category, CulinaryUse, Food, foods
from fitbox.plan import NutritionPlan, ToBuy
from fitbox.profile import Language

DRY_SHARE: Mapping[Category, float] = {Category.GRAIN: 0.4, Category.LEGUME: 0.42}
"""Dry weight of what is eaten boiled: rice, pasta and pulses take up one and a half times their weight of
water (Bognár A, 2002, Tables on weight yield of food, BFE-R-02-03, Karlsruhe)."""

RAW_SHARE: Mapping[Category, float] = {
    Category.MEAT: 1.35,
    Category.POULTRY: 1.3,
    Category.FISH: 1.2,
    Category.SEAFOOD: 1.25,
    Category.VEGETABLE: 1.15,
    Category.STARCH: 1.15,
    Category.FRUIT: 1.15,
}
"""Weight to buy for one gram on the plate: what heat drives out and what is cut away (the same tables)."""

READY_TO_EAT = frozenset(
    """cooked_ham turkey_ham cured_ham smoked_salmon surimi canned_tuna salmon_sashimi baked_beans sweetcorn
    tomato_soup ratatouille gnocchi mixed_vegetables sauerkraut celeriac_remoulade applesauce dates raisins
    dried_apricots prunes anchovies""".split()  # noqa: SIM905
)
"""Foods that are weighed as they are sold, whatever their kind."""


def shopping_list(plans: Iterable[NutritionPlan], language: Language) -> tuple[ToBuy, ...]:
    """Everything that these days need, by kind of food as a shop has it, most of a kind first."""
    grams: dict[str, int] = {}
    days: dict[str, int] = {}
    for plan in plans:
        portions = [portion for meal in plan.meals for portion in meal.portions]
        for portion in portions:
            grams[portion.food_id] = grams.get(portion.food_id, 0) + portion.grams
        for food_id in {portion.food_id for portion in portions}:
            days[food_id] = days.get(food_id, 0) + 1
    lines = [
        ToBuy(
            food_id=food_id,
            name=foods()[food_id].name(language),
            category=foods()[food_id].category.name,
            eaten_g=eaten_g,
            grams=_rounded(eaten_g * _to_buy(foods()[food_id])),
            days=days[food_id],
        )
        for food_id, eaten_g in grams.items()
    ]
    shelves = [category.name for category in Category]
    return tuple(sorted(lines, key=lambda line: (shelves.index(line.category), -line.grams, line.food_id)))


def _to_buy(food: Food) -> float:
    """Grams to buy for one gram that is eaten."""
    if food.id in READY_TO_EAT:
        return 1.0
    if food.culinary_use in {CulinaryUse.STARCH, CulinaryUse.LEGUME} and food.category in DRY_SHARE:
        return DRY_SHARE[food.category]
    return RAW_SHARE.get(food.category, 1.0)


def _rounded(grams: float) -> int:
    """Up to what a kitchen tells apart: 5 g of what is counted in spoons, 10 g, 50 g, 100 g."""
    step = 5 if grams < 50 else 10 if grams < 200 else 50 if grams < 1000 else 100
    return int(-(-grams // step) * step)
