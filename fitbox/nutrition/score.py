"""How good a draft is, before the solver repairs its portions: what fine-tuning has to teach.

==================  ======  ==================================================================================
component           weight  1 means, and why it counts
==================  ======  ==================================================================================
kcal                0.17    energy within 5 % of the target; 0 from 40 % off. The largest effect on weight.
macros              0.13    protein within 10 % (0 from 50 %), carbohydrate and fat within 15 % (0 from 60 %);
                            protein counts twice, since it decides what is gained or lost.
combination         0.17    every meal is a dish that people know (:mod:`fitbox.nutrition.dishes`): half for a
                            meal with one odd or missing food, 0 for more.
variety             0.12    no food twice in the day; 0 where lunch and dinner are built on the same food.
meal_roles          0.09    every food suits its meal (no lentils at breakfast); 0 from half of them unsuited.
protein_spread      0.09    breakfast, lunch and dinner each have 60 % or more of their share of the protein
                            (Schoenfeld BJ, Aragon AA, 2018, J Int Soc Sports Nutr 15:10).
fruit_vegetables    0.07    400 g or more (WHO, 2003, Technical Report Series 916).
portions            0.07    every portion is one that people eat (:mod:`fitbox.nutrition.bands`), 0 from a
                            third of them that are not.
fibre               0.05    the adequate intake, 14 g per 1000 kcal (Institute of Medicine, 2005), up to the
                            ceiling of :mod:`fitbox.nutrition.ceilings`; 0 from 1.4 times the ceiling.
kcal_spread         0.04    each meal within 2 percentage points of its share of energy; 0 from 12.
==================  ======  ==================================================================================

``quality`` is the weighted geometric mean, each component counted as at least :data:`LEAST`: what is good
must not pay for what is not. A day with twice the energy is no better for its fibre, and in an arithmetic
mean foods drawn at random collect half of the score from what almost any pile of food has.

Safety is no component: the grammar and the check make it certain for every draft.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from fitbox.foods import Food, MealRole, foods
from fitbox.nutrition.bands import draft_portions, meal_bounds
from fitbox.nutrition.ceilings import fibre_ceiling_g
from fitbox.nutrition.constraints import PROTEIN_USES, STARCH_USES, NutritionConstraints
from fitbox.nutrition.dishes import dish_of, dish_quality
from fitbox.nutrition.draft import NutritionDraft
from fitbox.nutrition.finish import merge_repeats
from fitbox.nutrition.nutrients import Nutrients
from fitbox.nutrition.portions import RECOMMENDED_FRUIT_VEGETABLE_G
from fitbox.nutrition.solve import KCAL_TOLERANCE, energy_range_kcal

WEIGHTS: Mapping[str, float] = {
    "kcal": 0.17,
    "macros": 0.13,
    "combination": 0.17,
    "variety": 0.12,
    "meal_roles": 0.09,
    "protein_spread": 0.09,
    "fruit_vegetables": 0.07,
    "portions": 0.07,
    "fibre": 0.05,
    "kcal_spread": 0.04,
}

LEAST = 0.05
"""A component never counts as less, so that days that fail in one respect can still be told apart."""

PROTEIN_SHARE_NEEDED = 0.6
"""Part of a main meal's share of the day's protein that counts as enough."""


def score(draft: NutritionDraft, constraints: NutritionConstraints) -> dict[str, float]:
    """Components and ``quality`` in [0, 1]; raw measures: relative errors before the solver, items, and
    ``raw_feasible`` (1 where the solver can meet the energy target with these foods)."""
    meals = [[foods()[item.food_id] for item in meal.items] for meal in draft.meals]
    supplied = [
        Nutrients.total(Nutrients.of(foods()[item.food_id], item.grams) for item in meal.items)
        for meal in draft.meals
    ]
    day = Nutrients.total(supplied)
    target, macros = constraints.assessment.target_kcal, constraints.assessment.macros
    errors = {
        "kcal": _relative_error(day.kcal, target),
        "protein": _relative_error(day.protein_g, macros.protein_g),
        "carbohydrate": _relative_error(day.carbohydrate_g, macros.carbohydrate_g),
        "fat": _relative_error(day.fat_g, macros.fat_g),
    }
    components = {
        "kcal": _ramp(errors["kcal"], 0.05, 0.40),
        "macros": (
            2 * _ramp(errors["protein"], 0.10, 0.50)
            + _ramp(errors["carbohydrate"], 0.15, 0.60)
            + _ramp(errors["fat"], 0.15, 0.60)
        )
        / 4,
        "meal_roles": _ramp(_unsuited_share(draft, meals), 0.0, 0.5),
        "combination": _mean(
            [dish_quality(meal.name.role, eaten) for meal, eaten in zip(draft.meals, meals, strict=True)]
        ),
        "protein_spread": _protein_spread(draft, supplied, constraints),
        "variety": _variety(draft, meals),
        "fruit_vegetables": min(1.0, day.fruit_vegetable_g / RECOMMENDED_FRUIT_VEGETABLE_G),
        "kcal_spread": _mean(
            [
                _ramp(abs(meal.kcal / max(day.kcal, 1.0) - slot.kcal_share), 0.02, 0.12)
                for slot, meal in zip(constraints.slots, supplied, strict=True)
            ]
        ),
        "fibre": _fibre(day.fibre_g, macros.fibre_g),
        "portions": _ramp(_unusual_share(draft, target), 0.0, 1 / 3),
    }
    ranges = [
        energy_range_kcal([foods()[food_id] for food_id in merge_repeats(meal)], target)
        for meal in draft.meals
    ]
    least, most = sum(low for low, _ in ranges), sum(high for _, high in ranges)
    solvable = least <= target * (1 + KCAL_TOLERANCE) and most >= target * (1 - KCAL_TOLERANCE)
    return {
        **components,
        "quality": math.prod(max(value, LEAST) ** WEIGHTS[name] for name, value in components.items()),
        **{f"raw_{name}_error": error for name, error in errors.items()},
        "raw_items": float(sum(map(len, meals))),
        "raw_feasible": float(solvable),
    }


def _relative_error(value: float, target: float) -> float:
    return abs(value / target - 1)


def _ramp(error: float, good: float, bad: float) -> float:
    """1 up to ``good``, 0 from ``bad``, linear between."""
    return min(1.0, max(0.0, (bad - error) / (bad - good)))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _unsuited_share(draft: NutritionDraft, meals: Sequence[Sequence[Food]]) -> float:
    return _mean(
        [
            float(meal.name.role not in food.meal_roles and not is_dish)
            for meal, eaten in zip(draft.meals, meals, strict=True)
            for is_dish in [dish_of(meal.name.role, [food.id for food in eaten]) is not None]
            for food in eaten
        ]
    )


def _fibre(supplied_g: float, target_g: float) -> float:
    """Enough, and not a jump."""
    passed = supplied_g / fibre_ceiling_g(target_g)
    return min(1.0, supplied_g / target_g) * _ramp(passed, 1.0, 1.4)


def _unusual_share(draft: NutritionDraft, target_kcal: float) -> float:
    """Share of portions that nobody eats: outside the bands, with the nearest portions a draft can name."""
    odd = []
    for meal in draft.meals:
        portions = merge_repeats(meal)
        eaten = [foods()[food_id] for food_id in portions]
        for food, bounds in zip(eaten, meal_bounds(eaten, target_kcal), strict=True):
            usual = draft_portions(food, bounds)
            odd.append(float(not usual[0] <= portions[food.id] <= usual[-1]))
    return _mean(odd)


def _protein_spread(
    draft: NutritionDraft, supplied: Sequence[Nutrients], constraints: NutritionConstraints
) -> float:
    wanted = PROTEIN_SHARE_NEEDED * constraints.assessment.macros.protein_g
    return _mean(
        [
            min(1.0, eaten.protein_g / (wanted * slot.kcal_share))
            for meal, slot, eaten in zip(draft.meals, constraints.slots, supplied, strict=True)
            if meal.name.role is not MealRole.SNACK
        ]
    )


def _variety(draft: NutritionDraft, meals: Sequence[Sequence[Food]]) -> float:
    """The share of foods that are not repeats, a ramp, since one is a habit and three are monotony; nothing
    where lunch and dinner are built on the same food: that is one plate twice."""
    eaten = [food.id for meal in meals for food in meal]
    repeats = 1 - len(set(eaten)) / len(eaten)
    bases = [
        {food.id for food in foods_ if food.culinary_use in PROTEIN_USES | STARCH_USES}
        for meal, foods_ in zip(draft.meals, meals, strict=True)
        if meal.name.role is MealRole.MAIN
    ]
    distinct = not set.intersection(*bases)
    return _ramp(repeats, 0.0, 0.25) * float(distinct)
