"""How much of everything: ``quick`` is minutes, ``full`` is what the project promises."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Counts of each part."""

    calls: int
    """Of the swap part, on the stub."""
    swaps: int
    real_calls: int
    """Of the swap part, on a real engine."""
    real_swaps: int
    window_swaps: int
    memory_swaps: int
    batch_items: int
    kinds: int
    """Kinds of broken artefact."""
    kills: int
    """Rounds over every victim and phase."""
    waves: int
    latency_cancels: int
    """Cancellations whose slot is timed."""
    cancels: int
    """Cancelled streams over which memory is watched."""
    drains: int
    """Stops under load, and rolling restarts."""
    health_seconds: float
    load_share: float = 0.8
    """Of the capacity that is measured first. On a machine that others use too, the capacity of a moment is
    no measure of the next; less load leaves room for that."""


SCALES = {
    "tiny": Scale(300, 6, 60, 2, 4, 4, 200, 4, 1, 2, 10, 100, 1, 2.0),
    "quick": Scale(6_000, 40, 300, 6, 30, 80, 2_000, 20, 1, 4, 100, 3_000, 2, 10.0),
    "full": Scale(300_000, 1_000, 10_000, 100, 200, 1_000, 10_000, 1_000, 5, 30, 2_000, 100_000, 10, 120.0),
}
