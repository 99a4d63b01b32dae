"""Part ``stops``: SIGTERM under load, and a rolling restart of two replicas."""

from __future__ import annotations

import contextlib
import socket
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import numpy as np
from fitbox_client.channel import ConnectionSettings, channel_options

from tests import fakes
from tests.conformance.caller import Schedule
from tests.conformance.load import loaded
from tests.conformance.records import Records, merged
from tests.conformance.report import Report
from tests.conformance.stub import ENGINE, ROOM, Stub, make_stub
from tests.conformance.target import Server, running

OPTIONS = {"texts": "advice", "tokens": "16", "step_ms": "25"}
"""A text takes 0.4 s, so that many are under way at the signal."""
LAME_DUCK_SECONDS = 3.0
"""Long enough that a client on a busy machine hears of the stop before the port closes."""
JUDGED_SECONDS = 1.0
"""Until so long after the signal a call must be answered; one made later may arrive after the lame duck."""
CONCURRENCY = 16


async def stops(folder: Path, *, rounds: int, restarts: int = 2, calls_between: int = 80) -> Report:
    """Both cases, ``rounds`` times: a stop under load, and ``restarts`` (at most 2) of two replicas in turn.

    ``calls_between`` end before the next restart, so that the balancer has found the one that came back.
    """
    stub = make_stub(folder / "models", versions=1)
    single, rolling, lost, refused, codes = [], [], 0, 0, []
    for _ in range(rounds):
        records, failed_in_grace, refused_after, code = await _stop_one(stub)
        single.append(records)
        lost += failed_in_grace
        refused += refused_after
        codes.append(code)
        rolling.append(await _rolling_restart(stub, restarts, calls_between))
    one, two = merged(single), merged(rolling)
    rolling_counts = two.counts()
    return Report(
        "stops",
        ENGINE,
        {
            "stops": rounds,
            "calls": one.calls + two.calls,
            "failed": lost + rolling_counts["failed"],
            "mismatched": one.mismatched + two.mismatched,
            "truncated": one.truncated + two.truncated,
            "duplicated": one.duplicated + two.duplicated,
            "failed_in_grace": lost,
            "refused_later": refused,
            "rolling": rolling_counts,
            "exit_codes": codes,
        },
        {
            "failed_in_grace": lost == 0,
            "rolling_restart": two.is_clean,
            "replies_right": not (one.mismatched or one.truncated or one.duplicated),
            "exit_codes": not any(codes),
        },
    )


async def _stop_one(stub: Stub) -> tuple[Records, int, int, int]:
    """Stop a server under load. A call made well before the lame duck's end must be answered; one made after
    it is refused, for the port is closed then, and a balancer was told."""
    async with running(
        stub.registry.root,
        model=fakes.BASE_NAME,
        engine=ENGINE,
        options=OPTIONS,
        lame_duck_seconds=LAME_DUCK_SECONDS,
        grace_seconds=60,
        **ROOM,
    ) as server:
        one = Schedule(server.address, stub.oracle, concurrency=CONCURRENCY, stream_share=0.5, client="stops")
        async with loaded(one) as load:
            await load.until(2 * CONCURRENCY)
            signalled = time.monotonic()
            code = await server.terminate()
    columns = load.records.arrays()
    failed = columns.version == ""
    accepted = columns.sent < signalled + JUDGED_SECONDS
    return load.records, int(np.sum(failed & accepted)), int(np.sum(failed & ~accepted)), code


async def _rolling_restart(stub: Stub, restarts: int, calls_between: int) -> Records:
    """Two replicas behind the client library's own balancing; each is stopped and started again in turn."""
    ports = _free_ports(2)
    addresses = "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports)
    options = tuple(channel_options(ConnectionSettings(address=addresses)))
    schedule = Schedule(
        addresses, stub.oracle, concurrency=8, stream_share=0.3, client="rolling", channel_options=options
    )
    async with contextlib.AsyncExitStack() as first, contextlib.AsyncExitStack() as second:
        stacks = (first, second)
        servers = [
            await stack.enter_async_context(_replica(stub, port))
            for stack, port in zip(stacks, ports, strict=True)
        ]
        async with loaded(schedule) as load:
            await load.until(16)
            for stack, server, port in list(zip(stacks, servers, ports, strict=True))[:restarts]:
                await server.terminate()
                await stack.enter_async_context(_replica(stub, port))
                await load.until(load.calls + calls_between)
        return load.records


def _replica(stub: Stub, port: int) -> AbstractAsyncContextManager[Server]:
    return running(
        stub.registry.root,
        model=fakes.BASE_NAME,
        engine=ENGINE,
        options=OPTIONS,
        port=port,
        lame_duck_seconds=LAME_DUCK_SECONDS,
        grace_seconds=60,
        **ROOM,
    )


def _free_ports(count: int) -> list[int]:
    """Ports that nobody has now; a replica must come back under the address that its clients know."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
