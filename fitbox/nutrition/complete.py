"""A day that no portions can solve, made solvable: one food more, less or exchanged at a time.

A model chooses foods one after the other and cannot count their energy; a planner that has few foods left has
the same trouble. What is missing is added where it is least noticed: first what may stand beside a meal's
dish, then anything of the meal's kind, then another food of the same use in the place of one. What is too
much is left out, first what is odd in a dish. Nothing leaves the envelope, the number of foods of a meal, or
the bands of portions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

from fitbox.foods import Food, foods
from fitbox.nutrition.bands import portion_bounds
from fitbox.nutrition.constraints import MealSlot, NutritionConstraints, largest_meal
from fitbox.nutrition.dishes import dish_quality, nearest, sides
from fitbox.nutrition.draft import DraftItem, DraftMeal, NutritionDraft
from fitbox.nutrition.solve import KCAL_TOLERANCE, energy_range_kcal

Day = list[list[Food]]

ROOM = 0.95, 1.02
"""The least energy of a day that was changed is below the target by the first factor, the most above it by
the second, so that the solver has room for more than energy."""

Change = tuple[float, float, int, list[Food]]
"""How well the changed meal is a dish, energy gained or lost in kcal, the meal's number, its foods."""


def completed(
    draft: NutritionDraft, constraints: NutritionConstraints, kept: Set[str] = frozenset()
) -> NutritionDraft:
    """The draft itself where portions can meet its energy, or else the nearest one that they can.

    A food that a meal names twice counts once, as in :func:`~fitbox.nutrition.finish.finish`.

    Args:
        kept: Ids of foods that must stay.
    """
    day = [[foods()[food_id] for food_id in _named(meal)] for meal in draft.meals]
    target = constraints.assessment.target_kcal
    least, most = energy_range_of_day_kcal(day, target)
    if least <= target * (1 + KCAL_TOLERANCE) and most >= target * (1 - KCAL_TOLERANCE):
        return draft
    changed = made_solvable(day, constraints, kept)
    return NutritionDraft(
        tuple(
            DraftMeal(meal.name, tuple(_item(food, meal) for food in eaten))
            for meal, eaten in zip(draft.meals, changed, strict=True)
        )
    )


def made_solvable(day: Day, constraints: NutritionConstraints, kept: Set[str] = frozenset()) -> Day:
    """The day with the fewest changes after which portions within their bands meet the energy target.

    It ends, since every change raises the largest energy or lowers the least. Where single changes stop too
    low, the largest day is high enough, as :func:`~fitbox.nutrition.constraints.constrain` made sure.
    """
    target = constraints.assessment.target_kcal
    low, high = ROOM[0] * target, ROOM[1] * target
    while (missing := high - energy_range_of_day_kcal(day, target)[1]) > 0:
        grown = _chosen(_enlarged(day, constraints, kept), missing)
        if grown is None:
            return day if kept else [largest_meal(slot, constraints) for slot in constraints.slots]
        day = _with_meal(day, grown)
    while (above := energy_range_of_day_kcal(day, target)[0] - low) > 0:
        shrunk = _chosen(_reduced(day, constraints, kept), above)
        if shrunk is None:
            break
        day = _with_meal(day, shrunk)
    return day


def energy_range_of_day_kcal(day: Sequence[Sequence[Food]], target_kcal: float) -> tuple[float, float]:
    """Least and most energy that the portions of a day can supply."""
    ranges = [energy_range_kcal(meal, target_kcal) for meal in day]
    return sum(least for least, _ in ranges), sum(most for _, most in ranges)


def _enlarged(day: Day, constraints: NutritionConstraints, kept: Set[str]) -> Iterable[Change]:
    """Changes that raise the largest energy, of the first kind that has any."""
    target = constraints.assessment.target_kcal
    eaten = {food.id for meal in day for food in meal}
    for offer in (_beside, _of_the_meal, _in_place, _in_any_place):
        found = []
        for number, (slot, meal) in enumerate(zip(constraints.slots, day, strict=True)):
            now = energy_range_kcal(meal, target)[1]
            for new in offer(slot, meal, constraints, kept):
                gain = energy_range_kcal(new, target)[1] - now
                if gain > 0 and constraints.may_be_eaten_together(food.id for food in new):
                    again = sum(food.id in eaten for food in new if food not in meal)
                    found.append((dish_quality(slot.name.role, new) - again, gain, number, new))
        if found:
            return found
    return ()


def _reduced(day: Day, constraints: NutritionConstraints, kept: Set[str]) -> Iterable[Change]:
    """Changes that lower the least energy: a food less, or else a lighter one of its use."""
    target = constraints.assessment.target_kcal
    for offer in (_without_one, _in_place):
        found = []
        for number, (slot, meal) in enumerate(zip(constraints.slots, day, strict=True)):
            now = energy_range_kcal(meal, target)[0]
            for new in offer(slot, meal, constraints, kept):
                loss = now - energy_range_kcal(new, target)[0]
                if loss > 0 and constraints.may_be_eaten_together(food.id for food in new):
                    found.append((dish_quality(slot.name.role, new), loss, number, new))
        if found:
            return found
    return ()


def _chosen(changes: Iterable[Change], needed: float) -> Change | None:
    """The best dish among the changes that are enough, by the smallest of them; else the largest change."""
    every = list(changes)
    enough = [change for change in every if change[1] >= needed]
    if enough:
        return min(enough, key=lambda change: (-change[0], change[1]))
    return max(every, key=lambda change: (change[1], change[0]), default=None)


def _beside(
    slot: MealSlot, meal: Sequence[Food], constraints: NutritionConstraints, kept: Set[str]
) -> Iterator[list[Food]]:
    """One food more that the meal's dish may have or that stands beside it."""
    match = nearest(slot.name.role, [food.id for food in meal])
    if match is None or len(meal) >= slot.max_items:
        return
    parts = (*match.dish.parts, *sides(match.dish, slot.name.role))
    had = {food.id for food in meal}
    for food_id in dict.fromkeys(food_id for part in parts for food_id in part.foods):
        if food_id in constraints.allowed and food_id not in had:
            yield [*meal, foods()[food_id]]


def _of_the_meal(
    slot: MealSlot, meal: Sequence[Food], constraints: NutritionConstraints, kept: Set[str]
) -> Iterator[list[Food]]:
    """One food more of the meal's kind."""
    if len(meal) < slot.max_items:
        for food in constraints.foods:
            if slot.name.role in food.meal_roles and food not in meal:
                yield [*meal, food]


def _in_place(
    slot: MealSlot, meal: Sequence[Food], constraints: NutritionConstraints, kept: Set[str]
) -> Iterator[list[Food]]:
    """Another food of the same use in the place of one."""
    for place, old in enumerate(meal):
        for food in constraints.foods:
            if (
                old.id not in kept
                and food.culinary_use is old.culinary_use
                and slot.name.role in food.meal_roles
                and food not in meal
            ):
                yield [*meal[:place], food, *meal[place + 1 :]]


def _in_any_place(
    slot: MealSlot, meal: Sequence[Food], constraints: NutritionConstraints, kept: Set[str]
) -> Iterator[list[Food]]:
    """Any food of the meal's kind in the place of the one that supplies least."""
    target = constraints.assessment.target_kcal
    left = [food for food in meal if food.id not in kept]
    if left:
        out = min(left, key=lambda food: portion_bounds(food, target)[1] * food.kcal)
        rest = [food for food in meal if food is not out]
        yield from _of_the_meal(slot, rest, constraints, kept)


def _without_one(
    slot: MealSlot, meal: Sequence[Food], constraints: NutritionConstraints, kept: Set[str]
) -> Iterator[list[Food]]:
    """One food less, where the meal keeps as many as it must have."""
    if len(meal) > slot.min_items:
        for old in meal:
            if old.id not in kept:
                yield [food for food in meal if food is not old]


def _with_meal(day: Day, change: Change) -> Day:
    _, _, number, meal = change
    return [*day[:number], meal, *day[number + 1 :]]


def _named(meal: DraftMeal) -> dict[str, None]:
    return dict.fromkeys(item.food_id for item in meal.items)


def _item(food: Food, meal: DraftMeal) -> DraftItem:
    """As drafted, or with its usual portion."""
    grams = sum(item.grams for item in meal.items if item.food_id == food.id)
    return DraftItem(food.id, grams or food.portion_g)
