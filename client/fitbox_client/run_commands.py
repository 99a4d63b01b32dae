"""``fitbox runs``: what the training daemon did, does, and is asked to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from google.protobuf.json_format import MessageToDict, MessageToJson
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from fitbox.terminal import printable
from fitbox.v1 import training_pb2
from fitbox_client.command_line import AsJson, Daemon, readable_errors
from fitbox_client.render import plain, to_json
from fitbox_client.training import DEFAULT_ADDRESS, TrainingClient

runs = typer.Typer(no_args_is_help=True, help="Training runs of a daemon.")

EXIT_NOT_SUCCEEDED = 1
"""``runs watch``: the run ended, and not with a version."""
_ENDS = {
    training_pb2.RUN_STAGE_SUCCEEDED,
    training_pb2.RUN_STAGE_REJECTED,
    training_pb2.RUN_STAGE_FAILED,
    training_pb2.RUN_STAGE_CANCELLED,
}


@runs.command("list")
@readable_errors
def list_runs(
    n: Annotated[int, typer.Option("--n", min=1, max=1000, help="how many")] = 50,
    daemon: Daemon = DEFAULT_ADDRESS,
    json: AsJson = False,
) -> None:
    """Runs, newest first."""
    with TrainingClient(daemon) as client:
        listing = client.list_runs(page_size=n)
    if json:
        typer.echo(MessageToJson(listing, indent=None))
        return
    table = Table("run", "began", "stage", "progress", "preset", "members", "version", "reason")
    for run in listing.runs:
        began = run.created_at.ToDatetime(tzinfo=UTC).astimezone()
        table.add_row(
            *map(plain, (run.run_id, f"{began:%Y-%m-%d %H:%M}", stage_of(run), figures_of(run))),
            *map(plain, (run.preset, str(run.members), run.adapter_version, run.reason)),
        )
    Console().print(table)


@runs.command()
@readable_errors
def start(
    preset: Annotated[str, typer.Option(help="instead of the daemon's own")] = "",
    request_id: Annotated[str, typer.Option(help="the same id starts one run only")] = "",
    daemon: Daemon = DEFAULT_ADDRESS,
    json: AsJson = False,
) -> None:
    """Queue a run on the data that the daemon has."""
    with TrainingClient(daemon) as client:
        run = client.start(request_id=request_id, preset=preset)
    typer.echo(MessageToJson(run, indent=None) if json else printable(f"{run.run_id}: {stage_of(run)}"))


@runs.command()
@readable_errors
def watch(
    run_id: Annotated[str, typer.Argument(help="the current one, or the newest, if left out")] = "",
    daemon: Daemon = DEFAULT_ADDRESS,
    json: AsJson = False,
) -> None:
    """Follow a run until it ends. Exit code 1 where it ends without a version."""
    with TrainingClient(daemon) as client:
        followed = run_id or _interesting(client)
        last = _follow_as_json(client, followed) if json else _follow(client, followed)
    if last is not None and last.progress.stage in _ENDS - {training_pb2.RUN_STAGE_SUCCEEDED}:
        raise typer.Exit(EXIT_NOT_SUCCEEDED)


def _interesting(client: TrainingClient) -> str:
    """The run at work, which is the oldest that has not ended; otherwise the newest."""
    listing = client.list_runs().runs
    if not listing:
        typer.echo("fitbox: there is no run yet", err=True)
        raise typer.Exit(EXIT_NOT_SUCCEEDED)
    going = [run for run in listing if run.progress.stage not in _ENDS]
    return str((going[-1] if going else listing[0]).run_id)


def _follow_as_json(client: TrainingClient, run_id: str) -> training_pb2.Run | None:
    last = None
    for last in client.watch_run(run_id):
        typer.echo(MessageToJson(last, indent=None))
    return last


def _follow(client: TrainingClient, run_id: str) -> training_pb2.Run | None:
    """A live bar on a terminal, and a line for each stage that was left."""
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[figures]}"))
    last: training_pb2.Run | None = None
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(escape(printable(run_id)), figures="", total=None)
        for run in client.watch_run(run_id):
            if last is None or last.progress.stage != run.progress.stage:
                clock = datetime.now().astimezone()
                console.print(plain(f"{clock:%H:%M:%S}  {run.run_id}  {ending_of(run)}"))
            state = run.progress
            total = state.total_steps or None
            progress.update(
                bar, description=stage_of(run), completed=state.step, total=total, figures=figures_of(run)
            )
            last = run
    return last


@runs.command()
@readable_errors
def cancel(run_id: str, daemon: Daemon = DEFAULT_ADDRESS, json: AsJson = False) -> None:
    """Stop a run; what it trained is discarded."""
    with TrainingClient(daemon) as client:
        run = client.cancel_run(run_id)
    typer.echo(MessageToJson(run, indent=None) if json else printable(f"{run.run_id}: {ending_of(run)}"))


@runs.command()
@readable_errors
def datasets(
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="files that were deleted too, however long ago")
    ] = False,
    daemon: Daemon = DEFAULT_ADDRESS,
    json: AsJson = False,
) -> None:
    """Files the daemon accepted or rejected, with reasons."""
    with TrainingClient(daemon) as client:
        listing = client.list_datasets(include_withdrawn=withdrawn)
    if json:
        typer.echo(to_json(MessageToDict(listing)))
        return
    table = Table(
        "file", "status", "rows", "rejected", "duplicate", "reason", title=f"{listing.members} members"
    )
    for item in listing.datasets:
        status = training_pb2.DatasetStatus.Name(item.status).removeprefix("DATASET_STATUS_").lower()
        counts = (str(item.rows_accepted), str(item.rows_rejected), str(item.rows_duplicate))
        table.add_row(*map(plain, (item.file_name, status, *counts, item.reason)))
    Console().print(table)


def stage_of(run: training_pb2.Run) -> str:
    """``training``, ``succeeded``, ..."""
    return training_pb2.RunStage.Name(run.progress.stage).removeprefix("RUN_STAGE_").lower()


def ending_of(run: training_pb2.Run) -> str:
    """The stage, with the version and the reason where it has them."""
    details = ", ".join(filter(None, (run.adapter_version, run.reason)))
    return f"{stage_of(run)}: {details}" if details else stage_of(run)


def figures_of(run: training_pb2.Run) -> str:
    """Step, loss, speed and time left; empty where the run's child has reported none."""
    state = run.progress
    if not state.step:
        return ""
    left = state.time_left.ToTimedelta().total_seconds()
    return (
        f"step {state.step}/{state.total_steps}  loss {state.loss:.3f}  "
        f"{state.tokens_per_second:.0f} tokens/s  {left:.0f} s left"
    )
