"""Reading CSV text of any origin: rows in batches, with the line they stand on.

Splitting lines into cells is left to :mod:`csv`, which alone knows on which physical line a row starts and
how many cells it has; everything after that works on whole columns. Memory is bounded by one batch, whatever
the file.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from fitbox.errors import DatasetError
from fitbox_trainer.intake.dialect import Dialect, read_dialect, split_line
from fitbox_trainer.intake.encoding import detect_encoding, errors_of
from fitbox_trainer.intake.headers import Layout

BATCH_ROWS = 32_768
MAX_BATCH_CELLS = 1 << 20
MAX_BATCH_CHARACTERS = 1 << 24
"""A batch ends at whichever of the three it reaches first."""
MAX_LINE_CHARACTERS = 1 << 20
MAX_RECORD_CHARACTERS = 1 << 20
"""A row with line breaks in its cells that is longer is read line by line: a quote was never closed."""
_HEAD_LINES = 60
_HEAD_CHARACTERS = 1 << 20


@dataclass(frozen=True)
class MalformedRow:
    """A row whose cells do not line up with the header."""

    line: int
    cells: list[str]
    reason: str


@dataclass(frozen=True)
class Batch:
    """Some rows: ``rows[i]``, as wide as the header, starts on line ``lines[i]``."""

    lines: list[int]
    rows: list[list[str]]
    malformed: list[MalformedRow]

    def __len__(self) -> int:
        return len(self.rows) + len(self.malformed)


class Table:
    """An open CSV file: its dialect and layout, then its rows in batches. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises DatasetError where the file is no table, and OSError where it cannot be read."""
        encoding = detect_encoding(path)
        self._file: TextIO = path.open(encoding=encoding, errors=errors_of(encoding), newline="")
        self.layout: Layout
        try:
            self._lines = _Lines(self._file)
            head = self._lines.head()
            self.dialect: Dialect
            self.dialect, self.layout, first = read_dialect(encoding, head)
            self._lines.go_on(head, first)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[Batch]:
        """Rows after the header, once; blank lines and repeated headers are left out.

        A row may end early where only columns that a member can do without are missing.
        """
        width, enough, header = self.layout.width, self.layout.required_width, list(self.dialect.raw_header)
        batch, cells_left, characters_end = Batch([], [], []), MAX_BATCH_CELLS, MAX_BATCH_CHARACTERS
        for line, cells in _split(self._lines, self.dialect.separator, width, self.layout.text_indexes):
            found = len(cells)
            if found > width and not any(cell.strip() for cell in cells[width:]):
                cells = cells[:width]
            if cells == header or not any(cell.strip() for cell in cells):
                continue
            if enough <= found < width:
                cells += [""] * (width - found)
            if len(cells) == width:
                batch.lines.append(line)
                batch.rows.append(cells)
            else:
                reason = _misfit(found, width, self.dialect.separator)
                batch.malformed.append(MalformedRow(line, cells, reason))
            cells_left -= found
            if len(batch) >= rows or cells_left <= 0 or self._lines.characters >= characters_end:
                yield batch
                batch, cells_left = Batch([], [], []), MAX_BATCH_CELLS
                characters_end = self._lines.characters + MAX_BATCH_CHARACTERS
        if len(batch):
            yield batch


class _RecordTooLongError(Exception):
    """A row that goes on for more lines than any row does."""


class _Lines:
    """Iterator over physical lines that remembers the lines handed out since :meth:`mark`."""

    def __init__(self, file: TextIO) -> None:
        self._readline = file.readline
        self._again: deque[str] = deque()
        self.number = 0
        self.characters = 0
        """Handed out so far."""
        self.taken: list[str] = []
        self._record_end = MAX_RECORD_CHARACTERS

    def head(self) -> list[str]:
        """The first lines that are not blank, and those between them; they come again after :meth:`go_on`."""
        found: list[str] = []
        filled = characters = 0
        while filled < _HEAD_LINES and characters < _HEAD_CHARACTERS:
            self.mark()
            line = next(self, "")
            if not line:
                break
            if line.strip() or found:
                found.append(line)
                filled += bool(line.strip())
                characters += len(line)
        return found

    def go_on(self, head: Sequence[str], first: int) -> None:
        """Continue with line ``first`` (from 0) of the head."""
        self.number -= len(head) - first
        self._again.extend(head[first:])

    def mark(self) -> int:
        self.taken = []
        self._record_end = self.characters + MAX_RECORD_CHARACTERS
        return self.number + 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._readline(MAX_LINE_CHARACTERS)
        if not line:
            raise StopIteration
        self.number += 1
        self.characters += len(line)
        if len(line) >= MAX_LINE_CHARACTERS:
            raise DatasetError(f"line {self.number} is longer than a million characters; is this a CSV file?")
        self.taken.append(line)
        if self.characters > self._record_end:
            raise _RecordTooLongError
        return line


def _split(
    lines: _Lines, separator: str, width: int, text_indexes: frozenset[int]
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells). A quote that is never closed must not swallow the members after it."""
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    while True:
        start = lines.mark()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RecordTooLongError):  # in practice a quote that is never closed
            cells = []
        if len(lines.taken) == 1 or (cells and _meant(cells, lines.taken, width, separator, text_indexes)):
            yield start, cells
        else:
            for offset, line in enumerate(lines.taken):
                yield start + offset, split_line(line, separator)


def _meant(
    cells: list[str], taken: Sequence[str], width: int, separator: str, text_indexes: frozenset[int]
) -> bool:
    """Whether a row over several lines is one on purpose: quotes are paired, and breaks are inside free text,
    or at least no line after the first is a row by itself."""
    if len(cells) != width or sum(line.count('"') for line in taken) % 2:
        return False
    if all(index in text_indexes for index, cell in enumerate(cells) if "\n" in cell or "\r" in cell):
        return True
    try:
        strict = next(csv.reader(iter(taken), delimiter=separator, skipinitialspace=True, strict=True), [])
    except csv.Error:
        return False
    return strict == cells and all(len(split_line(line, separator)) < width for line in taken[1:])


def _misfit(found: int, width: int, separator: str) -> str:
    if found < width:
        return f"the line ends after {found} of {width} cells"
    hint = "; put quotes around decimal commas, or separate cells with semicolons" if separator == "," else ""
    return f"the line has {found} cells where the header has {width}{hint}"
