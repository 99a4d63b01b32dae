"""Feedback on replies: what a client sends, and replies that send it themselves.

>>> reply = client.recommend_workout(profile)  # doctest: +SKIP
>>> reply.accept()  # doctest: +SKIP
>>> reply.swap("leg_press", "back_squat", reason=Reason.NO_EQUIPMENT)  # doctest: +SKIP
>>> reply.done("back_squat", rpe=8, load_kg=60, repetitions=8)  # doctest: +SKIP

Every event gets an id of its own here, so that a call that is repeated after a failure is no second event.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from fitbox.feedback.events import FeedbackEvent, FeedbackKind, Reason
from fitbox.plan import Advice, NutritionPlan, PlanT_co, WorkoutPlan
from fitbox.reply import Recommendation
from fitbox.rpc.messages import to_proto
from fitbox.v1 import feedback_pb2, plan_pb2
from fitbox_client.calls import Ask
from fitbox_client.channel import FEEDBACK
from fitbox_client.errors import PreconditionError
from fitbox_client.requests import check_numbers, check_sendable

T = TypeVar("T")
SentT = TypeVar("SentT")
"""What sending gives: the answer, or with asyncio something to await it."""


@dataclass(frozen=True)
class FeedbackTaken:
    """Events that are on the server's disk now; ``duplicates`` had come before."""

    accepted: int
    duplicates: int


@dataclass(frozen=True)
class FeedbackRefused:
    """One message of a stream that was refused; ``index`` counts from 0."""

    index: int
    event_id: str
    reason: str
    message: str


@dataclass(frozen=True)
class StreamTaken:
    """What became of a stream of events; ``refusals`` are the first of those refused."""

    accepted: int
    duplicates: int
    refused: int
    refusals: tuple[FeedbackRefused, ...]


@dataclass(frozen=True)
class CorrectionTaken:
    """A correction that is on the server's disk now."""

    correction_id: str
    duplicate: bool


@dataclass(frozen=True)
class VersionFeedback:
    """How many events of each kind came back on one version."""

    adapter_version: str
    counts: Mapping[str, int]


class Answer(Recommendation[PlanT_co], Generic[PlanT_co, SentT]):
    """A reply that can be told what became of it. Equal to another answer with the same contents.

    With an asyncio client the methods give something to await. All raise a
    :class:`~fitbox_client.errors.FitBoxClientError`; ``PreconditionError`` with ``FEEDBACK_OFF`` where the
    server takes no feedback.
    """

    _send: Callable[[Ask[Any]], Any] | None = None

    def accept(self) -> SentT:
        """The whole reply was taken as it is."""
        return self._event(FeedbackEvent(FeedbackKind.ACCEPTED))

    def done(
        self,
        item: str = "",
        *,
        rpe: int | None = None,
        load_kg: float | None = None,
        repetitions: int | None = None,
        day: int | None = None,
        at: datetime | None = None,
    ) -> SentT:
        """An exercise, or without one the whole week (or its ``day``), was done."""
        return self._event(
            FeedbackEvent(
                FeedbackKind.DONE, item, rpe=rpe, load_kg=load_kg, repetitions=repetitions, day=day, at=at
            )
        )

    def skip(
        self,
        item: str = "",
        *,
        reason: Reason | None = None,
        day: int | None = None,
        at: datetime | None = None,
    ) -> SentT:
        """An exercise or food, or without one the whole reply (or its ``day``), was left out."""
        return self._event(FeedbackEvent(FeedbackKind.SKIPPED, item, reason=reason, day=day, at=at))

    def swap(
        self,
        item: str,
        swapped_for: str,
        *,
        reason: Reason | None = None,
        day: int | None = None,
        at: datetime | None = None,
    ) -> SentT:
        """Another exercise or food was taken instead of one."""
        return self._event(
            FeedbackEvent(FeedbackKind.SWAPPED, item, swapped_for, reason=reason, day=day, at=at)
        )

    def rate(self, rating: int, item: str = "", *, reason: Reason | None = None) -> SentT:
        """1 to 5 for an exercise or food, or without one for the whole reply."""
        return self._event(FeedbackEvent(FeedbackKind.RATED, item, rating=rating, reason=reason))

    def too_hard(self, item: str = "", *, reason: Reason | None = None, day: int | None = None) -> SentT:
        """An exercise, or without one the whole week, was too hard."""
        return self._event(FeedbackEvent(FeedbackKind.TOO_HARD, item, reason=reason, day=day))

    def too_easy(self, item: str = "", *, reason: Reason | None = None, day: int | None = None) -> SentT:
        """An exercise, or without one the whole week, was too easy."""
        return self._event(FeedbackEvent(FeedbackKind.TOO_EASY, item, reason=reason, day=day))

    def correct(self, plan: WorkoutPlan | NutritionPlan, *, reason: Reason | None = None) -> Any:
        """A coach's whole edited plan, of which items and amounts count (a :class:`CorrectionTaken`).

        Raises:
            InvalidRequestError: ``CORRECTION_REFUSED``: it breaks the member's envelope; ``violations`` names
                each part and the rule.
        """
        return self._sent(correct(self.provenance.reply_id, plan, reason))

    def _event(self, event: FeedbackEvent) -> SentT:
        return cast("SentT", self._sent(submit(self.provenance.reply_id, [event])))

    def _sent(self, ask: Ask[Any]) -> Any:
        if self._send is None:
            raise PreconditionError("this reply is of no client; client.feedback_on(reply) makes it one")
        return self._send(ask)


WorkoutAnswer = Answer[WorkoutPlan, FeedbackTaken]
NutritionAnswer = Answer[NutritionPlan, FeedbackTaken]
AdviceAnswer = Answer[Advice, FeedbackTaken]


def answer_of(reply: Recommendation[PlanT_co], send: Callable[[Ask[Any]], Any]) -> Answer[PlanT_co, Any]:
    """A reply that sends its feedback by ``send``."""
    made: Answer[PlanT_co, Any] = Answer(**{name: getattr(reply, name) for name in _FIELDS})
    object.__setattr__(made, "_send", send)  # no field: what it is does not depend on it
    return made


_FIELDS = tuple(Recommendation.__dataclass_fields__)


def submit(
    reply_id: str,
    events: Iterable[FeedbackEvent],
    *,
    request_id: str = "",
    timeout_seconds: float | None = None,
) -> Ask[FeedbackTaken]:
    """Events on one reply."""
    _check(reply_id)
    check_sendable("request_id", request_id)
    request = feedback_pb2.SubmitFeedbackRequest(
        request_id=request_id, reply_id=reply_id, events=[event_to_proto(event) for event in events]
    )
    return Ask(FEEDBACK, "SubmitFeedback", request, _taken, timeout_seconds)


def correct(
    reply_id: str,
    plan: WorkoutPlan | NutritionPlan,
    reason: Reason | None = None,
    *,
    request_id: str = "",
    timeout_seconds: float | None = None,
) -> Ask[CorrectionTaken]:
    """A whole edited plan."""
    _check(reply_id)
    check_sendable("request_id", request_id)
    request = feedback_pb2.SubmitCorrectionRequest(
        request_id=request_id, reply_id=reply_id, reason=_reason(reason)
    )
    if isinstance(plan, WorkoutPlan):
        request.workout.CopyFrom(to_proto(plan_pb2.WorkoutPlan, plan))
    else:
        request.nutrition.CopyFrom(to_proto(plan_pb2.NutritionPlan, plan))
    return Ask(FEEDBACK, "SubmitCorrection", request, _corrected, timeout_seconds)


def list_feedback(version: str, timeout_seconds: float | None) -> Ask[tuple[VersionFeedback, ...]]:
    """What came back, by version: the hundred of which something came last."""
    check_sendable("adapter_version", version)
    request = feedback_pb2.ListFeedbackRequest(adapter_version=version, page_size=100)
    return Ask(FEEDBACK, "ListFeedback", request, _listed, timeout_seconds)


def stream_messages(
    items: Iterable[tuple[str, FeedbackEvent]],
) -> Iterator[feedback_pb2.StreamFeedbackRequest]:
    """Messages of (reply_id, event)."""
    for reply_id, event in items:
        _check(reply_id)
        yield feedback_pb2.StreamFeedbackRequest(reply_id=reply_id, event=event_to_proto(event))


def stream_taken(reply: feedback_pb2.StreamFeedbackResponse) -> StreamTaken:
    """What became of a stream."""
    refusals = tuple(
        FeedbackRefused(one.index, one.event_id, one.reason, one.message) for one in reply.refusals
    )
    return StreamTaken(reply.accepted, reply.duplicates, reply.refused, refusals)


def event_to_proto(event: FeedbackEvent, event_id: str = "") -> feedback_pb2.FeedbackEvent:
    """The message of an event, with an id of its own.

    Raises:
        InvalidRequestError: for what no message can carry.
    """
    for name in ("item", "swapped_for"):
        check_sendable(name, getattr(event, name))
    check_numbers(rpe=event.rpe, repetitions=event.repetitions, rating=event.rating, day=event.day)
    message = feedback_pb2.FeedbackEvent(
        event_id=event_id or uuid.uuid4().hex,
        kind=feedback_pb2.FeedbackKind.Value(f"FEEDBACK_KIND_{event.kind}"),
        item=event.item,
        swapped_for=event.swapped_for,
        rpe=event.rpe,
        load_kg=event.load_kg,
        repetitions=event.repetitions,
        rating=event.rating,
        reason=_reason(event.reason),
        day=event.day,
    )
    if event.at is not None:
        message.at.FromDatetime(event.at)
    return message


def _reason(reason: Reason | None) -> feedback_pb2.FeedbackReason.ValueType:
    name = f"FEEDBACK_REASON_{reason.value if reason else 'UNSPECIFIED'}"
    return feedback_pb2.FeedbackReason.Value(name)


def _check(reply_id: str) -> None:
    if not reply_id:
        raise PreconditionError(
            "the reply has no reply_id: its server takes no feedback", reason="FEEDBACK_OFF"
        )
    check_sendable("reply_id", reply_id)


def _taken(reply: Any) -> FeedbackTaken:
    return FeedbackTaken(reply.accepted, reply.duplicates)


def _corrected(reply: Any) -> CorrectionTaken:
    return CorrectionTaken(reply.correction_id, reply.duplicate)


def _listed(reply: Any) -> tuple[VersionFeedback, ...]:
    return tuple(
        VersionFeedback(
            one.adapter_version,
            {
                feedback_pb2.FeedbackKind.Name(count.kind).removeprefix("FEEDBACK_KIND_"): count.events
                for count in one.counts
            },
        )
        for one in reply.versions
    )
