"""Diets that follow from rules: what they leave out, and that enough is left to cook with."""

from __future__ import annotations

import pytest

from fitbox.foods import MealRole, foods
from fitbox.nutrition.diets import RULES, eats
from fitbox.nutrition.dishes import dishes_at
from fitbox.profile import Allergen, Diet


def left_by(name: str) -> set[str]:
    """Ids of the foods that a rule leaves."""
    return {food.id for food in foods().values() if not RULES[name].leaves_out(food)}


def test_flagged_diets_go_by_their_flag() -> None:
    """A rule is only for diets that no column has."""
    for diet in Diet:
        if diet.name not in RULES:
            assert all(eats(diet, food) == (diet in food.diets) for food in foods().values())


@pytest.mark.parametrize(
    ("name", "eaten", "left_out"),
    [
        ("GLUTEN_FREE", {"white_rice", "corn_tortilla"}, {"pasta", "rolled_oats", "soy_sauce", "seitan"}),
        ("LOW_SODIUM", {"salmon", "white_rice", "apple"}, {"smoked_salmon", "feta", "tomato_soup"}),
        (
            "LOW_FODMAP",
            {"rice_cakes", "carrots", "strawberries", "cheddar"},
            {"lentils", "apple", "leeks", "hummus"},
        ),
        (
            "MEDITERRANEAN",
            {"olive_oil", "sardines", "chickpeas", "feta"},
            {"bacon", "butter", "whey_protein"},
        ),
        ("HINDU", {"chicken_breast", "lamb_leg", "paneer"}, {"beef_steak", "calf_liver", "pork_chop"}),
        (
            "JAIN",
            {"paneer", "red_lentils", "spinach"},
            {"boiled_potatoes", "carrots", "leeks", "honey", "mushrooms"},
        ),
    ],
)
def test_a_rule_leaves_out_what_the_diet_does(name: str, eaten: set[str], left_out: set[str]) -> None:
    """Foods that everybody who keeps the diet would name."""
    assert eaten <= left_by(name)
    assert not left_out & left_by(name)


def test_jain_and_hindu_are_as_strict_as_their_source() -> None:
    """No egg, honey or fungus for Jains; no cattle or pig for Hindus."""
    assert not any(Allergen.EGGS in foods()[food_id].allergens for food_id in left_by("JAIN"))
    assert all(Diet.VEGETARIAN in foods()[food_id].diets for food_id in left_by("JAIN"))
    cattle_and_pig = {"beef", "veal", "calf", "pork", "bacon"}
    assert not any(cattle_and_pig & set(food_id.split("_")) for food_id in left_by("HINDU"))


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_leaves_dishes_to_cook(name: str) -> None:
    """Ten main dishes, four breakfasts and four snacks are the least that a week needs."""
    left = left_by(name)
    for role, least in ((MealRole.MAIN, 10), (MealRole.BREAKFAST, 4), (MealRole.SNACK, 4)):
        cookable = [d for d in dishes_at(role) if all(not left.isdisjoint(part.foods) for part in d.certain)]
        assert len(cookable) >= least, role
