"""Feedback in requests: read within bounds, and held against the reply that it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from fitbox.errors import FieldViolation, InvalidProfileError, NoPlanPossibleError
from fitbox.feedback.events import FeedbackEvent, FeedbackKind, Reason, violations
from fitbox.feedback.plans import Served, items_of, served_text, why_not_allowed
from fitbox.feedback.records import Record
from fitbox.profile import MOST_VIOLATIONS
from fitbox.v1 import feedback_pb2
from fitbox_server.feedback.reply_ids import SealedReply
from fitbox_server.requests import MAX_REQUEST_ID

MOST_EVENTS = 64
"""Of one request."""
CLOCK_SKEW = timedelta(minutes=10)
"""By which a caller's clock may differ from ours."""
_COMPARED = frozenset({FeedbackKind.ACCEPTED, FeedbackKind.SWAPPED})
"""Kinds that say that one plan is better than another: what was served is kept with them."""
_OPTIONAL = ("rpe", "load_kg", "repetitions", "rating", "day")
_KINDS = {feedback_pb2.FeedbackKind.Value(f"FEEDBACK_KIND_{kind}"): kind for kind in FeedbackKind}
_REASONS = {feedback_pb2.FeedbackReason.Value(f"FEEDBACK_REASON_{reason}"): reason for reason in Reason}


def read_records(
    events: list[feedback_pb2.FeedbackEvent],
    sealed: SealedReply,
    caller: str,
    now: datetime,
    name: Callable[[int, str], str],
    *,
    path: str = "events[{}].",
) -> tuple[Record, ...]:
    """The records of events on one reply.

    Args:
        events: As they came.
        sealed: The reply that they are about.
        caller: Who sends them.
        now: For those that do not say when they happened.
        name: Position and event_id to the id under which the event is kept.
        path: Of an event in the request, for violations.

    Raises:
        InvalidProfileError: names every field that cannot be used.
    """
    found: list[FieldViolation] = []
    records = []
    held = items_of(sealed.served)
    for index, message in enumerate(events):
        prefix = path.format(index)
        event, wrong = _read(message, sealed, now)
        if event is not None:
            wrong += list(_of_the_reply(event, sealed, held, now))
        found += [FieldViolation(f"{prefix}{one.field}", one.description) for one in wrong]
        if len(found) >= MOST_VIOLATIONS:
            break
        if event is not None:
            served = served_text(sealed.served, sealed.reply.profile) if event.kind in _COMPARED else ""
            kept = name(index, message.event_id)
            records.append(Record(kept, sealed.reply, event, now, caller, served=served))
    if found:
        raise InvalidProfileError(tuple(found[:MOST_VIOLATIONS]))
    return tuple(records)


def event_name(caller: str, text: str) -> str:
    """The id under which an event is kept; one caller's ids are no business of another's."""
    return hashlib.sha256(f"{caller}\0{text}".encode()).hexdigest()[:32]


def _read(
    message: feedback_pb2.FeedbackEvent, sealed: SealedReply, now: datetime
) -> tuple[FeedbackEvent | None, list[FieldViolation]]:
    wrong = []
    if len(message.event_id) > MAX_REQUEST_ID or not message.event_id.isprintable():
        wrong.append(FieldViolation("event_id", f"at most {MAX_REQUEST_ID} printable characters"))
    kind = _KINDS.get(message.kind)
    if kind is None:
        wrong.append(
            FieldViolation("kind", f"unknown number {message.kind}" if message.kind else "must be set")
        )
    reason = read_reason(message.reason, wrong)
    at = None
    if message.HasField("at"):
        try:
            at = message.at.ToDatetime(tzinfo=UTC)
        except (ValueError, OverflowError):
            wrong.append(FieldViolation("at", "is no moment"))
    if kind is None:
        return None, wrong
    figures = {name: getattr(message, name) for name in _OPTIONAL if message.HasField(name)}  # type: ignore[arg-type]
    event = FeedbackEvent(kind, message.item, message.swapped_for, reason=reason, at=at, **figures)
    return event, [*wrong, *violations(event, sealed.reply.task)]


def read_reason(number: int, wrong: list[FieldViolation]) -> Reason | None:
    """A reason by its number; one that is unknown is added to what is wrong."""
    if number and number not in _REASONS:
        wrong.append(FieldViolation("reason", f"unknown number {number}"))
    return _REASONS.get(number)  # type: ignore[call-overload,no-any-return]


def _of_the_reply(
    event: FeedbackEvent, sealed: SealedReply, held: frozenset[str], now: datetime
) -> Iterator[FieldViolation]:
    """What cannot be true of this reply."""
    made_at = sealed.reply.made_at
    # Also where our own clock was put back since the reply was made.
    if event.at is not None and not made_at - CLOCK_SKEW <= event.at <= max(now, made_at) + CLOCK_SKEW:
        yield FieldViolation("at", "must lie between the reply and now")
    if event.item and held and event.item not in held:
        yield FieldViolation("item", "is not in the reply")
    parts = len(sealed.served or ())
    if event.day is not None and parts and event.day > parts:
        yield FieldViolation("day", f"the reply has {parts}")
    if event.swapped_for and event.kind is FeedbackKind.SWAPPED:
        yield from _swapped(event, sealed)


def _swapped(event: FeedbackEvent, sealed: SealedReply) -> Iterator[FieldViolation]:
    """Feedback is about taste, and never widens the envelope: what it forbids is not learnt from."""
    try:
        excluded = why_not_allowed(sealed.reply.task, event.swapped_for, sealed.reply.profile)
    except NoPlanPossibleError:
        excluded = "the member has no envelope any more"
    except KeyError:
        return  # no identifier of the catalog, which is a violation already
    if excluded:
        yield FieldViolation("swapped_for", excluded)


def served_of_sealed(sealed: SealedReply) -> Served:
    """The week or day of a reply that can be corrected.

    Raises:
        InvalidProfileError: it is an advice.
    """
    if sealed.served is None:
        text = "advice is corrected by a coach's text in a CSV file (docs/training.md)"
        raise InvalidProfileError((FieldViolation("reply_id", text),))
    return sealed.served
