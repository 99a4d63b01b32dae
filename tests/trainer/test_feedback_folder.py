"""The sub-folder of feedback: read like the data folder, kept apart from the dataset of members."""

from __future__ import annotations

from pathlib import Path

import pytest
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import Content, FileStatus
from fitbox_trainer.daemon.watcher import (
    Ingest,
    Kind,
    Refuse,
    Signature,
    Withdraw,
    is_ignored,
    reconcile,
    scan,
)
from fitbox_trainer.intake.report import ContentKind


def test_closed_files_in_it_are_taken_and_the_rest_is_passed_over(tmp_path: Path) -> None:
    """Key, database and what is being written have names that are ignored; other folders are refused."""
    feedback = tmp_path / "feedback"
    feedback.mkdir()
    for name in ("feedback-1.csv", ".reply-key", ".feedback.sqlite3", ".writing-x", "README.md"):
        (feedback / name).write_text("x")
    (tmp_path / "members.csv").write_text("x")
    (tmp_path / "other").mkdir()
    seen = scan(tmp_path)
    assert "feedback" not in seen
    found = reconcile((seen, seen), {}, stable_scans=2)
    assert {action.name for action in found.actions if isinstance(action, Ingest)} == {
        "feedback/feedback-1.csv",
        "members.csv",
    }
    assert [action.name for action in found.actions if isinstance(action, Refuse)] == ["other"]
    assert is_ignored("feedback/.reply-key")


def test_a_folder_that_is_not_ours_to_read_stops_nothing_and_withdraws_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members' files are read all the same."""
    (tmp_path / "feedback").mkdir()
    (tmp_path / "members.csv").write_text("x")
    real = scan.__globals__["os"].scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "feedback":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr("os.scandir", refuse)
    seen = scan(tmp_path)
    assert seen["feedback"].kind is Kind.UNSEEN
    known = {"feedback/feedback-1.csv": Signature(1, 1, 1), "gone.csv": Signature(1, 1, 1)}
    found = reconcile((seen, seen), known, stable_scans=2)
    assert [action.name for action in found.actions if isinstance(action, Withdraw)] == ["gone.csv"]
    assert [action.name for action in found.actions if isinstance(action, Ingest)] == ["members.csv"]


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """As with any link."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "feedback").symlink_to(tmp_path / "elsewhere")
    seen = scan(tmp_path)
    found = reconcile((seen, seen), {}, stable_scans=2)
    assert {action.name for action in found.actions if isinstance(action, Refuse)} == {
        "elsewhere",
        "feedback",
    }


def test_feedback_is_listed_and_is_no_source_of_the_dataset(tmp_path: Path) -> None:
    """It changes no dataset, and keeps no run waiting."""
    ledger = Ledger(tmp_path / "ledger.sqlite3", clock=lambda: 100.0)

    def content(digest: str, kind: ContentKind) -> Content:
        return Content(digest, FileStatus.ACCEPTED, "", 1, 0, 0, tmp_path / digest, kind=kind)

    ledger.record_content("members.csv", Signature(1, 1, 1), content("m", ContentKind.MEMBERS))
    before = ledger.last_file_change()
    later = Ledger(tmp_path / "ledger.sqlite3", clock=lambda: 200.0)
    assert later.record_content("feedback/1.csv", Signature(1, 1, 2), content("f", ContentKind.FEEDBACK))
    assert later.sources() == {"members.csv": "m"}
    assert later.last_file_change() == before
    assert [file.name for file in later.files()] == ["feedback/1.csv", "members.csv"]
    assert later.files()[0].content == content("f", ContentKind.FEEDBACK)
    assert not later.record_content("again.csv", Signature(1, 1, 3), content("f", ContentKind.FEEDBACK))
    later.close()
    ledger.close()
