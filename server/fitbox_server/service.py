"""RecommendationService: reads a request, asks the recommender, writes the reply."""

# ruff: noqa: N802 - gRPC names the methods

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import grpc.aio

from fitbox.assessment import assess
from fitbox.plan import PlanSource
from fitbox.profile import Profile
from fitbox.rpc.request_ids import IdempotencyCache
from fitbox.tasks import TaskName
from fitbox.v1 import recommendation_pb2, recommendation_pb2_grpc
from fitbox_server import replies
from fitbox_server.admission import Caller
from fitbox_server.batch import answer_all
from fitbox_server.callers import caller
from fitbox_server.recommend import Decoding, OnText, Recommender
from fitbox_server.reply_cache import ReplyCache
from fitbox_server.requests import read_batch_item, read_request


class RecommendationService(recommendation_pb2_grpc.RecommendationServiceServicer):
    """Errors of FitBox leave as they are; :class:`fitbox.rpc.calls.CallInterceptor` maps them.

    Args:
        recommender: Makes the plans.
        idempotency: Keeps replies by ``request_id``.
        cache: Keeps replies to greedy requests by their contents.
        batch_concurrency: Items of one batch that are worked on together.
    """

    def __init__(
        self,
        recommender: Recommender,
        idempotency: IdempotencyCache,
        cache: ReplyCache,
        *,
        batch_concurrency: int,
    ) -> None:
        self._cache = cache
        self._recommender = recommender
        self._idempotency = idempotency
        self._batch_concurrency = batch_concurrency

    async def RecommendWorkout(
        self, request: recommendation_pb2.RecommendWorkoutRequest, context: Any
    ) -> recommendation_pb2.RecommendWorkoutResponse:
        """A training week."""
        reply: recommendation_pb2.RecommendWorkoutResponse = await self._once(
            "RecommendWorkout", TaskName.WORKOUT, request, context
        )
        return reply

    async def RecommendNutrition(
        self, request: recommendation_pb2.RecommendNutritionRequest, context: Any
    ) -> recommendation_pb2.RecommendNutritionResponse:
        """A day of eating."""
        reply: recommendation_pb2.RecommendNutritionResponse = await self._once(
            "RecommendNutrition", TaskName.NUTRITION, request, context
        )
        return reply

    async def RecommendAdvice(
        self, request: recommendation_pb2.RecommendAdviceRequest, context: Any
    ) -> recommendation_pb2.RecommendAdviceResponse:
        """Short personal advice."""
        reply: recommendation_pb2.RecommendAdviceResponse = await self._once(
            "RecommendAdvice", TaskName.ADVICE, request, context
        )
        return reply

    async def StreamAdvice(  # type: ignore[override]  # writing to the context instead of yielding
        self, request: recommendation_pb2.StreamAdviceRequest, context: Any
    ) -> None:
        """The same advice, text as it is decoded, the checked whole last.

        Writes to the context: each piece waits until the one before is on its way, so a slow reader is not
        buffered for. A repeat of a ``request_id`` gets the result at once, without the pieces.
        """

        listening = True

        async def on_text(text: str) -> None:
            # A caller that left may have others waiting for the same request_id, who get the result alone.
            nonlocal listening
            if listening:
                try:
                    await context.write(recommendation_pb2.StreamAdviceResponse(text_delta=text))
                except grpc.aio.BaseError:
                    listening = False  # it left just now

        try:
            result = await self._once("StreamAdvice", TaskName.ADVICE, request, context, on_text)
        finally:
            listening = False
        await context.write(recommendation_pb2.StreamAdviceResponse(result=result))

    async def AssessProfile(
        self, request: recommendation_pb2.AssessProfileRequest, context: Any
    ) -> recommendation_pb2.AssessProfileResponse:
        """Physiology alone; needs neither a slot nor a worker."""
        profile, _ = read_request(request)
        return recommendation_pb2.AssessProfileResponse(
            request_id=request.request_id,
            assessment=replies.assessment(assess(profile), profile.language),
        )

    async def BatchRecommend(
        self, request_iterator: AsyncIterator[recommendation_pb2.BatchRecommendRequest], context: Any
    ) -> AsyncIterator[recommendation_pb2.BatchRecommendResponse]:
        """Many members in, replies out as they finish; each item fails or succeeds by itself."""

        # The stream's concurrency is bounded, so its items may wait where a single call is refused.
        who = caller(context, patient=True)

        async def answer(
            item: recommendation_pb2.BatchRecommendRequest,
        ) -> recommendation_pb2.BatchRecommendResponse:
            name, profile, decoding = read_batch_item(item)
            reply = await self._reply(name, profile, decoding, item.request_id, who)
            outcome: dict[str, Any] = {name.value: reply}
            return recommendation_pb2.BatchRecommendResponse(request_id=item.request_id, **outcome)

        async for response in answer_all(request_iterator, answer, concurrency=self._batch_concurrency):
            yield response

    async def _once(
        self, method: str, name: TaskName, request: Any, context: Any, on_text: OnText | None = None
    ) -> Any:
        profile, decoding = read_request(request)
        who = caller(context)

        async def make() -> replies.Reply:
            return await self._reply(name, profile, decoding, request.request_id, who, on_text)

        return await self._idempotency.reply(method, request, make)

    async def _reply(
        self,
        name: TaskName,
        profile: Profile,
        decoding: Decoding,
        request_id: str,
        who: Caller,
        on_text: OnText | None = None,
    ) -> replies.Reply:
        """A reply from the cache, or a new one, which the cache may keep."""
        key = self._recommender.cache_key(name, profile, decoding) if self._cache.enabled else None
        if key is not None and (kept := self._cache.get(key)) is not None:
            return replies.from_bytes(name, request_id, kept)
        result = await self._recommender.recommend(name, profile, decoding, caller=who, on_text=on_text)
        reply = replies.reply(request_id, result, profile.language)
        # A second attempt was sampled, and a planner's reply may be due to a passing fault.
        if key is not None and result.source is PlanSource.MODEL and result.attempts == 1:
            made_by = replace(key, version=result.identity.version, digest=result.identity.digest)
            self._cache.put(made_by, reply.SerializeToString())
        return reply
