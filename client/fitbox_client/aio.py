"""AsyncFitBoxClient: the same calls for asyncio."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

import grpc
import grpc.aio

from fitbox.plan import Advice, NutritionPlan, WorkoutPlan
from fitbox.profile import Profile
from fitbox.v1 import adapter_pb2, adapter_pb2_grpc, recommendation_pb2, recommendation_pb2_grpc
from fitbox_client import convert
from fitbox_client.batch import BatchItem, BatchOutcome, item_to_proto, outcome_from_proto
from fitbox_client.channel import ConnectionSettings, call_metadata, channel_credentials, channel_options
from fitbox_client.client import typed_errors
from fitbox_client.requests import DEFAULT_OPTIONS, CallOptions, recommendation_request
from fitbox_client.turns import AsyncTurns
from fitbox_client.types import (
    AdapterChange,
    AdapterDetails,
    AdapterInfo,
    AdapterList,
    ProfileAssessment,
    Recommendation,
)


class AsyncFitBoxClient:
    """Typed calls over one reused connection, for one event loop.

    Every method raises a :class:`~fitbox_client.errors.FitBoxClientError`. Calls that change nothing
    are repeated by themselves while the server is unavailable, within their deadline. Without ``settings``,
    credentials come from the environment; see :meth:`ConnectionSettings.from_environment`.
    ``interceptors`` are gRPC's own, for tracing or metrics.

    >>> async with AsyncFitBoxClient("127.0.0.1:50051") as client:  # doctest: +SKIP
    ...     reply = await client.recommend_workout(profile)
    ...     print(reply.provenance.adapter_version, reply.plan.sessions[0].focus)
    """

    def __init__(
        self,
        address: str = ConnectionSettings.address,
        *,
        settings: ConnectionSettings | None = None,
        interceptors: Sequence[Any] = (),
    ) -> None:
        self.settings = settings or ConnectionSettings.from_environment(address)
        credentials = channel_credentials(self.settings)
        options = channel_options(self.settings)
        self._channel = (
            grpc.aio.secure_channel(
                self.settings.address, credentials, options, interceptors=list(interceptors)
            )
            if credentials
            else grpc.aio.insecure_channel(self.settings.address, options, interceptors=list(interceptors))
        )
        self._turns = AsyncTurns(self.settings.max_calls)
        self._recommendation: recommendation_pb2_grpc.RecommendationServiceAsyncStub
        self._recommendation = recommendation_pb2_grpc.RecommendationServiceStub(self._channel)
        self._adapter: adapter_pb2_grpc.AdapterServiceAsyncStub
        self._adapter = adapter_pb2_grpc.AdapterServiceStub(self._channel)

    async def recommend_workout(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Recommendation[WorkoutPlan]:
        """A training week."""
        request = recommendation_request(recommendation_pb2.RecommendWorkoutRequest, profile, options)
        reply = await self._call(self._recommendation.RecommendWorkout, request, options.timeout_seconds)
        return convert.workout_from_proto(reply)

    async def recommend_nutrition(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Recommendation[NutritionPlan]:
        """A day of eating."""
        request = recommendation_request(recommendation_pb2.RecommendNutritionRequest, profile, options)
        reply = await self._call(self._recommendation.RecommendNutrition, request, options.timeout_seconds)
        return convert.nutrition_from_proto(reply)

    async def recommend_advice(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Recommendation[Advice]:
        """Short personal advice."""
        request = recommendation_request(recommendation_pb2.RecommendAdviceRequest, profile, options)
        reply = await self._call(self._recommendation.RecommendAdvice, request, options.timeout_seconds)
        return convert.advice_from_proto(reply)

    async def stream_advice(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> AsyncGenerator[str | Recommendation[Advice], None]:
        """Text as it is decoded (unchecked), then the checked whole as the last item."""
        request = recommendation_request(recommendation_pb2.StreamAdviceRequest, profile, options)
        timeout = self._timeout(options.timeout_seconds)
        async with contextlib.aclosing(
            self._stream(self._recommendation.StreamAdvice, request, timeout)
        ) as events:
            async for event in events:
                if event.WhichOneof("event") == "result":
                    yield convert.advice_from_proto(event.result)
                else:
                    yield event.text_delta

    async def batch(
        self,
        items: Iterable[BatchItem] | AsyncIterable[BatchItem],
        *,
        timeout_seconds: float | None = None,
    ) -> AsyncGenerator[BatchOutcome, None]:
        """Many members in, outcomes out as they finish, in any order; one failure ends nothing else.

        ``items`` may be a generator of any length: it is advanced as the server takes them.
        """
        timeout = self.settings.batch_timeout_seconds if timeout_seconds is None else timeout_seconds
        requests = _messages(items)
        async with contextlib.aclosing(
            self._stream(self._recommendation.BatchRecommend, requests, timeout)
        ) as responses:
            async for response in responses:
                yield outcome_from_proto(response)

    async def assess(self, profile: Profile, *, timeout_seconds: float | None = None) -> ProfileAssessment:
        """Physiology alone: no model is asked."""
        request = recommendation_pb2.AssessProfileRequest(
            language_code=profile.language.value, profile=convert.profile_to_proto(profile)
        )
        reply = await self._call(self._recommendation.AssessProfile, request, timeout_seconds)
        return convert.assessment_from_proto(reply.assessment)

    async def list_adapters(self, *, timeout_seconds: float | None = None) -> AdapterList:
        """Published versions, newest first, and the one that serves."""
        reply = await self._call(
            self._adapter.ListAdapters, adapter_pb2.ListAdaptersRequest(), timeout_seconds
        )
        return convert.adapters_from_proto(reply)

    async def get_adapter(
        self, version: str = "active", *, timeout_seconds: float | None = None
    ) -> AdapterDetails:
        """One version, with the records of its training and evaluation, and its files."""
        request = adapter_pb2.GetAdapterRequest(version=version)
        reply = await self._call(self._adapter.GetAdapter, request, timeout_seconds)
        return convert.details_from_proto(reply)

    async def watch_adapters(self) -> AsyncGenerator[AdapterChange, None]:
        """The state of each version that is loaded, then each change; close the generator to stop.

        It has no deadline. A server that restarts or has had the connection for long ends it with
        ServerUnavailableError: watch again, and the first changes say what is.
        """
        request = adapter_pb2.WatchAdaptersRequest()
        async with contextlib.aclosing(self._stream(self._adapter.WatchAdapters, request, None)) as events:
            async for event in events:
                yield convert.change_from_proto(event)

    async def activate_adapter(
        self, version: str, *, pin: bool = False, reason: str = "", timeout_seconds: float | None = None
    ) -> AdapterInfo:
        """Switch to a version; returns once it serves."""
        request = adapter_pb2.ActivateAdapterRequest(version=version, pin=pin, reason=reason)
        reply = await self._call(self._adapter.ActivateAdapter, request, timeout_seconds)
        return convert.adapter_from_proto(reply.adapter)

    async def rollback_adapter(
        self, *, reason: str = "", timeout_seconds: float | None = None
    ) -> AdapterInfo:
        """Switch back to the previous version; returns once it serves."""
        request = adapter_pb2.RollbackAdapterRequest(reason=reason)
        reply = await self._call(self._adapter.RollbackAdapter, request, timeout_seconds)
        return convert.adapter_from_proto(reply.adapter)

    async def pin_adapter(
        self, version: str = "active", *, reason: str = "", timeout_seconds: float | None = None
    ) -> AdapterInfo:
        """Keep the active version, whatever is published; one that is named must be the active one."""
        request = adapter_pb2.PinAdapterRequest(version=version, reason=reason)
        reply = await self._call(self._adapter.PinAdapter, request, timeout_seconds)
        return convert.adapter_from_proto(reply.adapter)

    async def unpin_adapter(self, *, reason: str = "", timeout_seconds: float | None = None) -> AdapterInfo:
        """Let other versions be activated again."""
        request = adapter_pb2.UnpinAdapterRequest(reason=reason)
        reply = await self._call(self._adapter.UnpinAdapter, request, timeout_seconds)
        return convert.adapter_from_proto(reply.adapter)

    async def close(self) -> None:
        """Close the connection; calls in flight are cancelled."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(self, method: Any, request: Any, timeout_seconds: float | None) -> Any:
        with typed_errors():
            async with self._turns.taken(self._timeout(timeout_seconds)) as left:
                return await method(request, timeout=left, metadata=call_metadata(self.settings))

    async def _stream(
        self, method: Any, request: Any, timeout_seconds: float | None
    ) -> AsyncGenerator[Any, None]:
        call = method(request, timeout=timeout_seconds, metadata=call_metadata(self.settings))
        try:
            with typed_errors():
                async for message in call:
                    yield message
        finally:
            call.cancel()  # whoever stops early frees the server at once; a call that has ended ignores it

    def _timeout(self, seconds: float | None) -> float:
        return self.settings.timeout_seconds if seconds is None else seconds


async def _messages(
    items: Iterable[BatchItem] | AsyncIterable[BatchItem],
) -> AsyncIterator[recommendation_pb2.BatchRecommendRequest]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item_to_proto(item)
    else:
        for item in items:
            yield item_to_proto(item)
