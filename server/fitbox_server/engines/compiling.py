"""Grammars are compiled beside decoding: one at a time, in a thread that gives way, each client in its turn.

A grammar that the engine does not know yet takes 10 to 400 ms of processor time, as much as a dozen decode
steps. Compiled between two steps it would stop everybody's text, and callers that bring a new grammar each
and leave at once would stop it for good. So it is bought like tokens: a client's turn comes by the seconds of
compiling that it has had (start-time fair queuing: P. Goyal, H. M. Vin and H. Cheng, IEEE/ACM Transactions on
Networking 5(5), 1997), a request that is cancelled before its turn is never compiled, and one that is
cancelled later has been paid for all the same.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from fitbox_server.engines.protocol import RequestRefusedError

NICENESS = 10
"""Of a thread that compiles beside decoding, more than the worker's: texts are slowed to about half their
speed then, and a grammar takes half as long again."""
_DEBTORS = 1024
"""Clients whose seconds are remembered while they have nothing to compile."""


@dataclass(frozen=True)
class Compiled:
    """A grammar that is ready, or what was wrong with it."""

    request_id: int
    seconds: float
    error: Exception | None


class Turns:
    """Who is next: the waiting client that has had the fewest seconds; its own requests in their order.

    A client that was away gains nothing by it: it starts where those who wait are now.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[int]] = {}
        self._had: OrderedDict[str, float] = OrderedDict()
        """Seconds that a client has had, on a scale on which a newcomer starts at ``_now``."""
        self._now = 0.0

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def push(self, client: str, request_id: int) -> None:
        """Append to the client's requests."""
        self._waiting.setdefault(client, deque()).append(request_id)

    def discard(self, request_id: int) -> None:
        """Take a request out, at no charge, if it waits."""
        for client, ids in list(self._waiting.items()):
            if request_id in ids:
                ids.remove(request_id)
                if not ids:
                    del self._waiting[client]

    def pop(self) -> tuple[str, int]:
        """The next client and its request. Raises ValueError where nobody waits."""
        client = min(self._waiting, key=self._start)
        self._now = self._start(client)
        request_id = self._waiting[client][0]
        self.discard(request_id)
        return client, request_id

    def charge(self, client: str, seconds: float) -> None:
        """Add to what a client has had."""
        self._had[client] = self._start(client) + seconds
        self._had.move_to_end(client)
        if len(self._had) > _DEBTORS:
            self._had.popitem(last=False)

    def _start(self, client: str) -> float:
        return max(self._had.get(client, 0.0), self._now)


class Compiling:
    """What is compiled now, and the requests that wait. All methods are for the worker's own
    thread.

    Args:
        compile_grammar: The engine's; called in another thread.
    """

    def __init__(self, compile_grammar: Callable[[str], None]) -> None:
        self._compile = compile_grammar
        self._turns = Turns()
        self._grammars: dict[int, str] = {}
        self._current: tuple[str, int] | None = None
        self._result: Compiled | None = None
        self._thread: threading.Thread | None = None
        self._read_end, self._write_end = os.pipe()
        self.seconds = 0.0
        """Spent so far, for whomever."""

    def __len__(self) -> int:
        """Requests that wait for their grammar."""
        return len(self._grammars)

    @property
    def busy(self) -> bool:
        """Whether a grammar is being compiled, or has been and is not taken."""
        return self._current is not None

    def fileno(self) -> int:
        """Readable when a grammar is ready."""
        return self._read_end

    def put(self, request_id: int, client: str, grammar: str) -> None:
        """Compile a request's grammar when its client's turn comes."""
        self._grammars[request_id] = grammar
        self._turns.push(client, request_id)

    def cancel(self, request_id: int) -> None:
        """Forget a request. A compile that has begun goes on, and is charged to its client."""
        if self._grammars.pop(request_id, None) is not None:
            self._turns.discard(request_id)

    def begin(self, *, gently: bool) -> None:
        """Compile the next grammar, where nothing is being compiled and something waits; ``gently`` where
        texts are being decoded beside it."""
        if self._current is None and self._turns:
            self._current = self._turns.pop()
            request_id = self._current[1]
            # A thread each: it begins at the worker's priority, and only downwards is always allowed.
            self._thread = threading.Thread(
                target=self._run, args=(request_id, self._grammars[request_id], gently), daemon=True
            )
            try:
                self._thread.start()
            except RuntimeError:  # the system has none to give now
                self._thread = None
                self._ended(Compiled(request_id, 0.0, RequestRefusedError("no_thread", "try again later")))

    def take(self) -> Compiled | None:
        """What has become ready, unless its request was cancelled meanwhile."""
        if self._current is None or self._result is None:
            return None
        os.read(self._read_end, 1)
        (client, request_id), result = self._current, self._result
        self._current = self._result = None
        self._turns.charge(client, result.seconds)
        self.seconds += result.seconds
        return result if self._grammars.pop(request_id, None) is not None else None

    def close(self) -> None:
        """Wait for what is being compiled."""
        if self._thread is not None:
            self._thread.join()
        os.close(self._read_end)
        os.close(self._write_end)

    def _run(self, request_id: int, grammar: str, gently: bool) -> None:
        if gently:
            _give_way()
        started, error = time.monotonic(), None
        try:
            self._compile(grammar)
        except Exception as caught:  # noqa: BLE001 - the worker's own thread decides what it means
            error = caught
        self._ended(Compiled(request_id, time.monotonic() - started, error))

    def _ended(self, result: Compiled) -> None:
        self._result = result
        os.write(self._write_end, b".")


def _give_way() -> None:
    """Lower the priority of this thread, and of those that it starts."""
    with contextlib.suppress(OSError):  # a kindness, and not worth failing a request for
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, min(os.getpriority(os.PRIO_PROCESS, thread) + NICENESS, 19))
