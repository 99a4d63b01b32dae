"""Replacing parts of plans over the wire: plans go back as they came, and what is wrong is named."""

from __future__ import annotations

import asyncio

import pytest
from fitbox_client.errors import InvalidRequestError, NoPlanError
from fitbox_server.admission import Admission, Caller
from fitbox_server.hooks import Hooks
from fitbox_server.received import MOST_FOODS, MOST_LINES, week_from_proto
from fitbox_server.substitutions import Substitutions

from fitbox.choosing import items_of
from fitbox.errors import InvalidProfileError, OverloadedError
from fitbox.nutrition.task import NUTRITION
from fitbox.rpc.messages import to_proto
from fitbox.v1 import plan_pb2
from fitbox.v1 import recommendation_pb2 as pb
from fitbox.workout.task import WORKOUT
from tests import fakes
from tests.served import PROFILE, Served, error_of, until

WEEK = to_proto(plan_pb2.WorkoutPlan, WORKOUT.prepare(fakes.MEMBER).planned(1))
DAY = to_proto(plan_pb2.NutritionPlan, NUTRITION.prepare(fakes.MEMBER).planned(1))


def ids(plan: plan_pb2.WorkoutPlan, day: int) -> list[str]:
    """Exercises of a day, from 0."""
    return [line.exercise_id for line in plan.sessions[day].exercises]


@pytest.mark.slow
async def test_a_plan_goes_back_as_it_came(served: Served) -> None:
    """Each kind of replacement; none asks the worker; the metrics count them."""
    before = len(served.launcher.workers[0].requests)
    exercise = await served.recommend.SubstituteExercise(
        pb.SubstituteExerciseRequest(
            request_id="one", profile=PROFILE, plan=WEEK, day=1, exercise_id=ids(WEEK, 0)[0]
        )
    )
    assert (exercise.request_id, exercise.plan.sessions[1]) == ("one", WEEK.sessions[1])
    assert exercise.alternatives[0].id == ids(exercise.plan, 0)[0] != ids(WEEK, 0)[0]
    assert exercise.assessment.bmi > 0
    day = await served.recommend.RegenerateDay(
        pb.RegenerateDayRequest(profile=PROFILE, plan=exercise.plan, day=2)
    )
    assert ids(day.plan, 0) == ids(exercise.plan, 0)
    assert ids(day.plan, 1) != ids(exercise.plan, 1)
    old = DAY.meals[1].portions[0].food_id
    food = await served.recommend.SubstituteFood(
        pb.SubstituteFoodRequest(profile=PROFILE, plan=DAY, meal=2, food_id=old)
    )
    assert food.plan.meals[1].portions[0].food_id == food.alternatives[0].id != old
    meal = await served.recommend.SubstituteMeal(
        pb.SubstituteMealRequest(profile=PROFILE, plan=food.plan, meal=1)
    )
    assert meal.plan.meals[0] == meal.alternatives[0]
    assert len(served.launcher.workers[0].requests) == before
    samples = await asyncio.to_thread(served.metrics)
    for what in ("exercise", "day", "food", "meal"):
        assert samples["fitbox_plan_parts_replaced_total", frozenset({("what", what)})] == 1


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_names_are_in_the_language_of_the_request(served: Served, language: str) -> None:
    """Whatever language the plan was read in."""
    request = pb.SubstituteExerciseRequest(
        profile=PROFILE, language_code=language, plan=WEEK, day=1, exercise_id=ids(WEEK, 0)[0]
    )
    reply = await served.recommend.SubstituteExercise(request)
    names = [line.name for line in reply.plan.sessions[0].exercises]
    assert (names[1:] == [line.name for line in WEEK.sessions[0].exercises][1:]) is (language == "en")


async def test_every_wrong_request_is_typed(served: Served) -> None:
    """A profile, a plan, a place, an id; and nothing left is a precondition with what to relax."""

    async def fields(request: pb.SubstituteExerciseRequest) -> set[str]:
        error = await error_of(served.recommend.SubstituteExercise(request))
        assert isinstance(error, InvalidRequestError)
        assert error.reason == "INVALID_REQUEST"
        return {violation.field for violation in error.violations}

    good = pb.SubstituteExerciseRequest(profile=PROFILE, plan=WEEK, day=1, exercise_id=ids(WEEK, 0)[0])
    for change, expected in (
        ({"profile": None}, {"profile"}),
        ({"plan": None}, {"plan.sessions"}),
        ({"day": 100}, {"day"}),
        ({"exercise_id": "x" * 1000}, {"exercise_id"}),
        ({"replacement_id": "x" * 1000}, {"replacement_id"}),
        ({"language_code": "de"}, {"language_code"}),
        ({"request_id": "x" * 129}, {"request_id"}),
    ):
        request = pb.SubstituteExerciseRequest()
        request.CopyFrom(good)
        for name, value in change.items():
            request.ClearField(name)
            if value is not None:
                setattr(request, name, value)
        assert await fields(request) == expected
    greens = plan_pb2.Meal(
        portions=[plan_pb2.FoodPortion(food_id=one, grams=100) for one in ("cucumber", "lettuce")]
    )
    nothing = pb.SubstituteFoodRequest(
        profile=PROFILE,
        plan=plan_pb2.NutritionPlan(meals=[greens] * 4),
        meal=1,
        food_id="lettuce",
        replacement_id="celery",
    )
    error = await error_of(served.recommend.SubstituteFood(nothing))
    assert isinstance(error, NoPlanError)
    assert (error.reason, bool(error.relax)) == ("NO_SUBSTITUTE", True)


def test_lists_beyond_any_plan_are_refused_unread() -> None:
    """Weeks of no day and of a hundred, days of a hundred lines."""
    session = WEEK.sessions[0]
    long = plan_pb2.Session(exercises=[session.exercises[0]] * (MOST_LINES + 1))
    for plan, field in (
        (plan_pb2.WorkoutPlan(), "plan.sessions"),
        (plan_pb2.WorkoutPlan(sessions=[session] * 100), "plan.sessions"),
        (plan_pb2.WorkoutPlan(sessions=[long]), "plan.sessions[0].exercises"),
    ):
        with pytest.raises(InvalidProfileError) as caught:
            week_from_proto(plan)
        assert [violation.field for violation in caught.value.violations] == [field]
    assert MOST_FOODS < 100


async def test_a_replacement_waits_for_its_turn() -> None:
    """Planning takes the processors' time, so it is refused where everybody would be."""
    admission = Admission(in_flight=1, queue=0, hooks=Hooks())
    substitutions = Substitutions(admission, Hooks())
    request = pb.RegenerateDayRequest(profile=PROFILE, plan=WEEK, day=1)
    first = asyncio.create_task(substitutions.day(request, Caller("one")))
    await until(lambda: admission.in_flight)
    with pytest.raises(OverloadedError):
        await substitutions.day(request, Caller("two"))
    assert (await first).plan.sessions
    assert admission.in_flight == 0


async def test_a_bad_number_of_another_day_is_refused() -> None:
    """Beyond it a week would have to be planned for each."""
    substitutions = Substitutions(Admission(in_flight=1, queue=0, hooks=Hooks()), Hooks())
    for alternative in (-1, 21):
        request = pb.RegenerateDayRequest(profile=PROFILE, plan=WEEK, day=1, alternative=alternative)
        with pytest.raises(InvalidProfileError, match="alternative"):
            await substitutions.day(request, Caller())


def test_a_plan_survives_the_wire_as_far_as_it_counts() -> None:
    """Every exercise of it."""
    sent = plan_pb2.WorkoutPlan.FromString(WEEK.SerializeToString())
    found = {line.exercise_id for day in week_from_proto(sent) for line in day.lines}
    assert found == items_of(WORKOUT.prepare(fakes.MEMBER).planned(1))
