"""One process of the load: calls by a schedule, each reply checked against the version that it names."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import grpc
import grpc.aio
from fitbox_client.convert import profile_to_proto

from fitbox.plan import PlanSource
from fitbox.v1 import plan_pb2, recommendation_pb2, recommendation_pb2_grpc
from tests.conformance.oracle import Oracle, member
from tests.conformance.records import Records

CALL_SECONDS = 120.0
_AFTER_FAILURE_SECONDS = 0.05
_MODEL = plan_pb2.PlanSource.Value(f"PLAN_SOURCE_{PlanSource.MODEL}")


@dataclass(frozen=True)
class Schedule:
    """What one load process does."""

    address: str
    oracle: Oracle
    rate: float = 0.0
    """Calls a second, arriving at random (Poisson) whether earlier ones were answered or not (open loop: G.
    Tene, coordinated omission); 0 keeps ``concurrency`` calls going instead (closed loop)."""
    concurrency: int = 0
    stream_share: float = 0.3
    members: tuple[int, ...] = tuple(range(32))
    seed: int = 0
    """Of the arrivals; also the high bits of every request's seed, so that no two requests are alike."""
    client: str = "load"
    deadline_seconds: float = CALL_SECONDS
    channel_options: tuple[tuple[str, Any], ...] = ()


class Caller:
    """Makes calls and writes down what became of them."""

    def __init__(self, schedule: Schedule, stub: Any, counter: Any) -> None:
        self._schedule, self._stub, self._counter = schedule, stub, counter
        self._random = random.Random(schedule.seed)
        self._profiles = {number: profile_to_proto(member(number)) for number in schedule.members}
        for number in schedule.members:
            schedule.oracle.text("", number, 0)  # it remembers prompts; the first calls must not pay for that
        self._given: set[str] = set()
        self._number = 0
        self.records = Records()
        self.stopped = asyncio.Event()

    async def run(self) -> None:
        """Until ``stopped`` is set and every call that was made has ended."""
        if not self._schedule.rate:
            await asyncio.gather(*(self._keep_calling() for _ in range(self._schedule.concurrency)))
            return
        tasks: set[asyncio.Task[bool]] = set()
        due = time.monotonic()
        while not self.stopped.is_set():
            due += self._random.expovariate(self._schedule.rate)
            if (pause := due - time.monotonic()) > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self.stopped.wait()
                        break
            one = asyncio.create_task(self.call(due))
            tasks.add(one)
            one.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)

    async def _keep_calling(self) -> None:
        while not self.stopped.is_set():
            if not await self.call(time.monotonic()):
                await asyncio.sleep(_AFTER_FAILURE_SECONDS)  # a server that is away need not be hammered

    async def call(self, scheduled: float) -> bool:
        """One call that was due at ``scheduled``, checked and written down; whether it ended OK."""
        number = self._random.choice(self._schedule.members)
        self._number += 1
        seed = (self._schedule.seed << 32) + self._number
        streamed = self._random.random() < self._schedule.stream_share
        kind = (
            recommendation_pb2.StreamAdviceRequest if streamed else recommendation_pb2.RecommendAdviceRequest
        )
        request = kind(
            profile=self._profiles[number],
            decoding=recommendation_pb2.DecodingOptions(temperature=0.0, seed=seed),
        )
        sent = time.monotonic()
        first, version = 0.0, ""
        options = {
            "timeout": self._schedule.deadline_seconds,
            "metadata": (("fitbox-client-id", self._schedule.client),),
        }
        try:
            if streamed:
                first, version = await self._stream(self._stub.StreamAdvice(request, **options), number, seed)
            else:
                reply = await self._stub.RecommendAdvice(request, **options)
                version = self._check(reply, number, seed)
        except grpc.aio.AioRpcError as error:
            self.records.failed[error.code().name] += 1
            if len(self.records.examples) < 5:
                self.records.examples.append(f"{error.code().name}: {error.details()}")
        done = time.monotonic()
        self.records.row(scheduled, sent, first or done, done, streamed=streamed, version=version)
        with self._counter.get_lock():
            self._counter.value += 1
        return bool(version)

    async def _stream(self, call: AsyncIterator[Any], number: int, seed: int) -> tuple[float, str]:
        pieces: list[str] = []
        results: list[Any] = []
        first = 0.0
        async for event in call:
            first = first or time.monotonic()
            if event.WhichOneof("event") == "result":
                results.append(event.result)
            else:
                pieces.append(event.text_delta)
        if not results:
            self.records.fault("truncated", "a stream ended without its result")
            return first, ""
        if len(results) > 1:
            self.records.fault("duplicated", "a stream had two results")
        version = self._check(results[0], number, seed)
        expected = self._schedule.oracle.text(version, number, seed)
        if expected is not None and (text := "".join(pieces)) != expected:
            kind = "truncated" if expected.startswith(text) else "mismatched"
            self.records.fault(kind, f"{version} streamed {text!r}, not {expected!r}")
        return first, version

    def _check(self, reply: recommendation_pb2.RecommendAdviceResponse, number: int, seed: int) -> str:
        """Compare a reply with what its version must answer; returns the version."""
        version = reply.provenance.adapter_version
        text = "\n".join(tip.text for tip in reply.advice.tips)
        expected = self._schedule.oracle.text(version, number, seed)
        if reply.provenance.source != _MODEL or reply.provenance.attempts != 1:
            self.records.fault("truncated", f"{version} needed another attempt, or the planner")
        elif expected is None:
            self.records.fault("mismatched", f"{version} must not serve")
        elif text != sentences(expected):
            kind = "duplicated" if text in self._given else "mismatched"
            self.records.fault(kind, f"{version} answered {text!r}, not {sentences(expected)!r}")
        elif self._schedule.oracle.distinct:
            self._given.add(text)
        return version


def sentences(text: str) -> str:
    """A decoded advice as its reply shows it: the topics stand apart."""
    return "\n".join(line.partition(": ")[2] for line in text.splitlines())


def run_caller(schedule: Schedule, control: Connection, counter: Any) -> None:
    """A load process: start at once, stop at a word on ``control``, send the records back on it."""
    gc.collect()
    gc.freeze()  # a full collection would count as the server's delay
    control.send(asyncio.run(_serve_control(schedule, control, counter)))


async def _serve_control(schedule: Schedule, control: Connection, counter: Any) -> Records:
    async with grpc.aio.insecure_channel(schedule.address, list(schedule.channel_options)) as channel:
        stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
        caller = Caller(schedule, stub, counter)
        asyncio.get_running_loop().add_reader(control.fileno(), caller.stopped.set)
        try:
            await caller.run()
        finally:
            asyncio.get_running_loop().remove_reader(control.fileno())
        return caller.records
