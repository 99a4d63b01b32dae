"""FeedbackService: what became of replies. Nothing is acknowledged before it is on the disk."""

# ruff: noqa: N802 - gRPC names the methods

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import grpc.aio

from fitbox.errors import FeedbackUnavailableError, FieldViolation, FitBoxError, InvalidProfileError
from fitbox.feedback.events import FeedbackEvent, FeedbackKind
from fitbox.feedback.plans import corrected_text, served_text
from fitbox.feedback.records import Record, member_key
from fitbox.rpc.error_table import from_error
from fitbox.rpc.request_ids import IdempotencyCache
from fitbox.rpc.status import cut
from fitbox.substitute.received import DayOfEating, Week
from fitbox.task import TaskName
from fitbox.v1 import feedback_pb2, feedback_pb2_grpc
from fitbox_server.admission import Admission
from fitbox_server.callers import caller
from fitbox_server.feedback.journal import Journal
from fitbox_server.feedback.known_versions import KnownVersions
from fitbox_server.feedback.reply_ids import ReplyIds, SealedReply
from fitbox_server.feedback.requests import (
    MOST_EVENTS,
    event_name,
    read_reason,
    read_records,
    served_of_sealed,
)
from fitbox_server.feedback.store import Submission, VersionCounts
from fitbox_server.hooks import Hooks
from fitbox_server.received import day_from_proto, week_from_proto
from fitbox_server.replies import timestamp
from fitbox_server.requests import MAX_REQUEST_ID, check_request_id
from fitbox_server.substitutions import PLANNING_TOKENS

Request = TypeVar("Request")
Response = TypeVar("Response")
Context = grpc.aio.ServicerContext[Request, Response]

MOST_REFUSALS = 100
"""Of a stream that are told one by one."""
PAGE, MOST_PAGE = 20, 100
_STREAM_TOGETHER = 64
"""Messages of one stream that are on their way to the disk."""


class FeedbackService(feedback_pb2_grpc.FeedbackServiceServicer):
    """Errors of FitBox leave as they are; :class:`fitbox.rpc.calls.CallInterceptor` maps them.

    Args:
        reply_ids: Opens ids; ``None`` where this server takes no feedback.
        journal: Takes what is acknowledged.
        versions: Says which versions are kept.
        admission: Gives turns to what takes time.
        idempotency: Keeps replies by ``request_id``.
        hooks: Told of what came and what was refused.
        clock: Now, aware.
    """

    def __init__(
        self,
        reply_ids: ReplyIds | None,
        journal: Journal | None,
        versions: KnownVersions,
        admission: Admission,
        idempotency: IdempotencyCache,
        hooks: Hooks,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._reply_ids, self._journal, self._versions = reply_ids, journal, versions
        self._admission, self._idempotency, self._hooks = admission, idempotency, hooks
        self._clock = clock

    async def SubmitFeedback(
        self,
        request: feedback_pb2.SubmitFeedbackRequest,
        context: Context[feedback_pb2.SubmitFeedbackRequest, feedback_pb2.SubmitFeedbackResponse],
    ) -> feedback_pb2.SubmitFeedbackResponse:
        """Events on one reply, all or none of them."""
        check_request_id(request.request_id)
        if not 1 <= len(request.events) <= MOST_EVENTS:
            raise InvalidProfileError((FieldViolation("events", f"must have 1 to {MOST_EVENTS} entries"),))
        who = caller(context).client
        # Without ids of their own, events are named by the request, which whoever repeats it sends again.
        base = request.request_id or secrets.token_hex(16)

        def name(index: int, event_id: str) -> str:
            return event_name(who, f"event/{event_id}" if event_id else f"request/{base}/{index}")

        async def make() -> feedback_pb2.SubmitFeedbackResponse:
            added = await self._take(request.reply_id, list(request.events), who, name)
            return feedback_pb2.SubmitFeedbackResponse(
                request_id=request.request_id, accepted=added[0], duplicates=added[1]
            )

        reply: feedback_pb2.SubmitFeedbackResponse = await self._idempotency.reply(
            "SubmitFeedback", request, make
        )
        return reply

    async def StreamFeedback(
        self,
        request_iterator: AsyncIterator[feedback_pb2.StreamFeedbackRequest],
        context: Context[feedback_pb2.StreamFeedbackRequest, feedback_pb2.StreamFeedbackResponse],
    ) -> feedback_pb2.StreamFeedbackResponse:
        """Events on many replies; each stands by itself."""
        who = caller(context).client
        answer = feedback_pb2.StreamFeedbackResponse()
        room = asyncio.Semaphore(_STREAM_TOGETHER)

        async def take(index: int, message: feedback_pb2.StreamFeedbackRequest) -> None:
            try:
                new, duplicates = await self._take_streamed(message, who)
            except FitBoxError as error:
                self._refuse(answer, index, message.event.event_id, error)
            else:
                answer.accepted += new
                answer.duplicates += duplicates
            finally:
                room.release()

        broken: FitBoxError | None = None
        async with asyncio.TaskGroup() as tasks:
            index = 0
            try:
                async for message in request_iterator:
                    await room.acquire()
                    tasks.create_task(take(index, message))
                    index += 1
            except FitBoxError as error:  # what cannot be read: what came before it is taken
                broken = error
        if broken is not None:
            raise broken
        return answer

    async def SubmitCorrection(
        self,
        request: feedback_pb2.SubmitCorrectionRequest,
        context: Context[feedback_pb2.SubmitCorrectionRequest, feedback_pb2.SubmitCorrectionResponse],
    ) -> feedback_pb2.SubmitCorrectionResponse:
        """A whole edited plan, held against the member's envelope."""
        check_request_id(request.request_id)
        who = caller(context)

        async def make() -> feedback_pb2.SubmitCorrectionResponse:
            with self._counting():
                journal, sealed = await self._opened(request.reply_id)
                wrong: list[FieldViolation] = []
                reason = read_reason(request.reason, wrong)
                if wrong:
                    raise InvalidProfileError(tuple(wrong))
                served, plan = served_of_sealed(sealed), _plan_of(request, sealed)
                profile, now = sealed.reply.profile, self._clock()
                async with self._admission.enter(who) as place:
                    await place.start(PLANNING_TOKENS)
                    text = await asyncio.to_thread(corrected_text, plan, profile)
                    before = await asyncio.to_thread(served_text, served, profile)
                # Named by what it is: the same plan for the same reply is the same correction.
                kept = event_name(who.client, f"correction/{request.reply_id}/{reason}/{text}")
                event = FeedbackEvent(FeedbackKind.CORRECTED, reason=reason)
                record = Record(kept, sealed.reply, event, now, who.client, correction=text, served=before)
                added = await journal.add(Submission(who.client, member_key(profile), (record,)))
            self._told([record], added.new)
            return feedback_pb2.SubmitCorrectionResponse(
                request_id=request.request_id, correction_id=kept, duplicate=not added.new
            )

        reply: feedback_pb2.SubmitCorrectionResponse = await self._idempotency.reply(
            "SubmitCorrection", request, make
        )
        return reply

    async def ListFeedback(
        self,
        request: feedback_pb2.ListFeedbackRequest,
        context: Context[feedback_pb2.ListFeedbackRequest, feedback_pb2.ListFeedbackResponse],
    ) -> feedback_pb2.ListFeedbackResponse:
        """What came back, by version."""
        if not 0 <= request.page_size <= MOST_PAGE:
            raise InvalidProfileError((FieldViolation("page_size", f"must be from 0 to {MOST_PAGE}"),))
        start = _start(request.page_token)
        if self._journal is None:
            raise FeedbackUnavailableError("this server takes no feedback", off=True)
        size = request.page_size or PAGE
        found = await self._journal.counts(request.adapter_version[:MAX_REQUEST_ID])
        more = len(found) > start + size
        return feedback_pb2.ListFeedbackResponse(
            versions=[_counts(one) for one in found[start : start + size]],
            next_page_token=str(start + size) if more else "",
        )

    async def _take_streamed(self, message: feedback_pb2.StreamFeedbackRequest, who: str) -> tuple[int, int]:
        if not message.event.event_id:
            description = "must be set in a stream, which may break and be sent again"
            raise InvalidProfileError((FieldViolation("event.event_id", description),))
        return await self._take(
            message.reply_id,
            [message.event],
            who,
            lambda _, event_id: event_name(who, f"event/{event_id}"),
            path="event.",
        )

    async def _take(
        self,
        reply_id: str,
        events: list[feedback_pb2.FeedbackEvent],
        who: str,
        name: Callable[[int, str], str],
        path: str = "events[{}].",
    ) -> tuple[int, int]:
        """New events and duplicates, once they are on the disk."""
        with self._counting():
            journal, sealed = await self._opened(reply_id)
            now = self._clock()
            # In a thread: a member's envelope takes some milliseconds where it is not known yet.
            records = await asyncio.to_thread(read_records, events, sealed, who, now, name, path=path)
            added = await journal.add(Submission(who, member_key(sealed.reply.profile), records))
        self._told(records, added.new)
        return added.new, added.duplicates

    async def _opened(self, reply_id: str) -> tuple[Journal, SealedReply]:
        if self._journal is None or self._reply_ids is None:
            raise FeedbackUnavailableError("this server takes no feedback", off=True)
        sealed = self._reply_ids.open(reply_id)
        await self._versions.require(sealed.reply.version)
        return self._journal, sealed

    def _told(self, records: Sequence[Record], new: int) -> None:
        for record in records[:new]:
            self._hooks.feedback(record.reply.task, record.reply.version, record.event.kind.value)

    def _counting(self) -> _Counting:
        return _Counting(self._hooks)

    def _refuse(
        self,
        answer: feedback_pb2.StreamFeedbackResponse,
        index: int,
        event_id: str,
        error: FitBoxError,
    ) -> None:
        status = from_error(error)
        answer.refused += 1
        if len(answer.refusals) < MOST_REFUSALS:
            told = "; ".join(f"{one.field}: {one.description}" for one in status.violations[:4])
            answer.refusals.add(
                index=index,
                event_id=event_id[:MAX_REQUEST_ID],
                code=status.code.value[0],
                reason=status.reason,
                message=cut(told or status.message),
            )


class _Counting:
    """Counts what is refused inside, by its reason."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, FitBoxError):
            self._hooks.feedback_refused(from_error(error).reason.lower())


def _plan_of(request: feedback_pb2.SubmitCorrectionRequest, sealed: SealedReply) -> Week | DayOfEating:
    """Raises InvalidProfileError where there is none, or one of another task than the reply's."""
    which = request.WhichOneof("plan")
    wanted = "workout" if sealed.reply.task is TaskName.WORKOUT else "nutrition"
    if which != wanted:
        raise InvalidProfileError((FieldViolation(wanted, f"must be set: the reply is of {wanted}"),))
    return week_from_proto(request.workout) if which == "workout" else day_from_proto(request.nutrition)


def _start(token: str) -> int:
    if token and not (token.isascii() and token.isdigit() and len(token) < 6):
        raise InvalidProfileError((FieldViolation("page_token", "is none of this method"),))
    return int(token or 0)


def _counts(one: VersionCounts) -> feedback_pb2.VersionFeedback:
    return feedback_pb2.VersionFeedback(
        adapter_version=one.version,
        counts=[
            feedback_pb2.FeedbackCount(kind=f"FEEDBACK_KIND_{kind}", events=events)  # type: ignore[arg-type]
            for kind, events in sorted(one.counts.items())
        ],
        first_at=timestamp(datetime.fromtimestamp(one.first_at, UTC)),
        last_at=timestamp(datetime.fromtimestamp(one.last_at, UTC)),
    )
