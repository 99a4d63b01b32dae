"""The fair queue: turns by cost, whatever the clients send."""

from __future__ import annotations

from collections import Counter

import pytest
from fitbox_server.fair_queue import FairQueue, Queued
from hypothesis import given
from hypothesis import strategies as st

COSTS = st.lists(st.integers(1, 2000), max_size=40)


def filled(costs: dict[str, list[int]], quantum: int = 512) -> FairQueue[int]:
    """A queue of every client's items, each numbered in its client's order."""
    queue: FairQueue[int] = FairQueue(quantum)
    for client, values in costs.items():
        for number, cost in enumerate(values):
            queue.push(Queued(client, cost, number))
    return queue


def test_a_light_client_does_not_wait_behind_a_heavy_ones_queue() -> None:
    """One request beside a hundred is served in the first round."""
    queue = filled({"heavy": [500] * 100, "light": [500]})
    served = [queue.pop().client for _ in range(3)]
    assert "light" in served


@given(costs=st.dictionaries(st.sampled_from("abcd"), COSTS))
def test_every_item_is_served_once_and_in_its_clients_order(costs: dict[str, list[int]]) -> None:
    """Nothing is lost, doubled or overtaken by a later item of the same client."""
    queue = filled(costs)
    served: dict[str, list[int]] = {client: [] for client in costs}
    while len(queue):
        head = queue.head()
        entry = queue.pop()
        assert entry is head
        served[entry.client].append(entry.item)
    assert served == {client: list(range(len(values))) for client, values in costs.items()}
    assert queue.head() is None
    assert queue.clients == 0


@given(costs=st.dictionaries(st.sampled_from("abcd"), COSTS, min_size=2), quantum=st.integers(1, 1000))
def test_clients_that_wait_get_equal_cost(costs: dict[str, list[int]], quantum: int) -> None:
    """The bound of deficit round robin: a quantum and twice the largest item, at every moment."""
    queue = filled(costs, quantum)
    bound = quantum + 2 * max((cost for values in costs.values() for cost in values), default=0)
    given_to: Counter[str] = Counter()
    left = Counter({client: len(values) for client, values in costs.items()})
    while len(queue):
        entry = queue.pop()
        given_to[entry.client] += entry.cost
        left[entry.client] -= 1
        waiting = [given_to[client] for client in costs if left[client]]
        if waiting:
            assert max(waiting) - min(waiting) <= bound


@given(costs=st.dictionaries(st.sampled_from("abcd"), COSTS), data=st.data())
def test_an_item_that_leaves_takes_nothing_with_it(costs: dict[str, list[int]], data: st.DataObject) -> None:
    """Whichever goes, the others are all served; leaving twice is leaving once."""
    queue: FairQueue[int] = FairQueue(512)
    entries = [Queued(client, cost, 0) for client, values in costs.items() for cost in values]
    entries = [Queued(entry.client, entry.cost, number) for number, entry in enumerate(entries)]
    for entry in entries:
        queue.push(entry)
    leaving = data.draw(st.sets(st.sampled_from(range(len(entries))))) if entries else set()
    for number in leaving:
        queue.discard(entries[number])
        queue.discard(entries[number])
    served = {queue.pop().item for _ in range(len(queue))}
    assert served == set(range(len(entries))) - leaving


def test_what_is_ahead_counts_no_other_client_for_more_than_oneself() -> None:
    """A client with one request is not told to wait for a hundred of another."""
    queue = filled({"heavy": [100] * 50, "light": [40]})
    assert queue.cost_ahead("light", 60) == 40 + 100
    assert queue.cost_ahead("heavy", 100) == 5000 + 40
    assert queue.cost_ahead("new", 10_000) == 5000 + 40


def test_an_empty_queue_has_nothing_to_give() -> None:
    """As a list would say."""
    with pytest.raises(IndexError):
        FairQueue(1).pop()
