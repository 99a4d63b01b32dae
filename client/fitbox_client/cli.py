"""``fitbox``: one command, to which each installed part of FitBox adds its own sub-commands."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

import typer

_EXTRA = {"fitbox_server": "server", "fitbox_trainer": "trainer"}


def build_app() -> typer.Typer:
    """The application with every sub-command of the entry-point group ``fitbox.commands``.

    An entry point names a Typer application or a plain function. One whose extra is not installed stays
    visible and says what to install. The group ``fitbox.commands.NAME`` adds functions to the application
    NAME, so that one part of FitBox can extend the commands of another without either importing the other.
    """
    app = typer.Typer(
        name="fitbox",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,  # a traceback must not print a member's profile
        help="Keeps a fitness-recommendation model fresh and serves it.",
    )
    _add_commands(app, "fitbox", "fitbox.commands")
    return app


def _add_commands(app: typer.Typer, called: str, group: str) -> None:
    """Add what the entry points of ``group`` name; ``called`` is how a person calls ``app``."""
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        try:
            command = point.load()
        except ImportError as error:
            app.command(point.name, help="(not installed)")(_missing(f"{called} {point.name}", point, error))
            continue
        if isinstance(command, typer.Typer):
            extended = copy.copy(command)  # others may build an application of the same commands
            extended.registered_commands = list(command.registered_commands)
            _add_commands(extended, f"{called} {point.name}", f"{group}.{point.name}")
            app.add_typer(extended, name=point.name)
        else:
            app.command(point.name)(command)


def main() -> None:
    """Entry point of the console script."""
    build_app()()


def _missing(called: str, point: EntryPoint, error: ImportError) -> Callable[[], None]:
    extra = _EXTRA.get(point.module.split(".")[0], "server,trainer")

    def explain() -> None:
        typer.echo(f"{called} needs more: pip install 'fitbox[{extra}]' ({error})", err=True)
        sys.exit(1)

    return explain
