"""``fitbox``: one command, to which each installed part of FitBox adds its own sub-commands."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

import typer

_EXTRA = {"fitbox_server": "server", "fitbox_trainer": "trainer"}


def build_app() -> typer.Typer:
    """The application with every sub-command of the entry-point group ``fitbox.commands``.

    An entry point names a Typer application or a plain function. One whose extra is not installed stays
    visible and says what to install.
    """
    app = typer.Typer(
        name="fitbox",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,  # a traceback must not print a member's profile
        help="Keeps a fitness-recommendation model fresh and serves it.",
    )
    for point in sorted(entry_points(group="fitbox.commands"), key=lambda point: point.name):
        try:
            command = point.load()
        except ImportError as error:
            app.command(point.name, help="(not installed)")(_missing(point, error))
            continue
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=point.name)
        else:
            app.command(point.name)(command)
    return app


def main() -> None:
    """Entry point of the console script."""
    build_app()()


def _missing(point: EntryPoint, error: ImportError) -> Callable[[], None]:
    extra = _EXTRA.get(point.module.split(".")[0], "server,trainer")

    def explain() -> None:
        typer.echo(f"fitbox {point.name} needs more: pip install 'fitbox[{extra}]' ({error})", err=True)
        sys.exit(1)

    return explain
