"""Part ``connections``: whoever opens all the connections that there are shuts out nobody who is connected.

A third of them say nothing, a third greet and then say nothing, a third call and read nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from pathlib import Path

import grpc.aio
import psutil
from fitbox_client.convert import profile_to_proto

from fitbox.v1 import recommendation_pb2
from tests import fakes
from tests.conformance.bare_http2 import BareClient, bare_client
from tests.conformance.no_window import STREAM_ADVICE, honest_calls
from tests.conformance.oracle import member
from tests.conformance.report import Report
from tests.conformance.soak import SPARE_DESCRIPTORS
from tests.conformance.stub import ENGINE, ROOM, TEXT_OPTIONS, make_stub
from tests.conformance.target import running

MOST = 64
"""Connections that the server takes: a fraction of those that are opened."""
AWAY_SECONDS = 60.0


async def connections(folder: Path, *, count: int, honest: int) -> Report:
    """``count`` greedy connections, ``honest`` calls before, beside and after them."""
    stub = make_stub(folder / "models", versions=1)
    before: Counter[str] = Counter()
    async with running(
        stub.registry.root,
        model=fakes.BASE_NAME,
        engine=ENGINE,
        options=TEXT_OPTIONS,
        **{**ROOM, "max_connections": MOST},
    ) as server:
        front = psutil.Process(server.process.pid)
        async with grpc.aio.insecure_channel(server.address) as channel:
            before = await honest_calls(channel, stub.oracle, honest)
            open_before = front.num_fds()
            async with contextlib.AsyncExitStack() as greedy:
                taken = [await _greedy(server.address, number, greedy) for number in range(count)]
                beside = await honest_calls(channel, stub.oracle, honest)
                open_beside = front.num_fds()
        gone = await _down_to(front, open_before + SPARE_DESCRIPTORS)
        async with grpc.aio.insecure_channel(server.address) as channel:
            after = await honest_calls(channel, stub.oracle, honest)
        code = await server.terminate()
    right = Counter({"RIGHT": honest})
    return Report(
        "connections",
        ENGINE,
        {
            "connections": count,
            "taken": sum(taken),
            "at_most": MOST,
            "codes": dict(before + beside + after),
            "descriptors": [open_before, open_beside, gone],
        },
        {
            "whoever_is_connected_is_answered": beside == right,
            "others_are_answered_afterwards": before == right and after == right,
            "connections_bounded": open_beside <= open_before + MOST + SPARE_DESCRIPTORS,
            "descriptors_given_back": gone is not None,
            "exit_code": code == 0,
        },
    )


async def _greedy(address: str, number: int, stack: contextlib.AsyncExitStack) -> bool:
    """Open one more; whether the system let it through."""
    host, _, port = address.rpartition(":")
    try:
        if number % 3 == 0:
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            stack.callback(writer.close)
            return True
        client: BareClient = await stack.enter_async_context(bare_client(address, window=0))
        if number % 3 == 1:
            request = recommendation_pb2.StreamAdviceRequest(profile=profile_to_proto(member(number % 32)))
            await client.call(STREAM_ADVICE, request.SerializeToString())
    except OSError:
        return False
    return True


async def _down_to(front: psutil.Process, limit: int) -> int | None:
    """The descriptors of the front, once they are not more than ``limit``; ``None`` if that never comes."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(AWAY_SECONDS):
            while (now := front.num_fds()) > limit:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
            return int(now)
    return None
