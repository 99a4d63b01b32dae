"""Part ``swap``: no call fails and no reply is mixed while versions alternate under load.

Part ``isolation`` runs the same checks on a server whose isolation is broken on purpose: they must notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc.aio
import numpy as np

from tests.conformance.caller import Schedule
from tests.conformance.load import capacity, loaded, schedules
from tests.conformance.oracle import Oracle
from tests.conformance.records import Column, percentile_ms
from tests.conformance.report import Report
from tests.conformance.stub import ENGINE, ROOM, TEXT_OPTIONS, make_stub
from tests.conformance.swapper import Swap, alternate, spanning, stale, swapping, windows
from tests.conformance.target import Target, running

TTFT_RATIO = 1.10
"""What a swap may cost the slowest calls. It is missed where it is exceeded beyond doubt, by the lower end of
the 95 % interval: single runs scatter by 0.2 and more around a ratio that is within it."""


async def under_swaps(
    target: Target,
    oracle: Oracle,
    versions: Sequence[str],
    *,
    part: str,
    engine: str,
    calls: int,
    swaps: int,
    rate: float | None = None,
    quiet_share: float = 0.0,
    concurrency: int = 32,
    members: Sequence[int] = tuple(range(32)),
    processes: int = 2,
    load_share: float = 0.8,
) -> Report:
    """Load at a share of the measured capacity, or at ``rate``, until both counts are reached.

    The capacity is that while one swap follows the other, since loading takes its share of the machine; then
    the swaps are spread over the calls.
    """
    one = Schedule(target.address, oracle, members=tuple(members))
    measured = None
    if rate is None:
        async with grpc.aio.insecure_channel(target.address) as channel:
            measured = await capacity(
                one,
                calls=min(9000, calls // 10 or 9000),
                concurrency=concurrency,
                meanwhile=swapping(channel, versions),
            )
        rate = load_share * measured
    before = await target.samples()
    plans = [
        Schedule(**{**vars(plan), "members": tuple(members)})
        for plan in schedules(target.address, oracle, rate=rate, processes=processes)
    ]
    async with grpc.aio.insecure_channel(target.address) as channel, loaded(*plans) as load:
        await load.until(len(plans))
        every = calls / rate / max(1, swaps)
        work = alternate(channel, versions, swaps, quiet_share=quiet_share, every_seconds=every)
        done, _ = await asyncio.gather(work, load.until(calls))
    after = await target.samples()
    columns = load.records.arrays()
    lateness = columns.sent - columns.scheduled
    counts = load.records.counts()
    wrong_version = stale(columns, done)
    timing = windows(columns, done)
    figures: dict[str, Any] = {
        "swaps": len(done),
        **counts,
        "stale": wrong_version,
        "streams_across_swaps": spanning(columns, done),
        "versions_seen": len(set(load.records.version) - {""}),
        "capacity_per_second": None if measured is None else round(measured, 1),
        "rate_per_second": round(rate, 1),
        "lateness_p99_ms": percentile_ms(lateness, 99),
        "latency_p50_ms": percentile_ms(columns.done - columns.scheduled, 50),
        "latency_p99_ms": percentile_ms(columns.done - columns.scheduled, 99),
        "swap_p50_ms": percentile_ms(_durations(done), 50),
        "swap_p99_ms": percentile_ms(_durations(done), 99),
        "loads": loads(before, after),
        "phase_mean_ms": phase_means(before, after),
        **timing,
    }
    bars: dict[str, bool | None] = {
        "failed": counts["failed"] == 0,
        "mismatched": counts["mismatched"] == 0,
        "truncated": counts["truncated"] == 0,
        "duplicated": counts["duplicated"] == 0,
        "stale": wrong_version == 0,
        "both_versions_answered": figures["versions_seen"] >= min(2, len(done)),
    }
    if after:
        bars["every_swap_was_a_load"] = figures["loads"] == len(done)
    if quiet_share:
        bars["ttft_ratio_p99"] = not_above(timing["ttft_ratio_p99_interval"], TTFT_RATIO)
    return Report(part, engine, figures, bars)


async def on_the_stub(
    folder: Path,
    *,
    calls: int,
    swaps: int,
    part: str = "swap",
    quiet_share: float = 0.0,
    mixed: float = 0.0,
    rate: float | None = None,
    processes: int = 2,
    load_share: float = 0.8,
) -> Report:
    """The part on a server with the stub engine; ``mixed`` is the share of texts of two versions."""
    stub = make_stub(folder / "models")
    options = {**TEXT_OPTIONS, "mixed": str(mixed)}
    model = stub.registry.get("active").base_model
    async with running(stub.registry.root, model=model, engine=ENGINE, options=options, **ROOM) as server:
        report = await under_swaps(
            server,
            stub.oracle,
            stub.versions,
            part=part,
            engine=ENGINE,
            calls=calls,
            swaps=swaps,
            quiet_share=quiet_share,
            rate=rate,
            processes=processes,
            load_share=load_share,
        )
        await server.terminate()
    return report


async def isolation(folder: Path, *, calls: int, rate: float | None = None, processes: int = 2) -> Report:
    """One text in ten begins with one version and ends with another: the check must find about as many."""
    report = await on_the_stub(
        folder, calls=calls, swaps=1, part="isolation", mixed=0.1, rate=rate, processes=processes
    )
    found = report.figures["mismatched"]
    figures = {key: value for key, value in report.figures.items() if key != "examples"}
    return Report("isolation", ENGINE, figures, {"broken_isolation_is_noticed": found > 0})


def loads(before: dict[str, float], after: dict[str, float]) -> int:
    """Workers that were loaded between two scrapes; as many as swaps, or some were no real ones."""
    name = "fitbox_swap_seconds_count{phase=load}"
    return int(after.get(name, 0.0) - before.get(name, 0.0))


def phase_means(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Mean milliseconds of each phase of the swaps between two scrapes."""
    means = {}
    for phase in ("detect", "verify", "load", "warm", "flip", "drain"):
        label = f"{{phase={phase}}}"
        count, total = (
            after.get(f"fitbox_swap_seconds_{name}{label}", 0.0)
            - before.get(f"fitbox_swap_seconds_{name}{label}", 0.0)
            for name in ("count", "sum")
        )
        if count:
            means[phase] = round(1000 * total / count, 2)
    return means


def not_above(interval: Sequence[float] | None, limit: float) -> bool | None:
    """Whether a figure with this interval may be ``limit`` or less; ``None`` of nothing."""
    return None if interval is None else interval[0] <= limit


def _durations(swaps: Sequence[Swap]) -> Column:
    return np.array([swap.serves - swap.asked for swap in swaps])
