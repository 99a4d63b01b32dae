"""Replacing parts of plans: no model and no memory, but a turn like everybody's, for planning takes time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import TypeVar

from google.protobuf.message import Message

from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.task import NUTRITION
from fitbox.overrides.nutrition import overridden_nutrition
from fitbox.overrides.values import NutritionOverrides, WorkoutOverrides
from fitbox.overrides.workout import overridden_workout
from fitbox.plan import NutritionPlan, WorkoutPlan
from fitbox.profile import Profile
from fitbox.reply import Substitution
from fitbox.rpc.messages import to_proto
from fitbox.substitute.exercise import MOST_DAYS, regenerate_day, substitute_exercise
from fitbox.substitute.food import substitute_food, substitute_meal
from fitbox.substitute.received import DayOfEating
from fitbox.v1 import recommendation_pb2 as pb
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.facts import TrainingFacts
from fitbox.workout.known import known
from fitbox.workout.task import WORKOUT
from fitbox_server.admission import Admission, Caller
from fitbox_server.facts import training_facts
from fitbox_server.hooks import Hooks
from fitbox_server.overrides import nutrition_overrides, workout_overrides
from fitbox_server.received import day_from_proto, week_from_proto
from fitbox_server.requests import ReplacingRequest, read_request

PLANNING_TOKENS = 128
"""What a replacement counts for in the queue, in tokens of the model: about what the processors do for it."""
MOST_REPLACEMENTS = 16
"""Foods of a meal that a request may name, above what any meal may have."""

ReplyT = TypeVar("ReplyT", bound=Message)
PlanT = TypeVar("PlanT", WorkoutPlan, NutritionPlan)
PartT = TypeVar("PartT")


class Substitutions:
    """Answers calls that bring a plan and want a part of it replaced.

    Args:
        admission: Gives turns.
        hooks: Told of what was replaced.
    """

    def __init__(self, admission: Admission, hooks: Hooks) -> None:
        self._admission, self._hooks = admission, hooks

    async def exercise(
        self, request: pb.SubstituteExerciseRequest, who: Caller
    ) -> pb.SubstituteExerciseResponse:
        """Another exercise.

        Raises:
            InvalidProfileError: see :func:`fitbox.substitute.exercise.substitute_exercise`; also for a plan
                with a list that is empty or too long.
            NoPlanPossibleError: there is nothing to replace it by.
            OverloadedError, DeadlinePassedError: admission refused.
        """
        profile, _ = read_request(request)
        week, overrides = week_from_proto(request.plan), workout_overrides(request.overrides)
        facts = training_facts(request)
        return await self._answered(
            "exercise",
            pb.SubstituteExerciseResponse,
            request,
            who,
            lambda: substitute_exercise(
                week,
                request.day,
                request.exercise_id,
                constrained(profile, overrides, request.exercise_id, facts=facts),
                replacement_id=request.replacement_id,
            ),
        )

    async def food(self, request: pb.SubstituteFoodRequest, who: Caller) -> pb.SubstituteFoodResponse:
        """Another food. Raises as :meth:`exercise`."""
        profile, _ = read_request(request)
        day, overrides = day_from_proto(request.plan), nutrition_overrides(request.overrides)
        return await self._answered(
            "food",
            pb.SubstituteFoodResponse,
            request,
            who,
            lambda: substitute_food(
                day,
                request.meal,
                request.food_id,
                eating(profile, overrides, request.food_id),
                replacement_id=request.replacement_id,
            ),
        )

    async def meal(self, request: pb.SubstituteMealRequest, who: Caller) -> pb.SubstituteMealResponse:
        """Another meal. Raises as :meth:`exercise`."""
        profile, _ = read_request(request)
        day, overrides = day_from_proto(request.plan), nutrition_overrides(request.overrides)
        if len(request.replacement_ids) > MOST_REPLACEMENTS:
            raise InvalidProfileError(
                (FieldViolation("replacement_ids", f"at most {MOST_REPLACEMENTS} entries"),)
            )
        return await self._answered(
            "meal",
            pb.SubstituteMealResponse,
            request,
            who,
            lambda: substitute_meal(
                day,
                request.meal,
                eating(profile, overrides, *_meal_ids(day, request.meal)),
                replacement_ids=tuple(request.replacement_ids),
            ),
        )

    async def day(self, request: pb.RegenerateDayRequest, who: Caller) -> pb.RegenerateDayResponse:
        """Another day. Raises as :meth:`exercise`."""
        profile, _ = read_request(request)
        week, overrides = week_from_proto(request.plan), workout_overrides(request.overrides)
        facts = training_facts(request)
        if not 0 <= request.alternative <= MOST_DAYS:
            raise InvalidProfileError((FieldViolation("alternative", f"must be from 0 to {MOST_DAYS}"),))
        return await self._answered(
            "day",
            pb.RegenerateDayResponse,
            request,
            who,
            lambda: regenerate_day(
                week,
                request.day,
                constrained(profile, overrides, facts=facts),
                alternative=request.alternative,
                keep=() if overrides is None else overrides.fixed_exercises,
            ),
        )

    async def _answered(
        self,
        what: str,
        kind: type[ReplyT],
        request: ReplacingRequest,
        who: Caller,
        work: Callable[[], Substitution[PlanT, PartT]],
    ) -> ReplyT:
        async with self._admission.enter(who) as place:
            await place.start(PLANNING_TOKENS)
            made = await asyncio.to_thread(work)
        self._hooks.replaced(what)
        reply = to_proto(kind, made)
        reply.request_id = request.request_id  # type: ignore[attr-defined]  # every reply has one
        return reply


def constrained(
    profile: Profile, overrides: WorkoutOverrides | None, *going: str, facts: TrainingFacts | None = None
) -> WorkoutConstraints:
    """The envelope of a week, as the coach narrowed it, with what is known of the member.

    Raises:
        InvalidProfileError: an override is not of the member's envelope, or fixes what is to go; or a fact
            cannot be.
    """
    if overrides is None:
        own = WORKOUT.constrain(profile)
    else:
        _refuse_fixed("exercise_id", overrides.fixed_exercises, going)
        own = overridden_workout(overrides).constrain(profile)
    return own if facts is None else known(own, facts)


def eating(profile: Profile, overrides: NutritionOverrides | None, *going: str) -> NutritionConstraints:
    """The same of a day of eating."""
    if overrides is None:
        return NUTRITION.constrain(profile)
    _refuse_fixed("food_id", overrides.fixed_foods, going)
    return overridden_nutrition(overrides).constrain(profile)


def _refuse_fixed(field: str, fixed: Collection[str], going: Collection[str]) -> None:
    if any(item in fixed for item in going):
        raise InvalidProfileError((FieldViolation(field, "is fixed by the overrides"),))


def _meal_ids(day: DayOfEating, meal: int) -> list[str]:
    return [food.food_id for food in day[meal - 1]] if 1 <= meal <= len(day) else []
