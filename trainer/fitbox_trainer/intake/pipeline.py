"""Intake of one file: private copy, rows in batches, and results in the store, each whole or absent."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from fitbox import durable
from fitbox.advice.vocabulary import Vocabulary
from fitbox.errors import DatasetError
from fitbox.files import shown
from fitbox_trainer.intake.drift import against_dataset
from fitbox_trainer.intake.feedback import FeedbackReader, TakenEvent
from fitbox_trainer.intake.feedback_columns import is_feedback, names_profiles
from fitbox_trainer.intake.files import StagedFile, copy_by_content
from fitbox_trainer.intake.headers import Layout, closest_headers
from fitbox_trainer.intake.members import Member, MemberReader
from fitbox_trainer.intake.reader import Table
from fitbox_trainer.intake.report import ContentKind, Findings, IntakeReport, IntakeStatus, WarningCode
from fitbox_trainer.intake.reviewed import owner_of, released

MAX_ROWS_WITHOUT_MEMBER = 200_000
"""A file of whose first rows, this many, not one in a hundred is a member is not read to its end."""
MAX_REASON_CHARACTERS = 1200
MAX_REJECTED_SHARE = 0.5
"""A file with a larger share of unusable rows is probably not what its author thinks it is."""

_BIRTH = re.compile(r"birth|born|\bdob\b|naissance|né", re.IGNORECASE)


def ingest(path: Path, store: Path, *, dataset: Path | None = None) -> IntakeReport:
    """Take one CSV file into ``store`` and say what it holds, and how it differs from ``dataset`` in use.

    Content never raises: a file that cannot be used comes back REJECTED, with a reason that says what to do.
    Results are ``files/<sha256>.csv``, ``members/<sha256>.jsonl`` (accepted files only; of feedback
    ``feedback/<sha256>.jsonl``),
    ``quarantine/<sha256>.csv`` (where anything was rejected) and, written last, ``reports/<sha256>.json``.

    Raises:
        FileChangedError: the file changed while it was read; try again later.
        OSError: the file is gone or unreadable, or the store cannot be written.
    """
    name = os.fsencode(path.name).decode("utf-8", "backslashreplace")  # not every name is text
    try:
        digest, copy = copy_by_content(path, store / "files")
    except DatasetError as error:
        return IntakeReport(name, "", IntakeStatus.REJECTED, str(error))
    blank = IntakeReport(name, digest, IntakeStatus.REJECTED, "", dropped_by=owner_of(path))
    report = _examine(blank, copy, store)
    report = replace(report, reason=shown(report.reason, MAX_REASON_CHARACTERS))  # it quotes the file
    if dataset is not None and report.kind is ContentKind.MEMBERS:
        report = against_dataset(report, dataset)
    reports = durable.make_folder(store / "reports", private=True)
    durable.replace_file(reports / f"{digest}.json", report.to_json().encode(), private=True)
    return report


def _examine(report: IntakeReport, copy: Path, store: Path) -> IntakeReport:
    """Complete the report of a private copy, writing members and quarantine."""
    members = store / "members" / f"{report.digest}.jsonl"
    quarantine = store / "quarantine" / copy.name
    try:
        with Table(copy) as table:
            report = _with_table(report, table)
            if is_feedback(table.dialect.header):
                report = replace(report, kind=ContentKind.FEEDBACK)
                members = store / "feedback" / members.name
            if table.layout.missing and not names_profiles(table.dialect.header):
                raise DatasetError(_missing(table.layout, table.dialect.header))
            with StagedFile(members) as accepted, StagedFile(quarantine) as rejected:
                if report.kind is ContentKind.FEEDBACK:
                    report = _take_events(table, report, accepted, rejected)
                else:
                    report = _take_rows(table, report, accepted, rejected, released(store))
                if report.rows_rejected:
                    report = replace(report, quarantine=rejected.commit())
                if report.status is IntakeStatus.ACCEPTED:
                    report = replace(report, members=accepted.commit())
                else:
                    members.unlink(missing_ok=True)  # of an earlier version that accepted this content
    except DatasetError as error:
        report = replace(report, status=IntakeStatus.REJECTED, reason=str(error))
        with copy.open("rb") as source, StagedFile(quarantine) as whole:
            shutil.copyfileobj(source, whole.file)
            report = replace(report, quarantine=whole.commit())
    return report


def _with_table(report: IntakeReport, table: Table) -> IntakeReport:
    return replace(
        _with_layout(report, table.layout),
        shape=table.layout.shape.value,
        encoding=table.dialect.encoding,
        separator=table.dialect.separator,
    )


def _with_layout(report: IntakeReport, layout: Layout) -> IntakeReport:
    columns = {field: column.header for field, column in layout.columns.items()}
    return replace(report, columns=columns, ignored=layout.ignored)


def _take_rows(
    table: Table,
    report: IntakeReport,
    accepted: StagedFile,
    rejected: StagedFile,
    vocabulary: Vocabulary,
) -> IntakeReport:
    """Stream every row into one of the two files and count; the file-level verdict comes last."""
    findings, repeats, reader = Findings(), _Repeats(), MemberReader(table.layout, vocabulary)
    rows_accepted = rows_duplicate = rows_rejected = rows_set_aside = 0
    rejected.file.write(_csv_line([*table.dialect.header, "fitbox_line", "fitbox_reason"]))
    for batch in table.batches():
        outcome = reader.read(batch)
        for member in outcome.members:
            is_new, addition = repeats.add(member)
            rows_accepted += is_new
            rows_duplicate += not is_new
            accepted.file.write(addition)
        for line, cells, reasons in outcome.rejected_rows:
            rows_rejected += 1
            padding = [""] * (table.layout.width - len(cells))
            rejected.file.write(_csv_line([*cells, *padding, str(line), reasons]))
        for cell in outcome.cells:
            findings.reject(cell)
        rows_set_aside += outcome.rows_set_aside
        findings.refuse_texts(outcome.refused_texts)
        findings.leave_out(outcome.left_out)
        for code, lines in outcome.warnings.items():
            findings.warn(code, lines)
        if rows_rejected >= max(MAX_ROWS_WITHOUT_MEMBER, 100 * rows_accepted):
            findings.conclude("The file", "read no further, since hardly any row so far is a member")
            break
    for note in reader.notes:
        findings.conclude(note.column, note.sentence)
    findings.warn(WarningCode.COACH_TEXT_DROPPED, repeats.dropped_lines)
    report = _with_layout(report, reader.layout)
    report = replace(
        report,
        rows_accepted=rows_accepted,
        rows_duplicate=rows_duplicate,
        rows_rejected=rows_rejected,
        rejected=findings.rejected(),
        rejected_by_reason=findings.by_reason(),
        warnings=findings.warnings(),
        refused_texts=findings.refused_texts(),
        left_out=findings.left_out(),
    )
    return _with_verdict(report, rows_set_aside)


def _take_events(
    table: Table, report: IntakeReport, accepted: StagedFile, rejected: StagedFile
) -> IntakeReport:
    """The same for feedback: a row is an event of the member that it names."""
    findings, seen = Findings(), set[str]()
    header = table.dialect.header
    events, members = FeedbackReader(header, datetime.now(UTC)), MemberReader(table.layout)
    rows_duplicate = rows_rejected = 0
    rejected.file.write(_csv_line([*header, "fitbox_line", "fitbox_reason"]))
    for batch in table.batches():
        read = events.members(batch) if names_profiles(header) else members.read(batch)
        refused = [(line, cells, reasons) for line, cells, reasons in read.rejected_rows]
        for cell in read.cells:
            findings.reject(cell)
        findings.leave_out(read.left_out)
        for one in events.events(batch, read.members):
            if isinstance(one, TakenEvent):
                rows_duplicate += one.event_id in seen
                if one.event_id not in seen:
                    seen.add(one.event_id)
                    accepted.file.write(one.text)
                continue
            line, row, cells = one
            for cell in cells:
                findings.reject(cell)
            refused.append((line, row, "; ".join(f"{cell.column} {cell.reason}" for cell in cells)))
        for line, row, reasons in sorted(refused):
            rows_rejected += 1
            padding = [""] * (table.layout.width - len(row))
            rejected.file.write(_csv_line([*row, *padding, str(line), reasons]))
        if rows_rejected >= max(MAX_ROWS_WITHOUT_MEMBER, 100 * len(seen)):
            findings.conclude("The file", "read no further, since hardly any row so far can be used")
            break
    report = replace(
        report,
        rows_accepted=len(seen),
        rows_duplicate=rows_duplicate,
        rows_rejected=rows_rejected,
        rejected=findings.rejected(),
        rejected_by_reason=findings.by_reason(),
        warnings=findings.warnings(),
        left_out=findings.left_out(),
    )
    return _with_verdict(report, 0)


class _Repeats:
    """Recognises members seen before: about 150 bytes a member, and the texts of those who have any."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._texts_of: dict[bytes, dict[str, str]] = {}
        self._targets_of: dict[bytes, dict[str, str]] = {}
        self.dropped_lines: list[int] = []

    def add(self, member: Member) -> tuple[bool, bytes]:
        """Whether the member is new, and the line to store, empty where the row adds nothing.

        Rows of one text each may repeat a member with texts for other tasks; the line then holds all texts
        so far, and readers of the store take the most complete line of a member.
        """
        # Half of a SHA-256 is enough: a million members collide with a chance of about 1e-27.
        key = bytes.fromhex(member.member_id[:32])
        is_new = key not in self._seen
        self._seen.add(key)
        written = member.waiting | member.targets
        if not written:
            return is_new, member.to_json_line() if is_new else b""
        known = self._texts_of.get(key, {})
        if any(known.get(name, text) != text for name, text in written.items()):
            self.dropped_lines.append(member.line)
        texts = written | known
        adds = len(texts) > len(known)
        targets = {name: text for name, text in member.targets.items() if name not in known}
        targets |= self._targets_of.get(key, {})
        self._texts_of[key], self._targets_of[key] = texts, targets
        waiting = {name: text for name, text in texts.items() if name not in targets}
        line = replace(member, targets=targets, waiting=waiting).to_json_line()
        return is_new, line if adds else b""


def _with_verdict(report: IntakeReport, rows_set_aside: int) -> IntakeReport:
    """Accepted or not. Rows that only an optional column refuses say nothing about the file as a whole."""
    total, rejected = report.rows_total, report.rows_rejected - rows_set_aside
    if total == 0:
        what = "event" if report.kind is ContentKind.FEEDBACK else "member"
        return replace(report, reason=f"there is no {what} under the header; add one line for each")
    if report.rows_accepted and rejected <= total * MAX_REJECTED_SHARE:
        what = "members taken"
        if report.kind is ContentKind.FEEDBACK:
            what = "events of feedback taken; they are kept, and no version is trained on them yet"
        reason = f"{report.rows_accepted} {what}"
        return replace(report, status=IntakeStatus.ACCEPTED, reason=reason)
    column, why, cells = report.rejected_by_reason[0]
    most = f"{column} {why}".strip()
    return replace(
        report,
        reason=f"{report.rows_rejected} of {total} rows cannot be used, most often ({cells}) because {most}; "
        "correct these cells, or drop a file with the usable rows alone",
    )


def _missing(layout: Layout, header: Iterable[str]) -> str:
    headers = [name for name in header if name]
    parts = []
    for field in layout.missing:
        near = closest_headers(field, headers)
        born = next((name for name in headers if field == "age_years" and _BIRTH.search(name)), "")
        if born:  # an age from a date would be another one each day, and the member with it
            parts.append(f"{field} (add a column Age with whole years; {born!r} cannot stand for it)")
        else:
            parts.append(f"{field} (did you mean {' or '.join(map(repr, near))}?)" if near else field)
    found = ", ".join(shown(name, 40) for name in headers[:30]) or "nothing"
    return (
        f"required columns are missing: {', '.join(parts)}. "
        f"The first line must name the columns; found: {found}"
    )


def _csv_line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
