"""Intervals, for the report and for the gate. Plans of one member are not independent, so members are what is
resampled.

Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 13 and 16; whole groups (members) are
drawn as in Field and Welsh (2007), J. R. Stat. Soc. B 69(3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
"""One number an item, shape ``(items,)``."""

RESAMPLES = 4000
TAIL_95 = 0.025
"""Share outside each end of a 95 % interval."""


@dataclass(frozen=True)
class Interval:
    """An estimate between its bounds."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"mean difference {self.mean:+.4f}, bounds {self.low:+.4f} and {self.high:+.4f}"


def bootstrap_mean(
    values: Sequence[float] | Values,
    groups: Sequence[Any],
    *,
    tail: float = TAIL_95,
    resamples: int = RESAMPLES,
    seed: int = 42,
) -> Interval:
    """Mean of ``values`` with the percentile interval over resampled groups.

    Args:
        values: Paired differences, item by item.
        groups: The member of each item.
        tail: Share of the resampled means outside each bound.
        resamples: Draws of as many groups as there are.
        seed: Of the draws, so that a decision can be repeated.
    """
    sums, counts = _by_group(values, groups)
    drawn = _draws(len(counts), resamples, seed)
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return _interval(float(sums.sum() / counts.sum()), means, tail)


def paired_bootstrap(
    ours: Sequence[float], theirs: Sequence[float], groups: Sequence[Any], *, seed: int = 42
) -> Interval:
    """95 % interval of the mean of ``ours - theirs``; see :func:`bootstrap_mean`."""
    return bootstrap_mean(np.asarray(ours, float) - np.asarray(theirs, float), groups, seed=seed)


def relative_gain(
    ours: Sequence[float], theirs: Sequence[float], groups: Sequence[Any], *, seed: int = 42
) -> Interval | None:
    """``mean(ours) / mean(theirs) - 1`` with its 95 % interval over the same draws of groups for both.

    ``None`` where the mean of ``theirs`` is 0.
    """
    our_sums, _ = _by_group(ours, groups)
    their_sums, counts = _by_group(theirs, groups)
    if their_sums.sum() <= 0:
        return None
    drawn = _draws(len(counts), RESAMPLES, seed)
    ratios = our_sums[drawn].sum(axis=1) / np.maximum(their_sums[drawn].sum(axis=1), 1e-12) - 1
    return _interval(float(our_sums.sum() / their_sums.sum() - 1), ratios, TAIL_95)


def student_upper(values: Sequence[float] | Values, groups: Sequence[Any], confidence: float) -> float:
    """Student's one-sided bound of the groups' mean: a percentile bootstrap is too narrow for a few members.

    Infinity for one group alone, which shows nothing about others.
    """
    sums, counts = _by_group(values, groups)
    means = sums / counts
    if means.size < 2:
        return math.inf
    from scipy import stats  # takes a second to import, which the daemon's start need not wait for

    spread = float(means.std(ddof=1)) / math.sqrt(means.size)
    return float(means.mean() + stats.t.ppf(confidence, means.size - 1) * spread)


def wilson_upper(successes: int, n: int) -> float:
    """Upper end of the 95 % score interval of a proportion (Wilson, 1927, J. Am. Stat. Assoc. 22(158)).

    For 0 of ``n`` this is close to 3.84 / (n + 3.84). 1 for no trials.
    """
    if n == 0:
        return 1.0
    from scipy import stats

    return float(stats.binomtest(successes, n).proportion_ci(method="wilson").high)


def _by_group(values: Sequence[float] | Values, groups: Sequence[Any]) -> tuple[Values, Values]:
    """Sum and number of the values of each group, in the order of the groups' names."""
    _, inverse = np.unique(np.asarray([str(group) for group in groups]), return_inverse=True)
    weights = np.asarray(values, float)
    return np.bincount(inverse, weights=weights).astype(np.float64), np.bincount(inverse).astype(np.float64)


def _draws(groups: int, resamples: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, groups, size=(resamples, groups))


def _interval(mean: float, resampled: Values, tail: float) -> Interval:
    low, high = np.quantile(resampled, (tail, 1.0 - tail))
    return Interval(mean, float(low), float(high))
