"""A queue that serves its clients in turn: deficit round robin over the cost of their items.

Each client has a first-come queue of its own. In its turn a client gains a quantum of credit and may take
items as long as its credit pays for them, so over time every waiting client gets the same share of cost,
whether it sends many cheap requests or few dear ones, and a client that sends ten times as much waits ten
times as long. Between two clients that both wait, what they were given differs by at most
``quantum + 2 * largest cost`` (M. Shreedhar and G. Varghese, Efficient Fair Queuing Using Deficit
Round-Robin, IEEE/ACM Transactions on Networking 4(3), 1996).

Only clients with items are remembered, so there are never more of them than items.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Queued(Generic[T]):
    """One item, whose it is, and what it costs (at least 1)."""

    client: str
    cost: int
    item: T


@dataclass
class _Flow(Generic[T]):
    """The items of one client."""

    items: deque[Queued[T]] = field(default_factory=deque)
    cost: int = 0
    credit: int = 0


class FairQueue(Generic[T]):
    """Unbounded; whoever pushes bounds it.

    Args:
        quantum: Cost that a client may spend in a turn; around that of a usual item, so that a turn serves
            about one.
    """

    def __init__(self, quantum: int) -> None:
        self._quantum = quantum
        self._flows: OrderedDict[str, _Flow[T]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def clients(self) -> int:
        """Clients that have items."""
        return len(self._flows)

    def push(self, entry: Queued[T]) -> None:
        """Append to the items of ``entry.client``."""
        flow = self._flows.setdefault(entry.client, _Flow())
        flow.items.append(entry)
        flow.cost += entry.cost
        self._length += 1

    def head(self) -> Queued[T] | None:
        """The next item; the same one until it is popped or discarded, or ``None`` of an empty queue."""
        while self._flows:
            client, flow = next(iter(self._flows.items()))
            if flow.credit >= flow.items[0].cost:
                return flow.items[0]
            flow.credit += self._quantum
            self._flows.move_to_end(client)
        return None

    def pop(self) -> Queued[T]:
        """Take :meth:`head`. Raises IndexError when the queue is empty."""
        entry = self.head()
        if entry is None:
            raise IndexError("pop from an empty queue")
        self._flows[entry.client].credit -= entry.cost
        self.discard(entry)
        return entry

    def discard(self, entry: Queued[T]) -> None:
        """Take an item out of turn, at no charge, if it is there."""
        flow = self._flows.get(entry.client)
        if flow is None or entry not in flow.items:
            return
        flow.items.remove(entry)
        flow.cost -= entry.cost
        self._length -= 1
        if not flow.items:
            # What is left of the credit goes too: a client saves nothing up while it asks for nothing.
            del self._flows[entry.client]

    def cost_ahead(self, client: str, cost: int) -> int:
        """About what is served before a new item of ``client``.

        Its own items, and of every other client no more than as much again: that is what fairness means.
        """
        own = self._flows[client].cost if client in self._flows else 0
        share = own + cost
        return own + sum(min(flow.cost, share) for name, flow in self._flows.items() if name != client)
