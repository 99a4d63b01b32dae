"""Command-line options of every process that listens; the settings are ``ListenSettings``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Host = Annotated[str | None, typer.Option(help="address to listen on; loopback by default")]
TlsCertificate = Annotated[Path | None, typer.Option(help="PEM; read again when it changes")]
TlsKey = Annotated[Path | None, typer.Option(help="PEM")]
TlsClientCa = Annotated[Path | None, typer.Option(help="PEM; clients must show a certificate")]
TokensFile = Annotated[Path | None, typer.Option(help="made by `fitbox token create`")]
AllowPlaintext = Annotated[
    bool | None, typer.Option("--allow-plaintext", help="listen beyond this machine without TLS")
]
MetricsHost = Annotated[str | None, typer.Option(help="address of /metrics; loopback by default")]
MetricsPort = Annotated[int | None, typer.Option(help="port of /metrics; 0 takes a free one")]
