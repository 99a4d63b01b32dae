"""Grams said in spoons, slices, cups and pieces, as a kitchen would say them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from fitbox.foods import PortionClass, foods
from fitbox.nutrition.bands import portion_bounds
from fitbox.nutrition.household import (
    PARTS,
    TEXTS,
    HouseholdMeasure,
    Measure,
    household_measures,
    household_text,
    written,
)
from fitbox.profile import Language


def test_every_food_has_a_measure_with_its_source() -> None:
    """In the order of the catalog."""
    assert list(household_measures()) == list(foods())
    assert [id_ for id_, known in household_measures().items() if not known.source or known.grams <= 0] == []


@pytest.mark.parametrize("language", Language)
def test_every_measure_has_a_name_for_one_and_for_many(language: Language) -> None:
    """And each name is of a measure."""
    keys = {f"{measure}.{number}" for measure in Measure for number in ("one", "many")}
    assert TEXTS.keys == keys | {"about"}
    assert all(TEXTS.text(language, key, count="1") for key in keys)


@pytest.mark.parametrize(
    ("food", "grams", "english", "french"),
    [
        ("wholemeal_bread", 95, "3 slices", "3 tranches"),
        ("wholemeal_bread", 50, "1½ slices", "1½ tranche"),
        ("olive_oil", 14, "1 tablespoon", "1 cuillère à soupe"),
        ("olive_oil", 5, "1 teaspoon", "1 cuillère à café"),
        ("semi_skimmed_milk", 250, "1¼ glasses", "1¼ verre"),
        ("semi_skimmed_milk", 410, "2 glasses", "2 verres"),
        ("white_rice", 160, "1 cup", "1 tasse"),
        ("white_rice", 200, "1¼ cups", "1¼ tasse"),
        ("lentils", 200, "1 cup", "1 tasse"),
        ("boiled_eggs", 100, "2 eggs", "2 œufs"),
        ("scrambled_eggs", 120, "2 eggs", "2 œufs"),
        ("apple", 150, "1 piece", "1 pièce"),
        ("avocado", 70, "½ piece", "½ pièce"),
        ("strawberries", 150, "12 pieces", "12 pièces"),
        ("plain_yogurt", 125, "1 pot", "1 pot"),
        ("plain_yogurt", 150, "about 1 pot", "environ 1 pot"),
        ("almonds", 30, "1 handful", "1 poignée"),
        ("dark_chocolate", 20, "2 squares", "2 carrés"),
        ("chicken_breast", 140, "1 piece", "1 pièce"),
        ("salmon", 150, "1½ palms", "1½ paume"),
        ("tomato_soup", 250, "1 bowl", "1 bol"),
    ],
)
def test_a_portion_is_said_as_a_kitchen_says_it(food: str, grams: int, english: str, french: str) -> None:
    """In both languages, each with its own plural."""
    assert household_text(food, grams, Language.EN) == english
    assert household_text(food, grams, Language.FR) == french


def test_light_pieces_are_not_cut() -> None:
    """Half an olive is nothing that anybody serves."""
    olive = HouseholdMeasure(Measure.PIECE, 4, "")
    assert olive.count(9) == (Measure.PIECE, Fraction(2))
    assert olive.count(1) == (Measure.PIECE, Fraction(1))


def test_numbers_are_ones_that_people_say() -> None:
    """Quarters, thirds and halves, and whole numbers from five on; each has its sign."""
    for id_, food in foods().items():
        low, high = portion_bounds(food, 2000)
        for grams in range(low, high + 1, 5):
            _, count = household_measures()[id_].count(grams)
            assert count > 0
            assert count.denominator == 1 or count < 5
            assert count % 1 in {Fraction(0), *PARTS}
            assert written(count)


def test_what_is_said_is_near_what_is_weighed() -> None:
    """A draft's portions within a third, typical ones within a fifth, and "about" where it matters."""
    for id_, food in foods().items():
        known = household_measures()[id_]
        for grams in food.portions:
            measure, count = known.count(grams)
            error = abs(known.weight_of(measure, count) / grams - 1)
            assert error <= (0.2 if grams == food.portion_g else 0.34), (id_, grams)
            if abs(error - 0.1) > 1e-6:
                assert household_text(id_, grams, Language.EN).startswith("about ") == (error > 0.1)


def test_what_is_drunk_is_in_glasses() -> None:
    """A measure follows from what a food is."""
    for id_, food in foods().items():
        if food.portion_class is PortionClass.GLASS and food.culinary_use in {"drink", "milk"}:
            assert household_measures()[id_].measure is Measure.GLASS, id_
