"""Several days of eating over the wire."""

from __future__ import annotations

import asyncio

import pytest
from fitbox_client import AsyncFitBoxClient, FitBoxClient
from fitbox_client.errors import InvalidRequestError, NoPlanError
from fitbox_server.admission import Admission, Caller
from fitbox_server.hooks import Hooks
from fitbox_server.weeks import EatingWeeks

from fitbox.errors import OverloadedError
from fitbox.plan import PlanSource
from fitbox.profile import Language
from fitbox.v1 import plan_pb2, profile_pb2
from fitbox.v1 import recommendation_pb2 as pb
from tests import fakes
from tests.served import PROFILE, Served, error_of, until


@pytest.mark.slow
async def test_a_week_of_eating_has_days_leftovers_and_a_list(served: Served) -> None:
    """As many days as asked for, each a whole plan; the list is what they need; no worker is asked."""
    before = len(served.launcher.workers[0].requests)
    request = pb.RecommendNutritionWeekRequest(request_id="one", profile=PROFILE, days=3)
    reply = await served.recommend.RecommendNutritionWeek(request)
    week = reply.week
    assert (reply.request_id, len(week.days)) == ("one", 3)
    assert reply.source == plan_pb2.PLAN_SOURCE_PLANNER
    assert reply.assessment.target_kcal == week.days[0].target_kcal
    eaten = {one.food_id for day in week.days for meal in day.meals for one in meal.portions}
    assert {line.food_id for line in week.shopping} == eaten
    assert all(line.grams and line.name and line.category.isupper() for line in week.shopping)
    for again in week.leftovers:
        cooked = week.days[again.cooked_on_day - 1].meals[again.cooked_meal - 1]
        eaten_again = week.days[again.day - 1].meals[again.meal - 1]
        assert [p.food_id for p in cooked.portions] == [p.food_id for p in eaten_again.portions]
    assert len(served.launcher.workers[0].requests) == before
    assert await served.recommend.RecommendNutritionWeek(request) == reply
    request.alternative = 1
    assert (await served.recommend.RecommendNutritionWeek(request)).week != week


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"days": 0}, "days"),
        ({"days": -1}, "days"),
        ({"days": 15}, "days"),
        ({"days": 100}, "days"),
        ({"alternative": -1}, "alternative"),
        ({"alternative": 1001}, "alternative"),
        ({"language_code": "xx"}, "language_code"),
        ({"request_id": "x" * 129}, "request_id"),
    ],
)
async def test_a_number_of_days_that_is_none_is_refused_by_name(
    served: Served, wrong: dict[str, object], field: str
) -> None:
    """Typed, and naming the field."""
    request = pb.RecommendNutritionWeekRequest(profile=PROFILE, **wrong)
    error = await error_of(served.recommend.RecommendNutritionWeek(request))
    assert isinstance(error, InvalidRequestError)
    assert [violation.field for violation in error.violations] == [field]


@pytest.mark.slow
async def test_one_day_of_a_week_is_made_anew_over_the_wire(served: Served) -> None:
    """The reply goes back as it came; the other day stays, the list follows; the metrics count it."""
    week = await served.recommend.RecommendNutritionWeek(
        pb.RecommendNutritionWeekRequest(profile=PROFILE, days=2)
    )
    request = pb.RegenerateNutritionDayRequest(request_id="one", profile=PROFILE, week=week.week, day=2)
    reply = await served.recommend.RegenerateNutritionDay(request)
    assert (reply.request_id, reply.source) == ("one", plan_pb2.PLAN_SOURCE_PLANNER)
    assert reply.week.days[0] == week.week.days[0]
    assert reply.week.days[1].meals != week.week.days[1].meals
    assert reply.week.shopping != week.week.shopping
    assert await served.recommend.RegenerateNutritionDay(request) == reply
    samples = await asyncio.to_thread(served.metrics)
    assert samples["fitbox_plan_parts_replaced_total", frozenset({("what", "eating_day")})] == 2
    async with AsyncFitBoxClient(served.ready.result().address) as client:
        typed = await client.recommend_nutrition_week(fakes.MEMBER, 2)
        other = await client.regenerate_nutrition_day(fakes.MEMBER, typed.week, 2, alternative=1)
    assert other.week.days[0] == typed.week.days[0]
    assert other.week.days[1] != typed.week.days[1]


_DAY = plan_pb2.NutritionPlan(
    meals=[plan_pb2.Meal(portions=[plan_pb2.FoodPortion(food_id="apple", grams=100)])]
)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"week": plan_pb2.EatingWeek()}, "week.days"),
        ({"week": plan_pb2.EatingWeek(days=[_DAY] * 15)}, "week.days"),
        ({"week": plan_pb2.EatingWeek(days=[plan_pb2.NutritionPlan()])}, "week.days[0].meals"),
        ({"week": plan_pb2.EatingWeek(days=[_DAY], staples=["x"] * 1000)}, "week.staples"),
        ({"week": plan_pb2.EatingWeek(days=[_DAY], staples=["x"])}, "week.staples[0]"),
        ({"day": 0}, "day"),
        ({"day": 100}, "day"),
        ({"alternative": -1}, "alternative"),
        ({"alternative": 21}, "alternative"),
    ],
)
async def test_a_wrong_day_of_a_week_is_refused_by_name(
    served: Served, wrong: dict[str, object], field: str
) -> None:
    """Weeks of 0 and of 100 days, days that the week does not have, lists beyond any week."""
    values = {"week": plan_pb2.EatingWeek(days=[_DAY]), "day": 1} | wrong
    request = pb.RegenerateNutritionDayRequest(profile=PROFILE, **values)
    error = await error_of(served.recommend.RegenerateNutritionDay(request))
    assert isinstance(error, InvalidRequestError)
    assert [violation.field for violation in error.violations] == [field]


async def test_a_fast_that_harms_has_no_week_either(served: Served) -> None:
    """The envelope of a week is that of its days."""
    profile = profile_pb2.Profile()
    profile.CopyFrom(PROFILE)
    profile.meals_per_day = 2
    profile.conditions.append(profile_pb2.CONDITION_INSULIN)
    error = await error_of(
        served.recommend.RecommendNutritionWeek(pb.RecommendNutritionWeekRequest(profile=profile))
    )
    assert isinstance(error, NoPlanError)
    assert error.reason == "FASTING_UNSUITABLE"


@pytest.mark.slow
async def test_both_clients_get_the_same_typed_week(served: Served) -> None:
    """Days, leftovers, staples and the list, in the member's language."""
    member = fakes.MEMBER.model_copy(update={"language": Language.FR})
    address = served.ready.result().address

    def ask() -> object:
        with FitBoxClient(address) as client:
            return client.recommend_nutrition_week(member, 2)

    async with AsyncFitBoxClient(address) as client:
        reply = await client.recommend_nutrition_week(member, 2)
        with pytest.raises(InvalidRequestError) as caught:
            await client.recommend_nutrition_week(member, 2**40)
    assert [violation.field for violation in caught.value.violations] == ["days"]
    assert await asyncio.to_thread(ask) == reply
    assert (reply.source, len(reply.week.days)) == (PlanSource.PLANNER, 2)
    assert reply.week.days[0].target_kcal == reply.assessment.target_kcal
    assert reply.week.shopping[0].grams > 0


async def test_a_week_waits_for_its_turn() -> None:
    """Planning takes the processors' time, so it is refused where everybody would be."""
    admission = Admission(in_flight=1, queue=0, hooks=Hooks())
    weeks = EatingWeeks(admission, Hooks())
    request = pb.RecommendNutritionWeekRequest(profile=PROFILE, days=1)
    first = asyncio.create_task(weeks.week(request, Caller("one")))
    await until(lambda: admission.in_flight)
    with pytest.raises(OverloadedError):
        await weeks.week(request, Caller("two"))
    assert len((await first).week.days) == 1
