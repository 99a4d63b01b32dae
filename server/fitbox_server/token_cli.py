"""``fitbox token``: makes and revokes the bearer tokens of a server or a training daemon."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fitbox.errors import ConfigurationError
from fitbox.rpc import tokens
from fitbox.rpc.scopes import Scope

token = typer.Typer(no_args_is_help=True, help="Bearer tokens of a server or a training daemon.")

File = Annotated[
    Path, typer.Option("--file", envvar="FITBOX_TOKENS_FILE", help="the file that the server is started with")
]
Name = Annotated[str, typer.Argument(help="who will use it")]


@token.command()
def create(
    name: Name,
    scope: Annotated[list[Scope], typer.Option(help="what it may do; may be repeated")],
    file: File = Path("tokens.txt"),
) -> None:
    """Print a new token, once: the file keeps only a hash of it."""
    try:
        made = tokens.create(file, name, frozenset(scope))
    except ConfigurationError as error:
        raise _failure(error) from None
    typer.echo(made)
    typer.echo(f"{name} may {', '.join(sorted(scope))}; servers with {file} know it from now on", err=True)


@token.command("list")
def list_tokens(file: File = Path("tokens.txt")) -> None:
    """Names and scopes."""
    try:
        for grant in tokens.TokenFile(file).grants():
            typer.echo(f"{grant.name}\t{','.join(sorted(grant.scopes))}")
    except ConfigurationError as error:
        raise _failure(error) from None


@token.command()
def revoke(name: Name, file: File = Path("tokens.txt")) -> None:
    """Make a token worthless; servers refuse it from their next call on."""
    try:
        tokens.revoke(file, name)
    except ConfigurationError as error:
        raise _failure(error) from None


def _failure(error: ConfigurationError) -> typer.Exit:
    typer.echo(f"fitbox token: {error}", err=True)
    return typer.Exit(2)
