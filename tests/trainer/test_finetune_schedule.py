"""Learning rate and pace of a run, against a clock that the test turns."""

from __future__ import annotations

import pytest
from fitbox_trainer.finetune.schedule import Pace, learning_rate_at, warmup_share


def test_the_rate_rises_to_its_peak_and_falls_to_zero() -> None:
    """Linear, then a cosine: a half of it is left half-way."""
    rates = [learning_rate_at(done, peak=2.0, warmup_share=0.2) for done in (0.0, 0.1, 0.2, 0.6, 1.0)]
    assert rates == pytest.approx([0.0, 1.0, 2.0, 1.0, 0.0])


def test_beyond_the_end_the_rate_stays_zero() -> None:
    """A step that overruns the budget changes nothing."""
    assert learning_rate_at(1.7, peak=2.0, warmup_share=0.2) == pytest.approx(0.0)


def test_warm_up_steps_become_a_share_of_the_run() -> None:
    """And can never be more than all of it."""
    assert warmup_share(steps=20, share=None, planned_steps=100) == 0.2
    assert warmup_share(steps=200, share=None, planned_steps=100) == 1.0
    assert warmup_share(steps=200, share=0.05, planned_steps=100) == 0.05


def run_to_the_end(pace: Pace, step_seconds: list[float], now: float) -> tuple[int, list[float], float]:
    """Steps done, share done at each, and the clock at the end."""
    step, shares = 0, []
    while not pace.is_over(step, now):
        shares.append(pace.done(step, now))
        now += step_seconds[step % len(step_seconds)]
        pace.step_seconds.append(step_seconds[step % len(step_seconds)])
        step += 1
    return step, shares, now


def test_without_a_budget_the_steps_are_the_schedule() -> None:
    """However long they take."""
    steps, shares, _ = run_to_the_end(Pace(4, None, 0.0), [100.0], now=0.0)
    assert steps == 4
    assert shares == pytest.approx([0.125, 0.375, 0.625, 0.875])


def test_a_budget_ends_the_run_in_time_with_the_cosine_finished() -> None:
    """Within half a step of the end, at a share of nearly one."""
    steps, shares, now = run_to_the_end(Pace(1000, 60.0, 0.0), [5.0, 1.0, 2.0], now=0.0)
    assert steps < 1000
    assert 57.0 <= now <= 61.0
    assert shares[-1] > 0.93


def test_a_slower_machine_does_fewer_steps_of_the_same_schedule() -> None:
    """A server that takes the cores half-way costs steps, not the end of the cosine."""
    slow, shares, _ = run_to_the_end(Pace(1000, 60.0, 0.0), [1.0] * 20 + [5.0] * 100, now=0.0)
    fast, _, _ = run_to_the_end(Pace(1000, 60.0, 0.0), [1.0], now=0.0)
    assert slow < fast
    assert shares[-1] > 0.9


def test_steps_that_run_out_before_the_budget_finish_the_cosine_too() -> None:
    """Few examples and much time: the steps decide."""
    steps, shares, _ = run_to_the_end(Pace(10, 1000.0, 0.0), [1.0], now=0.0)
    assert steps == 10
    assert shares[-1] == pytest.approx(0.95)


def test_one_step_is_done_even_where_the_budget_is_spent_before_it() -> None:
    """Loading may take all the time there is; an adapter of no steps would be no adapter."""
    steps, _, _ = run_to_the_end(Pace(10, 5.0, 0.0), [1.0], now=6.0)
    assert steps == 1


def test_estimates_follow_the_measured_steps() -> None:
    """Total steps and time left, from the median of the steps so far without the first."""
    pace = Pace(1000, 100.0, 0.0)
    pace.step_seconds += [30.0, 2.0, 2.0, 2.0]
    assert pace.total_steps(4, now=36.0) == 36
    assert pace.seconds_left(4, now=36.0) == pytest.approx(64.0)
    assert Pace(8, None, 0.0, [4.0, 2.0, 2.0]).seconds_left(3, now=8.0) == pytest.approx(10.0)
