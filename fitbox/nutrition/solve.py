"""The portion solver: foods -> grams that meet the energy target, and the macros as near as they can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import lsq_linear

from fitbox.assessment import Macros
from fitbox.errors import PlanInfeasibleError
from fitbox.foods import Food
from fitbox.nutrition.bands import meal_bounds

KCAL_TOLERANCE = 0.02
"""Largest relative error of a finished plan's energy."""

CLOSE_ENOUGH = 0.004
"""Relative error below which rounded portions are not corrected any further."""

KCAL_WEIGHT, PROTEIN_WEIGHT, CARBOHYDRATE_WEIGHT, FAT_WEIGHT, DRAFT_WEIGHT = 20.0, 14.0, 1.0, 1.0, 0.1
"""Weights of the relative errors. Energy is all but a constraint; carbohydrate and fat share what protein
leaves; the pull towards the draft keeps the choice unique and the model's intention visible."""

CEILING_WEIGHT = 6.0
"""Of a ceiling that the day would pass: below energy and protein."""

FLOOR_WEIGHT = 1.5
"""Of a floor that the day would not reach: below protein, since most floors hold for the mean of a week."""

CEILING_ROUNDS = 3
"""Solutions in which further ceilings may turn out to be passed."""

CEILING_MARGIN, FLOOR_MARGIN = 0.97, 1.03
"""Part of a limit that is aimed at, since rounding and energy move portions afterwards."""

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ceiling:
    """What a day, or one of its meals, shall not have more of."""

    per_100_g: Callable[[Food], float]
    """Amount in 100 g of a food; 0 where it is unknown."""
    most: float
    meal: int | None = None
    """Its number, from 0; ``None``: the whole day."""


@dataclass(frozen=True)
class Floor:
    """What a day shall not have less of."""

    per_100_g: Callable[[Food], float]
    """As of a ceiling."""
    least: float


def energy_range_kcal(foods: Sequence[Food], target_kcal: float) -> tuple[float, float]:
    """Least and most energy that one meal of these foods, one portion of each, can supply."""
    bounds = meal_bounds(foods, target_kcal)
    least = sum(low * food.kcal for food, (low, _) in zip(foods, bounds, strict=True)) / 100
    most = sum(high * food.kcal for food, (_, high) in zip(foods, bounds, strict=True)) / 100
    return least, most


def solve_portions(
    meals: Sequence[Sequence[Food]],
    draft_grams: Sequence[int],
    target_kcal: float,
    macros: Macros,
    ceilings: Sequence[Ceiling] = (),
    floors: Sequence[Floor] = (),
) -> tuple[int, ...]:
    """Grams of each food of each meal, whole, within :func:`~fitbox.nutrition.bands.meal_bounds`, energy
    within :data:`KCAL_TOLERANCE`, under each ceiling and over each floor as far as that goes together.

    Bounded linear least squares on relative errors (Stark PB, Parker RL, 1995, Comput Stat 10:129-141), again
    with the ceilings and floors that it passed as further targets, then rounding to portions one can weigh,
    then single steps until the energy fits again. Deterministic.

    Raises:
        PlanInfeasibleError: no portions of these foods within their bounds meet the target.
    """
    foods = [food for meal in meals for food in meal]
    bounds = np.array([pair for meal in meals for pair in meal_bounds(meal, target_kcal)], dtype=float)
    low, high = bounds[:, 0], bounds[:, 1]
    kcal_per_g = np.array([food.kcal for food in foods]) / 100
    least, most = float(low @ kcal_per_g), float(high @ kcal_per_g)
    if least > target_kcal * (1 + KCAL_TOLERANCE) or most < target_kcal * (1 - KCAL_TOLERANCE):
        raise PlanInfeasibleError(
            f"these foods supply {least:.0f} to {most:.0f} kcal, the target is {target_kcal:.0f}"
        )
    limits = _limits(meals, ceilings, floors)
    relaxed = _relaxed(foods, np.array(draft_grams, dtype=float), low, high, target_kcal, macros, limits)
    # Portions that are weighed on a kitchen scale go in fives, spoonfuls in ones.
    steps = np.where(high > 70, 5.0, 1.0)
    grams = np.clip(np.round(relaxed / steps) * steps, low, high)
    grams = _correct_energy(grams, steps, low, high, kcal_per_g, target_kcal)
    if abs(float(grams @ kcal_per_g) - target_kcal) > KCAL_TOLERANCE * target_kcal:
        raise PlanInfeasibleError(f"no whole portions of these foods supply {target_kcal:.0f} kcal")
    return tuple(round(g) for g in grams)


@dataclass(frozen=True)
class _Limit:
    """A ceiling or floor of one day: its amounts a gram of each food, and the row that holds it."""

    per_g: Vector
    bound: float
    weight: float
    aim: float

    def is_passed(self, grams: Vector) -> bool:
        """Whether these portions are on its wrong side."""
        return (float(self.per_g @ grams) - self.bound) * (1 - self.aim) > 0


def _limits(
    meals: Sequence[Sequence[Food]], ceilings: Sequence[Ceiling], floors: Sequence[Floor]
) -> list[_Limit]:
    foods = [(number, food) for number, meal in enumerate(meals) for food in meal]
    above = [
        (
            [one.per_100_g(food) * (one.meal in {None, number}) for number, food in foods],
            one.most,
            CEILING_WEIGHT,
            CEILING_MARGIN,
        )
        for one in ceilings
    ]
    below = [
        ([one.per_100_g(food) for _, food in foods], one.least, FLOOR_WEIGHT, FLOOR_MARGIN) for one in floors
    ]
    return [
        _Limit(np.array(amounts) / 100, bound, weight, aim) for amounts, bound, weight, aim in above + below
    ]


def _relaxed(
    foods: Sequence[Food],
    draft: Vector,
    low: Vector,
    high: Vector,
    target_kcal: float,
    macros: Macros,
    limits: Sequence[_Limit],
) -> Vector:
    """Real portions: least squares, and again with a row for each limit that the solution passes."""
    high = np.maximum(high, low + 1e-6)  # The method wants room between the bounds.
    per_g = np.array([(f.kcal, f.protein_g, f.carbohydrate_g, f.fat_g) for f in foods]).T / 100
    targets = np.array([target_kcal, macros.protein_g, macros.carbohydrate_g, macros.fat_g])
    weights = np.array([KCAL_WEIGHT, PROTEIN_WEIGHT, CARBOHYDRATE_WEIGHT, FAT_WEIGHT])
    # A target of almost nothing (a low-fat plan of a small member) must not swamp the others.
    scale = weights / np.maximum(targets, 10.0)
    typical = np.array([food.portion_g for food in foods], dtype=float)
    rows = np.vstack([per_g * scale[:, None], np.diag(DRAFT_WEIGHT / typical)])
    wanted = np.concatenate([targets * scale, DRAFT_WEIGHT * draft / typical])
    solution: Vector = lsq_linear(rows, wanted, bounds=(low, high), method="bvls").x
    left = list(limits)
    for _ in range(CEILING_ROUNDS):
        passed = [limit for limit in left if limit.is_passed(solution)]
        if not passed:
            break
        left = [limit for limit in left if not limit.is_passed(solution)]
        rows = np.vstack([rows, *(limit.per_g * limit.weight / limit.bound for limit in passed)])
        wanted = np.concatenate([wanted, [limit.aim * limit.weight for limit in passed]])
        solution = lsq_linear(rows, wanted, bounds=(low, high), method="bvls").x
    return solution


def _correct_energy(
    grams: Vector, steps: Vector, low: Vector, high: Vector, kcal_per_g: Vector, target_kcal: float
) -> Vector:
    """Single steps, each the one that brings the energy nearest to the target."""
    while True:
        missing = target_kcal - float(grams @ kcal_per_g)
        if abs(missing) <= CLOSE_ENOUGH * target_kcal:
            return grams
        moved = np.clip(grams + np.sign(missing) * steps, low, high)
        remaining = np.abs(missing - (moved - grams) * kcal_per_g)
        best = int(np.argmin(remaining))
        if remaining[best] >= abs(missing):
            return grams
        grams = grams.copy()
        grams[best] = moved[best]
