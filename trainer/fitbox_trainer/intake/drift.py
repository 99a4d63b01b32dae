"""Drift: does a new file describe the same kind of members as the data in use?

Numeric columns: two-sample Kolmogorov-Smirnov test, effect size D, the largest distance between the two
cumulative distributions. Categories: chi-squared test of homogeneity, effect size Cramer's V (Cramer
1946). With many members every test becomes significant, so a column counts as drifted only if the effect
is also at least 0.1, which Cohen (1988, Statistical Power Analysis, 2nd ed.) calls small for V (w with
one degree of freedom).
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import polars as pl

from fitbox_trainer.intake.frames import sample_members
from fitbox_trainer.intake.report import ColumnDrift, IntakeReport, IntakeWarning, WarningCode

SAMPLE = 5_000
"""Members of a file, and of the dataset, that are compared."""
_FEWEST_VALUES = 10
"""Below this many members on either side a test says nothing."""


def against_dataset(report: IntakeReport, dataset: Path) -> IntakeReport:
    """The report of an accepted file with its drift against a dataset; a dataset that cannot be read is no
    reason to refuse a file, and compares nothing."""
    if report.members is None:
        return report
    try:
        reference = _sampled_dataset(dataset)
    except (OSError, pl.exceptions.PolarsError):
        return report
    return with_drift(report, compare(sample_members(report.members, SAMPLE), reference), dataset.stem)


def with_drift(report: IntakeReport, drift: tuple[ColumnDrift, ...], against: str) -> IntakeReport:
    """The report with these comparisons, and a warning where any is notable."""
    notable = [column for column in drift if column.is_notable]
    warnings = report.warnings
    if notable:
        listed = ", ".join(f"{column.column} ({column.test} {column.effect:.2f})" for column in notable)
        message = f"columns that differ from the dataset in use: {listed}"
        warnings = (*warnings, IntakeWarning(WarningCode.DRIFT, message, len(notable)))
    return replace(report, drift=drift, drift_against=against, warnings=warnings)


@lru_cache(maxsize=2)
def _sampled_dataset(path: Path) -> pl.DataFrame:
    """A dataset's file is named by its content, so it can be remembered; a storm of files reads it once."""
    return sample_members(path, SAMPLE)


def compare(current: pl.DataFrame, reference: pl.DataFrame) -> tuple[ColumnDrift, ...]:
    """Compare the columns that both frames have, strongest effect first; too few values are no comparison."""
    found = []
    for name in current.columns:
        if name not in reference.columns:
            continue
        new, old = current[name].drop_nulls(), reference[name].drop_nulls()
        if min(len(new), len(old)) < _FEWEST_VALUES:
            continue
        found.append(
            _compare_numbers(name, new, old)
            if new.dtype.is_numeric()
            else _compare_categories(name, new, old)
        )
    return tuple(sorted(found, key=lambda drift: -drift.effect))


def _compare_numbers(name: str, new: pl.Series, old: pl.Series) -> ColumnDrift:
    from scipy import stats  # takes a second to import; most files are compared with nothing

    # The asymptotic distribution: the exact one takes minutes for tens of thousands of members.
    result = stats.ks_2samp(new.to_numpy(), old.to_numpy(), method="asymp")
    return ColumnDrift(name, "KS", float(result.statistic), float(result.pvalue), float(result.statistic))


def _compare_categories(name: str, new: pl.Series, old: pl.Series) -> ColumnDrift:
    values = sorted(set(new.unique()) | set(old.unique()))
    table = [[int((side == value).sum()) for value in values] for side in (new, old)]
    if len(values) < 2:
        return ColumnDrift(name, "chi-squared", 0.0, 1.0, 0.0)
    from scipy import stats

    statistic, p_value, _, _ = stats.chi2_contingency(table, correction=False)
    effect = math.sqrt(float(statistic) / (len(new) + len(old)))
    return ColumnDrift(name, "chi-squared", float(statistic), float(p_value), min(effect, 1.0))
