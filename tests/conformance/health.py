"""Part ``health``: health checks are answered in time while the server generates, swaps and is loaded."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import grpc.aio
import numpy as np
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests import fakes
from tests.conformance.caller import Schedule
from tests.conformance.load import capacity, loaded, schedules
from tests.conformance.oracle import Oracle
from tests.conformance.records import percentile_ms
from tests.conformance.report import Report, at_most
from tests.conformance.stub import ENGINE, ROOM, TEXT_OPTIONS, make_stub
from tests.conformance.swapper import swapping
from tests.conformance.target import Target, running

CHECK_MS = 50.0
PAUSE_SECONDS = 0.02
SERVICES = ("", "fitbox.v1.RecommendationService")


async def health(folder: Path, *, seconds: float, load_share: float) -> Report:
    """The part on a server with the stub engine."""
    stub = make_stub(folder / "models")
    async with running(
        stub.registry.root, model=fakes.BASE_NAME, engine=ENGINE, options=TEXT_OPTIONS, **ROOM
    ) as server:
        report = await checked(server, stub.oracle, stub.versions, seconds=seconds, load_share=load_share)
        await server.terminate()
    return report


async def checked(
    target: Target,
    oracle: Oracle,
    versions: list[str],
    *,
    seconds: float,
    load_share: float,
    engine: str = ENGINE,
) -> Report:
    """Checks while nothing happens, under load, and under load with swaps."""
    one = Schedule(target.address, oracle)
    async with grpc.aio.insecure_channel(target.address) as channel:
        idle = await _probe(channel, seconds / 4)
        meanwhile = swapping(channel, versions)
        # Long enough to meet the machine's slower moments too, for the load goes on for longer.
        calls = min(9000, round(150 * seconds))
        rate = load_share * await capacity(one, calls=calls, concurrency=32, meanwhile=meanwhile)
        async with loaded(*schedules(target.address, oracle, rate=rate)) as load:
            await load.until(2)
            busy = await _probe(channel, seconds)
            async with swapping(channel, versions):
                swap = await _probe(channel, seconds)
    figures = {
        "checks": len(idle) + len(busy) + len(swap),
        **load.records.counts(),
        "rate_per_second": round(rate, 1),
        "p99_ms_idle": percentile_ms(idle, 99),
        "p99_ms_load": percentile_ms(busy, 99),
        "p99_ms_swap": percentile_ms(swap, 99),
        "not_serving": int(sum(np.sum(np.isnan(one)) for one in (idle, busy, swap))),
    }
    bars = {
        f"p99_ms_{name}": at_most(figures[f"p99_ms_{name}"], CHECK_MS) for name in ("idle", "load", "swap")
    }
    return Report(
        "health",
        ENGINE,
        figures,
        {**bars, "always_serving": figures["not_serving"] == 0, "failed": figures["failed"] == 0},
    )


async def _probe(channel: grpc.aio.Channel, seconds: float) -> np.ndarray:
    """Seconds of each check; NaN for one that did not say SERVING."""
    stub = health_pb2_grpc.HealthStub(channel)
    took: list[float] = []
    end = time.monotonic() + seconds
    while (began := time.monotonic()) < end:
        service = SERVICES[len(took) % len(SERVICES)]
        reply = await stub.Check(health_pb2.HealthCheckRequest(service=service))
        serving = reply.status == health_pb2.HealthCheckResponse.SERVING
        took.append(time.monotonic() - began if serving else float("nan"))
        await asyncio.sleep(PAUSE_SECONDS)
    return np.array(took)
