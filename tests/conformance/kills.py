"""Part ``kills``: SIGKILL of the front and of each worker in every phase of a swap."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import psutil
from fitbox_client.convert import profile_to_proto
from fitbox_server.hooks import SwapPhase

from fitbox.v1 import adapter_pb2, adapter_pb2_grpc, recommendation_pb2, recommendation_pb2_grpc
from tests import fakes
from tests.conformance.caller import Schedule
from tests.conformance.load import loaded
from tests.conformance.oracle import member
from tests.conformance.report import Report
from tests.conformance.stub import ENGINE, ROOM, Stub, make_stub
from tests.conformance.target import Server, running

OPTIONS = {"texts": "advice", "tokens": "8", "step_ms": "20", "load_ms": "150"}
"""Slow enough that a phase can be hit: 0.15 s of loading, 0.3 s of warming, and streams of 0.16 s."""
VICTIMS = ("front", "old worker", "new worker")
RECOVERY_SECONDS = 60.0
ALLOWED = {"UNAVAILABLE"}
"""What a call that was hit may end with; a client may repeat it."""


async def kills(folder: Path, *, rounds: int) -> Report:
    """Each victim in each phase, ``rounds`` times; calls go on meanwhile."""
    stub = make_stub(folder / "models")
    hits: Counter[str] = Counter()
    wrong: list[str] = []
    left = calls = failed_otherwise = mismatched = truncated = duplicated = unavailable = 0
    for _ in range(rounds):
        for phase in SwapPhase:
            for victim in VICTIMS:
                records, hit, right, orphans = await _one(stub, phase, victim)
                hits[f"{phase}/{victim}"] += hit
                left += orphans
                if not right:
                    wrong.append(f"{phase}/{victim}")
                calls += records.calls
                unavailable += records.failed["UNAVAILABLE"]
                failed_otherwise += sum(n for code, n in records.failed.items() if code not in ALLOWED)
                mismatched, truncated = mismatched + records.mismatched, truncated + records.truncated
                duplicated += records.duplicated
    figures: dict[str, Any] = {
        "kills": sum(hits.values()),
        "calls": calls,
        "failed": failed_otherwise,
        "unavailable": unavailable,
        "mismatched": mismatched,
        "truncated": truncated,
        "duplicated": duplicated,
        "workers_left": left,
        "hits": dict(hits),
        "wrong_after": wrong,
    }
    return Report(
        "kills",
        ENGINE,
        figures,
        {
            "every_phase_was_hit": all(
                any(hits[f"{phase}/{victim}"] for victim in VICTIMS) for phase in SwapPhase
            ),
            "right_afterwards": not wrong,
            "only_unavailable": failed_otherwise == 0,
            "mismatched": mismatched == 0,
            "truncated": truncated == 0,
            "duplicated": duplicated == 0,
            "no_worker_left": left == 0,
        },
    )


async def _one(stub: Stub, phase: SwapPhase, victim: str) -> tuple[Any, bool, bool, int]:
    """One kill: the load's records, whether there was somebody to kill, whether the server was right
    afterwards, and how many of its workers were left."""
    old, new = stub.versions
    stub.registry.activate(old, reason="before the kill")
    async with _running(stub) as server:
        one = Schedule(server.address, stub.oracle, concurrency=4, stream_share=0.5, seed=1, client="kills")
        async with grpc.aio.insecure_channel(server.address) as channel:
            async with loaded(one) as load:
                await load.until(8)
                hit = await _hit(stub, server, channel, phase, victim, new)
                front_died = hit and victim == "front"
                if front_died:
                    workers = server.workers()
                    await server.ended()
                    _, alive = await asyncio.to_thread(psutil.wait_procs, workers, 20)
                else:
                    alive = []
                    right = await is_right(stub, channel)
            if not front_died:
                await server.terminate()
                return load.records, hit, right, 0
    async with _running(stub) as server, grpc.aio.insecure_channel(server.address) as channel:
        wanted = stub.registry.active().version
        right = server.version == wanted and await is_right(stub, channel)
        await server.terminate()
    return load.records, hit, right, len(alive)


@contextlib.asynccontextmanager
async def _running(stub: Stub) -> AsyncIterator[Server]:
    root = stub.registry.root
    async with running(root, model=fakes.BASE_NAME, engine=ENGINE, options=OPTIONS, **ROOM) as server:
        yield server


async def _hit(
    stub: Stub, server: Server, channel: grpc.aio.Channel, phase: SwapPhase, victim: str, new: str
) -> bool:
    """Begin a swap, wait for its phase, and kill. False where the victim did not exist then."""
    watch = adapter_pb2_grpc.AdapterServiceStub(channel).WatchAdapters(adapter_pb2.WatchAdaptersRequest())
    before = {worker.pid for worker in server.workers()}
    stream = None
    if phase is SwapPhase.DRAIN:
        stream = asyncio.create_task(_slow_streams(channel))
    stub.registry.activate(new, reason="to be hit")
    try:
        await _reach(phase, watch, new, server, before)
        workers = server.workers()
        targets = {
            "front": [psutil.Process(server.process.pid)],
            "old worker": [one for one in workers if one.pid in before],
            "new worker": [one for one in workers if one.pid not in before],
        }[victim]
        for target in targets:
            with contextlib.suppress(psutil.NoSuchProcess):
                target.kill()
    finally:
        watch.cancel()
        if stream is not None:
            stream.cancel()
            await asyncio.gather(stream, return_exceptions=True)
    return bool(targets)


async def _reach(phase: SwapPhase, watch: Any, new: str, server: Server, before: set[int]) -> None:
    """Return as soon as the swap is in ``phase``, as far as that shows from outside."""
    if phase is SwapPhase.DETECT:
        return
    state = {
        SwapPhase.FLIP: adapter_pb2.ADAPTER_STATE_ACTIVE,
        SwapPhase.DRAIN: adapter_pb2.ADAPTER_STATE_DRAINING,
    }.get(phase, adapter_pb2.ADAPTER_STATE_LOADING)
    async with asyncio.timeout(RECOVERY_SECONDS):
        async for event in watch:
            of_new = event.adapter.version == new
            if event.adapter.state == state and of_new == (phase is not SwapPhase.DRAIN):
                break
        if phase in (SwapPhase.LOAD, SwapPhase.WARM):
            while not {one.pid for one in server.workers()} - before:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        if phase is SwapPhase.WARM:
            # It is loaded when it computes no more: warming is one sleep after another.
            await asyncio.sleep(0.45)


async def _slow_streams(channel: grpc.aio.Channel) -> None:
    """Streams one after another, so that the old version has something to drain."""
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    request = recommendation_pb2.StreamAdviceRequest(profile=profile_to_proto(member(1)))
    while True:
        with contextlib.suppress(grpc.aio.AioRpcError):
            async for _ in stub.StreamAdvice(request):
                pass


async def is_right(stub: Stub, channel: grpc.aio.Channel) -> bool:
    """Whether calls are answered again, each as the version it names must."""
    recommend = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    good = 0
    try:
        async with asyncio.timeout(RECOVERY_SECONDS):
            while good < 10:
                seed = 5_000_000 + good
                request = recommendation_pb2.RecommendAdviceRequest(
                    profile=profile_to_proto(member(1)),
                    decoding=recommendation_pb2.DecodingOptions(temperature=0.0, seed=seed),
                )
                try:
                    reply = await recommend.RecommendAdvice(request, timeout=30)
                except grpc.aio.AioRpcError as error:
                    if error.code().name not in ALLOWED:
                        return False
                    await asyncio.sleep(0.05)
                    continue
                expected = stub.oracle.text(reply.provenance.adapter_version, 1, seed) or ""
                if [tip.text for tip in reply.advice.tips] != [
                    line.partition(": ")[2] for line in expected.splitlines()
                ]:
                    return False
                good += 1
    except TimeoutError:
        return False
    return True
