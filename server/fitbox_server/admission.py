"""Admission: how many requests generate, who waits, who is next, and who is refused at once.

grpc's own ``maximum_concurrent_rpcs`` queues silently, so a call over the limit would wait until its
deadline. Here it is refused while the client can still go elsewhere.

A request *enters*, which either refuses it before any work is done or keeps a place for it, and *starts* once
it knows its cost in tokens::

    enter -> (constraints, prompt, grammar) -> start, perhaps after a wait -> generate -> leave

What starts is bounded twice: by the number of requests and by the tokens that they may take together. Waiting
requests are served fairly between clients (:mod:`fitbox_server.fair_queue`).
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fitbox.errors import DeadlinePassedError, OverloadedError
from fitbox_server.fair_queue import FairQueue, Queued
from fitbox_server.hooks import Hooks

_SMOOTHING = 0.2
"""Weight of the newest service time in the moving average."""
_LEAST_RETRY_SECONDS = 0.1
_LONGEST_RETRY_SECONDS = 30.0
_QUANTUM_TOKENS = 512
"""About the cost of one request."""
_SHARE = 4
"""A client may have this many times as many requests waiting as places are left, so one client alone takes
at most four fifths of the queue and a newcomer finds a place (dynamic thresholds: A. K. Choudhury and
E. L. Hahne, IEEE/ACM Transactions on Networking 6(2), 1998). Nobody who was let in is put out for it."""


@dataclass(frozen=True)
class Caller:
    """Who asks, and until when the answer is of use."""

    client: str = ""
    """Requests of equal clients share one turn; see :mod:`fitbox_server.callers`."""
    deadline: float | None = None
    """On admission's clock (``time.monotonic``), seconds; ``None`` for no deadline."""
    patient: bool = False
    """It bounds its own concurrency (an item of a batch), so it may wait beyond the queue's limit."""


class Place:
    """One request that was let in. Its owner calls :meth:`start` at most once."""

    def __init__(self, admission: Admission, caller: Caller) -> None:
        self._admission = admission
        self.caller = caller
        self.cost = 0
        """Tokens that it holds; 0 until it has started."""
        self.started_at = 0.0

    async def start(self, cost: int) -> None:
        """Wait for a slot and ``cost`` tokens (prompt and largest completion together).

        Cancelling gives back whatever it got.

        Raises:
            OverloadedError: it would finish after its deadline.
            DeadlinePassedError: its deadline passed while it waited; nothing was started.
        """
        await self._admission._start(self, cost)


class Admission:
    """Caps on what generates and a bounded fair queue before it. One event loop, no locks.

    Args:
        in_flight: Requests that may generate at the same time.
        queue: Requests that may be let in beyond those.
        tokens: Tokens that the requests in flight may take together. One that needs more than all of them
            starts alone.
        hooks: Told of every change.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        *,
        in_flight: int,
        queue: int,
        hooks: Hooks,
        tokens: int = 1 << 16,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slots, self._queue_limit, self._tokens = in_flight, queue, tokens
        self._hooks, self._clock = hooks, clock
        self._in_flight = self._tokens_in_flight = 0
        self._pending: Counter[str] = Counter()
        """Requests that entered and have not started, by client; those of patient callers apart."""
        self._pending_total = 0
        self._waiting: FairQueue[_Turn] = FairQueue(_QUANTUM_TOKENS)
        self._seconds_per_token = 0.0
        """Moving average of how long a slot was held for each token of its cost; 0 until one was given
        back."""

    @property
    def in_flight(self) -> int:
        """Requests that hold a slot."""
        return self._in_flight

    @property
    def tokens_in_flight(self) -> int:
        """Tokens that they hold together."""
        return self._tokens_in_flight

    @property
    def waiting(self) -> int:
        """Requests that wait for a slot."""
        return len(self._waiting)

    @property
    def pending(self) -> int:
        """Requests of impatient callers that were let in and have not started."""
        return self._pending_total

    @asynccontextmanager
    async def enter(self, caller: Caller = Caller()) -> AsyncIterator[Place]:
        """Hold a place for as long as the body runs, and the slot too if it was started.

        Raises:
            OverloadedError: there is no place, or no time to wait for a slot.
            DeadlinePassedError: the deadline has passed already.
        """
        self._check(caller)
        place = Place(self, caller)
        self._count(place, 1)
        try:
            yield place
        finally:
            if place.cost:
                self._learn((self._clock() - place.started_at) / place.cost)
                self._release(place.cost)
            else:
                self._count(place, -1)

    def _check(self, caller: Caller) -> None:
        """Refuse who cannot be served, before anything is done for it."""
        room = self._slots - self._in_flight + self._queue_limit - self._pending_total
        if not caller.patient:
            if room <= 0:
                self._refuse(
                    "queue_full", f"{self._in_flight} requests in flight, {self._pending_total} wait"
                )
            crowded = self._in_flight + self._pending_total >= self._slots
            if crowded and self._pending[caller.client] >= max(1, _SHARE * room):
                self._refuse("client_share", "this client has its share of the queue waiting already")
        self._check_deadline(caller, 1)

    async def _start(self, place: Place, cost: int) -> None:
        cost = max(1, min(cost, self._tokens))
        asked = self._clock()
        self._check_deadline(place.caller, cost)
        if self._waiting or not self._fits(cost):
            await self._wait(place.caller, cost)
        else:
            self._take(cost)
        self._count(place, -1)
        place.cost, place.started_at = cost, self._clock()
        self._report()
        self._hooks.admitted(place.started_at - asked)

    async def _wait(self, caller: Caller, cost: int) -> None:
        turn = _Turn(caller.deadline, asyncio.get_running_loop().create_future())
        entry = Queued(caller.client, cost, turn)
        self._waiting.push(entry)
        self._report()
        try:
            in_time = await turn.granted
        except asyncio.CancelledError:
            if not turn.granted.done() or turn.granted.cancelled():
                self._waiting.discard(entry)
                self._dispatch()  # the next one may be cheap enough for what is free
            elif turn.granted.result():
                self._release(cost)  # the slot came in the same moment as the cancellation: pass it on
            raise
        if not in_time:
            self._hooks.refused("expired")
            raise DeadlinePassedError("the deadline passed while the call waited")

    def _fits(self, cost: int) -> bool:
        return self._in_flight < self._slots and self._tokens_in_flight + cost <= self._tokens

    def _take(self, cost: int) -> None:
        self._in_flight += 1
        self._tokens_in_flight += cost

    def _release(self, cost: int) -> None:
        self._in_flight -= 1
        self._tokens_in_flight -= cost
        self._dispatch()

    def _dispatch(self) -> None:
        """Start whoever is next while there is room; the slot never shows as free in between.

        A dear request at the head holds up cheaper ones behind it until it fits: passing it by would let
        it starve.
        """
        while (head := self._waiting.head()) is not None:
            turn = head.item
            late = turn.deadline is not None and self._clock() >= turn.deadline
            if turn.granted.cancelled() or late:
                self._waiting.discard(head)
                if not turn.granted.cancelled():
                    turn.granted.set_result(False)
            elif self._fits(head.cost):
                self._waiting.pop()
                self._take(head.cost)
                turn.granted.set_result(True)
            else:
                break
        self._report()

    def _check_deadline(self, caller: Caller, cost: int) -> None:
        if caller.deadline is None:
            return
        left = caller.deadline - self._clock()
        if left <= 0:
            self._hooks.refused("expired")
            raise DeadlinePassedError("the deadline passed before the call could start")
        if not self._waiting and self._fits(cost):
            return
        needed = self._expected_wait_seconds(caller.client, cost) + cost * self._seconds_per_token
        if needed > left:
            self._refuse("deadline", f"it would finish in about {needed:.1f} s, after its deadline")

    def _refuse(self, reason: str, message: str) -> None:
        self._hooks.refused(reason)
        wait = self._expected_wait_seconds("", 1)
        hint = min(max(wait, _LEAST_RETRY_SECONDS), _LONGEST_RETRY_SECONDS)
        raise OverloadedError(message, retry_after_seconds=hint)

    def _expected_wait_seconds(self, client: str, cost: int) -> float:
        """What is served first, at the rate at which as many slots as now were worked off lately."""
        slots = max(1, self._in_flight)
        ahead = self._waiting.cost_ahead(client, cost) + self._tokens_in_flight / slots
        return ahead * self._seconds_per_token / slots

    def _learn(self, seconds_per_token: float) -> None:
        known = self._seconds_per_token
        self._seconds_per_token = (
            seconds_per_token if known == 0 else known + _SMOOTHING * (seconds_per_token - known)
        )

    def _count(self, place: Place, change: int) -> None:
        if place.caller.patient:
            return
        self._pending_total += change
        self._pending[place.caller.client] += change
        if not self._pending[place.caller.client]:
            del self._pending[place.caller.client]

    def _report(self) -> None:
        self._hooks.admission(in_flight=self._in_flight, waiting=len(self._waiting))


@dataclass(frozen=True, eq=False)
class _Turn:
    """A request in the queue: granted with True, or with False once its deadline has passed."""

    deadline: float | None
    granted: asyncio.Future[bool]
