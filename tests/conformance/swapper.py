"""Swaps back and forth between two versions, and which calls fell into which window."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import grpc.aio
import numpy as np

from fitbox.v1 import adapter_pb2, adapter_pb2_grpc
from tests.conformance.records import Column, Columns, percentile_ms

SWAP_SECONDS = 300.0
LEAST_SAMPLES = 500
"""Below, a 99th percentile is one of a handful of calls."""


@dataclass(frozen=True)
class Swap:
    """One activation. Seconds of ``time.monotonic``."""

    version: str
    asked: float
    serves: float
    """When the server said that the version serves."""
    gone: float
    """When the version before was seen to be unloaded: its trial is over and its calls have ended."""


async def swap_to(channel: grpc.aio.Channel, version: str) -> tuple[float, float]:
    """Activate a version and wait until it serves; returns when it was asked for and when it served.

    Raises:
        AioRpcError: it does not serve.
    """
    asked = time.monotonic()
    request = adapter_pb2.ActivateAdapterRequest(version=version, reason="conformance")
    await adapter_pb2_grpc.AdapterServiceStub(channel).ActivateAdapter(request, timeout=SWAP_SECONDS)
    return asked, time.monotonic()


async def alternate(
    channel: grpc.aio.Channel,
    versions: Sequence[str],
    swaps: int,
    *,
    quiet_share: float = 0.0,
    every_seconds: float = 0.0,
) -> list[Swap]:
    """``swaps`` activations of the versions in turn, the second one first.

    Each waits until the version before is unloaded, so that every one is a load and none a step back to a
    version that stands by; then ``quiet_share`` times its duration passes, and ``every_seconds`` since it was
    asked for. Calls must go on meanwhile, for a trial ends by them.
    """
    done: list[Swap] = []
    for index in range(swaps):
        version = versions[(index + 1) % len(versions)]
        asked, serves = await swap_to(channel, version)
        await _until_alone(channel, version)
        done.append(Swap(version, asked, serves, time.monotonic()))
        await asyncio.sleep(quiet_share * (done[-1].gone - asked))
        await asyncio.sleep(asked + every_seconds - time.monotonic())
    return done


@contextlib.asynccontextmanager
async def swapping(channel: grpc.aio.Channel, versions: Sequence[str]) -> AsyncIterator[None]:
    """Swap back and forth during the block, one swap after the other; the first version serves afterwards."""
    enough = asyncio.Event()

    async def back_and_forth() -> None:
        while not enough.is_set():
            await alternate(channel, versions, len(versions))

    task = asyncio.create_task(back_and_forth())
    try:
        yield
        enough.set()
        await task
    finally:
        task.cancel()


async def _until_alone(channel: grpc.aio.Channel, version: str) -> None:
    """Wait until no other published version is loaded."""
    stub = adapter_pb2_grpc.AdapterServiceStub(channel)
    unloaded = {adapter_pb2.ADAPTER_STATE_PUBLISHED, adapter_pb2.ADAPTER_STATE_BAD}
    async with asyncio.timeout(SWAP_SECONDS):
        while True:
            listed = await stub.ListAdapters(adapter_pb2.ListAdaptersRequest())
            if all(one.state in unloaded for one in listed.adapters if one.version != version):
                return
            await asyncio.sleep(0.02)


def stale(columns: Columns, swaps: Sequence[Swap]) -> int:
    """Calls that began after a version served, and before the next was asked for, and got another one."""
    wrong = 0
    for swap, end in zip(swaps, [*(one.asked for one in swaps[1:]), swaps[-1].serves], strict=True):
        inside = (columns.sent > swap.serves) & (columns.done < end) & (columns.version != "")
        wrong += int(np.sum(inside & (columns.version != swap.version)))
    return wrong


def spanning(columns: Columns, swaps: Sequence[Swap]) -> int:
    """Streams that had begun when a swap was asked for or was under way, and ended after it."""
    found = 0
    for swap in swaps:
        found += int(np.sum(columns.streamed & (columns.sent < swap.serves) & (columns.done > swap.serves)))
    return found


def windows(columns: Columns, swaps: Sequence[Swap]) -> dict[str, Any]:
    """Time to the first token of streams that were due while a swap was under way, against those due in the
    quiet between two swaps (as long, and beside the former in time); counted from when they were due."""
    ttft = columns.first - columns.scheduled
    during, quiet = [], []
    for swap, following in itertools.pairwise(swaps):
        during.append(_due(columns, swap.asked, swap.gone))
        quiet.append(_due(columns, swap.gone, following.asked))
    inside, outside = (np.any(masks, axis=0) if masks else np.zeros(0, bool) for masks in (during, quiet))
    if not during:
        return {"ttft_ratio_p99": None}
    p99_during, p99_quiet = percentile_ms(ttft[inside], 99), percentile_ms(ttft[outside], 99)
    enough = min(int(inside.sum()), int(outside.sum())) >= LEAST_SAMPLES
    return {
        "streams_during": int(inside.sum()),
        "streams_quiet": int(outside.sum()),
        "ttft_p50_ms_during": percentile_ms(ttft[inside], 50),
        "ttft_p50_ms_quiet": percentile_ms(ttft[outside], 50),
        "ttft_p99_ms_during": p99_during,
        "ttft_p99_ms_quiet": p99_quiet,
        "ttft_ratio_p99": round(p99_during / p99_quiet, 3) if enough and p99_during and p99_quiet else None,
    }


def _due(columns: Columns, begin: float, end: float) -> Column:
    inside: Column = columns.streamed & (columns.scheduled >= begin) & (columns.scheduled < end)
    return inside
