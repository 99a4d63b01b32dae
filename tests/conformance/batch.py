"""Part ``batch``: a stream of many members is answered whole, once each, in the memory of a short one."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import TypeVar

import grpc.aio
from fitbox_client.convert import profile_to_proto

from fitbox.v1 import recommendation_pb2, recommendation_pb2_grpc
from tests import fakes
from tests.conformance.caller import sentences
from tests.conformance.memory import adapter_bytes
from tests.conformance.oracle import StubOracle, member
from tests.conformance.report import Report
from tests.conformance.stub import ENGINE, TEXT_OPTIONS, make_stub
from tests.conformance.target import Server, running

MEMBERS = 32
REFUSED_EVERY = 50
"""One item in so many has no profile, and must fail alone."""
PAUSE_SECONDS = 2.0
"""How long nothing is read in the middle of a stream, while the client would go on sending."""
SAMPLE_SECONDS = 0.02

T = TypeVar("T")


async def batch(folder: Path, *, items: int) -> Report:
    """A stream a tenth as long comes first and fills every cache."""
    stub = make_stub(folder / "models", versions=1)
    async with (
        running(stub.registry.root, model=fakes.BASE_NAME, engine=ENGINE, options=TEXT_OPTIONS) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        short, _ = await _peak_bytes(server, _answered(channel, stub.oracle, items // 10))
        long, counts = await _peak_bytes(server, _answered(channel, stub.oracle, items))
        await server.terminate()
    limit = adapter_bytes()
    return Report(
        "batch",
        ENGINE,
        {"items": items, **counts, "growth_bytes": long - short, "adapter_bytes": limit},
        {
            "answered_once": counts["missing"] == counts["duplicated"] == 0,
            "mismatched": counts["mismatched"] == 0,
            "failed_alone": counts["refused"] == len(range(0, items, REFUSED_EVERY)),
            "memory_flat": long - short <= limit,
        },
    )


async def _peak_bytes(server: Server, work: Awaitable[T]) -> tuple[int, T]:
    """The most memory that front and worker took meanwhile, and what the work returned."""
    peak = 0

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, await asyncio.to_thread(server.pss_bytes))
            await asyncio.sleep(SAMPLE_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        done = await work
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    return peak, done


async def _answered(channel: grpc.aio.Channel, oracle: StubOracle, items: int) -> dict[str, int]:
    """Send a stream of ``items``, read it to its end and count what came."""
    call = recommendation_pb2_grpc.RecommendationServiceStub(channel).BatchRecommend(_requests(items))
    answers: Counter[int] = Counter()
    refused = mismatched = 0
    async for reply in call:
        number = int(reply.request_id)
        answers[number] += 1
        if reply.WhichOneof("outcome") == "error":
            refused += number % REFUSED_EVERY == 0 and reply.error.reason == "INVALID_REQUEST"
        else:
            mismatched += not _is_right(reply.advice, oracle, number)
        if answers.total() == items // 2:
            await asyncio.sleep(PAUSE_SECONDS)
    return {
        "missing": items - len(answers),
        "duplicated": answers.total() - len(answers),
        "mismatched": mismatched,
        "refused": refused,
    }


def _requests(items: int) -> Iterator[recommendation_pb2.BatchRecommendRequest]:
    profiles = [profile_to_proto(member(number)) for number in range(MEMBERS)]
    for number in range(items):
        yield recommendation_pb2.BatchRecommendRequest(
            request_id=str(number),
            profile=profiles[number % MEMBERS] if number % REFUSED_EVERY else None,
            kind=recommendation_pb2.RECOMMENDATION_KIND_ADVICE,
            decoding=recommendation_pb2.DecodingOptions(temperature=0.0, seed=number),
        )


def _is_right(reply: recommendation_pb2.RecommendAdviceResponse, oracle: StubOracle, number: int) -> bool:
    expected = oracle.text(reply.provenance.adapter_version, number % MEMBERS, number)
    return expected is not None and "\n".join(tip.text for tip in reply.advice.tips) == sentences(expected)
