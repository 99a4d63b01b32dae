"""How good a draft is, before the solver repairs its portions: what fine-tuning has to teach.

==================  ======  ==================================================================================
component           weight  1 means, and why it counts
==================  ======  ==================================================================================
kcal                0.20    energy within 5 % of the target; 0 from 40 % off. The largest effect on weight.
macros              0.15    protein within 10 % (0 from 50 %), carbohydrate and fat within 15 % (0 from 60 %);
                            protein counts twice, since it decides what is gained or lost.
meal_roles          0.15    every food suits its meal (no lentils at breakfast); 0 from half of them unsuited.
combination         0.15    every meal makes a dish (rules in :mod:`fitbox.nutrition.dishes`).
protein_spread      0.10    breakfast, lunch and dinner each have 60 % or more of their share of the protein
                            (Schoenfeld BJ, Aragon AA, 2018, J Int Soc Sports Nutr 15:10).
variety             0.08    no food twice in the day, lunch and dinner built on different ones.
fruit_vegetables    0.08    400 g or more (WHO, 2003, Technical Report Series 916).
kcal_spread         0.05    each meal within 2 percentage points of its share of energy; 0 from 12.
fibre               0.04    the adequate intake, 14 g per 1000 kcal (Institute of Medicine, 2005).
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
from fitbox.nutrition.constraints import PROTEIN_USES, STARCH_USES, NutritionConstraints
from fitbox.nutrition.dishes import dish_quality
from fitbox.nutrition.draft import NutritionDraft
from fitbox.nutrition.finish import merge_repeats
from fitbox.nutrition.nutrients import Nutrients
from fitbox.nutrition.portions import RECOMMENDED_FRUIT_VEGETABLE_G
from fitbox.nutrition.solve import KCAL_TOLERANCE, energy_range_kcal

WEIGHTS: Mapping[str, float] = {
    "kcal": 0.20,
    "macros": 0.15,
    "meal_roles": 0.15,
    "combination": 0.15,
    "protein_spread": 0.10,
    "variety": 0.08,
    "fruit_vegetables": 0.08,
    "kcal_spread": 0.05,
    "fibre": 0.04,
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
        "fibre": min(1.0, day.fibre_g / macros.fibre_g),
    }
    least, most = energy_range_kcal(
        [foods()[food_id] for meal in draft.meals for food_id in merge_repeats(meal)], target
    )
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
            float(meal.name.role not in food.meal_roles)
            for meal, eaten in zip(draft.meals, meals, strict=True)
            for food in eaten
        ]
    )


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
    """Half for the share of foods that are not repeats, half for lunch and dinner differing in what they are
    built on. A ramp, since one repeat is a habit and three are monotony."""
    eaten = [food.id for meal in meals for food in meal]
    repeats = 1 - len(set(eaten)) / len(eaten)
    bases = [
        {food.id for food in foods_ if food.culinary_use in PROTEIN_USES | STARCH_USES}
        for meal, foods_ in zip(draft.meals, meals, strict=True)
        if meal.name.role is MealRole.MAIN
    ]
    distinct = not set.intersection(*bases)
    return 0.5 * _ramp(repeats, 0.0, 0.25) + 0.5 * float(distinct)
