"""Prometheus metrics: listens to the hooks. The gRPC metrics are :mod:`fitbox.telemetry.grpc_metrics`."""

from __future__ import annotations

from collections import deque

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from fitbox.plan import PlanSource
from fitbox.tasks import TaskName
from fitbox_server.hooks import Hooks, SwapOutcome, SwapPhase

_VERSIONS_KEPT = 4
"""Versions whose series are kept, the newest that served; what a still older one does is counted under
``other``. Without this every version would leave its series in Prometheus for ever."""
_OTHER = "other"
_TOKEN_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SWAP_SECONDS = (0.001, 0.01, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
_WAIT_SECONDS = (0.0001, 0.001, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0)


class PrometheusHooks(Hooks):
    """Every metric of the server, registered in ``registry``; one instance a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._tokens = Counter(
            "fitbox_generated_tokens", "Tokens decoded.", ("task", "version"), registry=registry
        )
        self._ttft = Histogram(
            "fitbox_time_to_first_token_seconds",
            "From admission to the first token.",
            ("task",),
            buckets=_TOKEN_SECONDS,
            registry=registry,
        )
        self._attempts_failed = Counter(
            "fitbox_attempts_failed",
            "Generated texts that failed their checks.",
            ("task", "version", "reason"),
            registry=registry,
        )
        self._sources = Counter(
            "fitbox_plan_source", "Plans by who chose their items.", ("task", "source"), registry=registry
        )
        self._replaced = Counter(
            "fitbox_plan_parts_replaced", "Parts of plans that were replaced.", ("what",), registry=registry
        )
        self._active = Gauge(
            "fitbox_active_adapter_info",
            "1 for the version that serves.",
            ("version", "digest"),
            registry=registry,
        )
        self._phases = Histogram(
            "fitbox_swap_seconds", "Phases of a swap.", ("phase",), buckets=_SWAP_SECONDS, registry=registry
        )
        self._swaps = Counter(
            "fitbox_swaps", "Swaps by how they ended.", ("outcome", "reason"), registry=registry
        )
        self._restarts = Counter(
            "fitbox_worker_restarts", "Workers that died and run again.", registry=registry
        )
        self._hangs = Counter(
            "fitbox_worker_hangs", "Workers that did not answer and were killed.", registry=registry
        )
        self._in_flight = Gauge("fitbox_admission_in_flight", "Requests that hold a slot.", registry=registry)
        self._waiting = Gauge("fitbox_admission_waiting", "Requests that wait for one.", registry=registry)
        self._refused = Counter(
            "fitbox_admission_refused", "Requests refused at once.", ("reason",), registry=registry
        )
        self._waits = Histogram(
            "fitbox_admission_wait_seconds", "Wait for a slot.", buckets=_WAIT_SECONDS, registry=registry
        )
        self._cache = Counter(
            "fitbox_reply_cache", "Look-ups of requests in the reply cache.", ("outcome",), registry=registry
        )
        self._cache_bytes = Gauge("fitbox_reply_cache_bytes", "Replies that are kept.", registry=registry)
        self._feedback = Counter(
            "fitbox_feedback_events", "Events on replies that are kept.", ("task", "kind"), registry=registry
        )
        self._feedback_refused = Counter(
            "fitbox_feedback_refused", "Feedback that was refused.", ("reason",), registry=registry
        )
        self._versions: deque[str] = deque()
        self._labels: set[tuple[str, str, str]] = set()
        """(task, version, reason) of the series that exist; the reason is empty for tokens."""
        for phase in SwapPhase:
            self._phases.labels(phase.value)
        for outcome in SwapOutcome:
            self._swaps.labels(outcome.value, "")

    def swap_phase(self, phase: SwapPhase, seconds: float) -> None:
        """See Hooks."""
        self._phases.labels(phase.value).observe(seconds)

    def swap_finished(self, outcome: SwapOutcome, version: str, reason: str = "") -> None:
        """See Hooks. The version is no label here: it would grow without bound."""
        self._swaps.labels(outcome.value, reason).inc()

    def serving(self, version: str, digest: str) -> None:
        """See Hooks."""
        self._active.clear()
        self._active.labels(version, digest).set(1)
        if version in self._versions:
            self._versions.remove(version)
        self._versions.append(version)
        while len(self._versions) > _VERSIONS_KEPT:
            self._forget(self._versions.popleft())

    def worker_restarted(self, version: str) -> None:
        """See Hooks."""
        self._restarts.inc()

    def worker_hung(self, version: str) -> None:
        """See Hooks."""
        self._hangs.inc()

    def generated(self, task: TaskName, version: str, tokens: int) -> None:
        """See Hooks."""
        labels = task.value, self._label(version)
        self._labels.add((*labels, ""))
        self._tokens.labels(*labels).inc(tokens)

    def first_token(self, task: TaskName, seconds: float) -> None:
        """See Hooks."""
        self._ttft.labels(task.value).observe(seconds)

    def attempt_failed(self, task: TaskName, version: str, reason: str) -> None:
        """See Hooks."""
        labels = task.value, self._label(version), reason
        self._labels.add(labels)
        self._attempts_failed.labels(*labels).inc()

    def plan_made(self, task: TaskName, source: PlanSource) -> None:
        """See Hooks."""
        self._sources.labels(task.value, source.value.lower()).inc()

    def replaced(self, what: str) -> None:
        """See Hooks."""
        self._replaced.labels(what).inc()

    def admission(self, *, in_flight: int, waiting: int) -> None:
        """See Hooks."""
        self._in_flight.set(in_flight)
        self._waiting.set(waiting)

    def admitted(self, waited_seconds: float) -> None:
        """See Hooks."""
        self._waits.observe(waited_seconds)

    def refused(self, reason: str) -> None:
        """See Hooks."""
        self._refused.labels(reason).inc()

    def feedback(self, task: TaskName, version: str, kind: str) -> None:
        """See Hooks. ListFeedback counts by version."""
        self._feedback.labels(task.value, kind.lower()).inc()

    def feedback_refused(self, reason: str) -> None:
        """See Hooks."""
        self._feedback_refused.labels(reason).inc()

    def reply_cache(self, *, hit: bool, kept_bytes: int) -> None:
        """See Hooks."""
        self._cache.labels("hit" if hit else "miss").inc()
        self._cache_bytes.set(kept_bytes)

    def _label(self, version: str) -> str:
        return version if version in self._versions else _OTHER

    def _forget(self, version: str) -> None:
        """Remove the series of a version; its counts are in the sums that Prometheus has taken."""
        for labels in [labels for labels in self._labels if labels[1] == version]:
            self._labels.discard(labels)
            if labels[2]:
                self._attempts_failed.remove(*labels)
            else:
                self._tokens.remove(*labels[:2])
