"""Minerals, vitamins, sugars and saturated fat of foods: possible, plausible, never zero for unknown."""

from __future__ import annotations

import csv
from collections.abc import Callable
from importlib import resources

import pytest

from fitbox.food_nutrients import WRITTEN_DOWN, Nutrient, food_nutrients
from fitbox.foods import Category, CulinaryUse, Food, foods
from fitbox.profile import Allergen, Diet

ALL = tuple(foods().values())

SALTED = ("bread", "ham", "bacon", "cheese", "sausage", "anchovies", "soy sauce", "olives", "feta", "soup")
"""Words of foods that nobody makes without salt."""

UNSALTED_USES = {CulinaryUse.FRUIT, CulinaryUse.DRIED_FRUIT, CulinaryUse.MILK}


def rows() -> list[dict[str, str]]:
    """The file as it stands."""
    table = resources.files("fitbox.catalog").joinpath("food_nutrients.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(table.splitlines(), strict=True))


def offenders(is_wrong: Callable[[Food], bool]) -> list[str]:
    """Ids of the foods that break a rule, so that a failure names them all."""
    return [food.id for food in ALL if is_wrong(food)]


def of(food: Food, nutrient: Nutrient, otherwise: float = 0.0) -> float:
    """Per 100 g, or what is to be taken for unknown."""
    return food.nutrients.get(nutrient, otherwise)


def test_every_food_has_a_row_with_its_source() -> None:
    """One row a food, in the order of the catalog, so that two files read as one."""
    assert [row["id"] for row in rows()] == list(foods())
    assert [row["id"] for row in rows() if not row["source"]] == []


def test_an_unknown_figure_is_left_out_and_not_zero() -> None:
    """An empty cell has no entry; a sum that covers less says so elsewhere."""
    for row in rows():
        known = {nutrient for nutrient in WRITTEN_DOWN if row[nutrient.column]}
        assert set(food_nutrients()[row["id"]]) == known


def test_sodium_is_known_of_every_food() -> None:
    """The rule for salt is a number and holds for every food."""
    assert offenders(lambda food: Nutrient.SODIUM not in food.nutrients) == []


@pytest.mark.parametrize("nutrient", [n for n in WRITTEN_DOWN if n is not Nutrient.IODINE])
def test_most_foods_have_a_figure(nutrient: Nutrient) -> None:
    """A sum that covers half of a day would say nothing; iodine is the one that tables often lack."""
    assert sum(nutrient in food.nutrients for food in ALL) >= 0.9 * len(ALL)


def test_parts_are_no_larger_than_their_whole() -> None:
    """Saturated fat is fat, sugars are carbohydrate, added sugars are sugars; free sugars too."""
    slack = 0.051  # one rounding
    assert offenders(lambda f: of(f, Nutrient.SATURATED_FAT) > f.fat_g + slack) == []
    assert offenders(lambda f: of(f, Nutrient.SUGARS) > f.carbohydrate_g - f.fibre_g + 1.5) == []
    assert offenders(lambda f: of(f, Nutrient.ADDED_SUGAR) > of(f, Nutrient.SUGARS, 100) + slack) == []
    assert offenders(lambda f: of(f, Nutrient.FREE_SUGAR) > of(f, Nutrient.SUGARS, 100) + slack) == []


def test_amounts_are_possible() -> None:
    """No food is saltier than soy sauce, and nothing is negative."""
    assert offenders(lambda food: min(food.nutrients.values()) < 0) == []
    assert offenders(lambda food: of(food, Nutrient.SODIUM) > 8000) == []
    assert offenders(lambda food: of(food, Nutrient.POTASSIUM) > 1500) == []
    assert offenders(lambda food: of(food, Nutrient.CALCIUM) > 1300) == []


def test_salted_foods_are_salty_and_plain_ones_are_not() -> None:
    """Bread, cheese, cured meat and soup hold salt; fruit, milk, oil, plain grains and pulses do not."""
    salted = [food for food in ALL if any(word in food.name_en for word in SALTED)]
    assert [food.id for food in salted if of(food, Nutrient.SODIUM) < 200] == []
    plain = [
        food
        for food in ALL
        if food.culinary_use in UNSALTED_USES or (food.fat_g > 95 and food.category is Category.FAT_OIL)
    ]
    assert [food.id for food in plain if of(food, Nutrient.SODIUM) > 60] == []
    starches = [food for food in ALL if food.culinary_use is CulinaryUse.STARCH and food.id != "gnocchi"]
    assert [food.id for food in starches if of(food, Nutrient.SODIUM) > 60] == []


def test_what_comes_from_animals_alone_is_not_in_plain_plants() -> None:
    """Vitamin B12; a trace in a table is an analogue or a rounding."""
    plants = [
        food
        for food in ALL
        if food.diets >= {Diet.VEGAN}
        and food.category in {Category.FRUIT, Category.VEGETABLE, Category.LEGUME, Category.NUT_SEED}
    ]
    assert [food.id for food in plants if of(food, Nutrient.VITAMIN_B12) > 0.1] == []
    flesh = [food for food in ALL if food.is_meat or food.category in {Category.FISH, Category.SEAFOOD}]
    assert [food.id for food in flesh if of(food, Nutrient.VITAMIN_B12) <= 0] == []


def test_sugar_is_added_to_what_is_sweetened_and_to_nothing_plain() -> None:
    """Fruit and milk hold sugar that nobody added; honey and syrup are nothing else."""
    plain = {CulinaryUse.FRUIT, CulinaryUse.DRIED_FRUIT, CulinaryUse.VEGETABLE, CulinaryUse.CHEESE}
    natural = [food for food in ALL if food.culinary_use in plain and "soup" not in food.name_en]
    assert [food.id for food in natural if of(food, Nutrient.ADDED_SUGAR) > 0] == []
    for sweetener in ("honey", "maple_syrup"):
        assert of(foods()[sweetener], Nutrient.ADDED_SUGAR) > 60


def test_the_sugar_of_juice_is_free_but_not_added() -> None:
    """The WHO counts it, the label does not; that of milk in chocolate is neither."""
    juice = foods()["orange_juice"]
    assert of(juice, Nutrient.ADDED_SUGAR) == 0
    assert of(juice, Nutrient.FREE_SUGAR) == of(juice, Nutrient.SUGARS) > 8
    chocolate = foods()["hot_chocolate"]
    assert of(chocolate, Nutrient.FREE_SUGAR) == of(chocolate, Nutrient.ADDED_SUGAR)


def test_dairy_and_fortified_drinks_hold_calcium() -> None:
    """Milk and what is drunk in its place; cheese more, and the soft ones less."""
    drinks = [food for food in ALL if food.culinary_use is CulinaryUse.MILK]
    assert [food.id for food in drinks if of(food, Nutrient.CALCIUM) < 90] == []
    dairy = [food for food in ALL if food.category is Category.DAIRY and Allergen.MILK in food.allergens]
    known = [food for food in dairy if Nutrient.CALCIUM in food.nutrients and food.fat_g < 80]
    assert [food.id for food in known if of(food, Nutrient.CALCIUM) < 90] == []
