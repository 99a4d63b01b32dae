"""What a metric is, declared once: its collector, and its line in ``docs/metrics.md``, follow from that.

Each process has a catalogue, a tuple of :class:`Metric`. A :class:`Meter` registers the collectors of one and
is the only thing that writes to them::

    SWAPS = Metric("fitbox_swaps_total", Kind.COUNTER, "Swaps by how they ended.", ...)
    meter = Meter(registry, (SWAPS, ...))
    meter.add(SWAPS, outcome="served", reason="")

A label has few values, ever: those that the catalogue lists, beside which everything is ``other``, or those
that its ``bound`` explains. Series whose labels are all listed are there from the start, so that rates begin
at zero.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

OTHER = "other"
"""The value of a label for all that the catalogue does not list."""
_MOST_FROM_THE_START = 64
"""Series of one metric that are made before anything happens."""


class Kind(StrEnum):
    """Prometheus's types."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Label:
    """One dimension of a metric."""

    name: str
    values: tuple[str, ...] = ()
    """All that there are, or none where they follow from what runs."""
    bound: str = ""
    """Then, why there are few."""


@dataclass(frozen=True)
class Metric:
    """A family of series."""

    name: str
    """As it is scraped: a counter's ends in ``_total``."""
    kind: Kind
    meaning: str
    query: str
    """An example of what to ask Prometheus."""
    labels: tuple[Label, ...] = ()
    unit: str = ""
    """``seconds``, ``bytes``, ``ratio`` (0 to 1), ``timestamp`` (Unix seconds), or what is counted."""
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram, in its unit."""
    from_the_start: bool = True
    """Whether series are made before anything happens: not where a zero would be wrong."""

    @cached_property
    def label_names(self) -> tuple[str, ...]:
        """In the order of the catalogue."""
        return tuple(label.name for label in self.labels)

    def known(self, values: tuple[str, ...]) -> tuple[str, ...]:
        """The values of a series, of which what is not listed is ``other``."""
        return tuple(
            OTHER if label.values and value not in label.values else value
            for label, value in zip(self.labels, values, strict=True)
        )


S = TypeVar("S", Counter, Gauge, Histogram)


class _Family(Generic[S]):
    """A collector, and those of its series that were used: to find one by its labels again is what costs."""

    def __init__(self, metric: Metric, collector: S) -> None:
        self._metric = metric
        self._collector: S = collector
        self._series: dict[tuple[str, ...], S] = {}
        if metric.labels and metric.from_the_start:
            listed = itertools.product(*(label.values for label in metric.labels))
            for values in itertools.islice(listed, _MOST_FROM_THE_START):
                collector.labels(*values)

    def series(self, labels: Mapping[str, str]) -> S:
        """The one with these labels."""
        if not self._metric.labels:
            return self._collector
        values = tuple([labels[name] for name in self._metric.label_names])
        if (found := self._series.get(values)) is not None:
            return found
        known = self._metric.known(values)
        one: S = self._collector.labels(*known)
        if known == values:  # whatever else there may be is without bound
            self._series[values] = one
        return one

    def forget(self, labels: Mapping[str, str]) -> None:
        """Remove the series with these labels; all of them where there are none."""
        self._series.clear()
        if labels:
            self._collector.remove_by_labels(dict(labels))
        else:
            self._collector.clear()


class Meter:
    """The collectors of a catalogue, registered in ``registry``.

    One thread writes; others may scrape meanwhile.
    """

    def __init__(self, registry: CollectorRegistry, metrics: Iterable[Metric]) -> None:
        self._counters: dict[str, _Family[Counter]] = {}
        self._gauges: dict[str, _Family[Gauge]] = {}
        self._histograms: dict[str, _Family[Histogram]] = {}
        for metric in metrics:
            self._register(metric, registry)

    def counter(self, metric: Metric, **labels: str) -> Counter:
        """The series itself, for where it is counted too often to be looked up each time."""
        return self._counters[metric.name].series(labels)

    def gauge(self, metric: Metric, **labels: str) -> Gauge:
        """Likewise."""
        return self._gauges[metric.name].series(labels)

    def histogram(self, metric: Metric, **labels: str) -> Histogram:
        """Likewise."""
        return self._histograms[metric.name].series(labels)

    def add(self, metric: Metric, amount: float = 1.0, /, **labels: str) -> None:
        """Count ``amount`` more."""
        self._counters[metric.name].series(labels).inc(amount)

    def set(self, metric: Metric, value: float, /, **labels: str) -> None:
        """What a gauge shows from now on."""
        self._gauges[metric.name].series(labels).set(value)

    def observe(self, metric: Metric, value: float, /, **labels: str) -> None:
        """One more observation of a histogram."""
        self._histograms[metric.name].series(labels).observe(value)

    def ask(self, metric: Metric, answer: Callable[[], float], /, **labels: str) -> None:
        """Have a gauge ask for its value with each scrape, in the scrape's thread."""
        self._gauges[metric.name].series(labels).set_function(answer)

    def forget(self, metric: Metric, **labels: str) -> None:
        """Remove the series of a metric that have these labels, or all; what Prometheus took stays there."""
        name = metric.name
        family = self._counters.get(name) or self._gauges.get(name) or self._histograms[name]
        family.forget(labels)

    def _register(self, metric: Metric, registry: CollectorRegistry) -> None:
        name, meaning, labels = metric.name, metric.meaning, metric.label_names
        match metric.kind:
            case Kind.COUNTER:
                # The client adds the ending that Prometheus asks for.
                counter = Counter(name.removesuffix("_total"), meaning, labels, registry=registry)
                self._counters[name] = _Family(metric, counter)
            case Kind.GAUGE:
                self._gauges[name] = _Family(metric, Gauge(name, meaning, labels, registry=registry))
            case Kind.HISTOGRAM:
                histogram = Histogram(name, meaning, labels, buckets=metric.buckets, registry=registry)
                self._histograms[name] = _Family(metric, histogram)
