"""Admission: the caps, the queue, fairness, deadlines and cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from fitbox_server.admission import Admission, Caller
from fitbox_server.hooks import Hooks
from hypothesis import given, settings
from hypothesis import strategies as st

from fitbox.errors import DeadlinePassedError, OverloadedError


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
    admission: Admission,
    release: asyncio.Event,
    started: Callable[[], object] = lambda: None,
    *,
    cost: int = 1,
    caller: Caller = Caller(),  # noqa: B008 - frozen
) -> None:
    """Take a slot, say so, and keep it until told."""
    async with admission.enter(caller) as place:
        await place.start(cost)
        started()
        await release.wait()


async def settle() -> None:
    """Let every task run until it waits for something; nothing here takes more turns than these."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_requests_within_the_cap_start_at_once() -> None:
    """Nobody waits while there are slots."""
    admission = Admission(in_flight=2, queue=0, hooks=Hooks())
    async with admission.enter() as one, admission.enter() as two:
        await one.start(10)
        await two.start(20)
        assert (admission.in_flight, admission.tokens_in_flight, admission.pending) == (2, 30, 0)
    assert (admission.in_flight, admission.tokens_in_flight) == (0, 0)


async def test_a_request_that_never_starts_gives_its_place_back() -> None:
    """One whose constraints leave nothing, for instance."""
    admission = Admission(in_flight=1, queue=0, hooks=Hooks())
    for _ in range(3):
        async with admission.enter():
            assert admission.pending == 1
    assert (admission.in_flight, admission.pending) == (0, 0)


async def test_one_clients_requests_are_served_in_their_order() -> None:
    """A slot that is given back goes to whoever of them waits longest."""
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
    assert (admission.in_flight, admission.waiting, admission.pending) == (0, 0, 0)


async def test_clients_take_turns() -> None:
    """A client with one request does not wait until another's ten are done."""
    admission = Admission(in_flight=1, queue=64, hooks=Hooks())
    order: list[str] = []
    done = asyncio.Event()
    async with admission.enter() as place:
        await place.start(1)
        tasks = [
            asyncio.create_task(
                hold(admission, done, lambda n=name: order.append(n), cost=400, caller=Caller(name))
            )
            for name in ["heavy"] * 10 + ["light"]
        ]
        await settle()
        done.set()
    await asyncio.gather(*tasks)
    assert order.index("light") <= 2


async def test_a_full_queue_refuses_at_once_with_a_retry_hint() -> None:
    """Before anything is done for the request: the client can go elsewhere."""
    hooks = Recorder()
    admission = Admission(in_flight=1, queue=0, hooks=hooks)
    async with admission.enter() as place:
        await place.start(1)
        with pytest.raises(OverloadedError) as caught:
            async with admission.enter():
                pytest.fail("there was no slot")
    assert caught.value.retry_after_seconds > 0
    assert hooks.refusals == ["queue_full"]


async def test_one_client_cannot_fill_the_queue() -> None:
    """A newcomer finds a place, and nobody who was let in is put out for it."""
    hooks = Recorder()
    admission = Admission(in_flight=1, queue=10, hooks=hooks)
    done = asyncio.Event()
    greedy = [asyncio.create_task(hold(admission, done, caller=Caller("greedy"))) for _ in range(20)]
    await settle()
    assert set(hooks.refusals) == {"client_share"}
    newcomer = asyncio.create_task(hold(admission, done, caller=Caller("newcomer")))
    await settle()
    assert not newcomer.done()
    done.set()
    await newcomer
    ends = await asyncio.gather(*greedy, return_exceptions=True)
    assert [type(end) for end in ends if end is not None] == [OverloadedError] * len(hooks.refusals)
    assert ends.count(None) >= 5


async def test_tokens_are_a_cap_of_their_own() -> None:
    """Two dear requests wait for each other though there are slots; a larger one than all may run alone."""
    admission = Admission(in_flight=8, queue=8, tokens=100, hooks=Hooks())
    first, second = asyncio.Event(), asyncio.Event()
    one = asyncio.create_task(hold(admission, first, cost=60))
    two = asyncio.create_task(hold(admission, second, cost=5000))
    await settle()
    assert (admission.in_flight, admission.waiting) == (1, 1)
    first.set()
    await one
    await settle()
    assert (admission.in_flight, admission.tokens_in_flight) == (1, 100)
    second.set()
    await two


async def test_a_dear_request_is_not_passed_by_for_ever() -> None:
    """Cheap ones that came later wait behind it, though they would fit."""
    admission = Admission(in_flight=8, queue=8, tokens=100, hooks=Hooks())
    order: list[str] = []
    first, done = asyncio.Event(), asyncio.Event()
    done.set()
    tasks = [asyncio.create_task(hold(admission, first, cost=60))]
    await settle()
    for name, cost in (("dear", 90), ("cheap", 10)):
        task = hold(admission, done, lambda n=name: order.append(n), cost=cost)
        tasks.append(asyncio.create_task(task))
        await settle()
    first.set()
    await asyncio.gather(*tasks)
    assert order == ["dear", "cheap"]


async def test_what_could_only_finish_after_its_deadline_is_refused() -> None:
    """Work that nobody will read is not started."""
    clock, hooks = Clock(), Recorder()
    admission = Admission(in_flight=1, queue=8, hooks=hooks, clock=clock)
    async with admission.enter() as place:
        await place.start(1)
        clock.now += 10
    async with admission.enter() as place:
        await place.start(1)
        with pytest.raises(OverloadedError):
            async with admission.enter(Caller(deadline=clock.now + 15)):
                pytest.fail("it would take twenty seconds")
        async with admission.enter(Caller(deadline=clock.now + 25)) as other:
            with pytest.raises(OverloadedError):
                await other.start(2)
    assert hooks.refusals == ["deadline", "deadline"]


async def test_a_deadline_that_has_passed_starts_nothing() -> None:
    """Neither at the door nor after the preparation, even where a slot is free."""
    clock, hooks = Clock(), Recorder()
    admission = Admission(in_flight=1, queue=8, hooks=hooks, clock=clock)
    async with admission.enter(Caller(deadline=1.0)) as place:
        clock.now = 2.0
        with pytest.raises(DeadlinePassedError):
            await place.start(1)
    with pytest.raises(DeadlinePassedError):
        async with admission.enter(Caller(deadline=2.0)):
            pytest.fail("it was too late")
    assert hooks.refusals == ["expired", "expired"]


async def test_a_waiter_whose_deadline_passed_is_dropped() -> None:
    """Its turn goes to the next one."""
    clock, hooks = Clock(), Recorder()
    admission = Admission(in_flight=1, queue=8, hooks=hooks, clock=clock)
    started: list[str] = []
    done = asyncio.Event()
    done.set()
    async with admission.enter() as place:
        await place.start(1)
        late = asyncio.create_task(
            hold(admission, done, lambda: started.append("late"), caller=Caller(deadline=5.0))
        )
        lucky = asyncio.create_task(hold(admission, done, lambda: started.append("lucky")))
        await settle()
        clock.now = 6.0
    with pytest.raises(DeadlinePassedError):
        await late
    await lucky
    assert started == ["lucky"]
    assert (admission.in_flight, admission.waiting, admission.pending) == (0, 0, 0)


async def test_patient_callers_may_wait_beyond_the_queue() -> None:
    """Items of a batch are bounded by their stream instead, and take no place from others."""
    admission = Admission(in_flight=1, queue=1, hooks=Hooks())
    done = asyncio.Event()
    async with admission.enter() as place:
        await place.start(1)
        patient = [
            asyncio.create_task(hold(admission, done, caller=Caller("batch", patient=True))) for _ in range(5)
        ]
        single = asyncio.create_task(hold(admission, done))
        await settle()
        assert (admission.waiting, admission.pending) == (6, 1)
    done.set()
    await asyncio.gather(*patient, single)


async def test_a_cancelled_waiter_leaves_the_queue() -> None:
    """Its place is free for the next one."""
    admission = Admission(in_flight=1, queue=1, hooks=Hooks())
    async with admission.enter() as place:
        await place.start(1)
        waiting = asyncio.create_task(hold(admission, asyncio.Event()))
        await settle()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert (admission.waiting, admission.pending) == (0, 0)
    assert admission.in_flight == 0


async def test_a_dear_waiter_that_leaves_lets_cheaper_ones_start() -> None:
    """They waited only for it."""
    admission = Admission(in_flight=8, queue=8, tokens=100, hooks=Hooks())
    done, got = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(hold(admission, done, cost=60))
    dear = asyncio.create_task(hold(admission, done, cost=90))
    await settle()
    cheap = asyncio.create_task(hold(admission, done, got.set, cost=10))
    await settle()
    dear.cancel()
    await got.wait()
    done.set()
    await asyncio.gather(first, cheap)


async def test_a_slot_that_is_granted_to_a_cancelled_waiter_is_passed_on() -> None:
    """Cancelled in the very moment its turn comes, it must not take the slot with it."""
    admission = Admission(in_flight=1, queue=8, hooks=Hooks())
    release, got, done = asyncio.Event(), asyncio.Event(), asyncio.Event()
    done.set()
    holder = admission.enter()
    await (await holder.__aenter__()).start(1)
    doomed = asyncio.create_task(hold(admission, release))
    lucky = asyncio.create_task(hold(admission, done, got.set))
    await settle()
    await holder.__aexit__(None, None, None)
    doomed.cancel()
    await asyncio.gather(doomed, lucky, return_exceptions=True)
    assert got.is_set()
    assert (admission.in_flight, admission.waiting) == (0, 0)


WORK = st.tuples(
    st.sampled_from("abc"),  # client
    st.integers(1, 150),  # cost
    st.integers(0, 3),  # turns of the loop that it works
    st.booleans(),  # whether it is cancelled on the way
    st.booleans(),  # patient
)


@settings(deadline=None)
@given(work=st.lists(WORK, max_size=40), slots=st.integers(1, 4), queue=st.integers(0, 10))
def test_the_caps_hold_and_nothing_is_lost(
    work: list[tuple[str, int, int, bool, bool]], slots: int, queue: int
) -> None:
    """Whatever comes, leaves and is cancelled: never over a cap, and in the end everything is free."""
    peaks = [0, 0, 0]

    async def one(admission: Admission, client: str, cost: int, turns: int, patient: bool) -> None:
        async with admission.enter(Caller(client, patient=patient)) as place:
            await asyncio.sleep(0)  # the preparation
            await place.start(cost)
            peaks[0] = max(peaks[0], admission.in_flight)
            peaks[1] = max(peaks[1], admission.tokens_in_flight)
            for _ in range(turns):
                await asyncio.sleep(0)
                peaks[2] = max(peaks[2], admission.pending)

    async def run() -> tuple[int, int, int, int]:
        admission = Admission(in_flight=slots, queue=queue, tokens=100, hooks=Hooks())
        tasks = []
        for client, cost, turns, cancelled, patient in work:
            tasks.append(asyncio.create_task(one(admission, client, cost, turns, patient)))
            await asyncio.sleep(0)
            if cancelled:
                tasks[len(tasks) // 2].cancel()
        for end in await asyncio.gather(*tasks, return_exceptions=True):
            assert end is None or isinstance(end, OverloadedError | asyncio.CancelledError)
        return admission.in_flight, admission.tokens_in_flight, admission.waiting, admission.pending

    assert asyncio.run(run()) == (0, 0, 0, 0)
    assert peaks[0] <= slots
    assert peaks[1] <= 100
    assert peaks[2] <= slots + queue
