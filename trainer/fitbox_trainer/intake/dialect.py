"""Where the table begins, and what separates its cells: found by what is recognised.

Spreadsheets put titles above the header, a hint of the separator (``sep=;``), line breaks into titles, and a
row of units below them.
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fitbox.errors import DatasetError
from fitbox_trainer.intake.feedback_columns import is_feedback
from fitbox_trainer.intake.headers import Layout, clean_header, is_units_row, read_layout, with_units_row

SEPARATORS = (",", ";", "\t", "|")
MAX_COLUMNS = 500
MAX_HEADER_LINES = 40
"""Physical lines that a header may take, with the line breaks in its titles."""
_MAX_TITLE_ROWS = 20
"""Rows that may stand above the header."""
_HINT = re.compile(r"[\ufeff\"' ]*sep\s*=.{0,3}", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """How a file is written, as found out from its content."""

    encoding: str
    separator: str
    header: tuple[str, ...]
    """Titles as people read them."""
    raw_header: tuple[str, ...]
    """Titles as written, by which a repeated header is known."""


@dataclass(frozen=True)
class _Candidate:
    cells: tuple[str, ...]
    separator: str
    end: int
    """Index of the first physical line after it."""
    layout: Layout

    @property
    def score(self) -> tuple[bool, int, int, int]:
        """Feedback or not, required fields, fields, cells."""
        layout = self.layout
        return is_feedback(self.cells), -len(layout.missing), len(layout.columns), len(self.cells)


def read_dialect(encoding: str, head: Sequence[str]) -> tuple[Dialect, Layout, int]:
    """Dialect and layout of a file, and how many of its first lines come before the first member.

    Args:
        encoding: Codec of the file, for the report.
        head: The first physical lines of the file.

    Raises:
        DatasetError: there is no header, or it is wider than any table of members.
    """
    starts = [
        index for index, line in enumerate(head) if line.strip("\ufeff \t\r\n,;|") and not _is_hint(line)
    ]
    if not starts:
        raise DatasetError("the file is empty; it needs a header line and one line for each member")
    best: _Candidate | None = None
    for start in starts[:_MAX_TITLE_ROWS]:
        here = max(_candidates(head, start), key=lambda candidate: candidate.score)
        if best is None or (here.score[:3] > best.score[:3] and here.layout.columns):
            best = here
        if not best.layout.missing or is_feedback(best.cells):
            break
    assert best is not None  # noqa: S101 - there is at least one start, and each has a candidate
    if best.layout.width > MAX_COLUMNS:
        raise DatasetError(
            f"the table has {best.layout.width} columns, and {MAX_COLUMNS} are the most; keep the columns "
            "about the members and delete the others"
        )
    end, layout = best.end, best.layout
    below = next((index for index in range(end, len(head)) if head[index].strip()), None)
    if below is not None:
        cells = split_line(head[below], best.separator)
        if is_units_row(layout, cells):
            end, layout = below + 1, with_units_row(layout, cells)
    titles = tuple(clean_header(cell) for cell in best.cells)
    return Dialect(encoding, best.separator, titles, best.cells), layout, end


def split_line(line: str, separator: str) -> list[str]:
    """The cells of a physical line by itself."""
    line = line.rstrip("\r\n")
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return [line]


def _is_hint(line: str) -> bool:
    return _HINT.fullmatch(line.rstrip("\r\n")) is not None


def _candidates(head: Sequence[str], start: int) -> Iterator[_Candidate]:
    """Ways to read a header from a line on; of two equally good ones the first is meant."""
    for separator in SEPARATORS:
        if '"' in head[start]:
            lines = iter(head[start : start + MAX_HEADER_LINES])
            reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
            with contextlib.suppress(csv.Error):
                cells = next(reader, [])
                if reader.line_num > 1:  # line breaks inside titles
                    yield _candidate(cells, separator, start + reader.line_num)
        yield _candidate(split_line(head[start].lstrip("\ufeff"), separator), separator, start + 1)


def _candidate(cells: list[str], separator: str, end: int) -> _Candidate:
    filled = [index for index, cell in enumerate(cells) if cell.strip()]
    cells = cells[: filled[-1] + 1 if filled else 1]  # empty columns at the right are saved with the table
    layout = replace(read_layout(cells[:MAX_COLUMNS]), width=len(cells))
    return _Candidate(tuple(cells), separator, end, layout)
