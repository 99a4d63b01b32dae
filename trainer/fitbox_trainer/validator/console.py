"""A validation report in a terminal, for people."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from fitbox_trainer.validator.results import CheckResult, Level, ValidationReport

_STYLES = {Level.PASS: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}
TITLES = {
    "data": "Data preparation",
    "qlora": "QLoRA configuration",
    "hyperparameters": "Hyperparameters",
    "improvements": "Improvements, measured here",
}


def render(report: ValidationReport) -> RenderableType:
    """Every check with its findings, and the verdict last."""
    return Group(*(part for check in report.checks for part in (_check(check), "")), _verdict(report))


def _check(check: CheckResult) -> RenderableType:
    title = f"{TITLES[check.name]}: {check.level} ({check.seconds:.1f} s)"
    table = Table(
        title=title, title_justify="left", title_style=_STYLES[check.level], show_header=False, box=None
    )
    table.add_column(width=4)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for item in check.findings:
        table.add_row(Text(item.level, style=_STYLES[item.level]), escape(item.what), escape(item.found))
    return table


def _verdict(report: ValidationReport) -> Text:
    failed = [
        f"{TITLES[check.name]}: {item.what}: {item.found}"
        for check in report.checks
        for item in check.findings
        if item.level is Level.FAIL
    ]
    if not failed:
        return Text(f"{report.level}: ready to train", style=_STYLES[report.level])
    return Text("FAIL\n" + "\n".join(f"  {line}" for line in failed), style=_STYLES[Level.FAIL])
