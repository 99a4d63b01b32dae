"""For each alert, series with which it fires and series with which it does not, as promtool reads them.

Values are a minute apart, from the epoch on. ``0+2x30`` is 0, 2, 4, ...; ``5x30`` is 5 and 30 times more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.alerts import ALERTS, Alert

_SERVER = 'job="fitbox-server",instance="a:9464"'
_TRAINER = 'job="fitbox-trainer",instance="a:9465"'
_ON_SERVER = {"job": "fitbox-server", "instance": "a:9464"}
_ON_TRAINER = {"job": "fitbox-trainer", "instance": "a:9465"}
_SERVICE = 'grpc_service="fitbox.v1.RecommendationService"'
_HANDLED = f"grpc_server_handled_total{{{_SERVER},{_SERVICE},grpc_code="
_CALL = f'{_SERVER},{_SERVICE},grpc_type="unary",grpc_method="RecommendAdvice"'
_FAST = f'grpc_server_handling_seconds_bucket{{{_CALL},le="10.0"}}'
_COUNT = f"grpc_server_handling_seconds_count{{{_CALL}}}"
_DEATHS = f'fitbox_worker_deaths_total{{{_SERVER},end="exited"}}'
_NOT_BACK = f"fitbox_worker_restarts_failed_total{{{_SERVER}}}"
_SWAPS = f'fitbox_swaps_failed_total{{{_SERVER},outcome="load_failed"}}'
_READ = f"fitbox_registry_read_timestamp_seconds{{{_SERVER}}}"
_BEAT = f"fitbox_heartbeat_timestamp_seconds{{{_SERVER}}}"
_UP = f"up{{{_SERVER}}}"
_FALLBACKS = f'fitbox_planner_fallbacks_total{{{_SERVER},task="advice",version="v"}}'
_SOURCES = f"fitbox_plan_source_total{{{_SERVER},task="
_REFUSED = f"fitbox_admission_refused_total{{{_SERVER},reason="
_UNTRAINED = f"fitbox_trainer_untrained_since_timestamp_seconds{{{_TRAINER}}}"
_FILES = f'fitbox_trainer_files_rejected_total{{{_TRAINER},reason="table"}}'
_WITHDRAWN = f"fitbox_trainer_withdrawn_members_served{{{_TRAINER}}}"
_FREE, _SIZE = (f'fitbox_disk_{what}_bytes{{{_SERVER},folder="models"}}' for what in ("free", "size"))
_EXPIRY = f'fitbox_tls_certificate_expiry_timestamp_seconds{{{_SERVER},certificate="server"}}'

Series = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """``labels`` and ``summary`` are those of the one alert that fires, beside its severity and runbook."""

    name: str
    minutes: int
    """When it is looked at."""
    fires: Series
    quiet: tuple[Series, ...]
    summary: str
    labels: Mapping[str, str] = field(default_factory=dict)


CASES = (
    Case(
        "FitBoxErrorBudgetBurnsFast",
        120,
        {f'{_HANDLED}"OK"}}': "0+90x130", f'{_HANDLED}"Internal"}}': "0+10x130"},
        (
            {f'{_HANDLED}"OK"}}': "0+99x130", f'{_HANDLED}"Internal"}}': "0+1x130"},
            # What the caller got wrong, or took back, is no fault of the server's.
            {f'{_HANDLED}"OK"}}': "0+50x130", f'{_HANDLED}"InvalidArgument"}}': "0+50x130"},
            # It was bad, and is over.
            {f'{_HANDLED}"OK"}}': "0+90x130", f'{_HANDLED}"Internal"}}': "0+10x60 600x70"},
        ),
        "Recommendations fail so often that the error budget of 30 days will not last five.",
    ),
    Case(
        "FitBoxErrorBudgetBurnsSlowly",
        430,
        {f'{_HANDLED}"OK"}}': "0+990x440", f'{_HANDLED}"Unavailable"}}': "0+10x440"},
        ({f'{_HANDLED}"OK"}}': "0+999x440", f'{_HANDLED}"Unavailable"}}': "0+1x440"},),
        "Recommendations fail somewhat more often than the objective allows.",
    ),
    Case(
        "FitBoxLatencyBudgetBurnsFast",
        120,
        {_FAST: "0+10x130", _COUNT: "0+100x130"},
        ({_FAST: "0+90x130", _COUNT: "0+100x130"},),
        "So many recommendations take longer than 10 s that the budget will not last five days.",
    ),
    Case(
        "FitBoxLatencyBudgetBurnsSlowly",
        430,
        {_FAST: "0+90x440", _COUNT: "0+100x440"},
        ({_FAST: "0+97x440", _COUNT: "0+100x440"},),
        "More recommendations than the objective allows take longer than 10 s.",
    ),
    Case(
        "FitBoxTargetDown",
        10,
        {_UP: "1x5 0x10"},
        ({_UP: "1x20"}, {_UP: "1x8 0x0 1x10"}, {'up{job="node",instance="a:9100"}': "0x20"}),
        "fitbox-server at a:9464 does not answer Prometheus.",
        _ON_SERVER,
    ),
    Case(
        "FitBoxMetricsStale",
        10,
        {_BEAT: "0x20"},
        ({_BEAT: "0+60x20"},),
        "fitbox-server at a:9464 answers Prometheus, but has not moved for 10m 0s.",
        _ON_SERVER,
    ),
    Case(
        "FitBoxWorkerCrashLoop",
        15,
        {_DEATHS: "0x8 1 2 3 4 5x10", _NOT_BACK: "0x30"},
        ({_DEATHS: "0x8 1x20", _NOT_BACK: "0x30"}, {_DEATHS: "9x30", _NOT_BACK: "2x30"}),
        "The worker of a:9464 dies again and again.",
        _ON_SERVER,
    ),
    Case(
        "FitBoxSwapFails",
        15,
        {_SWAPS: "0x10 1x20"},
        ({_SWAPS: "0x30"}, {_SWAPS: "7x30"}),
        "a:9464 could not take, or did not keep, the version that is to serve.",
        _ON_SERVER,
    ),
    Case(
        "FitBoxRegistryUnreadable",
        10,
        {_READ: "1x20"},
        ({_READ: "0+60x20"}, {_READ: "0x20"}),
        "a:9464 serves on, but has not been able to read models/active.json for 9m 59s.",
        _ON_SERVER,
    ),
    Case(
        "FitBoxPlannerAnswers",
        40,
        {
            _FALLBACKS: "0+3x60",
            f'{_SOURCES}"advice",source="model"}}': "0+7x60",
            f'{_SOURCES}"advice",source="planner"}}': "0+3x60",
        },
        (
            {_FALLBACKS: "0+1x60", f'{_SOURCES}"advice",source="model"}}': "0+9x60"},
            {_FALLBACKS: "0x60", f'{_SOURCES}"advice",source="model"}}': "0x60"},
        ),
        "30% of the plans of a:9464 are the planner's.",
        _ON_SERVER,
    ),
    Case(
        "FitBoxRefusesCalls",
        20,
        {f'{_REFUSED}"client_share"}}': "0+5x40", f'{_REFUSED}"queue_full"}}': "0x40"},
        (
            {f'{_REFUSED}"queue_full"}}': "0x15 5x20"},
            {f'{_REFUSED}"expired"}}': "0+5x40", f'{_REFUSED}"queue_full"}}': "0x40"},
        ),
        "a:9464 has refused calls for want of room for ten minutes.",
        _ON_SERVER,
    ),
    Case(
        "FitBoxNoSuccessfulRun",
        420,
        {_UNTRAINED: "60x500"},
        ({_UNTRAINED: "0x500"}, {_UNTRAINED: "0x300 18000x200"}),
        "New data have waited for a version for 6h 59m 0s.",
        _ON_TRAINER,
    ),
    Case(
        "FitBoxFilesRejected",
        15,
        {_FILES: "0x10 1x20"},
        ({_FILES: "4x30"},),
        "Nothing is used of a file that somebody put into the data folder within the hour.",
        _ON_TRAINER,
    ),
    Case(
        "FitBoxWithdrawnMembersServed",
        420,
        {_WITHDRAWN: "3x500"},
        ({_WITHDRAWN: "0x500"}, {_WITHDRAWN: "0x300 3x200"}),
        "3 members whose data were withdrawn are still in the version that serves.",
        _ON_TRAINER,
    ),
    Case(
        "FitBoxDiskNearlyFull",
        10,
        {_FREE: "5x20", _SIZE: "100x20"},
        ({_FREE: "20x20", _SIZE: "100x20"},),
        "a:9464: 5% of models's disk is free.",
        {**_ON_SERVER, "folder": "models"},
    ),
    Case(
        "FitBoxCertificateExpires",
        90,
        {_EXPIRY: "864000x100"},
        ({_EXPIRY: "8640000x100"},),
        "The certificate of a:9464 ends in 9d 22h 30m 0s.",
        {**_ON_SERVER, "certificate": "server"},
    ),
)


def promtool_tests(rules: str) -> dict[str, Any]:
    """The file for ``promtool test rules``."""
    alerts = {alert.name: alert for alert in ALERTS}
    tests = []
    for case in CASES:
        tests.append(_test(case, case.fires, [_expected(case, alerts[case.name])]))
        tests.extend(_test(case, series, []) for series in case.quiet)
    return {"rule_files": [rules], "evaluation_interval": "1m", "tests": tests}


def _test(case: Case, series: Series, expected: list[dict[str, Any]]) -> dict[str, Any]:
    asked = {"eval_time": f"{case.minutes}m", "alertname": case.name, "exp_alerts": expected}
    given = [{"series": name, "values": values} for name, values in series.items()]
    return {"interval": "1m", "input_series": given, "alert_rule_test": [asked]}


def _expected(case: Case, alert: Alert) -> dict[str, Any]:
    return {
        "exp_labels": {"severity": alert.severity, **case.labels},
        "exp_annotations": {"summary": case.summary, "runbook_url": alert.runbook},
    }
