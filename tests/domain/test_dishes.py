"""The table of dishes: it resolves, it is wide, and meals are recognised by it."""

from __future__ import annotations

import statistics
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitbox.errors import NoPlanPossibleError
from fitbox.foods import CulinaryUse, MealRole, foods
from fitbox.nutrition import dishes
from fitbox.nutrition.bands import BANDS, OF_FOODS, draft_portions, meal_bounds, portion_bounds
from fitbox.nutrition.compose import compose_day
from fitbox.nutrition.constraints import SLOTS, constrain
from fitbox.nutrition.diets import eats
from fitbox.nutrition.dishes import dish_name, dish_of, dish_quality, dishes_at, food_groups
from fitbox.nutrition.task import NUTRITION
from fitbox.profile import Allergen, Diet, Language, Profile, Sex
from tests.examples import every, examples
from tests.strategies import profiles

TABLE = dishes.dishes()


def member(**fields: object) -> Profile:
    """An ordinary member with some fields set."""
    return Profile.model_validate(
        {"age_years": 35, "sex": Sex.FEMALE, "weight_kg": 68, "height_cm": 168, **fields}
    )


def quality(role: MealRole, *food_ids: str) -> float:
    """How much of a dish these foods are."""
    return dish_quality(role, [foods()[food_id] for food_id in food_ids])


def test_every_food_of_the_table_exists_and_every_food_is_in_some_dish() -> None:
    """A food that no dish has could never be planned."""
    named = {food_id for dish in TABLE.values() for part in dish.parts for food_id in part.foods}
    grouped = {food_id for group in food_groups().values() for food_id in group}
    assert named | grouped <= set(foods())
    assert set(foods()) <= named


def test_every_dish_has_a_name_in_every_language() -> None:
    """And no name is left over."""
    assert dishes.TEXTS.keys == set(TABLE)
    for language in Language:
        for dish in TABLE.values():
            name = dish_name(dish, [part.foods[0] for part in dish.certain], language)
            assert name[0].isupper(), dish.id
            assert "{" not in name, dish.id
            assert len(name) <= 80, dish.id


def test_dishes_fit_on_the_plates_of_their_meals() -> None:
    """Their certain parts are at least two and no more than the smallest meal of their kind may have."""
    most = {
        role: min(slot.max_items for slots in SLOTS.values() for slot in slots if slot.name.role is role)
        for role in MealRole
    }
    for dish in TABLE.values():
        assert dish.roles, dish.id
        assert dish.weight > 0, dish.id
        for role in dish.roles:
            assert 2 <= len(dish.certain) <= most[role], dish.id


def test_every_cuisine_and_meal_is_there() -> None:
    """Seven parts of the world cook, and each kind of meal has a choice."""
    kitchens = {dish.cuisine for dish in dishes_at(MealRole.MAIN)}
    assert {
        "mediterranean",
        "french",
        "british",
        "indian",
        "chinese",
        "japanese",
        "middle eastern",
        "latin american",
    } <= kitchens
    assert len(dishes_at(MealRole.MAIN)) > 100
    assert min(len(dishes_at(role)) for role in MealRole) > 25


@pytest.mark.parametrize("diet", Diet)
def test_every_diet_has_dishes_enough(diet: Diet) -> None:
    """At least 25 main dishes can be filled by each."""
    allowed = {food.id for food in foods().values() if eats(diet, food)}
    fillable = [
        dish
        for dish in dishes_at(MealRole.MAIN)
        if all(not allowed.isdisjoint(part.foods) for part in dish.certain)
    ]
    assert len(fillable) >= 25


def test_a_dish_is_recognised_with_and_without_what_is_optional() -> None:
    """Its certain parts make it; optional parts and a side of fruit leave it what it is."""
    for food_ids in (
        ("rolled_oats", "semi_skimmed_milk", "blueberries"),
        ("blueberries", "rolled_oats", "almonds", "semi_skimmed_milk"),
    ):
        found = dish_of(MealRole.BREAKFAST, food_ids)
        assert found is not None
        assert found.id == "porridge"
    dal = dish_of(MealRole.MAIN, ("red_lentils", "basmati_rice", "spinach", "plain_yogurt", "mango"))
    assert dal is not None
    assert dal.id == "dal"


@pytest.mark.parametrize(
    ("role", "food_ids"),
    [
        (MealRole.BREAKFAST, ("pancakes", "poached_eggs", "cucumber")),
        (MealRole.MAIN, ("mashed_potatoes", "white_beans", "pumpkin", "avocado")),
        (MealRole.MAIN, ("salmon_sashimi", "brussels_sprouts", "sourdough_bread")),
        (MealRole.BREAKFAST, ("lentils", "white_rice")),
        (MealRole.MAIN, ("soba_noodles", "soba_noodles", "spinach", "tofu")),
    ],
)
def test_what_nobody_eats_is_no_dish(role: MealRole, food_ids: tuple[str, ...]) -> None:
    """Combinations of allowed foods that a reader laughs at."""
    assert quality(role, *food_ids) < 1
    assert dish_of(role, food_ids) is None or len(set(food_ids)) < len(food_ids)


def test_one_odd_food_halves_and_two_end_a_dish() -> None:
    """Between a dish and a pile of food there is a dish with a mistake."""
    plate = ("salmon", "boiled_potatoes", "green_beans", "olive_oil")
    assert quality(MealRole.MAIN, *plate) == 1
    assert quality(MealRole.MAIN, *plate, "jam") == 0.5
    assert quality(MealRole.MAIN, *plate, "jam", "cornflakes") == 0
    assert quality(MealRole.MAIN, "honey") == 0


@examples(25)
@given(profile=profiles(), seed=st.integers(0, 1000))
def test_composed_meals_keep_to_the_envelope(profile: Profile, seed: int) -> None:
    """Allowed foods, none twice in a meal, no more than a meal may have, and kosher where that is kept."""
    try:
        constraints = constrain(profile)
    except NoPlanPossibleError:
        return
    day = compose_day(constraints, Random(seed))
    for slot, meal in zip(constraints.slots, day, strict=True):
        eaten = [food.id for food in meal]
        assert slot.min_items <= len(eaten) <= slot.max_items
        assert len(set(eaten)) == len(eaten)
        assert constraints.may_be_eaten_together(eaten)


@pytest.mark.parametrize("diet", Diet)
@pytest.mark.parametrize("meals_per_day", every(4, [3, 4, 5, 6]))
def test_planned_meals_are_dishes_whose_names_are_told(diet: Diet, meals_per_day: int) -> None:
    """In the member's language, for every diet."""
    profile = member(diet=diet, meals_per_day=meals_per_day)
    draft = NUTRITION.plan(constrain(profile), 3)
    for language in Language:
        constraints = constrain(profile.model_copy(update={"language": language}))
        plan = NUTRITION.finish(draft, constraints)
        for slot, meal in zip(constraints.slots, plan.meals, strict=True):
            eaten = [portion.food_id for portion in meal.portions]
            dish = dish_of(slot.name.role, eaten)
            assert dish is not None, eaten
            assert meal.dish == dish_name(dish, eaten, language)


def test_a_coeliac_vegan_eats_dishes_too() -> None:
    """The narrower the envelope, the more the table is needed."""
    profile = member(diet=Diet.VEGAN, allergies={Allergen.GLUTEN, Allergen.SOYBEANS, Allergen.NUTS})
    constraints = constrain(profile)
    plans = [NUTRITION.finish(NUTRITION.plan(constraints, seed), constraints) for seed in range(4)]
    told = [bool(meal.dish) for plan in plans for meal in plan.meals]
    assert statistics.mean(told) > 0.9


def test_lunch_and_dinner_share_no_food_they_are_built_on() -> None:
    """Forty days of one member."""
    constraints = constrain(member(meals_per_day=3))
    for seed in range(40):
        day = compose_day(constraints, Random(seed))
        lunch, dinner = ({food.id for food in meal} for meal in day[1:])
        assert not lunch & dinner


def test_bands_cover_every_use_and_name_foods_that_exist() -> None:
    """A food without a band would have no portion."""
    assert set(BANDS) == set(CulinaryUse)
    assert set(OF_FOODS) <= set(foods())
    for band in (*BANDS.values(), *OF_FOODS.values()):
        assert 0 < band.least_g < band.most_g <= band.ceiling_g


@given(food_id=st.sampled_from(sorted(foods())), target_kcal=st.floats(1200, 4500))
def test_no_portion_is_absurd(food_id: str, target_kcal: float) -> None:
    """Whatever the target: starch and pulses under 400 g, vegetables under 250 g, bread under 150 g,
    glasses under 400 g, and fish that can be seen."""
    food = foods()[food_id]
    least, most = portion_bounds(food, target_kcal)
    assert 0 < least <= most
    ceilings = {
        CulinaryUse.STARCH: 400,
        CulinaryUse.LEGUME: 400,
        CulinaryUse.VEGETABLE: 250,
        CulinaryUse.BREAD: 150,
        CulinaryUse.MILK: 400,
        CulinaryUse.DRINK: 400,
    }
    assert most < ceilings.get(food.culinary_use, 351)
    if food.culinary_use is CulinaryUse.PROTEIN:
        assert least > 55
    assert draft_portions(food, (least, most))


def test_foods_of_a_kind_share_what_a_meal_has_of_it() -> None:
    """Two vegetables are a plate of vegetables, not two."""
    meal = [foods()[food_id] for food_id in ("broccoli", "green_beans", "salmon")]
    broccoli, beans, salmon = meal_bounds(meal, 2400)
    assert broccoli[1] + beans[1] < 250
    assert salmon == portion_bounds(meal[2], 2400)
