"""The daemon's metrics, fed by its hooks."""

from __future__ import annotations

from pathlib import Path

from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.metrics import TrainerMetrics
from fitbox_trainer.daemon.records import Content, Dataset, FileStatus
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.run.progress import Progress
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families


def test_the_life_of_a_run_shows(tmp_path: Path) -> None:
    """Stage, figures, durations, outcome and the time of the last success."""
    registry = CollectorRegistry()
    metrics = TrainerMetrics(registry, clock=lambda: 123.0)
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    run = ledger.create_run("cpu-quick", dataset=Dataset("d", 1), sources={})
    run = ledger.advance(ledger.advance(run, Stage.PREPARING), Stage.TRAINING)
    metrics.stage_entered(run)
    metrics.progressed(run, Progress(step=3, total_steps=9, loss=0.5, tokens_per_second=200.0))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"fitbox_trainer_{name}", labels)

    assert value("stage", stage="training") == 1
    assert value("stage", stage="evaluating") == 0
    assert (value("step"), value("total_steps"), value("loss")) == (3, 9, 0.5)
    assert value("tokens_per_second") == 200.0
    assert value("last_success_timestamp_seconds") == 0

    metrics.attempt_failed(run, "CRASHED", "why")
    assert value("failed_attempts_total", stage="training", cause="crashed") == 1
    for stage in (Stage.EVALUATING, Stage.PUBLISHING):
        run = ledger.advance(run, stage)
    metrics.stage_left(run, Stage.TRAINING, 42.0)
    metrics.stage_entered(ledger.end(run, Stage.SUCCEEDED, version="v1"))
    assert value("stage_duration_seconds_sum", stage="training") == 42.0
    assert value("runs_total", outcome="succeeded") == 1
    assert value("runs_total", outcome="rejected") == 0
    assert value("last_success_timestamp_seconds") == 123.0
    assert value("stage", stage="training") == 0
    assert value("step") == 0

    restarted = TrainerMetrics(CollectorRegistry())
    restarted.restore(current=ledger.current_run(), last_success=ledger.last_success_at())
    ledger.close()


def test_each_content_is_counted_once() -> None:
    """A copy or a rename is no new file."""
    registry = CollectorRegistry()
    metrics = TrainerMetrics(registry)
    content = Content("d", FileStatus.ACCEPTED, "", 10, 2, 3, Path())
    metrics.file_read("a.csv", content, new=True)
    metrics.file_read("b.csv", content, new=False)
    assert registry.get_sample_value("fitbox_trainer_files_total", {"status": "accepted"}) == 1
    rows = {
        status: registry.get_sample_value("fitbox_trainer_rows_total", {"status": status})
        for status in ("accepted", "rejected", "duplicate")
    }
    assert rows == {"accepted": 10, "rejected": 2, "duplicate": 3}


def test_the_text_is_what_a_prometheus_parser_accepts() -> None:
    """Every outcome and stage is there from the start, so that rates begin at zero."""
    registry = CollectorRegistry()
    TrainerMetrics(registry)
    families = {f.name: f for f in text_string_to_metric_families(generate_latest(registry).decode())}
    outcomes = {sample.labels["outcome"] for sample in families["fitbox_trainer_runs"].samples}
    assert {"succeeded", "rejected", "failed", "cancelled"} <= outcomes
