"""Prometheus metrics: listens to the hooks, writes what :mod:`fitbox_server.metric_catalogue` declares."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable

from prometheus_client import CollectorRegistry

from fitbox.engine.types import Generation
from fitbox.engine.wire import WorkerStats
from fitbox.plan import PlanSource
from fitbox.registry import BASE_VERSION
from fitbox.tasks import TaskName
from fitbox.telemetry.metric import OTHER, Meter
from fitbox_server import metric_catalogue as catalogue
from fitbox_server.hooks import Hooks, SwapOutcome, SwapPhase, WaitingFor, WorkerEnd


class PrometheusHooks(Hooks):
    """Every metric of the server, registered in ``registry``; one instance a registry."""

    def __init__(self, registry: CollectorRegistry, *, clock: Callable[[], float] = time.time) -> None:
        self._meter, self._clock = Meter(registry, catalogue.SERVER_METRICS), clock
        self._kept: deque[str] = deque()
        self._loaded: set[str] = set()
        self._held: Counter[str] = Counter()
        for outcome in SwapOutcome:
            self._meter.counter(catalogue.SWAPS, outcome=outcome.value, reason="")

    # --- the swap --------------------------------------------------------------------------------------

    def swap_phase(self, phase: SwapPhase, seconds: float) -> None:
        """See Hooks."""
        self._meter.observe(catalogue.SWAP_SECONDS, seconds, phase=phase.value)

    def swap_finished(self, outcome: SwapOutcome, version: str, reason: str = "") -> None:
        """See Hooks. The version is no label here: it would grow without bound."""
        self._meter.add(catalogue.SWAPS, outcome=outcome.value, reason=reason)
        if outcome is not SwapOutcome.SERVED:
            self._meter.add(catalogue.SWAPS_FAILED, outcome=outcome.value)

    def serving(self, version: str, digest: str) -> None:
        """See Hooks."""
        self._meter.forget(catalogue.ACTIVE)
        self._meter.set(catalogue.ACTIVE, 1, version=version, digest=digest)
        self._loaded.add(version)
        self._show_loaded()
        self.leased(version, 0)
        if version in self._kept:
            self._kept.remove(version)
        self._kept.append(version)
        while len(self._kept) > catalogue.VERSIONS_KEPT:
            retired = self._kept.popleft()
            for metric in catalogue.OF_KEPT:
                self._meter.forget(metric, version=retired)

    def version_ended(self, version: str) -> None:
        """See Hooks."""
        self._loaded.discard(version)
        self._show_loaded()
        for metric in catalogue.OF_LOADED:
            self._meter.forget(metric, version=version)

    def looked(self) -> None:
        """See Hooks."""
        self._meter.set(catalogue.LOOKED, self._clock())

    def leased(self, version: str, change: int) -> None:
        """See Hooks. One that outlived its version brings no series back."""
        self._held[version] += change
        held = self._held[version]
        if version in self._loaded:
            self._meter.set(catalogue.VERSION_IN_FLIGHT, held, version=version)
        if not held:
            del self._held[version]

    # --- workers ---------------------------------------------------------------------------------------

    def worker_reported(self, version: str, stats: WorkerStats) -> None:
        """See Hooks."""
        if version not in self._loaded:
            return
        for metric, value in (
            (catalogue.RUNNING_TEXTS, stats.running),
            (catalogue.WAITING_TEXTS, stats.waiting),
            (catalogue.KV_CACHE, stats.cache_usage),
            (catalogue.WORKER_MEMORY, stats.resident_bytes),
            (catalogue.WORKER_DEVICE_MEMORY, stats.device_bytes),
        ):
            self._meter.set(metric, value, version=version)

    def worker_died(self, version: str, end: WorkerEnd) -> None:
        """See Hooks."""
        self._meter.add(catalogue.DEATHS, end=end)

    def worker_not_restarted(self, version: str) -> None:
        """See Hooks."""
        self._meter.add(catalogue.RESTARTS_FAILED)

    def worker_restarted(self, version: str) -> None:
        """See Hooks."""
        self._meter.add(catalogue.RESTARTS)

    def worker_hung(self, version: str) -> None:
        """See Hooks."""
        self._meter.add(catalogue.HANGS)

    # --- requests --------------------------------------------------------------------------------------

    def generated(
        self, task: TaskName, version: str, generation: Generation, *, constrained: bool = True
    ) -> None:
        """See Hooks."""
        labels = {"task": task.value, "version": self._label(version)}
        tokens, decoding = generation.completion_tokens, generation.total_seconds - generation.ttft_seconds
        self._meter.add(catalogue.PROMPT_TOKENS, generation.prompt_tokens, **labels)
        self._meter.add(catalogue.GENERATED_TOKENS, tokens, **labels)
        prefill = max(0.0, generation.ttft_seconds - generation.compile_seconds)
        self._meter.observe(catalogue.PREFILL, prefill, **labels)
        self._meter.observe(catalogue.DECODE, max(0.0, decoding), **labels)
        if tokens > 1:
            self._meter.observe(catalogue.INTER_TOKEN, max(0.0, decoding) / (tokens - 1), **labels)
        if constrained:
            compiled = generation.compile_seconds > 0
            self._meter.add(catalogue.GRAMMARS, outcome="miss" if compiled else "hit")
            if compiled:
                self._meter.observe(catalogue.COMPILES, generation.compile_seconds)

    def first_token(self, task: TaskName, version: str, seconds: float) -> None:
        """See Hooks."""
        self._meter.observe(catalogue.FIRST_TOKEN, seconds, task=task.value, version=self._label(version))

    def cancelled(self, task: TaskName, waiting_for: WaitingFor) -> None:
        """See Hooks."""
        self._meter.add(catalogue.CANCELLATIONS, task=task.value, waiting_for=waiting_for)

    def attempt_failed(self, task: TaskName, version: str, reason: str) -> None:
        """See Hooks."""
        labels = {"task": task.value, "version": self._label(version), "reason": reason}
        self._meter.add(catalogue.ATTEMPTS_FAILED, **labels)

    def plan_made(self, task: TaskName, version: str, source: PlanSource, seconds: float) -> None:
        """See Hooks."""
        labels = {"task": task.value, "version": self._label(version)}
        self._meter.add(catalogue.SOURCES, task=task.value, source=source.value.lower())
        self._meter.observe(catalogue.END_TO_END, seconds, **labels)
        # A version that never fell back has a zero to compare with.
        self._meter.add(catalogue.FALLBACKS, float(source is PlanSource.PLANNER), **labels)

    def replaced(self, what: str) -> None:
        """See Hooks."""
        self._meter.add(catalogue.REPLACED, what=what)

    def admission(self, *, in_flight: int, waiting: int) -> None:
        """See Hooks."""
        self._meter.set(catalogue.IN_FLIGHT, in_flight)
        self._meter.set(catalogue.WAITING, waiting)

    def admitted(self, waited_seconds: float) -> None:
        """See Hooks."""
        self._meter.observe(catalogue.WAITS, waited_seconds)

    def refused(self, reason: str) -> None:
        """See Hooks."""
        self._meter.add(catalogue.REFUSED, reason=reason)

    def feedback(self, task: TaskName, version: str, kind: str) -> None:
        """See Hooks. ListFeedback counts by version."""
        self._meter.add(catalogue.FEEDBACK, task=task.value, kind=kind.lower())

    def feedback_refused(self, reason: str) -> None:
        """See Hooks."""
        self._meter.add(catalogue.FEEDBACK_REFUSED, reason=reason)

    def reply_cache(self, *, hit: bool, kept_bytes: int) -> None:
        """See Hooks."""
        self._meter.add(catalogue.CACHE, outcome="hit" if hit else "miss")
        self._meter.set(catalogue.CACHE_BYTES, kept_bytes)

    def _label(self, version: str) -> str:
        return version if version in self._kept else OTHER

    def _show_loaded(self) -> None:
        adapters = ",".join(sorted(self._loaded - {BASE_VERSION}))
        self._meter.forget(catalogue.LORA)
        labels = {"max_lora": "1", "running_lora_adapters": adapters, "waiting_lora_adapters": ""}
        self._meter.set(catalogue.LORA, self._clock(), **labels)
