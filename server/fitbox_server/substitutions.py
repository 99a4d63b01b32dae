"""Replacing parts of plans: no model and no memory, but a turn like everybody's, for planning takes time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import Message

from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.nutrition.task import NUTRITION
from fitbox.plan import NutritionPlan, WorkoutPlan
from fitbox.reply import Substitution
from fitbox.rpc.messages import to_proto
from fitbox.substitute.exercise import MOST_DAYS, regenerate_day, substitute_exercise
from fitbox.substitute.food import substitute_food, substitute_meal
from fitbox.v1 import recommendation_pb2 as pb
from fitbox.workout.task import WORKOUT
from fitbox_server.admission import Admission, Caller
from fitbox_server.hooks import Hooks
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
        week = week_from_proto(request.plan)
        return await self._answered(
            "exercise",
            pb.SubstituteExerciseResponse,
            request,
            who,
            lambda: substitute_exercise(
                week,
                request.day,
                request.exercise_id,
                WORKOUT.constrain(profile),
                replacement_id=request.replacement_id,
            ),
        )

    async def food(self, request: pb.SubstituteFoodRequest, who: Caller) -> pb.SubstituteFoodResponse:
        """Another food. Raises as :meth:`exercise`."""
        profile, _ = read_request(request)
        day = day_from_proto(request.plan)
        return await self._answered(
            "food",
            pb.SubstituteFoodResponse,
            request,
            who,
            lambda: substitute_food(
                day,
                request.meal,
                request.food_id,
                NUTRITION.constrain(profile),
                replacement_id=request.replacement_id,
            ),
        )

    async def meal(self, request: pb.SubstituteMealRequest, who: Caller) -> pb.SubstituteMealResponse:
        """Another meal. Raises as :meth:`exercise`."""
        profile, _ = read_request(request)
        day = day_from_proto(request.plan)
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
                NUTRITION.constrain(profile),
                replacement_ids=tuple(request.replacement_ids),
            ),
        )

    async def day(self, request: pb.RegenerateDayRequest, who: Caller) -> pb.RegenerateDayResponse:
        """Another day. Raises as :meth:`exercise`."""
        profile, _ = read_request(request)
        week = week_from_proto(request.plan)
        if not 0 <= request.alternative <= MOST_DAYS:
            raise InvalidProfileError((FieldViolation("alternative", f"must be from 0 to {MOST_DAYS}"),))
        return await self._answered(
            "day",
            pb.RegenerateDayResponse,
            request,
            who,
            lambda: regenerate_day(
                week, request.day, WORKOUT.constrain(profile), alternative=request.alternative
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
