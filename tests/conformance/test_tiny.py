"""The conformance suite at a scale of seconds; ``make conformance`` is the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.broken import broken
from tests.conformance.report import Report
from tests.conformance.stops import stops
from tests.conformance.swap import isolation, on_the_stub

pytestmark = pytest.mark.integration


def missed(report: Report) -> list[str]:
    """Bars that were missed."""
    return [name for name, met in report.bars.items() if met is False]


async def test_swaps_under_load_lose_mix_and_repeat_nothing(tmp_path: Path) -> None:
    """Unary calls and streams, those that span a swap included, against what each version must answer."""
    report = await on_the_stub(tmp_path, calls=100, swaps=2, rate=60.0, processes=1)
    assert missed(report) == [], report.line()


async def test_the_check_notices_broken_isolation(tmp_path: Path) -> None:
    """A check that could not fail would prove nothing."""
    report = await isolation(tmp_path, calls=120, rate=60.0, processes=1)
    assert missed(report) == [], report.line()


async def test_broken_artefacts_are_never_served(tmp_path: Path) -> None:
    """Neither by the server that runs nor by one that is started upon them."""
    report = await broken(tmp_path, kinds=3, restarts=1)
    assert missed(report) == [], report.line()


async def test_a_stop_and_a_rolling_restart_lose_no_call(tmp_path: Path) -> None:
    """SIGTERM under load, then two replicas restarted in turn behind the client library's balancing."""
    report = await stops(tmp_path, rounds=1, restarts=1, calls_between=16)
    assert missed(report) == [], report.line()
