"""Alerts and the recording rules that they need, as values; ``ops/prometheus/rules.yml`` comes from them.

An alert's condition is a sum of products of terms, each a signal and a threshold. The signals are apart since
they have values at all times, which a condition has only while it fires: so a test can ask a real Prometheus
for each.

Budgets burn as in the Site Reliability Workbook (Google, 2018), chapter 5, table 5-8: a page where a budget
of 30 days would be gone in two days or in five, by a long window and a short one, and a ticket where it would
just be gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

AVAILABILITY = 0.995
"""Share of recommendation calls, over 30 days, that end without a fault of the server's."""
FAST = 0.95
"""Share of them that are answered within :data:`FAST_SECONDS`."""
FAST_SECONDS = 10
"""A bucket of ``grpc_server_handling_seconds``. For a GPU, choose a smaller one."""

_SERVICE = 'grpc_service="fitbox.v1.RecommendationService"'
_FAULTS = "Unknown|Internal|Unavailable|DataLoss|DeadlineExceeded"
_UNARY = f'{_SERVICE},grpc_type="unary",grpc_method=~"Recommend.*"'
_WINDOWS = ("5m", "30m", "1h", "6h", "3d")
_ERRORS, _SLOW = "fitbox:recommendation_errors:ratio_rate", "fitbox:recommendation_slow:ratio_rate"
_FOR_WANT_OF_ROOM = '{reason=~"queue_full|client_share|deadline"}'
_BURNS = {"page": ((14.4, "1h", "5m"), (6.0, "6h", "30m")), "ticket": ((1.0, "3d", "6h"),)}
"""Speed of burning, its long window, its short one."""


@dataclass(frozen=True)
class Term:
    """A signal that is compared with a threshold."""

    signal: str
    sign: str
    threshold: float

    def __str__(self) -> str:
        return f"{self.signal} {self.sign} {self.threshold:g}"


@dataclass(frozen=True)
class Alert:
    """``when`` holds where all terms of one of its products do."""

    name: str
    severity: str
    """``page``: somebody must act now. ``ticket``: somebody must act this week."""
    lasts: str
    """How long it must hold before anybody is told."""
    when: tuple[tuple[Term, ...], ...]
    summary: str

    @property
    def condition(self) -> str:
        """In PromQL."""
        products = [" and ".join(map(str, product)) for product in self.when]
        return products[0] if len(products) == 1 else " or ".join(f"({product})" for product in products)

    @property
    def runbook(self) -> str:
        """Path and anchor in this repository; put the address of yours before it."""
        return f"docs/runbook.md#{self.name.lower()}"


def _errors(window: str) -> str:
    bad = f'sum(rate(grpc_server_handled_total{{{_SERVICE},grpc_code=~"{_FAULTS}"}}[{window}]))'
    return f"({bad} or vector(0)) / sum(rate(grpc_server_handled_total{{{_SERVICE}}}[{window}]))"


def _slow(window: str) -> str:
    name, bound = "grpc_server_handling_seconds", f'le=~"{FAST_SECONDS}([.]0)?"'
    fast = f"sum(rate({name}_bucket{{{_UNARY},{bound}}}[{window}]))"
    return f"1 - {fast} / sum(rate({name}_count{{{_UNARY}}}[{window}]))"


RECORDS = {
    **{f"{_ERRORS}{window}": _errors(window) for window in _WINDOWS},
    **{f"{_SLOW}{window}": _slow(window) for window in _WINDOWS},
}
"""Name of a recorded series -> its expression."""


def _burning(ratio: str, budget: float, severity: str) -> tuple[tuple[Term, ...], ...]:
    return tuple(
        tuple(Term(f"{ratio}{window}", ">", round(speed * budget, 4)) for window in windows)
        for speed, *windows in _BURNS[severity]
    )


def _each(expression: str) -> str:
    return f"sum by (job, instance) ({expression})"


ALERTS = (
    Alert(
        "FitBoxErrorBudgetBurnsFast",
        "page",
        "2m",
        _burning(_ERRORS, 1 - AVAILABILITY, "page"),
        "Recommendations fail so often that the error budget of 30 days will not last five.",
    ),
    Alert(
        "FitBoxErrorBudgetBurnsSlowly",
        "ticket",
        "15m",
        _burning(_ERRORS, 1 - AVAILABILITY, "ticket"),
        "Recommendations fail somewhat more often than the objective allows.",
    ),
    Alert(
        "FitBoxLatencyBudgetBurnsFast",
        "page",
        "2m",
        _burning(_SLOW, 1 - FAST, "page"),
        f"So many recommendations take longer than {FAST_SECONDS} s that the budget will not last five days.",
    ),
    Alert(
        "FitBoxLatencyBudgetBurnsSlowly",
        "ticket",
        "15m",
        _burning(_SLOW, 1 - FAST, "ticket"),
        f"More recommendations than the objective allows take longer than {FAST_SECONDS} s.",
    ),
    Alert(
        "FitBoxTargetDown",
        "page",
        "2m",
        ((Term('up{job=~"fitbox-.*"}', "==", 0),),),
        "{{ $labels.job }} at {{ $labels.instance }} does not answer Prometheus.",
    ),
    Alert(
        "FitBoxMetricsStale",
        "page",
        "1m",
        ((Term("time() - fitbox_heartbeat_timestamp_seconds", ">", 60),),),
        "{{ $labels.job }} at {{ $labels.instance }} answers Prometheus, but has not moved for "
        "{{ $value | humanizeDuration }}.",
    ),
    Alert(
        "FitBoxWorkerCrashLoop",
        "page",
        "0m",
        (
            (
                Term(
                    f"{_each('increase(fitbox_worker_deaths_total[10m])')}"
                    f" + {_each('increase(fitbox_worker_restarts_failed_total[10m])')}",
                    ">",
                    3,
                ),
            ),
        ),
        "The worker of {{ $labels.instance }} dies again and again.",
    ),
    Alert(
        "FitBoxSwapFails",
        "ticket",
        "0m",
        ((Term(_each("increase(fitbox_swaps_failed_total[30m])"), ">", 0),),),
        "{{ $labels.instance }} could not take, or did not keep, the version that is to serve.",
    ),
    Alert(
        "FitBoxRegistryUnreadable",
        "ticket",
        "1m",
        (
            (
                Term("time() - fitbox_registry_read_timestamp_seconds", ">", 300),
                Term("fitbox_registry_read_timestamp_seconds", ">", 0),
            ),
        ),
        "{{ $labels.instance }} serves on, but has not been able to read models/active.json for "
        "{{ $value | humanizeDuration }}.",
    ),
    Alert(
        "FitBoxPlannerAnswers",
        "ticket",
        "15m",
        (
            (
                Term(
                    f"{_each('rate(fitbox_planner_fallbacks_total[30m])')}"
                    f" / {_each('rate(fitbox_plan_source_total[30m])')}",
                    ">",
                    0.2,
                ),
            ),
        ),
        "{{ $value | humanizePercentage }} of the plans of {{ $labels.instance }} are the planner's.",
    ),
    Alert(
        "FitBoxRefusesCalls",
        "ticket",
        "10m",
        ((Term(_each(f"rate(fitbox_admission_refused_total{_FOR_WANT_OF_ROOM}[5m])"), ">", 0),),),
        "{{ $labels.instance }} has refused calls for want of room for ten minutes.",
    ),
    Alert(
        "FitBoxNoSuccessfulRun",
        "ticket",
        "5m",
        (
            (
                Term("time() - fitbox_trainer_untrained_since_timestamp_seconds", ">", 6 * 3600),
                Term("fitbox_trainer_untrained_since_timestamp_seconds", ">", 0),
            ),
        ),
        "New data have waited for a version for {{ $value | humanizeDuration }}.",
    ),
    Alert(
        "FitBoxFilesRejected",
        "ticket",
        "0m",
        ((Term(_each("increase(fitbox_trainer_files_rejected_total[1h])"), ">", 0),),),
        "Nothing is used of a file that somebody put into the data folder within the hour.",
    ),
    Alert(
        "FitBoxWithdrawnMembersServed",
        "ticket",
        "6h",
        ((Term("fitbox_trainer_withdrawn_members_served", ">", 0),),),
        "{{ $value }} members whose data were withdrawn are still in the version that serves.",
    ),
    Alert(
        "FitBoxDiskNearlyFull",
        "ticket",
        "5m",
        ((Term("fitbox_disk_free_bytes / fitbox_disk_size_bytes", "<", 0.1),),),
        "{{ $labels.instance }}: {{ $value | humanizePercentage }} of {{ $labels.folder }}'s disk is free.",
    ),
    Alert(
        "FitBoxCertificateExpires",
        "ticket",
        "1h",
        ((Term("fitbox_tls_certificate_expiry_timestamp_seconds - time()", "<", 14 * 86400),),),
        "The certificate of {{ $labels.instance }} ends in {{ $value | humanizeDuration }}.",
    ),
)


def rules() -> dict[str, Any]:
    """The contents of a Prometheus rule file."""
    records = [{"record": name, "expr": expression} for name, expression in RECORDS.items()]
    alerts = [
        {
            "alert": alert.name,
            "expr": alert.condition,
            "for": alert.lasts,
            "labels": {"severity": alert.severity},
            "annotations": {"summary": alert.summary, "runbook_url": alert.runbook},
        }
        for alert in ALERTS
    ]
    return {
        "groups": [
            {"name": "fitbox-objectives", "rules": records},
            {"name": "fitbox-alerts", "rules": alerts},
        ]
    }
