"""The daemon's metrics, fed by its hooks."""

from __future__ import annotations

import re
from pathlib import Path

from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.metric_catalogue import CHECKS
from fitbox_trainer.daemon.metrics import TrainerMetrics
from fitbox_trainer.daemon.records import Content, Dataset, FileStatus
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.release import gate, gate_examined
from fitbox_trainer.release.gate import Decision, Reason
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


def test_data_that_no_version_has_show_since_when(tmp_path: Path) -> None:
    """From the first such change on, over a restart too, until a version has them or they are gone."""
    now, registry = [100.0], CollectorRegistry()
    metrics = TrainerMetrics(registry, clock=lambda: now[0])
    ledger = Ledger(tmp_path / "ledger.sqlite3")

    def since() -> float | None:
        return registry.get_sample_value("fitbox_trainer_untrained_since_timestamp_seconds")

    metrics.restore(current=None, last_success=20.0, trained="a", changed_at=50.0)
    assert since() == 0
    metrics.dataset_changed("b", 10)
    assert since() == 50
    run = ledger.create_run("cpu-quick", dataset=Dataset("b", 10), sources={})
    for stage in (Stage.PREPARING, Stage.TRAINING, Stage.EVALUATING, Stage.PUBLISHING):
        run = ledger.advance(run, stage)
    metrics.stage_entered(ledger.end(run, Stage.SUCCEEDED, version="v1"))
    assert since() == 0
    for moment, digest in ((200.0, "c"), (300.0, "d")):
        now[0] = moment
        metrics.dataset_changed(digest, 11)
    assert since() == 200
    metrics.dataset_changed("b", 10)
    assert since() == 0
    metrics.dataset_changed("", 0)
    assert since() == 0
    assert ledger.last_trained_dataset() == "b"
    ledger.close()


def test_the_gate_counts_each_check_by_what_it_said(tmp_path: Path) -> None:
    """Of a candidate that could not be judged at all, the other checks said nothing."""
    registry = CollectorRegistry()
    metrics = TrainerMetrics(registry)
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    run = ledger.create_run("cpu-quick", dataset=Dataset("d", 1), sources={})
    ledger.close()

    def counts(check: str) -> tuple[float | None, ...]:
        return tuple(
            registry.get_sample_value("fitbox_trainer_gate_checks_total", {"check": check, "result": result})
            for result in ("passed", "refused")
        )

    metrics.judged(run, Decision(True, (), {"candidate_mean": 0.8, "unheard_of": 1.0}))
    metrics.judged(run, Decision(False, (Reason("forgets", ""), Reason("file_altered", "")), {}))
    metrics.judged(run, Decision(False, (Reason("not_evaluated", ""),), {"candidate_mean": 0.7}))
    assert counts("forgets") == (1, 1)
    assert counts("files") == (1, 1)
    assert counts("violations") == (2, 0)
    assert counts("not_evaluated") == (2, 1)
    labels = {"figure": "candidate_mean"}
    assert registry.get_sample_value("fitbox_trainer_gate_figure", labels) == 0.7
    assert registry.get_sample_value("fitbox_trainer_gate_figure", {"figure": "unheard_of"}) is None


def test_every_check_of_the_gate_is_in_the_catalogue() -> None:
    """What is not would be counted as other."""
    codes = set()
    for module in (gate, gate_examined):
        text = Path(module.__file__).read_text("utf-8")
        codes |= set(re.findall(r"(?:Reason|_refusal)\(\s*\"(\w+)\"", text))
    assert codes
    assert codes <= set(CHECKS)


def test_what_is_refused_shows_by_reason() -> None:
    """Files by why nothing of them is used, cells by field and fault."""
    registry = CollectorRegistry()
    metrics = TrainerMetrics(registry)
    cells = {("weight_kg", "unreadable"): 2, ("row", "unreadable"): 1}
    metrics.file_read("a", Content("a", FileStatus.REJECTED, "", 1, 3, 0, Path(), cells), new=True)
    metrics.file_read("b", Content("b", FileStatus.REJECTED, "", 0, 0, 0, Path()), new=True)
    metrics.file_refused("link", "a link")
    for reason in ("rows", "table", "entry"):
        name = "fitbox_trainer_files_rejected_total"
        assert registry.get_sample_value(name, {"reason": reason}) == 1
    labels = {"field": "weight_kg", "fault": "unreadable"}
    assert registry.get_sample_value("fitbox_trainer_cells_rejected_total", labels) == 2
