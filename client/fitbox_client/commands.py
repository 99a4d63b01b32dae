"""Commands of the client: ``fitbox recommend``, ``fitbox adapters`` and ``fitbox runs``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from json import loads
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from google.protobuf.json_format import MessageToDict, MessageToJson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from fitbox.errors import InvalidProfileError
from fitbox.profile import validate_profile
from fitbox.v1 import training_pb2
from fitbox_client.channel import ConnectionSettings
from fitbox_client.client import FitBoxClient
from fitbox_client.errors import FitBoxClientError, InvalidRequestError
from fitbox_client.render import to_json, to_rich
from fitbox_client.requests import CallOptions
from fitbox_client.training import DEFAULT_ADDRESS, TrainingClient

P = ParamSpec("P")
R = TypeVar("R")

recommend = typer.Typer(no_args_is_help=True, help="Ask for a recommendation.")
adapters = typer.Typer(no_args_is_help=True, help="Adapter versions of a server.")
runs = typer.Typer(no_args_is_help=True, help="Training runs of a daemon.")

Server = Annotated[str, typer.Option(help="host:port of the server", envvar="FITBOX_SERVER")]
Daemon = Annotated[str, typer.Option(help="host:port of the training daemon", envvar="FITBOX_DAEMON")]
AsJson = Annotated[bool, typer.Option("--json", help="one line of JSON instead of text")]
EXIT_BAD_INPUT, EXIT_SERVER = 2, 3


def readable_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Show an error as one line a person can act on: exit code 2 for bad input, 3 for the server's side."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except InvalidProfileError as error:
            lines, code = [f"{v.field}: {v.description}" for v in error.violations], EXIT_BAD_INPUT
        except InvalidRequestError as error:
            lines, code = [f"{v.field}: {v.description}" for v in error.violations], EXIT_BAD_INPUT
            lines = lines or [str(error)]
        except FitBoxClientError as error:
            lines, code = [str(error)], EXIT_SERVER
        for line in lines:
            typer.echo(f"fitbox: {line}", err=True)
        raise typer.Exit(code)

    return wrapper


def _profile_options(command: Callable[..., Any]) -> Callable[..., None]:
    """Give a command every option that describes a member and a call."""

    @readable_errors
    def run(
        age: Annotated[int | None, typer.Option(help="years")] = None,
        sex: Annotated[str | None, typer.Option(help="female or male")] = None,
        weight_kg: Annotated[float | None, typer.Option()] = None,
        height_cm: Annotated[float | None, typer.Option()] = None,
        level: Annotated[str, typer.Option(help="beginner, intermediate or advanced")] = "beginner",
        goal: Annotated[
            str | None, typer.Option(help="for instance weight_loss; derived if left out")
        ] = None,
        days: Annotated[int, typer.Option(help="training days a week")] = 3,
        minutes: Annotated[int, typer.Option(help="minutes a session")] = 60,
        equipment: Annotated[
            str | None, typer.Option(help="comma-separated, or 'none'; a full gym if left out")
        ] = None,
        conditions: Annotated[str, typer.Option(help="comma-separated, for instance knee,lower_back")] = "",
        diet: Annotated[str, typer.Option(help="omnivore, pescatarian, vegetarian, vegan, ...")] = "omnivore",
        allergies: Annotated[str, typer.Option(help="comma-separated, for instance milk,nuts")] = "",
        meals: Annotated[int, typer.Option(help="meals a day")] = 4,
        language: Annotated[str, typer.Option(help="en or fr")] = "en",
        profile_json: Annotated[
            Path | None, typer.Option(help="a file with the whole profile; other options are ignored")
        ] = None,
        seed: Annotated[int | None, typer.Option(help="repeats a sampled reply")] = None,
        temperature: Annotated[float | None, typer.Option(help="0 is greedy")] = None,
        timeout_seconds: Annotated[float, typer.Option()] = 60.0,
        server: Server = ConnectionSettings.address,
        json: AsJson = False,
    ) -> None:
        values: dict[str, object] = {
            "age_years": age,
            "sex": sex and sex.upper(),
            "weight_kg": weight_kg,
            "height_cm": height_cm,
            "level": level.upper(),
            "goal": goal.upper() if goal else None,
            "workout_days_per_week": days,
            "session_minutes": minutes,
            "equipment": None if equipment is None else _items(equipment.replace("none", "")),
            "conditions": _items(conditions),
            "diet": diet.upper(),
            "allergies": _items(allergies),
            "meals_per_day": meals,
            "language": language.lower(),
        }
        if profile_json is not None:
            values = loads(profile_json.read_text())
        else:
            values = {name: value for name, value in values.items() if value is not None}
        options = CallOptions(seed=seed, temperature=temperature, timeout_seconds=timeout_seconds)
        with FitBoxClient(server) as client:
            reply = command(client, validate_profile(values), options)
        Console().print(
            to_json(reply) if json else to_rich(reply), soft_wrap=json, markup=False, highlight=False
        )

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


@recommend.command()
@_profile_options
def workout(client: FitBoxClient, profile: Any, options: CallOptions) -> Any:
    """A training week."""
    return client.recommend_workout(profile, options)


@recommend.command()
@_profile_options
def nutrition(client: FitBoxClient, profile: Any, options: CallOptions) -> Any:
    """A day of eating."""
    return client.recommend_nutrition(profile, options)


@recommend.command()
@_profile_options
def advice(client: FitBoxClient, profile: Any, options: CallOptions) -> Any:
    """Short personal advice."""
    return client.recommend_advice(profile, options)


@adapters.command("list")
@readable_errors
def list_adapters(server: Server = ConnectionSettings.address, json: AsJson = False) -> None:
    """Published versions, newest first; the one that serves is marked."""
    with FitBoxClient(server) as client:
        listing = client.list_adapters()
    if json:
        typer.echo(to_json(listing))
        return
    table = Table(
        "", "version", "state", "score", "created", "data", title=f"serving {listing.serving_version}"
    )
    for item in listing.adapters:
        score = "" if item.evaluation_score is None else f"{item.evaluation_score:.3f}"
        created = item.created_at.isoformat(timespec="seconds") if item.created_at else ""
        mark = ("*" if item.version == listing.serving_version else "") + ("pinned" if item.pinned else "")
        table.add_row(mark, item.version, item.state.lower(), score, created, item.dataset_digest[:12])
    Console().print(table)


@adapters.command()
@readable_errors
def activate(
    version: str,
    pin: Annotated[bool, typer.Option(help="keep it until it is unpinned")] = False,
    reason: Annotated[str, typer.Option()] = "by hand",
    server: Server = ConnectionSettings.address,
    json: AsJson = False,
) -> None:
    """Switch a server to a version; returns once it serves."""
    with FitBoxClient(server) as client:
        adapter = client.activate_adapter(version, pin=pin, reason=reason)
    typer.echo(to_json(adapter) if json else f"{adapter.version} serves")


@adapters.command()
@readable_errors
def rollback(
    reason: Annotated[str, typer.Option()] = "by hand",
    server: Server = ConnectionSettings.address,
    json: AsJson = False,
) -> None:
    """Switch a server back to the previous version; returns once it serves."""
    with FitBoxClient(server) as client:
        adapter = client.rollback_adapter(reason=reason)
    typer.echo(to_json(adapter) if json else f"{adapter.version} serves")


@runs.command("list")
@readable_errors
def list_runs(daemon: Daemon = DEFAULT_ADDRESS, json: AsJson = False) -> None:
    """Runs, newest first."""
    with TrainingClient(daemon) as client:
        listing = client.list_runs()
    if json:
        typer.echo(MessageToJson(listing, indent=None))
        return
    table = Table("run", "stage", "preset", "members", "version", "reason")
    for run in listing.runs:
        stage = _stage(run)
        table.add_row(run.run_id, stage, run.preset, str(run.members), run.adapter_version, run.reason)
    Console().print(table)


@runs.command()
@readable_errors
def watch(run_id: str, daemon: Daemon = DEFAULT_ADDRESS, json: AsJson = False) -> None:
    """Follow a run until it ends."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[figures]}"))
    with TrainingClient(daemon) as client, Progress(*columns, disable=json) as progress:
        bar = progress.add_task(run_id, figures="", total=None)
        for run in client.watch_run(run_id):
            if json:
                typer.echo(MessageToJson(run, indent=None))
                continue
            state = run.progress
            left = state.time_left.ToTimedelta().total_seconds()
            figures = (
                f"step {state.step}/{state.total_steps} loss {state.loss:.3f} "
                f"{state.tokens_per_second:.0f} tokens/s {left:.0f} s left"
            )
            total = state.total_steps or None
            progress.update(bar, description=_stage(run), completed=state.step, total=total, figures=figures)


@runs.command()
@readable_errors
def cancel(run_id: str, daemon: Daemon = DEFAULT_ADDRESS, json: AsJson = False) -> None:
    """Stop a run; what it trained is discarded."""
    with TrainingClient(daemon) as client:
        run = client.cancel_run(run_id)
    typer.echo(MessageToJson(run, indent=None) if json else f"{run.run_id}: {_stage(run)}")


@runs.command()
@readable_errors
def datasets(daemon: Daemon = DEFAULT_ADDRESS, json: AsJson = False) -> None:
    """Files the daemon accepted or rejected, with reasons."""
    with TrainingClient(daemon) as client:
        listing = client.list_datasets()
    if json:
        typer.echo(to_json(MessageToDict(listing)))
        return
    table = Table(
        "file", "status", "rows", "rejected", "duplicate", "reason", title=f"{listing.members} members"
    )
    for item in listing.datasets:
        status = training_pb2.DatasetStatus.Name(item.status).removeprefix("DATASET_STATUS_").lower()
        counts = (str(item.rows_accepted), str(item.rows_rejected), str(item.rows_duplicate))
        table.add_row(item.file_name, status, *counts, item.reason)
    Console().print(table)


def _stage(run: training_pb2.Run) -> str:
    return training_pb2.RunStage.Name(run.progress.stage).removeprefix("RUN_STAGE_").lower()


def _items(text: str) -> list[str]:
    return [part.strip().upper() for part in text.split(",") if part.strip()]
