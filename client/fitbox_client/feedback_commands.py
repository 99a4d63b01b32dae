"""``fitbox feedback``: what became of replies, from a terminal or a script."""

from __future__ import annotations

import dataclasses
import json as json_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.feedback.events import FeedbackEvent, Reason, event_of
from fitbox.files import read_file
from fitbox_client.channel import ConnectionSettings
from fitbox_client.client import FitBoxClient
from fitbox_client.command_line import AsJson, Server, readable_errors, show_line
from fitbox_client.render import plain, to_json

feedback = typer.Typer(no_args_is_help=True, help="What became of replies.")

MAX_REPLY_BYTES = 1 << 22
"""Of a file with a whole reply."""


@feedback.command()
@readable_errors
def send(
    events: Annotated[
        list[str],
        typer.Argument(help="'accepted', 'swapped leg press for back squat', 'RPE 9 back squat', ..."),
    ],
    reply_id: Annotated[
        str, typer.Option(help="provenance.reply_id of the reply, or @FILE that holds it or the whole reply")
    ],
    reason: Annotated[
        str | None, typer.Option(help=f"of all of them: {', '.join(one.lower() for one in Reason)}")
    ] = None,
    day: Annotated[int | None, typer.Option(help="session or meal that they are about, from 1")] = None,
    server: Server = ConnectionSettings.address,
    json: AsJson = False,
) -> None:
    """Tell a server what somebody did with a reply. Acknowledged means on its disk."""
    found = [_event(text, reason, day) for text in events]
    with FitBoxClient(server) as client:
        taken = client.submit_feedback(_id(reply_id), found)
    if json:
        show_line(to_json(taken))
    else:
        show_line(f"{taken.accepted} taken, {taken.duplicates} had come before")


@feedback.command("list")
@readable_errors
def list_feedback(
    version: Annotated[str, typer.Option(help="one version alone")] = "",
    server: Server = ConnectionSettings.address,
    json: AsJson = False,
) -> None:
    """How much came back, by version."""
    with FitBoxClient(server) as client:
        found = client.list_feedback(version)
    if json:
        show_line(to_json(found))
        return
    kinds = sorted({kind for one in found for kind in one.counts})
    table = Table("version", *(kind.lower().replace("_", " ") for kind in kinds))
    for one in found:
        counts = (str(one.counts.get(kind, 0)) for kind in kinds)
        table.add_row(plain(one.adapter_version), *map(plain, counts))
    Console().print(table)


def _event(text: str, reason: str | None, day: int | None) -> FeedbackEvent:
    try:
        event = event_of(text)
    except ValueError as error:
        raise InvalidProfileError((FieldViolation(repr(text[:80]), str(error)),)) from None
    try:
        why = Reason(reason.upper()) if reason else None
    except ValueError:
        raise InvalidProfileError((FieldViolation("reason", f"one of {', '.join(Reason)}"),)) from None
    return dataclasses.replace(event, reason=why, day=day)


def _id(given: str) -> str:
    """The id itself, or what a file holds: the id, or a reply as ``fitbox recommend --json`` prints it."""
    if not given.startswith("@"):
        return given
    text = read_file(Path(given[1:]), max_bytes=MAX_REPLY_BYTES, links=True).decode(errors="replace").strip()
    try:
        values = json_module.loads(text)
        return str(values["provenance"]["reply_id"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return text
