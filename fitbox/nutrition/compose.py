"""Composing a day of dishes: which dish at which meal, and the foods that fill its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from fitbox.assessment import DEFICIT_GOALS
from fitbox.foods import CulinaryUse, Food, MealRole, foods
from fitbox.history.taste import Taste
from fitbox.nutrition.constraints import MealSlot, NutritionConstraints
from fitbox.nutrition.diets import RULES
from fitbox.nutrition.dishes import Dish, Part, dish_of, dishes_at, draw_weights, sides
from fitbox.nutrition.solve import energy_range_kcal

Day = list[list[Food]]

TRIES = 8
"""Dishes drawn for a meal until one holds its energy; the nearest is taken where none does."""

USUAL_MAIN_KCAL = 600.0
"""Energy of a usual main meal: larger ones take optional parts more often, smaller ones less."""

ROOM = 0.97, 1.05
"""A meal's energy target must lie above the least and below the most that its foods supply, by these
factors."""

KIN: tuple[frozenset[str], ...] = (
    frozenset({"chicken_breast", "chicken_thigh", "roast_chicken"}),
    frozenset({"turkey_breast", "turkey_mince"}),
    frozenset({"beef_steak", "lean_beef_mince", "beef_stew", "roast_beef", "veal_escalope"}),
    frozenset({"lamb_leg", "lamb_chops", "merguez"}),
    frozenset({"pork_tenderloin", "pork_chop", "pork_sausage"}),
    frozenset({"salmon", "trout", "salmon_sashimi", "smoked_salmon"}),
    frozenset({"canned_tuna", "tuna_steak"}),
    frozenset({"cod", "haddock", "pollock", "hake", "tilapia", "monkfish", "sea_bass", "sea_bream"}),
    frozenset({"tofu", "smoked_tofu", "silken_tofu", "tempeh"}),
    frozenset({"boiled_eggs", "scrambled_eggs", "omelette", "poached_eggs", "egg_whites"}),
    frozenset({"lentils", "red_lentils"}),
    frozenset({"black_beans", "kidney_beans", "pinto_beans"}),
    frozenset({"white_rice", "brown_rice", "basmati_rice", "wild_rice"}),
    frozenset({"pasta", "wholemeal_pasta", "gnocchi"}),
    frozenset({"egg_noodles", "rice_noodles", "soba_noodles"}),
    frozenset({"boiled_potatoes", "baked_potato", "mashed_potatoes"}),
    frozenset({"tomatoes", "cherry_tomatoes"}),
)
"""Foods that are the same thing to who eats them; one of each a day where there is another choice."""

_KIN_OF = {food_id: kin for kin in KIN for food_id in kin}

_ONE_A_MEAL: Mapping[CulinaryUse, CulinaryUse] = {
    CulinaryUse.MILK: CulinaryUse.MILK,
    CulinaryUse.DRINK: CulinaryUse.MILK,
    CulinaryUse.YOGURT: CulinaryUse.MILK,
    CulinaryUse.BREAD: CulinaryUse.BREAD,
    CulinaryUse.CEREAL: CulinaryUse.CEREAL,
    CulinaryUse.FAT: CulinaryUse.FAT,
}
"""Uses of which a meal has one food: nobody pours two milks over yoghurt or butters two breads."""

LAST_CHOICE = frozenset({"gluten_free_bread"})
"""Foods for who needs them."""

LIKED = 4.0
"""How much more often a diet has the dishes of its own kitchens."""

LEFT_AT_THE_SHOP, COMMON_LEFT_AT_THE_SHOP = 0.25, 0.5
"""Share of foods that a day does without where it can: what is near every target, and in many dishes, would
stand in a third of all days otherwise."""

COMMON = frozenset(
    {
        "apple",
        "baguette",
        "banana",
        "bell_pepper",
        "blueberries",
        "carrots",
        "cherries",
        "cherry_tomatoes",
        "clementines",
        "cucumber",
        "grapes",
        "greek_yogurt",
        "kiwi",
        "lettuce",
        "low_fat_yogurt",
        "olive_oil",
        "orange",
        "pear",
        "pineapple",
        "plain_yogurt",
        "plums",
        "rapeseed_oil",
        "rocket",
        "soya_yogurt",
        "strawberries",
        "tomatoes",
        "watermelon",
        "white_rice",
    }
)
"""Foods that stood in more than 15 of 100 planned days; not those that whole grains, greens and calcium come
from."""

AGAIN = 0.3
"""How much less often dinner comes from the kitchen that lunch came from: two curries are one too many."""

TREATS = frozenset({CulinaryUse.SWEET, CulinaryUse.DRINK})
"""Uses that a member in a deficit is not offered."""

_TREAT_DISHES = frozenset({"trail_mix", "rice_pudding_fruit", "bacon_eggs"})


@dataclass
class Cooked:
    """A meal in the making: the dish, and the foods that fill its parts so far."""

    dish: Dish
    foods: list[Food]
    left: list[Part]
    """Optional parts and sides that nothing fills yet."""


def left_at_the_shop(constraints: NutritionConstraints, rng: Random) -> frozenset[str]:
    """Foods that this day does without where it can, so that what is near every target is not in every
    day; what the member refused above all."""
    left_out = constraints.taste.share_left_out
    return frozenset(
        food.id
        for food in constraints.foods
        if rng.random()
        < left_out(food.id, COMMON_LEFT_AT_THE_SHOP if food.id in COMMON else LEFT_AT_THE_SHOP)
    )


def compose_day(constraints: NutritionConstraints, rng: Random, without: Set[str] = frozenset()) -> Day:
    """A day of dishes, none of their foods eaten twice, nor their kin, where there is something else."""
    eaten: set[str] = set()
    kitchens: set[str] = set()
    day: Day = []
    for slot in constraints.slots:
        meal, kitchen = _compose_meal(slot, constraints, (eaten | without, eaten), kitchens, rng)
        if slot.name.role is MealRole.MAIN:
            kitchens.add(kitchen)
        for food in meal:
            eaten.update(_KIN_OF.get(food.id, {food.id}))
        day.append(meal)
    return day


def _compose_meal(
    slot: MealSlot,
    constraints: NutritionConstraints,
    avoidable: Sequence[Set[str]],
    kitchens: Set[str],
    rng: Random,
) -> tuple[list[Food], str]:
    """The foods of a meal, and the cuisine of the dish they make; less is avoided where there is nothing
    else."""
    target = slot.kcal_share * constraints.assessment.target_kcal
    for avoided in (*avoidable, frozenset[str]()):
        best: tuple[float, Cooked] | None = None
        for _ in range(TRIES):
            cooked = _cook(slot, constraints, avoided, kitchens, rng)
            if cooked is None:
                continue
            gap = _fit_energy(cooked, slot, constraints, avoided, target, rng)
            if best is None or gap < best[0]:
                best = gap, cooked
            if gap <= 0:
                break
        if best is not None:
            return best[1].foods, best[1].dish.cuisine
    return _anything(slot, constraints, rng), ""


def _cook(
    slot: MealSlot, constraints: NutritionConstraints, avoided: Set[str], kitchens: Set[str], rng: Random
) -> Cooked | None:
    """One dish, its certain parts filled and its optional ones by chance; none where the draw cannot be
    filled."""
    menu = rng.choice(constraints.menu_ids)
    offered = _offered(slot.name.role, menu, constraints.assessment.goal in DEFICIT_GOALS)
    if not offered:
        return None
    dish = rng.choices(offered, [_weight(dish, constraints, kitchens) for dish in offered])[0]
    cooked = Cooked(dish, [], [])
    size = min(max(slot.kcal_share * constraints.assessment.target_kcal / USUAL_MAIN_KCAL, 0.5), 1.5)
    for part in dish.certain:
        choices = _choices(part, cooked, menu, avoided)
        if not choices:
            return None
        cooked.foods.append(_draw(choices, constraints, rng))
    for part in dish.optional:
        choices = _choices(part, cooked, menu, avoided)
        if choices and len(cooked.foods) < slot.max_items and rng.random() < part.chance * size:
            cooked.foods.append(_draw(choices, constraints, rng))
        else:
            cooked.left.append(part)
    cooked.left += sides(dish, slot.name.role)
    return cooked


def _weight(dish: Dish, constraints: NutritionConstraints, kitchens: Set[str]) -> float:
    weight = dish.weight * _wished(dish, constraints.taste)
    rule = RULES.get(constraints.profile.diet.name)
    if rule and dish.cuisine in rule.likes:
        return LIKED * weight
    return AGAIN * weight if dish.cuisine in kitchens else weight


def _wished(dish: Dish, taste: Taste) -> float:
    """What a member wished for is in few dishes: one that can hold it is cooked more often."""
    factors = taste.factors
    return max(1.0, *(factors.get(food_id, 1.0) for part in dish.parts for food_id in part.foods))


@lru_cache(maxsize=256)
def _offered(role: MealRole, menu: frozenset[str], no_treats: bool) -> tuple[Dish, ...]:
    """Dishes whose certain parts can all be filled from a menu."""
    return tuple(
        dish
        for dish in dishes_at(role)
        if all(not menu.isdisjoint(part.foods) for part in dish.certain)
        and not (no_treats and (dish.id in _TREAT_DISHES or _is_treat(dish)))
    )


def _is_treat(dish: Dish) -> bool:
    return any(
        all(foods()[food_id].culinary_use in TREATS for food_id in part.foods) for part in dish.certain
    )


def _choices(part: Part, cooked: Cooked, menu: Set[str], avoided: Set[str]) -> list[Food]:
    """Foods of the menu for a part, neither in the meal nor kin of what it has, nor avoided."""
    company = {kin for food in cooked.foods for kin in _KIN_OF.get(food.id, {food.id})}
    taken = {_ONE_A_MEAL[food.culinary_use] for food in cooked.foods if food.culinary_use in _ONE_A_MEAL}
    choices = [
        food
        for food in map(foods().__getitem__, part.foods)
        if food.id in menu
        and food.id not in company
        and food.id not in avoided
        and _ONE_A_MEAL.get(food.culinary_use) not in taken
    ]
    return [food for food in choices if food.id not in LAST_CHOICE] or choices


def _draw(choices: Sequence[Food], constraints: NutritionConstraints, rng: Random) -> Food:
    """One of them, by the weights that make days even and the member's taste."""
    weights, taste = draw_weights(), constraints.taste
    return rng.choices(choices, [weights[food.id] * taste.of(food.id) for food in choices])[0]


def _fit_energy(
    cooked: Cooked,
    slot: MealSlot,
    constraints: NutritionConstraints,
    avoided: Set[str],
    target: float,
    rng: Random,
) -> float:
    """Add parts and sides until the meal can hold its energy, or leave out optional ones until it is small
    enough.

    Returns the part of the target that it still misses; 0 or less where it holds it.
    """
    day_target = constraints.assessment.target_kcal
    low, high = ROOM
    rng.shuffle(cooked.left)
    while energy_range_kcal(cooked.foods, day_target)[1] < high * target and cooked.left:
        choices = _choices(cooked.left.pop(), cooked, constraints.allowed.keys(), avoided)
        choices = [
            food
            for food in choices
            if constraints.may_be_eaten_together([food.id, *(other.id for other in cooked.foods)])
        ]
        if choices and len(cooked.foods) < slot.max_items:
            cooked.foods.append(_draw(choices, constraints, rng))
    certain = len(cooked.dish.certain)
    while energy_range_kcal(cooked.foods, day_target)[0] > low * target and len(cooked.foods) > certain:
        cooked.foods.pop()
    least, most = energy_range_kcal(cooked.foods, day_target)
    return max(high * target - most, least - low * target, 0.0) / target


def propose(
    day: Day, constraints: NutritionConstraints, rng: Random, without: Set[str] = frozenset()
) -> Day | None:
    """The day with one food exchanged for another of its part, or one optional part or side more.

    None where the draw leads to nothing: no such food, no room, or no dish of the table.
    """
    index = rng.randrange(len(day))
    slot, meal = constraints.slots[index], day[index]
    dish = dish_of(slot.name.role, [food.id for food in meal])
    if dish is None:
        return None
    part = rng.choice((*dish.parts, *sides(dish, slot.name.role)))
    held = [food for food in meal if food.id in part.foods]
    if not held and len(meal) == slot.max_items:
        return None
    kept = [food for food in meal if food not in held[:1]]
    others = [food for number, other in enumerate(day) if number != index for food in other]
    avoided = {kin for food in others for kin in _KIN_OF.get(food.id, {food.id})} | without
    choices = _choices(part, Cooked(dish, kept, []), constraints.allowed.keys(), avoided)
    if not choices:
        return None
    chosen = _draw(choices, constraints, rng)
    changed = [chosen if food in held[:1] else food for food in meal] + ([] if held else [chosen])
    ids = [food.id for food in changed]
    if dish_of(slot.name.role, ids) is None or not constraints.may_be_eaten_together(ids):
        return None
    return [*day[:index], changed, *day[index + 1 :]]


def _anything(slot: MealSlot, constraints: NutritionConstraints, rng: Random) -> list[Food]:
    """Where no dish can be filled: foods of the right kind of meal, of as many categories as possible."""
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
