"""request_id: equal calls get one reply, different contents under one id are refused."""

from __future__ import annotations

import asyncio

import pytest

from fitbox.errors import DeadlinePassedError, OverloadedError, RequestIdReusedError
from fitbox.rpc.callers import CALLER
from fitbox.rpc.request_ids import IdempotencyCache
from fitbox.v1 import recommendation_pb2


def request(request_id: str = "a", age: int = 30) -> recommendation_pb2.RecommendAdviceRequest:
    """A request with an id."""
    message = recommendation_pb2.RecommendAdviceRequest(request_id=request_id)
    message.profile.age_years = age
    return message


class Work:
    """Counts how often it was done; waits until it may finish."""

    def __init__(self) -> None:
        self.started = 0
        self.cancelled = 0
        self.may_finish = asyncio.Event()

    async def __call__(self) -> int:
        self.started += 1
        number = self.started
        try:
            await self.may_finish.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return number


class Clock:
    """Seconds that pass only when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_repeat_gets_the_first_reply() -> None:
    """The work is done once."""
    cache, work = IdempotencyCache(seconds=60, entries=10), Work()
    work.may_finish.set()
    assert await cache.reply("M", request(), work) == 1
    assert await cache.reply("M", request(), work) == 1
    assert await cache.reply("Other", request(), work) == 2


async def test_concurrent_repeats_share_the_work() -> None:
    """A retry that overtakes its original does not double the load."""
    cache, work = IdempotencyCache(seconds=60, entries=10), Work()
    calls = [asyncio.create_task(cache.reply("M", request(), work)) for _ in range(5)]
    await asyncio.sleep(0)
    work.may_finish.set()
    assert await asyncio.gather(*calls) == [1] * 5


async def test_without_an_id_every_call_is_its_own() -> None:
    """An empty id is none."""
    cache, work = IdempotencyCache(seconds=60, entries=10), Work()
    work.may_finish.set()
    assert [await cache.reply("M", request(""), work) for _ in range(2)] == [1, 2]


async def test_ids_of_one_token_are_none_of_anothers() -> None:
    """Two clients may count from one; neither sees the other's reply."""
    cache, work = IdempotencyCache(seconds=60, entries=10), Work()
    work.may_finish.set()

    async def call(subject: str, age: int) -> int:
        CALLER.set(subject)  # each task has a context of its own
        return await cache.reply("M", request(age=age), work)

    assert await asyncio.create_task(call("one", 30)) == 1
    assert await asyncio.create_task(call("two", 40)) == 2
    assert await asyncio.create_task(call("one", 30)) == 1


async def test_other_contents_under_the_same_id_are_refused() -> None:
    """Answering the wrong member would be worse than an error."""
    cache, work = IdempotencyCache(seconds=60, entries=10), Work()
    work.may_finish.set()
    await cache.reply("M", request(age=30), work)
    with pytest.raises(RequestIdReusedError):
        await cache.reply("M", request(age=31), work)


async def test_a_failure_is_not_kept() -> None:
    """A retry after an overload is a new attempt."""
    cache, work = IdempotencyCache(seconds=60, entries=10), Work()
    work.may_finish.set()

    async def fail() -> int:
        raise OverloadedError("full", 1.0)

    with pytest.raises(OverloadedError):
        await cache.reply("M", request(), fail)
    assert await cache.reply("M", request(), work) == 1


@pytest.mark.parametrize("refusal", [DeadlinePassedError("late"), OverloadedError("would be late", 1.0)])
async def test_what_one_caller_was_refused_for_is_not_the_next_ones(refusal: Exception) -> None:
    """The first had no time left; the second has, and waited only because the first was there."""
    cache, work, may_fail = IdempotencyCache(seconds=60, entries=10), Work(), asyncio.Event()

    async def refused() -> int:
        await may_fail.wait()
        raise refusal

    hurried = asyncio.create_task(cache.reply("M", request(), refused))
    await asyncio.sleep(0)
    patient = [asyncio.create_task(cache.reply("M", request(), work)) for _ in range(3)]
    await asyncio.sleep(0)
    may_fail.set()
    work.may_finish.set()
    with pytest.raises(type(refusal)):
        await hurried
    assert await asyncio.gather(*patient) == [1, 1, 1]


async def test_one_caller_that_leaves_does_not_cancel_the_others() -> None:
    """The work belongs to all who wait for it."""
    cache, work = IdempotencyCache(seconds=60, entries=10), Work()
    leaver = asyncio.create_task(cache.reply("M", request(), work))
    stayer = asyncio.create_task(cache.reply("M", request(), work))
    await asyncio.sleep(0)
    leaver.cancel()
    await asyncio.gather(leaver, return_exceptions=True)
    work.may_finish.set()
    assert await stayer == 1
    assert work.cancelled == 0


async def test_the_last_caller_that_leaves_ends_the_work() -> None:
    """Nothing is generated for nobody; the next call with that id starts afresh."""
    cache, work = IdempotencyCache(seconds=60, entries=10), Work()
    only = asyncio.create_task(cache.reply("M", request(), work))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    only.cancel()
    again = asyncio.create_task(cache.reply("M", request(), work))
    await asyncio.gather(only, return_exceptions=True)
    work.may_finish.set()
    assert await again in {1, 2}
    assert await cache.reply("M", request(), work) == await again


async def test_replies_expire_and_are_bounded() -> None:
    """Time and number both limit what is kept."""
    clock, work = Clock(), Work()
    work.may_finish.set()
    cache = IdempotencyCache(seconds=60, entries=2, clock=clock)
    for name in "abc":
        await cache.reply("M", request(name), work)
    assert await cache.reply("M", request("c"), work) == 3
    assert await cache.reply("M", request("a"), work) == 4
    clock.now = 61
    assert await cache.reply("M", request("c"), work) == 5
