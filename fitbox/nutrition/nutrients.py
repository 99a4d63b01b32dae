"""Sums of energy and nutrients over portions, and how much of a day each sum covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from fitbox.food_nutrients import Nutrient
from fitbox.foods import Food


@dataclass(frozen=True)
class Nutrients:
    """Energy in kcal, the rest in grams."""

    kcal: float = 0.0
    protein_g: float = 0.0
    carbohydrate_g: float = 0.0
    fat_g: float = 0.0
    fibre_g: float = 0.0
    fruit_vegetable_g: float = 0.0

    @classmethod
    def of(cls, food: Food, grams: float) -> Self:
        """What a portion supplies."""
        part = grams / 100
        return cls(
            kcal=food.kcal * part,
            protein_g=food.protein_g * part,
            carbohydrate_g=food.carbohydrate_g * part,
            fat_g=food.fat_g * part,
            fibre_g=food.fibre_g * part,
            fruit_vegetable_g=food.nutrients[Nutrient.FRUIT_VEGETABLES] * part,
        )

    @classmethod
    def total(cls, parts: Iterable[Nutrients]) -> Self:
        """The sum of several portions or meals."""
        rows = [
            (n.kcal, n.protein_g, n.carbohydrate_g, n.fat_g, n.fibre_g, n.fruit_vegetable_g) for n in parts
        ]
        return cls(*(sum(column) for column in zip(*rows, strict=True)))


@dataclass(frozen=True)
class Supply:
    """What a day brings of one nutrient, as far as that is known."""

    amount: float
    """In the nutrient's unit; of the foods with a known figure alone, so the least that the day brings."""
    coverage: float
    """Those foods' share of the day's energy, in [0, 1]."""

    @property
    def estimate(self) -> float | None:
        """What the day would bring if the other foods were like the known ones; ``None`` if none is known."""
        return self.amount / self.coverage if self.coverage else None


def supplies(day: Sequence[tuple[Food, float]]) -> Mapping[Nutrient, Supply]:
    """Every nutrient of these foods and grams."""
    kcal = sum(food.kcal * grams for food, grams in day)
    return {nutrient: _supply(nutrient, day, kcal) for nutrient in Nutrient}


def _supply(nutrient: Nutrient, day: Sequence[tuple[Food, float]], kcal: float) -> Supply:
    known = [(food, grams) for food, grams in day if nutrient in food.nutrients]
    amount = sum(food.nutrients[nutrient] * grams for food, grams in known) / 100
    if len(known) == len(day):
        return Supply(amount, 1.0)
    return Supply(amount, sum(food.kcal * grams for food, grams in known) / kcal if kcal else 0.0)
