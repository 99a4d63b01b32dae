"""Reading CSV text of any origin: encoding, separator, and rows in batches with the line they stand on.

Splitting lines into cells is left to :mod:`csv`, which alone knows on which physical line a row starts and
how many cells it has; everything after that works on whole columns. Memory is bounded by one batch, whatever
the file.
"""

from __future__ import annotations

import codecs
import csv
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from fitbox.errors import DatasetError
from fitbox_trainer.intake.headers import Layout, clean_header, read_layout

BATCH_ROWS = 32_768
SEPARATORS = (",", ";", "\t", "|")
MAX_LINE_CHARACTERS = 1 << 20
_HEAD_BYTES = 1 << 16
_CHUNK_BYTES = 1 << 20
_MAX_CONTROL_SHARE = 0.02
"""Text has no control characters but line ends and tabs; a few strays are left to the rows that have them."""

_SIGNATURES = {
    b"PK\x03\x04": "an Excel workbook or zip archive; export it as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; export it as CSV",
    b"\x1f\x8b": "a gzip archive; unpack it first",
    b"%PDF": "a PDF; export the table as CSV",
    b"PAR1": "a Parquet file; export it as CSV",
}


@dataclass(frozen=True)
class MalformedRow:
    """A row whose cells do not line up with the header."""

    line: int
    cells: list[str]
    reason: str


@dataclass(frozen=True)
class Batch:
    """Up to :data:`BATCH_ROWS` rows: ``rows[i]``, as wide as the header, starts on line ``lines[i]``."""

    lines: list[int]
    rows: list[list[str]]
    malformed: list[MalformedRow]


@dataclass(frozen=True)
class Dialect:
    """How a file is written, as found out from its content."""

    encoding: str
    separator: str
    header: tuple[str, ...]
    header_line: int


def detect_encoding(path: Path) -> str:
    """Name of the codec that reads the file; looks at all of it, since the one byte that tells may come last.

    Raises:
        DatasetError: the file is empty or not text.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        for signature, what in _SIGNATURES.items():
            if head.startswith(signature):
                raise DatasetError(f"this is not a CSV file but {what}")
        encoding = _encoding_of_head(head)
        if encoding == "utf-8":
            file.seek(0)
            decoder = codecs.getincrementaldecoder("utf-8")()
            try:
                while chunk := file.read(_CHUNK_BYTES):
                    decoder.decode(chunk)
            except UnicodeDecodeError:
                encoding = "latin-1"
    text = head.decode(encoding, errors="replace")
    if not text.strip("\ufeff \t\r\n"):
        raise DatasetError("the file is empty; it needs a header line and one line for each member")
    strange = sum(
        unicodedata.category(character) == "Cc" and character not in "\t\r\n\f" for character in text
    )
    if strange > len(text) * _MAX_CONTROL_SHARE:
        raise DatasetError("this is not text; export the table as CSV (UTF-8)")
    return encoding


def _encoding_of_head(head: bytes) -> str:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a byte-order mark, UTF-16 of mostly Latin text has a zero in every other byte.
    half = max(len(head) // 2, 1)
    if head[1::2].count(0) > half * 0.7 and head[0::2].count(0) < half * 0.1:
        return "utf-16-le"
    if head[0::2].count(0) > half * 0.7 and head[1::2].count(0) < half * 0.1:
        return "utf-16-be"
    return "utf-8"


class Table:
    """An open CSV file: its dialect and layout, then its rows in batches. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises DatasetError where the file is no text, and OSError where it cannot be read."""
        encoding = detect_encoding(path)
        self._file: TextIO = path.open(encoding=encoding, errors="replace", newline="")
        try:
            self._lines = _Lines(self._file)
            self.dialect = _read_dialect(encoding, self._lines)
        except BaseException:
            self._file.close()
            raise
        self.layout: Layout = read_layout(self.dialect.header)

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[Batch]:
        """Rows after the header, once; blank lines and repeated headers are left out."""
        width, header = self.layout.width, list(self.dialect.header)
        batch = Batch([], [], [])
        for line, cells in _split(self._lines, self.dialect.separator, width, self.layout.text_indexes):
            if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
                cells = cells[:width]
            if cells == header or not any(cell.strip() for cell in cells):
                continue
            if len(cells) == width:
                batch.lines.append(line)
                batch.rows.append(cells)
            else:
                reason = _misfit(len(cells), width, self.dialect.separator)
                batch.malformed.append(MalformedRow(line, cells, reason))
            if len(batch.rows) + len(batch.malformed) >= rows:
                yield batch
                batch = Batch([], [], [])
        if batch.rows or batch.malformed:
            yield batch


class _Lines:
    """Iterator over physical lines that remembers the lines handed out since :meth:`mark`."""

    def __init__(self, file: TextIO) -> None:
        self._readline = file.readline
        self.number = 0
        self.taken: list[str] = []

    def mark(self) -> int:
        self.taken = []
        return self.number + 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._readline(MAX_LINE_CHARACTERS)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) >= MAX_LINE_CHARACTERS:
            raise DatasetError(f"line {self.number} is longer than a million characters; is this a CSV file?")
        self.taken.append(line)
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
        except csv.Error:  # a cell beyond csv's size limit: in practice a quote that is never closed
            cells = []
        if len(lines.taken) == 1 or (cells and _meant(cells, lines.taken, width, text_indexes)):
            yield start, cells
        else:
            for offset, line in enumerate(lines.taken):
                yield start + offset, _split_line(line, separator)


def _meant(cells: list[str], taken: Sequence[str], width: int, text_indexes: frozenset[int]) -> bool:
    """Whether a row over several lines is one on purpose: quotes are paired, breaks are inside free text."""
    if len(cells) != width or sum(line.count('"') for line in taken) % 2:
        return False
    return all(index in text_indexes for index, cell in enumerate(cells) if "\n" in cell or "\r" in cell)


def _split_line(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return [line.rstrip("\r\n")]


def _misfit(found: int, width: int, separator: str) -> str:
    if found < width:
        return f"the line ends after {found} of {width} cells"
    hint = "; put quotes around decimal commas, or separate cells with semicolons" if separator == "," else ""
    return f"the line has {found} cells where the header has {width}{hint}"


def _read_dialect(encoding: str, lines: _Lines) -> Dialect:
    for line in lines:
        text = line.strip("\ufeff\r\n")
        if text.strip(" \t,;|") and not text.casefold().startswith("sep="):  # Excel's hint of the separator
            break
    else:
        raise DatasetError("the file is empty; it needs a header line and one line for each member")

    def recognised(separator: str) -> tuple[int, int]:
        cells = _split_line(text, separator)
        return len(read_layout(cells).columns), len(cells)

    separator = max(SEPARATORS, key=recognised)
    cells = _split_line(text, separator)
    return Dialect(encoding, separator, tuple(clean_header(cell) for cell in cells), lines.number)
