"""Intervals of the evaluation. Plans of one member are not independent, so members are what is resampled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 4000
Z95 = 1.959963984540054
"""97.5 % quantile of the standard normal distribution."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    mean: float
    low: float
    high: float


def wilson_upper(successes: int, n: int) -> float:
    """Upper end of the 95 % score interval of a proportion (Wilson, 1927, J. Am. Stat. Assoc. 22(158)).

    For 0 of ``n`` this is close to 3.84 / (n + 3.84). 1 for no trials.
    """
    if n == 0:
        return 1.0
    p, z2 = successes / n, Z95 * Z95
    centre = p + z2 / (2 * n)
    spread = Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return min(1.0, (centre + spread) / (1 + z2 / n))


def paired_bootstrap(
    ours: Sequence[float], theirs: Sequence[float], groups: Sequence[str], *, seed: int = 42
) -> Interval:
    """Mean of ``ours - theirs`` with the percentile interval over resampled groups.

    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13; whole groups (members) are
    drawn as in Field and Welsh (2007), J. R. Stat. Soc. B 69(3).
    """
    sums, counts = _by_group(np.asarray(ours, float) - np.asarray(theirs, float), groups)
    drawn = np.random.default_rng(seed).integers(0, len(counts), size=(RESAMPLES, len(counts)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(sums.sum() / counts.sum()), float(low), float(high))


def relative_gain(
    ours: Sequence[float], theirs: Sequence[float], groups: Sequence[str], *, seed: int = 42
) -> Interval | None:
    """``mean(ours) / mean(theirs) - 1`` with its interval over the same draws of groups for both.

    ``None`` where the mean of ``theirs`` is 0.
    """
    our_sums, _ = _by_group(np.asarray(ours, float), groups)
    their_sums, counts = _by_group(np.asarray(theirs, float), groups)
    if their_sums.sum() <= 0:
        return None
    drawn = np.random.default_rng(seed).integers(0, len(counts), size=(RESAMPLES, len(counts)))
    ratios = our_sums[drawn].sum(axis=1) / np.maximum(their_sums[drawn].sum(axis=1), 1e-12) - 1
    low, high = np.quantile(ratios, (0.025, 0.975))
    return Interval(float(our_sums.sum() / their_sums.sum() - 1), float(low), float(high))


def _by_group(
    values: NDArray[np.float64], groups: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    _, inverse = np.unique(np.asarray(groups), return_inverse=True)
    return np.bincount(inverse, weights=values).astype(np.float64), np.bincount(inverse).astype(np.float64)
