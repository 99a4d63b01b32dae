"""The expert planner: a varied, balanced day, deterministic for its seed.

It composes several days from :mod:`fitbox.nutrition.patterns`, chooses portions for each by coordinate
descent on the day's targets (:mod:`fitbox.nutrition.portions`), and keeps the best. The result serves as
training target and as the answer when a model's text fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from fitbox.assessment import DEFICIT_GOALS
from fitbox.foods import Food
from fitbox.nutrition.constraints import MealSlot, NutritionConstraints, largest_meal
from fitbox.nutrition.draft import DraftItem, DraftMeal, NutritionDraft
from fitbox.nutrition.partners import is_welcome
from fitbox.nutrition.patterns import PATTERNS, Part, Pattern
from fitbox.nutrition.portions import fit_portions
from fitbox.nutrition.solve import energy_range_kcal, portion_bounds

CANDIDATE_DAYS = 12
"""Days composed to choose from. More fit the macros better, but let fewer kinds of day through."""

USUAL_MAIN_KCAL = 600.0
"""Energy of a usual main meal: larger ones take optional parts more often, smaller ones less."""

Day = list[list[Food]]


def plan_draft(constraints: NutritionConstraints, seed: int) -> NutritionDraft:
    """A day near the targets, its foods all allowed and its portions solvable."""
    rng = Random(f"{seed}:{constraints.key}:{constraints.assessment.target_kcal:.0f}")
    candidates = []
    for number in range(CANDIDATE_DAYS):
        day = _make_feasible(_compose_day(constraints, rng), constraints)
        grams, cost = fit_portions(day, constraints)
        candidates.append((cost, number, day, grams))
    _, _, day, grams = min(candidates, key=lambda candidate: candidate[:2])
    return NutritionDraft(
        tuple(
            DraftMeal(slot.name, tuple(DraftItem(f.id, g) for f, g in zip(meal, portions, strict=True)))
            for slot, meal, portions in zip(constraints.slots, day, grams, strict=True)
        )
    )


def _compose_day(constraints: NutritionConstraints, rng: Random) -> Day:
    eaten: set[str] = set()
    day: Day = []
    for slot in constraints.slots:
        meal = _compose_meal(slot, constraints, eaten, rng)
        eaten.update(food.id for food in meal)
        day.append(meal)
    return day


def _compose_meal(
    slot: MealSlot, constraints: NutritionConstraints, eaten: set[str], rng: Random
) -> list[Food]:
    """One meal from one menu, without what the day has already, as long as there is something else."""
    menus = list(constraints.menus)
    rng.shuffle(menus)
    role = slot.name.role
    deficit = constraints.assessment.goal in DEFICIT_GOALS
    for menu in menus:
        suited = [food for food in menu if role in food.meal_roles]
        fresh = [food for food in suited if food.id not in eaten]
        for pool in (fresh, suited):
            patterns = [
                pattern
                for pattern in PATTERNS[role]
                if not (deficit and pattern.energy_dense) and _can_fill(pattern, pool)
            ]
            if patterns:
                pattern = rng.choices(patterns, [pattern.weight for pattern in patterns])[0]
                return _fill(pattern, pool, slot, constraints, rng)
    return _anything(slot, constraints, rng)


def _can_fill(pattern: Pattern, pool: Sequence[Food]) -> bool:
    """Whether each certain part finds a food of its own."""
    used: set[str] = set()
    for part in pattern.parts:
        if part.chance < 1:
            continue
        choice = next((food for food in pool if food.culinary_use in part.uses and food.id not in used), None)
        if choice is None:
            return False
        used.add(choice.id)
    return True


def _fill(
    pattern: Pattern, pool: Sequence[Food], slot: MealSlot, constraints: NutritionConstraints, rng: Random
) -> list[Food]:
    size = slot.kcal_share * constraints.assessment.target_kcal / USUAL_MAIN_KCAL
    meal: list[Food] = []
    for part in pattern.parts:
        choices = _choices(part, pool, meal)
        if not choices or len(meal) == slot.max_items:
            continue
        if part.chance == 1 or rng.random() < part.chance * min(max(size, 0.5), 1.5):
            meal.append(rng.choice(choices))
    return meal


def _choices(part: Part, pool: Sequence[Food], meal: Sequence[Food]) -> list[Food]:
    """Foods for a part, without those that the meal has; in good company where there are such."""
    company = {food.id for food in meal}
    fitting = [food for food in pool if food.culinary_use in part.uses and food.id not in company]
    return [food for food in fitting if is_welcome(food.id, company)] or (fitting if part.chance == 1 else [])


def _anything(slot: MealSlot, constraints: NutritionConstraints, rng: Random) -> list[Food]:
    """Where no pattern can be filled: foods of the right kind of meal, of as many categories as possible."""
    role = slot.name.role
    menu = max(constraints.menus, key=lambda menu: sum(role in food.meal_roles for food in menu))
    suited = [food for food in menu if role in food.meal_roles]
    rng.shuffle(suited)
    meal: list[Food] = []
    for food in suited:
        if len(meal) < slot.max_items and all(food.category is not other.category for other in meal):
            meal.append(food)
    missing = max(slot.min_items - len(meal), 0)
    return meal + [food for food in suited if food not in meal][:missing]


def _make_feasible(day: Day, constraints: NutritionConstraints) -> Day:
    """Add, exchange or leave out foods until portions within their bounds can meet the energy target.

    Ends, since every change raises the largest energy or leaves out a food. Where single changes stop too
    low, the largest day is high enough: :func:`~fitbox.nutrition.constraints.constrain` made sure of that.
    """
    target = constraints.assessment.target_kcal
    while energy_range_kcal([food for meal in day for food in meal], target)[1] < 1.02 * target:
        if not _enlarge(day, constraints):
            return [largest_meal(slot, constraints) for slot in constraints.slots]
    while energy_range_kcal([food for meal in day for food in meal], target)[0] > 0.95 * target:
        if not _shrink(day, constraints):
            break
    return day


def _enlarge(day: Day, constraints: NutritionConstraints) -> bool:
    """The one addition, or else exchange, that raises the largest energy the most."""
    target = constraints.assessment.target_kcal

    def most_kcal(food: Food) -> float:
        return portion_bounds(food, target)[1] * food.kcal

    best: tuple[float, int, Food | None, Food] | None = None
    for index, (slot, meal) in enumerate(zip(constraints.slots, day, strict=True)):
        out = min(meal, key=most_kcal) if len(meal) >= slot.max_items else None
        for food in _insertable(slot, [other for other in meal if other is not out], constraints):
            if food in meal:
                continue
            gain = most_kcal(food) - (most_kcal(out) if out else 0)
            if gain > 0 and (best is None or gain > best[0]):
                best = (gain, index, out, food)
    if best is None:
        return False
    _, index, out, food = best
    day[index] = [other for other in day[index] if other is not out] + [food]
    return True


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
