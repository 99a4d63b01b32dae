"""What ingest leaves in the store: private copy, members, quarantine and report, each whole or absent."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
from pathlib import Path
from typing import BinaryIO

import pytest
from fitbox_trainer.intake import FileChangedError, IntakeReport, IntakeStatus, files, ingest
from fitbox_trainer.intake.report import MAX_CELLS_LISTED
from fitbox_trainer.intake.synth import write_synthetic
from fitbox_trainer.intake.validate import canonical_profile_json

from fitbox.profile import Profile

HEADER = "Age,Gender,Weight (kg),Height (m)\n"
GOOD = "30,Male,80,1.80\n31,Female,60,1.65\n32,Male,82,1.81\n"


def take(folder: Path, text: str) -> IntakeReport:
    (folder / "members.csv").write_text(text, encoding="utf-8")
    return ingest(folder / "members.csv", folder / "store")


def lines_of(report: IntakeReport) -> list[dict[str, object]]:
    assert report.members is not None
    return [json.loads(line) for line in report.members.read_text().splitlines()]


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_results_are_named_by_content(tmp_path: Path) -> None:
    """An accepted file leaves its copy, its members and its report; the original stays as it was."""
    report = take(tmp_path, HEADER + GOOD)
    digest = hashlib.sha256((HEADER + GOOD).encode()).hexdigest()
    assert report.digest == digest
    assert tree(tmp_path / "store") == {
        f"files/{digest}.csv",
        f"members/{digest}.jsonl",
        f"reports/{digest}.json",
    }
    assert (tmp_path / "members.csv").read_text() == HEADER + GOOD
    assert (tmp_path / "store" / "files" / f"{digest}.csv").read_text() == HEADER + GOOD


def test_the_same_content_under_another_name_adds_nothing(tmp_path: Path) -> None:
    """Content decides, so a renamed copy has the same digest and the same members."""
    first = take(tmp_path, HEADER + GOOD)
    (tmp_path / "copy.csv").write_text(HEADER + GOOD)
    before = tree(tmp_path / "store")
    second = ingest(tmp_path / "copy.csv", tmp_path / "store")
    assert second.digest == first.digest
    assert tree(tmp_path / "store") == before


def test_each_member_line_is_a_profile_with_its_identity(tmp_path: Path) -> None:
    """``member_id`` is the SHA-256 of the canonical profile, which Profile accepts."""
    for entry in lines_of(take(tmp_path, HEADER + GOOD)):
        canonical = canonical_profile_json(Profile.model_validate(entry["profile"]))
        assert entry["member_id"] == hashlib.sha256(canonical.encode()).hexdigest()
        assert "targets" not in entry
    assert [entry["line"] for entry in lines_of(take(tmp_path, HEADER + GOOD))] == [2, 3, 4]


def test_goal_stays_open_unless_a_column_states_it(tmp_path: Path) -> None:
    """Without a goal column the goal is derived later; an explicit goal wins."""
    text = "Age,Gender,Weight (kg),Height (m),goal\n30,Male,80,1.80,\n31,Male,80,1.80,Muscle gain\n"
    goals = [entry["profile"]["goal"] for entry in lines_of(take(tmp_path, text))]  # type: ignore[index]
    assert goals == [None, "MUSCLE_GAIN"]


def test_repeated_members_count_once(tmp_path: Path) -> None:
    """A repeated row is counted as duplicate, also when written differently."""
    report = take(tmp_path, HEADER + GOOD + "30,m,80.0 kg,180 cm\n")
    assert (report.rows_accepted, report.rows_duplicate, report.rows_rejected) == (3, 1, 0)
    assert report.rows_total == 4


def test_rejected_rows_are_quarantined_with_reasons(tmp_path: Path) -> None:
    """Usable rows are used; the others lie in a CSV with line and reason, and in the report cell by cell."""
    report = take(tmp_path, HEADER + GOOD + "40,Male,800,9\n41,Male\n")
    assert report.status is IntakeStatus.ACCEPTED
    assert (report.rows_accepted, report.rows_rejected) == (3, 2)
    assert [(c.line, c.column, c.value) for c in report.rejected] == [
        (5, "Height (m)", "9"),
        (5, "Weight (kg)", "800"),
        (6, "", "41,Male"),
    ]
    assert report.rejected[1].reason == "must be between 30 and 300 kg"
    assert report.quarantine is not None
    with report.quarantine.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["fitbox_line"] for row in rows] == ["5", "6"]
    assert rows[0]["Weight (kg)"] == "800"
    assert "Weight (kg) must be between 30 and 300 kg" in rows[0]["fitbox_reason"]


def test_a_corrected_quarantine_file_can_be_dropped_again(tmp_path: Path) -> None:
    """Its added columns are ignored, so correcting cells in place is all that is needed."""
    report = take(tmp_path, HEADER + GOOD + "40,Male,800,1.9\n")
    assert report.quarantine is not None
    again = take(tmp_path, report.quarantine.read_text().replace(",800,", ",80,"))
    assert (again.status, again.rows_accepted) == (IntakeStatus.ACCEPTED, 1)


def test_a_file_of_mostly_bad_rows_is_rejected_whole(tmp_path: Path) -> None:
    """Above half, nothing of the file is used, and the reason names the most frequent trouble."""
    report = take(tmp_path, HEADER + GOOD + "40,Male,8,1.8\n" * 4)
    assert report.status is IntakeStatus.REJECTED
    assert report.members is None
    assert "4 of 7 rows" in report.reason
    assert "Weight (kg) must be between 30 and 300 kg" in report.reason
    assert not list((tmp_path / "store" / "members").iterdir())


def test_exactly_half_bad_rows_is_still_a_file(tmp_path: Path) -> None:
    """The threshold is more than half."""
    assert take(tmp_path, HEADER + GOOD + "40,Male,8,1.8\n" * 3).status is IntakeStatus.ACCEPTED


def test_the_report_on_disk_says_the_same(tmp_path: Path) -> None:
    """The JSON beside the data equals the report returned, and names files rather than absolute paths."""
    report = take(tmp_path, HEADER + GOOD + "40,Male,800,1.9\n")
    stored = json.loads((tmp_path / "store" / "reports" / f"{report.digest}.json").read_text())
    assert stored == json.loads(report.to_json())
    assert stored["members"] == f"{report.digest}.jsonl"
    assert stored["rows_total"] == 4


def test_the_report_stays_small_however_much_is_wrong(tmp_path: Path) -> None:
    """Cells are listed up to a bound, counted without one."""
    bad = "".join(f"{age},Male,8,1.8\n" for age in [20, 30] * MAX_CELLS_LISTED)
    report = take(tmp_path, HEADER + bad)
    assert len(report.rejected) == MAX_CELLS_LISTED
    assert report.rejected_by_reason[0][2] == 2 * MAX_CELLS_LISTED


def test_symlinks_and_folders_are_refused(tmp_path: Path) -> None:
    """What a link points to may change behind our back, so it is refused without being read."""
    (tmp_path / "target.csv").write_text(HEADER + GOOD)
    (tmp_path / "link.csv").symlink_to(tmp_path / "target.csv")
    for path in (tmp_path / "link.csv", tmp_path):
        report = ingest(path, tmp_path / "store")
        assert (report.status, report.digest) == (IntakeStatus.REJECTED, "")
    assert not (tmp_path / "store").exists()


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    """A named pipe in the folder must not hang the daemon."""
    os.mkfifo(tmp_path / "pipe.csv")
    assert "regular file" in ingest(tmp_path / "pipe.csv", tmp_path / "store").reason


def test_a_file_that_is_gone_raises(tmp_path: Path) -> None:
    """A missing file is no content, so the caller hears of it as an OSError."""
    with pytest.raises(FileNotFoundError):
        ingest(tmp_path / "gone.csv", tmp_path / "store")


def test_a_file_that_grows_while_it_is_copied_is_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change between hash and copy raises FileChangedError and leaves nothing behind."""
    path = tmp_path / "growing.csv"
    path.write_text(HEADER + GOOD)
    copy = files._copy

    def copy_then_append(source: BinaryIO, target: BinaryIO | None) -> str:
        digest = copy(source, target)
        with path.open("a") as file:
            file.write("33,Male,80,1.8\n")
        return digest

    monkeypatch.setattr(files, "_copy", copy_then_append)
    with pytest.raises(FileChangedError):
        ingest(path, tmp_path / "store")
    assert tree(tmp_path / "store") == set()


@pytest.mark.slow
def test_a_failed_write_leaves_no_partial_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fills at any result, no half-written file is visible, and the next try succeeds."""
    write_synthetic(tmp_path / "members.csv", 50, 1)
    fsync = os.fsync
    for allowed in range(8):
        left = [allowed]

        def failing(descriptor: int, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", failing)
        store = tmp_path / f"store{allowed}"
        with contextlib.suppress(OSError):
            ingest(tmp_path / "members.csv", store)
        monkeypatch.setattr(os, "fsync", fsync)
        assert not [name for name in tree(store) if Path(name).name.startswith(".")]
        assert ingest(tmp_path / "members.csv", store).rows_accepted == 50
