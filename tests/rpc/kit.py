"""The server kit around behaviours of a test's own, whose messages are bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
from fitbox_client.errors import FitBoxClientError, from_rpc_error
from grpc_health.v1 import health_pb2_grpc
from prometheus_client import CollectorRegistry

from fitbox.rpc.listening import ListenSettings
from fitbox.rpc.server import RpcServer

SERVICE = "fitbox.v1.TestService"
READINESS = "fitbox.v1.RecommendationService"


def decode(raw: bytes) -> bytes:
    """A message that cannot be read begins with an exclamation mark."""
    if raw.startswith(b"!"):
        raise ValueError("secret of the decoder")
    return raw


def encode(message: bytes) -> bytes:
    """As it is."""
    return message


@dataclass
class Kit:
    """A server that runs, and a channel to it."""

    server: RpcServer
    port: int
    channel: grpc.aio.Channel
    registry: CollectorRegistry

    def unary(self, method: str) -> Any:
        """Call a method with one response; its requests may be a stream all the same, as on the wire."""
        return self.channel.unary_unary(f"/{SERVICE}/{method}")

    def stream(self, method: str) -> Any:
        """Call a method with several responses."""
        return self.channel.unary_stream(f"/{SERVICE}/{method}")

    def sending(self, method: str) -> Any:
        """Call a method, unary or not, with a stream of requests."""
        return self.channel.stream_unary(f"/{SERVICE}/{method}")

    @property
    def health(self) -> Any:
        """The health service."""
        return health_pb2_grpc.HealthStub(self.channel)


@asynccontextmanager
async def served(
    *,
    unary: Mapping[str, Any] = {},
    stream: Mapping[str, Any] = {},
    batch: Mapping[str, Any] = {},
    **limits: Any,
) -> AsyncIterator[Kit]:
    """Serves behaviours by name while the body runs; ``limits`` are settings."""
    registry = CollectorRegistry()
    settings = ListenSettings(**limits)
    server = RpcServer(settings, registry, readiness=READINESS)
    handlers = {
        **{name: grpc.unary_unary_rpc_method_handler(b, decode, encode) for name, b in unary.items()},
        **{name: grpc.unary_stream_rpc_method_handler(b, decode, encode) for name, b in stream.items()},
        **{name: grpc.stream_stream_rpc_method_handler(b, decode, encode) for name, b in batch.items()},
    }
    server.grpc.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.open([])
    await server.start()
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options) as channel:
            yield Kit(server, port, channel, registry)
    finally:
        await server.stop(None)


async def refused(call: Any) -> FitBoxClientError:
    """The typed error that a call, or a stream that is read to its end, ends with."""
    try:
        if hasattr(call, "__aiter__"):
            async for _ in call:
                pass
        else:
            await call
    except grpc.aio.AioRpcError as error:
        return from_rpc_error(error)
    raise AssertionError("the call ended well")
