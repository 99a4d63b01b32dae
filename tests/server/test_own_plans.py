"""Advice about plans that a request brings, or that the same stream made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fitbox_client.errors import InvalidRequestError

from fitbox.advice.facts import TEXTS
from fitbox.profile import Language
from fitbox.v1 import recommendation_pb2 as pb
from tests.served import PROFILE, Served, error_of

pytestmark = pytest.mark.slow

ALONE = TEXTS.text(Language.EN, "no_plan")


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """A server whose worker writes planner's texts."""
    server = Served(tmp_path / "models")
    await server.start()
    yield server
    await server.close()


async def plans(served: Served) -> pb.OwnPlans:
    """A week and a day of the member, as the server gave them."""
    week = await served.recommend.RecommendWorkout(pb.RecommendWorkoutRequest(profile=PROFILE))
    day = await served.recommend.RecommendNutrition(pb.RecommendNutritionRequest(profile=PROFILE))
    return pb.OwnPlans(workout=week.plan, nutrition=day.plan)


def names(given: pb.OwnPlans) -> set[str]:
    """Lifts, foods and weekdays of plans."""
    sessions, meals = given.workout.sessions, given.nutrition.meals
    found = {session.weekday.lower() for session in sessions}
    found |= {line.name.lower() for session in sessions for line in session.exercises}
    return found | {portion.name.lower() for meal in meals for portion in meal.portions}


def of_plans(advice: Any, given: pb.OwnPlans) -> bool:
    """Whether an advice names anything of them."""
    said = " ".join(tip.text.lower() for tip in advice.tips)
    return any(name in said for name in names(given))


async def test_advice_speaks_of_the_plans_that_it_is_sent(served: Served) -> None:
    """Without them it says that it does not; a stream does the same."""
    given = await plans(served)
    alone = await served.advice()
    assert ALONE in alone.advice.notes
    told = await served.advice(plans=given)
    assert of_plans(told.advice, given)
    assert ALONE not in told.advice.notes
    events = served.recommend.StreamAdvice(pb.StreamAdviceRequest(profile=PROFILE, plans=given))
    assert [event async for event in events][-1].result.advice == told.advice


async def test_items_of_one_stream_hand_their_plans_over(served: Served) -> None:
    """The advice waits for the week and the day that it names."""
    items = [
        pb.BatchRecommendRequest(request_id="w", kind=pb.RECOMMENDATION_KIND_WORKOUT, profile=PROFILE),
        pb.BatchRecommendRequest(request_id="n", kind=pb.RECOMMENDATION_KIND_NUTRITION, profile=PROFILE),
        pb.BatchRecommendRequest(
            request_id="a",
            kind=pb.RECOMMENDATION_KIND_ADVICE,
            profile=PROFILE,
            workout_request_id="w",
            nutrition_request_id="n",
        ),
    ]
    replies = {one.request_id: one async for one in served.recommend.BatchRecommend(iter(items))}
    given = pb.OwnPlans(workout=replies["w"].workout.plan, nutrition=replies["n"].nutrition.plan)
    assert of_plans(replies["a"].advice.advice, given)
    assert replies["a"].advice.advice == (await served.advice(plans=given)).advice


async def test_an_item_that_failed_is_left_out_and_one_that_never_was_is_refused(served: Served) -> None:
    """So is a plan for another kind of recommendation."""
    bad = pb.BatchRecommendRequest(request_id="w", kind=pb.RECOMMENDATION_KIND_WORKOUT)
    items = [
        bad,
        *(
            pb.BatchRecommendRequest(
                request_id=name, kind=pb.RECOMMENDATION_KIND_ADVICE, profile=PROFILE, workout_request_id=asked
            )
            for name, asked in (("a", "w"), ("b", "x"))
        ),
        pb.BatchRecommendRequest(
            request_id="c",
            kind=pb.RECOMMENDATION_KIND_WORKOUT,
            profile=PROFILE,
            workout_request_id="w",
            plans=pb.OwnPlans(),
        ),
    ]
    replies = {one.request_id: one async for one in served.recommend.BatchRecommend(iter(items))}
    assert ALONE in replies["a"].advice.advice.notes
    assert [one.field for one in replies["b"].error.field_violations] == ["workout_request_id"]
    assert [one.field for one in replies["c"].error.field_violations] == ["workout_request_id", "plans"]


async def test_a_plan_of_another_member_is_refused_by_its_parts(served: Served) -> None:
    """The tips would be about what the member may not do; overrides need their plan."""
    given = await plans(served)
    line = given.workout.sessions[0].exercises[0]
    line.exercise_id = "nothing"
    given.nutrition.meals[0].portions[0].grams = 0
    error = await error_of(
        served.recommend.RecommendAdvice(pb.RecommendAdviceRequest(profile=PROFILE, plans=given))
    )
    assert isinstance(error, InvalidRequestError)
    assert [one.field for one in error.violations] == ["plans.workout.sessions[0].exercises[0].exercise_id"]
    del given.workout.sessions[:]
    error = await error_of(
        served.recommend.RecommendAdvice(pb.RecommendAdviceRequest(profile=PROFILE, plans=given))
    )
    assert [one.field for one in error.violations] == ["plans.workout.sessions"]
    alone = pb.OwnPlans(workout_overrides=pb.WorkoutOverrides(fewest_repetitions=5))
    error = await error_of(
        served.recommend.RecommendAdvice(pb.RecommendAdviceRequest(profile=PROFILE, plans=alone))
    )
    assert [one.field for one in error.violations] == ["plans.workout_overrides"]
