"""Metrics as they are declared, and what their collectors do."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from fitbox.telemetry.metric import Kind, Label, Meter, Metric

SWAPS = Metric("x_swaps_total", Kind.COUNTER, "Swaps.", "x_swaps_total", (Label("outcome", ("good", "bad")),))
HELD = Metric("x_held", Kind.GAUGE, "Held.", "x_held", (Label("version", bound="two"),))
WAIT = Metric(
    "x_wait_seconds", Kind.HISTOGRAM, "Wait.", "x_wait_seconds_count", unit="seconds", buckets=(1, 2)
)


def test_series_with_listed_values_are_there_from_the_start_and_no_others() -> None:
    """A rate needs a zero before the first one; a version that never was needs no series."""
    registry = CollectorRegistry()
    Meter(registry, (SWAPS, HELD, WAIT))
    assert registry.get_sample_value("x_swaps_total", {"outcome": "bad"}) == 0
    assert registry.get_sample_value("x_wait_seconds_count") == 0
    assert not [
        sample for family in registry.collect() if family.name == "x_held" for sample in family.samples
    ]


def test_a_value_that_is_not_listed_counts_as_other() -> None:
    """Whatever a caller, a file or a fault brings, the number of series stays what the catalogue says."""
    registry = CollectorRegistry()
    meter = Meter(registry, (SWAPS,))
    for number in range(1000):
        meter.add(SWAPS, outcome=f"invented {number}")
    assert registry.get_sample_value("x_swaps_total", {"outcome": "other"}) == 1000
    series = {
        sample.labels["outcome"]
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "x_swaps_total"
    }
    assert series == {"good", "bad", "other"}


def test_what_is_forgotten_leaves_no_series() -> None:
    """Also where another series of the metric stays."""
    registry = CollectorRegistry()
    meter = Meter(registry, (HELD,))
    meter.set(HELD, 1, version="a")
    meter.set(HELD, 2, version="b")
    meter.forget(HELD, version="a")
    meter.forget(HELD, version="never there")
    assert registry.get_sample_value("x_held", {"version": "a"}) is None
    assert registry.get_sample_value("x_held", {"version": "b"}) == 2
