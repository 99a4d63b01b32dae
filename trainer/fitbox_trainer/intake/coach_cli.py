"""``fitbox coach review``: a second person reads what coaches wrote before any model learns it."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Annotated

import typer

from fitbox.errors import FitBoxError

EXIT_REFUSED = 2

app = typer.Typer(no_args_is_help=True, help="What coaches wrote, before anybody learns it.")


@app.callback()
def coach() -> None:
    """What coaches wrote, before anybody learns it."""


@app.command()
def review(
    release: Annotated[
        list[str] | None, typer.Option(help="id of a sentence that suits the members shown; repeatable")
    ] = None,
    refuse: Annotated[
        list[str] | None, typer.Option(help="id of a sentence that nobody is to be told; repeatable")
    ] = None,
    reviewer: Annotated[
        str | None, typer.Option("--as", help="who decides; your login name if left out")
    ] = None,
    models: Annotated[Path, typer.Option(help="the registry")] = Path("models"),
    work: Annotated[
        Path | None, typer.Option(help="the trainer's folder; .work beside the registry if left out")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line instead of text")] = False,
) -> None:
    """List the sentences that wait, or release and refuse some of them.

    A release holds for members with just the restrictions shown beside the sentence, and needs another person
    than the one who dropped the file. Runs that begin afterwards learn from it (fitbox runs start).
    """
    from fitbox_trainer.daemon.settings import default_work_dir
    from fitbox_trainer.intake.waiting import decide, to_values, waiting

    store = work if work is not None else default_work_dir(models)
    by = reviewer or getpass.getuser()
    try:
        made = decide(store, release or [], release=True, by=by) if release else []
        made += decide(store, refuse or [], release=False, by=by) if refuse else []
        listed = [] if release or refuse else waiting(store)
    except (FitBoxError, OSError) as error:
        typer.echo(f"fitbox coach review: {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from None
    for decision in made:
        what = "released" if decision.released else "refused"
        if as_json:
            typer.echo(json.dumps({"id": decision.sentence.id, "decision": what, "by": decision.by}))
        else:
            typer.echo(f"{decision.sentence.id}  {what} by {decision.by}: {decision.sentence.text}")
    for one in listed:
        values = to_values(one)
        if as_json:
            typer.echo(json.dumps(values, ensure_ascii=False))
            continue
        typer.echo(f"{one.sentence.id}  {one.sentence.topic} ({one.sentence.language}), {one.texts} texts")
        typer.echo(f"    {one.sentence.text}")
        if one.unknown:
            typer.echo(f"    words outside the vocabulary: {', '.join(one.unknown)}")
        for suits in sorted(map(sorted, one.suits)):
            typer.echo(f"    for members with: {', '.join(suits) or 'no restriction'}")
        if one.dropped_by:
            typer.echo(f"    dropped by: {', '.join(sorted(one.dropped_by))}")
    if not made and not listed and not as_json:
        typer.echo("no sentence waits")
