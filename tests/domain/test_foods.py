"""The food catalog against physics, its own flags and everything that refers to it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from importlib import resources

from fitbox.food_nutrients import Nutrient
from fitbox.foods import (
    MOST_SODIUM_MG,
    SALT_SENSITIVE,
    Category,
    CulinaryUse,
    Food,
    MealRole,
    foods,
    foods_by_name,
)
from fitbox.nutrition.partners import PARTNERS
from fitbox.profile import Allergen, Diet, Language

ALL = tuple(foods().values())
ANIMAL_ALLERGENS = {Allergen.CRUSTACEANS, Allergen.EGGS, Allergen.FISH, Allergen.MILK, Allergen.MOLLUSCS}


def atwater_kcal(food: Food) -> float:
    """Energy by the general factors of Regulation (EU) No 1169/2011, Annex XIV."""
    available = food.carbohydrate_g - food.fibre_g
    return 4 * (food.protein_g + available) + 2 * food.fibre_g + 9 * food.fat_g + 7 * food.alcohol_g


def offenders(is_wrong: Callable[[Food], bool]) -> list[str]:
    """Ids of the foods that break a rule, so that a failure names them all."""
    return [food.id for food in ALL if is_wrong(food)]


def test_the_catalog_has_at_least_150_foods() -> None:
    """Variety needs a menu."""
    assert len(ALL) >= 150


def test_ids_and_names_are_unique() -> None:
    """A name in model text means one food, an id in the file one row."""
    table = resources.files("fitbox.catalog").joinpath("foods.csv").read_text(encoding="utf-8")
    assert len(list(csv.DictReader(table.splitlines()))) == len(ALL) == len(foods_by_name())


def test_energy_follows_from_the_nutrients() -> None:
    """4/4/9, 2 for fibre and 7 for alcohol, within 12 kcal or 12 %; a note explains each exception."""

    def is_off(food: Food) -> bool:
        return abs(atwater_kcal(food) - food.kcal) > max(12.0, 0.12 * food.kcal)

    assert offenders(lambda food: is_off(food) and "specific factors" not in food.note) == []
    assert len(offenders(is_off)) <= 3


def test_nutrients_are_possible() -> None:
    """100 g hold at most 100 g, and fibre is a part of the carbohydrate."""
    assert offenders(lambda f: f.protein_g + f.carbohydrate_g + f.fat_g + f.alcohol_g > 100.0) == []
    assert offenders(lambda f: not 0 <= f.fibre_g <= f.carbohydrate_g) == []


def test_portions_lie_within_the_bounds() -> None:
    """A draft has at least two portions to choose from, the typical one among them."""
    assert offenders(lambda f: len(f.portions) < 2 or f.portion_g not in f.portions) == []
    assert offenders(lambda f: not f.min_g <= f.portions[0] <= f.portions[-1] <= f.max_g) == []


def test_names_suit_the_text_format() -> None:
    """One to three lower-case words; the French name is there, and some meal to eat it at."""
    assert offenders(lambda f: f.id != f.name_en.replace(" ", "_")) == []
    assert offenders(lambda f: not 1 <= len(f.name_en.split()) <= 3 or not f.name(Language.FR)) == []
    assert offenders(lambda f: not f.meal_roles) == []


def test_diet_flags_follow_from_each_other() -> None:
    """Vegan implies vegetarian implies pescatarian."""
    assert offenders(lambda f: Diet.VEGAN in f.diets and Diet.VEGETARIAN not in f.diets) == []
    assert offenders(lambda f: Diet.VEGETARIAN in f.diets and Diet.PESCATARIAN not in f.diets) == []


def test_diet_flags_agree_with_what_the_food_is_made_of() -> None:
    """Animals and their products contradict; shellfish is neither kosher nor, to be cautious, halal."""
    flesh = ANIMAL_ALLERGENS - {Allergen.EGGS, Allergen.MILK}
    assert offenders(lambda f: Diet.VEGAN in f.diets and bool(f.allergens & ANIMAL_ALLERGENS)) == []
    assert offenders(lambda f: Diet.VEGETARIAN in f.diets and bool(f.allergens & flesh)) == []
    assert offenders(lambda f: Diet.PESCATARIAN in f.diets and f.is_meat) == []
    strict = {Diet.KOSHER, Diet.HALAL, Diet.VEGETARIAN}
    assert offenders(lambda f: f.category is Category.SEAFOOD and not strict.isdisjoint(f.diets)) == []
    pork = {"pork", "bacon", "ham"}
    assert (
        offenders(
            lambda f: (
                f.category is Category.MEAT
                and bool(pork & set(f.name_en.split()))
                and not f.diets.isdisjoint({Diet.KOSHER, Diet.HALAL})
            )
        )
        == []
    )
    assert offenders(lambda f: f.alcohol_g > 0 and Diet.HALAL in f.diets) == []
    assert offenders(lambda f: Diet.KOSHER in f.diets and f.is_meat and f.is_dairy) == []


def test_a_note_explains_every_contraindication() -> None:
    """Who audits the catalog can tell a reason from a mistake; salt is a number, and explains itself."""

    def is_unexplained(food: Food) -> bool:
        sodium_mg = food.portion_of(Nutrient.SODIUM)
        assert sodium_mg is not None
        by_hand = food.contraindications - (SALT_SENSITIVE if sodium_mg > MOST_SODIUM_MG else set())
        return bool(by_hand) and not food.note

    assert offenders(is_unexplained) == []


def test_every_allergen_and_every_use_occurs() -> None:
    """An allergen that no food has, or a use that nothing serves, would be a gap in the catalog."""
    assert {allergen for food in ALL for allergen in food.allergens} == set(Allergen)
    assert {food.culinary_use for food in ALL} == set(CulinaryUse)
    assert {food.category for food in ALL} == set(Category)
    assert {role for food in ALL for role in food.meal_roles} == set(MealRole)


def test_partners_resolve() -> None:
    """Every id in the pairing table is a food."""
    assert set(PARTNERS) | {partner for partners in PARTNERS.values() for partner in partners} <= set(foods())
