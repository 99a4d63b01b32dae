"""The front's own ceiling: calls a second that a server answers whose engine writes at once.

    python -m bench.front [--checkout DIR ...] [--clients 1 8 64] [--rounds 7] [--seconds 2]

Each client has a connection of its own and calls RecommendAdvice again as soon as it was answered; what is
measured is everything but the model: gRPC, limits, admission, checks, and the worker's protocol. With
``--checkout``, the same load goes in turns, window by window, to a server of each of those source trees and
of this one, so that all share whatever else the machine does; a ratio is of windows that follow each other.

Prints one JSON object for each contender and number of clients, then a table. ``front_ms`` is the CPU time of
the server's front process for a call, which other work on the machine changes least.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import grpc.aio
import psutil

from fitbox.rpc.address import local_channel_options
from fitbox.v1 import profile_pb2, recommendation_pb2
from tests import fakes
from tests.conformance import stub

METHOD = "/fitbox.v1.RecommendationService/RecommendAdvice"
HERE = Path(__file__).resolve().parents[1]
ENGINE_OPTIONS = {"texts": "advice", "tokens": "2"}
MEMBER = profile_pb2.Profile(age_years=34, sex=profile_pb2.SEX_FEMALE, weight_kg=70, height_cm=170)


@dataclass
class Window:
    """One contender's turn."""

    calls_per_second: float
    front_ms: float
    """CPU time of the front for a call."""
    p50_ms: float


@dataclass
class Contender:
    """A server of one source tree."""

    name: str
    address: str
    process: psutil.Process
    windows: dict[int, list[Window]] = field(default_factory=dict)
    """By number of clients."""


@contextlib.asynccontextmanager
async def contender(checkout: Path, models: Path) -> AsyncIterator[Contender]:
    """Start the server of a source tree, with the packages of this environment."""
    trees = [checkout, *(checkout / part for part in ("server", "trainer", "client"))]
    settings = {"FITBOX_TRIAL_REPLIES": "0", "FITBOX_POLL_SECONDS": "5"}
    options = [f"--engine-option={name}={value}" for name, value in ENGINE_OPTIONS.items()]
    # Without the console script: what is installed names the commands of this tree only.
    serve = "import typer; from fitbox_server.cli import serve; typer.run(serve)"
    command = (sys.executable, "-c", serve, "--models", str(models))
    listening = ("--port", "0", "--metrics-port", "0", "--json", "--log-level", "error")
    process = await asyncio.create_subprocess_exec(
        *(*command, "--model", fakes.BASE_NAME, "--engine", "scripted", *options, *listening),
        stdout=asyncio.subprocess.PIPE,
        cwd=checkout,
        env=os.environ | settings | {"PYTHONPATH": os.pathsep.join(map(str, trees))},
    )
    try:
        assert process.stdout is not None
        line = await process.stdout.readline()
        if not line:
            raise SystemExit(f"the server of {checkout} did not start")
        yield Contender(_name(checkout), json.loads(line)["address"], psutil.Process(process.pid))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def window(server: Contender, clients: int, seconds: float) -> Window:
    """So many clients for so long, each calling again once it was answered."""
    request = recommendation_pb2.RecommendAdviceRequest(profile=MEMBER).SerializeToString()
    took: list[float] = []
    options = [("grpc.use_local_subchannel_pool", 1), *local_channel_options(server.address)]

    async def client(until: asyncio.Event) -> None:
        async with grpc.aio.insecure_channel(server.address, options) as channel:
            call = channel.unary_unary(METHOD)
            await call(request)
            ready.release()
            await begin.wait()
            while not until.is_set():
                started = time.perf_counter()
                await call(request)
                took.append(time.perf_counter() - started)

    ready, begin, end = asyncio.Semaphore(0), asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client(end))
        for _ in range(clients):
            await ready.acquire()
        before, started = _cpu_seconds(server.process), time.perf_counter()
        begin.set()
        await asyncio.sleep(seconds)
        lasted, cpu, calls = time.perf_counter() - started, _cpu_seconds(server.process) - before, len(took)
        end.set()
    return Window(calls / lasted, 1000 * cpu / max(1, calls), 1000 * statistics.median(took))


async def measure(checkouts: Sequence[Path], arguments: argparse.Namespace) -> list[Contender]:
    """Every contender in turns."""
    with tempfile.TemporaryDirectory(prefix="fitbox-front-") as folder:
        async with contextlib.AsyncExitStack() as stack:
            servers = []
            for number, checkout in enumerate(checkouts):
                models = Path(folder) / str(number) / "models"
                stub.make_stub(models, 1)
                servers.append(await stack.enter_async_context(contender(checkout, models)))
            for clients in arguments.clients:
                for server in servers:
                    await window(server, clients, arguments.seconds / 4)  # warm
                for turn in range(arguments.rounds):
                    for server in servers if turn % 2 == 0 else reversed(servers):
                        result = await window(server, clients, arguments.seconds)
                        server.windows.setdefault(clients, []).append(result)
            return servers


def report(servers: Sequence[Contender], clients: Sequence[int]) -> list[dict[str, object]]:
    """One line for each contender and number of clients; ratios are to the first contender."""
    lines: list[dict[str, object]] = []
    for count in clients:
        for server in servers:
            mine, first = server.windows[count], servers[0].windows[count]
            line: dict[str, object] = {
                "contender": server.name,
                "clients": count,
                "calls_per_second": round(statistics.median(w.calls_per_second for w in mine), 1),
                "spread": _spread([w.calls_per_second for w in mine], 1),
                "front_ms": round(statistics.median(w.front_ms for w in mine), 3),
                "p50_ms": round(statistics.median(w.p50_ms for w in mine), 2),
            }
            if server is not servers[0]:
                rates = [a.calls_per_second / b.calls_per_second for a, b in zip(mine, first, strict=True)]
                costs = [a.front_ms / b.front_ms for a, b in zip(mine, first, strict=True)]
                line |= {
                    "ratio": round(statistics.median(rates), 3),
                    "ratio_spread": _spread(rates, 3),
                    "front_ms_ratio": round(statistics.median(costs), 3),
                }
            lines.append(line)
    return lines


def table(lines: Sequence[dict[str, object]]) -> str:
    """The same for people."""
    names = ("contender", "clients", "calls_per_second", "front_ms", "p50_ms", "ratio", "front_ms_ratio")
    rows = [names, *(tuple(str(line.get(name, "")) for name in names) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(names))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def _spread(values: Sequence[float], digits: int) -> list[float]:
    return [round(min(values), digits), round(max(values), digits)]


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _name(checkout: Path) -> str:
    command = ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"]
    head = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{'this' if checkout == HERE else checkout.name}@{head.stdout.strip() or '?'}"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--checkout", type=Path, action="append", default=[], help="another source tree")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0)
    arguments = parser.parse_args()
    checkouts = [*(checkout.resolve() for checkout in arguments.checkout), HERE]
    servers = asyncio.run(measure(checkouts, arguments))
    lines = report(servers, arguments.clients)
    for line in lines:
        print(json.dumps(line), flush=True)
    print(table(lines))


if __name__ == "__main__":
    main()
