"""BatchRecommend: many members in, replies out as they finish, in bounded memory.

A stream's next request is read only while it has fewer than ``each`` in work and none that waits for room,
and a finished reply is written before the next request is read. What may be in work is bounded for each
caller and for all together. So a client that sends 10,000 members, reads slowly, or opens hundreds of streams
costs no more than one that sends a few.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import structlog

from fitbox.errors import FieldViolation, FitBoxError, InvalidProfileError, RequestIdReusedError
from fitbox.rpc.error_table import from_error
from fitbox.rpc.messages import Reply
from fitbox.rpc.status import MAX_VIOLATIONS, cut
from fitbox.v1 import recommendation_pb2
from fitbox_server.requests import MAX_REQUEST_ID

Request = recommendation_pb2.BatchRecommendRequest
Response = recommendation_pb2.BatchRecommendResponse
Answer = Callable[[Request], Awaitable[Reply]]
Leave = Callable[[], None]

REMEMBERED_IDS = 1 << 16
"""A name that comes again within so many items of a stream is refused; a stream may be endless."""

_log = structlog.get_logger(__name__)


@dataclass
class _Share:
    room: asyncio.Semaphore
    users: int = 0


class Window:
    """How many items of batches are in work together. One event loop, no locks.

    Args:
        each: Of one stream.
        caller: Of one caller's streams.
        total: Of everybody's.
    """

    def __init__(self, *, each: int, caller: int, total: int) -> None:
        self.each = each
        self._of_caller = caller
        self._shares: dict[str, _Share] = {}
        self._everybody = asyncio.Semaphore(total)

    async def enter(self, caller: str) -> Leave:
        """Wait for room for one item, first come first served; call the result when it is done."""
        share = self._shares.setdefault(caller, _Share(asyncio.Semaphore(self._of_caller)))
        share.users += 1
        try:
            await share.room.acquire()
            try:
                await self._everybody.acquire()
            except BaseException:
                share.room.release()
                raise
        except BaseException:
            self._forget(caller, share)
            raise

        def leave() -> None:
            self._everybody.release()
            share.room.release()
            self._forget(caller, share)

        return leave

    def _forget(self, caller: str, share: _Share) -> None:
        share.users -= 1
        if not share.users:
            del self._shares[caller]


async def answer_all(
    requests: AsyncIterator[Request], answer: Answer, window: Window, caller: str = ""
) -> AsyncIterator[Response]:
    """Yield one response an item, each as it is ready; what fails fails alone.

    ``request_id`` names an item: one without it, or with one that came before, is answered with an error.
    """
    source, seen = aiter(requests), OrderedDict[int, None]()
    working: set[asyncio.Task[Response]] = set()
    reading: asyncio.Task[tuple[Request, Leave] | None] | None = None
    more = True
    try:
        while more or working:
            if more and reading is None and len(working) < window.each:
                reading = asyncio.ensure_future(_next(source, window, caller))
            wanted = [*working, *([reading] if reading is not None else [])]
            done, _ = await asyncio.wait(wanted, return_when=asyncio.FIRST_COMPLETED)
            if reading is not None and reading in done:
                item, reading = reading.result(), None
                if item is None:
                    more = False
                else:
                    request, leave = item
                    task = asyncio.ensure_future(_answer_one(request, answer, seen))
                    task.add_done_callback(_call(leave))
                    working.add(task)
            for task in [task for task in working if task in done]:
                working.discard(task)
                yield task.result()
    finally:
        left = [*working, *([reading] if reading is not None else [])]
        for unfinished in left:
            unfinished.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if reading is not None and not reading.cancelled() and reading.exception() is None:
            _, leave = reading.result() or (None, lambda: None)
            leave()  # it was let in at the very end


def _call(leave: Leave) -> Callable[[object], None]:
    # A task that is cancelled before it began runs nothing of its own, but it is done all the same.
    return lambda _: leave()


async def _next(source: AsyncIterator[Request], window: Window, caller: str) -> tuple[Request, Leave] | None:
    """The stream's next item, once there is room for it; ``None`` at the end."""
    request = await anext(source, None)
    return None if request is None else (request, await window.enter(caller))


async def _answer_one(request: Request, answer: Answer, seen: OrderedDict[int, None]) -> Response:
    # Whatever a client sent as a name, it is not sent back longer than a name may be.
    name = request.request_id[:MAX_REQUEST_ID]
    try:
        _check_name(request.request_id, seen)
        return _response(name, await answer(request))
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - an item's failure is its answer; the stream goes on
        if not isinstance(error, FitBoxError):
            _log.error("batch_item_failed_unexpectedly", error=type(error).__name__)
        return Response(request_id=name, error=item_error(error))


def _check_name(request_id: str, seen: OrderedDict[int, None]) -> None:
    if not request_id:
        raise InvalidProfileError((FieldViolation("request_id", "must be set: it names the item"),))
    key = hash(request_id)  # a collision refuses one item in 2**60
    if key in seen:
        raise RequestIdReusedError("an item with this request_id came before")
    seen[key] = None
    if len(seen) > REMEMBERED_IDS:
        seen.popitem(last=False)


def _response(request_id: str, reply: Reply) -> Response:
    match reply:
        case recommendation_pb2.RecommendWorkoutResponse():
            return Response(request_id=request_id, workout=reply)
        case recommendation_pb2.RecommendNutritionResponse():
            return Response(request_id=request_id, nutrition=reply)
        case recommendation_pb2.RecommendAdviceResponse():
            return Response(request_id=request_id, advice=reply)


def item_error(error: Exception) -> recommendation_pb2.BatchItemError:
    """The error of one item: the status that a call of its own would have ended with, whole."""
    status = from_error(error)
    return recommendation_pb2.BatchItemError(
        code=status.code.value[0],
        message=status.text,
        reason=status.reason,
        field_violations=[
            recommendation_pb2.ItemFieldViolation(
                field=cut(violation.field), description=cut(violation.description)
            )
            for violation in status.violations[:MAX_VIOLATIONS]
        ],
        status=status.details().SerializeToString(),
    )
