"""``python -m tests.conformance``: one JSON line a part; exit code 1 where a bar was missed.

Without options every part runs at the ``quick`` scale (minutes) against servers that are started here;
``--scale full`` is what the project promises. ``--address`` runs the parts that need no control over the
process, ``swap``, ``windows`` and ``health``, against a server that runs already: with the scripted engine
and ``texts=advice``, and ``--version`` twice. Counts can be set one by one. Timing bars mean something only
on a machine that does nothing else; ``--no-timing`` leaves them out. ``--beside-training models/base/NAME``
has a daemon train that model while the parts run, for ``windows`` and ``health``.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.conformance.batch import batch
from tests.conformance.broken import broken
from tests.conformance.compiles import compiles
from tests.conformance.connections import connections
from tests.conformance.health import checked, health
from tests.conformance.hung import hung
from tests.conformance.kills import kills
from tests.conformance.members import members
from tests.conformance.memory import cancel, memory
from tests.conformance.no_window import no_window
from tests.conformance.oracle import StubOracle
from tests.conformance.overload import overload
from tests.conformance.real import real
from tests.conformance.refused import refused
from tests.conformance.report import Report
from tests.conformance.scale import SCALES, Scale
from tests.conformance.soak import soak
from tests.conformance.stops import stops
from tests.conformance.stub import ENGINE
from tests.conformance.swap import isolation, on_the_stub, under_swaps
from tests.conformance.target import Target
from tests.conformance.training import training

Part = Callable[[Path, Scale], Awaitable[Report]]

PARTS: dict[str, Part] = {
    "swap": lambda folder, scale: on_the_stub(
        folder, calls=scale.calls, swaps=scale.swaps, load_share=scale.load_share
    ),
    "isolation": lambda folder, scale: isolation(folder, calls=min(2000, scale.calls)),
    "windows": lambda folder, scale: on_the_stub(
        folder,
        calls=0,
        swaps=scale.window_swaps,
        part="windows",
        quiet_share=1.0,
        load_share=scale.load_share,
    ),
    "memory": lambda folder, scale: memory(folder, swaps=scale.memory_swaps),
    "batch": lambda folder, scale: batch(folder, items=scale.batch_items),
    "broken": lambda folder, scale: broken(folder, kinds=scale.kinds),
    "kills": lambda folder, scale: kills(folder, rounds=scale.kills),
    "overload": lambda folder, scale: overload(folder, waves=scale.waves),
    "cancel": lambda folder, scale: cancel(folder, timed=scale.latency_cancels, streams=scale.cancels),
    "stops": lambda folder, scale: stops(folder, rounds=scale.drains),
    "hung": lambda folder, scale: hung(folder, rounds=scale.hangs),
    "no_window": lambda folder, scale: no_window(
        folder, streams=scale.windowless, honest=scale.windowless // 10
    ),
    "members": lambda folder, scale: members(folder, count=scale.members),
    "refused": lambda folder, scale: refused(folder, of=scale.refused_of, errors=scale.refused_errors),
    "compiles": lambda folder, scale: compiles(folder, engine="openvino", count=scale.compiles),
    "connections": lambda folder, scale: connections(folder, count=scale.connections, honest=20),
    "soak": lambda folder, scale: soak(folder, seconds=scale.soak_seconds),
    "health": lambda folder, scale: health(folder, seconds=scale.health_seconds, load_share=scale.load_share),
}
ENGINES = ("openvino", "torch")
TIMING = {
    "ttft_ratio_p99",
    "slot_p99_ms",
    "rejections",
    "goodput",
    "p99_ms_idle",
    "p99_ms_load",
    "p99_ms_swap",
}


def _real(engine: str, base: Path | None) -> Part:
    return lambda folder, scale: real(
        folder,
        engine=engine,
        base=base,
        calls=scale.real_calls,
        swaps=scale.real_swaps,
        load_share=scale.load_share,
    )


def attached(address: str, metrics: str | None, versions: list[str]) -> dict[str, Part]:
    """The parts that a running server can be asked for."""
    target, oracle = Target(address, metrics), StubOracle(frozenset(versions))

    async def swap(scale: Scale, *, part: str, quiet_share: float) -> Report:
        return await under_swaps(
            target,
            oracle,
            versions,
            part=part,
            engine=ENGINE,
            calls=scale.calls if part == "swap" else 0,
            swaps=scale.swaps if part == "swap" else scale.window_swaps,
            quiet_share=quiet_share,
            load_share=scale.load_share,
        )

    return {
        "swap": lambda _, scale: swap(scale, part="swap", quiet_share=0.0),
        "windows": lambda _, scale: swap(scale, part="windows", quiet_share=1.0),
        "health": lambda _, scale: checked(
            target, oracle, versions, seconds=scale.health_seconds, load_share=scale.load_share
        ),
    }


async def run(parts: dict[str, Part], scale: Scale, *, timing: bool, trained: Path | None) -> bool:
    """Run parts one after another, print their lines; whether every bar was met.

    Beside each part a daemon trains ``trained``, a prepared base model; ``None`` for no training.
    """
    met = True
    for name, part in parts.items():
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"fitbox-{name}-") as folder:
            async with training(Path(folder), trained):
                report = await part(Path(folder), scale)
        figures = {
            **report.figures,
            "beside_training": trained is not None,
            "seconds": round(time.monotonic() - began, 1),
            "cores": os.cpu_count(),
        }
        bars = {bar: ok for bar, ok in report.bars.items() if timing or bar not in TIMING}
        report = dataclasses.replace(report, figures=figures, bars=bars)
        print(report.line(), flush=True)  # noqa: T201  # a program
        met = met and report.met
    return met


def main() -> int:
    """Read the options, run, report."""
    parser = argparse.ArgumentParser(prog="tests.conformance", description=__doc__)
    parser.add_argument(
        "--part", action="append", choices=[*PARTS, "real"], help="one of the parts; may be repeated"
    )
    parser.add_argument("--engine", choices=ENGINES, default="openvino", help="of the part `real`")
    parser.add_argument("--base", type=Path, help="a prepared base model for it, instead of a tiny one")
    parser.add_argument("--scale", choices=SCALES, default="quick")
    for field in dataclasses.fields(Scale):
        kind = float if field.type == "float" else int
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind)
    parser.add_argument("--beside-training", type=Path, help="train this prepared base model meanwhile")
    parser.add_argument("--no-timing", action="store_true", help="leave bars out that a busy machine misses")
    parser.add_argument("--address", help="HOST:PORT of a server that runs already")
    parser.add_argument("--metrics", help="HOST:PORT of its metrics")
    parser.add_argument("--version", action="append", default=[], help="versions to alternate between")
    options = parser.parse_args()
    given = {field.name: getattr(options, field.name) for field in dataclasses.fields(Scale)}
    counts = {name: value for name, value in given.items() if value is not None}
    scale = dataclasses.replace(SCALES[options.scale], **counts)
    parts = PARTS | {"real": _real(options.engine, options.base)}
    if options.address:
        if len(options.version) < 2:
            parser.error("--address needs --version twice")
        parts = attached(options.address, options.metrics, options.version)
    if options.part:
        if unknown := set(options.part) - set(parts):
            parser.error(f"with --address there is no {', '.join(sorted(unknown))}")
        parts = {name: parts[name] for name in options.part}
    # SIGTERM ends the servers too, as SIGINT does: asyncio cancels what runs, and everything is put away.
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    timing, trained = not options.no_timing, options.beside_training
    return 0 if asyncio.run(run(parts, scale, timing=timing, trained=trained)) else 1


if __name__ == "__main__":
    sys.exit(main())
