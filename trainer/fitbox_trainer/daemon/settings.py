"""What an operator may set: from ``FITBOX_TRAINER_*`` variables, or the options of ``fitbox train``."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import SettingsConfigDict

from fitbox.rpc.listening import ListenSettings


class GateSettings(BaseModel):
    """When a candidate is good enough to serve. Scores and margins are on the quality scale, [0, 1]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_items: int = Field(default=8, ge=2)
    """Fewer evaluated plans than this decide nothing, so the candidate is refused."""
    min_parse_rate: float = Field(default=0.98, ge=0, le=1)
    """Share of generated texts that must be whole plans."""
    min_gain: float = Field(default=0.0, ge=-1, le=1)
    """The lower bound of the gain over base and random plans must be above it. Below 0 it is no proof of
    quality any more: only for trying the loop with a base that has learnt nothing. What the constraints
    forbid stays forbidden."""
    champion_margin: float = Field(default=0.10, ge=0)
    """A loss against the serving version that the lower confidence bound must exclude."""
    champion_tolerance: float = Field(default=0.01, ge=0)
    """A loss against the serving version that may be certain (upper bound): too small to matter."""
    starting_tolerance: float = Field(default=0.0, ge=0)
    """A loss against the shipped starting adapter that may be certain (upper bound)."""
    variety_share: float = Field(default=0.8, ge=0, le=1)
    """Of the planner's variety over the same members, which a candidate's may not certainly fall below."""
    slice_margin: float = Field(default=0.10, ge=0)
    """A slice collapses when its mean falls this far below the base's or the champion's, beyond chance."""
    min_slice_items: int = Field(default=8, ge=1)
    """Smaller slices are reported, not judged."""
    golden_tolerance: float = Field(default=0.01, ge=0)
    """Share of what an earlier version scored on its golden set that may be lost; more is refused where it
    is beyond chance."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """One-sided confidence of each bound; for slices, and for golden sets, of all of them together
    (Bonferroni)."""
    resamples: int = Field(default=2000, ge=100)
    """Bootstrap resamples."""
    seed: int = 42
    """Seed of the bootstrap, so that a decision can be repeated."""


class RetentionSettings(BaseModel):
    """How much is kept; see :mod:`fitbox_trainer.release.retention` for what is never deleted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    versions: int = Field(default=10, ge=1)
    """Newest versions that are kept, besides the active and the previous one."""
    rejected: int = Field(default=5, ge=0)
    """Newest refused candidates that are kept."""
    runs: int = Field(default=10, ge=0)
    """Newest folders of ended runs that are kept, with their logs."""


class TrainerSettings(ListenSettings):
    """Settings of the training daemon; those of its port (TLS, tokens, limits) are in ListenSettings."""

    model_config = SettingsConfigDict(
        env_prefix="FITBOX_TRAINER_", env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    data: Path = Path("data")
    """Watched folder of members' CSV files. FitBox reads it and never writes to it."""
    models: Path = Path("models")
    """The registry."""
    work: Path | None = None
    """Ledger, private copies, reports and runs. Unset: ``.work`` beside ``models`` (same file system)."""

    preset: str = "cpu-quick"
    """Name of the preset that automatic runs use."""
    base_model: str = "smollm2-135m-instruct"
    """The embedded default, a folder, or a hub id of a Llama-family model."""
    seed: int | None = None
    """Seed of a training. Unset: the preset's."""
    time_budget_seconds: float | None = Field(default=None, gt=0)
    """Training stops in time for this. Unset: what the preset says."""

    engine: str | None = None
    """The engine that judges candidates: the one that serves, as the server is told it. Unset: what the
    preset says, which is ``auto`` unless it names one."""
    engine_options: dict[str, str] | None = None
    """Its options, as the server's; JSON in the environment. Unset: what the preset says."""
    evaluation_members: int | None = Field(default=None, ge=4)
    """Most held-out members that a candidate is asked about, each for one plan a task. Unset: what the preset
    says."""

    scan_seconds: float = Field(default=0.5, gt=0)
    """Pause between scans while a file is settling."""
    rescan_seconds: float = Field(default=10.0, gt=0)
    """Pause between scans of a quiet folder whose events the kernel reports."""
    poll_seconds: float = Field(default=2.0, gt=0)
    """The same where no events can be had (network file systems, exhausted inotify)."""
    stable_scans: int = Field(default=3, ge=2)
    """A file is whole once its size, modification time and inode were equal in this many scans."""
    debounce_seconds: float = Field(default=5.0, ge=0)
    """A run waits until the dataset has not changed for this long."""
    debounce_max_seconds: float = Field(default=300.0, ge=0)
    """But not longer than this for a folder that never comes to rest; the run then takes the files that are
    whole."""
    min_changed_members: int = Field(default=1, ge=1)
    """An automatic run needs at least this many members added or withdrawn since the last one."""

    max_attempts: int = Field(default=3, ge=1)
    """A stage that failed this often fails its run."""
    backoff_seconds: float = Field(default=15.0, ge=0)
    """Pause before the second attempt; doubles with each further one, up to ten minutes."""
    nice: int = Field(default=10, ge=0, le=19)
    """Niceness of child processes, so that a server on the same machine goes first."""
    idle_time_only: bool = True
    """Child processes run when nothing else wants a core (``SCHED_IDLE``). Niceness alone adds milliseconds
    to each reply of a server beside them; but on a machine without idle time a run hardly gets on."""
    max_training_memory_mib: int | None = Field(default=None, ge=64)
    """Memory (MiB, without pages of files) that training may use; above it the attempt ends as out of memory
    and is repeated with a smaller micro-batch. Unset: no limit of ours."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads of a child process. Unset: every core this process may use."""
    stop_grace_seconds: float = Field(default=10.0, ge=0)
    """Time between asking a child process to end and killing it."""

    port: int = Field(default=50052, ge=0, le=65535)
    """Port of TrainingService; 0 takes a free one."""
    metrics_host: str = "127.0.0.1"
    """Address of ``/metrics``, which has no tokens and no TLS: apart from that of the API."""
    metrics_port: int = Field(default=9465, ge=0, le=65535)
    """Port of ``/metrics``; 0 takes a free one."""

    gate: GateSettings = GateSettings()
    """Thresholds of promotion."""

    retention: RetentionSettings = RetentionSettings()
    """What is deleted after each run."""

    prepare_command: tuple[str, ...] = (sys.executable, "-m", "fitbox_trainer.cli", "model", "prepare")
    """Prepares the base model; gets ``NAME --models DIR``."""
    finetune_command: tuple[str, ...] = (
        *(sys.executable, "-m", "accelerate.commands.launch", "--num_processes", "1"),
        *("--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"),
        *("-m", "fitbox_trainer.finetune"),
    )
    """Trains a run folder; gets ``--run-dir DIR``."""
    evaluate_command: tuple[str, ...] = (sys.executable, "-m", "fitbox_trainer.evaluation")
    """Evaluates a run folder; gets ``--run-dir DIR``."""

    @property
    def work_dir(self) -> Path:
        """The folder of the daemon's own state."""
        return self.work if self.work is not None else default_work_dir(self.models)


def default_work_dir(models: Path) -> Path:
    """``.work`` beside the registry, so that both are on one file system."""
    return models.absolute().parent / ".work"
