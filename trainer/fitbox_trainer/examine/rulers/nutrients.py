"""What a day of eating supplies, by tables that the catalog does not hold.

The preferred source is a file of USDA rows by food id (FoodData Central: FNDDS, SR Legacy, Foundation
Foods; public domain), so that a mistake of the catalog is seen and not repeated; where it has no value, the
catalog's own column answers, and what nobody knows stays unknown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fitbox.files import read_object
from fitbox.foods import Food, foods
from fitbox.plan import NutritionPlan
from fitbox_trainer.examine.rulers.case import portions

MAX_BYTES = 16 << 20
ENOUGH_KNOWN = 0.8
"""Share of a day's energy whose foods must be known for a nutrient before the day is judged by it."""


class Nutrient(StrEnum):
    """What rulers ask for; the unit is in the name, per 100 g of food or per day."""

    SODIUM_MG = "sodium_mg"
    POTASSIUM_MG = "potassium_mg"
    SATURATED_FAT_G = "saturated_fat_g"
    SUGARS_G = "sugars_g"
    CHOLESTEROL_MG = "cholesterol_mg"
    CALCIUM_MG = "calcium_mg"
    MAGNESIUM_MG = "magnesium_mg"
    IRON_MG = "iron_mg"
    ZINC_MG = "zinc_mg"
    FOLATE_UG = "folate_ug"
    VITAMIN_B12_UG = "vitamin_b12_ug"
    VITAMIN_D_UG = "vitamin_d_ug"
    IODINE_UG = "iodine_ug"
    SELENIUM_UG = "selenium_ug"


USDA_NAMES: Mapping[Nutrient, tuple[str, ...]] = {
    Nutrient.SODIUM_MG: ("Sodium",),
    Nutrient.POTASSIUM_MG: ("Potassium",),
    Nutrient.SATURATED_FAT_G: ("Fatty acids, total saturated",),
    Nutrient.SUGARS_G: ("Total Sugars", "Sugars, Total"),
    Nutrient.CHOLESTEROL_MG: ("Cholesterol",),
    Nutrient.CALCIUM_MG: ("Calcium",),
    Nutrient.MAGNESIUM_MG: ("Magnesium",),
    Nutrient.IRON_MG: ("Iron",),
    Nutrient.ZINC_MG: ("Zinc",),
    Nutrient.FOLATE_UG: ("Folate, total",),
    Nutrient.VITAMIN_B12_UG: ("Vitamin B-12",),
    Nutrient.VITAMIN_D_UG: ("Vitamin D (D2 + D3)",),
    Nutrient.IODINE_UG: ("Iodine",),
    Nutrient.SELENIUM_UG: ("Selenium",),
}
"""Columns of the file by nutrient, the first with a value counts."""


@dataclass(frozen=True)
class Amount:
    """What a day holds of a nutrient."""

    known: float
    """Of the foods that are known."""
    coverage: float
    """Share of the day's energy that those foods supply."""

    @property
    def estimate(self) -> float | None:
        """For the whole day, as if what is unknown held as much a kcal as what is known.

        None where less than :data:`ENOUGH_KNOWN` of the energy is known.
        """
        return self.known / self.coverage if self.coverage >= ENOUGH_KNOWN else None


@dataclass(frozen=True)
class NutrientTable:
    """Nutrients per 100 g by food id; a nutrient that is unknown is absent."""

    per_100_g: Mapping[str, Mapping[Nutrient, float]]
    source: str
    """Where the values are from, in words."""

    def of(self, food_id: str, nutrient: Nutrient) -> float | None:
        """Per 100 g, or None where it is unknown."""
        return self.per_100_g.get(food_id, {}).get(nutrient)

    def in_day(self, day: NutritionPlan, nutrient: Nutrient) -> Amount:
        """What a day holds of a nutrient."""
        known = covered = total = 0.0
        for portion, _ in portions(day):
            total += portion.kcal
            per_100_g = self.of(portion.food_id, nutrient)
            if per_100_g is not None:
                known += per_100_g * portion.grams / 100
                covered += portion.kcal
        return Amount(known, covered / total if total else 0.0)

    def estimate(self, day: NutritionPlan, nutrient: Nutrient) -> float | None:
        """What a day holds, or None where too little is known."""
        return self.in_day(day, nutrient).estimate


def read_nutrients(path: Path | None) -> NutrientTable:
    """The table of a file of rows by food id, completed from the catalog; the catalog's alone without one.

    Raises:
        UnusableFileError: the file is missing or not in form.
    """
    rows = read_object(path, max_bytes=MAX_BYTES) if path is not None else {}
    table: dict[str, dict[Nutrient, float]] = {}
    for food in foods().values():
        row = rows.get(food.id)
        table[food.id] = _of_catalog(food) | (_of_row(row) if isinstance(row, dict) else {})
    return NutrientTable(table, "catalog" if path is None else f"{path.name}, then catalog")


def _of_row(row: Mapping[str, object]) -> dict[Nutrient, float]:
    values = {}
    for nutrient, names in USDA_NAMES.items():
        found = next((value for name in names if (value := _number(row.get(name))) is not None), None)
        if found is not None:
            values[nutrient] = found
    return values


def _of_catalog(food: Food) -> dict[Nutrient, float]:
    """What the catalog itself knows, by columns of the same names."""
    columns = {one.column: amount for one, amount in food.nutrients.items()}
    return {one: columns[one.value] for one in Nutrient if one.value in columns}


def _number(value: object) -> float | None:
    try:
        number = float(value) if isinstance(value, (int, float, str)) else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def worth_knowing(days: Sequence[NutritionPlan], table: NutrientTable) -> dict[str, float]:
    """Mean share of the days' energy that is known, by nutrient: what the figures rest on."""
    return {
        nutrient.value: round(sum(table.in_day(day, nutrient).coverage for day in days) / len(days), 3)
        for nutrient in Nutrient
        if days
    }
