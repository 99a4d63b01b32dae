"""The statistics of the part ``windows``, on made-up calls whose true ratio is known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conformance.records import Columns
from tests.conformance.swap import TTFT_RATIO, not_above
from tests.conformance.swapper import Swap, windows

pytestmark = pytest.mark.slow

SWAPS, SECONDS, CALLS = 100, 2.0, 60
"""As a run of some minutes: each swap and each quiet lasts two seconds and sees sixty streams."""


def a_run(true_ratio: float, seed: int) -> tuple[Columns, list[Swap]]:
    """Streams whose time to the first token has a long tail, and whose windows are slow or fast as a whole: a
    virtual machine's speed changes by a third from one minute to the next. During swaps all is
    ``true_ratio`` times as slow."""
    chance = np.random.default_rng(seed)
    swaps, scheduled, ttft = [], [], []
    for number in range(SWAPS):
        begin = 2 * SECONDS * number
        swaps.append(Swap("v", begin, begin + 1.0, begin + SECONDS))
        for start, ratio in ((begin, true_ratio), (begin + SECONDS, 1.0)):
            speed = chance.lognormal(0.0, 0.35)
            scheduled.append(np.sort(chance.uniform(start, start + SECONDS, CALLS)))
            ttft.append(0.02 * ratio * speed * chance.lognormal(0.0, 0.4, CALLS))
    due, took = np.concatenate(scheduled), np.concatenate(ttft)
    everyone = np.ones(len(due), dtype=bool)
    return Columns(due, due, due + took, due + took, everyone, np.full(len(due), "v")), swaps


def test_a_swap_within_the_bar_is_not_failed_for_the_scatter_of_single_runs() -> None:
    """Ten runs of ten; by the ratio alone, as it was judged before, some of them would miss the bar."""
    found = [windows(*a_run(1.05, seed)) for seed in range(10)]
    assert all(not_above(one["ttft_ratio_p99_interval"], TTFT_RATIO) for one in found)
    assert any(one["ttft_ratio_p99"] > TTFT_RATIO for one in found)


def test_a_swap_that_disturbs_is_found_every_time() -> None:
    """As it did before loading workers ran in idle time, 1.80: the bar must still miss that."""
    found = [windows(*a_run(1.8, seed)) for seed in range(10)]
    assert not any(not_above(one["ttft_ratio_p99_interval"], TTFT_RATIO) for one in found)


def test_nothing_is_judged_without_enough_calls() -> None:
    """A 99th percentile of a handful of calls says nothing."""
    columns, swaps = a_run(1.0, 0)
    assert not_above(windows(columns, swaps[:3])["ttft_ratio_p99_interval"], TTFT_RATIO) is None
