"""``fitbox validate`` as a person sees it: a bar while it works, then the findings."""

from __future__ import annotations

from collections.abc import Collection

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from fitbox_trainer.validator.console import TITLES, render
from fitbox_trainer.validator.results import CheckName, ValidationReport
from fitbox_trainer.validator.run import Subject, run_all


def validate_with_progress(
    subject: Subject, *, checks: Collection[CheckName], steps: int, quiet: bool
) -> ValidationReport:
    """:func:`run_all`, shown while it works and when it is done unless ``quiet``.

    Raises:
        ConfigurationError: the base model is not prepared.
    """
    shown = Console(stderr=True, quiet=quiet)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    ordered = [name for name in CheckName if name in checks]
    with Progress(*columns, console=shown, transient=True) as progress:
        bar = progress.add_task("", total=len(ordered))

        def tell(check: CheckName, doing: str) -> None:
            where = ordered.index(check)
            progress.update(bar, completed=where, description=f"{TITLES[check]}: {doing}")
            if not shown.is_terminal:
                shown.print(f"{TITLES[check]}: {doing}")

        report = run_all(subject, checks=ordered, steps=steps, tell=tell)
    Console(quiet=quiet).print(render(report))
    return report
