"""Learning rate and end of a run, as functions of how much of it is done."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field

SAVING_SECONDS = 4.0
"""Kept back from a time budget for writing the candidate."""


def learning_rate_at(done: float, *, peak: float, warmup_share: float) -> float:
    """Linear warm-up, then a cosine to zero.

    Args:
        done: Share of the run that is done, 0 to 1.
        peak: Learning rate at the end of warm-up.
        warmup_share: Share of the run that warm-up takes.
    """
    done = min(max(done, 0.0), 1.0)
    if done < warmup_share:
        return peak * done / warmup_share
    return peak * 0.5 * (1.0 + math.cos(math.pi * (done - warmup_share) / max(1.0 - warmup_share, 1e-9)))


@dataclass
class Pace:
    """How far a run is: by steps, or by the clock where a time budget would end it sooner.

    The clock is passed in, so this holds no clock of its own and a test can replay any course of events.
    """

    planned_steps: int
    """Steps if nothing ends the run early."""
    ends_at: float | None
    """Clock reading, in seconds, at which training must be over; ``None`` without a budget."""
    began_at: float
    """Clock reading when the first step began (before the resumed part, for a resumed run)."""
    step_seconds: list[float] = field(default_factory=list)
    """Measured duration of every step of this process."""

    def expected_step_seconds(self) -> float:
        """Median of the recent steps; 0 before the first is measured."""
        recent = self.step_seconds[1:][-20:] or self.step_seconds
        return statistics.median(recent) if recent else 0.0

    def is_over(self, step: int, now: float) -> bool:
        """Whether to stop before ``step``: all are done, or less than half of one more would fit."""
        if step >= self.planned_steps:
            return True
        return self.ends_at is not None and step > 0 and self.ends_at - now < self.expected_step_seconds() / 2

    def done(self, step: int, now: float) -> float:
        """Share of the run that is done in the middle of ``step``."""
        by_steps = (step + 0.5) / self.planned_steps
        if self.ends_at is None:
            return by_steps
        middle = now - self.began_at + self.expected_step_seconds() / 2
        return max(by_steps, middle / max(self.ends_at - self.began_at, 1e-9))

    def seconds_left(self, step: int, now: float) -> float:
        """Estimate after ``step`` steps."""
        by_steps = (self.planned_steps - step) * self.expected_step_seconds()
        return by_steps if self.ends_at is None else max(0.0, min(by_steps, self.ends_at - now))

    def total_steps(self, step: int, now: float) -> int:
        """Estimated steps of the whole run after ``step`` of them."""
        each = self.expected_step_seconds()
        if self.ends_at is None or each <= 0.0:
            return self.planned_steps
        return min(self.planned_steps, step + round(max(0.0, self.ends_at - now) / each))


def warmup_share(*, steps: int, share: float | None, planned_steps: int) -> float:
    """The warm-up as a share of the run, from a preset's share or its number of steps."""
    return share if share is not None else min(1.0, steps / max(planned_steps, 1))
