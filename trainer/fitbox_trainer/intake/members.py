"""One batch of rows -> members and rejected cells. Pure: no file is touched.

A cell that a member cannot do without, or that keeps harm away (conditions, allergies, dislikes), costs its
row where it cannot be used. Any other is left out, and the row is used without it, as is one that makes no
sense beside the others of its row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from fitbox.advice.vocabulary import NOTHING, Vocabulary
from fitbox.profile import LATER_FIELDS, Profile
from fitbox_trainer.intake.cells import LIST_FIELDS, ParsedBatch, parse
from fitbox_trainer.intake.headers import REQUIRED_FIELDS, Layout
from fitbox_trainer.intake.reader import Batch, MalformedRow
from fitbox_trainer.intake.report import RejectedCell, WarningCode
from fitbox_trainer.intake.survey import Note, settle_units
from fitbox_trainer.intake.targets import RefusedText, read_targets
from fitbox_trainer.intake.texts import is_summary_row
from fitbox_trainer.intake.units import AVERAGE_HEART_RATE, BMI
from fitbox_trainer.intake.validate import (
    BadField,
    find_bad_fields,
    find_bad_profiles,
    member_id,
    to_profile_json,
)

BMI_TOLERANCE = 1.0
"""kg/m2; rounding height to the centimetre moves the BMI of a heavy member by about 0.5."""
NEEDED_FIELDS = frozenset({*REQUIRED_FIELDS, *LIST_FIELDS}) - {"focus_areas"}
"""Fields of which no cell is left out in silence."""
_MAX_UNREADABLE_SHARE = 0.5
"""A column of which more cells than this cannot be used is another one than its title says."""


@dataclass(frozen=True)
class Member:
    """One usable row."""

    line: int
    member_id: str
    """SHA-256 (hex) of ``profile_json``."""
    profile_json: str
    """Canonical JSON of the profile."""
    targets: dict[str, str]
    """Task name -> what the member's coach wrote, as far as it can be used."""
    waiting: dict[str, str] = field(default_factory=dict)
    """Task name -> what waits for a second person's release."""

    def to_json_line(self) -> bytes:
        targets = f',"targets":{json.dumps(self.targets, ensure_ascii=False)}' if self.targets else ""
        targets += f',"waiting":{json.dumps(self.waiting, ensure_ascii=False)}' if self.waiting else ""
        head = f'"line":{self.line},"member_id":"{self.member_id}","profile":{self.profile_json}'
        return f"{{{head}{targets}}}\n".encode()


@dataclass(frozen=True)
class Outcome:
    """What a batch came to: every row is in ``members`` or in ``rejected_rows``, but for summaries."""

    members: list[Member]
    cells: list[RejectedCell]
    rejected_rows: list[tuple[int, list[str], str]]
    """(line, cells as written, reasons), by line."""
    rows_set_aside: int
    """Rejected rows that are refused only to keep harm away, so that they say nothing about the file."""
    warnings: dict[WarningCode, list[int]]
    refused_texts: list[RejectedCell]
    """Coach texts that cannot be targets; their rows are members all the same."""
    left_out: list[RejectedCell]
    """Cells that cannot be used and need not be; their rows are members all the same."""


@dataclass
class MemberReader:
    """Reads the batches of one file. What the first shows about a column holds for all of them."""

    layout: Layout
    vocabulary: Vocabulary = NOTHING
    """Sentences that coach texts may hold beside the planner's."""
    notes: list[Note] = field(default_factory=list)
    _is_first: bool = True

    def read(self, batch: Batch) -> Outcome:
        """Parse and validate a batch.

        Raises:
            DatasetError: the values of a column without a unit fit two units.
        """
        if self._is_first and batch.rows:
            self.layout, notes = settle_units(batch.rows, self.layout)
            self.notes += notes
        parsed = parse(batch.rows, self.layout)
        bad = _bad_cells(parsed)
        if self._is_first and batch.rows:
            self._is_first = False
            for name, note in _not_what_they_say(parsed.frame, bad, self.layout):
                self.layout = self.layout.without(name)
                self.notes.append(note)
                parsed = ParsedBatch(parsed.frame.drop(name), parsed.unread)
                bad = [item for item in bad if item.field != name]
        return _outcome(batch, self.layout, parsed.frame, bad, self.vocabulary)


def read_members(batch: Batch, layout: Layout) -> Outcome:
    """Parse and validate a batch that is a file of its own."""
    return MemberReader(layout).read(batch)


def _bad_cells(parsed: ParsedBatch) -> list[BadField]:
    """Cells that cannot be read, or break a rule of their field; BMI and average heart rate are never bad."""
    bad = [
        BadField(row, name, reason)
        for name, (rows, reason) in parsed.unread.items()
        if name in Profile.model_fields
        for row in rows
    ]
    unread = {(item.row, item.field) for item in bad}
    # A required cell that could not be read is null by now; "is missing" would only repeat it.
    return bad + [item for item in find_bad_fields(parsed.frame) if (item.row, item.field) not in unread]


def _not_what_they_say(
    frame: pl.DataFrame, bad: Iterable[BadField], layout: Layout
) -> list[tuple[str, Note]]:
    """Optional columns most of whose cells cannot be used, each with a note."""
    reasons: dict[str, list[str]] = {}
    for item in bad:
        if item.field not in REQUIRED_FIELDS:
            reasons.setdefault(item.field, []).append(item.reason)
    found = []
    for name, why in reasons.items():
        nulls_read_as_such = frame[name].null_count() - sum(1 for item in why if item.startswith("is not"))
        filled = frame.height - max(nulls_read_as_such, 0)
        if len(why) > filled * _MAX_UNREADABLE_SHARE:
            sentence = f"not used: {len(why)} of {filled} cells cannot be, since a cell {_shortened(why[0])}"
            found.append((name, Note(layout.columns[name].header, sentence)))
    return found


def _shortened(reason: str) -> str:
    return reason if len(reason) <= 120 else f"{reason[:120].rsplit(', ', 1)[0]}, ..."


def _outcome(
    batch: Batch, layout: Layout, frame: pl.DataFrame, bad: list[BadField], vocabulary: Vocabulary
) -> Outcome:
    left_out = [item for item in bad if item.field not in NEEDED_FIELDS]
    bad = [item for item in bad if item.field in NEEDED_FIELDS]
    frame = _without_cells(frame, left_out)
    bad_rows = {item.row for item in bad}
    usable = [row for row in range(len(batch.rows)) if row not in bad_rows]
    usable_frame = frame if not bad_rows else frame[usable]
    profiles: dict[int, str] = dict(zip(usable, to_profile_json(usable_frame), strict=True))
    unfit = _unfit(profiles)
    while senseless := [item for item in unfit if item.field in LATER_FIELDS]:
        # A trimester of nobody, or half a window: the cell says nothing, so the row goes without it.
        frame = _without_cells(frame, [cell for item in senseless for cell in _cells_of(item, frame)])
        left_out += senseless
        again = [item.row for item in senseless]
        mended = dict(zip(again, to_profile_json(frame[again]), strict=True))
        profiles |= mended
        unfit = [item for item in unfit if item.field not in LATER_FIELDS] + _unfit(mended)
    bad += unfit
    for item in unfit:
        profiles.pop(item.row, None)

    texts = read_targets(frame, profiles, vocabulary)
    members = [
        Member(
            batch.lines[row],
            member_id(text),
            text,
            texts.targets.get(row, {}),
            texts.waiting.get(row, {}),
        )
        for row, text in profiles.items()
    ]
    summaries = {item.row for item in bad if is_summary_row(batch.rows[item.row])}
    malformed = [row for row in batch.malformed if not is_summary_row(row.cells)]
    bad = [item for item in bad if item.row not in summaries]
    cells, rejected_rows = _rejections(batch, layout, bad, malformed)
    flagged = frame.select(**_warnings(frame.columns))[list(profiles)]
    lines = pl.Series([batch.lines[row] for row in profiles], dtype=pl.Int64)
    warnings = {WarningCode(name): lines.filter(flagged[name]).to_list() for name in flagged.columns}
    for code, waits in ((WarningCode.COACH_TEXT_REFUSED, False), (WarningCode.COACH_TEXT_WAITS, True)):
        rows = sorted({text.row for text in texts.refused if text.waits is waits})
        warnings[code] = [batch.lines[row] for row in rows]
    used = [item for item in left_out if item.row in profiles]
    warnings[WarningCode.VALUE_LEFT_OUT] = [batch.lines[row] for row in sorted({item.row for item in used})]
    set_aside = [batch.lines[row] for row in summaries]
    set_aside += [row.line for row in batch.malformed if is_summary_row(row.cells)]
    warnings[WarningCode.SUMMARY_ROW] = sorted(set_aside)
    essential = {item.row for item in bad if item.field in REQUIRED_FIELDS}
    return Outcome(
        members=members,
        cells=cells,
        rejected_rows=rejected_rows,
        rows_set_aside=len({item.row for item in bad} - essential),
        warnings=warnings,
        refused_texts=[_refusal(batch, layout, text) for text in texts.refused],
        left_out=sorted((_cell(batch, layout, item) for item in used), key=lambda cell: cell.line),
    )


def _unfit(profiles: Mapping[int, str]) -> list[BadField]:
    """Rows whose fields contradict each other."""
    rows = list(profiles)
    return [
        BadField(rows[item.row], item.field, item.reason)
        for item in find_bad_profiles(list(profiles.values()))
    ]


def _cells_of(item: BadField, frame: pl.DataFrame) -> list[BadField]:
    """The cells that go with one: of an eating window both ends."""
    ends = ("eating_window_start_hour", "eating_window_end_hour")
    names = ends if item.field in ends else (item.field,)
    return [BadField(item.row, name, item.reason) for name in names if name in frame.columns]


def _without_cells(frame: pl.DataFrame, cells: Iterable[BadField]) -> pl.DataFrame:
    rows: dict[str, list[int]] = {}
    for item in cells:
        rows.setdefault(item.field, []).append(item.row)
    return frame.with_columns(frame[name].scatter(indices, None) for name, indices in rows.items())


def _refusal(batch: Batch, layout: Layout, text: RefusedText) -> RejectedCell:
    column = layout.columns.get(text.field)
    header = column.header if column else text.field
    return RejectedCell(batch.lines[text.row], header, text.text[:200], text.reason)


def _cell(batch: Batch, layout: Layout, item: BadField) -> RejectedCell:
    column = layout.columns.get(item.field)
    row = batch.rows[item.row]
    value = row[column.index] if column else _excerpt(row)
    return RejectedCell(batch.lines[item.row], column.header if column else "", value[:200], item.reason)


def _rejections(
    batch: Batch, layout: Layout, bad: list[BadField], malformed: list[MalformedRow]
) -> tuple[list[RejectedCell], list[tuple[int, list[str], str]]]:
    cells = [RejectedCell(row.line, "", _excerpt(row.cells), row.reason) for row in malformed]
    rows = {row.line: row.cells for row in malformed}
    for item in bad:
        cells.append(_cell(batch, layout, item))
        rows[batch.lines[item.row]] = batch.rows[item.row]
    cells.sort(key=lambda cell: cell.line)
    reasons: dict[int, list[str]] = {}
    for cell in cells:
        reasons.setdefault(cell.line, []).append(f"{cell.column} {cell.reason}".strip())
    return cells, [(line, rows[line], "; ".join(why)) for line, why in reasons.items()]


def _excerpt(cells: list[str]) -> str:
    return ",".join(cells[:200])[:200]


def _warnings(columns: list[str]) -> dict[str, pl.Expr]:
    """Warning code -> expression that is true for the rows it concerns."""
    bmi = pl.col("weight_kg") / (pl.col("height_cm") / 100) ** 2
    checks = {WarningCode.UNDERWEIGHT: bmi < 18.5, WarningCode.SEVERE_OBESITY: bmi >= 40}
    if BMI in columns:
        checks[WarningCode.BMI_CONTRADICTS_MEASURES] = (pl.col(BMI) - bmi).abs() > BMI_TOLERANCE
    if AVERAGE_HEART_RATE in columns and "max_heart_rate_bpm" in columns:
        checks[WarningCode.AVERAGE_HEART_RATE_NOT_BELOW_MAXIMUM] = pl.col(AVERAGE_HEART_RATE) >= pl.col(
            "max_heart_rate_bpm"
        )
    return {code.value: check.fill_null(value=False) for code, check in checks.items()}
