"""The command ``fitbox examine``. Nothing heavy is imported until it runs."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from fitbox.errors import FitBoxError

EXIT_BAD_SETTING = 2


def examine(
    subject: Annotated[str, typer.Argument(help="a version, active, planner, random, base or starting")],
    profiles: Annotated[Path, typer.Option(help="CSV file of members")],
    n: Annotated[int, typer.Option("--n", min=1, help="members, each asked for one plan a task")] = 50,
    models: Annotated[Path, typer.Option(help="the registry")] = Path("models"),
    nutrients: Annotated[Path | None, typer.Option(help="USDA rows by food id (JSON)")] = None,
    exercise_db: Annotated[Path | None, typer.Option(help="Free Exercise DB's exercises.json")] = None,
    human_programmes: Annotated[Path | None, typer.Option(help="published programmes (JSON)")] = None,
    examples: Annotated[bool, typer.Option("--examples", help="also the offending plans in short")] = False,
    engine: Annotated[str, typer.Option(help="engine that decodes")] = "auto",
    engine_option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, as the server takes it; repeatable")
    ] = None,
    base_model: Annotated[str, typer.Option(help="base where no adapter names it")] = "smollm2-135m-instruct",
    json: Annotated[bool, typer.Option("--json", help="JSON lines; the last one is the summary")] = False,
) -> None:
    """Judge plans by rulers that were made elsewhere: published scores, limits, programmes and known faults.

    With --json the last line is one object. A ruler whose file is not given has no figure there (null), and
    "absent" says why. docs/quality.md explains each.
    """
    from fitbox_trainer.examine.command import examine_arm
    from fitbox_trainer.examine.show import examples as offending
    from fitbox_trainer.examine.show import show

    try:
        found, summary = examine_arm(
            subject,
            profiles=profiles,
            n=n,
            models=models,
            engine=engine,
            engine_options=dict(option.partition("=")[::2] for option in engine_option or []),
            base_model=base_model,
            nutrients=nutrients,
            exercise_db=exercise_db,
            human_programmes=human_programmes,
        )
    except (FitBoxError, OSError) as error:
        typer.echo(f"fitbox examine: {error}", err=True)
        raise typer.Exit(EXIT_BAD_SETTING) from None
    for one in offending(found) if examples else ():
        line = f"{one['severity']:<11} {one['check']:<32} {one['member']}: {one['plan']}"
        typer.echo(json_module.dumps(one) if json else line)
    if json:
        typer.echo(json_module.dumps(summary))
    else:
        show(summary)
