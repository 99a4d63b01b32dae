"""What the demo shows: headings, progress, two answers side by side, metrics."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fitbox_client.render import to_rich
from fitbox_client.types import Recommendation
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from fitbox.v1 import training_pb2

console = Console(width=None if Console().is_terminal else 140)


@contextmanager
def timed(seconds: dict[str, float], step: str, title: str) -> Iterator[None]:
    """Announce a step, and note how long it took."""
    console.rule(f"[bold]{title}", align="left")
    start = time.monotonic()
    yield
    seconds[step] = round(time.monotonic() - start, 1)


def side_by_side(before: Recommendation[Any], after: Recommendation[Any]) -> Table:
    """Two replies to the same request, each under the version that made it."""
    table = Table(show_lines=True, expand=True)
    for reply in (before, after):
        table.add_column(reply.provenance.adapter_version, ratio=1)
    table.add_row(to_rich(before), to_rich(after))
    return table


class RunDisplay:
    """Shows a run: a live bar on a terminal, a line every few seconds elsewhere."""

    LINE_SECONDS = 10.0

    def __init__(self) -> None:
        columns = (TextColumn("{task.description:>12}"), BarColumn(40), TextColumn("{task.fields[figures]}"))
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._bar = self._progress.add_task("", figures="", total=None)
        self._last = ("", 0.0)

    def __enter__(self) -> RunDisplay:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self, run: training_pb2.Run) -> None:
        """Show the run's state."""
        state = run.progress
        stage = training_pb2.RunStage.Name(state.stage).removeprefix("RUN_STAGE_").lower()
        left = state.time_left.ToTimedelta().total_seconds()
        figures = ""
        if state.total_steps:
            figures = (
                f"step {state.step}/{state.total_steps}  loss {state.loss:.3f}  "
                f"{state.tokens_per_second:.0f} tokens/s  {left:.0f} s left"
            )
        total = state.total_steps or None
        self._progress.update(
            self._bar, description=stage, completed=state.step, total=total, figures=figures
        )
        now = time.monotonic()
        if not console.is_terminal and (stage != self._last[0] or now - self._last[1] > self.LINE_SECONDS):
            console.print(f"{stage:>12}  {figures}", highlight=False)
            self._last = (stage, now)


def metrics_table(name: str, text: str, wanted: Sequence[str]) -> Table:
    """The samples of the wanted families, from a scraped page that must parse."""
    table = Table("sample", "value", title=f"{name}: {len(text.splitlines())} lines", title_justify="left")
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            # Of calls, every code of every method has a series.
            if sample.name in wanted and (sample.value or not sample.name.startswith("grpc_")):
                labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
                table.add_row(f"{sample.name}{{{labels}}}", f"{sample.value:g}")
    return table
