"""``fitbox``: one command, to which each installed part of FitBox adds its own sub-commands.

The wheel holds the code of every part, whatever was installed with it: whether a command can run is seen by
the packages that its extra asks for, before it does anything.
"""

from __future__ import annotations

import copy
import functools
import os
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points, requires
from typing import Any

import typer

from fitbox.terminal import printable

_EXTRAS = {"fitbox_server.cli": "server", "fitbox_trainer": "trainer"}
"""What a command needs, by the start of its module's name; the others need nothing beyond the client."""


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


def main() -> None:
    """Entry point of the console script."""
    try:
        build_app()()
    except OSError as error:  # what no command expects: a file of FitBox itself, the event loop
        typer.echo(f"fitbox: the operating system refused: {printable(str(error))}", err=True)
        sys.exit(os.EX_OSERR)


def _add_commands(app: typer.Typer, called: str, group: str) -> None:
    """Add what the entry points of ``group`` name; ``called`` is how a person calls ``app``."""
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        name = f"{called} {point.name}"
        try:
            command = point.load()
        except ImportError as error:
            _add_absent(app, name, point, error)
            continue
        if isinstance(command, typer.Typer):
            extended = _guarded(command, name, _extra(point))
            _add_commands(extended, name, f"{group}.{point.name}")
            app.add_typer(extended, name=point.name)
        else:
            app.command(point.name)(_needing(_extra(point), name, command))


def _extra(point: EntryPoint) -> str | None:
    return next((extra for start, extra in _EXTRAS.items() if point.module.startswith(start)), None)


def _add_absent(app: typer.Typer, called: str, point: EntryPoint, error: ImportError) -> None:
    """A command whose module cannot even be imported; it takes whatever arguments it is given."""

    @app.command(
        point.name,
        help="(not installed)",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
    def explain() -> None:
        raise _absent(called, _extra(point) or "server,trainer", str(error))


def _guarded(app: typer.Typer, called: str, extra: str | None) -> typer.Typer:
    """A copy of an application, for others may build one of the same commands, each of which looks for the
    extra first."""
    guarded = copy.copy(app)
    guarded.registered_commands = [copy.copy(command) for command in app.registered_commands]
    for command in guarded.registered_commands:
        if command.callback is not None:
            name = command.name or command.callback.__name__.replace("_", "-")
            command.callback = _needing(extra, f"{called} {name}", command.callback)
    return guarded


def _needing(extra: str | None, called: str, command: Callable[..., Any]) -> Callable[..., Any]:
    if extra is None:
        return command

    @functools.wraps(command)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if missing := _missing_packages(extra):
            raise _absent(called, extra, f"there is no {missing[0]}")
        return command(*args, **kwargs)

    return checked


def _missing_packages(extra: str) -> list[str]:
    """The distributions that an extra of FitBox asks for and that are not installed, those of engines aside:
    the worker of an engine that lacks its library says so."""
    engines = _asked_for_by("openvino") if extra == "server" else []
    return [name for name in _asked_for_by(extra) if name not in engines and not _installed(name)]


def _asked_for_by(extra: str) -> list[str]:
    lines = [line.replace("'", '"').partition(";") for line in requires("fitbox") or ()]
    return [_distribution_name(line) for line, _, condition in lines if f'extra == "{extra}"' in condition]


def _distribution_name(requirement: str) -> str:
    """``grpcio>=1.80`` -> ``grpcio``."""
    end = next((at for at, sign in enumerate(requirement) if sign in "=<>!~[( "), len(requirement))
    return requirement[:end]


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _absent(called: str, extra: str, reason: str) -> typer.Exit:
    typer.echo(f"{called} needs more: pip install 'fitbox[{extra}]' ({reason})", err=True)
    return typer.Exit(1)
