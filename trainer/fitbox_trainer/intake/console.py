"""An intake report in a terminal, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from fitbox_trainer.intake.report import ContentKind, IntakeReport, IntakeStatus, RejectedCell, WarningCode

_CELLS_SHOWN = 15
_SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def visible(text: str) -> str:
    """A text from a file without what a terminal obeys or a page hides: control, direction and format signs
    are written out, line breaks and tabs are spaces."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else " " if each.isspace() else each.encode("unicode_escape").decode()
        for each in text
    )


def _text(text: str) -> str:
    return escape(visible(text))


def render(report: IntakeReport) -> RenderableType:
    """Verdict, what was recognised, what was rejected and why, what is worth a look."""
    parts: list[RenderableType] = [_verdict(report)]
    if report.columns:
        parts.append(_recognised(report))
    if report.rejected:
        parts.append(_rejected(report))
        if len(report.rejected) > _CELLS_SHOWN:
            parts.append(_reasons(report))
    if report.warnings:
        parts.append(_warnings(report))
    if report.left_out:
        shown = report.left_out[:_CELLS_SHOWN]
        parts.append(_cells(f"Values left out, the first {len(shown)}; their rows are used", shown))
    if report.refused_texts:
        title = "Coach texts not used"
        parts.append(_cells(f"{title}, the first {_CELLS_SHOWN}", report.refused_texts[:_CELLS_SHOWN]))
    return Group(*parts)


def _verdict(report: IntakeReport) -> RenderableType:
    accepted = report.status is IntakeStatus.ACCEPTED
    text = Text()
    text.append(report.status.value, style="bold green" if accepted else "bold red")
    text.append(f"  {visible(report.reason)}\n")
    rows = "events" if report.kind is ContentKind.FEEDBACK else "members"
    text.append(f"{report.rows_accepted} {rows}", style="green")
    text.append(f"   {report.rows_duplicate} repeated   ")
    text.append(f"{report.rows_rejected} rejected", style="red" if report.rows_rejected else "")
    text.append(f"   of {report.rows_total} rows")
    return Panel(text, title=_text(report.file_name), border_style="green" if accepted else "red")


def _recognised(report: IntakeReport) -> RenderableType:
    separator = _SEPARATOR_NAMES.get(report.separator, report.separator)
    table = Table(
        title=f"{report.shape} layout, {report.encoding}, separated by {separator}", title_justify="left"
    )
    table.add_column("column")
    table.add_column("read as", style="cyan")
    for field, header in report.columns.items():
        table.add_row(_text(header), field)
    for header in report.ignored:
        table.add_row(_text(header), "not used", style="dim")
    return table


def _rejected(report: IntakeReport) -> RenderableType:
    shown = report.rejected[:_CELLS_SHOWN]
    total = sum(cells for _, _, cells in report.rejected_by_reason)
    return _cells(f"Rejected cells, {len(shown)} of {total}", shown)


def _cells(title: str, cells: Sequence[RejectedCell]) -> RenderableType:
    table = Table(title=title, title_justify="left")
    table.add_column("line", justify="right")
    table.add_column("column")
    table.add_column("value", style="red", max_width=40, overflow="ellipsis")
    table.add_column("why")
    for cell in cells:
        table.add_row(str(cell.line), _text(cell.column), _text(cell.value), _text(cell.reason))
    return table


def _reasons(report: IntakeReport) -> RenderableType:
    table = Table(title="Why", title_justify="left")
    table.add_column("cells", justify="right")
    table.add_column("column")
    table.add_column("why")
    for column, reason, cells in report.rejected_by_reason[:_CELLS_SHOWN]:
        table.add_row(str(cells), _text(column), _text(reason))
    return table


def _warnings(report: IntakeReport) -> RenderableType:
    table = Table(title="Worth a look", title_justify="left")
    table.add_column("how many", justify="right")
    table.add_column("what", style="yellow")
    table.add_column("first lines", style="dim")
    for warning in report.warnings:
        what = "columns" if warning.code is WarningCode.DRIFT else "rows"
        count = "column" if warning.code is WarningCode.READ_FROM_VALUES else f"{warning.count} {what}"
        table.add_row(count, _text(warning.message), ", ".join(map(str, warning.lines[:6])))
    return table
