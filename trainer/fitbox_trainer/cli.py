"""Commands of the trainer: ``fitbox train``, ``data``, ``model`` and ``eval``.

Nothing heavy is imported until a command runs, so that ``fitbox --help`` answers at once.
"""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated, Any

import typer

from fitbox.errors import FitBoxError
from fitbox_trainer.intake.cli import app as data

__all__ = ["data", "evaluate", "model", "train"]

EXIT_RUN_FAILED = 1
"""``train --once``: the run was rejected or failed."""
EXIT_BAD_SETTING = 2

model = typer.Typer(no_args_is_help=True, help="Base models.")

Models = Annotated[Path, typer.Option(help="the registry")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object a line instead of text")]


def train(
    data: Annotated[Path | None, typer.Option(help="watched folder of CSV files")] = None,
    models: Annotated[Path | None, typer.Option(help="the registry")] = None,
    preset: Annotated[str | None, typer.Option(help="preset of automatic runs")] = None,
    base_model: Annotated[str | None, typer.Option(help="embedded default, folder or hub id")] = None,
    once: Annotated[bool, typer.Option("--once", help="train on what is there, then exit")] = False,
    host: Annotated[str | None, typer.Option(help="address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="port of TrainingService; 0 takes a free one")] = None,
    metrics_port: Annotated[int | None, typer.Option(help="port of /metrics; 0 takes a free one")] = None,
    json: AsJson = False,
) -> None:
    """Watch a folder of CSV files and keep the model trained on it.

    Every setting can also be given as FITBOX_TRAINER_<NAME>; an option wins.
    """
    from pydantic import ValidationError

    from fitbox_trainer.app import serve
    from fitbox_trainer.display import display_for
    from fitbox_trainer.settings import TrainerSettings

    given: dict[str, Any] = {
        "data": data,
        "models": models,
        "preset": preset,
        "base_model": base_model,
        "host": host,
        "port": port,
        "metrics_port": metrics_port,
    }
    try:
        settings = TrainerSettings(**{name: value for name, value in given.items() if value is not None})
        ended = serve(settings, display_for(json=json), once=once)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            where = ".".join(map(str, problem["loc"]))
            typer.echo(f"fitbox train: {where}: {problem['msg']}", err=True)
        raise typer.Exit(EXIT_BAD_SETTING) from None
    except FitBoxError as error:
        typer.echo(f"fitbox train: {error}", err=True)
        raise typer.Exit(EXIT_BAD_SETTING) from None
    if once and not ended:
        raise typer.Exit(EXIT_RUN_FAILED)


@model.command()
def prepare(
    name: Annotated[str, typer.Argument(help="smollm2-135m-instruct, a folder, or a hub id")] = (
        "smollm2-135m-instruct"
    ),
    models: Models = Path("models"),
    json: AsJson = False,
) -> None:
    """Make a base model ready for training and serving; costs nothing when it is."""
    from fitbox_trainer.base_model import prepare as prepare_base

    def report(line: str) -> None:
        if not json:
            typer.echo(line)

    try:
        path = prepare_base(name, models, report=report)
    except FitBoxError as error:
        typer.echo(f"fitbox model prepare: {error}", err=True)
        raise typer.Exit(EXIT_BAD_SETTING) from None
    if json:
        typer.echo(json_module.dumps({"base_model": path.name, "path": str(path)}))


def evaluate(
    profiles: Annotated[Path, typer.Option(help="CSV file of members")],
    arm: Annotated[list[str], typer.Option(help="planner, random, base or adapter=VERSION; repeatable")],
    n: Annotated[int, typer.Option("--n", min=1, help="members, each asked for one plan a task")] = 50,
    models: Models = Path("models"),
    engine: Annotated[str, typer.Option(help="engine whose decoding is measured")] = "openvino",
    base_model: Annotated[str, typer.Option(help="base where no adapter names it")] = "smollm2-135m-instruct",
    json: AsJson = False,
) -> None:
    """Measure the quality of recommendations on the decoding path that serves them.

    With --json the last line is one object, seen from the first arm.
    """
    from fitbox_trainer.evaluation.cli import evaluate as evaluate_arms

    try:
        found = evaluate_arms(
            profiles=profiles, arms=tuple(arm), n=n, models=models, engine=engine, base_model=base_model
        )
    except FitBoxError as error:
        typer.echo(f"fitbox eval: {error}", err=True)
        raise typer.Exit(EXIT_BAD_SETTING) from None
    if json:
        typer.echo(json_module.dumps(found))
    else:
        _show_evaluation(found)


def _show_evaluation(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    first = found["arm"]
    table = Table("arm", "quality", f"{first} is better by", "violations", "parse rate", "s a plan")
    for name, figures in found["arms"].items():
        against = found["against"].get(name)
        gain = (
            "" if against is None else "{mean:+.3f} [{low:+.3f}, {high:+.3f}]".format(**against["difference"])
        )
        seconds = figures["seconds_per_plan"]
        table.add_row(
            name,
            f"{figures['mean']:.3f}",
            gain,
            str(figures["violations"]),
            f"{figures['parse_rate']:.3f}",
            "" if seconds is None else f"{seconds:.2f}",
        )
    Console().print(table)


if __name__ == "__main__":  # what the daemon starts to prepare a base model
    app = typer.Typer()
    app.add_typer(model, name="model")
    app()
