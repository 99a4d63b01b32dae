"""What one cancelled stream leaves behind in grpcio itself, without FitBox.

    python -m bench.cancelled_streams [--streams 60000] [--step-ms 0 1 5]

A bare ``grpc.aio`` server streams 64 short messages, one a step; 32 callers read up to five and cancel.
Prints one JSON object a step time: ``bytes_a_stream`` is the growth of the server's memory (PSS), after the
first fifth, over the streams cancelled since. grpcio does not free a message's ``grpc_op`` where a call is
cancelled while the message is on its way (https://github.com/grpc/grpc/issues/43360), so what remains grows
with the share of time that a stream spends sending. It is grpcio's part of what the part ``cancel`` of
``make conformance`` finds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import multiprocessing
import random
import sys
from collections.abc import AsyncIterator
from importlib.metadata import version
from multiprocessing.connection import Connection
from typing import Any

import grpc.aio
import psutil

CALLERS = 32
MESSAGES = 64
MOST_READ = 5


def serve(port: Connection, step_seconds: float) -> None:
    """One method that streams; sends its port and serves until the process is ended."""
    asyncio.run(_serve(port, step_seconds))


async def _serve(port: Connection, step_seconds: float) -> None:
    async def stream(_request: bytes, _context: Any) -> AsyncIterator[bytes]:
        for _ in range(MESSAGES):
            await asyncio.sleep(step_seconds)
            yield b"word "

    server = grpc.aio.server()
    handler: Any = grpc.unary_stream_rpc_method_handler(stream)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Bench", {"Stream": handler}),))
    port.send(server.add_insecure_port("127.0.0.1:0"))
    await server.start()
    gc.freeze()
    await server.wait_for_termination()


async def cancel(address: str, process: psutil.Process, streams: int) -> float:
    """Bytes of memory a cancelled stream, after the first fifth."""
    chance = random.Random(1)
    started = 0
    warm = streams // 5
    pss_warm = 0

    async def work(call: Any) -> None:
        nonlocal started, pss_warm
        while started < streams:
            started += 1
            if started == warm:
                pss_warm = process.memory_full_info().pss
            stream = call(b"")
            for _ in range(chance.randrange(MOST_READ + 1)):
                await stream.read()
            stream.cancel()
            with contextlib.suppress(asyncio.CancelledError, grpc.aio.AioRpcError):
                await stream.code()

    async with grpc.aio.insecure_channel(address) as channel:
        call: Any = channel.unary_stream("/Bench/Stream")
        await asyncio.gather(*(work(call) for _ in range(CALLERS)))
    grown: int = process.memory_full_info().pss - pss_warm
    return grown / (streams - warm)


def main(arguments: list[str] | None = None) -> int:
    """A server of its own for each step time."""
    parser = argparse.ArgumentParser(description="what a cancelled stream leaves behind in grpcio")
    parser.add_argument("--streams", type=int, default=60_000)
    parser.add_argument("--step-ms", type=float, nargs="+", default=[0.0, 1.0, 5.0])
    options = parser.parse_args(arguments)
    spawn = multiprocessing.get_context("spawn")
    for step_ms in options.step_ms:
        ours, theirs = spawn.Pipe()
        server = spawn.Process(target=serve, args=(theirs, step_ms / 1000), daemon=True)
        server.start()
        try:
            address = f"127.0.0.1:{ours.recv()}"
            left = asyncio.run(cancel(address, psutil.Process(server.pid), options.streams))
        finally:
            server.terminate()
            server.join()
        found = {"contender": f"grpcio {version('grpcio')}", "step_ms": step_ms, "streams": options.streams}
        print(json.dumps(found | {"bytes_a_stream": round(left, 1)}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
