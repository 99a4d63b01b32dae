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
    hangs: int
    """Rounds of a worker that hangs while it serves, and one while it is on trial."""
    windowless: int
    """Streams of a client that grants no flow-control window."""
    members: int
    """Members who are all different."""
    refused_of: int
    """One of so many call sites is refused."""
    refused_errors: int
    compiles: int
    """Grammars that nobody asked for before."""
    connections: int
    soak_seconds: float
    load_share: float = 0.8
    """Of the capacity that is measured first. On a machine that others use too, the capacity of a moment is
    no measure of the next; less load leaves room for that."""


SCALES = {
    "tiny": Scale(
        calls=300,
        swaps=6,
        real_calls=60,
        real_swaps=2,
        window_swaps=4,
        memory_swaps=4,
        batch_items=200,
        kinds=4,
        kills=1,
        waves=2,
        latency_cancels=10,
        cancels=100,
        drains=1,
        health_seconds=2.0,
        hangs=1,
        windowless=40,
        members=200,
        refused_of=8,
        refused_errors=1,
        compiles=12,
        connections=60,
        soak_seconds=10.0,
    ),
    "quick": Scale(
        calls=6_000,
        swaps=40,
        real_calls=300,
        real_swaps=6,
        window_swaps=30,
        memory_swaps=80,
        batch_items=2_000,
        kinds=20,
        kills=1,
        waves=4,
        latency_cancels=100,
        cancels=3_000,
        drains=2,
        health_seconds=10.0,
        hangs=1,
        windowless=200,
        members=1_000,
        refused_of=3,
        refused_errors=1,
        compiles=24,
        connections=300,
        soak_seconds=60.0,
    ),
    "full": Scale(
        calls=300_000,
        swaps=1_000,
        real_calls=10_000,
        real_swaps=100,
        window_swaps=200,
        memory_swaps=1_000,
        batch_items=10_000,
        kinds=1_000,
        kills=5,
        waves=30,
        latency_cancels=2_000,
        cancels=100_000,
        drains=10,
        health_seconds=120.0,
        hangs=5,
        windowless=1_000,
        members=10_000,
        refused_of=1,
        refused_errors=3,
        compiles=500,
        connections=3000,
        soak_seconds=1800.0,
    ),
}
