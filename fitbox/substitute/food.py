"""Another food for one of a day, and another meal: the day's portions are solved again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fitbox.choosing import Rated, value
from fitbox.errors import FieldViolation, InvalidProfileError, NoPlanPossibleError, PlanInfeasibleError
from fitbox.foods import Food, foods
from fitbox.nutrition.constraints import RULES, MealSlot, NutritionConstraints
from fitbox.nutrition.draft import DraftItem, DraftMeal, NutritionDraft
from fitbox.nutrition.task import NUTRITION
from fitbox.plan import Meal, NutritionPlan
from fitbox.reply import Alternative, Substitution, told
from fitbox.substitute.exercise import MOST_ALTERNATIVES
from fitbox.substitute.received import NO_IDENTIFIER, DayOfEating, day_of, why_excluded

_TRIED = 16
"""The most similar foods, for which a day is solved."""
_DAYS = 6
"""Days that the planner composes to take one meal from."""
_RELAX = ("disliked_foods", "diet", "allergies")


def substitute_food(
    day: DayOfEating,
    meal: int,
    food_id: str,
    constraints: NutritionConstraints,
    *,
    replacement_id: str = "",
) -> Substitution[NutritionPlan, Alternative]:
    """The day with another food in one place; every other food stays, and the portions are solved again.

    Args:
        day: As it was received.
        meal: Counts from 1.
        food_id: What is to go.
        constraints: The member's envelope, which the food to go need not be in any more.
        replacement_id: What is to come; empty for the best.

    Raises:
        InvalidProfileError: the day is not of this envelope, the food is not in that meal, or the replacement
            is unknown, excluded, or there already.
        NoPlanPossibleError: nothing else can stand there, or no portions of it meet the day's energy.
    """
    number = _meal_index(day, meal)
    position = _position(day, number, food_id)
    draft = day_of(day, constraints, besides={(number, position)})
    old, slot, items = foods()[food_id], constraints.slots[number], draft.meals[number].items
    company = [item.food_id for item in items if item.food_id != food_id]
    if replacement_id:
        candidates = [_wanted("replacement_id", replacement_id, company, constraints)]
    else:
        eaten = {food.food_id for one in day for food in one}
        candidates = [
            food
            for food in constraints.foods
            if food.id not in eaten
            and slot.name.role in food.meal_roles
            and constraints.may_be_eaten_together([food.id, *company])
        ]
        candidates.sort(key=lambda food: -round(food_similarity(old, food), 6))
    found = []
    for food in candidates[:_TRIED]:
        grams = _like(food, items[position].grams * old.kcal / max(food.kcal, 1.0))
        changed = (*items[:position], DraftItem(food.id, grams), *items[position + 1 :])
        made = _solved(_with_meal(draft, number, changed), constraints)
        if made is not None:
            plan, quality = made
            # Likeness first: what stands beside it was chosen for what stood here.
            found.append((-food_similarity(old, food) * quality, food, plan))
    found.sort(key=lambda one: one[0])
    if not found:
        what = f"{replacement_id} cannot" if replacement_id else "no other food can"
        raise NoPlanPossibleError(
            "NO_SUBSTITUTE",
            f"{what} take the place of {food_id} within 2 % of the day's energy",
            _RELAX,
        )
    language = constraints.profile.language
    return Substitution(
        found[0][2],
        told(constraints.assessment, language),
        tuple(
            Alternative(food.id, food.name(language), round(food_similarity(old, food), 3))
            for _, food, _ in found[:MOST_ALTERNATIVES]
        ),
    )


def substitute_meal(
    day: DayOfEating,
    meal: int,
    constraints: NutritionConstraints,
    *,
    replacement_ids: Sequence[str] = (),
) -> Substitution[NutritionPlan, Meal]:
    """The day with another meal in one place; every other food stays, and the portions are solved again.

    Args:
        day: As it was received.
        meal: Counts from 1.
        constraints: The member's envelope, which the meal to go need not be in any more.
        replacement_ids: Foods of the meal to come; none for the planner's best.

    Raises:
        InvalidProfileError: the day is not of this envelope, or a replacement is unknown or excluded, or they
            are too few, too many, or not eaten together.
        NoPlanPossibleError: the planner has no other meal, or no portions meet the day's energy.
    """
    number = _meal_index(day, meal)
    places = {(number, position) for position in range(len(day[number]))}
    draft = day_of(day, constraints, besides=places)
    slot = constraints.slots[number]
    had = frozenset(food.food_id for food in day[number])
    elsewhere = {food.food_id for index, one in enumerate(day) if index != number for food in one}
    if replacement_ids:
        meals = [_wanted_meal(replacement_ids, slot, constraints)]
    else:
        meals = _planned_meals(number, had | elsewhere, constraints)
    found = []
    for items in meals:
        made = _solved(_with_meal(draft, number, items), constraints)
        if made is not None:
            plan, quality = made
            repeats = Rated(quality, frozenset(item.food_id for item in items))
            found.append((-value(repeats, had | elsewhere), plan))
    found.sort(key=lambda one: one[0])
    if not found:
        raise NoPlanPossibleError("NO_SUBSTITUTE", f"no other meal can take the place of meal {meal}", _RELAX)
    return Substitution(
        found[0][1],
        told(constraints.assessment, constraints.profile.language),
        tuple(plan.meals[number] for _, plan in found[:MOST_ALTERNATIVES]),
    )


def food_similarity(old: Food, new: Food) -> float:
    """How alike two foods are on a plate: use, category, and where their energy comes from."""
    shares = zip(_energy_shares(old), _energy_shares(new), strict=True)
    macros = 1 - sum(abs(one - other) for one, other in shares) / 2
    dense = min(old.kcal, new.kcal) / max(old.kcal, new.kcal, 1.0)
    use, category = old.culinary_use is new.culinary_use, old.category is new.category
    return 0.45 * use + 0.15 * category + 0.25 * macros + 0.15 * dense


def _energy_shares(food: Food) -> tuple[float, float, float]:
    parts = 4 * food.protein_g, 4 * food.carbohydrate_g, 9 * food.fat_g
    total = max(sum(parts), 1.0)
    protein, carbohydrate, fat = (part / total for part in parts)
    return protein, carbohydrate, fat


def _like(food: Food, grams: float) -> int:
    """The portion of a food that is nearest to so many grams."""
    return min(food.portions, key=lambda portion: abs(portion - grams))


def _with_meal(draft: NutritionDraft, number: int, items: Sequence[DraftItem]) -> NutritionDraft:
    meal = replace(draft.meals[number], items=tuple(items))
    return NutritionDraft((*draft.meals[:number], meal, *draft.meals[number + 1 :]))


def _solved(draft: NutritionDraft, constraints: NutritionConstraints) -> tuple[NutritionPlan, float] | None:
    """The plan and its quality, where there are portions for it and it breaks no rule."""
    try:
        plan = NUTRITION.finish(draft, constraints)
    except PlanInfeasibleError:
        return None
    if NUTRITION.check(plan, constraints):
        return None
    return plan, NUTRITION.score(draft, constraints)["quality"]


def _planned_meals(
    number: int, avoid: frozenset[str] | set[str], constraints: NutritionConstraints
) -> list[tuple[DraftItem, ...]]:
    """The planner's meals for a slot, without those that repeat all of what is to be avoided."""
    found: dict[frozenset[str], DraftMeal] = {}
    for seed in range(_DAYS):
        meal = NUTRITION.plan(constraints, seed).meals[number]
        items = frozenset(item.food_id for item in meal.items)
        if not items <= avoid:
            found.setdefault(items, meal)
    return [meal.items for meal in found.values()]


def _wanted(field: str, food_id: str, company: Sequence[str], constraints: NutritionConstraints) -> Food:
    food = foods().get(food_id)
    if food is None:
        problem = NO_IDENTIFIER
    elif food.id not in constraints.allowed:
        problem = why_excluded([food], RULES, constraints.profile)
    elif food.id in company:
        problem = "is in that meal already"
    elif not constraints.may_be_eaten_together([food.id, *company]):
        problem = "meat with milk or fish: excluded by KOSHER"
    else:
        return food
    raise InvalidProfileError((FieldViolation(field, problem),))


def _wanted_meal(
    ids: Sequence[str], slot: MealSlot, constraints: NutritionConstraints
) -> tuple[DraftItem, ...]:
    if not slot.min_items <= len(ids) <= slot.max_items:
        problem = f"must be {slot.min_items} to {slot.max_items} foods"
        raise InvalidProfileError((FieldViolation("replacement_ids", problem),))
    chosen: list[Food] = []
    for index, food_id in enumerate(ids):
        company = [food.id for food in chosen]
        chosen.append(_wanted(f"replacement_ids[{index}]", food_id, company, constraints))
    return tuple(DraftItem(food.id, food.portion_g) for food in chosen)


def _meal_index(day: DayOfEating, meal: int) -> int:
    if not 1 <= meal <= len(day):
        raise InvalidProfileError((FieldViolation("meal", f"must be from 1 to {len(day)}"),))
    return meal - 1


def _position(day: DayOfEating, number: int, food_id: str) -> int:
    if food_id not in foods():
        raise InvalidProfileError((FieldViolation("food_id", NO_IDENTIFIER),))
    ids = [food.food_id for food in day[number]]
    if food_id not in ids:
        raise InvalidProfileError((FieldViolation("food_id", f"is not in meal {number + 1} of the plan"),))
    return ids.index(food_id)
