"""Commands of the trainer: ``fitbox train``, ``data``, ``coach``, ``model``, ``eval``, ``examine``,
``validate``, ``gc``.

Nothing heavy is imported until a command runs, so that ``fitbox --help`` answers at once.
"""

from __future__ import annotations

import json as json_module
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from fitbox.errors import FitBoxError
from fitbox.rpc import options
from fitbox_trainer.examine.cli import examine
from fitbox_trainer.intake.cli import app as data
from fitbox_trainer.intake.coach_cli import app as coach
from fitbox_trainer.validator.results import CheckName, Level

__all__ = ["coach", "data", "evaluate", "examine", "gc", "model", "train", "validate"]

EXIT_RUN_FAILED = 1
"""``train --once``: the run was rejected or failed."""
EXIT_BAD_SETTING = 2
EXIT_INVALID = 1
"""``validate``: a check failed."""

model = typer.Typer(no_args_is_help=True, help="Base models.")

Models = Annotated[Path, typer.Option(help="the registry")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object a line instead of text")]


def train(
    data: Annotated[Path | None, typer.Option(help="watched folder of CSV files")] = None,
    models: Annotated[Path | None, typer.Option(help="the registry")] = None,
    preset: Annotated[str | None, typer.Option(help="preset of automatic runs")] = None,
    base_model: Annotated[str | None, typer.Option(help="embedded default, folder or hub id")] = None,
    once: Annotated[bool, typer.Option("--once", help="train on what is there, then exit")] = False,
    host: options.Host = None,
    port: Annotated[int | None, typer.Option(help="port of TrainingService; 0 takes a free one")] = None,
    tls_certificate: options.TlsCertificate = None,
    tls_key: options.TlsKey = None,
    tls_client_ca: options.TlsClientCa = None,
    tokens_file: options.TokensFile = None,
    allow_plaintext: options.AllowPlaintext = None,
    metrics_host: options.MetricsHost = None,
    metrics_port: options.MetricsPort = None,
    json: AsJson = False,
) -> None:
    """Watch a folder of CSV files and keep the model trained on it.

    Every setting can also be given as FITBOX_TRAINER_<NAME>; an option wins.
    """
    from pydantic import ValidationError

    from fitbox_trainer.daemon.app import serve
    from fitbox_trainer.daemon.display import display_for
    from fitbox_trainer.daemon.settings import TrainerSettings

    given: dict[str, Any] = {
        "data": data,
        "models": models,
        "preset": preset,
        "base_model": base_model,
        "host": host,
        "port": port,
        "tls_certificate": tls_certificate,
        "tls_key": tls_key,
        "tls_client_ca": tls_client_ca,
        "tokens_file": tokens_file,
        "allow_plaintext": allow_plaintext,
        "metrics_host": metrics_host,
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
    except (FitBoxError, OSError) as error:
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
    as_name: Annotated[
        str | None, typer.Option("--name", help="name in the registry; default: the last part of NAME")
    ] = None,
    json: AsJson = False,
) -> None:
    """Make a base model ready for training and serving; costs nothing when it is."""
    from fitbox_trainer.release.base_model import prepare as prepare_base

    def report(line: str) -> None:
        if not json:
            typer.echo(line)

    try:
        path = prepare_base(name, models, name=as_name, report=report)
    except (FitBoxError, OSError) as error:
        typer.echo(f"fitbox model prepare: {error}", err=True)
        raise typer.Exit(EXIT_BAD_SETTING) from None
    if json:
        typer.echo(json_module.dumps({"base_model": path.name, "path": str(path)}))


def evaluate(
    profiles: Annotated[Path, typer.Option(help="CSV file of members")],
    arm: Annotated[
        list[str], typer.Option(help="planner, random, base, starting or adapter=VERSION; repeatable")
    ],
    n: Annotated[int, typer.Option("--n", min=1, help="members, each asked for one plan a task")] = 50,
    models: Models = Path("models"),
    engine: Annotated[str, typer.Option(help="engine whose decoding is measured")] = "auto",
    engine_option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, as the server takes it; repeatable")
    ] = None,
    base_model: Annotated[str, typer.Option(help="base where no adapter names it")] = "smollm2-135m-instruct",
    likelihood: Annotated[bool, typer.Option("--likelihood", help="also held-out NLL a token")] = False,
    plot: Annotated[Path | None, typer.Option(help="PNG file of arms and gains")] = None,
    json: AsJson = False,
) -> None:
    """Measure the quality of recommendations on the decoding path that serves them.

    The first arm is compared with each other one: paired differences with 95 % bootstrap intervals. With
    --json the last line is one object, seen from the first arm.
    """
    from fitbox_trainer.evaluation.cli import evaluate as evaluate_arms

    try:
        found = evaluate_arms(
            profiles=profiles,
            arms=tuple(arm),
            n=n,
            models=models,
            engine=engine,
            engine_options=dict(option.partition("=")[::2] for option in engine_option or []),
            base_model=base_model,
            likelihood=likelihood,
            plot=plot,
        )
    except (FitBoxError, OSError) as error:
        typer.echo(f"fitbox eval: {error}", err=True)
        raise typer.Exit(EXIT_BAD_SETTING) from None
    if json:
        typer.echo(json_module.dumps(found))
    else:
        _show_evaluation(found)


def validate(
    data: Annotated[Path, typer.Option(help="folder of CSV files")] = Path("data"),
    models: Models = Path("models"),
    preset: Annotated[str, typer.Option(help="preset to validate")] = "cpu-quick",
    base_model: Annotated[str, typer.Option(help="base it would train")] = "smollm2-135m-instruct",
    check: Annotated[
        list[CheckName] | None, typer.Option(help="only this one; repeatable; all four if left out")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="timed steps of each improvement measured")] = 5,
    report: Annotated[Path, typer.Option(help="where the report goes")] = Path("validation_report.json"),
    json: AsJson = False,
) -> None:
    """Check data, QLoRA configuration and hyperparameters, and measure the improvements, on this machine.

    Builds the real model and takes real steps in child processes. Exit code 1 where anything failed.
    """
    from fitbox_trainer.run.presets import load_preset
    from fitbox_trainer.validator.command import validate_with_progress
    from fitbox_trainer.validator.run import Subject

    try:
        subject = Subject(data, models, load_preset(preset), base_model)
        found = validate_with_progress(subject, checks=check or tuple(CheckName), steps=steps, quiet=json)
        report.write_text(found.to_json(), encoding="utf-8")
    except (FitBoxError, OSError) as error:
        typer.echo(f"fitbox validate: {error}", err=True)
        raise typer.Exit(EXIT_BAD_SETTING) from None
    if json:
        typer.echo(json_module.dumps(json_module.loads(found.to_json())))
    else:
        typer.echo(f"report: {report}")
    if found.level is Level.FAIL:
        raise typer.Exit(EXIT_INVALID)


def gc(
    models: Annotated[Path | None, typer.Option(help="the registry")] = None,
    keep: Annotated[int | None, typer.Option(min=1, help="newest versions that stay")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
    json: AsJson = False,
) -> None:
    """Delete old versions, refused candidates, run folders and data that nothing needs any more.

    The active, pinned, previous and newest versions stay, with their datasets, and so does a version that a
    server has loaded. A running daemon does this itself after each run; limits are its settings
    FITBOX_TRAINER_RETENTION__VERSIONS, __REJECTED and __RUNS.
    """
    from fitbox_trainer.daemon.settings import TrainerSettings
    from fitbox_trainer.release.collect import collect_garbage

    try:
        settings = TrainerSettings() if models is None else TrainerSettings(models=models)
        if keep is not None:
            retention = settings.retention.model_copy(update={"versions": keep})
            settings = settings.model_copy(update={"retention": retention})
        found = collect_garbage(settings, dry_run=dry_run)
    except (FitBoxError, OSError) as error:
        typer.echo(f"fitbox gc: {error}", err=True)
        raise typer.Exit(EXIT_BAD_SETTING) from None
    if json:
        typer.echo(json_module.dumps(found.to_dict() | {"dry_run": dry_run}))
        return
    for removal in found.removed:
        typer.echo(f"{removal.size_bytes:>14,}  {removal.kind.value:<18}  {removal.path}")
    for removal in found.kept:
        typer.echo(f"        in use  {removal.kind.value:<18}  {removal.path}")
    for removal, problem in found.failed:
        typer.echo(f"        failed  {removal.kind.value:<18}  {problem}")
    verb = "would be deleted" if dry_run else "deleted"
    typer.echo(f"{found.size_bytes:>14,}  bytes in {len(found.removed)} places {verb}")


def _show_evaluation(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    first, arms = found["arm"], found["arms"]

    def gain(name: str) -> str:
        if name == first:
            return ""
        return "{mean:+.3f} [{low:+.3f}, {high:+.3f}]".format(**found["against"][name]["difference"])

    def errors(value: dict[str, float] | None) -> str:
        return "" if value is None else f"{value['median']:.1%} / {value['p95']:.1%}"

    table = Table("", *arms, title=f"{found['n']} plans for {found['members']} members", title_justify="left")
    rows: dict[str, Callable[[str, dict[str, Any]], str]] = {
        "quality": lambda _, arm: f"{arm['mean']:.3f}",
        f"{first} is better by": lambda name, _: gain(name),
        "parse rate": lambda _, arm: f"{arm['parse_rate']:.3f}",
        "can be fitted": lambda _, arm: f"{arm['feasible_rate']:.3f}",
        "violations": lambda _, arm: str(arm["violations"]),
        "  share of plans, 95 % bound": lambda _, arm: f"below {arm['violating_plans_upper_95']:.2%}",
        "kcal error as written, median / p95": lambda _, arm: errors(arm["raw_kcal_error"]),
        "kcal within 2 % after the solver": lambda _, arm: _figure(arm["kcal_within_tolerance"], ".1%"),
        "repetition": lambda _, arm: f"{arm['repetition']:.3f}",
        "variety": lambda _, arm: ", ".join(f"{task} {value:.2f}" for task, value in arm["variety"].items()),
        "tokens a plan": lambda _, arm: _figure(arm["tokens_per_plan"], ".0f"),
        "seconds a plan": lambda _, arm: _figure(arm["seconds_per_plan"], ".2f"),
        "held-out NLL a token": lambda _, arm: _figure(arm.get("nll"), ".4f"),
    }
    for title, cell in rows.items():
        table.add_row(title, *(cell(name, arm) for name, arm in arms.items()))
    Console().print(table)


def _figure(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


if __name__ == "__main__":  # what the daemon starts to prepare a base model
    app = typer.Typer()
    app.add_typer(model, name="model")
    app()
