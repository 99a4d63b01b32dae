"""AsyncFitBoxClient: the same calls for asyncio."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc
import grpc.aio

from fitbox.explained import Explanation
from fitbox.feedback.events import FeedbackEvent, Reason
from fitbox.overrides.values import NutritionOverrides, WorkoutOverrides
from fitbox.plan import Advice, EatingWeek, Meal, NutritionPlan, PlanT_co, WorkoutPlan
from fitbox.profile import Profile
from fitbox.v1 import adapter_pb2_grpc, feedback_pb2_grpc, recommendation_pb2, recommendation_pb2_grpc
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
from fitbox_client.client import typed_errors
from fitbox_client.feedback import (
    Answer,
    CorrectionTaken,
    FeedbackTaken,
    StreamTaken,
    VersionFeedback,
    answer_of,
)
from fitbox_client.requests import DEFAULT_OPTIONS, CallOptions
from fitbox_client.turns import AsyncTurns
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


class AsyncFitBoxClient(Caller):
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
        super().__init__(address, settings)
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
        self._stubs = {
            RECOMMENDATION: recommendation_pb2_grpc.RecommendationServiceStub(self._channel),
            ADAPTER: adapter_pb2_grpc.AdapterServiceStub(self._channel),
            FEEDBACK: feedback_pb2_grpc.FeedbackServiceStub(self._channel),
        }

    async def recommend_workout(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Answer[WorkoutPlan, Awaitable[FeedbackTaken]]:
        """A training week."""
        return answer_of(await self._call(calls.workout(profile, options)), self._call)

    async def recommend_nutrition(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Answer[NutritionPlan, Awaitable[FeedbackTaken]]:
        """A day of eating."""
        return answer_of(await self._call(calls.nutrition(profile, options)), self._call)

    async def recommend_advice(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> Answer[Advice, Awaitable[FeedbackTaken]]:
        """Short personal advice."""
        return answer_of(await self._call(calls.advice(profile, options)), self._call)

    async def stream_advice(
        self, profile: Profile, options: CallOptions = DEFAULT_OPTIONS
    ) -> AsyncGenerator[str | Recommendation[Advice], None]:
        """Text as it is decoded (unchecked), then the checked whole as the last item."""
        ask = calls.advice_stream(profile, options)
        timeout = self._timeout(options.timeout_seconds)
        async with contextlib.aclosing(self._stream(ask, ask.request, timeout)) as events:
            async for event in events:
                yield event

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
        async with contextlib.aclosing(self._stream(BATCH, _messages(items), timeout)) as outcomes:
            async for outcome in outcomes:
                yield outcome

    async def assess(self, profile: Profile, *, timeout_seconds: float | None = None) -> ProfileAssessment:
        """Physiology alone: no model is asked."""
        return await self._call(calls.assess(profile, timeout_seconds))

    async def explain(self, profile: Profile, *, timeout_seconds: float | None = None) -> Explanation:
        """Every exercise and food that is left out for a member, by which rules, and the formulas of the
        assessment and of every plan: no model is asked."""
        return await self._call(calls.explain(profile, timeout_seconds))

    async def substitute_exercise(
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
        return await self._call(
            calls.substitute_exercise(
                profile, plan, day, exercise_id, replacement_id, overrides, training_facts, timeout_seconds
            )
        )

    async def substitute_food(
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
        return await self._call(
            calls.substitute_food(profile, plan, meal, food_id, replacement_id, overrides, timeout_seconds)
        )

    async def substitute_meal(
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
        return await self._call(
            calls.substitute_meal(profile, plan, meal, replacement_ids, overrides, timeout_seconds)
        )

    async def regenerate_day(
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
        return await self._call(
            calls.regenerate_day(profile, plan, day, alternative, overrides, training_facts, timeout_seconds)
        )

    async def recommend_nutrition_week(
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
        return await self._call(calls.nutrition_week(profile, days, alternative, timeout_seconds))

    async def regenerate_nutrition_day(
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
        return await self._call(
            calls.regenerate_nutrition_day(profile, week, day, alternative, timeout_seconds)
        )

    async def submit_feedback(
        self,
        reply_id: str,
        events: Iterable[FeedbackEvent],
        *,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> FeedbackTaken:
        """Events on one reply, all or none of them; on the server's disk once this returns."""
        ask = sent.submit(reply_id, events, request_id=request_id, timeout_seconds=timeout_seconds)
        return await self._call(ask)

    async def submit_correction(
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
        return await self._call(ask)

    async def stream_feedback(
        self, items: Iterable[tuple[str, FeedbackEvent]], *, timeout_seconds: float | None = None
    ) -> StreamTaken:
        """Events on many replies, as (reply_id, event); each is taken or refused by itself."""
        timeout = self.settings.batch_timeout_seconds if timeout_seconds is None else timeout_seconds
        with typed_errors():
            call = self._stubs[FEEDBACK].StreamFeedback
            metadata = call_metadata(self.settings)
            reply = await call(sent.stream_messages(items), timeout=timeout, metadata=metadata)
        return sent.stream_taken(reply)

    async def list_feedback(
        self, version: str = "", *, timeout_seconds: float | None = None
    ) -> tuple[VersionFeedback, ...]:
        """How much of each kind came back, by version."""
        return await self._call(sent.list_feedback(version, timeout_seconds))

    def feedback_on(self, reply: Recommendation[PlanT_co]) -> Answer[PlanT_co, Awaitable[FeedbackTaken]]:
        """A reply that was kept, or is of a batch, with the methods that send feedback on it."""
        return answer_of(reply, self._call)

    async def list_adapters(self, *, timeout_seconds: float | None = None) -> AdapterList:
        """Published versions, newest first, and the one that serves."""
        return await self._call(calls.list_adapters(timeout_seconds))

    async def get_adapter(
        self, version: str = "active", *, timeout_seconds: float | None = None
    ) -> AdapterDetails:
        """One version, with the records of its training and evaluation, and its files."""
        return await self._call(calls.get_adapter(version, timeout_seconds))

    async def watch_adapters(self) -> AsyncGenerator[AdapterChange, None]:
        """The state of each version that is loaded, then each change; close the generator to stop.

        It has no deadline. A server that restarts or has had the connection for long ends it with
        ServerUnavailableError: watch again, and the first changes say what is.
        """
        ask = calls.watch_adapters()
        async with contextlib.aclosing(self._stream(ask, ask.request, None)) as events:
            async for event in events:
                yield event

    async def activate_adapter(
        self, version: str, *, pin: bool = False, reason: str = "", timeout_seconds: float | None = None
    ) -> AdapterInfo:
        """Switch to a version; returns once it serves."""
        return await self._call(calls.activate_adapter(version, pin, reason, timeout_seconds))

    async def rollback_adapter(
        self, *, reason: str = "", timeout_seconds: float | None = None
    ) -> AdapterInfo:
        """Switch back to the previous version; returns once it serves."""
        return await self._call(calls.rollback_adapter(reason, timeout_seconds))

    async def pin_adapter(
        self, version: str = "active", *, reason: str = "", timeout_seconds: float | None = None
    ) -> AdapterInfo:
        """Keep the active version, whatever is published; one that is named must be the active one."""
        return await self._call(calls.pin_adapter(version, reason, timeout_seconds))

    async def unpin_adapter(self, *, reason: str = "", timeout_seconds: float | None = None) -> AdapterInfo:
        """Let other versions be activated again."""
        return await self._call(calls.unpin_adapter(reason, timeout_seconds))

    async def close(self) -> None:
        """Close the connection; calls in flight are cancelled."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(self, ask: Ask[T]) -> T:
        method = self._method(ask)
        with typed_errors():
            async with self._turns.taken(self._timeout(ask.timeout_seconds)) as left:
                reply = await method(ask.request, timeout=left, metadata=call_metadata(self.settings))
        return ask.read(reply)

    async def _stream(
        self, ask: Ask[T], requests: object, timeout_seconds: float | None
    ) -> AsyncGenerator[T, None]:
        method = self._method(ask)
        call = method(requests, timeout=timeout_seconds, metadata=call_metadata(self.settings))
        try:
            with typed_errors():
                async for message in call:
                    yield ask.read(message)
        finally:
            call.cancel()  # whoever stops early frees the server at once; a call that has ended ignores it


async def _messages(
    items: Iterable[BatchItem] | AsyncIterable[BatchItem],
) -> AsyncIterator[recommendation_pb2.BatchRecommendRequest]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item_to_proto(item)
    else:
        for item in items:
            yield item_to_proto(item)
