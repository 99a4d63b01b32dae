"""The tables of foods, exercises, dishes and words."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib import resources


def rows(file: str) -> Iterator[dict[str, str]]:
    """The rows of one of the tables, by column."""
    table = resources.files(__name__).joinpath(file).read_text(encoding="utf-8")
    return csv.DictReader(table.splitlines(), strict=True)
