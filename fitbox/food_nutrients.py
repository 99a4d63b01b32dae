"""What foods hold beside energy and macros: ``catalog/food_nutrients.csv``, typed and loaded once.

A figure that nobody published is left out, never written as zero; so whoever sums must also say how much of
the day the sum covers (:mod:`fitbox.nutrition.nutrients`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from fitbox.catalog import rows


class Nutrient(StrEnum):
    """What a day has limits of; the names are the codes in plans."""

    SODIUM = "SODIUM"
    """Of the food as it is sold or cooked without salt; what is added at the stove or table is not in it."""
    POTASSIUM = "POTASSIUM"
    SATURATED_FAT = "SATURATED_FAT"
    SUGARS = "SUGARS"
    ADDED_SUGAR = "ADDED_SUGAR"
    """By maker or cook, honey and syrup among it (FDA, 21 CFR 101.9)."""
    FREE_SUGAR = "FREE_SUGAR"
    """Added sugar and that of juice (WHO, 2015, Guideline: sugars intake for adults and children)."""
    FIBRE = "FIBRE"
    CALCIUM = "CALCIUM"
    IRON = "IRON"
    VITAMIN_B12 = "VITAMIN_B12"
    VITAMIN_D = "VITAMIN_D"
    FOLATE = "FOLATE"
    IODINE = "IODINE"
    TOTAL_FAT = "TOTAL_FAT"
    PROTEIN = "PROTEIN"
    FRUIT_VEGETABLES = "FRUIT_VEGETABLES"
    """No nutrient, but limited like one: grams of fruit and vegetables as WHO counts them, without potatoes
    (2003, Technical Report Series 916), and without olives and avocado, which are eaten as fat."""

    @property
    def unit(self) -> str:
        """``g``, ``mg`` or ``ug``."""
        return _UNITS[self]

    @property
    def column(self) -> str:
        """Its column in the file: ``sodium_mg``."""
        return f"{self.lower()}_{self.unit}"


_UNITS: Mapping[Nutrient, str] = MappingProxyType(
    {
        Nutrient.SODIUM: "mg",
        Nutrient.POTASSIUM: "mg",
        Nutrient.SATURATED_FAT: "g",
        Nutrient.SUGARS: "g",
        Nutrient.ADDED_SUGAR: "g",
        Nutrient.FREE_SUGAR: "g",
        Nutrient.FIBRE: "g",
        Nutrient.CALCIUM: "mg",
        Nutrient.IRON: "mg",
        Nutrient.VITAMIN_B12: "ug",
        Nutrient.VITAMIN_D: "ug",
        Nutrient.FOLATE: "ug",
        Nutrient.IODINE: "ug",
        Nutrient.TOTAL_FAT: "g",
        Nutrient.PROTEIN: "g",
        Nutrient.FRUIT_VEGETABLES: "g",
    }
)

FOLLOWING = frozenset(
    {
        Nutrient.FREE_SUGAR,
        Nutrient.FIBRE,
        Nutrient.TOTAL_FAT,
        Nutrient.PROTEIN,
        Nutrient.FRUIT_VEGETABLES,
    }
)
"""Those that follow from a food's other columns."""

WRITTEN_DOWN = tuple(n for n in Nutrient if n not in FOLLOWING)
"""Those with a column in the file; the others follow from the food's row."""


@cache
def food_nutrients() -> Mapping[str, Mapping[Nutrient, float]]:
    """Known amounts per 100 g, in each nutrient's unit, by the food's id."""
    return MappingProxyType({row["id"]: MappingProxyType(_known(row)) for row in rows("food_nutrients.csv")})


def _known(row: Mapping[str, str]) -> dict[Nutrient, float]:
    columns = {nutrient: row[nutrient.column] for nutrient in WRITTEN_DOWN}
    return {nutrient: float(text) for nutrient, text in columns.items() if text}
