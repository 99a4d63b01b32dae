"""Parts ``memory`` and ``cancel``: what swaps and cancelled streams leave behind, and when slots are free."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from pathlib import Path
from typing import Any

import fitbox_trainer
import grpc.aio
import numpy as np
from fitbox_client.convert import profile_to_proto

from fitbox.v1 import recommendation_pb2, recommendation_pb2_grpc
from tests import fakes
from tests.conformance.oracle import member
from tests.conformance.records import percentile_ms
from tests.conformance.report import Report, at_most
from tests.conformance.stub import ENGINE, ROOM, TEXT_OPTIONS, make_stub
from tests.conformance.swapper import swap_to
from tests.conformance.target import Server, running

DISCARDED = 50
"""Swaps until allocators and caches have what they need."""
CALLS_A_SWAP = 6
"""More than the trial needs, so that the old worker goes."""
SLOT_SECONDS = 0.1
STEP_MS = 20


def adapter_bytes() -> int:
    """Size of the adapter that FitBox ships: the stub's own are too small to measure memory with."""
    folder = Path(next(iter(fitbox_trainer.__path__))) / "starting_adapter"
    return (folder / "adapter_model.safetensors").stat().st_size


async def memory(folder: Path, *, swaps: int) -> Report:
    """PSS of front and worker after each swap, when the old worker has gone."""
    stub = make_stub(folder / "models")
    pss: list[int] = []
    async with (
        running(
            stub.registry.root, model=fakes.BASE_NAME, engine=ENGINE, options=TEXT_OPTIONS, **ROOM
        ) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        for index in range(swaps):
            await swap_to(channel, stub.versions[(index + 1) % 2])
            await _calls(channel, CALLS_A_SWAP, seed=index)
            await _one_worker(server)
            pss.append(await asyncio.to_thread(server.pss_bytes))
        workers = len(server.workers())
        await server.terminate()
    kept = pss[min(DISCARDED, len(pss) // 2) :]
    growth = growth_bytes(kept)
    limit = adapter_bytes()
    return Report(
        "memory",
        ENGINE,
        {
            "swaps": swaps,
            "discarded": len(pss) - len(kept),
            "pss_mib": [round(value / 2**20, 2) for value in (pss[0], kept[0], kept[-1])],
            "growth_bytes": growth,
            "adapter_bytes": limit,
            "workers": workers,
        },
        {"growth": growth <= limit, "no_worker_left": workers == 1},
    )


def growth_bytes(samples: list[int]) -> int:
    """Median of the last tenth less the median of the first: one sample is noisy by some hundred KiB."""
    tenth = max(1, len(samples) // 10)
    return int(np.median(samples[-tenth:]) - np.median(samples[:tenth]))


async def _calls(channel: grpc.aio.Channel, count: int, *, seed: int) -> None:
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    for index in range(count):
        await stub.RecommendAdvice(
            recommendation_pb2.RecommendAdviceRequest(
                profile=profile_to_proto(member(index)),
                decoding=recommendation_pb2.DecodingOptions(temperature=0.0, seed=seed),
            )
        )


async def _one_worker(server: Server) -> None:
    async with asyncio.timeout(60):
        while len(server.workers()) > 1:  # noqa: ASYNC110 - nothing tells of another process's child
            await asyncio.sleep(0.01)


async def cancel(folder: Path, *, timed: int, streams: int) -> Report:
    """Streams cancelled at random tokens: first one at a time through a single slot, then many."""
    stub = make_stub(folder / "models", versions=1)
    figures: dict[str, Any] = {}
    slow = {**TEXT_OPTIONS, "step_ms": str(STEP_MS), "tokens": "64"}
    async with (
        running(
            stub.registry.root, model=fakes.BASE_NAME, engine=ENGINE, options=slow, in_flight=1, queue=8
        ) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        waits = await _slot_waits(channel, timed)
        figures |= {"timed": timed, "slot_p50_ms": percentile_ms(waits, 50)}
        figures |= {"slot_p99_ms": percentile_ms(waits, 99), "slot_max_ms": percentile_ms(waits, 100)}
        await server.terminate()
    fast = {**TEXT_OPTIONS, "step_ms": "5", "tokens": "64"}  # faster, the leak of grpcio is what shows
    async with (
        running(stub.registry.root, model=fakes.BASE_NAME, engine=ENGINE, options=fast, **ROOM) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        pss, tokens = await _cancel_many(server, channel, streams)
        samples = await server.samples()
        await server.terminate()
    growth, limit = growth_bytes(pss), adapter_bytes()
    figures |= {
        "cancelled": streams,
        "tokens_seen": tokens,
        "growth_bytes": growth,
        "adapter_bytes": limit,
        "in_flight_after": samples["fitbox_admission_in_flight"],
        "waiting_after": samples["fitbox_admission_waiting"],
    }
    return Report(
        "cancel",
        ENGINE,
        figures,
        {
            # The next stream's first token is what shows: a slot, and a step to decode it.
            "slot_p99_ms": at_most(figures["slot_p99_ms"], 1000 * SLOT_SECONDS + STEP_MS),
            "memory_flat": growth <= limit,
            "slots_free": figures["in_flight_after"] == figures["waiting_after"] == 0,
        },
    )


async def _slot_waits(channel: grpc.aio.Channel, count: int) -> Any:
    """Seconds from a cancellation to the first text of a stream that waited for the slot."""
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    chance = random.Random(1)
    waits = []
    running_stream = stub.StreamAdvice(_stream_request(0))
    await running_stream.read()
    for index in range(1, count + 1):
        following = stub.StreamAdvice(_stream_request(index))
        for _ in range(chance.randrange(8)):
            await running_stream.read()
        cancelled = time.monotonic()
        running_stream.cancel()
        await following.read()
        waits.append(time.monotonic() - cancelled)
        running_stream = following
    running_stream.cancel()
    return np.array(waits)


async def _cancel_many(server: Server, channel: grpc.aio.Channel, count: int) -> tuple[list[int], int]:
    """Cancel ``count`` streams, 32 at a time; memory a hundred times on the way, after the first fifth."""
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    chance = random.Random(2)
    pss: list[int] = []
    started = ended = tokens = 0

    async def work() -> None:
        nonlocal started, ended, tokens
        while started < count:
            started += 1
            call = stub.StreamAdvice(_stream_request(started))
            for _ in range(chance.randrange(6)):
                await call.read()
                tokens += 1
            call.cancel()
            with contextlib.suppress(asyncio.CancelledError, grpc.aio.AioRpcError):
                await call.code()
            ended += 1
            if ended > count // 5 and ended % max(1, count // 100) == 0:
                pss.append(await asyncio.to_thread(server.pss_bytes))

    await asyncio.gather(*(work() for _ in range(32)))
    async with asyncio.timeout(60):
        while (await server.samples())["fitbox_admission_in_flight"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return pss, tokens


def _stream_request(seed: int) -> recommendation_pb2.StreamAdviceRequest:
    return recommendation_pb2.StreamAdviceRequest(
        profile=profile_to_proto(member(seed % 32)),
        decoding=recommendation_pb2.DecodingOptions(temperature=0.0, seed=seed),
    )
