"""Load from processes of its own, so that the client's work is not taken for the server's."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tests.conformance.caller import Schedule, run_caller
from tests.conformance.oracle import Oracle
from tests.conformance.records import Records, merged

WAIT_SECONDS = 0.05
STRETCHES = 5


@dataclass
class Load:
    """A load that runs, and what it found once it has ended."""

    counter: Any
    """Calls that have ended, over all processes."""
    records: Records = field(default_factory=Records)

    @property
    def calls(self) -> int:
        """Calls that have ended so far."""
        return int(self.counter.value)

    async def until(self, calls: int) -> None:
        """Wait until so many calls have ended."""
        while self.calls < calls:  # noqa: ASYNC110 - nothing tells across processes
            await asyncio.sleep(WAIT_SECONDS)


@contextlib.asynccontextmanager
async def loaded(*schedules: Schedule) -> AsyncIterator[Load]:
    """Run a process for each schedule during the block; afterwards their records are in the load."""
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    load = Load(counter)
    processes, controls = [], []
    for schedule in schedules:
        ours, theirs = context.Pipe()
        process = context.Process(target=run_caller, args=(schedule, theirs, counter), daemon=True)
        process.start()
        theirs.close()
        processes.append(process)
        controls.append(ours)
    try:
        yield load
        for control in controls:
            control.send("stop")
        load.records = merged([await asyncio.to_thread(control.recv) for control in controls])
        for process in processes:
            await asyncio.to_thread(process.join)
    finally:
        for process in processes:
            if process.is_alive():
                process.kill()
                process.join()


def schedules(address: str, oracle: Oracle, *, rate: float, processes: int = 2) -> list[Schedule]:
    """An open loop of ``rate`` calls a second, dealt out to processes."""
    return [
        Schedule(address, oracle, rate=rate / processes, seed=index + 1, client=f"load-{index}")
        for index in range(processes)
    ]


async def capacity(
    one: Schedule,
    *,
    calls: int,
    concurrency: int,
    processes: int = 2,
    meanwhile: contextlib.AbstractAsyncContextManager[None] | None = None,
) -> float:
    """Calls a second that a server completes for clients that always have ``concurrency`` calls waiting.

    The least of five stretches: a virtual machine's speed changes by a fifth from one moment to the next, and
    80 % of a fast moment's is too much for a slow one. ``meanwhile`` is what else keeps the machine busy.
    """
    closed = [
        replace(one, rate=0.0, concurrency=concurrency // processes, seed=1000 + index)
        for index in range(processes)
    ]
    async with loaded(*closed) as load, meanwhile or contextlib.nullcontext():
        await load.until(calls)
    done = load.records.arrays().done
    done.sort()
    middle = done[len(done) // 6 :]  # the start, while processes come up, is no measure
    return min(float(len(part) - 1) / float(part[-1] - part[0]) for part in np.array_split(middle, STRETCHES))
