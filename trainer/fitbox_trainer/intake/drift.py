"""Drift: does a new file describe the same kind of members as the data in use?

Numeric columns: two-sample Kolmogorov-Smirnov test, effect size D, the largest distance between the two
cumulative distributions. Categories: chi-squared test of homogeneity, effect size Cramer's V (Cramer
1946). With many members every test becomes significant, so a column counts as drifted only if the effect
is also at least 0.1, which Cohen (1988, Statistical Power Analysis, 2nd ed.) calls small for V (w with
one degree of freedom).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl
from scipy import stats

SIGNIFICANCE = 0.01
NOTABLE_EFFECT = 0.1
_FEWEST_VALUES = 10
"""Below this many members on either side a test says nothing."""


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
    # The asymptotic distribution: the exact one takes minutes for tens of thousands of members.
    result = stats.ks_2samp(new.to_numpy(), old.to_numpy(), method="asymp")
    return ColumnDrift(name, "KS", float(result.statistic), float(result.pvalue), float(result.statistic))


def _compare_categories(name: str, new: pl.Series, old: pl.Series) -> ColumnDrift:
    values = sorted(set(new.unique()) | set(old.unique()))
    table = [[int((side == value).sum()) for value in values] for side in (new, old)]
    if len(values) < 2:
        return ColumnDrift(name, "chi-squared", 0.0, 1.0, 0.0)
    statistic, p_value, _, _ = stats.chi2_contingency(table, correction=False)
    effect = math.sqrt(float(statistic) / (len(new) + len(old)))
    return ColumnDrift(name, "chi-squared", float(statistic), float(p_value), min(effect, 1.0))
