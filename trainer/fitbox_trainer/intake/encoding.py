"""Which codec reads a file of unknown origin."""

from __future__ import annotations

import codecs
import unicodedata
from pathlib import Path

from fitbox.errors import DatasetError

LATIN_FALLBACK = "fitbox-latin-1"
"""Error handler that reads the five bytes which code page 1252 leaves open as Latin-1 does."""

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
    b"SQLite format 3\x00": "a database; export the table as CSV",
}


def _as_latin(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(LATIN_FALLBACK, _as_latin)


def detect_encoding(path: Path) -> str:
    """Name of the codec that reads the file; looks at all of it, since the one byte that tells may come last.

    Text that is no Unicode is code page 1252, in which Windows writes "CSV": its bytes 0x80 to 0x9F are curly
    quotes, dashes and the like, where Latin-1 has control characters.

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
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                encoding = "cp1252"
    text = head.decode(encoding, errors=errors_of(encoding))
    if not text.strip("\ufeff \t\r\n"):
        raise DatasetError("the file is empty; it needs a header line and one line for each member")
    strange = sum(
        unicodedata.category(character) == "Cc" and character not in "\t\r\n\f" for character in text
    )
    if strange > len(text) * _MAX_CONTROL_SHARE:
        raise DatasetError("this is not text; export the table as CSV (UTF-8)")
    return encoding


def errors_of(encoding: str) -> str:
    """The error handler to open a file of this encoding with, so that no byte of it raises."""
    return LATIN_FALLBACK if encoding == "cp1252" else "replace"


def _encoding_of_head(head: bytes) -> str:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a byte-order mark, UTF-16 of mostly Latin text has a zero in every other byte.
    half = max(len(head) // 2, 1)
    if head[1::2].count(0) > half * 0.7 and head[0::2].count(0) < half * 0.1:
        return "utf-16-le"
    if head[0::2].count(0) > half * 0.7 and head[1::2].count(0) < half * 0.1:
        return "utf-16-be"
    return "utf-8"
