"""``fitbox serve``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import click
import typer

from fitbox.engine.choice import choices
from fitbox.rpc import options


class LogLevelName(StrEnum):
    """From which level on lines are logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormatName(StrEnum):
    """How log lines look."""

    JSON = "json"
    CONSOLE = "console"


def serve(
    models: Annotated[Path | None, typer.Option(help="the registry's folder")] = None,
    model: Annotated[str | None, typer.Option(help="name of the base model in models/base/")] = None,
    engine: Annotated[
        str | None, typer.Option(help="auto takes what can run here", click_type=click.Choice(choices()))
    ] = None,
    engine_option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE for the engine; may be repeated")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="of the version that serves; 0: one a GPU")] = None,
    host: options.Host = None,
    port: Annotated[int | None, typer.Option(help="0 takes a free one")] = None,
    tls_certificate: options.TlsCertificate = None,
    tls_key: options.TlsKey = None,
    tls_client_ca: options.TlsClientCa = None,
    tokens_file: options.TokensFile = None,
    allow_plaintext: options.AllowPlaintext = None,
    metrics_host: options.MetricsHost = None,
    metrics_port: options.MetricsPort = None,
    no_adapter: Annotated[bool, typer.Option("--no-adapter", help="serve the base model alone")] = False,
    feedback: Annotated[Path | None, typer.Option(help="where feedback on replies goes")] = None,
    no_feedback: Annotated[bool, typer.Option("--no-feedback", help="take no feedback")] = False,
    log_format: Annotated[LogFormatName, typer.Option()] = LogFormatName.JSON,
    log_level: Annotated[LogLevelName, typer.Option()] = LogLevelName.INFO,
    json: Annotated[bool, typer.Option("--json", help="print the ready line as JSON")] = False,
) -> None:
    """Serve recommendations over gRPC. Every setting may also be given as FITBOX_<NAME>."""
    # Imported here: the other commands should not wait for what only this one needs.
    import asyncio
    import dataclasses
    import gc
    import json as json_module
    import logging
    import signal
    import sys

    from prometheus_client import disable_created_metrics
    from pydantic import ValidationError

    from fitbox.errors import FitBoxError
    from fitbox_server.app import Ready
    from fitbox_server.app import serve as serve_app
    from fitbox_server.logs import LogFormat, configure
    from fitbox_server.settings import Settings

    given = {
        "models": models,
        "model": model,
        "engine": engine,
        "engine_options": dict(option.partition("=")[::2] for option in engine_option or []) or None,
        "workers": workers,
        "host": host,
        "port": port,
        "tls_certificate": tls_certificate,
        "tls_key": tls_key,
        "tls_client_ca": tls_client_ca,
        "tokens_file": tokens_file,
        "allow_plaintext": allow_plaintext,
        "metrics_host": metrics_host,
        "metrics_port": metrics_port,
        "use_adapter": False if no_adapter else None,
        "feedback": feedback,
        "take_feedback": False if no_feedback else None,
    }
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        for problem in error.errors():
            typer.echo(f"fitbox serve: {'.'.join(map(str, problem['loc']))}: {problem['msg']}", err=True)
        raise typer.Exit(2) from None
    configure(LogFormat(log_format.value), logging.getLevelNamesMapping()[log_level.value.upper()])
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the second series of every counter

    # Threads hash files and answer scrapes. A loop that has slept while one of them ran waits for the
    # interpreter lock so long, 5 ms by default, with every reply.
    sys.setswitchinterval(0.0005)

    def announce(ready: Ready) -> None:
        # What is loaded by now stays. A full collection that looks at it again stops every reply for 60 ms.
        gc.collect()
        gc.freeze()
        line = (
            json_module.dumps({"ready": True, **dataclasses.asdict(ready)})
            if json
            else f"serving {ready.version} on {ready.address} ({ready.engine}: {ready.engine_reason}), "
            f"metrics on {ready.metrics}"
        )
        typer.echo(line)  # flushes, so that whoever waits for it on a pipe sees it now

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve_app(settings, stop, on_ready=announce)

    try:
        asyncio.run(run())
    except (
        FitBoxError,
        OSError,
    ) as error:  # the world refuses a start: one line says what, and of which file
        typer.echo(f"fitbox serve: {error}", err=True)
        raise typer.Exit(1) from None
