"""The daemon's Prometheus metrics: listens to its hooks, writes what ``metric_catalogue`` declares."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from fitbox.registry import InvalidReason
from fitbox.telemetry.metric import OTHER, Meter
from fitbox_trainer.daemon import metric_catalogue as catalogue
from fitbox_trainer.daemon.hooks import Hooks
from fitbox_trainer.daemon.records import Content, FileStatus, Run
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.run.progress import Progress

if TYPE_CHECKING:
    from fitbox_trainer.data.withdrawn import Withdrawn
    from fitbox_trainer.intake.report import ColumnDrift
    from fitbox_trainer.release.gate import Decision
    from fitbox_trainer.release.retention import Collected

_UNJUDGED = frozenset({"does_not_load", "not_evaluated"})
"""Refusals after which the gate looks at nothing else."""


class TrainerMetrics(Hooks):
    """Registers every metric in ``registry``, each label value from the start, so that rates have a zero."""

    def __init__(self, registry: CollectorRegistry, *, clock: Callable[[], float] = time.time) -> None:
        self._meter, self._clock = Meter(registry, catalogue.TRAINER_METRICS), clock
        self._trained = self._dataset = ""
        """Digests of the datasets behind the newest version, and of the next run."""
        self._untrained_since = 0.0
        self._changed_at: float | None = None
        """Before this daemon; ``None`` once it has seen a dataset itself."""
        self._show_stage(None)

    def file_read(self, name: str, content: Content, *, new: bool) -> None:
        if not new:
            return
        accepted = content.status is FileStatus.ACCEPTED
        self._meter.add(catalogue.READ, status="accepted" if accepted else "rejected")
        if not accepted:
            rows = content.rows_accepted + content.rows_rejected + content.rows_duplicate
            self._meter.add(catalogue.FILES_REJECTED, reason="rows" if rows else "table")
        self._meter.add(catalogue.ROWS, content.rows_accepted, status="accepted")
        self._meter.add(catalogue.ROWS, content.rows_rejected, status="rejected")
        self._meter.add(catalogue.ROWS, content.rows_duplicate, status="duplicate")
        for (field, fault), cells in content.rejected_cells.items():
            self._meter.add(catalogue.CELLS, cells, field=field, fault=fault)

    def file_refused(self, name: str, reason: str) -> None:
        self._meter.add(catalogue.REFUSED)
        self._meter.add(catalogue.FILES_REJECTED, reason="entry")

    def file_withdrawn(self, name: str) -> None:
        self._meter.add(catalogue.WITHDRAWN)

    def waiting(self, *, files: int, runs: int) -> None:
        self._meter.set(catalogue.WAITING_FILES, files)
        self._meter.set(catalogue.QUEUED_RUNS, runs)

    def dataset_changed(self, digest: str, members: int) -> None:
        self._meter.set(catalogue.MEMBERS, members)
        self._dataset = digest if members else ""
        self._compare()

    def file_drifted(self, name: str, drift: Sequence[ColumnDrift]) -> None:
        self._meter.forget(
            catalogue.DRIFT
        )  # a column that this file lacks must not keep another file's figure
        for column in drift:
            self._meter.set(catalogue.DRIFT, column.effect, column=column.column)
        if any(column.is_notable for column in drift):
            self._meter.add(catalogue.DRIFTED)

    def collected(self, collected: Collected) -> None:
        self._meter.add(catalogue.COLLECTED, collected.size_bytes)

    def withdrawn_served(self, withdrawn: Withdrawn) -> None:
        self._meter.set(catalogue.WITHDRAWN_SERVED, withdrawn.members)

    def stage_entered(self, run: Run) -> None:
        if run.stage.is_end:
            self._meter.add(catalogue.RUNS, outcome=run.stage.lower())
            self._show_stage(None)
            self._show(Progress())
        else:
            self._show_stage(run.stage)
        if run.stage is Stage.SUCCEEDED:
            self._meter.set(catalogue.LAST_SUCCESS, self._clock())
            self._trained = run.dataset_digest
            self._compare()

    def stage_left(self, run: Run, stage: Stage, seconds: float) -> None:
        self._meter.observe(catalogue.STAGE_DURATION, seconds, stage=stage.lower())

    def judged(self, run: Run, decision: Decision) -> None:
        codes = {reason.code for reason in decision.reasons}
        refused = {_check_of(code) for code in codes}
        for check in refused:
            self._meter.add(catalogue.GATE, check=check, result="refused")
        if not codes & _UNJUDGED:
            for check in catalogue.CHECKS:
                if check not in refused:
                    self._meter.add(catalogue.GATE, check=check, result="passed")
        self._meter.forget(catalogue.GATE_FIGURE)
        for figure in catalogue.FIGURES:
            if figure in decision.figures:
                self._meter.set(catalogue.GATE_FIGURE, decision.figures[figure], figure=figure)

    def attempt_failed(self, run: Run, cause: str, detail: str) -> None:
        self._meter.add(catalogue.ATTEMPTS_FAILED, stage=run.stage.lower(), cause=cause.lower())

    def progressed(self, run: Run, progress: Progress) -> None:
        self._show(progress)

    def trouble(self, what: str, error: Exception) -> None:
        self._meter.add(catalogue.TROUBLES)

    def restore(
        self, *, current: Run | None, last_success: float, trained: str = "", changed_at: float = 0.0
    ) -> None:
        """Start from the ledger instead of zero where a restart should not look like news.

        Args:
            current: The run that was under way.
            last_success: Unix time at which a run last succeeded; 0 for never.
            trained: Digest of the dataset of that run.
            changed_at: Unix time of the newest change in the data folder.
        """
        self._meter.set(catalogue.LAST_SUCCESS, last_success)
        self._trained, self._changed_at = trained, changed_at or None
        self._show_stage(None if current is None else current.stage)

    def _compare(self) -> None:
        """Since when the next run's dataset has been another one than the newest version's."""
        before, self._changed_at = self._changed_at, None
        if self._dataset in ("", self._trained):
            self._untrained_since = 0.0
        elif not self._untrained_since:
            self._untrained_since = before or self._clock()
        self._meter.set(catalogue.UNTRAINED_SINCE, self._untrained_since)

    def _show(self, progress: Progress) -> None:
        for metric, value in (
            (catalogue.STEP, progress.step),
            (catalogue.TOTAL_STEPS, progress.total_steps),
            (catalogue.LOSS, progress.loss),
            (catalogue.LEARNING_RATE, progress.learning_rate),
            (catalogue.TOKENS_PER_SECOND, progress.tokens_per_second),
            (catalogue.SECONDS_LEFT, progress.seconds_left),
            (catalogue.CHECKPOINT, progress.checkpoint_at),
            (catalogue.CHILD_MEMORY, progress.memory_bytes),
            (catalogue.DEVICE_MEMORY, progress.device_bytes),
        ):
            self._meter.set(metric, value)

    def _show_stage(self, current: Stage | None) -> None:
        for stage in Stage:
            if not stage.is_end:
                self._meter.set(catalogue.STAGE, float(stage is current), stage=stage.lower())


def _check_of(code: str) -> str:
    """The check that refused; what the registry says of files is one."""
    if code in catalogue.CHECKS:
        return code
    return catalogue.FILES if code in {reason.value for reason in InvalidReason} else OTHER
