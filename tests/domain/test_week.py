"""Weeks of eating: shared ingredients, leftovers on purpose, and a list for the shop."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import pairwise

import pytest

from fitbox.nutrition.constraints import NutritionConstraints, constrain
from fitbox.nutrition.dishes import dish_of
from fitbox.nutrition.draft import MealName
from fitbox.nutrition.solve import KCAL_TOLERANCE
from fitbox.nutrition.task import NUTRITION
from fitbox.nutrition.week import assemble, most_days, plan_week
from fitbox.plan import EatingWeek
from fitbox.profile import Diet, Language, Profile, Sex
from tests.examples import every

DAYS = 7


def constraints_for(**fields: object) -> NutritionConstraints:
    """Constraints of an ordinary member with some fields set."""
    values = {"age_years": 35, "sex": Sex.FEMALE, "weight_kg": 68, "height_cm": 168, **fields}
    return constrain(Profile.model_validate(values))


@cache
def week_of(diet: Diet, seed: int = 5) -> tuple[NutritionConstraints, EatingWeek]:
    """One week, planned once."""
    constraints = constraints_for(diet=diet)
    return constraints, plan_week(constraints, seed, DAYS)


def cooked_on(week: EatingWeek) -> Counter[str]:
    """In how many days each food stands, lunches of leftovers apart."""
    again = {(leftover.day, leftover.meal) for leftover in week.leftovers}
    days: Counter[str] = Counter()
    for number, plan in enumerate(week.days, start=1):
        fresh = [meal for index, meal in enumerate(plan.meals, start=1) if (number, index) not in again]
        days.update({portion.food_id for meal in fresh for portion in meal.portions})
    return days


@pytest.mark.slow
@pytest.mark.parametrize("diet", [Diet.OMNIVORE, Diet.VEGAN, Diet.KOSHER])
def test_every_day_of_a_week_is_a_plan_that_passes_its_check(diet: Diet) -> None:
    """Energy as exact as of a single day, nothing forbidden, also where lunch is yesterday's dinner."""
    constraints, week = week_of(diet)
    assert len(week.days) == DAYS
    for plan in week.days:
        assert NUTRITION.check(plan, constraints) == ()
        assert abs(plan.total_kcal - plan.target_kcal) <= KCAL_TOLERANCE * plan.target_kcal + 0.1


@pytest.mark.parametrize("diet", every(3, [Diet.OMNIVORE, Diet.VEGAN, Diet.KOSHER]))
def test_only_named_staples_stand_in_more_days_than_a_quarter(diet: Diet) -> None:
    """At least two days for each food, so that a cabbage is finished."""
    _, week = week_of(diet)
    worn = {food_id for food_id, days in cooked_on(week).items() if days > most_days(DAYS)}
    assert worn <= set(week.staples)
    assert len(week.staples) <= 8


@pytest.mark.slow
def test_a_week_needs_fewer_foods_than_days_of_their_own() -> None:
    """A basket is shared; seven single days are not."""
    constraints, week = week_of(Diet.OMNIVORE)
    alone = [NUTRITION.finish(NUTRITION.plan(constraints, seed), constraints) for seed in range(DAYS)]
    single = {p.food_id for plan in alone for meal in plan.meals for p in meal.portions}
    assert 35 <= len(week.shopping) < len(single)


@pytest.mark.slow
def test_leftovers_are_yesterdays_dinner_and_marked() -> None:
    """The same foods, a dish that keeps, never two days in a row, and dinner is another dish."""
    found = 0
    for seed in (1, 2, 3):
        constraints, week = week_of(Diet.OMNIVORE, seed)
        names = [slot.name for slot in constraints.slots]
        lunch, dinner = names.index(MealName.LUNCH), names.index(MealName.DINNER)
        for leftover in week.leftovers:
            found += 1
            assert (leftover.meal, leftover.cooked_meal) == (lunch + 1, dinner + 1)
            assert leftover.cooked_on_day == leftover.day - 1
            cooked = week.days[leftover.cooked_on_day - 1].meals[dinner]
            eaten = week.days[leftover.day - 1].meals[lunch]
            foods_of = [[portion.food_id for portion in meal.portions] for meal in (cooked, eaten)]
            assert foods_of[0] == foods_of[1]
            dish = dish_of(MealName.DINNER.role, foods_of[0])
            assert dish is not None
            assert dish.keeps
        days = [leftover.day for leftover in week.leftovers]
        assert all(later - earlier >= 3 for earlier, later in pairwise(days))
    assert found >= 2


def test_the_shopping_list_is_the_sum_of_the_days() -> None:
    """Each food once, its grams those of all plates, and less to buy where it is sold dry."""
    _, week = week_of(Diet.OMNIVORE)
    eaten: Counter[str] = Counter()
    for plan in week.days:
        for meal in plan.meals:
            for portion in meal.portions:
                eaten[portion.food_id] += portion.grams
    assert {line.food_id: line.eaten_g for line in week.shopping} == dict(eaten)
    for line in week.shopping:
        assert 0.4 * line.eaten_g <= line.grams <= 1.6 * line.eaten_g + 5
        assert line.grams % 5 == 0
        assert 1 <= line.days <= DAYS


@pytest.mark.slow
def test_the_same_seed_gives_the_same_week_and_another_one_another() -> None:
    """Deterministic, and in the member's language."""
    constraints = constraints_for(language=Language.FR, meals_per_day=3)
    week = plan_week(constraints, 9, 3)
    assert plan_week(constraints, 9, 3) == week
    assert plan_week(constraints, 10, 3) != week
    assert {line.name for line in week.shopping} <= {food.name(Language.FR) for food in constraints.foods}


@pytest.mark.parametrize("days", [0, -1, 15, 100])
def test_a_week_has_one_to_fourteen_days(days: int) -> None:
    """Anything else is a mistake of the caller."""
    with pytest.raises(ValueError, match="1 to 14 days"):
        plan_week(constraints_for(), 1, days)


def test_days_of_another_maker_become_a_week() -> None:
    """Solved plans in, a week out: the ones that share most, nothing invented."""
    constraints = constraints_for()
    candidates = [NUTRITION.finish(NUTRITION.plan(constraints, seed), constraints) for seed in range(6)]
    week = assemble(candidates, constraints, 3)
    changed = {leftover.day for leftover in week.leftovers}
    assert all(plan in candidates for day, plan in enumerate(week.days, start=1) if day not in changed)
    assert len(set(map(id, week.days))) == 3
    with pytest.raises(ValueError, match="cannot be chosen"):
        assemble(candidates, constraints, 7)
