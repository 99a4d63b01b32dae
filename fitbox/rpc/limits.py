"""What one call, one connection and all of them together may take of a server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CallLimits:
    """Bounds that :class:`fitbox.rpc.calls.CallInterceptor` holds; set through ``ListenSettings``."""

    calls: int = 4096
    """Calls open at a time over all connections; one connection has half of what the others leave."""
    streams: int = 2048
    """Of those, watches and streams of requests, which may stay open with nothing to do."""
    streams_per_connection: int = 32
    request_seconds: float = 30.0
    """From a call's headers to its request."""
    write_seconds: float = 10.0
    """For a client to take one message."""
    call_seconds: float = 600.0
    """From the request to the reply's last message."""
    stream_seconds: float = 7200.0
    """The same for watches and streams of requests."""
    message_bytes: int = 1 << 20
    """Largest reply."""


DEFAULT_LIMITS = CallLimits()
