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
RESAMPLES = 1000
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
    async with _watching(channel) as watch:
        for index in range(swaps):
            version = versions[(index + 1) % len(versions)]
            asked, serves = await swap_to(channel, version)
            await watch.until_alone(version)
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


class _Watch:
    """States of versions, as the server tells of them: asking again and again would slow what is measured."""

    def __init__(self) -> None:
        self._states: dict[str, int] = {}
        self._news = asyncio.Event()

    async def follow(self, channel: grpc.aio.Channel) -> None:
        """Take in changes until cancelled. Raises AioRpcError when the server ends the stream."""
        stub = adapter_pb2_grpc.AdapterServiceStub(channel)
        async for change in stub.WatchAdapters(adapter_pb2.WatchAdaptersRequest()):
            self._states[change.adapter.version] = change.adapter.state
            self._news.set()

    async def until_alone(self, version: str) -> None:
        """Wait until no other version is loaded."""
        async with asyncio.timeout(SWAP_SECONDS):
            while not self._is_alone(version):
                self._news.clear()
                await self._news.wait()

    def _is_alone(self, version: str) -> bool:
        unloaded = {adapter_pb2.ADAPTER_STATE_PUBLISHED, adapter_pb2.ADAPTER_STATE_BAD}
        others = (state for name, state in self._states.items() if name != version)
        return self._states.get(version) == adapter_pb2.ADAPTER_STATE_ACTIVE and unloaded.issuperset(others)


@contextlib.asynccontextmanager
async def _watching(channel: grpc.aio.Channel) -> AsyncIterator[_Watch]:
    watch = _Watch()
    task = asyncio.create_task(watch.follow(channel))
    try:
        yield watch
    finally:
        task.cancel()


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
        during.append(ttft[_due(columns, swap.asked, swap.gone)])
        quiet.append(ttft[_due(columns, swap.gone, following.asked)])
    if not during:
        return {"ttft_ratio_p99": None, "ttft_ratio_p99_interval": None}
    inside, outside = np.concatenate(during), np.concatenate(quiet)
    enough = min(len(inside), len(outside)) >= LEAST_SAMPLES
    return {
        "streams_during": len(inside),
        "streams_quiet": len(outside),
        "ttft_p50_ms_during": percentile_ms(inside, 50),
        "ttft_p50_ms_quiet": percentile_ms(outside, 50),
        "ttft_p99_ms_during": percentile_ms(inside, 99),
        "ttft_p99_ms_quiet": percentile_ms(outside, 99),
        "ttft_ratio_p99": round(_ratio_p99(during, quiet), 3) if enough else None,
        "ttft_ratio_p99_interval": _interval(during, quiet) if enough else None,
    }


def _ratio_p99(during: Sequence[Column], quiet: Sequence[Column]) -> float:
    above, below = (np.percentile(np.concatenate(parts), 99) for parts in (during, quiet))
    return float(above / below)


def _interval(during: Sequence[Column], quiet: Sequence[Column]) -> list[float]:
    """95 % bootstrap interval of the ratio: whole windows are drawn, for the calls of one wait together."""
    chance = np.random.default_rng(1)
    ratios = []
    for _ in range(RESAMPLES):
        drawn = chance.integers(len(during), size=len(during))
        ratios.append(_ratio_p99([during[i] for i in drawn], [quiet[i] for i in drawn]))
    return [round(float(np.percentile(ratios, percent)), 3) for percent in (2.5, 97.5)]


def _due(columns: Columns, begin: float, end: float) -> Column:
    inside: Column = columns.streamed & (columns.scheduled >= begin) & (columns.scheduled < end)
    return inside
