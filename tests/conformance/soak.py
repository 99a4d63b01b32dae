"""Part ``soak``: everything at once for a long time, and at the end every counter is explained.

Load that is checked reply by reply, bad requests, callers that leave, batches, a trainer that publishes and
deletes versions, workers that are killed and workers that are stopped. The server must lose and mix nothing,
count what its callers counted, and take no more memory, threads and descriptors than in the beginning.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import numpy as np
import psutil
from fitbox_client.convert import profile_to_proto

from fitbox.v1 import recommendation_pb2, recommendation_pb2_grpc
from tests import fakes
from tests.conformance.caller import Schedule
from tests.conformance.kills import ALLOWED
from tests.conformance.load import Load, loaded
from tests.conformance.memory import adapter_bytes, growth_bytes
from tests.conformance.oracle import AnyOracle, member
from tests.conformance.report import Report
from tests.conformance.stub import ENGINE, ROOM, TEXT_OPTIONS, Stub, make_stub
from tests.conformance.target import Server, running

HANG_SECONDS = 4.0
PUBLISH_SECONDS = 8.0
KILL_SECONDS = 7.0
STOP_SECONDS = 31.0
VERSIONS_KEPT = 4
SAMPLE_SECONDS = 1.0
BATCH = 20
SPARE_DESCRIPTORS = 16
"""Sockets and pipes that come and go with callers and workers."""
SPARE_THREADS = 8


@dataclass
class Doings:
    """What was done to the server, and what became of the calls that are made here."""

    published: int = 0
    killed: int = 0
    stopped: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    """``method/CODE``; a call that was left before its end counts as LEFT."""
    wrong: list[str] = field(default_factory=list)


@dataclass
class Vitals:
    """What the front takes, second by second."""

    bytes: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def look(self, front: psutil.Process) -> None:
        """Add a sample. USS: what would be free if it ended."""
        self.bytes.append(int(front.memory_full_info().uss))
        self.descriptors.append(front.num_fds())
        self.threads.append(front.num_threads())

    def more(self, samples: list[int]) -> int:
        """How much more the last tenth has than the first, after a fifth has passed."""
        return growth_bytes(samples[len(samples) // 5 :])


async def soak(folder: Path, *, seconds: float) -> Report:
    """Run for ``seconds``, then let everything come to rest and compare."""
    stub = make_stub(folder / "models")
    doings, vitals = Doings(), Vitals()
    settings = ROOM | {"hang_seconds": HANG_SECONDS, "restart_backoff_seconds": 0.05, "trial_seconds": 2.0}
    async with (
        running(
            stub.registry.root, model=fakes.BASE_NAME, engine=ENGINE, options=TEXT_OPTIONS, **settings
        ) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        front = psutil.Process(server.process.pid)
        end = time.monotonic() + seconds
        one = Schedule(server.address, AnyOracle(), concurrency=8, stream_share=0.3, seed=1, client="soak")
        async with loaded(one) as load:
            await load.until(8)
            await asyncio.gather(
                *(
                    _until(end, pause, work)
                    for pause, work in (
                        (PUBLISH_SECONDS, lambda: _publish(stub, doings)),
                        (KILL_SECONDS, lambda: _hit(server, signal.SIGKILL, doings)),
                        (STOP_SECONDS, lambda: _hit(server, signal.SIGSTOP, doings)),
                        (0.1, lambda: _bad_request(channel, doings)),
                        (0.1, lambda: _leave(channel, doings)),
                        (1.0, lambda: _batch(channel, doings)),
                        (SAMPLE_SECONDS, lambda: asyncio.to_thread(vitals.look, front)),
                    )
                )
            )
            await _rest(server, load)
        samples = await _idle(server)
        workers = len(server.workers())
        code = await server.terminate()
    counts = load.records.counts()
    otherwise = sum(n for name, n in load.records.failed.items() if name not in ALLOWED)
    unexplained = _unexplained(samples, load, doings)
    figures: dict[str, Any] = {
        "for_seconds": seconds,
        **counts,
        "other_calls": dict(sorted(doings.calls.items())),
        "published": doings.published,
        "killed": doings.killed,
        "stopped": doings.stopped,
        "restarts": samples["fitbox_worker_restarts_total"],
        "hangs": samples["fitbox_worker_hangs_total"],
        "swaps": {name: value for name, value in samples.items() if name.startswith("fitbox_swaps_total{")},
        "unexplained": unexplained,
        "wrong": doings.wrong[:5],
        "front_mib": [
            round(np.median(part) / 2**20, 2) for part in np.array_split(vitals.bytes, 5) if len(part)
        ],
        "descriptors": vitals.descriptors[-1],
        "threads": vitals.threads[-1],
        "workers": workers,
        "exit_code": code,
    }
    limit = adapter_bytes()
    return Report(
        "soak",
        ENGINE,
        figures,
        {
            "only_unavailable": otherwise == 0 and not doings.wrong,
            "mismatched": load.records.mismatched == 0,
            "truncated": load.records.truncated == 0,
            "duplicated": load.records.duplicated == 0,
            "counters_explained": not unexplained,
            "memory_flat": vitals.more(vitals.bytes) <= limit,
            "descriptors_flat": vitals.more(vitals.descriptors) <= SPARE_DESCRIPTORS,
            "threads_flat": vitals.more(vitals.threads) <= SPARE_THREADS,
            "one_worker_left": workers == 1,
            "exit_code": code == 0,
        },
    )


async def _until(end: float, pause: float, work: Callable[[], Awaitable[None]]) -> None:
    """Again and again; a little apart, so that the works do not fall into step."""
    chance = random.Random(pause)
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(left, pause * chance.uniform(0.5, 1.5)))
        if time.monotonic() < end:
            await work()


async def _publish(stub: Stub, doings: Doings) -> None:
    """What a trainer does: publish a new version, activate it, delete old ones."""

    def publish() -> None:
        version = fakes.publish(stub.registry, seed=1000 + doings.published)
        stub.registry.activate(version.name, reason="soak")
        for old in stub.registry.prunable(VERSIONS_KEPT):
            stub.registry.remove(old)

    await asyncio.to_thread(publish)
    doings.published += 1


async def _hit(server: Server, number: signal.Signals, doings: Doings) -> None:
    """A signal to the oldest worker, which serves, stands by or drains."""
    with contextlib.suppress(psutil.NoSuchProcess, IndexError):
        server.workers()[0].send_signal(number)
        if number is signal.SIGKILL:
            doings.killed += 1
        else:
            doings.stopped += 1


async def _bad_request(channel: grpc.aio.Channel, doings: Doings) -> None:
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    call = stub.RecommendNutrition(recommendation_pb2.RecommendNutritionRequest(), timeout=60)
    code = await call.code()
    doings.calls[f"RecommendNutrition/{code.name}"] += 1
    if code is not grpc.StatusCode.INVALID_ARGUMENT:
        doings.wrong.append(f"a request without a profile ended {code.name}")


async def _leave(channel: grpc.aio.Channel, doings: Doings) -> None:
    """A stream whose caller leaves after its first text."""
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    call = stub.StreamAdvice(
        recommendation_pb2.StreamAdviceRequest(profile=profile_to_proto(member(doings.calls.total() % 32)))
    )
    with contextlib.suppress(grpc.aio.AioRpcError):
        await call.read()
    call.cancel()
    with contextlib.suppress(asyncio.CancelledError, grpc.aio.AioRpcError):
        await call.code()
    doings.calls["StreamAdvice/LEFT"] += 1


async def _batch(channel: grpc.aio.Channel, doings: Doings) -> None:
    requests = [
        recommendation_pb2.BatchRecommendRequest(
            request_id=str(number),
            profile=profile_to_proto(member(number)),
            kind=recommendation_pb2.RECOMMENDATION_KIND_ADVICE,
        )
        for number in range(BATCH)
    ]
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    answered: Counter[str] = Counter()
    call = stub.BatchRecommend(iter(requests), timeout=120)
    try:
        async for reply in call:
            answered[reply.request_id] += 1
    except grpc.aio.AioRpcError as error:
        doings.wrong.append(f"a batch ended {error.code().name}")
    doings.calls[f"BatchRecommend/{(await call.code()).name}"] += 1
    if set(answered.values()) != {1} or len(answered) != BATCH:
        doings.wrong.append(f"a batch of {BATCH} had {answered.total()} answers to {len(answered)} items")


async def _rest(server: Server, load: Load) -> None:
    """Wake what is still stopped, and wait until one worker is left and answers."""
    async with asyncio.timeout(120):
        while len(server.workers()) != 1:  # noqa: ASYNC110 - nothing tells of another process's child
            await asyncio.sleep(0.1)
        await load.until(load.calls + 32)


async def _idle(server: Server) -> dict[str, float]:
    """The counters, once nothing is in flight."""
    async with asyncio.timeout(60):
        while True:
            samples = await server.samples()
            if not samples["fitbox_admission_in_flight"] + samples["fitbox_admission_waiting"]:
                return samples
            await asyncio.sleep(0.1)


def _unexplained(samples: dict[str, float], load: Load, doings: Doings) -> dict[str, Any]:
    """Counters that do not agree with what was done: by name, the server's and ours."""
    handled: Counter[str] = Counter()
    for name, value in samples.items():
        if name.startswith("grpc_server_handled_total{"):
            labels = dict(part.split("=", 1) for part in name[name.index("{") + 1 : -1].split("}{"))
            code = labels["grpc_code"].replace("_", "").upper()
            handled[f"{labels['grpc_method']}/{code}"] += int(value)
    by_method: Counter[str] = Counter()
    for name, number in handled.items():
        by_method[name.partition("/")[0]] += number
    ours: Counter[str] = Counter()
    for name, number in doings.calls.items():
        ours[name.partition("/")[0]] += number
    streamed = int(np.sum(load.records.arrays().streamed))
    ours["StreamAdvice"] += streamed
    ours["RecommendAdvice"] += load.records.calls - streamed
    found = {
        method: [by_method[method], number] for method, number in ours.items() if by_method[method] != number
    }
    unavailable = sum(number for name, number in handled.items() if name.endswith("/UNAVAILABLE"))
    if unavailable < load.records.failed["UNAVAILABLE"]:
        found["UNAVAILABLE"] = [unavailable, load.records.failed["UNAVAILABLE"]]
    faults = {
        name: number
        for name, number in handled.items()
        if name.rpartition("/")[2] in ("INTERNAL", "UNKNOWN", "DATALOSS", "RESOURCEEXHAUSTED")
    }
    if faults:
        found["faults"] = faults
    hits = doings.killed + doings.stopped
    rolled_back = sum(
        n for name, n in samples.items() if name.startswith("fitbox_swaps_total{") and "rolled" in name
    )
    if samples["fitbox_worker_restarts_total"] + rolled_back > hits:
        found["restarts"] = [samples["fitbox_worker_restarts_total"], rolled_back, hits]
    if samples["fitbox_worker_hangs_total"] > doings.stopped:
        found["hangs"] = [samples["fitbox_worker_hangs_total"], doings.stopped]
    return found
