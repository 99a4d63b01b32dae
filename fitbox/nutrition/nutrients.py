"""Sums of energy and nutrients over portions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from fitbox.foods import Category, Food

WHO_CATEGORIES = frozenset({Category.FRUIT, Category.VEGETABLE})
"""What counts towards the 400 g of fruit and vegetables; potatoes and other starchy roots do not (WHO, 2003,
Technical Report Series 916)."""


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
            fruit_vegetable_g=grams if food.category in WHO_CATEGORIES else 0.0,
        )

    @classmethod
    def total(cls, parts: Iterable[Nutrients]) -> Self:
        """The sum of several portions or meals."""
        rows = [
            (n.kcal, n.protein_g, n.carbohydrate_g, n.fat_g, n.fibre_g, n.fruit_vegetable_g) for n in parts
        ]
        return cls(*(sum(column) for column in zip(*rows, strict=True)))
