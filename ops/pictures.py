"""Draws the dashboards' panels from a running Prometheus's answers: ``python -m ops.pictures URL FOLDER``.

These are not Grafana's pictures. They show what Grafana is asked to show: the same panels in the same places,
and to each query the answer that it would get.
"""

from __future__ import annotations

import math
import re
import sys
import textwrap
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, DateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from ops.ask import Prometheus, Series
from ops.dashboards import DASHBOARDS, RATE, Dashboard, Panel

COLUMNS = 24
_INCHES_A_COLUMN, _FIGURE_INCHES, _LINES_INCHES, _ROW_INCHES = 0.75, 1.1, 2.9, 0.35
_MOST_SERIES = 8
"""In a legend; the others are drawn all the same."""
_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_STEPS = 150


def draw(page: Dashboard, source: Prometheus, path: Path, *, start: float, end: float, rate: str) -> None:
    """One PNG of a dashboard from ``start`` to ``end``; ``rate`` is what Grafana would put for its own
    interval."""
    heights, places, top = [], [], 0
    for row in page.rows:
        heights.append(_ROW_INCHES)
        places.append((row.title, None, top, 0))
        top, column, line = top + 1, 0, 0
        for panel in row.panels:
            if column + panel.width > COLUMNS:
                top, column, line = top + 1, 0, 0
            if not line:
                heights.append(_FIGURE_INCHES if panel.single else _LINES_INCHES)
                line = 1
            places.append((panel.title, panel, top, column))
            column += panel.width
        top += 1
    figure = Figure(figsize=(COLUMNS * _INCHES_A_COLUMN, sum(heights) + 0.6), layout="constrained")
    FigureCanvasAgg(figure)  # draws to memory, without a screen
    grid = figure.add_gridspec(len(heights), COLUMNS, height_ratios=heights)
    figure.suptitle(page.title, fontsize=17, fontweight="bold")
    for title, panel, line, column in places:
        if panel is None:
            axes = figure.add_subplot(grid[line, :])
            axes.axis("off")
            axes.text(0, 0.2, title, fontsize=13, fontweight="bold", color="#444444")
            continue
        axes = figure.add_subplot(grid[line, column : column + panel.width])
        if panel.single:
            _figure(axes, panel, source, end, rate)
        else:
            _lines(axes, panel, source, (start, end), rate)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=70)


def called(legend: str, labels: Mapping[str, str]) -> str:
    """A legend with the labels' values in it, as Grafana fills it in."""
    return _LABEL.sub(lambda found: labels.get(found[1], ""), legend).strip()


def shown(value: float, unit: str) -> str:
    """A value as a person reads it."""
    if math.isnan(value):
        return "none"
    match unit:
        case "percentunit":
            return f"{value:.1%}"
        case "s":
            return _seconds(value)
        case "bytes":
            power = min(4, int(math.log(max(value, 1), 1024)))
            return f"{value / 1024**power:.3g} {('B', 'KiB', 'MiB', 'GiB', 'TiB')[power]}"
        case "reqps":
            return f"{value:.3g}/s"
        case "dateTimeFromNow":
            return f"{_seconds(time.time() - value / 1000)} ago" if value else "never"
        case _:
            return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def _seconds(value: float) -> str:
    if value == 0 or value >= 172_800:
        return f"{value / 86_400:.3g} d" if value else "0 s"
    for bound, size, name in ((1e-3, 1e-6, "µs"), (1, 1e-3, "ms"), (120, 1, "s"), (7200, 60, "min")):
        if abs(value) < bound:
            return f"{value / size:.3g} {name}"
    return f"{value / 3600:.3g} h"


def _figure(axes: Axes, panel: Panel, source: Prometheus, at: float, rate: str) -> None:
    query = panel.queries[0]
    found = source.over(query.expression.replace(RATE, rate), at, at, 1)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(panel.title, fontsize=9, color="#444444")
    text = [called(query.legend, one.labels) or shown(one.values[-1], panel.unit) for one in found]
    size = 17 if len("".join(text)) < 12 else 11
    axes.text(0.5, 0.5, "\n".join(text) or "no data", ha="center", va="center", fontsize=size)


def _lines(axes: Axes, panel: Panel, source: Prometheus, span: tuple[float, float], rate: str) -> None:
    start, end = span
    drawn: list[tuple[str, Series]] = []
    for query in panel.queries:
        found = source.over(query.expression.replace(RATE, rate), start, end, (end - start) / _STEPS)
        drawn.extend((called(query.legend, one.labels) or panel.title, one) for one in found)
    for number, (name, one) in enumerate(sorted(drawn, key=lambda pair: -_most(pair[1]))):
        moments = [datetime.fromtimestamp(moment, UTC) for moment in one.times]
        label = textwrap.shorten(name, 40) if number < _MOST_SERIES else None
        axes.plot(moments, one.values, linewidth=1.2, label=label)  # type: ignore[arg-type]
    axes.set_title(panel.title, fontsize=10)
    axes.set_xlim(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))  # type: ignore[arg-type]
    axes.grid(visible=True, alpha=0.3)
    axes.tick_params(labelsize=7)
    axes.xaxis.set_major_locator(AutoDateLocator(maxticks=6))
    axes.xaxis.set_major_formatter(DateFormatter("%H:%M" if end - start > 900 else "%H:%M:%S"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value, panel.unit)))
    values = [value for _, one in drawn for value in one.values if not math.isnan(value)]
    if values and min(values) >= 0:
        highest = max(values) or 1.0
        axes.set_ylim(-0.02 * highest, 1.1 * highest)  # so that a line at either end is seen
    if drawn and any(name != panel.title for name, _ in drawn):
        axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2, frameon=False)
    if not drawn:
        axes.text(0.5, 0.5, "no data", ha="center", va="center", transform=axes.transAxes)


def _most(series: Series) -> float:
    return max((value for value in series.values if not math.isnan(value)), default=-math.inf)


def main(arguments: list[str]) -> None:
    """Draw the last half hour of every dashboard."""
    source, folder = Prometheus(arguments[0]), Path(arguments[1])
    now = time.time()
    for page in DASHBOARDS:
        draw(page, source, folder / f"{page.name}.png", start=now - 1800, end=now, rate="1m")


if __name__ == "__main__":
    main(sys.argv[1:])
