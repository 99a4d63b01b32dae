"""RecommendationService: reads a request, asks the recommender, writes the reply."""

# ruff: noqa: N802 - gRPC names the methods

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

import grpc.aio

from fitbox.assessment import assess
from fitbox.explain import explain
from fitbox.overrides.values import NutritionOverrides, WorkoutOverrides
from fitbox.profile import Profile
from fitbox.referrals import Subject, refuse_if_referred
from fitbox.reply import told
from fitbox.rpc.messages import Reply, to_proto
from fitbox.rpc.request_ids import IdempotencyCache
from fitbox.task import TaskName
from fitbox.v1 import plan_pb2, recommendation_pb2, recommendation_pb2_grpc
from fitbox_server.attempts import OnText
from fitbox_server.batch import Window, answer_all
from fitbox_server.callers import caller
from fitbox_server.facts import training_facts
from fitbox_server.outbox import Outbox
from fitbox_server.overrides import fields_of_item, overrides_of
from fitbox_server.own_plans import StreamPlans, given_plans, plans_of
from fitbox_server.recommend import Call, Recommender
from fitbox_server.requests import GeneratingRequest, read_batch_item, read_request
from fitbox_server.substitutions import Substitutions
from fitbox_server.weeks import EatingWeeks

Request = TypeVar("Request")
Response = TypeVar("Response")
ReplyT = TypeVar("ReplyT", bound=Reply)
Context = grpc.aio.ServicerContext[Request, Response]


class RecommendationService(recommendation_pb2_grpc.RecommendationServiceServicer):
    """Errors of FitBox leave as they are; :class:`fitbox.rpc.calls.CallInterceptor` maps them.

    Args:
        recommender: Makes the replies.
        idempotency: Keeps replies by ``request_id``.
        window: Bounds the items of batches that are worked on.
        substitutions: Replaces parts of plans.
        weeks: Plans several days of eating.
    """

    def __init__(
        self,
        recommender: Recommender,
        idempotency: IdempotencyCache,
        window: Window,
        substitutions: Substitutions,
        weeks: EatingWeeks,
    ) -> None:
        self._recommender, self._substitutions, self._weeks = recommender, substitutions, weeks
        self._idempotency = idempotency
        self._window = window

    async def RecommendWorkout(
        self,
        request: recommendation_pb2.RecommendWorkoutRequest,
        context: Context[
            recommendation_pb2.RecommendWorkoutRequest, recommendation_pb2.RecommendWorkoutResponse
        ],
    ) -> recommendation_pb2.RecommendWorkoutResponse:
        """A training week."""
        kind = recommendation_pb2.RecommendWorkoutResponse
        return await self._once(kind, TaskName.WORKOUT, request, context)

    async def RecommendNutrition(
        self,
        request: recommendation_pb2.RecommendNutritionRequest,
        context: Context[
            recommendation_pb2.RecommendNutritionRequest, recommendation_pb2.RecommendNutritionResponse
        ],
    ) -> recommendation_pb2.RecommendNutritionResponse:
        """A day of eating."""
        kind = recommendation_pb2.RecommendNutritionResponse
        return await self._once(kind, TaskName.NUTRITION, request, context)

    async def RecommendAdvice(
        self,
        request: recommendation_pb2.RecommendAdviceRequest,
        context: Context[
            recommendation_pb2.RecommendAdviceRequest, recommendation_pb2.RecommendAdviceResponse
        ],
    ) -> recommendation_pb2.RecommendAdviceResponse:
        """Short personal advice."""
        kind = recommendation_pb2.RecommendAdviceResponse
        return await self._once(kind, TaskName.ADVICE, request, context)

    async def StreamAdvice(  # type: ignore[override]  # writing to the context instead of yielding
        self,
        request: recommendation_pb2.StreamAdviceRequest,
        context: Context[recommendation_pb2.StreamAdviceRequest, recommendation_pb2.StreamAdviceResponse],
    ) -> None:
        """The same advice, text as it is decoded, the checked whole last.

        The engine never waits for the client: text goes through an outbox, and the slot is free when the
        engine is done. A repeat of a ``request_id`` gets the result at once, without the pieces.
        """

        async def write(text: str) -> None:
            await context.write(recommendation_pb2.StreamAdviceResponse(text_delta=text))

        # A caller that left may have others waiting for the same request_id, who get the result alone.
        outbox = Outbox(write)
        delivering = asyncio.ensure_future(outbox.deliver())
        try:
            kind = recommendation_pb2.RecommendAdviceResponse
            result = await self._once(kind, TaskName.ADVICE, request, context, outbox.put)
            outbox.end()
            await delivering
        finally:
            outbox.end()
            delivering.cancel()
        await context.write(recommendation_pb2.StreamAdviceResponse(result=result))

    async def AssessProfile(
        self,
        request: recommendation_pb2.AssessProfileRequest,
        context: Context[recommendation_pb2.AssessProfileRequest, recommendation_pb2.AssessProfileResponse],
    ) -> recommendation_pb2.AssessProfileResponse:
        """Physiology alone; needs neither a slot nor a worker."""
        profile, _ = read_request(request)
        refuse_if_referred(profile, Subject.ASSESSMENT)
        assessed = assess(profile)
        reply = recommendation_pb2.AssessProfileResponse(
            request_id=request.request_id,
            assessment=to_proto(plan_pb2.Assessment, told(assessed, profile.language)),
        )
        if request.explain:
            reply.explanation.CopyFrom(await _explained(profile, TaskName.WORKOUT, TaskName.NUTRITION))
        return reply

    async def BatchRecommend(
        self,
        request_iterator: AsyncIterator[recommendation_pb2.BatchRecommendRequest],
        context: Context[recommendation_pb2.BatchRecommendRequest, recommendation_pb2.BatchRecommendResponse],
    ) -> AsyncIterator[recommendation_pb2.BatchRecommendResponse]:
        """Many members in, replies out as they finish; each item fails or succeeds by itself."""

        # The window bounds how many items there are, so they may wait where a single call is refused.
        who, plans = caller(context, patient=True), StreamPlans()

        async def answer(item: recommendation_pb2.BatchRecommendRequest) -> Reply:
            with plans.item(item) as made:  # before anything is awaited: items begin in the stream's order
                name, profile, wishes = read_batch_item(item)
                facts = training_facts(item)
                given = await plans.given(item)
                call = Call(name, profile, wishes, item.request_id, who, overrides_of(item), facts, given)
                with fields_of_item(item):
                    reply = _echoed(call, await self._recommender.answer(call))
                made.set_result(plans_of(reply, item))
                if item.explain:
                    reply.explanation.CopyFrom(await _explained(profile, name))
                return reply

        async for response in answer_all(request_iterator, answer, self._window, who.client):
            yield response

    async def SubstituteExercise(
        self,
        request: recommendation_pb2.SubstituteExerciseRequest,
        context: Context[
            recommendation_pb2.SubstituteExerciseRequest, recommendation_pb2.SubstituteExerciseResponse
        ],
    ) -> recommendation_pb2.SubstituteExerciseResponse:
        """Another exercise in one place of a week."""
        return await self._substitutions.exercise(request, caller(context))

    async def SubstituteFood(
        self,
        request: recommendation_pb2.SubstituteFoodRequest,
        context: Context[recommendation_pb2.SubstituteFoodRequest, recommendation_pb2.SubstituteFoodResponse],
    ) -> recommendation_pb2.SubstituteFoodResponse:
        """Another food in one place of a day."""
        return await self._substitutions.food(request, caller(context))

    async def SubstituteMeal(
        self,
        request: recommendation_pb2.SubstituteMealRequest,
        context: Context[recommendation_pb2.SubstituteMealRequest, recommendation_pb2.SubstituteMealResponse],
    ) -> recommendation_pb2.SubstituteMealResponse:
        """Another meal in one place of a day."""
        return await self._substitutions.meal(request, caller(context))

    async def RegenerateDay(
        self,
        request: recommendation_pb2.RegenerateDayRequest,
        context: Context[recommendation_pb2.RegenerateDayRequest, recommendation_pb2.RegenerateDayResponse],
    ) -> recommendation_pb2.RegenerateDayResponse:
        """One day of a week composed anew."""
        return await self._substitutions.day(request, caller(context))

    async def RecommendNutritionWeek(
        self,
        request: recommendation_pb2.RecommendNutritionWeekRequest,
        context: Context[
            recommendation_pb2.RecommendNutritionWeekRequest,
            recommendation_pb2.RecommendNutritionWeekResponse,
        ],
    ) -> recommendation_pb2.RecommendNutritionWeekResponse:
        """Several days of eating."""
        return await self._weeks.week(request, caller(context))

    async def RegenerateNutritionDay(
        self,
        request: recommendation_pb2.RegenerateNutritionDayRequest,
        context: Context[
            recommendation_pb2.RegenerateNutritionDayRequest,
            recommendation_pb2.RegenerateNutritionDayResponse,
        ],
    ) -> recommendation_pb2.RegenerateNutritionDayResponse:
        """One of several days of eating composed anew."""
        return await self._weeks.day(request, caller(context))

    async def _once(
        self,
        kind: type[ReplyT],
        name: TaskName,
        request: GeneratingRequest,
        context: Context[Request, Response],
        on_text: OnText | None = None,
    ) -> ReplyT:
        """The reply to a call, made once for each of its caller's request ids."""
        profile, wishes = read_request(request)
        call = Call(
            name,
            profile,
            wishes,
            request.request_id,
            caller(context),
            overrides_of(request),
            training_facts(request),
            given_plans(request),
        )

        async def make() -> Reply:
            reply = _echoed(call, await self._recommender.answer(call, on_text))
            if request.explain:
                # Beside the reply cache: it costs some milliseconds, and most callers do not ask.
                reply.explanation.CopyFrom(await _explained(profile, name))
            return reply

        reply = await self._idempotency.reply(type(request).__name__.removesuffix("Request"), request, make)
        if not isinstance(reply, kind):
            raise TypeError(f"{name} answers with {type(reply).__name__}")
        return reply


def _echoed(call: Call, reply: Reply) -> Reply:
    """The reply with the coach's overrides, all of which it keeps."""
    match reply, call.overrides:
        case recommendation_pb2.RecommendWorkoutResponse(), WorkoutOverrides():
            reply.overrides.CopyFrom(to_proto(recommendation_pb2.WorkoutOverrides, call.overrides))
        case recommendation_pb2.RecommendNutritionResponse(), NutritionOverrides():
            reply.overrides.CopyFrom(to_proto(recommendation_pb2.NutritionOverrides, call.overrides))
    return reply


async def _explained(profile: Profile, *tasks: TaskName) -> recommendation_pb2.Explanation:
    """In a thread: a member with many conditions has hundreds of exclusions."""

    def made() -> recommendation_pb2.Explanation:
        return to_proto(recommendation_pb2.Explanation, explain(profile, assess(profile), tasks))

    return await asyncio.to_thread(made)
