"""A real Prometheus scrapes both processes, and has an answer to everything that is ever asked of it."""

from __future__ import annotations

import asyncio
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from ops.alerts import ALERTS, RECORDS
from ops.ask import Prometheus, QueryError
from ops.dashboards import DASHBOARDS, RATE
from ops.pictures import draw
from ops.table import CATALOGUES
from tests.operations import scenario
from tests.operations.prometheus import needs_prometheus, prometheus

pytestmark = [pytest.mark.integration, pytest.mark.slow, needs_prometheus]


def unanswered(source: Prometheus, expressions: dict[str, str]) -> dict[str, str]:
    """Those that Prometheus refuses, or has nothing to say to; by where they stand."""
    found = {}
    for place, expression in expressions.items():
        try:
            if not source.now(expression.replace(RATE, "30s")):
                found[place] = f"empty: {expression}"
        except QueryError as error:
            found[place] = str(error)
    return found


async def test_a_real_prometheus_has_data_for_every_panel_alert_and_example(tmp_path: Path) -> None:
    """After a run with swaps, kills, refusals, bad files and a certificate, no expression is empty."""
    async with scenario.gym(tmp_path) as place:
        with prometheus(tmp_path, place.targets) as source:
            await scenario.busy_while(place, pause=2.0)
            await scenario.until(lambda: asyncio.to_thread(_trained_again, source))
            assert {target["health"] for target in source.targets()} == {"up"}
            assert [rule for rule in source.rules() if rule["health"] != "ok"] == []

            panels = {
                f"{page.name}: {row.title}: {panel.title}: {query.legend}": query.expression
                for page in DASHBOARDS
                for row in page.rows
                for panel in row.panels
                for query in panel.queries
            }
            signals = {
                f"{alert.name}: {term.signal}": term.signal
                for alert in ALERTS
                for product in alert.when
                for term in product
            }
            conditions = {alert.name: f"({alert.condition}) or vector(0)" for alert in ALERTS}
            examples = {
                metric.name: f"({metric.query}) or vector(0)"
                for _, metrics in CATALOGUES.values()
                for metric in metrics
            }
            asked = {**panels, **signals, **RECORDS, **conditions, **examples}
            assert await asyncio.to_thread(unanswered, source, asked) == {}
            silent = await asyncio.to_thread(unanswered, source, _declared())
            assert silent == {}
            for target in place.targets.values():
                await asyncio.to_thread(_check_names, target)
            end = time.time()
            for page in DASHBOARDS:
                path = tmp_path / f"{page.name}.png"
                await asyncio.to_thread(draw, page, source, path, start=end - 60, end=end, rate="10s")
                assert path.stat().st_size > 50_000


def _trained_again(source: Prometheus) -> bool:
    """Whether the run without the withdrawn members has succeeded, after the crash of its first attempt."""
    found = source.now('fitbox_trainer_runs_total{outcome="succeeded"}')
    return bool(found) and found[0].values[0] >= 3


def _declared() -> dict[str, str]:
    """Every metric, by its own name: what is declared is also made."""
    names = {}
    for _, metrics in CATALOGUES.values():
        for metric in metrics:
            ending = "_count" if metric.buckets else ""
            names[metric.name] = metric.name + ending
    return names


def _check_names(target: str) -> None:
    with urllib.request.urlopen(f"http://{target}/metrics") as reply:
        text = reply.read()
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
