"""One batch of rows -> members and rejected cells. Pure: no file is touched."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import polars as pl

from fitbox.advice.vocabulary import NOTHING, Vocabulary
from fitbox_trainer.intake.cells import parse
from fitbox_trainer.intake.headers import AVERAGE_HEART_RATE, BMI, Layout
from fitbox_trainer.intake.reader import Batch
from fitbox_trainer.intake.report import RejectedCell, WarningCode
from fitbox_trainer.intake.targets import RefusedText, read_targets
from fitbox_trainer.intake.validate import (
    BadField,
    find_bad_fields,
    find_bad_profiles,
    member_id,
    to_profile_json,
)

BMI_TOLERANCE = 1.0
"""kg/m2; rounding height to the centimetre moves the BMI of a heavy member by about 0.5."""


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
    """What a batch came to: every row is in ``members`` or in ``rejected_rows``."""

    members: list[Member]
    cells: list[RejectedCell]
    rejected_rows: list[tuple[int, list[str], str]]
    """(line, cells as written, reasons), by line."""
    warnings: dict[WarningCode, list[int]]
    refused_texts: list[RejectedCell]
    """Coach texts that cannot be targets; their rows are members all the same."""


def read_members(batch: Batch, layout: Layout, vocabulary: Vocabulary = NOTHING) -> Outcome:
    """Parse and validate a batch; coach texts may use the sentences of ``vocabulary`` too."""
    parsed = parse(batch.rows, layout)
    bad = [BadField(row, field, reason) for field, (rows, reason) in parsed.unread.items() for row in rows]
    unread = {(item.row, item.field) for item in bad}
    # A required cell that could not be read is null by now; "is missing" would only repeat it.
    bad += [item for item in find_bad_fields(parsed.frame) if (item.row, item.field) not in unread]

    bad_rows = {item.row for item in bad}
    usable = [row for row in range(len(batch.rows)) if row not in bad_rows]
    profiles: dict[int, str] = dict(zip(usable, to_profile_json(parsed.frame[usable]), strict=True))
    for item in find_bad_profiles(list(profiles.values())):
        row = usable[item.row]
        bad.append(BadField(row, item.field, item.reason))
        profiles.pop(row, None)

    texts = read_targets(parsed.frame, profiles, vocabulary)
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
    cells, rejected_rows = _rejections(batch, layout, bad)
    flagged = parsed.frame.select(**_warnings(parsed.frame.columns))[list(profiles)]
    lines = pl.Series([batch.lines[row] for row in profiles], dtype=pl.Int64)
    warnings = {WarningCode(name): lines.filter(flagged[name]).to_list() for name in flagged.columns}
    for code, waits in ((WarningCode.COACH_TEXT_REFUSED, False), (WarningCode.COACH_TEXT_WAITS, True)):
        rows = sorted({text.row for text in texts.refused if text.waits is waits})
        warnings[code] = [batch.lines[row] for row in rows]
    refused_texts = [_refusal(batch, layout, text) for text in texts.refused]
    return Outcome(members, cells, rejected_rows, warnings, refused_texts)


def _refusal(batch: Batch, layout: Layout, text: RefusedText) -> RejectedCell:
    column = layout.columns.get(text.field)
    header = column.header if column else text.field
    return RejectedCell(batch.lines[text.row], header, text.text[:200], text.reason)


def _rejections(
    batch: Batch, layout: Layout, bad: list[BadField]
) -> tuple[list[RejectedCell], list[tuple[int, list[str], str]]]:
    cells = [RejectedCell(row.line, "", _excerpt(row.cells), row.reason) for row in batch.malformed]
    rows = {row.line: row.cells for row in batch.malformed}
    for item in bad:
        column = layout.columns.get(item.field)
        line = batch.lines[item.row]
        value = batch.rows[item.row][column.index] if column else _excerpt(batch.rows[item.row])
        cells.append(RejectedCell(line, column.header if column else "", value[:200], item.reason))
        rows[line] = batch.rows[item.row]
    cells.sort(key=lambda cell: cell.line)
    reasons: dict[int, list[str]] = {}
    for cell in cells:
        reasons.setdefault(cell.line, []).append(f"{cell.column} {cell.reason}".strip())
    return cells, [(line, rows[line], "; ".join(why)) for line, why in reasons.items()]


def _excerpt(cells: list[str]) -> str:
    return ",".join(cells)[:200]


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
