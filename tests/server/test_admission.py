"""Admission: the cap, the queue, deadlines and cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from fitbox_server.admission import Admission
from fitbox_server.hooks import Hooks

from fitbox.errors import OverloadedError


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Recorder(Hooks):
    """Remembers the largest number in flight and every refusal."""

    def __init__(self) -> None:
        self.peak = 0
        self.refusals: list[str] = []

    def admission(self, *, in_flight: int, waiting: int) -> None:
        self.peak = max(self.peak, in_flight)

    def refused(self, reason: str) -> None:
        self.refusals.append(reason)


async def hold(
    admission: Admission, release: asyncio.Event, started: Callable[[], None], **slot: object
) -> None:
    """Take a slot, say so, and keep it until told."""
    async with admission.slot(**slot):  # type: ignore[arg-type]
        started()
        await release.wait()


async def test_requests_within_the_cap_start_at_once() -> None:
    """Nobody waits while there are slots."""
    admission = Admission(in_flight=2, queue=0, hooks=Hooks())
    async with admission.slot(), admission.slot():
        assert admission.in_flight == 2
    assert admission.in_flight == 0


async def test_the_queue_is_first_come_first_served() -> None:
    """A slot that is given back goes to whoever waits longest."""
    admission = Admission(in_flight=1, queue=8, hooks=Hooks())
    order: list[int] = []
    releases = [asyncio.Event() for _ in range(4)]
    tasks = []
    for index, release in enumerate(releases):
        tasks.append(asyncio.create_task(hold(admission, release, lambda i=index: order.append(i))))
        await asyncio.sleep(0)
    for release in releases:
        release.set()
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3]
    assert (admission.in_flight, admission.waiting) == (0, 0)


async def test_a_full_queue_refuses_at_once_with_a_retry_hint() -> None:
    """The client can go elsewhere instead of waiting for its deadline."""
    hooks = Recorder()
    admission = Admission(in_flight=1, queue=0, hooks=hooks)
    async with admission.slot():
        with pytest.raises(OverloadedError) as caught:
            async with admission.slot():
                pytest.fail("there was no slot")
    assert caught.value.retry_after_seconds > 0
    assert hooks.refusals == ["queue_full"]


async def test_what_could_only_finish_after_its_deadline_is_refused() -> None:
    """Work that nobody will read is not started."""
    clock, hooks = Clock(), Recorder()
    admission = Admission(in_flight=1, queue=8, hooks=hooks, clock=clock)
    async with admission.slot():
        clock.now += 10
    async with admission.slot():
        with pytest.raises(OverloadedError):
            async with admission.slot(remaining_seconds=5):
                pytest.fail("it would take twenty seconds")
    assert hooks.refusals == ["deadline"]


async def test_patient_callers_may_wait_beyond_the_queue() -> None:
    """Items of a batch are bounded by their stream instead."""
    admission = Admission(in_flight=1, queue=0, hooks=Hooks())
    release, started = asyncio.Event(), asyncio.Event()
    async with admission.slot():
        waiting = asyncio.create_task(hold(admission, release, started.set, patient=True))
        await asyncio.sleep(0)
        assert admission.waiting == 1
    await started.wait()
    release.set()
    await waiting


async def test_a_cancelled_waiter_leaves_the_queue() -> None:
    """Its place is free for the next one."""
    admission = Admission(in_flight=1, queue=1, hooks=Hooks())
    async with admission.slot():
        waiting = asyncio.create_task(hold(admission, asyncio.Event(), lambda: None))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert admission.waiting == 0
    assert admission.in_flight == 0


async def test_a_slot_that_is_granted_to_a_cancelled_waiter_is_passed_on() -> None:
    """Cancelled in the very moment its turn comes, it must not take the slot with it."""
    admission = Admission(in_flight=1, queue=8, hooks=Hooks())
    held = admission.slot()
    await held.__aenter__()
    doomed = asyncio.create_task(hold(admission, asyncio.Event(), lambda: None))
    got, done = asyncio.Event(), asyncio.Event()
    done.set()
    lucky = asyncio.create_task(hold(admission, done, got.set))
    await asyncio.sleep(0)
    await held.__aexit__(None, None, None)
    doomed.cancel()
    await asyncio.gather(doomed, lucky, return_exceptions=True)
    assert got.is_set()
    assert (admission.in_flight, admission.waiting) == (0, 0)


async def test_the_cap_holds_under_waves_with_random_cancellation() -> None:
    """However many come and go, never more than the cap are in flight, and none is lost."""
    hooks = Recorder()
    admission = Admission(in_flight=3, queue=50, hooks=hooks)
    finished = 0

    async def work(index: int) -> None:
        nonlocal finished
        async with admission.slot():
            await asyncio.sleep(0)
            finished += 1

    tasks = [asyncio.create_task(work(index)) for index in range(200)]
    await asyncio.sleep(0)
    for task in tasks[5::7]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert hooks.peak == 3
    assert (admission.in_flight, admission.waiting) == (0, 0)
    assert finished == sum(result is None for result in results)
