"""The daemon's Prometheus metrics, fed by its hooks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from fitbox_trainer.daemon.hooks import Hooks
from fitbox_trainer.daemon.records import Content, FileStatus, Run
from fitbox_trainer.daemon.stages import ENDS, Stage
from fitbox_trainer.run.progress import Progress

if TYPE_CHECKING:
    from fitbox_trainer.data.withdrawn import Withdrawn
    from fitbox_trainer.intake.report import ColumnDrift
    from fitbox_trainer.release.retention import Collected

_STAGE_SECONDS = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200)


class TrainerMetrics(Hooks):
    """Registers every metric in ``registry``, each label value from the start, so that rates have a zero."""

    def __init__(self, registry: CollectorRegistry, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._runs = Counter(
            "fitbox_trainer_runs", "Runs that ended, by outcome.", ["outcome"], registry=registry
        )
        self._attempts = Counter(
            "fitbox_trainer_failed_attempts",
            "Attempts of a stage that failed, by cause.",
            ["stage", "cause"],
            registry=registry,
        )
        self._stage_seconds = Histogram(
            "fitbox_trainer_stage_duration_seconds",
            "From the first entry of a stage to its end, pauses included.",
            ["stage"],
            buckets=_STAGE_SECONDS,
            registry=registry,
        )
        self._stage = Gauge(
            "fitbox_trainer_stage", "1 for the stage of the current run.", ["stage"], registry=registry
        )
        self._files = Counter(
            "fitbox_trainer_files", "Distinct contents read, by status.", ["status"], registry=registry
        )
        self._refused = Counter(
            "fitbox_trainer_entries_refused", "Entries of the folder that are never read.", registry=registry
        )
        self._withdrawn = Counter(
            "fitbox_trainer_files_withdrawn", "Files that were deleted.", registry=registry
        )
        self._rows = Counter(
            "fitbox_trainer_rows", "Rows of distinct contents, by status.", ["status"], registry=registry
        )
        self._members = Gauge(
            "fitbox_trainer_dataset_members",
            "Members that the next run would train on.",
            registry=registry,
        )
        self._troubles = Counter(
            "fitbox_trainer_troubles",
            "Failures outside any run (folder, disk), each tried again.",
            registry=registry,
        )
        self._drifted = Counter(
            "fitbox_trainer_files_drifted",
            "Files with a column that differs notably from the active dataset.",
            registry=registry,
        )
        self._drift = Gauge(
            "fitbox_trainer_drift_effect",
            "Effect size (D or Cramer's V, 0 to 1) of the newest compared file, by column.",
            ["column"],
            registry=registry,
        )
        self._collected_bytes = Counter(
            "fitbox_trainer_collected_bytes", "Bytes that retention deleted.", registry=registry
        )
        self._withdrawn_served = Gauge(
            "fitbox_trainer_withdrawn_members_served",
            "Members of the active version who are in no file any more.",
            registry=registry,
        )
        self._step = Gauge("fitbox_trainer_step", "Step of the current run.", registry=registry)
        self._total_steps = Gauge(
            "fitbox_trainer_total_steps", "Steps that the current run will take.", registry=registry
        )
        self._loss = Gauge("fitbox_trainer_loss", "Training loss of the newest step.", registry=registry)
        self._learning_rate = Gauge(
            "fitbox_trainer_learning_rate", "Learning rate of the newest step.", registry=registry
        )
        self._tokens_per_second = Gauge(
            "fitbox_trainer_tokens_per_second", "Trained tokens a second.", registry=registry
        )
        self._seconds_left = Gauge(
            "fitbox_trainer_seconds_left", "Estimated rest of the current child.", registry=registry
        )
        self._last_success = Gauge(
            "fitbox_trainer_last_success_timestamp_seconds",
            "Unix time at which a run last published a version; 0 for never.",
            registry=registry,
        )
        for end in ENDS:
            self._runs.labels(end.lower())
        for status in ("accepted", "rejected"):
            self._files.labels(status)
        for status in ("accepted", "rejected", "duplicate"):
            self._rows.labels(status)
        self._show_stage(None)

    def file_read(self, name: str, content: Content, *, new: bool) -> None:
        if not new:
            return
        self._files.labels("accepted" if content.status is FileStatus.ACCEPTED else "rejected").inc()
        self._rows.labels("accepted").inc(content.rows_accepted)
        self._rows.labels("rejected").inc(content.rows_rejected)
        self._rows.labels("duplicate").inc(content.rows_duplicate)

    def file_refused(self, name: str, reason: str) -> None:
        self._refused.inc()

    def file_withdrawn(self, name: str) -> None:
        self._withdrawn.inc()

    def dataset_changed(self, digest: str, members: int) -> None:
        self._members.set(members)

    def file_drifted(self, name: str, drift: Sequence[ColumnDrift]) -> None:
        self._drift.clear()  # a column that this file lacks must not keep another file's figure
        for column in drift:
            self._drift.labels(column.column).set(column.effect)
        if any(column.is_notable for column in drift):
            self._drifted.inc()

    def collected(self, collected: Collected) -> None:
        self._collected_bytes.inc(collected.size_bytes)

    def withdrawn_served(self, withdrawn: Withdrawn) -> None:
        self._withdrawn_served.set(withdrawn.members)

    def stage_entered(self, run: Run) -> None:
        if run.stage.is_end:
            self._runs.labels(run.stage.lower()).inc()
            self._show_stage(None)
            self._show(Progress())
        else:
            self._show_stage(run.stage)
        if run.stage is Stage.SUCCEEDED:
            self._last_success.set(self._clock())

    def stage_left(self, run: Run, stage: Stage, seconds: float) -> None:
        self._stage_seconds.labels(stage.lower()).observe(seconds)

    def attempt_failed(self, run: Run, cause: str, detail: str) -> None:
        self._attempts.labels(run.stage.lower(), cause.lower()).inc()

    def progressed(self, run: Run, progress: Progress) -> None:
        self._show(progress)

    def trouble(self, what: str, error: Exception) -> None:
        self._troubles.inc()

    def restore(self, *, current: Run | None, last_success: float) -> None:
        """Start from the ledger instead of zero where a restart should not look like news."""
        self._last_success.set(last_success)
        self._show_stage(None if current is None else current.stage)

    def _show(self, progress: Progress) -> None:
        self._step.set(progress.step)
        self._total_steps.set(progress.total_steps)
        self._loss.set(progress.loss)
        self._learning_rate.set(progress.learning_rate)
        self._tokens_per_second.set(progress.tokens_per_second)
        self._seconds_left.set(progress.seconds_left)

    def _show_stage(self, current: Stage | None) -> None:
        for stage in Stage:
            if not stage.is_end:
                self._stage.labels(stage.lower()).set(stage is current)
