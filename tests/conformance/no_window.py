"""Part ``no_window``: a client that grants no flow-control window holds nobody's slot but its own memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import grpc.aio
from fitbox_client.convert import profile_to_proto

from fitbox.v1 import recommendation_pb2, recommendation_pb2_grpc
from tests import fakes
from tests.conformance.bare_http2 import Kind, bare_client
from tests.conformance.caller import sentences
from tests.conformance.oracle import StubOracle, member
from tests.conformance.report import Report
from tests.conformance.stub import ENGINE, TEXT_OPTIONS, make_stub
from tests.conformance.target import Server, running

STREAM_ADVICE = "/fitbox.v1.RecommendationService/StreamAdvice"
IN_FLIGHT = 4
"""Slots of the server: many times fewer than streams, so that streams that kept theirs would show."""
QUEUE = 64
HONEST_SECONDS = 60.0
FREE_SECONDS = 120.0


async def no_window(folder: Path, *, streams: int, honest: int) -> Report:
    """``streams`` without a window on one connection; ``honest`` calls of others beside them, one by one."""
    stub = make_stub(folder / "models", versions=1)
    async with (
        running(
            stub.registry.root,
            model=fakes.BASE_NAME,
            engine=ENGINE,
            options=TEXT_OPTIONS,
            in_flight=IN_FLIGHT,
            queue=QUEUE,
        ) as server,
        grpc.aio.insecure_channel(server.address) as channel,
        bare_client(server.address, window=0) as greedy,
    ):
        message = recommendation_pb2.StreamAdviceRequest(
            profile=profile_to_proto(member(1))
        ).SerializeToString()
        for _ in range(streams):
            await greedy.call(STREAM_ADVICE, message)
        codes = await honest_calls(channel, stub.oracle, honest)
        free = await _slots_free(server)
        withheld = greedy.data_bytes
        held_open = not greedy.closed.is_set()
        heads = greedy.received[Kind.HEADERS]
        codes += await honest_calls(channel, stub.oracle, honest)
        await server.terminate()
    return Report(
        "no_window",
        ENGINE,
        {
            "streams": streams,
            "honest_calls": 2 * honest,
            "codes": dict(codes),
            "heads": heads,
            "bytes": withheld,
        },
        {
            "honest_calls_answered": codes == Counter({"RIGHT": 2 * honest}),
            "slots_free": free,
            "nothing_was_taken": withheld == 0 and held_open,
        },
    )


async def honest_calls(channel: grpc.aio.Channel, oracle: StubOracle, count: int) -> Counter[str]:
    """Calls one by one, each of another caller, by what became of them."""
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    codes: Counter[str] = Counter()
    for number in range(count):
        request = recommendation_pb2.RecommendAdviceRequest(
            profile=profile_to_proto(member(number % 32)),
            decoding=recommendation_pb2.DecodingOptions(temperature=0.0, seed=number),
        )
        metadata = (("fitbox-client-id", f"honest-{number}"),)
        try:
            reply = await stub.RecommendAdvice(request, timeout=HONEST_SECONDS, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            codes[error.code().name] += 1
            continue
        expected = oracle.text(reply.provenance.adapter_version, number % 32, number) or ""
        right = "\n".join(tip.text for tip in reply.advice.tips) == sentences(expected)
        codes["RIGHT" if right else "MISMATCHED"] += 1
    return codes


async def _slots_free(server: Server) -> bool:
    """Whether every slot comes free while the connection without a window stays open."""
    try:
        async with asyncio.timeout(FREE_SECONDS):
            while (await server.samples())["fitbox_admission_in_flight"]:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    except TimeoutError:
        return False
    return True
