"""FitBoxClient: the synchronous client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from fitbox.explained import Explanation
from fitbox.feedback.events import FeedbackEvent, Reason
from fitbox.overrides.values import NutritionOverrides, WorkoutOverrides
from fitbox.plan import Advice, EatingWeek, Meal, NutritionPlan, PlanT_co, WorkoutPlan
from fitbox.profile import Profile
from fitbox.v1 import adapter_pb2_grpc, feedback_pb2_grpc, recommendation_pb2_grpc
from fitbox.workout.facts import TrainingFacts
from fitbox_client import calls
from fitbox_client import feedback as sent
from fitbox_client.batch import BATCH, BatchItem, BatchOutcome, item_to_proto
from fitbox_client.calls import Ask, Caller
from fitbox_client.channel import (
    ADAPTER,
    FEEDBACK,
    RECOMMENDATION,
    ConnectionSettings,
    call_metadata,
    channel_credentials,
    channel_options,
)
from fitbox_client.errors import from_rpc_error
from fitbox_client.feedback import (
    Answer,
    CorrectionTaken,
    FeedbackTaken,
    StreamTaken,
    VersionFeedback,
    answer_of,
)
from fitbox_client.requests import DEFAULT_OPTIONS, CallOptions
from fitbox_client.turns import Turns
from fitbox_client.types import (
    AdapterChange,
    AdapterDetails,
    AdapterInfo,
    AdapterList,
    Alternative,
    EatingWeekReply,
    ProfileAssessment,
    Recommendation,
    Substitution,
)

T = TypeVar("T")


class FitBoxClient(Caller):
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
        super().__init__(address, settings)
        credentials = channel_credentials(self.settings)
        options = channel_options(self.settings)
        channel = (
            grpc.secure_channel(self.settings.address, credentials, options)
            if credentials
            else grpc.insecure_channel(self.settings.address, options)
        )
        self._turns = Turns(self.settings.max_calls)
        self._channel = grpc.intercept_channel(channel, *interceptors) if interceptors else channel
        self._stubs = {
            RECOMMENDATION: recommendation_pb2_grpc.RecommendationServiceStub(self._channel),
            ADAPTER: adapter_pb2_grpc.AdapterServiceStub(self._channel),
            FEEDBACK: feedback_pb2_grpc.FeedbackServiceStub(self._channel),
        }

    def recommend_workout(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Answer[WorkoutPlan, FeedbackTaken]:
        """A training week."""
        return answer_of(self._call(calls.workout(profile, options)), self._call)

    def recommend_nutrition(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Answer[NutritionPlan, FeedbackTaken]:
        """A day of eating."""
        return answer_of(self._call(calls.nutrition(profile, options)), self._call)

    def recommend_advice(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Answer[Advice, FeedbackTaken]:
        """Short personal advice."""
        return answer_of(self._call(calls.advice(profile, options)), self._call)

    def stream_advice(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Iterator[str | Recommendation[Advice]]:
        """Text as it is decoded (unchecked), then the checked whole as the last item."""
        ask = calls.advice_stream(profile, options)
        return self._stream(ask, ask.request, self._timeout(options.timeout_seconds))

    def batch(
        self, items: Iterable[BatchItem], *, timeout_seconds: float | None = None
    ) -> Iterator[BatchOutcome]:
        """Many members in, outcomes out as they finish, in any order; one failure ends nothing else.

        ``items`` may be a generator of any length: it is advanced, in a thread of gRPC's, as the server
        takes them.
        """
        timeout = self.settings.batch_timeout_seconds if timeout_seconds is None else timeout_seconds
        return self._stream(BATCH, (item_to_proto(item) for item in items), timeout)

    def assess(self, profile: Profile, *, timeout_seconds: float | None = None) -> ProfileAssessment:
        """Physiology alone: no model is asked."""
        return self._call(calls.assess(profile, timeout_seconds))

    def explain(self, profile: Profile, *, timeout_seconds: float | None = None) -> Explanation:
        """Every exercise and food that is left out for a member, by which rules, and the formulas of the
        assessment and of every plan: no model is asked."""
        return self._call(calls.explain(profile, timeout_seconds))

    def substitute_exercise(
        self,
        profile: Profile,
        plan: WorkoutPlan,
        day: int,
        exercise_id: str,
        *,
        replacement_id: str = "",
        overrides: WorkoutOverrides | None = None,
        training_facts: TrainingFacts | None = None,
        timeout_seconds: float | None = None,
    ) -> Substitution[WorkoutPlan, Alternative]:
        """The week with another exercise in the place of one on a day (from 1); the rest as it was.

        Without ``replacement_id`` the most similar one is taken, and others to choose from are listed.
        """
        return self._call(
            calls.substitute_exercise(
                profile, plan, day, exercise_id, replacement_id, overrides, training_facts, timeout_seconds
            )
        )

    def substitute_food(
        self,
        profile: Profile,
        plan: NutritionPlan,
        meal: int,
        food_id: str,
        *,
        replacement_id: str = "",
        overrides: NutritionOverrides | None = None,
        timeout_seconds: float | None = None,
    ) -> Substitution[NutritionPlan, Alternative]:
        """The day with another food in the place of one at a meal (from 1); the other foods stay, and the
        portions are solved again.

        Without ``replacement_id`` the most similar one is taken, and others to choose from are listed.
        """
        return self._call(
            calls.substitute_food(profile, plan, meal, food_id, replacement_id, overrides, timeout_seconds)
        )

    def substitute_meal(
        self,
        profile: Profile,
        plan: NutritionPlan,
        meal: int,
        *,
        replacement_ids: Sequence[str] = (),
        overrides: NutritionOverrides | None = None,
        timeout_seconds: float | None = None,
    ) -> Substitution[NutritionPlan, Meal]:
        """The day with another meal (from 1); the other foods stay, and the portions are solved again.

        Without ``replacement_ids`` the planner composes it, and lists others to choose from.
        """
        return self._call(
            calls.substitute_meal(profile, plan, meal, replacement_ids, overrides, timeout_seconds)
        )

    def regenerate_day(
        self,
        profile: Profile,
        plan: WorkoutPlan,
        day: int,
        *,
        alternative: int = 0,
        overrides: WorkoutOverrides | None = None,
        training_facts: TrainingFacts | None = None,
        timeout_seconds: float | None = None,
    ) -> Substitution[WorkoutPlan, Alternative]:
        """The week with one day (from 1) composed anew; the other days as they were.

        ``alternative`` takes the next best one, and so on, up to 20.
        """
        return self._call(
            calls.regenerate_day(profile, plan, day, alternative, overrides, training_facts, timeout_seconds)
        )

    def recommend_nutrition_week(
        self,
        profile: Profile,
        days: int = 7,
        *,
        alternative: int = 0,
        timeout_seconds: float | None = None,
    ) -> EatingWeekReply:
        """1 to 14 days of eating that share ingredients, with leftovers and a shopping list.

        The planner's: no model is asked. ``alternative`` 1 is another week, and so on.
        """
        return self._call(calls.nutrition_week(profile, days, alternative, timeout_seconds))

    def regenerate_nutrition_day(
        self,
        profile: Profile,
        week: EatingWeek,
        day: int,
        *,
        alternative: int = 0,
        timeout_seconds: float | None = None,
    ) -> EatingWeekReply:
        """The days of eating with one (from 1) composed anew; the others to the gram as they were.

        ``week`` is a reply's, or ``EatingWeek((plan, ...))`` of single days. ``alternative`` takes the next
        best day, and so on, up to 20.
        """
        return self._call(calls.regenerate_nutrition_day(profile, week, day, alternative, timeout_seconds))

    def submit_feedback(
        self,
        reply_id: str,
        events: Iterable[FeedbackEvent],
        *,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> FeedbackTaken:
        """Events on one reply, all or none of them; on the server's disk once this returns."""
        ask = sent.submit(reply_id, events, request_id=request_id, timeout_seconds=timeout_seconds)
        return self._call(ask)

    def submit_correction(
        self,
        reply_id: str,
        plan: WorkoutPlan | NutritionPlan,
        *,
        reason: Reason | None = None,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> CorrectionTaken:
        """A coach's whole edited plan, of which items and amounts count.

        One that breaks the member's envelope is refused with InvalidRequestError, whose ``violations`` name
        each part and the rule.
        """
        ask = sent.correct(reply_id, plan, reason, request_id=request_id, timeout_seconds=timeout_seconds)
        return self._call(ask)

    def stream_feedback(
        self, items: Iterable[tuple[str, FeedbackEvent]], *, timeout_seconds: float | None = None
    ) -> StreamTaken:
        """Events on many replies, as (reply_id, event); each is taken or refused by itself."""
        timeout = self.settings.batch_timeout_seconds if timeout_seconds is None else timeout_seconds
        with typed_errors():
            call = self._stubs[FEEDBACK].StreamFeedback
            metadata = call_metadata(self.settings)
            reply = call(sent.stream_messages(items), timeout=timeout, metadata=metadata)
        return sent.stream_taken(reply)

    def list_feedback(
        self, version: str = "", *, timeout_seconds: float | None = None
    ) -> tuple[VersionFeedback, ...]:
        """How much of each kind came back, by version."""
        return self._call(sent.list_feedback(version, timeout_seconds))

    def feedback_on(self, reply: Recommendation[PlanT_co]) -> Answer[PlanT_co, FeedbackTaken]:
        """A reply that was kept, or is of a batch, with the methods that send feedback on it."""
        return answer_of(reply, self._call)

    def list_adapters(self, *, timeout_seconds: float | None = None) -> AdapterList:
        """Published versions, newest first, and the one that serves."""
        return self._call(calls.list_adapters(timeout_seconds))

    def get_adapter(self, version: str = "active", *, timeout_seconds: float | None = None) -> AdapterDetails:
        """One version, with the records of its training and evaluation, and its files."""
        return self._call(calls.get_adapter(version, timeout_seconds))

    def watch_adapters(self) -> Iterator[AdapterChange]:
        """The state of each version that is loaded, then each change; close the iterator to stop.

        It has no deadline. A server that restarts or has had the connection for long ends it with
        ServerUnavailableError: watch again, and the first changes say what is.
        """
        ask = calls.watch_adapters()
        return self._stream(ask, ask.request, None)

    def activate_adapter(
        self, version: str, *, pin: bool = False, reason: str = "", timeout_seconds: float | None = None
    ) -> AdapterInfo:
        """Switch to a version; returns once it serves."""
        return self._call(calls.activate_adapter(version, pin, reason, timeout_seconds))

    def rollback_adapter(self, *, reason: str = "", timeout_seconds: float | None = None) -> AdapterInfo:
        """Switch back to the previous version; returns once it serves."""
        return self._call(calls.rollback_adapter(reason, timeout_seconds))

    def pin_adapter(
        self, version: str = "active", *, reason: str = "", timeout_seconds: float | None = None
    ) -> AdapterInfo:
        """Keep the active version, whatever is published; one that is named must be the active one."""
        return self._call(calls.pin_adapter(version, reason, timeout_seconds))

    def unpin_adapter(self, *, reason: str = "", timeout_seconds: float | None = None) -> AdapterInfo:
        """Let other versions be activated again."""
        return self._call(calls.unpin_adapter(reason, timeout_seconds))

    def close(self) -> None:
        """Close the connection; calls in flight are cancelled."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, ask: Ask[T]) -> T:
        with typed_errors(), self._turns.taken(self._timeout(ask.timeout_seconds)) as left:
            reply = self._method(ask)(ask.request, timeout=left, metadata=call_metadata(self.settings))
        return ask.read(reply)

    def _stream(self, ask: Ask[T], requests: object, timeout_seconds: float | None) -> Iterator[T]:
        call = self._method(ask)(requests, timeout=timeout_seconds, metadata=call_metadata(self.settings))
        try:
            with typed_errors():
                for message in call:
                    yield ask.read(message)
        finally:
            call.cancel()  # whoever stops early frees the server at once; a call that has ended ignores it


@contextmanager
def typed_errors() -> Iterator[None]:
    """Turn every grpc.RpcError raised inside into a FitBoxClientError."""
    try:
        yield
    except grpc.RpcError as error:
        raise from_rpc_error(error) from error
