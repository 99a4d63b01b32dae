"""Limits of a whole server: slots, queue, deadlines, sizes, and long batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import grpc.aio
import pytest
from fitbox_client.errors import (
    ServerOverloadedError,
    from_rpc_error,
)

from fitbox.engine.types import EngineSpec, GenerationRequest
from fitbox.v1 import (
    recommendation_pb2,
)
from tests.served import PROFILE, Served, error_of, until


@pytest.mark.slow
async def test_a_long_batch_holds_few_items_at_a_time(start: Callable[..., Any]) -> None:
    """However many the client sends, and beside calls of others, which are not refused for it."""
    served = await start(batch_concurrency=4, in_flight=2, queue=1)
    worker = served.launcher.workers[0]
    peak = 0

    async def items() -> AsyncIterator[recommendation_pb2.BatchRecommendRequest]:
        for index in range(200):
            yield recommendation_pb2.BatchRecommendRequest(
                request_id=str(index), kind=recommendation_pb2.RECOMMENDATION_KIND_ADVICE, profile=PROFILE
            )

    call = served.recommend.BatchRecommend(items())
    single = asyncio.create_task(served.advice())
    names = set()
    async for reply in call:
        peak = max(peak, worker.in_flight)
        assert reply.WhichOneof("outcome") == "advice"
        names.add(reply.request_id)
    assert len(names) == 200
    assert peak <= 2
    assert (await single).advice.tips


async def test_overload_is_refused_at_once_with_a_hint(start: Callable[..., Any]) -> None:
    """RESOURCE_EXHAUSTED while the slot is taken; the slot's owner is not disturbed."""
    served = await start(in_flight=1, queue=0)
    served.launcher.gate.clear()
    first = asyncio.create_task(served.advice())
    await until(lambda: served.launcher.workers[0].in_flight)
    error = await error_of(served.advice())
    assert isinstance(error, ServerOverloadedError)
    assert error.retry_after_seconds > 0
    served.launcher.gate.set()
    assert (await first).advice.tips


async def test_a_client_that_leaves_frees_its_slot(start: Callable[..., Any]) -> None:
    """Cancellation reaches the worker."""
    served = await start(in_flight=1, queue=0)
    served.launcher.gate.clear()
    call = served.recommend.RecommendAdvice(recommendation_pb2.RecommendAdviceRequest(profile=PROFILE))
    await until(lambda: served.launcher.workers[0].in_flight)
    call.cancel()
    await until(lambda: served.launcher.workers[0].in_flight == 0)
    served.launcher.gate.set()
    await served.advice()


async def test_a_passed_deadline_frees_its_slot(served: Served) -> None:
    """The client sees DEADLINE_EXCEEDED, the worker is free."""
    served.launcher.gate.clear()
    request = recommendation_pb2.RecommendAdviceRequest(profile=PROFILE)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.recommend.RecommendAdvice(request, timeout=0.3)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await until(lambda: served.launcher.workers[0].in_flight == 0)


async def test_a_message_over_the_limit_is_refused(start: Callable[..., Any]) -> None:
    """Before it is parsed."""
    served = await start(max_message_bytes=4096)
    message = recommendation_pb2.RecommendAdviceRequest(profile=PROFILE)
    message.profile.disliked_foods.extend(["rice"] * 2000)
    error = await error_of(served.recommend.RecommendAdvice(message))
    assert error.code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_ten_times_the_capacity_is_answered_or_refused_and_nothing_else(
    start: Callable[..., Any],
) -> None:
    """Never more at work than the cap, every refusal with a hint, and nothing left behind."""
    served = await start(in_flight=4, queue=8)
    worker = served.launcher.workers[0]
    peak = 0
    good = served.launcher.script

    def watched(spec: EngineSpec, request: GenerationRequest) -> str | Exception:
        nonlocal peak
        peak = max(peak, worker.in_flight)
        return good(spec, request)

    served.launcher.script = watched
    served.launcher.gate.clear()
    calls = [asyncio.create_task(served.advice()) for _ in range(120)]
    await until(lambda: sum(call.done() for call in calls) >= 120 - 12)
    served.launcher.gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    refused = [from_rpc_error(one) for one in results if isinstance(one, grpc.aio.AioRpcError)]
    assert 108 <= len(refused) < 120
    for error in refused:
        assert isinstance(error, ServerOverloadedError)
        assert error.retry_after_seconds > 0
    assert peak <= 4
    samples = await asyncio.to_thread(served.metrics)
    assert samples["fitbox_admission_in_flight", frozenset()] == 0
    assert samples["fitbox_admission_waiting", frozenset()] == 0


async def test_a_client_finds_a_place_beside_one_that_takes_all_it_can(start: Callable[..., Any]) -> None:
    """Fifty calls of one client leave room for two of another, which are served."""
    served = await start(in_flight=2, queue=10)
    served.launcher.gate.clear()

    def call(name: str) -> asyncio.Task[Any]:
        request = recommendation_pb2.RecommendAdviceRequest(profile=PROFILE)
        metadata = (("fitbox-client-id", name),)

        async def make() -> Any:
            return await served.recommend.RecommendAdvice(request, metadata=metadata)

        return asyncio.create_task(make())

    greedy = [call("greedy") for _ in range(50)]
    await until(lambda: sum(task.done() for task in greedy) == 40)
    modest = [call("modest") for _ in range(2)]
    await until(lambda: served.metrics()["fitbox_admission_waiting", frozenset()] == 10)
    served.launcher.gate.set()
    for reply in await asyncio.gather(*modest):
        assert reply.advice.tips
    results = await asyncio.gather(*greedy, return_exceptions=True)
    assert sum(isinstance(one, grpc.aio.AioRpcError) for one in results) == 40
