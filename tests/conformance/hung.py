"""Part ``hung``: workers that stop answering under load are found out, killed and replaced.

SIGSTOP stands for a deadlock or a stuck driver: the process lives, its socket is open, nothing comes. It hits
the worker that serves, and a new version's on trial.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import grpc.aio
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests import fakes
from tests.conformance.caller import Schedule
from tests.conformance.kills import is_right
from tests.conformance.load import loaded
from tests.conformance.records import merged
from tests.conformance.report import Report
from tests.conformance.stub import ENGINE, ROOM, TEXT_OPTIONS, Stub, make_stub
from tests.conformance.swapper import swap_to
from tests.conformance.target import Server, running

HANG_SECONDS = 4.0
"""Shorter than the server's own default, so that a round takes seconds."""
FOUND_SECONDS = 120.0
READINESS = "fitbox.v1.RecommendationService"
ALLOWED = {"UNAVAILABLE"}


async def hung(folder: Path, *, rounds: int) -> Report:
    """Both cases, ``rounds`` times."""
    stub = make_stub(folder / "models")
    parts = []
    right = away = left = killed = restarted = back = 0
    for _ in range(rounds):
        for on_trial in (False, True):
            stub.registry.activate(stub.versions[0], reason="before the stop")
            async with _running(stub) as server, grpc.aio.insecure_channel(server.address) as channel:
                one = Schedule(
                    server.address, stub.oracle, concurrency=8, stream_share=0.5, seed=1, client="hung"
                )
                async with loaded(one) as load:
                    await load.until(16)
                    if on_trial:
                        await swap_to(channel, stub.versions[1])
                    stopped = server.workers()[-1]
                    stopped.send_signal(signal.SIGSTOP)
                    away += await _readiness(channel, health_pb2.HealthCheckResponse.NOT_SERVING)
                    await asyncio.to_thread(psutil.wait_procs, [stopped], FOUND_SECONDS)
                    left += stopped.is_running()
                    await _readiness(channel, health_pb2.HealthCheckResponse.SERVING)
                    await load.until(load.calls + 16)
                    right += await is_right(stub, channel)
                samples = await server.samples()
                killed += int(samples["fitbox_worker_hangs_total"])
                restarted += int(samples["fitbox_worker_restarts_total"])
                back += stub.registry.active().version == stub.versions[0]
                await server.terminate()
                parts.append(load.records)
    records = merged(parts)
    otherwise = sum(number for code, number in records.failed.items() if code not in ALLOWED)
    cases = 2 * rounds
    return Report(
        "hung",
        ENGINE,
        {
            **records.counts(),
            "cases": cases,
            "killed": killed,
            "restarted": restarted,
            "rolled_back": back - rounds,
            "unavailable": records.failed["UNAVAILABLE"],
            "failed_otherwise": otherwise,
            "workers_left": left,
        },
        {
            "not_ready_meanwhile": away == cases,
            "killed": killed == cases,
            "replaced": restarted == rounds and back == cases,
            "right_afterwards": right == cases,
            "calls_that_were_hit_end": records.failed["UNAVAILABLE"] > 0 and otherwise == 0,
            "mismatched": records.mismatched == 0,
            "truncated": records.truncated == 0,
            "duplicated": records.duplicated == 0,
            "no_worker_left": left == 0,
        },
    )


@contextlib.asynccontextmanager
async def _running(stub: Stub) -> AsyncIterator[Server]:
    async with running(
        stub.registry.root,
        model=fakes.BASE_NAME,
        engine=ENGINE,
        options=TEXT_OPTIONS,
        hang_seconds=HANG_SECONDS,
        trial_replies=1_000_000,  # a trial lasts until the worker on it hangs
        trial_seconds=3600,
        **ROOM,
    ) as server:
        yield server


async def _readiness(channel: grpc.aio.Channel, wanted: int) -> bool:
    """Wait until the server says so of itself."""
    watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=READINESS))
    try:
        async with asyncio.timeout(FOUND_SECONDS):
            async for news in watch:
                if news.status == wanted:
                    return True
    except TimeoutError:
        return False
    finally:
        watch.cancel()
    return False
