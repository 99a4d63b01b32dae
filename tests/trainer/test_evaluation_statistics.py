"""Intervals of the evaluation, on cases with known answers."""

from __future__ import annotations

import pytest
from fitbox_trainer.evaluation.statistics import paired_bootstrap, relative_gain, wilson_upper


@pytest.mark.parametrize(
    ("successes", "n", "expected"),
    [(0, 1000, 0.003827), (0, 10, 0.277533), (5, 10, 0.763407), (10, 10, 1.0), (0, 0, 1.0)],
)
def test_wilson_bounds_are_the_published_ones(successes: int, n: int, expected: float) -> None:
    """The score interval's upper end: z^2 / (n + z^2) for no success; 5 of 10 gives 0.763."""
    assert wilson_upper(successes, n) == pytest.approx(expected, abs=2e-6)


def test_a_constant_difference_has_an_interval_of_no_width() -> None:
    """Pairing removes what members have in common."""
    theirs = [0.1, 0.5, 0.9, 0.3]
    found = paired_bootstrap([value + 0.05 for value in theirs], theirs, ["a", "b", "c", "d"])
    assert (found.mean, found.low, found.high) == pytest.approx((0.05, 0.05, 0.05))


def test_members_are_resampled_not_plans() -> None:
    """Three equal plans of each of eight members say no more than one of each."""
    differences = [0.1, -0.1, 0.3, 0.0, 0.2, 0.4, -0.2, 0.1]
    one = paired_bootstrap(differences, [0.0] * 8, list("abcdefgh"))
    three = paired_bootstrap(
        [d for d in differences for _ in range(3)], [0.0] * 24, [g for g in "abcdefgh" for _ in range(3)]
    )
    assert (three.low, three.high) == pytest.approx((one.low, one.high))


def test_the_interval_is_the_same_each_time() -> None:
    """A decision that rests on it can be repeated."""
    one = paired_bootstrap([0.4, 0.1, 0.9], [0.2, 0.3, 0.1], ["a", "b", "c"])
    assert one == paired_bootstrap([0.4, 0.1, 0.9], [0.2, 0.3, 0.1], ["a", "b", "c"])


def test_a_relative_gain_compares_means() -> None:
    """40 % above: 0.7 against 0.5; nothing can be said against zero."""
    gain = relative_gain([0.7, 0.7], [0.5, 0.5], ["a", "b"])
    assert gain is not None
    assert (gain.mean, gain.low, gain.high) == pytest.approx((0.4, 0.4, 0.4))
    assert relative_gain([0.7], [0.0], ["a"]) is None
