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
from fitbox_client.channel import ConnectionSettings, call_metadata, channel_credentials, channel_options
from fitbox_client.errors import from_rpc_error
from fitbox_client.requests import DEFAULT_OPTIONS, CallOptions, recommendation_request
from fitbox_client.types import AdapterDetails, AdapterInfo, AdapterList, ProfileAssessment, Recommendation


class FitBoxClient:
    """Typed calls over one reused connection; safe to share between threads.

    Every method raises a :class:`~fitbox_client.errors.FitBoxClientError`. Calls that change nothing
    are repeated by themselves while the server is unavailable, within their deadline.

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
        self.settings = settings or ConnectionSettings(address=address)
        credentials = channel_credentials(self.settings)
        options = channel_options(self.settings)
        channel = (
            grpc.secure_channel(self.settings.address, credentials, options)
            if credentials
            else grpc.insecure_channel(self.settings.address, options)
        )
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
        with typed_errors():
            for event in self._recommendation.StreamAdvice(
                request,
                timeout=options.timeout_seconds or self.settings.timeout_seconds,
                metadata=call_metadata(self.settings),
            ):
                if event.WhichOneof("event") == "result":
                    yield convert.advice_from_proto(event.result)
                else:
                    yield event.text_delta

    def batch(
        self,
        requests: Iterable[recommendation_pb2.BatchRecommendRequest],
        *,
        timeout_seconds: float | None = None,
    ) -> Iterator[recommendation_pb2.BatchRecommendResponse]:
        """Many members in, outcomes out as they finish, in any order; one failure ends nothing else."""
        with typed_errors():
            yield from self._recommendation.BatchRecommend(
                iter(requests), timeout=timeout_seconds, metadata=call_metadata(self.settings)
            )

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
        with typed_errors():
            return method(
                request,
                timeout=timeout_seconds or self.settings.timeout_seconds,
                metadata=call_metadata(self.settings),
            )


@contextmanager
def typed_errors() -> Iterator[None]:
    """Turn every grpc.RpcError raised inside into a FitBoxClientError."""
    try:
        yield
    except grpc.RpcError as error:
        raise from_rpc_error(error) from error
