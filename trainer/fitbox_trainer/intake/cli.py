"""``fitbox data synth|check|report``. Heavy imports wait until a command runs, so that help is quick."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from fitbox.files import shown
from fitbox_trainer.intake.headers import Shape

app = typer.Typer(help="Make, check and describe CSV files of gym members.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Models = Annotated[Path, typer.Option(help="Registry whose active dataset a file is compared with.")]
CsvFile = Annotated[Path, typer.Argument(help="CSV file of gym members.", show_default=False)]


@app.command()
def synth(
    rows: Annotated[int, typer.Option(min=0, help="How many members.")] = 975,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same members.")] = 42,
    out: Annotated[
        Path | None, typer.Option(help="File to write; without it, CSV goes to standard output.")
    ] = None,
    header: Annotated[
        Shape, typer.Option(case_sensitive=False, help="Layout of the columns.")
    ] = Shape.KAGGLE,
    preferences: Annotated[
        bool, typer.Option("--preferences", help="Add random goals, equipment, conditions, diets, allergies.")
    ] = False,
    history: Annotated[
        bool, typer.Option("--history", help="Add random events with exercises and foods of earlier plans.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write synthetic members: plausible, reproducible, and nobody's data."""
    from fitbox_trainer.intake.synth import synthesise, write_synthetic

    if out is None and as_json:
        raise typer.BadParameter("--json needs --out, since the members go to standard output without it")
    if out is None:
        for index, frame in enumerate(
            synthesise(rows, seed, header, preferences=preferences, history=history)
        ):
            typer.echo(frame.write_csv(include_header=index == 0), nl=False)
        return
    write_synthetic(out, rows, seed, header, preferences=preferences, history=history)
    if as_json:
        typer.echo(json.dumps({"out": str(out), "rows": rows, "seed": seed, "header": header.value.lower()}))
    else:
        typer.echo(f"{out}: {rows} synthetic members, seed {seed}")


@app.command()
def check(file: CsvFile, models: Models = Path("models"), as_json: AsJson = False) -> None:
    """Say what FitBox would take from a file. Exit code 1 where it would take nothing."""
    from rich.console import Console

    from fitbox_trainer.daemon.active_data import active_dataset
    from fitbox_trainer.intake.console import render
    from fitbox_trainer.intake.pipeline import ingest
    from fitbox_trainer.intake.report import IntakeStatus

    _require(file)
    with tempfile.TemporaryDirectory(prefix="fitbox-check-") as store:
        found = ingest(file, Path(store), dataset=active_dataset(models))
    if as_json:
        typer.echo(found.to_json())
    else:
        Console().print(render(found))
    if found.status is IntakeStatus.REJECTED:
        raise typer.Exit(1)


@app.command()
def report(
    file: CsvFile,
    html: Annotated[Path, typer.Option(help="HTML file to write; it needs no other file.")],
    against: Annotated[
        Path | None,
        typer.Option(
            help="CSV or members file to measure drift against; the active dataset if left out.",
            show_default=False,
        ),
    ] = None,
    models: Models = Path("models"),
    as_json: AsJson = False,
) -> None:
    """Draw a file: distributions, missing values, correlations, drift, what was rejected and why."""
    from fitbox_trainer.daemon.active_data import active_dataset
    from fitbox_trainer.intake.describe import describe_file
    from fitbox_trainer.intake.html import render_html

    _require(file)
    if against is not None:
        _require(against)
    description = describe_file(file, against or active_dataset(models))
    # It quotes members' cells, so it is for whoever made it, unless they say otherwise.
    descriptor = os.open(html, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as page:
        page.write(render_html(description))
    if as_json:
        typer.echo(description.to_json())
    else:
        typer.echo(f"{shown(html)}: {description.report.status.value}, {description.report.reason}")
        for item in description.drift:
            if item.is_notable:
                typer.echo(f"  {item.sentence()}")


def _require(file: Path) -> None:
    if not file.exists():
        raise typer.BadParameter(f"there is no file {shown(file)}")
