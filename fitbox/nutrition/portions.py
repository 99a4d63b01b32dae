"""Choosing a draft's portions among the few that the text format has, by coordinate descent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

from fitbox.foods import Food, foods
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.nutrients import Nutrients

RECOMMENDED_FRUIT_VEGETABLE_G = 400.0
"""A day (WHO, 2003, Technical Report Series 916)."""

KCAL_COST, PROTEIN_COST, CARBOHYDRATE_COST, FAT_COST = 5.0, 2.0, 0.7, 1.0
SPREAD_COST, FRUIT_VEGETABLE_COST, FIBRE_COST, UNUSUAL_COST = 2.0, 1.0, 0.3, 0.03
"""Costs of the relative errors: energy first, then protein, as in the solver that runs afterwards."""

MAX_PASSES = 5
"""Passes over all foods; the descent nearly always rests after three."""

Grams = list[list[int]]
Row = tuple[float, ...]
"""What a portion adds: kcal, protein, carbohydrate, fat, fibre, fruit and vegetables, unusualness."""


def fit_portions(day: Sequence[Sequence[Food]], constraints: NutritionConstraints) -> tuple[Grams, float]:
    """Portions of each food of each meal, and their cost (0 is on every target, with usual portions)."""
    search = _Descent(day, constraints)
    for _ in range(MAX_PASSES):
        improved = [
            search.improve(meal, item) for meal, foods in enumerate(day) for item in range(len(foods))
        ]
        if not any(improved):
            break
    return search.grams, search.cost


@cache
def _rows(food_id: str) -> dict[int, Row]:
    """What each portion of a food adds, by grams; as many entries as the catalog has foods."""
    food = foods()[food_id]
    rows: dict[int, Row] = {}
    for grams in food.portions:
        n = Nutrients.of(food, grams)
        unusual = abs(math.log(grams / food.portion_g))
        rows[grams] = (
            n.kcal,
            n.protein_g,
            n.carbohydrate_g,
            n.fat_g,
            n.fibre_g,
            n.fruit_vegetable_g,
            unusual,
        )
    return rows


class _Descent:
    """The state of one descent. Sums are kept up to date, so that a trial costs the same for any day."""

    def __init__(self, day: Sequence[Sequence[Food]], constraints: NutritionConstraints) -> None:
        self._day = day
        self._target = constraints.assessment.target_kcal
        self._macros = constraints.assessment.macros
        self._meal_targets = [slot.kcal_share * self._target for slot in constraints.slots]
        self.grams: Grams = [[food.portion_g for food in meal] for meal in day]
        rows = [[_rows(food.id)[food.portion_g] for food in meal] for meal in day]
        self._meal_kcal = [sum(row[0] for row in meal) for meal in rows]
        self._sums: Row = tuple(map(sum, zip(*(row for meal in rows for row in meal), strict=True)))
        self._spread = sum(abs(a - b) for a, b in zip(self._meal_kcal, self._meal_targets, strict=True))
        self.cost = self._cost(self._sums, self._spread)

    def improve(self, meal: int, item: int) -> bool:
        """Put one food at its best portion; whether that changed anything."""
        rows = _rows(self._day[meal][item].id)
        now = rows[self.grams[meal][item]]
        meal_kcal, meal_target = self._meal_kcal[meal], self._meal_targets[meal]
        other_spread = self._spread - abs(meal_kcal - meal_target)
        best: tuple[float, int, Row, float] | None = None
        for grams, row in rows.items():
            sums = tuple(total + new - old for total, new, old in zip(self._sums, row, now, strict=True))
            spread = other_spread + abs(meal_kcal + row[0] - now[0] - meal_target)
            cost = self._cost(sums, spread)
            if cost < (best[0] if best else self.cost) - 1e-9:
                best = (cost, grams, sums, spread)
        if best is None:
            return False
        self.cost, self.grams[meal][item], self._sums, self._spread = best
        self._meal_kcal[meal] += rows[best[1]][0] - now[0]
        return True

    def _cost(self, sums: Row, spread_kcal: float) -> float:
        kcal, protein, carbohydrate, fat, fibre, fruit_vegetables, unusual = sums
        macros = self._macros
        return (
            KCAL_COST * abs(kcal / self._target - 1)
            + PROTEIN_COST * abs(protein / macros.protein_g - 1)
            + CARBOHYDRATE_COST * abs(carbohydrate / macros.carbohydrate_g - 1)
            + FAT_COST * abs(fat / macros.fat_g - 1)
            + SPREAD_COST * spread_kcal / self._target
            + FRUIT_VEGETABLE_COST * max(0.0, 1 - fruit_vegetables / RECOMMENDED_FRUIT_VEGETABLE_G)
            + FIBRE_COST * max(0.0, 1 - fibre / macros.fibre_g)
            + UNUSUAL_COST * unusual
        )
