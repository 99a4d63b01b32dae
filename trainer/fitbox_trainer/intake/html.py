"""A file's description as one HTML page that needs no other file and no network.

The page is ``report.html``, a template that escapes whatever is put into it; what cannot be printed is
written out before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from fitbox_trainer.intake.charts import chart
from fitbox_trainer.intake.console import visible
from fitbox_trainer.intake.describe import ColumnSummary, Description
from fitbox_trainer.intake.frames import NUMERIC_COLUMNS
from fitbox_trainer.intake.headers import BMI
from fitbox_trainer.intake.report import (
    NOTABLE_EFFECT,
    SIGNIFICANCE,
    IntakeStatus,
    RejectedCell,
    WarningCode,
)

_CELLS_SHOWN = 200


def render_html(description: Description) -> str:
    """The page."""
    report = description.report
    return _template().render(
        report=report,
        accepted=report.status is IntakeStatus.ACCEPTED,
        columns=[
            *((header, field) for field, header in report.columns.items()),
            *((header, "not used") for header in report.ignored),
        ],
        rejected=_cells(report.rejected),
        warnings=[
            (
                f"{item.count} {'columns' if item.code is WarningCode.DRIFT else 'rows'}"
                if item.code is not WarningCode.READ_FROM_VALUES
                else "1 column",
                item.message,
                ", ".join(map(str, item.lines)),
            )
            for item in report.warnings
        ],
        left_out=_cells(report.left_out),
        refused_texts=_cells(report.refused_texts),
        has_members=not description.members.is_empty(),
        has_reference=description.reference is not None,
        figures=list(_figures(description)),
        drift=[
            (
                *(item.column, item.test, f"{item.effect:.3f}", f"{item.p_value:.2g}"),
                "drift" if item.is_notable else "",
            )
            for item in description.drift
        ],
        significance=SIGNIFICANCE,
        notable_effect=NOTABLE_EFFECT,
        missing=_missing(description),
        correlations=_correlations(description),
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    return environment.get_template("report.html")


def _printable(value: object) -> object:
    """Text without control characters; what is markup already is ours."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _cells(cells: Iterable[RejectedCell]) -> list[tuple[int, str, str, str]]:
    return [(cell.line, cell.column, cell.value, cell.reason) for cell in list(cells)[:_CELLS_SHOWN]]


def _figures(description: Description) -> Iterator[tuple[ColumnSummary, Markup]]:
    if description.members.is_empty():
        return
    given = {*description.report.columns, BMI}
    for summary in description.columns():
        values = description.members[summary.column]
        if summary.column not in given and values.n_unique() == 1:
            continue  # the file does not have it; everybody got the default
        reference = description.reference
        drawing = chart(values, None if reference is None else reference[summary.column])
        if drawing:
            yield summary, Markup(drawing)  # noqa: S704 - drawn by us from figures


def _missing(description: Description) -> list[tuple[str, int, str]]:
    total = description.members.height
    return [
        (column.column, column.missing, f"{column.missing / total:.0%}")
        for column in description.columns()
        if total and column.missing
    ]


def _correlations(description: Description) -> list[tuple[str, list[float | None]]]:
    """Name and row of each column that varies; empty for too few members."""
    if description.members.height < 3:
        return []
    matrix = description.correlations()
    shown = [index for index in range(len(NUMERIC_COLUMNS)) if matrix[index][index] is not None]
    return [(NUMERIC_COLUMNS[row], [matrix[row][column] for column in shown]) for row in shown]
