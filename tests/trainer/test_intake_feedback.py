"""Files of feedback: the server's segments and what people write, with the report of any file."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fitbox_server.feedback.segments import segment_text
from fitbox_trainer.data.feedback import events_of
from fitbox_trainer.intake.pipeline import ingest
from fitbox_trainer.intake.report import ContentKind, IntakeReport, IntakeStatus
from fitbox_trainer.intake.validate import canonical_profile_json, member_id

from fitbox.feedback.events import FeedbackEvent, FeedbackKind, Reason
from fitbox.feedback.plans import served_of, served_text
from fitbox.nutrition.task import NUTRITION
from fitbox.workout.task import WORKOUT
from tests.fakes import MEMBER
from tests.feedback_made import named, record, week

MEMBER_COLUMNS = {"Age": "34", "Gender": "Female", "Weight (kg)": "70", "Height (m)": "1.68"}


def write(path: Path, *rows: dict[str, str], **shared: str) -> Path:
    """A file of feedback as somebody writes it in a spreadsheet."""
    filled = [MEMBER_COLUMNS | shared | row for row in rows]
    columns = list(dict.fromkeys(name for row in filled for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(filled)
    path.write_text(text.getvalue())
    return path


def said(text: str, **cells: str) -> dict[str, str]:
    """A row."""
    return {"fitbox_feedback": text, **cells}


def taken(report: IntakeReport) -> list[dict[str, Any]]:
    """Events of the store."""
    assert report.members is not None
    return [json.loads(line) for line in report.members.read_text().splitlines()]


def test_a_file_of_a_server_is_taken_whole(tmp_path: Path) -> None:
    """Everything of its events comes through, line breaks in drafts too."""
    draft = served_text(served_of(week()), MEMBER)
    events = [
        record(1),
        record(2, FeedbackEvent(FeedbackKind.DONE, "plank", rpe=8, load_kg=2.5, repetitions=3, day=1)),
        record(3, FeedbackEvent(FeedbackKind.SWAPPED, "plank", "side_plank", reason=Reason.BORED)),
        record(4, FeedbackEvent(FeedbackKind.RATED, "plank", rating=2)),
    ]
    corrected = replace(record(5, FeedbackEvent(FeedbackKind.CORRECTED)), correction=draft, served=draft)
    path = tmp_path / "feedback-1.csv"
    path.write_bytes(segment_text([one.row() for one in (*events, corrected)]))
    report = ingest(path, tmp_path / "store")
    assert (report.status, report.kind) == (IntakeStatus.ACCEPTED, ContentKind.FEEDBACK), report.reason
    assert (report.rows_accepted, report.rows_rejected) == (5, 0), report.rejected
    found = taken(report)
    assert [one["event_id"] for one in found] == [f"{number:032x}" for number in range(1, 6)]
    assert found[1] | {"rpe": 8, "load_kg": 2.5, "repetitions": 3, "day": 1, "kind": "DONE"} == found[1]
    assert (found[2]["item"], found[2]["swapped_for"], found[2]["reason"]) == ("plank", "side_plank", "BORED")
    assert found[4]["correction"] == found[4]["served"] == draft
    assert {one["adapter_version"] for one in found} == {named().version}
    assert {one["member_id"] for one in found} == {member_id(canonical_profile_json(MEMBER))}
    assert "kept, and no version is trained on them yet" in report.reason


def test_people_name_their_members_as_in_any_file(tmp_path: Path) -> None:
    """By the columns of a member file, in whatever layout."""
    path = write(
        tmp_path / "coach.csv",
        said("swapped leg press for back squat", reason="no equipment", at="2026-11-20"),
        said("RPE 9 back squat", load_kg="62,5"),
        said("liked salmon"),
        said("accepted", task="nutrition"),
        Experience_Level="3",
    )
    report = ingest(path, tmp_path / "store")
    assert report.status is IntakeStatus.ACCEPTED, report.rejected
    found = taken(report)
    assert [(one["task"], one["kind"]) for one in found] == [
        ("workout", "SWAPPED"),
        ("workout", "DONE"),
        ("nutrition", "RATED"),
        ("nutrition", "ACCEPTED"),
    ]
    assert found[0]["at"] == "2026-11-20T00:00:00Z"
    assert found[1]["load_kg"] == 62.5
    assert found[2]["profile"]["age_years"] == 34


@pytest.mark.parametrize(
    ("row", "column", "why"),
    [
        (said("nice"), "fitbox_feedback", "must be one of: accepted"),
        (said("skipped teleportation"), "fitbox_feedback", "names nothing of the catalogs"),
        (said("too hard salmon"), "fitbox_feedback", "said of training"),
        (said("swapped plank for salmon"), "fitbox_feedback", "swapped_for is no identifier"),
        (said("rated 9 plank"), "fitbox_feedback", "rating must be from 1 to 5"),
        (said("rpe 99 plank"), "fitbox_feedback", "rpe must be from 1 to 10"),
        (said("accepted"), "task", "the feedback names no item"),
        (said("accepted", task="sleep"), "task", "must be one of workout"),
        (said("skipped plank", reason="because"), "reason", "must be one of PAIN"),
        (said("skipped plank", at="yesterday"), "at", "must be a date"),
        (said("skipped plank", at="2999-01-01"), "at", "must lie between"),
        (said("skipped plank", day="first"), "day", "must be a number"),
        (said("skipped plank", day="1.5"), "day", "must be a whole number"),
        (said("done plank", load_kg="-3"), "load_kg", "must be from 0 to 500"),
        (said("skipped plank", adapter_version="seven"), "adapter_version", "must be a version"),
        (said("skipped plank", correction="1 full"), "correction", "must be empty unless"),
        (said("corrected", task="workout"), "correction", "must hold the whole edited plan"),
        (said("corrected", task="workout", correction="3x10 magic"), "correction", "starts with"),
        (said("corrected", task="advice", correction="x"), "task", "coach_advice"),
        (said("skipped plank", Age="7"), "Age", "must be between"),
    ],
)
def test_a_row_that_cannot_be_used_is_set_aside_with_its_reason(
    tmp_path: Path, row: dict[str, str], column: str, why: str
) -> None:
    """And the rows beside it are taken."""
    path = write(tmp_path / "f.csv", said("skipped burpee"), said("liked salmon"), row)
    report = ingest(path, tmp_path / "store")
    assert (report.status, report.rows_accepted, report.rows_rejected) == (IntakeStatus.ACCEPTED, 2, 1)
    (cell,) = report.rejected
    assert (cell.line, cell.column) == (4, column)
    fields = {"Age": "age_years", "task": "task"}  # a member file may have a column of that name, too
    assert {field for field, _ in report.rejected_cells} == {
        fields.get(column if column in row else "", "row")
    }
    assert why in cell.reason
    assert report.quarantine is not None
    assert why in report.quarantine.read_text()


def test_a_swap_or_correction_outside_the_envelope_is_refused_with_the_rule(tmp_path: Path) -> None:
    """Feedback changes taste, never safety: whoever wrote it."""
    constraints = WORKOUT.constrain(MEMBER)
    draft = WORKOUT.render(WORKOUT.plan(constraints, 1))
    with_barbell = "\n".join([draft.split("\n")[0], "3x10 back squat", *draft.split("\n")[2:]])
    eggs = NUTRITION.render(NUTRITION.plan(NUTRITION.constrain(MEMBER), 1)).split("\n")
    path = write(
        tmp_path / "f.csv",
        said("swapped plank for back squat"),
        said("swapped lentils for salmon"),
        said("corrected", task="workout", correction=with_barbell),
        said("corrected", task="nutrition", correction="\n".join([eggs[0], " salmon150", *eggs[2:]])),
        Equipment="none",
        Diet="vegan",
    )
    report = ingest(path, tmp_path / "store")
    assert report.status is IntakeStatus.REJECTED
    assert report.rows_rejected == 4, report.rejected
    reasons = [cell.reason for cell in report.rejected]
    assert "EQUIPMENT" in reasons[0]
    assert "DIET" in reasons[1] or "VEGAN" in reasons[1]
    assert "back squat" in reasons[2]
    assert "salmon" in reasons[3]


def test_a_correction_is_kept_as_the_task_writes_it(tmp_path: Path) -> None:
    """A spreadsheet's line break at the end makes no difference."""
    constraints = WORKOUT.constrain(MEMBER)
    draft = WORKOUT.render(WORKOUT.plan(constraints, 1))
    path = write(tmp_path / "f.csv", said("corrected", task="workout", correction=draft + "\n"))
    report = ingest(path, tmp_path / "store")
    assert report.status is IntakeStatus.ACCEPTED, report.rejected
    assert taken(report)[0]["correction"] == draft


def test_the_same_twice_is_a_repeat_unless_the_day_is_another(tmp_path: Path) -> None:
    """An event without an id is what it says."""
    path = write(
        tmp_path / "f.csv",
        said("skipped plank"),
        said("skipped plank"),
        said("skipped plank", at="2026-11-20"),
        said("skipped plank", event_id="mine"),
        said("liked salmon", event_id="mine"),
    )
    report = ingest(path, tmp_path / "store")
    assert (report.rows_accepted, report.rows_duplicate) == (3, 2)


def test_events_of_several_files_are_one_each(tmp_path: Path) -> None:
    """A segment that came twice, by whatever way, adds nothing."""
    one, two = tmp_path / "a.csv", tmp_path / "b.csv"
    one.write_bytes(segment_text([record(1).row(), record(2).row()]))
    two.write_bytes(segment_text([record(2).row(), record(3).row()]))
    reports = [ingest(path, tmp_path / "store") for path in (one, two)]
    files = [report.members for report in reports if report.members]
    assert [event["event_id"][-1] for event in events_of(files)] == ["1", "2", "3"]


def test_a_file_without_members_says_which_columns_are_missing(tmp_path: Path) -> None:
    """As any file does."""
    path = tmp_path / "f.csv"
    path.write_text("fitbox_feedback\nskipped plank\n")
    report = ingest(path, tmp_path / "store")
    assert report.status is IntakeStatus.REJECTED
    assert "age_years" in report.reason


def test_a_profile_that_cannot_be_read_costs_its_row(tmp_path: Path) -> None:
    """Torn, of another kind, or out of range."""
    good = record(1).row()
    rows = [good, *([*good[:-1], text] for text in ("", "{", "[]", '{"age_years":7}'))]
    path = tmp_path / "f.csv"
    path.write_bytes(segment_text([*rows, *(record(n).row() for n in (2, 3, 4))]))
    report = ingest(path, tmp_path / "store")
    assert (report.rows_accepted, report.rows_rejected) == (4, 4)


def test_a_member_file_with_a_column_of_opinions_is_a_member_file(tmp_path: Path) -> None:
    """Only our own name of the column makes a file one of feedback."""
    path = write(tmp_path / "f.csv", {"Feedback": "I like it", "Reason": "fun", "Day": "2"})
    report = ingest(path, tmp_path / "store")
    assert (report.kind, report.rows_accepted) == (ContentKind.MEMBERS, 1)
