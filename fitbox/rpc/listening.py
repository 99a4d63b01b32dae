"""Where a server listens, with what limits, and whom it lets in."""

from __future__ import annotations

import logging
import resource
from pathlib import Path

import grpc
import grpc.aio
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from fitbox.errors import ConfigurationError
from fitbox.rpc.address import endpoint, is_loopback
from fitbox.rpc.auth import AuthInterceptor
from fitbox.rpc.limits import CallLimits
from fitbox.rpc.tls import TlsFiles, server_credentials
from fitbox.rpc.tokens import TokenFile

_log = logging.getLogger(__name__)
_KEPT_DESCRIPTORS = 128
"""At least; of a small limit rather than none at all."""


class ListenSettings(BaseSettings):
    """Settings that every gRPC server of FitBox has."""

    model_config = SettingsConfigDict(env_prefix="FITBOX_", frozen=True)

    host: str = "127.0.0.1"
    """Address to listen on; only this machine can connect unless it is changed."""
    port: int = Field(default=0, ge=0, le=65535)
    """Port of the API; 0 takes a free one."""
    allow_plaintext: bool = False
    """Listen beyond this machine without TLS: where something else encrypts, or in a private network."""
    tls_certificate: Path | None = None
    """PEM, with intermediate certificates; read again when it changes. Needs ``tls_key``."""
    tls_key: Path | None = None
    """PEM, without a passphrase."""
    tls_client_ca: Path | None = None
    """PEM; clients must show a certificate of one of these authorities (mutual TLS)."""
    tokens_file: Path | None = None
    """Bearer tokens (``fitbox token create``); unset, whoever can connect may call everything."""

    max_message_bytes: int = Field(default=1 << 20, ge=1024)
    """Largest message either way; a profile takes some hundred bytes, a reply some thousand."""
    max_metadata_bytes: int = Field(default=8192, ge=1024)
    """Largest metadata of a call."""
    max_connections: int = Field(default=4096, ge=1)
    """Connections open at a time, and never more than the process's descriptors allow; further ones are
    closed at once."""
    max_connection_idle_seconds: float = Field(default=900.0, gt=0)
    """A connection without a call is asked to go after this; its client comes back with the next call."""
    max_calls: int = Field(default=CallLimits.calls, ge=1)
    """Calls open at a time over all connections; beyond it they are refused with OVERLOADED, and so is what
    one connection opens beyond half of what the others leave."""
    max_streams: int = Field(default=CallLimits.streams, ge=1)
    """Of those, watches and streams of requests, which may stay open with nothing to do; one caller has half
    of what the others leave."""
    max_streams_per_connection: int = Field(default=CallLimits.streams_per_connection, ge=1)
    """The same on one connection."""
    max_request_seconds: float = Field(default=CallLimits.request_seconds, gt=0)
    """How long a call's request may take to come after its headers."""
    max_write_seconds: float = Field(default=CallLimits.write_seconds, gt=0)
    """How long a client may take to accept one message; a call whose client reads nothing is dropped."""
    max_call_seconds: float = Field(default=CallLimits.call_seconds, gt=0)
    """Longest life of a call, whatever its deadline."""
    max_stream_seconds: float = Field(default=CallLimits.stream_seconds, gt=0)
    """Longest life of a watch or a stream of requests, which may be opened again."""
    max_concurrent_streams: int = Field(default=4096, ge=1)
    """HTTP/2's own limit of a connection, above what ``max_calls`` lets it have: where a client reaches it,
    gRPC resets streams, which looks like a broken connection and says nothing."""
    max_pending_calls: int = Field(default=8192, ge=1)
    """Calls that arrived and were not looked at yet, over all connections; one takes less than 40 KB.

    Beyond it gRPC itself refuses, with CANCELLED and nothing said. A front that falls a few seconds behind
    reaches gRPC's own limit, 1,000, and what to say then is admission's to decide.
    """
    max_connection_age_seconds: float = Field(default=3600.0, gt=0)
    """A connection is asked to go after this, give or take a tenth, so that clients spread over servers."""
    connection_grace_seconds: float = Field(default=3600.0, gt=0)
    """Its calls may still take this long; a watch that outlives it ends and is begun again."""
    min_ping_seconds: float = Field(default=20.0, ge=0)
    """Clients that ask for a sign of life more often are cut off; ours do so each minute, in calls only."""

    def call_limits(self) -> CallLimits:
        """The limits that are held for each call."""
        return CallLimits(
            calls=self.max_calls,
            streams=self.max_streams,
            streams_per_connection=self.max_streams_per_connection,
            request_seconds=self.max_request_seconds,
            write_seconds=self.max_write_seconds,
            call_seconds=self.max_call_seconds,
            stream_seconds=self.max_stream_seconds,
            message_bytes=self.max_message_bytes,
        )

    def tls_files(self) -> TlsFiles | None:
        """The TLS files, or ``None`` for plaintext. Raises ConfigurationError for half of a pair."""
        if self.tls_certificate is not None and self.tls_key is not None:
            return TlsFiles(self.tls_certificate, self.tls_key, self.tls_client_ca)
        if self.tls_certificate or self.tls_key or self.tls_client_ca:
            raise ConfigurationError("TLS needs both tls_certificate and tls_key")
        return None


def server_options(settings: ListenSettings) -> list[tuple[str, int]]:
    """Channel arguments of the limits."""

    def milliseconds(seconds: float) -> int:
        return min(round(seconds * 1000), 2**31 - 1)

    return [
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        # Over the first, gRPC refuses some calls at random, and all over the second: one sharp limit.
        ("grpc.max_metadata_size", settings.max_metadata_bytes),
        ("grpc.absolute_max_metadata_size", settings.max_metadata_bytes),
        ("grpc.max_concurrent_streams", settings.max_concurrent_streams),
        # As with metadata, the first is where chance begins.
        ("grpc.server.max_pending_requests", settings.max_pending_calls),
        ("grpc.server.max_pending_requests_hard_limit", settings.max_pending_calls),
        ("grpc.max_allowed_incoming_connections", connection_limit(settings.max_connections)),
        ("grpc.max_connection_idle_ms", milliseconds(settings.max_connection_idle_seconds)),
        # Who connects and says nothing.
        ("grpc.server_handshake_timeout_ms", 10_000),
        ("grpc.max_connection_age_ms", milliseconds(settings.max_connection_age_seconds)),
        ("grpc.max_connection_age_grace_ms", milliseconds(settings.connection_grace_seconds)),
        ("grpc.http2.min_ping_interval_without_data_ms", milliseconds(settings.min_ping_seconds)),
        ("grpc.http2.max_ping_strikes", 2),
        # A client that vanished without a word is found out, and its watches and calls end.
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        # Two servers on one port would share its calls at random.
        ("grpc.so_reuseport", 0),
    ]


def auth_interceptors(settings: ListenSettings) -> list[grpc.aio.ServerInterceptor]:
    """The interceptor that asks for tokens, where there is a token file. Raises ConfigurationError."""
    return [AuthInterceptor(TokenFile(settings.tokens_file))] if settings.tokens_file is not None else []


def open_port(server: grpc.aio.Server, settings: ListenSettings) -> int:
    """Bind ``settings.host`` with TLS or without; returns the port.

    Raises:
        ConfigurationError: the address is taken, the TLS files cannot be used, or plaintext was to leave this
            machine without having been allowed to.
    """
    host, files = settings.host, settings.tls_files()
    beyond = not is_loopback(host)
    if beyond and files is None and not settings.allow_plaintext:
        raise ConfigurationError(
            f"listening on {host} without TLS would show members' data to the network: set tls_certificate "
            "and tls_key, or allow_plaintext where something else encrypts"
        )
    if beyond and settings.tokens_file is None and settings.tls_client_ca is None:
        _log.warning("whoever reaches %s may call everything; set tokens_file or tls_client_ca", host)
    address = endpoint(host, settings.port)
    try:
        if files is not None:
            return server.add_secure_port(address, server_credentials(files))
        return server.add_insecure_port(address)
    except RuntimeError as error:
        raise ConfigurationError(f"cannot listen on {address}; is another server running there?") from error


def connection_limit(wanted: int) -> int:
    """``wanted``, or as many as leave the process descriptors for its files and workers.

    Without it, whoever opens connections decides when a worker can no longer be started.
    """
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return wanted
    return max(1, min(wanted, allowed - max(_KEPT_DESCRIPTORS, allowed // 8)))
