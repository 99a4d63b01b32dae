"""When meals begin, where the member eats within a window."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from fitbox.nutrition.task import NUTRITION
from fitbox.nutrition.times import meal_times
from fitbox.nutrition.week import plan_week
from fitbox.plan import NutritionPlan
from fitbox.profile import HOURS_BETWEEN_MEALS, Profile, Sex
from fitbox.rpc.messages import from_proto, to_proto
from fitbox.v1 import plan_pb2


def member(**fields: object) -> Profile:
    """An ordinary member with some fields set."""
    values = {"age_years": 35, "sex": Sex.FEMALE, "weight_kg": 68, "height_cm": 168, **fields}
    return Profile.model_validate(values)


@given(st.integers(0, 18), st.integers(6, 24), st.integers(2, 6))
def test_meals_begin_within_the_window_and_apart(start: int, end: int, meals: int) -> None:
    """The first at its beginning, the last by its end, two hours between any two, on a quarter of an hour."""
    try:
        profile = member(eating_window_start_hour=start, eating_window_end_hour=end, meals_per_day=meals)
    except ValidationError:
        assume(False)
    times = [60 * int(one[:2]) + int(one[3:]) for one in meal_times(profile)]
    if times[-1] == 0:
        times[-1] = 24 * 60
    assert len(times) == meals
    assert times[0] == 60 * start
    assert times[-1] <= 60 * end
    assert all(later - earlier >= 60 * HOURS_BETWEEN_MEALS for earlier, later in pairwise(times))
    assert all(one % 15 == 0 for one in times)


def test_a_day_within_a_window_says_when_each_meal_is() -> None:
    """In single days, in weeks with their leftovers, and over the wire; without a window nothing is said."""
    constraints = NUTRITION.constrain(
        member(eating_window_start_hour=8, eating_window_end_hour=20, meals_per_day=3)
    )
    plan = NUTRITION.finish(NUTRITION.plan(constraints, 1), constraints)
    assert [meal.time for meal in plan.meals] == ["08:00", "13:45", "19:30"]
    assert from_proto(NutritionPlan, to_proto(plan_pb2.NutritionPlan, plan)) == plan
    for day in plan_week(constraints, 1, 2).days:
        assert [meal.time for meal in day.meals] == ["08:00", "13:45", "19:30"]
    free = NUTRITION.constrain(member())
    assert {meal.time for meal in NUTRITION.finish(NUTRITION.plan(free, 1), free).meals} == {""}
