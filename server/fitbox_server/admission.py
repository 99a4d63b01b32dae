"""Admission: how many requests generate, how many wait, and who is refused at once.

grpc's own ``maximum_concurrent_rpcs`` queues silently, so a call over the limit would wait until its
deadline. Here it is refused while the client can still go elsewhere.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fitbox.errors import OverloadedError
from fitbox_server.hooks import Hooks

_SMOOTHING = 0.2
"""Weight of the newest service time in the moving average."""
_LEAST_RETRY_SECONDS = 0.1


class Admission:
    """A cap on requests in flight and a bounded first-come queue before it. One event loop, no locks.

    Args:
        in_flight: Slots.
        queue: Requests that may wait for one.
        hooks: Told of every change.
        clock: Seconds, monotonic.
    """

    def __init__(
        self, *, in_flight: int, queue: int, hooks: Hooks, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._slots = in_flight
        self._queue_limit = queue
        self._hooks = hooks
        self._clock = clock
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._service_seconds = 0.0
        """Moving average of how long a slot was held; 0 until one was given back."""

    @property
    def in_flight(self) -> int:
        """Requests that hold a slot."""
        return self._in_flight

    @property
    def waiting(self) -> int:
        """Requests that wait for one."""
        return len(self._waiting)

    @asynccontextmanager
    async def slot(
        self, *, remaining_seconds: float | None = None, patient: bool = False
    ) -> AsyncIterator[None]:
        """Hold a slot for as long as the body runs; cancelling frees it at once.

        ``remaining_seconds`` is the time to the caller's deadline: a request that would only start after it
        is refused now. ``patient`` callers bound their own concurrency, so they may wait beyond the queue's
        limit.

        Raises:
            OverloadedError: no slot, and no place in the queue or no time to wait there.
        """
        asked = self._clock()
        await self._acquire(remaining_seconds, patient=patient)
        started = self._clock()
        self._hooks.admitted(started - asked)
        try:
            yield
        finally:
            self._learn(self._clock() - started)
            self._release()

    async def _acquire(self, remaining_seconds: float | None, *, patient: bool) -> None:
        if self._in_flight < self._slots and not self._waiting:
            self._in_flight += 1
            self._report()
            return
        wait_seconds = self._expected_wait_seconds()
        if not patient and len(self._waiting) >= self._queue_limit:
            self._hooks.refused("queue_full")
            raise OverloadedError(
                f"{self._in_flight} requests in flight and {len(self._waiting)} waiting",
                retry_after_seconds=max(wait_seconds, _LEAST_RETRY_SECONDS),
            )
        if remaining_seconds is not None and wait_seconds + self._service_seconds > remaining_seconds:
            self._hooks.refused("deadline")
            raise OverloadedError(
                f"it would finish in about {wait_seconds + self._service_seconds:.1f} s, after its deadline",
                retry_after_seconds=max(wait_seconds, _LEAST_RETRY_SECONDS),
            )
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._report()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release()  # the slot came in the same moment as the cancellation: pass it on
            elif turn in self._waiting:
                self._waiting.remove(turn)
                self._report()
            raise

    def _release(self) -> None:
        """Hand the slot to whoever waits longest; only then is it free for newcomers."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.cancelled():  # a task that was cancelled leaves only when it next runs
                turn.set_result(None)
                break
        else:
            self._in_flight -= 1
        self._report()

    def _expected_wait_seconds(self) -> float:
        return (len(self._waiting) + 1) * self._service_seconds / self._slots

    def _learn(self, seconds: float) -> None:
        known = self._service_seconds
        self._service_seconds = seconds if known == 0 else known + _SMOOTHING * (seconds - known)

    def _report(self) -> None:
        self._hooks.admission(in_flight=self._in_flight, waiting=len(self._waiting))
