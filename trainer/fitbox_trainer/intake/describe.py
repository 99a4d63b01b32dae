"""What a file holds, in figures: the members it brings, column by column, and how they differ from others."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl

from fitbox.errors import DatasetError
from fitbox_trainer.intake.drift import compare, with_drift
from fitbox_trainer.intake.frames import CATEGORY_COLUMNS, NUMERIC_COLUMNS, load_members
from fitbox_trainer.intake.pipeline import ingest
from fitbox_trainer.intake.report import ColumnDrift, IntakeReport


@dataclass(frozen=True)
class ColumnSummary:
    """One column over all members. Statistics are ``None`` for categories and for columns without values."""

    column: str
    missing: int
    minimum: float | None = None
    median: float | None = None
    mean: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Description:
    """A file's report with its members; frames have one row a member and the columns named in this module."""

    report: IntakeReport
    members: pl.DataFrame
    reference: pl.DataFrame | None

    @property
    def drift(self) -> tuple[ColumnDrift, ...]:
        """Every column compared with the reference, strongest effect first."""
        return self.report.drift

    def columns(self) -> tuple[ColumnSummary, ...]:
        """Summaries in the order of the columns."""
        return tuple(_summarise(self.members[name]) for name in self.members.columns)

    def correlations(self) -> list[list[float | None]]:
        """Pearson correlations between :data:`NUMERIC_COLUMNS`; ``None`` where a column is constant."""
        names = NUMERIC_COLUMNS
        pairs = self.members.select(pl.corr(a, b).alias(f"{a}/{b}") for a in names for b in names)
        values = pairs.row(0) if pairs.height else (None,) * len(names) ** 2
        clean = [None if value is None or value != value else float(value) for value in values]
        return [clean[row * len(names) : (row + 1) * len(names)] for row in range(len(names))]

    def to_json(self) -> str:
        """Everything but the members themselves."""
        return json.dumps(
            {
                "report": json.loads(self.report.to_json()),
                "columns": [asdict(column) for column in self.columns()],
                "drift": [asdict(item) | {"notable": item.is_notable} for item in self.drift],
            },
            ensure_ascii=False,
        )


def describe_file(file: Path, against: Path | None = None) -> Description:
    """Read a CSV file, and a CSV or members file to compare it with.

    Raises:
        DatasetError: the file to compare with has no usable members.
    """
    reference = _reference(against) if against is not None else None
    with tempfile.TemporaryDirectory(prefix="fitbox-report-") as store:
        report = ingest(file, Path(store))
        members = load_members(report.members) if report.members else _no_members()
    if reference is not None and against is not None:
        report = with_drift(report, compare(members, reference), against.stem)
    return Description(report, members, reference)


def _reference(path: Path) -> pl.DataFrame:
    if path.suffix == ".jsonl":
        return load_members(path)
    with tempfile.TemporaryDirectory(prefix="fitbox-report-") as store:
        report = ingest(path, Path(store))
        if report.members is None:
            raise DatasetError(f"{path.name} cannot be compared with: {report.reason}")
        return load_members(report.members)


def _no_members() -> pl.DataFrame:
    return pl.DataFrame(
        schema=dict.fromkeys(NUMERIC_COLUMNS, pl.Float64) | dict.fromkeys(CATEGORY_COLUMNS, pl.String)
    )


def _summarise(values: pl.Series) -> ColumnSummary:
    missing = values.null_count()
    numbers = values.drop_nulls()
    if not numbers.dtype.is_numeric() or numbers.is_empty():
        return ColumnSummary(values.name, missing)
    low, middle, high = (float(np.quantile(numbers.to_numpy(), share)) for share in (0, 0.5, 1))
    return ColumnSummary(values.name, missing, low, middle, float(numbers.to_numpy().mean()), high)
