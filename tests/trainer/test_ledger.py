"""The ledger: every transition, what it refuses, and that it survives being closed at any point."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from fitbox_trainer.daemon.ledger import Ledger, StaleRunError, contents_key
from fitbox_trainer.daemon.records import Content, Dataset, FileStatus, Run
from fitbox_trainer.daemon.schema import MIGRATIONS
from fitbox_trainer.daemon.stages import FOLLOWERS, Stage
from fitbox_trainer.daemon.watcher import Signature

from fitbox.errors import ConfigurationError

SIGNATURE = Signature(1, 2, 3)
DATASET = Dataset("d" * 64, 5)


class Clock:
    """Time that moves by one second at each look."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    opened = Ledger(tmp_path / "ledger.sqlite3", clock=Clock())
    yield opened
    opened.close()


def content(digest: str = "a" * 64, status: FileStatus = FileStatus.ACCEPTED) -> Content:
    """What reading a file gave."""
    return Content(digest, status, "", 5, 1, 2, Path(f"/store/{digest}.jsonl"))


def queue(ledger: Ledger, request_id: str | None = None) -> Run:
    """A queued run."""
    return ledger.create_run("cpu-quick", dataset=DATASET, sources={"a.csv": "a" * 64}, request_id=request_id)


def test_a_content_is_new_once_whatever_its_name(ledger: Ledger) -> None:
    """Reading it again under another name changes no dataset."""
    assert ledger.record_content("a.csv", SIGNATURE, content())
    assert not ledger.record_content("b.csv", SIGNATURE, content())
    assert contents_key(ledger.sources()) == contents_key({"x": "a" * 64})


def test_a_replaced_file_leaves_the_dataset_with_its_old_content(ledger: Ledger) -> None:
    """One name holds one content."""
    ledger.record_content("a.csv", SIGNATURE, content("a" * 64))
    ledger.record_content("a.csv", SIGNATURE, content("b" * 64))
    assert ledger.sources() == {"a.csv": "b" * 64}


def test_a_withdrawn_file_is_remembered_but_not_known(ledger: Ledger) -> None:
    """If it comes back it is read again; until then people can see that it is gone."""
    ledger.record_content("a.csv", SIGNATURE, content())
    ledger.withdraw_file("a.csv")
    assert ledger.known_signatures() == {}
    assert ledger.sources() == {}
    assert ledger.files()[0].status is FileStatus.WITHDRAWN


def test_refused_entries_are_known_so_that_they_are_reported_once(ledger: Ledger) -> None:
    """They have a reason and no content."""
    ledger.refuse_file("link.csv", SIGNATURE, "links are not followed")
    assert ledger.known_signatures() == {"link.csv": SIGNATURE}
    assert (ledger.files()[0].reason, ledger.files()[0].content) == ("links are not followed", None)


def test_a_request_id_starts_one_run(ledger: Ledger) -> None:
    """Asked again, it answers with that run, also after it has ended."""
    first = queue(ledger, "request-1")
    assert queue(ledger, "request-1") == first
    ledger.end(first, Stage.CANCELLED)
    assert queue(ledger, "request-1").run_id == first.run_id
    assert queue(ledger, "request-2").run_id != first.run_id


def test_runs_are_worked_on_one_at_a_time_in_order(ledger: Ledger) -> None:
    """The oldest that has not ended is the current one."""
    first, second = queue(ledger), queue(ledger)
    assert ledger.current_run() == first
    ledger.end(first, Stage.FAILED, reason="why")
    assert ledger.current_run() == second
    assert [run.run_id for run in ledger.runs()] == [second.run_id, first.run_id]
    finished = ledger.last_finished_run()
    assert finished is not None
    assert (finished.run_id, finished.reason) == (first.run_id, "why")


@pytest.mark.slow
def test_only_the_drawn_transitions_are_possible(ledger: Ledger) -> None:
    """Every other pair of stages is refused, and changes nothing."""
    for start in FOLLOWERS:
        for to in Stage:
            run = reach(ledger, start)
            if to in FOLLOWERS[start]:
                assert ledger.advance(run, to).stage is to
            else:
                with pytest.raises(StaleRunError):
                    ledger.advance(run, to)
                fresh = ledger.run(run.run_id)
                assert fresh is not None
                assert fresh.stage is start


def reach(ledger: Ledger, stage: Stage) -> Run:
    """A run in this stage."""
    run = queue(ledger)
    path = [Stage.PREPARING, Stage.TRAINING, Stage.EVALUATING, Stage.PUBLISHING]
    for step in path:
        if run.stage is stage:
            return run
        if stage in FOLLOWERS[run.stage]:
            return ledger.advance(run, stage)
        run = ledger.advance(run, step)
    return run if run.stage is stage else ledger.advance(run, stage)


def test_a_caller_with_an_old_view_of_a_run_changes_nothing(ledger: Ledger) -> None:
    """Compare and swap: the stage must still be what the caller saw."""
    run = queue(ledger)
    ledger.advance(run, Stage.PREPARING)
    with pytest.raises(StaleRunError):
        ledger.end(run, Stage.FAILED)


def test_a_retry_waits_counts_and_may_halve_the_micro_batch(ledger: Ledger) -> None:
    """The next stage starts counting anew; the smaller micro-batch stays."""
    run = reach(ledger, Stage.TRAINING)
    ledger.start_attempt(run)
    again = ledger.retry(run, reason="oom", pause_seconds=60, halve_micro_batch=True)
    assert (again.failures, again.micro_batch_divisor, again.reason) == (1, 2, "oom")
    assert again.not_before > 1000 + 60
    forward = ledger.advance(again, Stage.EVALUATING)
    assert (forward.failures, forward.not_before, forward.micro_batch_divisor) == (0, 0.0, 2)


def test_attempts_tell_what_happened_to_a_run(ledger: Ledger) -> None:
    """An attempt that a crash of the daemon cut off is called interrupted."""
    run = reach(ledger, Stage.TRAINING)
    ledger.start_attempt(run)
    ledger.start_attempt(run)
    ledger.retry(run, reason="crashed", pause_seconds=0)
    ledger.start_attempt(run)
    ledger.advance(run, Stage.EVALUATING)
    outcomes = [a.outcome for a in ledger.attempts(run.run_id) if a.stage is Stage.TRAINING]
    assert outcomes == ["INTERRUPTED", "FAILED", "DONE"]


def test_paging_is_by_number(ledger: Ledger) -> None:
    """Runs below a number, newest first, so that new runs shift no page."""
    runs = [queue(ledger) for _ in range(5)]
    page = ledger.runs(limit=2)
    queue(ledger)
    assert [r.number for r in ledger.runs(before=page[-1].number, limit=2)] == [
        runs[2].number,
        runs[1].number,
    ]


def test_everything_is_there_after_opening_again(ledger: Ledger, tmp_path: Path) -> None:
    """Each method is on disk when it returns; a second connection sees it without a close."""
    run = reach(ledger, Stage.EVALUATING)
    ledger.record_content("a.csv", SIGNATURE, content())
    ledger.record_dataset(ledger.sources(), DATASET)
    other = Ledger(tmp_path / "ledger.sqlite3")
    assert other.current_run() == run
    assert other.dataset_of(other.sources()) == DATASET
    assert other.files() == ledger.files()
    other.close()


def test_a_ledger_of_a_newer_fitbox_is_left_alone(tmp_path: Path) -> None:
    """It is refused instead of being misread."""
    path = tmp_path / "ledger.sqlite3"
    Ledger(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(ConfigurationError, match="newer"):
        Ledger(path)


def test_a_ledger_that_cannot_be_opened_is_explained(tmp_path: Path) -> None:
    """A sentence for the operator, who may have to make room, instead of a stack trace."""
    path = tmp_path / "ledger.sqlite3"
    path.mkdir()
    with pytest.raises(ConfigurationError, match="unable to open"):
        Ledger(path)
