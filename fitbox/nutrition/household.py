"""Grams in the words of a kitchen: 95 g of bread are 3 slices, 140 g of lentils about ¾ of a cup.

``catalog/household_measures.csv`` says how a food is measured and what one measure weighs. A cup holds
240 ml, a glass 200 ml, a tablespoon 15 ml and a teaspoon a third of that; a palm is a portion of meat, fish
or tofu as large and thick as the hand without its fingers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache, lru_cache
from types import MappingProxyType

from fitbox.catalog import rows
from fitbox.i18n import Texts
from fitbox.locales import LOCALES
from fitbox.profile import Language


class Measure(StrEnum):
    """What people measure food with when they have no scale."""

    BALL = "ball"
    BOWL = "bowl"
    CUP = "cup"
    EGG = "egg"
    GLASS = "glass"
    HANDFUL = "handful"
    PALM = "palm"
    PIECE = "piece"
    POT = "pot"
    SCOOP = "scoop"
    SLICE = "slice"
    SQUARE = "square"
    TABLESPOON = "tablespoon"
    TEASPOON = "teaspoon"
    TIN = "tin"
    WEDGE = "wedge"


FINE = frozenset({Measure.BOWL, Measure.CUP, Measure.GLASS, Measure.TIN})
"""Filled or cut to a quarter also above one."""

WHOLE = frozenset({Measure.EGG, Measure.SQUARE})
SMALLEST_CUT_G = 20.0
"""Nobody cuts these in two, nor a lighter piece of anything."""

PARTS = tuple(Fraction(*part) for part in ((1, 4), (1, 3), (1, 2), (2, 3), (3, 4)))
GLYPHS: Mapping[Fraction, str] = MappingProxyType(dict(zip(PARTS, "¼⅓½⅔¾", strict=True)))

WHOLE_FROM = 5
"""From here on nobody counts halves."""

CLOSE = 0.1
"""Relative error up to which nothing need be said of it."""

TEXTS = Texts("measures")


@dataclass(frozen=True)
class HouseholdMeasure:
    """How a food is measured, and the grams of one measure."""

    measure: Measure
    grams: float
    source: str

    def count(self, grams: float) -> tuple[Measure, Fraction]:
        """The nearest number of measures that a kitchen knows; less than a spoon is in smaller spoons."""
        if self.measure is Measure.TABLESPOON and grams < 0.75 * self.grams:
            return Measure.TEASPOON, _nearest(grams / (self.grams / 3), fine=False)
        is_light = self.grams <= SMALLEST_CUT_G and self.measure is not Measure.TABLESPOON
        if is_light or self.measure in WHOLE:
            return self.measure, Fraction(max(1, round(grams / self.grams)))
        return self.measure, _nearest(grams / self.grams, fine=self.measure in FINE)

    def weight_of(self, measure: Measure, count: Fraction) -> float:
        """Grams of so many measures."""
        part = 3 if measure is Measure.TEASPOON and self.measure is Measure.TABLESPOON else 1
        return float(count) * self.grams / part


@cache
def household_measures() -> Mapping[str, HouseholdMeasure]:
    """By the food's id."""
    return MappingProxyType(
        {
            row["id"]: HouseholdMeasure(Measure(row["measure"]), float(row["grams"]), row["source"])
            for row in rows("household_measures.csv")
        }
    )


@lru_cache(maxsize=8192)
def household_text(food_id: str, grams: int, language: Language) -> str:
    """What a member reads beside the grams: ``3 slices``, ``about ¾ cup``."""
    known = household_measures()[food_id]
    measure, count = known.count(grams)
    many = count >= LOCALES[language].plural_from
    counted = TEXTS.text(language, f"{measure}.{'many' if many else 'one'}", count=written(count))
    is_close = abs(known.weight_of(measure, count) - grams) <= CLOSE * grams
    return counted if is_close else TEXTS.text(language, "about", measure=counted)


def written(count: Fraction) -> str:
    """``1½``, ``¾``, ``4``."""
    whole, part = divmod(count, 1)
    return f"{whole or ''}{GLYPHS.get(part, '')}"


def _nearest(count: float, *, fine: bool) -> Fraction:
    if count < 1:
        return min((*PARTS, Fraction(1)), key=lambda part: abs(float(part) - count))
    steps = 1 if count >= WHOLE_FROM else 4 if fine else 2
    return Fraction(round(count * steps), steps)
