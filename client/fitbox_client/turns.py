"""A client's calls that are open at a time: further ones wait here, where it costs nobody anything.

Without a bound, a program that starts a thousand calls at once meets the limits of the server, or of a proxy
on the way, which know nothing better than to refuse or reset them.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import grpc

from fitbox_client.errors import DeadlineError


class Turns:
    """For threads. The wait counts against the call's time."""

    def __init__(self, limit: int) -> None:
        self._free = threading.BoundedSemaphore(limit)

    @contextmanager
    def taken(self, seconds: float) -> Iterator[float]:
        """Hold a turn; gives the seconds that are left. Raises DeadlineError where none are."""
        began = time.monotonic()
        if not self._free.acquire(timeout=max(0.0, seconds)):
            raise _late(seconds)
        try:
            yield _left(began, seconds)
        finally:
            self._free.release()


class AsyncTurns:
    """For one event loop."""

    def __init__(self, limit: int) -> None:
        self._free = asyncio.Semaphore(limit)

    @asynccontextmanager
    async def taken(self, seconds: float) -> AsyncIterator[float]:
        """Hold a turn; gives the seconds that are left. Raises DeadlineError where none are."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                await self._free.acquire()
        except TimeoutError:
            raise _late(seconds) from None
        try:
            yield _left(began, seconds)
        finally:
            self._free.release()


def _left(began: float, seconds: float) -> float:
    return max(0.001, seconds - (time.monotonic() - began))


def _late(seconds: float) -> DeadlineError:
    text = f"no turn within {seconds:g} s: this client has its most calls open (max_calls)"
    return DeadlineError(text, grpc.StatusCode.DEADLINE_EXCEEDED)
