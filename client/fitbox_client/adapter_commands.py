"""``fitbox adapters``: which versions a server has, what is known about one, and which one serves."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fitbox_client.adapter_view import details_view
from fitbox_client.channel import ConnectionSettings
from fitbox_client.client import FitBoxClient
from fitbox_client.command_line import AsJson, Server, readable_errors, show_line
from fitbox_client.render import plain, to_json
from fitbox_client.types import AdapterList

adapters = typer.Typer(no_args_is_help=True, help="Adapter versions of a server.")

Reason = Annotated[str, typer.Option(help="kept beside the version, for whoever asks later")]


@adapters.command("list")
@readable_errors
def list_adapters(server: Server = ConnectionSettings.address, json: AsJson = False) -> None:
    """Published versions, newest first; the one that serves is marked."""
    with FitBoxClient(server) as client:
        listing = client.list_adapters()
    if json:
        show_line(to_json(listing))
        return
    table = Table(
        *("", "version", "state", "score", "created", "data"),
        title=plain(f"serving {listing.serving_version}"),
    )
    for item in listing.adapters:
        score = "" if item.evaluation_score is None else f"{item.evaluation_score:.3f}"
        created = item.created_at.isoformat(timespec="seconds") if item.created_at else ""
        marks = [
            "*" if item.version == listing.serving_version else "",
            "pinned" if item.pinned else "",
            "previous" if item.version == listing.active.previous_version else "",
        ]
        mark = " ".join(filter(None, marks))
        cells = (mark, item.version, item.state.lower(), score, created, item.dataset_digest[:12])
        table.add_row(*map(plain, cells))
    Console().print(table)
    if waiting := waiting_versions(listing):
        show_line(
            f"{listing.active.version} is pinned ({listing.active.reason}), so {', '.join(waiting)} "
            f"{'is' if len(waiting) == 1 else 'are'} published but not activated. "
            "`fitbox adapters unpin`, then `activate`, to change that."
        )


def waiting_versions(listing: AdapterList) -> tuple[str, ...]:
    """Versions newer than a pinned one, which a pin keeps from serving; newest first."""
    if not listing.active.pinned:
        return ()
    names = [item.version for item in listing.adapters]
    return tuple(names[: names.index(listing.active.version)]) if listing.active.version in names else ()


@adapters.command()
@readable_errors
def show(
    version: Annotated[str, typer.Argument(help="a version's name, or active")] = "active",
    server: Server = ConnectionSettings.address,
    json: AsJson = False,
) -> None:
    """Where a version comes from, what the gate and the evaluation found, and its files."""
    with FitBoxClient(server) as client:
        details = client.get_adapter(version)
    if json:
        show_line(to_json(details))
    else:
        Console().print(details_view(details))


@adapters.command()
@readable_errors
def activate(
    version: str,
    pin: Annotated[bool, typer.Option("--pin", help="keep it until it is unpinned")] = False,
    reason: Reason = "by hand",
    server: Server = ConnectionSettings.address,
    json: AsJson = False,
) -> None:
    """Switch a server to a version, or to base; returns once it serves."""
    with FitBoxClient(server) as client:
        adapter = client.activate_adapter(version, pin=pin, reason=reason)
    pinned = ", pinned" if adapter.pinned else ""
    show_line(to_json(adapter) if json else f"{adapter.version} serves{pinned}")


@adapters.command()
@readable_errors
def rollback(
    reason: Reason = "by hand",
    server: Server = ConnectionSettings.address,
    json: AsJson = False,
) -> None:
    """Switch a server back to the previous version; returns once it serves."""
    with FitBoxClient(server) as client:
        adapter = client.rollback_adapter(reason=reason)
    show_line(to_json(adapter) if json else f"{adapter.version} serves")


@adapters.command()
@readable_errors
def pin(
    version: Annotated[str, typer.Argument(help="the active version; named, nothing else is pinned")] = (
        "active"
    ),
    reason: Reason = "by hand",
    server: Server = ConnectionSettings.address,
    json: AsJson = False,
) -> None:
    """Keep the active version: what is trained from now on is published but not activated."""
    with FitBoxClient(server) as client:
        adapter = client.pin_adapter(version, reason=reason)
    show_line(to_json(adapter) if json else f"{adapter.version} is pinned")


@adapters.command()
@readable_errors
def unpin(
    reason: Reason = "by hand",
    server: Server = ConnectionSettings.address,
    json: AsJson = False,
) -> None:
    """Let other versions be activated again; changes nothing about which one serves now."""
    with FitBoxClient(server) as client:
        adapter = client.unpin_adapter(reason=reason)
    show_line(to_json(adapter) if json else f"{adapter.version} is not pinned any more")
