"""The gRPC metrics, through a real server on the loopback interface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from fitbox.telemetry.grpc_metrics import GrpcMetricsInterceptor, GrpcServerMetrics, code_label

SERVICE = "test.Echo"


def identity(message: bytes) -> bytes:
    return message


async def unary(request: bytes, context: Any) -> bytes:
    if request == b"abort":
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no")
    if request == b"crash":
        raise ValueError("crash")
    if request == b"set":
        context.set_code(grpc.StatusCode.NOT_FOUND)
    if request == b"hang":
        await asyncio.Event().wait()
    return request


async def split(request: bytes, context: Any) -> AsyncIterator[bytes]:
    for byte in request:
        yield bytes([byte])


async def write(request: bytes, context: Any) -> None:
    for byte in request:
        await context.write(bytes([byte]))


async def join(requests: AsyncIterator[bytes], context: Any) -> bytes:
    return b"".join([part async for part in requests])


async def echo(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
    async for part in requests:
        yield part


@pytest.fixture
async def served() -> AsyncIterator[tuple[grpc.aio.Channel, CollectorRegistry]]:
    """A channel to a server with one method of each shape, and the registry that it reports to."""
    registry = CollectorRegistry()
    server = grpc.aio.server(interceptors=[GrpcMetricsInterceptor(GrpcServerMetrics(registry))])
    handlers = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary, identity, identity),
        "Split": grpc.unary_stream_rpc_method_handler(split, identity, identity),
        "Write": grpc.unary_stream_rpc_method_handler(write, identity, identity),
        "Join": grpc.stream_unary_rpc_method_handler(join, identity, identity),
        "Echo": grpc.stream_stream_rpc_method_handler(echo, identity, identity),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel, registry
    await server.stop(None)


def value(registry: CollectorRegistry, name: str, kind: str, method: str, **labels: str) -> float:
    found = registry.get_sample_value(
        name, {"grpc_type": kind, "grpc_service": SERVICE, "grpc_method": method, **labels}
    )
    return found or 0.0


async def ended(registry: CollectorRegistry, kind: str, method: str) -> None:
    """Returns when a call was accounted for; gRPC may tell the client of its end a little earlier."""
    while not value(registry, "grpc_server_handling_seconds_count", kind, method):  # noqa: ASYNC110
        await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    ("request_", "code"),
    [(b"ok", "OK"), (b"abort", "InvalidArgument"), (b"crash", "Unknown"), (b"set", "NotFound")],
)
async def test_a_unary_call_is_counted_under_the_code_that_the_client_sees(
    served: tuple[grpc.aio.Channel, CollectorRegistry], request_: bytes, code: str
) -> None:
    """Whether a code was returned, aborted with, set, or came from an unexpected exception."""
    channel, registry = served
    try:
        await channel.unary_unary(f"/{SERVICE}/Unary")(request_)
        seen = "OK"
    except grpc.aio.AioRpcError as error:
        seen = code_label(error.code().name)
    assert seen == code
    await ended(registry, "unary", "Unary")
    assert value(registry, "grpc_server_started_total", "unary", "Unary") == 1
    assert value(registry, "grpc_server_handled_total", "unary", "Unary", grpc_code=code) == 1
    assert value(registry, "grpc_server_handling_seconds_count", "unary", "Unary") == 1


async def test_a_deadline_that_passes_is_not_counted_as_a_cancellation(
    served: tuple[grpc.aio.Channel, CollectorRegistry],
) -> None:
    """The runtime cancels the handler in both cases; the time that is left tells them apart."""
    channel, registry = served
    with pytest.raises(grpc.aio.AioRpcError):
        await channel.unary_unary(f"/{SERVICE}/Unary")(b"hang", timeout=0.05)
    await ended(registry, "unary", "Unary")
    assert value(registry, "grpc_server_handled_total", "unary", "Unary", grpc_code="DeadlineExceeded") == 1


async def test_messages_of_streams_are_counted_in_both_directions(
    served: tuple[grpc.aio.Channel, CollectorRegistry],
) -> None:
    """For handlers that yield, that write to their context, and that read a stream."""
    channel, registry = served

    async def parts() -> AsyncIterator[bytes]:
        for part in (b"a", b"b", b"c"):
            yield part

    for method in ("Split", "Write"):
        assert [part async for part in channel.unary_stream(f"/{SERVICE}/{method}")(b"xyz")] == [
            b"x",
            b"y",
            b"z",
        ]
        assert value(registry, "grpc_server_msg_received_total", "server_stream", method) == 1
        assert value(registry, "grpc_server_msg_sent_total", "server_stream", method) == 3
    assert await channel.stream_unary(f"/{SERVICE}/Join")(parts()) == b"abc"
    assert value(registry, "grpc_server_msg_received_total", "client_stream", "Join") == 3
    assert [part async for part in channel.stream_stream(f"/{SERVICE}/Echo")(parts())] == [b"a", b"b", b"c"]
    assert value(registry, "grpc_server_msg_sent_total", "bidi_stream", "Echo") == 3


def test_every_code_of_every_method_has_a_zero_from_the_start() -> None:
    """A series that begins with a burst of errors shows no rate of them."""
    registry = CollectorRegistry()
    GrpcServerMetrics(registry).expect([health_pb2.DESCRIPTOR])
    for kind, method in (("unary", "Check"), ("server_stream", "Watch")):
        labels = {"grpc_type": kind, "grpc_service": "grpc.health.v1.Health", "grpc_method": method}
        for code in grpc.StatusCode:
            handled = {**labels, "grpc_code": code_label(code.name)}
            assert registry.get_sample_value("grpc_server_handled_total", handled) == 0
        assert registry.get_sample_value("grpc_server_handling_seconds_count", labels) == 0


async def test_the_text_is_what_a_prometheus_parser_accepts(
    served: tuple[grpc.aio.Channel, CollectorRegistry],
) -> None:
    """The five families appear under their common names."""
    channel, registry = served
    await channel.unary_unary(f"/{SERVICE}/Unary")(b"ok")
    names = {family.name for family in text_string_to_metric_families(generate_latest(registry).decode())}
    assert names >= {
        "grpc_server_started",
        "grpc_server_handled",
        "grpc_server_msg_received",
        "grpc_server_msg_sent",
        "grpc_server_handling_seconds",
    }
