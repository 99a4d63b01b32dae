"""What intake says about one file: the values of :class:`IntakeReport`, and their JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import JsonValue, TypeAdapter

MAX_CELLS_LISTED = 1000
"""Bad cells named one by one in a report; the quarantine file holds every rejected row."""
MAX_LINES_LISTED = 20
MAX_REASONS = 200
"""Different reasons that a report tells apart."""

SIGNIFICANCE = 0.01
NOTABLE_EFFECT = 0.1
"""Drift is notable from these on: p below the one, effect at least the other (see ``drift.py``)."""


class IntakeStatus(StrEnum):
    """What became of a file."""

    ACCEPTED = "ACCEPTED"
    """Its usable members are in the store."""
    REJECTED = "REJECTED"
    """None of it is used; the reason says what to change."""


class ContentKind(StrEnum):
    """What a file is about."""

    MEMBERS = "MEMBERS"
    FEEDBACK = "FEEDBACK"
    """What became of replies: kept, and in no dataset of members."""


class CellFault(StrEnum):
    """Why a cell cannot be used, in one word: the sentence says it exactly."""

    MISSING = "missing"
    NOT_ALLOWED = "not_allowed"
    """It was read, and its value may not be."""
    UNREADABLE = "unreadable"
    """Neither a value nor nothing; a whole row that is none, too."""


class WarningCode(StrEnum):
    """Things worth a look that make no row unusable."""

    BMI_CONTRADICTS_MEASURES = "BMI_CONTRADICTS_MEASURES"
    """The BMI column does not match weight and height; it is ignored."""
    AVERAGE_HEART_RATE_NOT_BELOW_MAXIMUM = "AVERAGE_HEART_RATE_NOT_BELOW_MAXIMUM"
    """One of the two is wrong; the average is read nowhere, and too low a maximum only makes zones easier."""
    UNDERWEIGHT = "UNDERWEIGHT"
    """BMI below 18.5: used, but never with an energy deficit."""
    SEVERE_OBESITY = "SEVERE_OBESITY"
    """BMI of 40 or more: used; most often a slip in weight or height."""
    COACH_TEXT_DROPPED = "COACH_TEXT_DROPPED"
    """A repeated member brings another text for the same task; the first is kept."""
    COACH_TEXT_REFUSED = "COACH_TEXT_REFUSED"
    """A coach's text that cannot be a target; the planner's is used. ``refused_texts`` says why."""
    COACH_TEXT_WAITS = "COACH_TEXT_WAITS"
    """A coach's text with sentences that a second person must release first; the planner's is used."""
    VALUE_LEFT_OUT = "VALUE_LEFT_OUT"
    """A cell of an optional column that cannot be used; the row is used without it. ``left_out`` says why."""
    SUMMARY_ROW = "SUMMARY_ROW"
    """A row of totals or means; it is no member and counts as no row."""
    READ_FROM_VALUES = "READ_FROM_VALUES"
    """What the values say about a column: its unit, or that it is not what its title promises."""
    DRIFT = "DRIFT"
    """Columns whose distribution differs from the dataset in use; ``count`` is of columns."""


WARNING_TEXTS = {
    WarningCode.BMI_CONTRADICTS_MEASURES: "BMI does not match weight and height; weight and height are used",
    WarningCode.AVERAGE_HEART_RATE_NOT_BELOW_MAXIMUM: (
        "average heart rate at or above the maximum; the average is not used"
    ),
    WarningCode.UNDERWEIGHT: "BMI below 18.5; used, never with an energy deficit",
    WarningCode.SEVERE_OBESITY: "BMI of 40 or more; used, but worth a second look",
    WarningCode.COACH_TEXT_DROPPED: "repeats a member with another coach text for a task; the first is kept",
    WarningCode.VALUE_LEFT_OUT: "a value that cannot be used was left out; the row is used without it",
    WarningCode.SUMMARY_ROW: "totals or means; not a member",
    WarningCode.COACH_TEXT_REFUSED: "coach text that cannot be used; FitBox's planner writes the target",
    WarningCode.COACH_TEXT_WAITS: (
        "coach text that waits for a second person's release (fitbox coach review); "
        "the planner writes the target"
    ),
}


@dataclass(frozen=True)
class RejectedCell:
    """One cell (or, with an empty ``column``, one whole row) that cannot be used."""

    line: int
    """Line of the file, from 1, on which the row starts."""
    column: str
    """Header as written."""
    value: str
    reason: str


@dataclass(frozen=True)
class IntakeWarning:
    """``count`` rows (or columns) have something worth a look; ``lines`` names the first of them."""

    code: WarningCode
    message: str
    count: int
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class ColumnDrift:
    """One column compared with the reference."""

    column: str
    test: str
    """``KS`` or ``chi-squared``."""
    statistic: float
    p_value: float
    effect: float
    """D for KS, Cramer's V for chi-squared; both 0 (the same) to 1."""

    @property
    def is_notable(self) -> bool:
        """Whether the difference is both significant and large enough to matter."""
        return self.p_value < SIGNIFICANCE and self.effect >= NOTABLE_EFFECT

    def sentence(self) -> str:
        """The finding in words."""
        size = "large" if self.effect >= 0.5 else "medium" if self.effect >= 0.3 else "small"
        word = f"{size} drift" if self.is_notable else "no notable drift"
        return f"{self.column}: {word} ({self.test}, effect {self.effect:.2f}, p = {self.p_value:.2g})"


@dataclass(frozen=True)
class IntakeReport:
    """The outcome for one file. Counts are rows: total = accepted + duplicate + rejected."""

    file_name: str
    digest: str
    """SHA-256 (hex) of the content; empty where the content was not read (a symlink, a folder)."""
    status: IntakeStatus
    reason: str
    """Why, in a sentence that says what to do; for an accepted file, what was taken."""
    kind: ContentKind = ContentKind.MEMBERS
    """Rows are members, or events of members."""
    dropped_by: str = ""
    """Login name of the file's owner, who does not release the texts in it; empty where it is not known."""
    rows_accepted: int = 0
    """Distinct members, or events."""
    rows_rejected: int = 0
    rows_duplicate: int = 0
    """Rows that describe a member, or an event, that was already accepted from this file."""
    members: Path | None = None
    """JSON lines: ``line``, ``member_id``, ``profile``, and ``targets`` where a coach wrote any; of feedback
    the event instead."""
    quarantine: Path | None = None
    """Rejected rows as they came, with line and reasons; for a file that is no table, its copy."""
    shape: str = ""
    encoding: str = ""
    separator: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    """Field -> header it was read from."""
    ignored: tuple[str, ...] = ()
    """Headers that are unknown, follow from others, or repeat an earlier column."""
    rejected: tuple[RejectedCell, ...] = ()
    """The first :data:`MAX_CELLS_LISTED` bad cells."""
    rejected_by_reason: tuple[tuple[str, str, int], ...] = ()
    """(column, reason, cells), most frequent first: the whole file."""
    warnings: tuple[IntakeWarning, ...] = ()
    refused_texts: tuple[RejectedCell, ...] = ()
    """The first :data:`MAX_CELLS_LISTED` coach texts that cannot be targets; their rows are used."""

    left_out: tuple[RejectedCell, ...] = ()
    """The first :data:`MAX_CELLS_LISTED` cells that were left out; their rows are used."""

    drift: tuple[ColumnDrift, ...] = ()
    """Every column compared with the dataset in use, strongest effect first; empty where there is none."""
    drift_against: str = ""
    """What it was compared with: a dataset's digest, or a file's name without its ending."""

    @property
    def rows_total(self) -> int:
        """Rows with any content after the header."""
        return self.rows_accepted + self.rows_duplicate + self.rows_rejected

    @property
    def rejected_cells(self) -> Mapping[tuple[str, str], int]:
        """Cells by field and :class:`CellFault`; the field of a whole row is ``row``, whatever its header."""
        fields = {header: field for field, header in self.columns.items()}
        counts: Counter[tuple[str, str]] = Counter()
        for column, reason, cells in self.rejected_by_reason:
            counts[fields.get(column, "row"), _fault(reason)] += cells
        return counts

    def to_json(self) -> str:
        """The report as indented JSON; paths are file names, so that the store can be moved."""
        values: dict[str, Any] = asdict(self) | {"rows_total": self.rows_total}
        for name in ("members", "quarantine"):
            values[name] = values[name].name if values[name] is not None else None
        values["rejected_by_reason"] = [
            {"column": column, "reason": reason, "cells": cells}
            for column, reason, cells in self.rejected_by_reason
        ]
        values["drift"] = [asdict(column) | {"notable": column.is_notable} for column in self.drift]
        return json.dumps(values, indent=2, ensure_ascii=False)

    def to_values(self) -> dict[str, JsonValue]:
        """The report in the types of JSON, for :meth:`from_values` in another process."""
        values: dict[str, JsonValue] = _REPORTS.dump_python(self, mode="json")
        return values

    @staticmethod
    def from_values(values: object) -> IntakeReport:
        """The report again."""
        return _REPORTS.validate_python(values)


def _fault(reason: str) -> CellFault:
    if reason == "is missing":
        return CellFault.MISSING
    return CellFault.NOT_ALLOWED if reason.startswith("must be") else CellFault.UNREADABLE


_REPORTS = TypeAdapter(IntakeReport)


_OTHERS = ("", "other reasons")


class Findings:
    """Collects rejected cells and warnings while a file streams by, in bounded memory."""

    def __init__(self) -> None:
        self._cells: list[RejectedCell] = []
        self._refused: list[RejectedCell] = []
        self._conclusions: list[IntakeWarning] = []
        self._left_out: list[RejectedCell] = []
        self._reasons: Counter[tuple[str, str]] = Counter()
        self._warned: Counter[WarningCode] = Counter()
        self._lines: dict[WarningCode, list[int]] = {}

    def reject(self, cell: RejectedCell) -> None:
        key = cell.column, cell.reason
        self._reasons[key if key in self._reasons or len(self._reasons) < MAX_REASONS else _OTHERS] += 1
        if len(self._cells) < MAX_CELLS_LISTED:
            self._cells.append(cell)

    def warn(self, code: WarningCode, lines: list[int]) -> None:
        self._warned[code] += len(lines)
        listed = self._lines.setdefault(code, [])
        listed.extend(lines[: MAX_LINES_LISTED - len(listed)])

    def refuse_texts(self, texts: list[RejectedCell]) -> None:
        self._refused += texts[: MAX_CELLS_LISTED - len(self._refused)]

    def leave_out(self, cells: list[RejectedCell]) -> None:
        self._left_out += cells[: MAX_CELLS_LISTED - len(self._left_out)]

    def left_out(self) -> tuple[RejectedCell, ...]:
        return tuple(self._left_out)

    def refused_texts(self) -> tuple[RejectedCell, ...]:
        return tuple(self._refused)

    def rejected(self) -> tuple[RejectedCell, ...]:
        return tuple(self._cells)

    def by_reason(self) -> tuple[tuple[str, str, int], ...]:
        return tuple((column, reason, cells) for (column, reason), cells in self._reasons.most_common())

    def conclude(self, column: str, sentence: str) -> None:
        self._conclusions.append(IntakeWarning(WarningCode.READ_FROM_VALUES, f"{column}: {sentence}", 1))

    def warnings(self) -> tuple[IntakeWarning, ...]:
        counted = (
            IntakeWarning(code, WARNING_TEXTS[code], count, tuple(self._lines[code]))
            for code, count in self._warned.items()
            if count
        )
        return (*self._conclusions, *counted)
