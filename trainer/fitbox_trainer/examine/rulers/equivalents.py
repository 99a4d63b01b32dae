"""Cup and ounce equivalents of foods, by which the Healthy Eating Index counts.

``equivalents.csv`` gives, by food and group, the grams that are one equivalent, and the added sugar per
100 g. Rules of the groups: Bowman SA et al., 2020, Food Patterns Equivalents Database 2017-2018: Methodology
and User Guide, USDA ARS. A cup equivalent is 1 cup of fruit, vegetable, pulses or juice, 2 cups of raw
leaves, half a cup of dried fruit, 1 cup of milk or yoghurt, 42.5 g of cheese; an ounce equivalent is 28.35 g
of bread, dry cereal, cooked meat or fish, half a cup of cooked grain, one egg, 14.2 g of nuts. Weights of
cups are those of FoodData Central's portions; added sugar is what such products commonly hold.
Powders, cream cheese, cream and drinks from oats, rice and nuts count in no group, as there.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from fitbox.plan import NutritionPlan
from fitbox_trainer.examine.rulers.case import portions

OUNCES_A_CUP_OF_PULSES = 4.0
"""A cup equivalent of pulses is four ounce equivalents of protein food (FPED, as above)."""


@dataclass(frozen=True)
class Equivalents:
    """Of 100 g of a food, or of a day: cup equivalents (c) and ounce equivalents (oz)."""

    whole_fruit_c: float = 0.0
    juice_c: float = 0.0
    dark_green_c: float = 0.0
    other_vegetable_c: float = 0.0
    pulses_c: float = 0.0
    meat_egg_oz: float = 0.0
    seafood_oz: float = 0.0
    plant_protein_oz: float = 0.0
    """Nuts, seeds and soya."""
    whole_grain_oz: float = 0.0
    refined_grain_oz: float = 0.0
    dairy_c: float = 0.0
    added_sugar_g: float = 0.0

    def plus(self, other: Equivalents, times: float) -> Equivalents:
        """This, and ``times`` the other."""
        return Equivalents(
            **{name: value + times * getattr(other, name) for name, value in vars(self).items()}
        )


_COLUMNS = {
    "whole_fruit_g": "whole_fruit_c",
    "juice_g": "juice_c",
    "dark_green_g": "dark_green_c",
    "vegetable_g": "other_vegetable_c",
    "legume_g": "pulses_c",
    "meat_egg_g": "meat_egg_oz",
    "seafood_g": "seafood_oz",
    "plant_protein_g": "plant_protein_oz",
    "whole_grain_g": "whole_grain_oz",
    "refined_grain_g": "refined_grain_oz",
    "dairy_g": "dairy_c",
}


@cache
def equivalents() -> Mapping[str, Equivalents]:
    """Per 100 g by food id."""
    table = resources.files("fitbox_trainer.examine.rulers").joinpath("equivalents.csv")
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines(), strict=True)
    return MappingProxyType({row["food_id"]: _of(row) for row in rows})


def _of(row: Mapping[str, str]) -> Equivalents:
    counted = {name: 100 / float(row[column]) for column, name in _COLUMNS.items() if row[column]}
    return Equivalents(**counted, added_sugar_g=float(row["added_sugar_g"]))


@dataclass(frozen=True)
class Eaten:
    """Equivalents of a whole day, and the share of its energy from foods that the table knows."""

    total: Equivalents
    coverage: float


def eaten(day: NutritionPlan) -> Eaten:
    """What a day counts for."""
    total, known, energy = Equivalents(), 0.0, 0.0
    for portion, food in portions(day):
        energy += portion.kcal
        found = equivalents().get(food.id)
        if found is not None:
            total = total.plus(found, portion.grams / 100)
            known += portion.kcal
    return Eaten(total, known / energy if energy else 0.0)
