"""Wishes that cannot be kept, over the wire: each a typed error that names the field and the rule."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pytest
from fitbox_client.errors import InvalidRequestError, NoPlanError, from_item_error

from fitbox.foods import MealRole
from fitbox.nutrition.constraints import STARCH_USES
from fitbox.nutrition.task import NUTRITION
from fitbox.rpc.messages import to_proto
from fitbox.v1 import plan_pb2, profile_pb2
from fitbox.v1 import recommendation_pb2 as pb
from fitbox.workout.task import WORKOUT
from tests import fakes
from tests.served import PROFILE, Served, error_of

WEEK = to_proto(plan_pb2.WorkoutPlan, WORKOUT.prepare(fakes.MEMBER).planned(1))
DAY = to_proto(plan_pb2.NutritionPlan, NUTRITION.prepare(fakes.MEMBER).planned(1))
FULL = pb.SESSION_FOCUS_FULL
LINE, FOOD = WEEK.sessions[0].exercises[0].exercise_id, DAY.meals[0].portions[0].food_id


def member(**changes: Any) -> profile_pb2.Profile:
    """The usual one, but for some fields."""
    profile = profile_pb2.Profile()
    profile.CopyFrom(PROFILE)
    for name in changes:
        profile.ClearField(name)
    profile.MergeFrom(profile_pb2.Profile(**changes))
    return profile


WORKOUT_OVERRIDES: list[tuple[dict[str, Any], str, str]] = [
    ({"fixed_exercises": ["no_such"]}, "fixed_exercises[0]", "no identifier"),
    ({"forbidden_exercises": ["no_such"]}, "forbidden_exercises[0]", "no identifier"),
    ({"fixed_exercises": ["power_clean"]}, "fixed_exercises[0]", "excluded by LEVEL"),
    ({"fixed_exercises": ["push_up"], "forbidden_exercises": ["push_up"]}, "fixed_exercises[0]", "forbidden"),
    ({"fixed_exercises": ["push_up"] * 65}, "fixed_exercises", "at most 64"),
    ({"split": [FULL]}, "split", "3 days"),
    ({"split": [FULL] * 100}, "split", "at most"),
    ({"split": [0, 0, 0]}, "split[0]", "must be set"),
    ({"split": [99, FULL, FULL]}, "split[0]", "unknown number"),
    ({"fewest_repetitions": 12, "most_repetitions": 8}, "fewest_repetitions", "above most_repetitions"),
    ({"most_repetitions": 0}, "most_repetitions", "REPETITIONS"),
    ({"fewest_repetitions": 2**31 - 1}, "fewest_repetitions", "REPETITIONS"),
]
NUTRITION_OVERRIDES: list[tuple[dict[str, Any], str, str]] = [
    ({"target_kcal": 800}, "target_kcal", "KCAL_FLOOR"),
    ({"target_kcal": 6000}, "target_kcal", "KCAL_CEILING"),
    ({"target_kcal": 0}, "target_kcal", "above 0"),
    ({"target_kcal": math.nan}, "target_kcal", "above 0"),
    ({"target_kcal": math.inf}, "target_kcal", "above 0"),
    ({"protein_g": -1}, "protein_g", "above 0"),
    ({"protein_g": 20}, "protein_g", "PROTEIN_RANGE"),
    ({"carbohydrate_g": 50}, "carbohydrate_g", "CARBOHYDRATE_FLOOR"),
    ({"fat_g": 15}, "fat_g", "FAT_RANGE"),
    (
        {"target_kcal": 2000, "protein_g": 100, "carbohydrate_g": 200, "fat_g": 20},
        "target_kcal",
        "ENERGY_SUM",
    ),
    ({"fixed_foods": ["unicorn"]}, "fixed_foods[0]", "no identifier"),
    ({"fixed_foods": ["salmon"], "forbidden_foods": ["salmon"]}, "fixed_foods[0]", "forbidden"),
]


async def refused(call: Any) -> dict[str, str]:
    """Fields and descriptions of a call that is refused."""
    error = await error_of(call)
    assert isinstance(error, InvalidRequestError)
    assert error.reason == "INVALID_REQUEST"
    return _by_field(error.violations)


def _by_field(violations: Iterable[Any]) -> dict[str, str]:
    """A field may break several rules."""
    found: dict[str, str] = {}
    for one in violations:
        found[one.field] = f"{found.get(one.field, '')}; {one.description}"
    return found


async def test_every_override_that_contradicts_the_envelope_names_field_and_rule(served: Served) -> None:
    """Of a call and, by the item's own field, of a batch; no worker is asked."""
    before = len(served.launcher.workers[0].requests)
    calls = (
        (WORKOUT_OVERRIDES, pb.RecommendWorkoutRequest, served.recommend.RecommendWorkout, "WORKOUT"),
        (NUTRITION_OVERRIDES, pb.RecommendNutritionRequest, served.recommend.RecommendNutrition, "NUTRITION"),
    )
    for table, kind, call, name in calls:
        for overrides, field, rule in table:
            found = await refused(call(kind(profile=PROFILE, overrides=overrides)))
            assert rule in found[f"overrides.{field}"], (overrides, found)
            own = f"{name.lower()}_overrides"
            item = pb.BatchRecommendRequest(
                request_id="1",
                profile=PROFILE,
                kind=pb.RecommendationKind.Value(f"RECOMMENDATION_KIND_{name}"),
                **{own: overrides},
            )
            async for response in served.recommend.BatchRecommend(iter([item])):
                named = _by_field(response.error.field_violations)
                assert rule in named[f"{own}.{field}"], (overrides, named)
    assert len(served.launcher.workers[0].requests) == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weight_kg": 70, "weight_lb": 300}, "weight_lb"),
        ({"weight_lb": 5, "weight_kg": 0}, "weight_lb"),
        ({"height_ft": 5, "height_in": 13, "height_cm": 0}, "height_in"),
        ({"height_ft": 5, "height_in": 7, "height_cm": 200}, "height_ft"),
        ({"height_in": 5.7, "height_cm": 0}, "height_in"),
        ({"weight_kg": math.nan}, "weight_kg"),
        ({"unit_system": 9}, "unit_system"),
        ({"energy_unit": 9}, "energy_unit"),
        ({"workout_days_per_week": 0}, "workout_days_per_week"),
        ({"workout_days_per_week": 100}, "workout_days_per_week"),
        ({"disliked_foods": ["unicorn"]}, "disliked_foods[0]"),
        ({"disliked_exercises": ["unicorn"]}, "disliked_exercises[0]"),
    ],
)
async def test_units_that_do_not_fit_and_unknown_ids_are_refused_by_every_call(
    served: Served, changes: dict[str, Any], field: str
) -> None:
    """With a plan, without one, and several days."""
    profile = member(**changes)
    calls = served.recommend
    for call in (
        calls.RecommendWorkout(pb.RecommendWorkoutRequest(profile=profile)),
        calls.AssessProfile(pb.AssessProfileRequest(profile=profile)),
        calls.RecommendNutritionWeek(pb.RecommendNutritionWeekRequest(profile=profile)),
        calls.RegenerateNutritionDay(pb.RegenerateNutritionDayRequest(profile=profile)),
        calls.SubstituteFood(pb.SubstituteFoodRequest(profile=profile, plan=DAY, meal=1, food_id=FOOD)),
    ):
        assert f"profile.{field}" in await refused(call)


async def test_a_plan_that_is_not_the_members_any_more_is_refused_by_path_and_rule(served: Served) -> None:
    """Weeks of no day and of a hundred, other equipment, a part that the overrides fix."""
    exercise = pb.SubstituteExerciseRequest(profile=PROFILE, plan=WEEK, day=1, exercise_id=LINE)
    none = profile_pb2.EquipmentList()
    for changes, field, rule in (
        ({"plan": plan_pb2.WorkoutPlan()}, "plan.sessions", "1 to 7"),
        ({"plan": plan_pb2.WorkoutPlan(sessions=[WEEK.sessions[0]] * 100)}, "plan.sessions", "1 to 7"),
        ({"plan": plan_pb2.WorkoutPlan(sessions=WEEK.sessions[:1])}, "plan.sessions", "must be 3"),
        ({"day": 0}, "day", "from 1 to 3"),
        ({"day": 100}, "day", "from 1 to 3"),
        ({"exercise_id": "no_such"}, "exercise_id", "no identifier"),
        ({"replacement_id": "no_such"}, "replacement_id", "no identifier"),
        ({"overrides": {"fixed_exercises": [LINE]}}, "exercise_id", "fixed by the overrides"),
        ({"overrides": {"split": [FULL]}}, "overrides.split", "3 days"),
        ({"profile": member(equipment=none, workout_days_per_week=3)}, "", "EQUIPMENT"),
    ):
        request = pb.SubstituteExerciseRequest()
        request.CopyFrom(exercise)
        for name in changes:
            request.ClearField(name)
        request.MergeFrom(pb.SubstituteExerciseRequest(**changes))
        found = await refused(served.recommend.SubstituteExercise(request))
        if field:
            assert rule in found[field]
        else:
            assert any(rule in reason and name.endswith("exercise_id") for name, reason in found.items())


async def test_what_leaves_nothing_says_what_could_be_relaxed(served: Served) -> None:
    """A coach who forbids too much is told that it is his list, not dislikes that nobody has."""
    main = [one for one in NUTRITION.constrain(fakes.MEMBER).foods if MealRole.MAIN in one.meal_roles]
    starches = [one.id for one in main if one.culinary_use in STARCH_USES]
    overrides = pb.NutritionOverrides(forbidden_foods=starches)
    error = await error_of(
        served.recommend.RecommendNutrition(
            pb.RecommendNutritionRequest(profile=PROFILE, overrides=overrides)
        )
    )
    assert isinstance(error, NoPlanError)
    assert (error.reason, error.relax[0]) == ("NO_STARCH", "overrides.forbidden_foods")
    assert "disliked_foods" not in error.relax
    item = pb.BatchRecommendRequest(
        request_id="1", profile=PROFILE, kind="RECOMMENDATION_KIND_NUTRITION", nutrition_overrides=overrides
    )
    async for response in served.recommend.BatchRecommend(iter([item])):
        error = from_item_error(response.error)
        assert isinstance(error, NoPlanError)
        assert error.relax[0] == "nutrition_overrides.forbidden_foods"
