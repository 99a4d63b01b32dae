"""Food groups of dietary guidelines: what 100 g of a food count as, for choosing days as well as measuring
them.

Cups and ounces are those of the USDA's Food Patterns Equivalents Database (Bowman SA et al., 2020, FPED
2017-18), rounded to a class of foods: a cup of cut fruit or cooked vegetables is about 150 g, of leaves 75 g,
an ounce of grain 28 g of bread or 80 g of cooked rice, an ounce of protein 28 g of meat, an egg, 60 g of tofu
or 14 g of nuts. Pulses count as vegetables and as protein, as the Healthy Eating Index has counted them since
2015.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from fitbox.foods import Category, CulinaryUse, Food, foods

WHOLE_GRAINS = frozenset(
    [
        "rolled_oats",
        "muesli",
        "oat_bran",
        "bran_flakes",
        "quinoa_flakes",
        "buckwheat_flakes",
        "wholemeal_bread",
        "rye_bread",
        "crispbread",
        "corn_tortilla",
        "brown_rice",
        "wild_rice",
        "wholemeal_pasta",
        "bulgur",
        "quinoa",
        "buckwheat",
        "millet",
        "spelt",
        "rice_cakes",
        "corn_cakes",
    ]
)
"""Of bran as well: the index counts it with the grain it comes from."""

HALF_WHOLE_GRAINS = frozenset({"granola", "soba_noodles", "cereal_bar", "oat_biscuits"})

DARK_GREENS = frozenset({"spinach", "kale", "broccoli", "rocket", "lettuce"})
LEAVES = frozenset({"lettuce", "rocket"})

DAIRY_G_PER_CUP = {
    CulinaryUse.MILK: 245.0,
    CulinaryUse.YOGURT: 245.0,
    CulinaryUse.CHEESE: 45.0,
}
COUNT_AS_NO_DAIRY = frozenset(
    {"oat_milk", "almond_milk", "rice_milk", "coconut_yogurt", "silken_tofu", "rice_pudding"}
)
"""Drinks and desserts of plants other than soya have neither its protein nor its calcium."""
FRESH_CHEESE_G_PER_CUP = {"cottage_cheese": 450.0, "ricotta": 125.0, "paneer": 60.0}

ADDED_SUGAR_G_PER_100_G = {
    "honey": 82.0,
    "maple_syrup": 60.0,
    "jam": 50.0,
    "granola": 20.0,
    "muesli": 8.0,
    "cornflakes": 8.0,
    "bran_flakes": 18.0,
    "cereal_bar": 30.0,
    "oat_biscuits": 25.0,
    "dark_chocolate": 30.0,
    "milk_chocolate": 50.0,
    "rice_pudding": 10.0,
    "fruit_sorbet": 25.0,
    "tiramisu": 18.0,
    "hot_chocolate": 6.0,
    "kombucha": 3.0,
    "pancakes": 4.0,
    "baked_beans": 4.0,
    "coconut_yogurt": 3.0,
}
"""Free sugars beside those of milk and whole fruit (WHO, 2015, Guideline: sugars intake), typical of the
product."""

JUICES = frozenset({"orange_juice", "apple_juice"})


@dataclass(frozen=True)
class Equivalents:
    """Of 100 g: cups of fruit, vegetables and dairy, ounces of grain and protein, grams of added sugar."""

    fruit_cups: float = 0.0
    vegetable_cups: float = 0.0
    greens_and_beans_cups: float = 0.0
    dairy_cups: float = 0.0
    whole_grain_ounces: float = 0.0
    refined_grain_ounces: float = 0.0
    protein_ounces: float = 0.0
    seafood_and_plant_ounces: float = 0.0
    added_sugar_g: float = 0.0


@cache
def equivalents(food_id: str) -> Equivalents:
    """What 100 g of a food count as."""
    food = foods()[food_id]
    vegetables, beans = _vegetable_cups(food), _bean_cups(food)
    greens = vegetables if food.id in DARK_GREENS else 0.0
    ounces, whole = _grain_ounces(food), _whole_share(food)
    protein, favoured = _protein_ounces(food), _is_seafood_or_plant(food)
    return Equivalents(
        fruit_cups=_fruit_cups(food),
        vegetable_cups=vegetables + beans,
        greens_and_beans_cups=greens + beans,
        dairy_cups=_dairy_cups(food),
        whole_grain_ounces=ounces * whole,
        refined_grain_ounces=ounces * (1 - whole),
        protein_ounces=protein + 4 * beans,
        seafood_and_plant_ounces=(protein if favoured else 0.0) + 4 * beans,
        added_sugar_g=ADDED_SUGAR_G_PER_100_G.get(food.id, 0.0),
    )


def _fruit_cups(food: Food) -> float:
    if food.culinary_use is CulinaryUse.FRUIT:
        return 100 / 150
    if food.culinary_use is CulinaryUse.DRIED_FRUIT:
        return 100 / 75
    return 100 / 250 if food.id in JUICES else 0.0


def _vegetable_cups(food: Food) -> float:
    if food.id in LEAVES:
        return 100 / 75
    if food.category is Category.VEGETABLE:
        return 100 / (250 if food.id == "tomato_soup" else 150)
    if food.id in {"avocado", "guacamole", "tomato_sauce", "salsa", "olives", "vegetable_juice"}:
        return 100 / 200
    return 100 / 150 if food.category is Category.STARCH and food.id != "gnocchi" else 0.0


def _bean_cups(food: Food) -> float:
    if food.culinary_use is CulinaryUse.LEGUME:
        return 100 / 175
    return {"hummus": 100 / 250, "falafel": 100 / 200}.get(food.id, 0.0)


def _dairy_cups(food: Food) -> float:
    if food.id in COUNT_AS_NO_DAIRY:
        return 0.0
    per_cup = FRESH_CHEESE_G_PER_CUP.get(food.id) or DAIRY_G_PER_CUP.get(food.culinary_use)
    return 100 / per_cup if per_cup else 0.0


def _grain_ounces(food: Food) -> float:
    if food.culinary_use in {CulinaryUse.BREAD, CulinaryUse.CEREAL} or food.id in {
        "cereal_bar",
        "oat_biscuits",
    }:
        return 100 / 28
    is_cooked = food.culinary_use is CulinaryUse.STARCH and food.category is Category.GRAIN
    return 100 / 80 if is_cooked or food.id == "gnocchi" else 0.0


def _whole_share(food: Food) -> float:
    return 1.0 if food.id in WHOLE_GRAINS else 0.5 if food.id in HALF_WHOLE_GRAINS else 0.0


def _protein_ounces(food: Food) -> float:
    if food.culinary_use is CulinaryUse.NUTS:
        return 100 / 14
    if food.id in {"peanut_butter", "almond_butter", "tahini", "sesame_seeds"}:
        return 100 / 16
    if food.culinary_use is CulinaryUse.EGG:
        return 100 / 50
    if food.category is Category.PLANT_PROTEIN:
        return {"silken_tofu": 100 / 120, "soya_milk": 0.0, "soya_yogurt": 0.0, "falafel": 0.0}.get(
            food.id, 100 / 60
        )
    flesh = {Category.MEAT, Category.POULTRY, Category.FISH, Category.SEAFOOD}
    return 100 / 28 if food.category in flesh else 0.0


def _is_seafood_or_plant(food: Food) -> bool:
    return food.category in {Category.FISH, Category.SEAFOOD, Category.NUT_SEED, Category.PLANT_PROTEIN}
