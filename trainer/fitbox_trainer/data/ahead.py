"""Examples planned by processes beside, in the order in which training will ask for them.

Planning an example takes a processor longer than a GPU needs to learn it, so a loop that plans its own
examples leaves the GPU waiting. What is planned depends on member, task and vocabulary alone, so who plans
changes no example. Only a few steps are planned ahead: a run with a time budget must not plan what it will
never see. Where the processes cannot be had, or end, the loop plans by itself as before.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from fitbox_trainer.data.examples import Example, ExampleSet, Recipe

_log = logging.getLogger(__name__)

MOST_PROCESSES = 8
"""Enough for 250 examples a second at 30 ms each."""
_AHEAD = 16
"""Examples that each process may be ahead by."""

_recipe: Recipe
"""In a process that plans: what it plans from."""


def processes_for(*, gpu: bool, ranks: int, processors: int | None) -> int:
    """How many processes each rank of a run should have beside it: none where training itself is what the
    processors do."""
    if not gpu:
        return 0
    return max(0, min(MOST_PROCESSES, (processors or 1) // ranks - 1))


def first_uses(order: Sequence[Sequence[int]], *, rank: int, ranks: int) -> list[int]:
    """Slots in the order in which a rank will plan them: of those that a step uses first, its share."""
    seen: set[int] = set()
    mine = []
    for slots in order:
        new = [slot for slot in dict.fromkeys(slots) if slot not in seen]
        seen.update(new)
        mine += new[rank::ranks]
    return mine


@contextlib.contextmanager
def planned_ahead(examples: ExampleSet, slots: Sequence[int], processes: int) -> Iterator[None]:
    """While the block runs, ``examples`` takes what such processes have planned.

    Args:
        examples: Of the run.
        slots: Those that it will be asked for, in that order.
        processes: 0 plans nothing ahead.
    """
    if not processes:
        yield
        return
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(examples.recipe,)
    )
    ahead = _Ahead(pool, examples.recipe, slots, processes * _AHEAD)
    own, examples.plan = examples.plan, ahead.plan
    try:
        yield
    finally:
        examples.plan = own
        pool.shutdown(wait=True, cancel_futures=True)


class _Ahead:
    """Keeps so many slots asked for; a slot that nobody was asked for is planned here."""

    def __init__(self, pool: ProcessPoolExecutor, recipe: Recipe, slots: Sequence[int], depth: int) -> None:
        self._pool, self._recipe, self._depth = pool, recipe, depth
        self._slots = iter(slots)
        self._asked: dict[int, Future[Example | None]] = {}
        self._ended = False

    def plan(self, slot: int) -> Example | None:
        """The example of a slot."""
        self._ask()
        future = self._asked.pop(slot, None)
        if future is not None and not self._ended:
            try:
                return future.result()
            except BrokenProcessPool as error:
                self._give_up(error)
        return self._recipe.plan(slot)

    def _ask(self) -> None:
        try:
            while not self._ended and len(self._asked) < self._depth:
                slot = next(self._slots)
                self._asked[slot] = self._pool.submit(_plan, slot)
        except StopIteration:
            pass
        except (OSError, RuntimeError) as error:  # no process, descriptor or thread is left
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        _log.warning("examples are planned by the loop from now on: %s", error)
        self._ended = True
        self._asked.clear()


def _begin(recipe: Recipe) -> None:
    """In a new process: keep the recipe, and end with the process that trains, however that ends."""
    global _recipe
    _recipe = recipe
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
        os._exit(0)

    threading.Thread(target=follow, daemon=True).start()


def _plan(slot: int) -> Example | None:
    return _recipe.plan(slot)
