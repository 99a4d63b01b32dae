"""A week of eating, of 1 to 14 days: days that share ingredients, leftovers on purpose, and what to buy.

A week of days that were planned one by one needs ninety foods. Here each week has a basket, drawn by its
seed, from which its days are planned (:func:`plan_week`), so that a cabbage is finished and not thrown away;
and no food stands in more days than :func:`most_days` but the staples of the basket, which the week names.
Days of other makers, a model's for instance, are put together by :func:`assemble`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random

from fitbox.errors import PlanInfeasibleError
from fitbox.foods import CulinaryUse as Use
from fitbox.foods import MealRole, foods
from fitbox.nutrition.compose import LAST_CHOICE
from fitbox.nutrition.constraints import PROTEIN_USES, STARCH_USES, NutritionConstraints, can_be_planned
from fitbox.nutrition.dishes import dish_of, dishes_at, draw_weights, food_groups
from fitbox.nutrition.draft import DraftItem, DraftMeal, MealName, NutritionDraft
from fitbox.nutrition.finish import finish
from fitbox.nutrition.planner import plan_draft
from fitbox.nutrition.shopping import shopping_list
from fitbox.plan import EatingWeek, Leftover, Meal, NutritionPlan

MOST_DAYS = 14
USUAL_DAYS = 7

SHARE_OF_DAYS = 0.25
"""Of the days for which a food may be cooked that is no staple; at least two, or nothing could be finished. A
lunch of leftovers is marked as such and not counted: it was cooked before."""

STAPLE_USES: Mapping[Use, int] = {
    Use.BREAD: 2,
    Use.CEREAL: 1,
    Use.MILK: 1,
    Use.YOGURT: 1,
    Use.FAT: 2,
    Use.SPREAD: 1,
}
"""How many foods of each use a household has in all week: the loaf, the oats, the milk, the oil."""

STAPLE_SHARE = 0.75
"""Of the days in which a staple may stand."""

BASKET: Mapping[Use, int] = {
    Use.PROTEIN: 11,
    Use.COLD_CUT: 2,
    Use.EGG: 3,
    Use.LEGUME: 4,
    Use.STARCH: 9,
    Use.BREAD: 4,
    Use.CEREAL: 3,
    Use.MILK: 2,
    Use.YOGURT: 3,
    Use.CHEESE: 4,
    Use.VEGETABLE: 14,
    Use.FRUIT: 9,
    Use.DRIED_FRUIT: 1,
    Use.NUTS: 4,
    Use.SPREAD: 4,
    Use.FAT: 4,
    Use.SAUCE: 6,
    Use.SWEET: 1,
}
"""Foods of each use in a week's basket; what it names no number for is left at the shop."""

CANDIDATES_PER_DAY = 2
"""Days planned for each that is kept."""

DAYS_BETWEEN_LEFTOVERS = 3
"""A lunch of leftovers is a rest for the cook, two in a row are monotony."""

MAIN_USES = PROTEIN_USES | STARCH_USES
"""What a meal is built on."""


def most_days(days: int) -> int:
    """The most days in which a food may stand that is no staple."""
    return max(2, math.floor(SHARE_OF_DAYS * days))


def plan_week(constraints: NutritionConstraints, seed: int, days: int) -> EatingWeek:
    """A week by the planner; the same for the same seed.

    Raises:
        ValueError: days are not 1 to 14.
    """
    _refuse_days(days)
    rng = Random(f"{seed}:{constraints.key}:{days}")
    basket = _basket(constraints, rng) if days > 1 else frozenset(constraints.allowed)
    staples = _staples(sorted(sorted(basket), key=lambda _: rng.random()))
    _, dinner = _lunch_and_dinner(constraints)
    plans: list[NutritionPlan] = []
    for number in range(days):
        worn = _worn(plans, staples, days) | _proteins(plans[-1:])
        basket = _restocked(basket, worn, constraints, rng)
        shop = _at_the_shelf(constraints, basket - worn, frozenset(constraints.allowed) - worn)
        candidates = [
            finish(plan_draft(shop, seed * 1000 + number * CANDIDATES_PER_DAY + again), constraints)
            for again in range(CANDIDATES_PER_DAY)
        ]
        keep = number % DAYS_BETWEEN_LEFTOVERS == 0
        costs = [
            (keep and not _keeps(plan.meals[dinner]), _cost(plan, plans, staples, days))
            for plan in candidates
        ]
        plans.append(candidates[costs.index(min(costs))])
    return _week(plans, constraints, staples)


def assemble(candidates: Sequence[NutritionPlan], constraints: NutritionConstraints, days: int) -> EatingWeek:
    """A week of the best of these solved days: chosen, put in order, with leftovers and a shopping list.

    Days are taken one by one, each the one that needs the fewest new foods without wearing any out.

    Raises:
        ValueError: days are not 1 to 14, or there are fewer candidates.
    """
    _refuse_days(days)
    if len(candidates) < days:
        raise ValueError(f"{days} days cannot be chosen from {len(candidates)}")
    often = Counter(food_id for plan in candidates for food_id in _eaten(plan))
    staples = _staples(sorted(often, key=lambda food_id: (-often[food_id], food_id)))
    chosen: list[NutritionPlan] = []
    left = list(candidates)
    for _ in range(days):
        costs = [_cost(plan, chosen, staples, days) for plan in left]
        chosen.append(left.pop(costs.index(min(costs))))
    return _week(chosen, constraints, staples)


def other_days(
    before: Sequence[NutritionPlan],
    had: frozenset[str],
    after: Sequence[NutritionPlan],
    staples: Sequence[str],
    constraints: NutritionConstraints,
    seeds: Iterable[int],
) -> list[NutritionPlan]:
    """Days to stand between these, the best first, one for each seed; the same for the same seeds.

    They do without what the other days have worn out, without the meat and fish of their neighbours, and,
    staples aside, without the foods of the day that stood there (``had``), as far as the shop allows.
    """
    days = len(before) + 1 + len(after)
    # The day before comes last, as where days are chosen one by one.
    others = [*after, *before]
    worn = _worn(others, staples, days) | _proteins([*before[-1:], *after[:1]])
    allowed, gone = frozenset(constraints.allowed), had - frozenset(staples)
    shop = _at_the_shelf(constraints, allowed - worn - gone, allowed - worn)
    found = []
    for seed in seeds:
        try:
            found.append(finish(plan_draft(shop, seed), constraints))
        except PlanInfeasibleError:
            continue
    return sorted(found, key=lambda plan: (len(_eaten(plan) & gone), _cost(plan, others, staples, days)))


def assembled(
    days: Sequence[NutritionPlan],
    leftovers: Iterable[Leftover],
    staples: Iterable[str],
    constraints: NutritionConstraints,
) -> EatingWeek:
    """A week of days that stay as they are, with what to buy for them."""
    often = Counter(food_id for plan in days for food_id in _eaten(plan))
    return EatingWeek(
        days=tuple(days),
        leftovers=tuple(leftovers),
        staples=tuple(food_id for food_id in staples if often[food_id] > most_days(len(days))),
        shopping=shopping_list(days, constraints.profile.language),
    )


def _week(
    plans: Sequence[NutritionPlan], constraints: NutritionConstraints, staples: Sequence[str]
) -> EatingWeek:
    done, leftovers = _with_leftovers(plans, constraints)
    often = Counter(food_id for plan in plans for food_id in _eaten(plan))
    return EatingWeek(
        days=tuple(done),
        leftovers=tuple(leftovers),
        staples=tuple(food_id for food_id in staples if often[food_id] > most_days(len(plans))),
        shopping=shopping_list(done, constraints.profile.language),
    )


def _refuse_days(days: int) -> None:
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"a week has 1 to {MOST_DAYS} days, not {days}")


def _worn(plans: Sequence[NutritionPlan], staples: Sequence[str], days: int) -> frozenset[str]:
    """Foods that have stood in as many days as they may."""
    often = Counter(food_id for plan in plans for food_id in _eaten(plan))
    return frozenset(
        food_id for food_id, count in often.items() if count >= _most_days(food_id, staples, days)
    )


def _restocked(
    basket: frozenset[str], worn: frozenset[str], constraints: NutritionConstraints, rng: Random
) -> frozenset[str]:
    """The basket, filled up to half of its number where a use runs out."""
    filled = set(basket)
    for use, count in BASKET.items():
        left = sum(foods()[food_id].culinary_use is use for food_id in basket - worn)
        others = [f for f in sorted(_wanted(constraints) - basket) if foods()[f].culinary_use is use]
        rng.shuffle(others)
        filled.update(others[: max(0, math.ceil(count / 2) - left)])
    return frozenset(filled)


def _at_the_shelf(constraints: NutritionConstraints, *shelves: frozenset[str]) -> NutritionConstraints:
    """The same member before the first of these shelves that a day can be planned from, or the whole shop."""
    for shelf in shelves:
        narrow = replace(
            constraints,
            foods=tuple(food for food in constraints.foods if food.id in shelf),
            key=f"{constraints.key}:{len(shelf)}",
        )
        if can_be_planned(narrow):
            return narrow
    return constraints


def _basket(constraints: NutritionConstraints, rng: Random) -> frozenset[str]:
    """Foods of dishes, drawn dish by dish until each use has its number, so that what is bought can be
    cooked."""
    room = dict(BASKET)
    wanted_foods = _wanted(constraints)
    basket: set[str] = set()
    for role in (MealRole.MAIN, MealRole.BREAKFAST, MealRole.SNACK):
        offered = [
            dish
            for dish in dishes_at(role)
            if all(not wanted_foods.isdisjoint(part.foods) for part in dish.certain)
        ]
        keys = {dish.id: rng.random() ** (1 / dish.weight) for dish in offered}
        for dish in sorted(offered, key=lambda dish: -keys[dish.id]):
            wanted: list[str] = []
            for part in dish.certain:
                if not basket.union(wanted).isdisjoint(part.foods):
                    continue
                choices = [food_id for food_id in part.foods if food_id in wanted_foods]
                choices = [food_id for food_id in choices if room.get(foods()[food_id].culinary_use, 0)]
                if not choices:
                    break
                weights = [draw_weights()[food_id] for food_id in choices]
                wanted.append(rng.choices(choices, weights)[0])
            else:
                if all(
                    room.get(use, 0) >= count
                    for use, count in Counter(foods()[food_id].culinary_use for food_id in wanted).items()
                ):
                    basket.update(wanted)
                    for food_id in wanted:
                        room[foods()[food_id].culinary_use] -= 1
    for use, count in room.items():
        others = [f for f in sorted(wanted_foods - basket) if foods()[f].culinary_use is use]
        rng.shuffle(others)
        basket.update(others[:count])
    return frozenset(basket)


def _wanted(constraints: NutritionConstraints) -> frozenset[str]:
    """What this member would buy: the allowed foods, those for special needs only where the usual ones are
    not."""
    allowed = frozenset(constraints.allowed)
    usual = [food_id for food_id in food_groups()["loaf"] if food_id in allowed - LAST_CHOICE]
    return allowed - LAST_CHOICE if usual else allowed


def _staples(food_ids: Sequence[str]) -> tuple[str, ...]:
    """The first foods of each staple use."""
    of_use = {use: [f for f in food_ids if foods()[f].culinary_use is use] for use in STAPLE_USES}
    return tuple(food_id for use, count in STAPLE_USES.items() for food_id in of_use[use][:count])


def _cost(
    plan: NutritionPlan, chosen: Sequence[NutritionPlan], staples: Sequence[str], days: int
) -> tuple[int, int]:
    """Foods that the day would wear out and dishes that it repeats, then foods that it has to buy."""
    often = Counter(food_id for other in chosen for food_id in _eaten(other))
    worn = sum(often[food_id] >= _most_days(food_id, staples, days) for food_id in _eaten(plan))
    cooked = {meal.dish for other in chosen for meal in other.meals[-2:]}
    again = sum(meal.dish in cooked for meal in plan.meals[-2:])
    yesterday = _eaten(chosen[-1]) if chosen else frozenset()
    near = sum(foods()[food_id].culinary_use is Use.PROTEIN for food_id in _eaten(plan) & yesterday)
    return 2 * worn + again + 2 * near, sum(not often[food_id] for food_id in _eaten(plan))


def _most_days(food_id: str, staples: Sequence[str], days: int) -> int:
    if food_id in staples:
        return max(most_days(days), math.ceil(STAPLE_SHARE * days))
    return most_days(days)


def _with_leftovers(
    plans: Sequence[NutritionPlan], constraints: NutritionConstraints
) -> tuple[list[NutritionPlan], list[Leftover]]:
    """Dinners that keep are eaten again at lunch on the next day, at most on every third."""
    lunch, dinner = _lunch_and_dinner(constraints)
    done, leftovers = list(plans), list[Leftover]()
    for index in range(len(plans) - 1):
        if leftovers and index + 2 < leftovers[-1].day + DAYS_BETWEEN_LEFTOVERS:
            continue
        again = _eaten_again(done[index].meals[dinner], done[index + 1], lunch, dinner, constraints)
        if again is not None:
            done[index + 1] = again
            leftovers.append(Leftover(index + 2, lunch + 1, index + 1, dinner + 1))
    return done, leftovers


def _eaten_again(
    tonight: Meal, tomorrow: NutritionPlan, lunch: int, dinner: int, constraints: NutritionConstraints
) -> NutritionPlan | None:
    """Tomorrow with tonight's dinner for lunch, where the dish keeps and tomorrow's dinner is another."""
    eaten = [portion.food_id for portion in tonight.portions]
    if not _keeps(tonight):
        return None
    both = {portion.food_id for portion in tomorrow.meals[dinner].portions} & set(eaten)
    if any(foods()[food_id].culinary_use in MAIN_USES for food_id in both):
        return None
    meals = [_drafted(meal, slot.name) for meal, slot in zip(tomorrow.meals, constraints.slots, strict=True)]
    meals[lunch] = _drafted(tonight, constraints.slots[lunch].name)
    try:
        return finish(NutritionDraft(tuple(meals)), constraints)
    except PlanInfeasibleError:
        return None


def _lunch_and_dinner(constraints: NutritionConstraints) -> tuple[int, int]:
    mains = [number for number, slot in enumerate(constraints.slots) if slot.name.role is MealRole.MAIN]
    return mains[0], mains[-1]


def _keeps(meal: Meal) -> bool:
    """Whether a main meal is a dish that is as good on the next day."""
    dish = dish_of(MealRole.MAIN, [portion.food_id for portion in meal.portions])
    return dish is not None and dish.keeps


def _proteins(plans: Sequence[NutritionPlan]) -> frozenset[str]:
    """Meat, fish and the like of these days, which the day after does without."""
    eaten = {food_id for plan in plans for food_id in _eaten(plan)}
    return frozenset(food_id for food_id in eaten if foods()[food_id].culinary_use is Use.PROTEIN)


def _drafted(meal: Meal, name: MealName) -> DraftMeal:
    return DraftMeal(name, tuple(DraftItem(p.food_id, p.grams) for p in meal.portions))


def _eaten(plan: NutritionPlan) -> frozenset[str]:
    return frozenset(portion.food_id for meal in plan.meals for portion in meal.portions)
