"""Closed files of feedback: CSV with columns that people may write too, whole or absent, never changed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from fitbox.feedback.records import COLUMNS


def segment_text(rows: Iterable[list[str]]) -> bytes:
    """The contents of a segment: header and rows, in order."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue().encode()
