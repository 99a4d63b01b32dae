"""A file's description as one HTML page that needs no other file and no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from fitbox_trainer.intake.charts import chart
from fitbox_trainer.intake.describe import Description
from fitbox_trainer.intake.frames import NUMERIC_COLUMNS
from fitbox_trainer.intake.headers import BMI
from fitbox_trainer.intake.report import NOTABLE_EFFECT, SIGNIFICANCE, IntakeStatus, WarningCode

_CELLS_SHOWN = 200

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --soft: #f2f4f7;
        --now: #3b6fb6; --before: #d9822b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --paper: #14181e; --soft: #20262e; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
       max-width: 68rem; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.2rem; }
.verdict { display: inline-block; padding: .1rem .6rem; border-radius: .3rem; color: #fff;
           background: #2e7d4f; }
.verdict.rejected { background: #b3392f; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: 1rem; }
figure { margin: 0; padding: .6rem; background: var(--soft); border-radius: .4rem; }
figcaption { font-weight: 600; } figcaption small { font-weight: 400; opacity: .75; }
svg .now { fill: var(--now); } svg .before { fill: none; stroke: var(--before); stroke-width: 1.5; }
svg text { font-size: 9px; fill: currentColor; }
table { border-collapse: collapse; font-size: 14px; } th, td { padding: .2rem .6rem; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
tr:nth-child(even) { background: var(--soft); }
.scroll { overflow-x: auto; } .matrix td { text-align: center; color: #111; }
"""


def render_html(description: Description) -> str:
    """The page."""
    name = escape(description.report.file_name)
    sections = [
        _verdict(description),
        _rejected(description),
        _warnings(description),
        _distributions(description),
        _drift(description),
        _missing(description),
        _correlations(description),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}: data report</title><style>{_STYLE}</style></head>"
        f"<body><h1>{name}</h1>{''.join(sections)}</body></html>\n"
    )


def _verdict(description: Description) -> str:
    report = description.report
    style = "verdict" if report.status is IntakeStatus.ACCEPTED else "verdict rejected"
    counts = (
        f"{report.rows_accepted} members, {report.rows_duplicate} repeated, {report.rows_rejected} rejected, "
        f"of {report.rows_total} rows"
    )
    columns = _table(
        ("column", "read as"),
        [
            *((header, field) for field, header in report.columns.items()),
            *((h, "not used") for h in report.ignored),
        ],
    )
    return (
        f'<p><span class="{style}">{report.status.value}</span> {escape(report.reason)}</p><p>{counts}<br>'
        f"<small>{report.shape} layout, {report.encoding}, SHA-256 {report.digest}</small></p>"
        f"<details><summary>Columns</summary>{columns}</details>"
    )


def _rejected(description: Description) -> str:
    report = description.report
    if not report.rejected:
        return ""
    reasons = _table(("column", "why", "cells"), report.rejected_by_reason)
    cells = [(cell.line, cell.column, cell.value, cell.reason) for cell in report.rejected[:_CELLS_SHOWN]]
    listed = _table(("line", "column", "value", "why"), cells)
    return f"<h2>Rejected, and why</h2>{reasons}<details><summary>Cell by cell</summary>{listed}</details>"


def _warnings(description: Description) -> str:
    warnings = description.report.warnings
    if not warnings:
        return ""
    rows = [
        (
            f"{item.count} {'columns' if item.code is WarningCode.DRIFT else 'rows'}",
            item.message,
            ", ".join(map(str, item.lines)),
        )
        for item in warnings
    ]
    texts = [
        (cell.line, cell.column, cell.value, cell.reason)
        for cell in description.report.refused_texts[:_CELLS_SHOWN]
    ]
    listed = _table(("line", "column", "coach text not used", "why"), texts) if texts else ""
    return f"<h2>Worth a look</h2>{_table(('how many', 'what', 'first lines'), rows)}{listed}"


def _distributions(description: Description) -> str:
    if description.members.is_empty():
        return ""
    reference = description.reference
    figures = []
    given = {*description.report.columns, BMI}
    for summary in description.columns():
        if summary.column not in given and description.members[summary.column].n_unique() == 1:
            continue  # the file does not have it; everybody got the default
        other = reference[summary.column] if reference is not None else None
        drawing = chart(description.members[summary.column], other)
        if not drawing:
            continue
        numbers = (
            f" <small>{summary.minimum:g} to {summary.maximum:g}, median {summary.median:g}</small>"
            if summary.median is not None
            else ""
        )
        figures.append(
            f"<figure><figcaption>{escape(summary.column)}{numbers}</figcaption>{drawing}</figure>"
        )
    legend = "<p>Filled: this file. Outlined: what it is compared with.</p>" if reference is not None else ""
    return f'<h2>Distributions</h2>{legend}<div class="charts">{"".join(figures)}</div>'


def _drift(description: Description) -> str:
    if not description.drift:
        return ""
    rows = [
        (
            item.column,
            item.test,
            f"{item.effect:.3f}",
            f"{item.p_value:.2g}",
            "drift" if item.is_notable else "",
        )
        for item in description.drift
    ]
    note = (
        f"<p>Compared with {escape(description.report.drift_against)}. Drift: p below {SIGNIFICANCE} and an "
        f"effect (D, or Cramer's V) of at least {NOTABLE_EFFECT}.</p>"
    )
    return f"<h2>Drift</h2>{note}{_table(('column', 'test', 'effect', 'p', ''), rows)}"


def _missing(description: Description) -> str:
    total = description.members.height
    rows = [
        (column.column, column.missing, f"{column.missing / total:.0%}")
        for column in description.columns()
        if total and column.missing
    ]
    return f"<h2>Missing values</h2>{_table(('column', 'members', 'share'), rows)}" if rows else ""


def _correlations(description: Description) -> str:
    if description.members.height < 3:
        return ""
    matrix = description.correlations()
    shown = [index for index in range(len(NUMERIC_COLUMNS)) if matrix[index][index] is not None]
    names = [escape(name) for name in NUMERIC_COLUMNS]
    head = "".join(f"<th>{names[column]}</th>" for column in shown)
    rows = [
        f"<tr><th>{names[row]}</th>{''.join(_shade(matrix[row][column]) for column in shown)}</tr>"
        for row in shown
    ]
    table = f'<table class="matrix"><tr><th></th>{head}</tr>{"".join(rows)}</table>'
    return f'<h2>Correlations</h2><div class="scroll">{table}</div>'


def _shade(value: float | None) -> str:
    if value is None:
        return "<td></td>"
    hue = 215 if value >= 0 else 15
    return f'<td style="background:hsl({hue} 70% {95 - 45 * min(abs(value), 1):.0f}%)">{value:.2f}</td>'


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    def cell(value: object) -> str:
        style = ' class="number"' if isinstance(value, int) else ""
        return f"<td{style}>{escape(str(value))}</td>"

    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    return f'<div class="scroll"><table><tr>{titles}</tr>{body}</table></div>'
