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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

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

    @property
    def label_names(self) -> tuple[str, ...]:
        """In the order of the catalogue."""
        return tuple(label.name for label in self.labels)

    def known(self, labels: dict[str, str]) -> tuple[str, ...]:
        """The values of a series, in order; what is not listed is ``other``."""
        return tuple(
            OTHER if label.values and labels[label.name] not in label.values else labels[label.name]
            for label in self.labels
        )


class Meter:
    """The collectors of a catalogue, registered in ``registry``. Safe to use from several threads."""

    def __init__(self, registry: CollectorRegistry, metrics: Iterable[Metric]) -> None:
        self._metrics = tuple(metrics)
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for metric in self._metrics:
            collector = self._register(metric, registry)
            if metric.labels and metric.from_the_start:
                values = [label.values for label in metric.labels]
                for series in itertools.islice(itertools.product(*values), _MOST_FROM_THE_START):
                    collector.labels(*series)

    def counter(self, metric: Metric, **labels: str) -> Counter:
        """The series itself, for where it is counted too often to be looked up each time."""
        counter = self._counters[metric.name]
        return counter.labels(*metric.known(labels)) if metric.labels else counter

    def gauge(self, metric: Metric, **labels: str) -> Gauge:
        """Likewise."""
        gauge = self._gauges[metric.name]
        return gauge.labels(*metric.known(labels)) if metric.labels else gauge

    def histogram(self, metric: Metric, **labels: str) -> Histogram:
        """Likewise."""
        histogram = self._histograms[metric.name]
        return histogram.labels(*metric.known(labels)) if metric.labels else histogram

    def add(self, metric: Metric, amount: float = 1.0, /, **labels: str) -> None:
        """Count ``amount`` more."""
        self.counter(metric, **labels).inc(amount)

    def set(self, metric: Metric, value: float, /, **labels: str) -> None:
        """What a gauge shows from now on."""
        self.gauge(metric, **labels).set(value)

    def observe(self, metric: Metric, value: float, /, **labels: str) -> None:
        """One more observation of a histogram."""
        self.histogram(metric, **labels).observe(value)

    def ask(self, metric: Metric, answer: Callable[[], float], /, **labels: str) -> None:
        """Have a gauge ask for its value with each scrape, in the scrape's thread."""
        self.gauge(metric, **labels).set_function(answer)

    def clear(self, metric: Metric) -> None:
        """Remove every series of a gauge."""
        self._gauges[metric.name].clear()

    def forget(self, metric: Metric, **labels: str) -> None:
        """Remove the series of one metric that have these labels; the sums that Prometheus took stay."""
        self._collector(metric).remove_by_labels(labels)

    def _collector(self, metric: Metric) -> Counter | Gauge | Histogram:
        match metric.kind:
            case Kind.COUNTER:
                return self._counters[metric.name]
            case Kind.GAUGE:
                return self._gauges[metric.name]
            case Kind.HISTOGRAM:
                return self._histograms[metric.name]

    def _register(self, metric: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
        name, meaning, labels = metric.name, metric.meaning, metric.label_names
        match metric.kind:
            case Kind.COUNTER:
                # The client adds the ending that Prometheus asks for.
                counter = Counter(name.removesuffix("_total"), meaning, labels, registry=registry)
                self._counters[name] = counter
            case Kind.GAUGE:
                self._gauges[name] = Gauge(name, meaning, labels, registry=registry)
            case Kind.HISTOGRAM:
                histogram = Histogram(name, meaning, labels, buckets=metric.buckets, registry=registry)
                self._histograms[name] = histogram
        return self._collector(metric)
