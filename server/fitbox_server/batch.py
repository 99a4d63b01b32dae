"""BatchRecommend: many members in, replies out as they finish, in bounded memory.

Requests are read only while fewer than ``concurrency`` are worked on, and a finished reply is written before
the next request is read, so a client that sends 10,000 members or reads slowly costs no more than one that
sends ten.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from fitbox.errors import FieldViolation, FitBoxError, InvalidProfileError, RequestIdReusedError
from fitbox.rpc.error_table import from_error
from fitbox.v1 import recommendation_pb2

Request = recommendation_pb2.BatchRecommendRequest
Response = recommendation_pb2.BatchRecommendResponse

_log = structlog.get_logger(__name__)


async def answer_all(
    requests: AsyncIterator[Request], answer: Callable[[Request], Awaitable[Response]], *, concurrency: int
) -> AsyncIterator[Response]:
    """Yield one response an item, each as it is ready; what fails fails alone.

    ``request_id`` names an item: one without it, or with one that came before, is answered with an error.
    """
    seen: set[int] = set()
    working: set[asyncio.Task[Response]] = set()
    source = aiter(requests)
    reading: asyncio.Task[Request | None] | None = asyncio.ensure_future(_next(source))
    try:
        while reading is not None or working:
            wanted: set[asyncio.Task[Response] | asyncio.Task[Request | None]] = set(working)
            if reading is not None and len(working) < concurrency:
                wanted.add(reading)
            done, _ = await asyncio.wait(wanted, return_when=asyncio.FIRST_COMPLETED)
            if reading in done and reading is not None:
                request = reading.result()
                reading = None
                if request is not None:
                    working.add(asyncio.ensure_future(_answer_one(request, answer, seen)))
                    reading = asyncio.ensure_future(_next(source))
            for task in [task for task in working if task in done]:
                working.discard(task)
                yield task.result()
    finally:
        left = [*working, *([reading] if reading is not None else [])]
        for unfinished in left:
            unfinished.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _next(source: AsyncIterator[Request]) -> Request | None:
    return await anext(source, None)


async def _answer_one(
    request: Request, answer: Callable[[Request], Awaitable[Response]], seen: set[int]
) -> Response:
    try:
        if not request.request_id:
            raise InvalidProfileError((FieldViolation("request_id", "must be set: it names the item"),))
        # Hashes, for a stream may be long; a collision refuses one item in 2**60.
        key = hash(request.request_id)
        if key in seen:
            raise RequestIdReusedError("an item with this request_id came before")
        seen.add(key)
        return await answer(request)
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - an item's failure is its answer; the stream goes on
        if not isinstance(error, FitBoxError):
            _log.error("batch_item_failed_unexpectedly", error=type(error).__name__)
        return Response(request_id=request.request_id, error=item_error(error))


def item_error(error: Exception) -> recommendation_pb2.BatchItemError:
    """The error of one item, with the same code and reason that a call of its own would have ended with."""
    status = from_error(error)
    return recommendation_pb2.BatchItemError(
        code=status.code.value[0],
        message=status.message,
        reason=status.reason,
        field_violations=[
            recommendation_pb2.ItemFieldViolation(field=violation.field, description=violation.description)
            for violation in status.violations
        ],
    )
