"""``request_id``: a repeated call gets the reply of the first, also while the first is still being made.

The same ``request_id`` with other contents is a mistake of the caller that must not go unnoticed: it is
refused with ALREADY_EXISTS. Failures are not kept, so a retry after one is a new attempt.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.message import Message

from fitbox.errors import DeadlinePassedError, OverloadedError, RequestIdReusedError
from fitbox.rpc.callers import CALLER

T = TypeVar("T")


@dataclass
class _Entry:
    digest: bytes
    task: asyncio.Task[Any]
    expires: float
    waiting: int = 0


class IdempotencyCache:
    """Replies by (caller, method, request_id), the oldest dropped first. One event loop, no locks.

    Args:
        seconds: How long a reply is kept.
        entries: How many are kept.
        clock: Seconds, monotonic.
    """

    def __init__(self, *, seconds: float, entries: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._limit = entries
        self._clock = clock
        self._entries: OrderedDict[tuple[str, str, str], _Entry] = OrderedDict()

    async def reply(self, method: str, request: Message, make: Callable[[], Awaitable[T]]) -> T:
        """The reply to ``request`` (a message with ``request_id``), made at most once for each id.

        A caller that is cancelled leaves the work to others that wait for the same; the last one ends it.
        What admission refused on one caller's terms, a deadline for instance, the next tries on its own.

        Raises:
            RequestIdReusedError: the id was used for a request with other contents.
        """
        request_id: str = request.request_id  # type: ignore[attr-defined]  # every request has one
        if not request_id or self._limit == 0:
            return await make()
        self._forget_expired()
        # By caller too: one client's ids are no business of another's.
        key = (CALLER.get(), method, request_id)
        digest = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
        while True:
            entry, mine = self._entries.get(key), False
            if entry is None or entry.task.cancelling():  # the last who waited for it has just left
                entry, mine = self._start(key, digest, make), True
            elif entry.digest != digest:
                raise RequestIdReusedError(f"request_id was used for another {method} request")
            try:
                reply: T = await _shared(entry)
            except (DeadlinePassedError, OverloadedError):
                if mine:
                    raise
            else:
                return reply

    def _start(self, key: tuple[str, str, str], digest: bytes, make: Callable[[], Awaitable[Any]]) -> _Entry:
        task = asyncio.ensure_future(_awaited(make))
        entry = self._entries[key] = _Entry(digest, task, self._clock() + self._seconds)
        task.add_done_callback(lambda done: self._finished(key, done))
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)  # whoever waits for it still holds the task
        return entry

    def _finished(self, key: tuple[str, str, str], task: asyncio.Task[Any]) -> None:
        failed = task.cancelled() or task.exception() is not None
        entry = self._entries.get(key)
        if failed and entry is not None and entry.task is task:
            del self._entries[key]

    def _forget_expired(self) -> None:
        now = self._clock()
        while self._entries:
            key, entry = next(iter(self._entries.items()))
            if entry.expires > now or not entry.task.done():
                return
            del self._entries[key]


async def _shared(entry: _Entry) -> Any:
    entry.waiting += 1
    try:
        return await asyncio.shield(entry.task)
    finally:
        entry.waiting -= 1
        if entry.waiting == 0 and not entry.task.done():
            entry.task.cancel()


async def _awaited(make: Callable[[], Awaitable[Any]]) -> Any:
    return await make()
