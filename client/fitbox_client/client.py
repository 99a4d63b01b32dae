"""FitBoxClient: the synchronous client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import grpc

from fitbox.plan import Advice, NutritionPlan, WorkoutPlan
from fitbox.profile import Profile
from fitbox.v1 import adapter_pb2, adapter_pb2_grpc, recommendation_pb2, recommendation_pb2_grpc
from fitbox_client import convert
from fitbox_client.batch import BatchItem, BatchOutcome, item_to_proto, outcome_from_proto
from fitbox_client.channel import ConnectionSettings, call_metadata, channel_credentials, channel_options
from fitbox_client.errors import from_rpc_error
from fitbox_client.requests import DEFAULT_OPTIONS, CallOptions, recommendation_request
from fitbox_client.turns import Turns
from fitbox_client.types import (
    AdapterChange,
    AdapterDetails,
    AdapterInfo,
    AdapterList,
    ProfileAssessment,
    Recommendation,
)


class FitBoxClient:
    """Typed calls over one reused connection; safe to share between threads.

    Every method raises a :class:`~fitbox_client.errors.FitBoxClientError`. Calls that change nothing
    are repeated by themselves while the server is unavailable, within their deadline. Without ``settings``,
    credentials come from the environment; see :meth:`ConnectionSettings.from_environment`.
    ``interceptors`` are gRPC's own, for tracing or metrics.

    >>> with FitBoxClient("127.0.0.1:50051") as client:  # doctest: +SKIP
    ...     reply = client.recommend_workout(profile)
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
        channel = (
            grpc.secure_channel(self.settings.address, credentials, options)
            if credentials
            else grpc.insecure_channel(self.settings.address, options)
        )
        self._turns = Turns(self.settings.max_calls)
        self._channel = grpc.intercept_channel(channel, *interceptors) if interceptors else channel
        self._recommendation = recommendation_pb2_grpc.RecommendationServiceStub(self._channel)
        self._adapter = adapter_pb2_grpc.AdapterServiceStub(self._channel)

    def recommend_workout(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Recommendation[WorkoutPlan]:
        """A training week."""
        request = recommendation_request(recommendation_pb2.RecommendWorkoutRequest, profile, options)
        reply = self._call(self._recommendation.RecommendWorkout, request, options.timeout_seconds)
        return convert.workout_from_proto(reply)

    def recommend_nutrition(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Recommendation[NutritionPlan]:
        """A day of eating."""
        request = recommendation_request(recommendation_pb2.RecommendNutritionRequest, profile, options)
        reply = self._call(self._recommendation.RecommendNutrition, request, options.timeout_seconds)
        return convert.nutrition_from_proto(reply)

    def recommend_advice(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Recommendation[Advice]:
        """Short personal advice."""
        request = recommendation_request(recommendation_pb2.RecommendAdviceRequest, profile, options)
        reply = self._call(self._recommendation.RecommendAdvice, request, options.timeout_seconds)
        return convert.advice_from_proto(reply)

    def stream_advice(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Iterator[str | Recommendation[Advice]]:
        """Text as it is decoded (unchecked), then the checked whole as the last item."""
        request = recommendation_request(recommendation_pb2.StreamAdviceRequest, profile, options)
        timeout = self._timeout(options.timeout_seconds)
        for event in self._stream(self._recommendation.StreamAdvice, request, timeout):
            if event.WhichOneof("event") == "result":
                yield convert.advice_from_proto(event.result)
            else:
                yield event.text_delta

    def batch(
        self, items: Iterable[BatchItem], *, timeout_seconds: float | None = None
    ) -> Iterator[BatchOutcome]:
        """Many members in, outcomes out as they finish, in any order; one failure ends nothing else.

        ``items`` may be a generator of any length: it is advanced, in a thread of gRPC's, as the server
        takes them.
        """
        timeout = self.settings.batch_timeout_seconds if timeout_seconds is None else timeout_seconds
        requests = (item_to_proto(item) for item in items)
        for response in self._stream(self._recommendation.BatchRecommend, requests, timeout):
            yield outcome_from_proto(response)

    def assess(self, profile: Profile, *, timeout_seconds: float | None = None) -> ProfileAssessment:
        """Physiology alone: no model is asked."""
        request = recommendation_pb2.AssessProfileRequest(
            language_code=profile.language.value, profile=convert.profile_to_proto(profile)
        )
        reply = self._call(self._recommendation.AssessProfile, request, timeout_seconds)
        return convert.assessment_from_proto(reply.assessment)

    def list_adapters(self, *, timeout_seconds: float | None = None) -> AdapterList:
        """Published versions, newest first, and the one that serves."""
        reply = self._call(self._adapter.ListAdapters, adapter_pb2.ListAdaptersRequest(), timeout_seconds)
        return convert.adapters_from_proto(reply)

    def get_adapter(self, version: str = "active", *, timeout_seconds: float | None = None) -> AdapterDetails:
        """One version, with the records of its training and evaluation, and its files."""
        request = adapter_pb2.GetAdapterRequest(version=version)
        return convert.details_from_proto(self._call(self._adapter.GetAdapter, request, timeout_seconds))

    def watch_adapters(self) -> Iterator[AdapterChange]:
        """The state of each version that is loaded, then each change; close the iterator to stop.

        It has no deadline. A server that restarts or has had the connection for long ends it with
        ServerUnavailableError: watch again, and the first changes say what is.
        """
        request = adapter_pb2.WatchAdaptersRequest()
        for event in self._stream(self._adapter.WatchAdapters, request, None):
            yield convert.change_from_proto(event)

    def activate_adapter(
        self, version: str, *, pin: bool = False, reason: str = "", timeout_seconds: float | None = None
    ) -> AdapterInfo:
        """Switch to a version; returns once it serves."""
        request = adapter_pb2.ActivateAdapterRequest(version=version, pin=pin, reason=reason)
        reply = self._call(self._adapter.ActivateAdapter, request, timeout_seconds)
        return convert.adapter_from_proto(reply.adapter)

    def rollback_adapter(self, *, reason: str = "", timeout_seconds: float | None = None) -> AdapterInfo:
        """Switch back to the previous version; returns once it serves."""
        request = adapter_pb2.RollbackAdapterRequest(reason=reason)
        reply = self._call(self._adapter.RollbackAdapter, request, timeout_seconds)
        return convert.adapter_from_proto(reply.adapter)

    def pin_adapter(
        self, version: str = "active", *, reason: str = "", timeout_seconds: float | None = None
    ) -> AdapterInfo:
        """Keep the active version, whatever is published; one that is named must be the active one."""
        request = adapter_pb2.PinAdapterRequest(version=version, reason=reason)
        reply = self._call(self._adapter.PinAdapter, request, timeout_seconds)
        return convert.adapter_from_proto(reply.adapter)

    def unpin_adapter(self, *, reason: str = "", timeout_seconds: float | None = None) -> AdapterInfo:
        """Let other versions be activated again."""
        request = adapter_pb2.UnpinAdapterRequest(reason=reason)
        reply = self._call(self._adapter.UnpinAdapter, request, timeout_seconds)
        return convert.adapter_from_proto(reply.adapter)

    def close(self) -> None:
        """Close the connection; calls in flight are cancelled."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: Any, request: Any, timeout_seconds: float | None) -> Any:
        with typed_errors(), self._turns.taken(self._timeout(timeout_seconds)) as left:
            return method(request, timeout=left, metadata=call_metadata(self.settings))

    def _stream(self, method: Any, request: Any, timeout_seconds: float | None) -> Iterator[Any]:
        call = method(request, timeout=timeout_seconds, metadata=call_metadata(self.settings))
        try:
            with typed_errors():
                yield from call
        finally:
            call.cancel()  # whoever stops early frees the server at once; a call that has ended ignores it

    def _timeout(self, seconds: float | None) -> float:
        return self.settings.timeout_seconds if seconds is None else seconds


@contextmanager
def typed_errors() -> Iterator[None]:
    """Turn every grpc.RpcError raised inside into a FitBoxClientError."""
    try:
        yield
    except grpc.RpcError as error:
        raise from_rpc_error(error) from error
