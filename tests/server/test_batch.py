"""BatchRecommend's loop: bounded, out of order, each item on its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest
from fitbox_server.batch import Window, answer_all

from fitbox.errors import NoPlanPossibleError
from fitbox.v1 import recommendation_pb2

Request = recommendation_pb2.BatchRecommendRequest
Response = recommendation_pb2.BatchRecommendResponse


Reply = recommendation_pb2.RecommendAdviceResponse


def window(each: int) -> Window:
    """Room for one stream alone."""
    return Window(each=each, caller=each, total=each)


async def items(*names: str) -> AsyncIterator[Request]:
    """A stream of requests."""
    for name in names:
        yield Request(request_id=name)


async def test_every_item_is_answered_and_never_more_than_the_limit_at_once() -> None:
    """Ten thousand items cost no more memory than ten."""
    running = peak = read = answered = 0

    async def source() -> AsyncIterator[Request]:
        nonlocal read
        for index in range(500):
            read += 1
            assert read - answered <= 8 + 2
            yield Request(request_id=str(index))

    async def answer(request: Request) -> Reply:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0)
        running -= 1
        return Reply(request_id=request.request_id)

    seen = set()
    async for response in answer_all(source(), answer, window(8)):
        answered += 1
        seen.add(response.request_id)
    assert seen == {str(index) for index in range(500)}
    assert peak <= 8


async def test_a_reader_that_stops_stops_the_reading() -> None:
    """Items in flight finish and wait for the reader; nothing further is taken from the client."""
    taken = finished = 0

    async def source() -> AsyncIterator[Request]:
        nonlocal taken
        for index in range(10_000):
            taken += 1
            yield Request(request_id=str(index))

    async def answer(request: Request) -> Reply:
        nonlocal finished
        finished += 1
        return Reply(request_id=request.request_id)

    stream = answer_all(source(), answer, window(8))
    for read in range(1, 4):
        await anext(stream)
        for _ in range(100):  # turns of the loop in which the reader does something else
            await asyncio.sleep(0)
        assert finished <= read + 8
        assert taken <= read + 8 + 2
    await stream.aclose()  # type: ignore[attr-defined]  # an async generator


async def test_a_fast_item_overtakes_a_slow_one() -> None:
    """Replies come as they finish."""
    slow = asyncio.Event()

    async def answer(request: Request) -> Reply:
        if request.request_id == "slow":
            await slow.wait()
        return Reply(request_id=request.request_id)

    order = []
    async for response in answer_all(items("slow", "fast"), answer, window(2)):
        order.append(response.request_id)
        slow.set()
    assert order == ["fast", "slow"]


async def test_an_item_that_fails_fails_alone() -> None:
    """With the code and reason that a call of its own would have ended with."""

    async def answer(request: Request) -> Reply:
        if request.request_id == "bad":
            raise NoPlanPossibleError("NO_FOOD_LEFT", "nothing left")
        if request.request_id == "bug":
            raise ZeroDivisionError("secret")
        return Reply(request_id=request.request_id)

    responses = {
        response.request_id: response
        async for response in answer_all(items("a", "bad", "bug", "b"), answer, window(2))
    }
    assert responses["bad"].error.reason == "NO_FOOD_LEFT"
    assert responses["bad"].error.code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
    assert responses["bug"].error.code == grpc.StatusCode.INTERNAL.value[0]
    assert "secret" not in responses["bug"].error.message
    assert not responses["a"].HasField("error")
    assert not responses["b"].HasField("error")


async def test_items_need_names_of_their_own() -> None:
    """Otherwise a client could not tell the replies apart."""

    async def answer(request: Request) -> Reply:
        return Reply(request_id=request.request_id)

    responses = [response async for response in answer_all(items("a", "", "a"), answer, window(1))]
    assert [response.error.reason for response in responses] == ["", "INVALID_REQUEST", "REQUEST_ID_REUSED"]
    assert responses[1].error.field_violations[0].field == "request_id"


async def test_closing_the_stream_cancels_what_is_worked_on() -> None:
    """A client that leaves takes its items with it."""
    cancelled = 0

    async def answer(request: Request) -> Reply:
        nonlocal cancelled
        if request.request_id == "first":
            return Reply(request_id="first")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled += 1
            raise
        raise AssertionError

    stream = answer_all(items("x", "y", "first"), answer, window(4))
    assert (await anext(stream)).request_id == "first"
    await stream.aclose()  # type: ignore[attr-defined]  # an async generator
    assert cancelled == 2


async def test_an_empty_stream_ends_at_once() -> None:
    """No item, no reply."""

    async def answer(request: Request) -> Reply:
        pytest.fail("there is nothing to answer")

    assert [response async for response in answer_all(items(), answer, window(2))] == []
