"""Part ``overload``: ten times the capacity in waves, every call with a deadline."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import numpy as np

from tests import fakes
from tests.conformance.caller import Schedule
from tests.conformance.load import capacity, loaded
from tests.conformance.records import percentile_ms
from tests.conformance.report import Report, at_most
from tests.conformance.stub import ENGINE, TEXT_OPTIONS, make_stub
from tests.conformance.target import Server, running

SLOTS = 8
OPTIONS = {**TEXT_OPTIONS, "tokens": "10", "step_ms": "30"}
"""A text takes 0.3 s and eight run at a time: at most 27 texts a second, which two cores do easily, so that
the engine is the limit and not the front or the load."""
FACTOR = 10
WAVE_SECONDS, REST_SECONDS = 6.0, 2.0
RISE_SECONDS = 1.0
"""Until the first texts of a wave are whole nobody can be served; not counted."""
DEADLINE_SECONDS = 5.0
"""One of the bucket bounds of ``fitbox_admission_wait_seconds``."""
REJECTION_MS = 50.0
GOODPUT_SHARE = 0.9


async def overload(folder: Path, *, waves: int) -> Report:
    """Measure the capacity, send ten times as much in waves, and look at who was served and how."""
    stub = make_stub(folder / "models", versions=1)
    async with running(
        stub.registry.root,
        model=fakes.BASE_NAME,
        engine=ENGINE,
        options=OPTIONS,
        in_flight=SLOTS,
        queue=2 * SLOTS,
        max_batch_size=SLOTS,
    ) as server:
        steady = Schedule(server.address, stub.oracle, stream_share=0.3)
        peak = await capacity(steady, calls=8 * SLOTS, concurrency=2 * SLOTS)
        wave = [
            Schedule(
                server.address,
                stub.oracle,
                rate=FACTOR * peak / 2,
                stream_share=0.3,
                seed=index + 1,
                client=f"wave-{index}",
                deadline_seconds=DEADLINE_SECONDS,
            )
            for index in range(2)
        ]
        served: list[float] = []
        rejected: list[float] = []
        in_flight: list[float] = []
        codes: dict[str, int] = {}
        wrong = calls = 0
        for _ in range(waves):
            async with loaded(*wave) as load:
                await load.until(10)
                began = time.monotonic()
                while time.monotonic() < began + WAVE_SECONDS:
                    in_flight.append((await server.samples())["fitbox_admission_in_flight"])
                    await asyncio.sleep(0.02)
            columns = load.records.arrays()
            ok = columns.version != ""
            inside = ok & (columns.done >= began + RISE_SECONDS) & (columns.done < began + WAVE_SECONDS)
            served.append(float(np.sum(inside)) / (WAVE_SECONDS - RISE_SECONDS))
            rejected.extend(_rejection_seconds(columns, ok))
            calls += load.records.calls
            wrong += load.records.mismatched + load.records.truncated + load.records.duplicated
            for code, count in load.records.failed.items():
                codes[code] = codes.get(code, 0) + count
            await asyncio.sleep(REST_SECONDS)
        late_starts = await _started_late(server)
        await server.terminate()
    goodput = float(np.mean(served))
    figures: dict[str, Any] = {
        "calls": calls,
        "codes": codes,
        "wrong": wrong,
        "waves": waves,
        "peak_per_second": round(peak, 2),
        "offered_per_second": round(FACTOR * peak, 1),
        "goodput_per_second": round(goodput, 2),
        "goodput_share": round(goodput / peak, 3),
        "slots": SLOTS,
        "most_in_flight": max(in_flight),
        "samples": len(in_flight),
        "rejection_p50_ms": percentile_ms(np.array(rejected), 50),
        "rejection_p99_ms": percentile_ms(np.array(rejected), 99),
        "started_after_deadline": late_starts,
    }
    return Report(
        "overload",
        ENGINE,
        figures,
        {
            "in_flight": figures["most_in_flight"] <= SLOTS,
            "rejections": at_most(figures["rejection_p99_ms"], REJECTION_MS),
            "goodput": goodput >= GOODPUT_SHARE * peak,
            "started_after_deadline": late_starts == 0,
            "only_refusals": set(codes) <= {"RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"},
            "replies_right": wrong == 0,
        },
    )


def _rejection_seconds(columns: Any, ok: Any) -> list[float]:
    """How long a call took that was not served, from its sending; those that ran into their deadline were
    let in and are no rejections."""
    took = (columns.done - columns.sent)[~ok]
    return [float(one) for one in took if one < DEADLINE_SECONDS / 2]


async def _started_late(server: Server) -> int:
    """Calls that got their slot after they had waited longer than their deadline."""
    samples = await server.samples()
    within = samples[f"fitbox_admission_wait_seconds_bucket{{le={DEADLINE_SECONDS}}}"]
    return int(samples["fitbox_admission_wait_seconds_count"] - within)
