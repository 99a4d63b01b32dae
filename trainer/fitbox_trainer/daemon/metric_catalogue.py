"""The daemon's metrics, beside those of every gRPC server and of the host (:mod:`fitbox.telemetry`)."""

from __future__ import annotations

from fitbox.telemetry.metric import Kind, Label, Metric
from fitbox_trainer.daemon.stages import ENDS, Stage
from fitbox_trainer.run.children import Cause

_STAGE_SECONDS = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200)
STAGES = tuple(stage.lower() for stage in Stage if not stage.is_end)
FILES = "files"
"""The check of a candidate's files, whatever is wrong with them."""
CHECKS = (
    *("does_not_load", "not_evaluated", "too_few_items", "does_not_answer", "not_finite", "violations"),
    *("parse_rate", "not_better_than_base", "not_better_than_random", "worse_than_champion"),
    *("worse_than_starting", "slice_collapsed", "forgets", "not_examined", "examined_worse", "less_varied"),
    *("nonsense", FILES),
)
"""What the gate may refuse a candidate for."""
FIGURES = (
    *("items", "candidate_mean", "parse_rate", "gain_over_base", "gain_over_random", "gain_over_champion"),
    *("gain_over_starting",),
)
"""Of the figures that the gate rests on, those that every evaluation may have."""

RUNS = Metric(
    "fitbox_trainer_runs_total",
    Kind.COUNTER,
    "Runs that ended, by outcome.",
    "sum by (outcome) (increase(fitbox_trainer_runs_total[1d]))",
    (Label("outcome", tuple(end.lower() for end in ENDS)),),
    "runs",
)
STAGE = Metric(
    "fitbox_trainer_stage",
    Kind.GAUGE,
    "1 for the stage of the current run.",
    "fitbox_trainer_stage == 1",
    (Label("stage", STAGES),),
)
STAGE_DURATION = Metric(
    "fitbox_trainer_stage_duration_seconds",
    Kind.HISTOGRAM,
    "From the first entry of a stage to its end, pauses included.",
    "sum by (stage) (rate(fitbox_trainer_stage_duration_seconds_sum[1d]))"
    " / sum by (stage) (rate(fitbox_trainer_stage_duration_seconds_count[1d]))",
    (Label("stage", STAGES),),
    "seconds",
    _STAGE_SECONDS,
)
ATTEMPTS_FAILED = Metric(
    "fitbox_trainer_failed_attempts_total",
    Kind.COUNTER,
    "Attempts of a stage that failed, by cause.",
    "sum by (stage, cause) (increase(fitbox_trainer_failed_attempts_total[1d]))",
    (Label("stage", STAGES), Label("cause", tuple(cause.lower() for cause in Cause if cause != Cause.DONE))),
    "attempts",
)
QUEUED_RUNS = Metric(
    "fitbox_trainer_queued_runs",
    Kind.GAUGE,
    "Runs that wait for their turn.",
    "fitbox_trainer_queued_runs",
    unit="runs",
)
WAITING_FILES = Metric(
    "fitbox_trainer_waiting_files",
    Kind.GAUGE,
    "Whole files that wait to be read.",
    "fitbox_trainer_waiting_files",
    unit="files",
)
LAST_SUCCESS = Metric(
    "fitbox_trainer_last_success_timestamp_seconds",
    Kind.GAUGE,
    "When a run last published a version; 0 for never.",
    "time() - fitbox_trainer_last_success_timestamp_seconds",
    unit="timestamp",
)
UNTRAINED_SINCE = Metric(
    "fitbox_trainer_untrained_since_timestamp_seconds",
    Kind.GAUGE,
    "Since when the data hold a change that no published version has; 0 where the newest has them all.",
    "(time() - fitbox_trainer_untrained_since_timestamp_seconds)"
    " and fitbox_trainer_untrained_since_timestamp_seconds > 0",
    unit="timestamp",
)
STEP = Metric(
    "fitbox_trainer_step", Kind.GAUGE, "Step of the current run.", "fitbox_trainer_step", unit="steps"
)
TOTAL_STEPS = Metric(
    "fitbox_trainer_total_steps",
    Kind.GAUGE,
    "Steps that the current run will take.",
    "fitbox_trainer_step / fitbox_trainer_total_steps",
    unit="steps",
)
LOSS = Metric("fitbox_trainer_loss", Kind.GAUGE, "Training loss of the newest step.", "fitbox_trainer_loss")
LEARNING_RATE = Metric(
    "fitbox_trainer_learning_rate",
    Kind.GAUGE,
    "Learning rate of the newest step.",
    "fitbox_trainer_learning_rate",
)
TOKENS_PER_SECOND = Metric(
    "fitbox_trainer_tokens_per_second",
    Kind.GAUGE,
    "Trained tokens a second.",
    "fitbox_trainer_tokens_per_second",
    unit="tokens/s",
)
SECONDS_LEFT = Metric(
    "fitbox_trainer_seconds_left",
    Kind.GAUGE,
    "Estimated rest of the current child.",
    "fitbox_trainer_seconds_left / 60",
    unit="seconds",
)
CHECKPOINT = Metric(
    "fitbox_trainer_last_checkpoint_timestamp_seconds",
    Kind.GAUGE,
    "When the current run last wrote a checkpoint; 0 before its first.",
    "time() - fitbox_trainer_last_checkpoint_timestamp_seconds",
    unit="timestamp",
)
CHILD_MEMORY = Metric(
    "fitbox_trainer_child_resident_memory_bytes",
    Kind.GAUGE,
    "Memory, in RAM, of the process that trains; 0 while none does.",
    "fitbox_trainer_child_resident_memory_bytes",
    unit="bytes",
)
DEVICE_MEMORY = Metric(
    "fitbox_trainer_device_memory_bytes",
    Kind.GAUGE,
    "Memory of the GPU that it holds; 0 on a CPU.",
    "fitbox_trainer_device_memory_bytes",
    unit="bytes",
)
GATE = Metric(
    "fitbox_trainer_gate_checks_total",
    Kind.COUNTER,
    "Decisions of the gate, by check: candidates that it would have passed, and that it refused.",
    'sum by (check) (increase(fitbox_trainer_gate_checks_total{result="refused"}[7d]))',
    (Label("check", CHECKS), Label("result", ("passed", "refused"))),
    "candidates",
)
GATE_FIGURE = Metric(
    "fitbox_trainer_gate_figure",
    Kind.GAUGE,
    "What was measured of the newest candidate: mean quality of its plans, its gain over others, 0 to 1.",
    'fitbox_trainer_gate_figure{figure="candidate_mean"}',
    (Label("figure", FIGURES),),
    from_the_start=False,
)
READ = Metric(
    "fitbox_trainer_files_total",
    Kind.COUNTER,
    "Distinct contents read, by status.",
    "sum by (status) (increase(fitbox_trainer_files_total[1d]))",
    (Label("status", ("accepted", "rejected")),),
    "files",
)
FILES_REJECTED = Metric(
    "fitbox_trainer_files_rejected_total",
    Kind.COUNTER,
    "Files of which nothing is used: `table`, it is no table of members or of feedback; `rows`, too many of "
    "its rows cannot be used; `entry`, it is never read (a link, a folder, another ending).",
    "sum by (reason) (increase(fitbox_trainer_files_rejected_total[1h])) > 0",
    (Label("reason", ("table", "rows", "entry")),),
    "files",
)
REFUSED = Metric(
    "fitbox_trainer_entries_refused_total",
    Kind.COUNTER,
    "Entries of the folder that are never read.",
    "increase(fitbox_trainer_entries_refused_total[1d])",
    unit="entries",
)
WITHDRAWN = Metric(
    "fitbox_trainer_files_withdrawn_total",
    Kind.COUNTER,
    "Files that were deleted.",
    "increase(fitbox_trainer_files_withdrawn_total[1d])",
    unit="files",
)
ROWS = Metric(
    "fitbox_trainer_rows_total",
    Kind.COUNTER,
    "Rows of distinct contents, by status.",
    "sum by (status) (increase(fitbox_trainer_rows_total[1d]))",
    (Label("status", ("accepted", "rejected", "duplicate")),),
    "rows",
)
CELLS = Metric(
    "fitbox_trainer_cells_rejected_total",
    Kind.COUNTER,
    "Cells of distinct contents that cannot be used, by field (`row`: a whole row, or a column of feedback) "
    "and fault.",
    "topk(5, sum by (field, fault) (increase(fitbox_trainer_cells_rejected_total[1d])))",
    (
        Label("field", bound="the fields of a profile, and `row`"),
        Label("fault", ("missing", "not_allowed", "unreadable")),
    ),
    "cells",
)
MEMBERS = Metric(
    "fitbox_trainer_dataset_members",
    Kind.GAUGE,
    "Members that the next run would train on.",
    "fitbox_trainer_dataset_members",
    unit="members",
)
WITHDRAWN_SERVED = Metric(
    "fitbox_trainer_withdrawn_members_served",
    Kind.GAUGE,
    "Members of the active version who are in no file any more.",
    "fitbox_trainer_withdrawn_members_served > 0",
    unit="members",
)
DRIFTED = Metric(
    "fitbox_trainer_files_drifted_total",
    Kind.COUNTER,
    "Files with a column that differs notably from the active dataset.",
    "increase(fitbox_trainer_files_drifted_total[1d])",
    unit="files",
)
DRIFT = Metric(
    "fitbox_trainer_drift_effect",
    Kind.GAUGE,
    "Effect size (D or Cramer's V, 0 to 1) of the newest compared file, by column.",
    "topk(5, fitbox_trainer_drift_effect)",
    (Label("column", bound="the fields of a profile"),),
    "ratio",
)
TROUBLES = Metric(
    "fitbox_trainer_troubles_total",
    Kind.COUNTER,
    "Failures outside any run (folder, disk), each tried again.",
    "increase(fitbox_trainer_troubles_total[1h])",
    unit="failures",
)
COLLECTED = Metric(
    "fitbox_trainer_collected_bytes_total",
    Kind.COUNTER,
    "Bytes that retention deleted.",
    "increase(fitbox_trainer_collected_bytes_total[1d])",
    unit="bytes",
)
TRAINER_METRICS = (
    *(RUNS, STAGE, STAGE_DURATION, ATTEMPTS_FAILED, QUEUED_RUNS, LAST_SUCCESS, UNTRAINED_SINCE),
    *(STEP, TOTAL_STEPS, LOSS, LEARNING_RATE, TOKENS_PER_SECOND, SECONDS_LEFT, CHECKPOINT),
    *(CHILD_MEMORY, DEVICE_MEMORY, GATE, GATE_FIGURE),
    *(WAITING_FILES, READ, FILES_REJECTED, REFUSED, WITHDRAWN, ROWS, CELLS, MEMBERS, WITHDRAWN_SERVED),
    *(DRIFTED, DRIFT, TROUBLES, COLLECTED),
)
