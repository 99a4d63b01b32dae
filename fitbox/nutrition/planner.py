"""The expert planner: a varied, balanced day of dishes, deterministic for its seed.

It composes several days (:mod:`fitbox.nutrition.compose`), chooses portions for each by coordinate descent on
the day's targets (:mod:`fitbox.nutrition.portions`), and keeps the best. The result serves as training target
and as the answer when a model's text fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from fitbox.foods import Food
from fitbox.nutrition.bands import portion_bounds
from fitbox.nutrition.compose import Day, compose_day, left_at_the_shop, propose
from fitbox.nutrition.constraints import MealSlot, NutritionConstraints, largest_meal
from fitbox.nutrition.draft import DraftItem, DraftMeal, NutritionDraft
from fitbox.nutrition.portions import Targets, fit_portions
from fitbox.nutrition.solve import energy_range_kcal

CANDIDATE_DAYS = 10
"""Days composed to choose from. More fit the macros better, but let fewer kinds of day through."""

PROPOSALS = 16
"""Single changes that the best of them is offered; a third lead to a day at all."""

LEAST_GAIN = 0.03
"""Of cost, for which a day is changed: a side that adds next to nothing is left out."""


def plan_draft(constraints: NutritionConstraints, seed: int) -> NutritionDraft:
    """A day near the targets, its foods all allowed and its portions solvable."""
    rng = Random(f"{seed}:{constraints.key}:{constraints.assessment.target_kcal:.0f}")
    targets, without = Targets(constraints), left_at_the_shop(constraints, rng)
    candidates = []
    for number in range(CANDIDATE_DAYS):
        day = _make_feasible(compose_day(constraints, rng, without), constraints)
        grams, cost = fit_portions(day, targets)
        candidates.append((cost, number, day, grams))
    cost, _, day, grams = min(candidates, key=lambda candidate: candidate[:2])
    for _ in range(PROPOSALS):
        changed = propose(day, constraints, rng, without)
        if changed is None or not _is_feasible(changed, constraints):
            continue
        portions, changed_cost = fit_portions(changed, targets)
        if changed_cost < cost - LEAST_GAIN:
            cost, day, grams = changed_cost, changed, portions
    return NutritionDraft(
        tuple(
            DraftMeal(slot.name, tuple(DraftItem(f.id, g) for f, g in zip(meal, portions, strict=True)))
            for slot, meal, portions in zip(constraints.slots, day, grams, strict=True)
        )
    )


def _energy_range_kcal(day: Day, target_kcal: float) -> tuple[float, float]:
    ranges = [energy_range_kcal(meal, target_kcal) for meal in day]
    return sum(least for least, _ in ranges), sum(most for _, most in ranges)


def _is_feasible(day: Day, constraints: NutritionConstraints) -> bool:
    target = constraints.assessment.target_kcal
    least, most = _energy_range_kcal(day, target)
    return least <= 0.95 * target and most >= 1.02 * target


def _make_feasible(day: Day, constraints: NutritionConstraints) -> Day:
    """Add, exchange or leave out foods until portions within their bounds can meet the energy target.

    Only members to whom little is left need it. It ends, since every change raises the largest energy or
    leaves out a food. Where single changes stop too low, the largest day is high enough:
    :func:`~fitbox.nutrition.constraints.constrain` made sure of that.
    """
    target = constraints.assessment.target_kcal
    while (most := _energy_range_kcal(day, target)[1]) < 1.02 * target:
        if not _enlarge(day, most, constraints):
            return [largest_meal(slot, constraints) for slot in constraints.slots]
    while _energy_range_kcal(day, target)[0] > 0.95 * target:
        if not _shrink(day, constraints):
            break
    return day


def _enlarge(day: Day, most: float, constraints: NutritionConstraints) -> bool:
    """The one addition, or else exchange, that raises the largest energy the most."""
    target = constraints.assessment.target_kcal

    def most_kcal(food: Food) -> float:
        return portion_bounds(food, target)[1] * food.kcal

    best: tuple[float, int, list[Food]] | None = None
    for index, (slot, meal) in enumerate(zip(constraints.slots, day, strict=True)):
        now = energy_range_kcal(meal, target)[1]
        out = min(meal, key=most_kcal) if len(meal) >= slot.max_items else None
        rest = [other for other in meal if other is not out]
        for food in _insertable(slot, rest, constraints):
            if food in meal:
                continue
            gain = energy_range_kcal([*rest, food], target)[1] - now
            if gain > 0 and (best is None or gain > best[0]):
                best = (gain, index, [*rest, food])
    if best is None:
        return False
    day[best[1]] = best[2]
    return _energy_range_kcal(day, target)[1] > most


def _insertable(slot: MealSlot, meal: Sequence[Food], constraints: NutritionConstraints) -> list[Food]:
    """Foods of the meal's kind from each menu that has the whole meal."""
    return [
        food
        for food in constraints.foods
        if slot.name.role in food.meal_roles
        and constraints.may_be_eaten_together([food.id, *(other.id for other in meal)])
    ]


def _shrink(day: Day, constraints: NutritionConstraints) -> bool:
    """Leave out the food whose smallest portion has the most energy, where the meal keeps enough foods."""
    target = constraints.assessment.target_kcal
    candidates = [
        (portion_bounds(food, target)[0] * food.kcal, index, food)
        for index, (slot, meal) in enumerate(zip(constraints.slots, day, strict=True))
        for food in meal
        if len(meal) > slot.min_items
    ]
    if not candidates:
        return False
    _, index, out = max(candidates, key=lambda candidate: candidate[:2])
    day[index] = [food for food in day[index] if food is not out]
    return True
