"""How many may be inside at a time, and how many of one kind."""

from __future__ import annotations

from collections import Counter, OrderedDict

from fitbox.rpc.status import overloaded

RETRY_SECONDS = 1.0
_LEAST = 16
"""Of its own that anybody may have, however full it is, as long as there is room at all."""


class Room:
    """At most ``limit`` are inside, and nobody has more than half of what the others leave.

    So one connection, or one caller, that opens all it can leaves room for the next.
    """

    def __init__(self, limit: int, what: str) -> None:
        self._limit = limit
        self._what = what
        self._inside: Counter[str] = Counter()
        self._total = 0

    def __len__(self) -> int:
        return self._total

    def enter(self, who: str) -> None:
        """Raises RefusedError (OVERLOADED) where there is no room."""
        mine = self._inside[who]
        share = max(_LEAST, (self._limit - self._total + mine) // 2)
        if self._total >= self._limit or mine >= share:
            if not mine:
                del self._inside[who]
            raise overloaded(f"too many {self._what} are open; close some, or come back later", RETRY_SECONDS)
        self._inside[who] = mine + 1
        self._total += 1

    def leave(self, who: str) -> None:
        """One of its own is over."""
        self._total -= 1
        self._inside[who] -= 1
        if not self._inside[who]:
            del self._inside[who]


class SlowReaders:
    """Connections whose client took no message for too long, the newest ``kept`` of them.

    gRPC keeps what is left of a dropped call until its client reads or its connection ends, and offers no
    way to end either. So a connection that left some calls so gets no more.
    """

    def __init__(self, *, allowed: int = 8, kept: int = 4096) -> None:
        self._allowed = allowed
        self._kept = kept
        self._dropped: OrderedDict[str, int] = OrderedDict()

    def dropped(self, connection: str) -> None:
        """One call of a connection was given up."""
        self._dropped[connection] = self._dropped.pop(connection, 0) + 1
        if len(self._dropped) > self._kept:
            self._dropped.popitem(last=False)

    def check(self, connection: str) -> None:
        """Raises RefusedError (OVERLOADED) for a connection that left too many."""
        if self._dropped and self._dropped.get(connection, 0) >= self._allowed:
            raise overloaded("this connection does not read its replies; open another", RETRY_SECONDS)
