"""What the client's commands share: where a server is, and errors a person can act on."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Annotated, ParamSpec, TypeVar

import typer

from fitbox.errors import ConfigurationError, InvalidProfileError, UnusableFileError
from fitbox.terminal import printable
from fitbox_client.errors import FitBoxClientError, InvalidRequestError, NoPlanError, ReferralError

P = ParamSpec("P")
R = TypeVar("R")

Server = Annotated[str, typer.Option(help="host:port of the server", envvar="FITBOX_SERVER")]
Daemon = Annotated[str, typer.Option(help="host:port of the training daemon", envvar="FITBOX_DAEMON")]
AsJson = Annotated[bool, typer.Option("--json", help="one line of JSON instead of text")]
EXIT_BAD_INPUT, EXIT_SERVER = 2, 3


def show_line(text: str, *, err: bool = False) -> None:
    """Print what may come from a server, which must not control the terminal."""
    typer.echo(printable(text), err=err)


def readable_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Show an error in words a person can act on: exit code 2 for bad input, 3 for the server's side."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except InvalidProfileError as error:
            lines, code = [f"{v.field}: {v.description}" for v in error.violations], EXIT_BAD_INPUT
        except InvalidRequestError as error:
            lines, code = [f"{v.field}: {v.description}" for v in error.violations], EXIT_BAD_INPUT
            lines = lines or [str(error)]
        except (ConfigurationError, UnusableFileError) as error:
            lines, code = [str(error)], EXIT_BAD_INPUT
        except ReferralError as error:
            lines, code = [error.message, f"see: {error.refer_to} ({error.reason})"], EXIT_SERVER
        except NoPlanError as error:
            lines, code = [str(error), f"what to relax: {', '.join(error.relax) or 'nothing'}"], EXIT_SERVER
        except FitBoxClientError as error:
            lines, code = [str(error), f"what to do: {error.what_to_do}"], EXIT_SERVER
        for line in lines:
            show_line(f"fitbox: {line}", err=True)
        raise typer.Exit(code)

    return wrapper
