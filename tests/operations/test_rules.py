"""What ``python -m ops`` writes, and what promtool says of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fitbox_server.metrics import PrometheusHooks
from fitbox_trainer.daemon.metrics import TrainerMetrics
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard
from prometheus_client import CollectorRegistry, generate_latest

from fitbox.telemetry.grpc_metrics import GrpcServerMetrics
from fitbox.telemetry.host import Host
from ops.__main__ import ROOT, generated
from ops.alerts import ALERTS, RECORDS
from ops.dashboards import DASHBOARDS, Dashboard
from ops.table import CATALOGUES
from tests.operations.alert_cases import CASES, promtool_tests

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="needs promtool: apt-get install prometheus"
)
_WORD = re.compile(r"\b(?:grpc_server|fitbox|process)_[a-z_]+\b|\bup\b")
_CLIENTS_OWN = {"process_resident_memory_bytes", "process_cpu_seconds_total", "up"}


@pytest.mark.parametrize("path", sorted(generated()))
def test_what_is_written_is_what_is_declared(path: str) -> None:
    """Whoever changes a metric, a panel or an alert runs `python -m ops`."""
    assert (ROOT / path).read_text("utf-8") == generated()[path], "run `python -m ops`"


@pytest.mark.parametrize("page", DASHBOARDS, ids=lambda page: page.name)
def test_grafanas_own_types_read_a_dashboard_and_write_it_again_as_it_is(page: Dashboard) -> None:
    """What the SDK does not know would be lost on the way."""
    register_default_plugins()
    text = (ROOT / "ops" / "grafana" / f"{page.name}.json").read_text("utf-8")
    read = dashboard.Dashboard.from_json(json.loads(text))
    assert json.loads(json.dumps(read, cls=JSONEncoder)) == json.loads(text)


def test_every_metric_that_is_asked_for_is_declared() -> None:
    """A misspelt name would be an empty panel, or an alert that never fires."""
    names = set(_CLIENTS_OWN)
    for _, metrics in CATALOGUES.values():
        for metric in metrics:
            names |= {metric.name, *(f"{metric.name}_{part}" for part in ("bucket", "sum", "count"))}
    asked = [query.expression for page in DASHBOARDS for panel in page.panels for query in panel.queries]
    asked += [*RECORDS.values(), *(alert.condition for alert in ALERTS)]
    asked += [metric.query for _, metrics in CATALOGUES.values() for metric in metrics]
    unknown = {
        word for text in asked for word in _WORD.findall(re.sub(r"fitbox:[\w:]+|\"[^\"]*\"", "", text))
    }
    assert unknown - names == set()


def test_every_panel_has_its_own_title_on_its_page() -> None:
    """And every figure and line asks for something."""
    for page in DASHBOARDS:
        titles = [(row.title, panel.title) for row in page.rows for panel in row.panels]
        assert len(set(titles)) == len(titles)
        assert all(panel.queries for panel in page.panels)


def test_every_alert_has_a_page_in_the_runbook_and_cases_of_both_kinds() -> None:
    """The link of an alert leads to a heading with what it means, how to look, and what to do."""
    runbook = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", runbook, re.MULTILINE | re.DOTALL))
    for alert in ALERTS:
        assert alert.runbook == f"docs/runbook.md#{alert.name.lower()}"
        for part in ("**Means.**", "**Look.**", "**Do.**"):
            assert part in sections[alert.name], (alert.name, part)
    assert {case.name for case in CASES} == {alert.name for alert in ALERTS}
    assert all(case.quiet for case in CASES)


@needs_promtool
def test_promtool_finds_no_fault_in_the_rules() -> None:
    """Nor in the configuration that names them."""
    for what, file in (("rules", "rules.yml"), ("config", "prometheus.yml")):
        done = subprocess.run(
            ["promtool", "check", what, str(ROOT / "ops" / "prometheus" / file)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_every_alert_fires_when_it_should_and_at_no_other_time(tmp_path: Path) -> None:
    """By promtool's own clock: the seconds and the summaries are those that a person would get."""
    shutil.copy(ROOT / "ops" / "prometheus" / "rules.yml", tmp_path)
    tests = tmp_path / "tests.yml"
    tests.write_text(json.dumps(promtool_tests("rules.yml")))  # JSON is YAML
    done = subprocess.run(
        ["promtool", "test", "rules", str(tests)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_promtool_finds_no_fault_in_the_names_of_metrics(tmp_path: Path) -> None:
    """Units, endings and help texts are as Prometheus's own conventions have them."""
    registry = CollectorRegistry()
    PrometheusHooks(registry)
    TrainerMetrics(registry)
    GrpcServerMetrics(registry)
    Host(registry, {"models": tmp_path})
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=generate_latest(registry), capture_output=True, check=False
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
