"""Everything that a caller decides the size or number of has a bound, and a clear refusal."""

from __future__ import annotations

import asyncio
import socket
import urllib.request
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import grpc.aio
import pytest
from fitbox_client.errors import ServerOverloadedError
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter

from fitbox.errors import FieldViolation, InvalidProfileError, RunNotFoundError
from fitbox.rpc.error_table import from_error
from fitbox.rpc.listening import ListenSettings, connection_limit, server_options
from fitbox.rpc.rooms import Room, SlowReaders
from fitbox.rpc.status import ErrorStatus, RefusedError, cut
from fitbox.telemetry import metrics_server
from fitbox.telemetry.metrics_server import MetricsServer
from tests.examples import examples
from tests.rpc.kit import Kit, refused, served

CLIENTS_LIMIT = 8192
"""Bytes of metadata that gRPC's clients accept; beyond it they only say that there was too much."""


def trailer_bytes(status: ErrorStatus) -> int:
    """What a status takes on the wire: details in base64, the message percent-encoded, 32 bytes an entry."""
    message = sum(1 if 0x20 <= byte < 0x7F and byte != 0x25 else 3 for byte in status.text.encode())
    values = [len(value) * 4 // 3 + 4 for _, value in status.trailers()]
    return message + sum(values) + 32 * 4 + 100


@pytest.mark.parametrize("count", [33, 1000, 100_000])
def test_of_many_violations_the_first_are_told(count: int) -> None:
    """With how many there are; nobody could receive all of them."""
    error = InvalidProfileError(
        tuple(FieldViolation(f"profile.conditions[{n}]", "must be set: " + "X, " * 50) for n in range(count))
    )
    assert len(str(error)) < 10_000
    status = from_error(error)
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in status.details().details)
    assert 1 <= len(bad.field_violations) <= 32
    info = error_details_pb2.ErrorInfo()
    assert status.details().details[0].Unpack(info)
    assert info.metadata["violations"] == str(count)
    assert trailer_bytes(status) < CLIENTS_LIMIT


@examples(40)
@given(
    message=st.text(min_size=0, max_size=2000),
    values=st.dictionaries(st.text(max_size=200), st.text(max_size=1000), max_size=20),
    violations=st.lists(st.tuples(st.text(max_size=600), st.text(max_size=600)), max_size=40),
)
def test_no_status_is_too_large_for_a_client(
    message: str, values: dict[str, str], violations: list[tuple[str, str]]
) -> None:
    """Whatever texts go into it."""
    named = tuple(FieldViolation(*pair) for pair in violations)
    status = ErrorStatus(grpc.StatusCode.INVALID_ARGUMENT, "REASON", message, values, named, 1e12)
    assert trailer_bytes(status) < CLIENTS_LIMIT
    assert status.details().message == status.text


def test_what_was_sent_is_echoed_cut() -> None:
    """A run_id of a megabyte is not sent back."""
    assert len(from_error(RunNotFoundError("no run " + "\U0001f600" * 1_000_000)).text.encode()) <= 512
    assert cut("x" * 300) == "x" * 253 + "…"


async def test_a_long_echo_reaches_the_client_with_its_reason() -> None:
    """And not as a complaint about metadata."""

    async def find(request: bytes, context: Any) -> bytes:
        raise RunNotFoundError(f"no run {request.decode()}")

    async with served(unary={"Find": find}) as kit:
        error = await refused(kit.unary("Find")(b"\xc3\xa9" * 400_000))
    assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "RUN_NOT_FOUND")


async def wait(request: bytes, context: Any) -> bytes:
    """Never answers."""
    await asyncio.Event().wait()
    return request


async def echo(request: bytes, context: Any) -> bytes:
    """Answers at once."""
    return request


async def held(kit: Kit, method: str, count: int) -> list[Any]:
    """Calls that are open on the server."""
    calls = [kit.unary(method)(b"x") for _ in range(count)]
    waiting = [asyncio.ensure_future(call) for call in calls]
    while len(kit.server.calls.places) < count:  # noqa: ASYNC110 - nothing announces it
        await asyncio.sleep(0.002)
    return waiting


async def test_a_call_too_many_is_refused_with_a_pause_and_a_place_is_given_back() -> None:
    """As overload, which every client knows, and never by a reset stream."""
    async with served(unary={"Wait": wait, "Echo": echo}, max_calls=20) as kit:
        waiting = await held(kit, "Wait", 16)
        error = await refused(kit.unary("Echo")(b"x"))
        assert isinstance(error, ServerOverloadedError)
        assert (error.reason, error.retry_after_seconds) == ("OVERLOADED", 1.0)
        for call in waiting:
            call.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        while len(kit.server.calls.places):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        assert await kit.unary("Echo")(b"x") == b"x"


@pytest.mark.slow
async def test_hundreds_of_calls_at_once_on_one_connection_are_all_answered() -> None:
    """More than HTTP/2's usual hundred, and than the 256 that a connection once had."""
    async with served(unary={"Echo": echo}) as kit:
        await kit.unary("Echo")(b"warm")
        replies = await asyncio.gather(*(kit.unary("Echo")(b"%d" % n) for n in range(1500)))
    assert replies == [b"%d" % n for n in range(1500)]


@pytest.mark.slow
async def test_a_burst_beyond_every_limit_is_answered_or_refused_in_words() -> None:
    """UNAVAILABLE would look like a broken connection."""
    async with served(unary={"Echo": echo}, max_calls=40) as kit:
        calls = [kit.unary("Echo")(b"x") for _ in range(1000)]
        codes = {await call.code() for call in calls}
    assert codes <= {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}


def test_http2s_own_limit_lies_above_ours() -> None:
    """Below it, gRPC would reset streams before anybody can say why."""
    settings = ListenSettings()
    options = dict(server_options(settings))
    assert options["grpc.max_concurrent_streams"] >= settings.max_calls
    assert options["grpc.server.max_pending_requests"] >= settings.max_calls


def test_one_that_takes_all_leaves_half_and_the_next_half_of_that() -> None:
    """So a connection that opens everything shuts nobody out."""
    room = Room(64, "calls")
    for who, share in (("first", 32), ("second", 16), ("third", 16)):
        for _ in range(share):
            room.enter(who)
        with pytest.raises(RefusedError, match="too many calls"):
            room.enter(who)
    room.leave("first")
    room.enter("fourth")
    assert len(room) == 64


async def watch(request: bytes, context: Any) -> AsyncIterator[bytes]:
    """One message, then nothing."""
    yield b"first"
    await asyncio.Event().wait()


async def test_watches_of_a_connection_are_counted() -> None:
    """Those of health too, which ask for no token."""
    request = health_pb2.HealthCheckRequest()
    async with served(stream={"WatchIt": watch}, max_streams_per_connection=3) as kit:
        open_ = [kit.health.Watch(request) for _ in range(2)]
        open_.append(kit.stream("WatchIt")(b""))
        for call in open_:
            await call.read()
        for extra in (kit.health.Watch(request), kit.stream("WatchIt")(b"")):
            error = await refused(extra)
            assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
        open_[0].cancel()
        while len(kit.server.calls.streams) > 2:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        assert await kit.health.Watch(request).read() is not None


async def test_watches_of_a_caller_are_counted_over_its_connections() -> None:
    """Half of them are left to others."""
    request = health_pb2.HealthCheckRequest()
    async with served(max_streams=40) as kit:
        open_ = [kit.health.Watch(request) for _ in range(20)]
        for call in open_:
            await call.read()
        assert (await refused(kit.health.Watch(request))).reason == "OVERLOADED"


async def test_a_call_whose_request_never_comes_ends() -> None:
    """It holds a place, but not for long."""

    async def never() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async with served(unary={"Echo": echo}, max_request_seconds=0.05) as kit:
        error = await refused(kit.sending("Echo")(never()))
        assert (error.code, error.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "REQUEST_MISSING")


async def test_a_call_without_a_request_is_told_so() -> None:
    """Instead of waiting, or of an error of Python's."""

    async def nothing() -> AsyncIterator[bytes]:
        for part in ():
            yield part

    async with served(unary={"Echo": echo}) as kit:
        error = await refused(kit.sending("Echo")(nothing()))
        assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_MISSING")


async def test_every_call_and_every_stream_has_a_longest_life() -> None:
    """A call without a deadline would otherwise last as long as its connection."""
    async with served(
        unary={"Wait": wait}, stream={"WatchIt": watch}, max_call_seconds=0.05, max_stream_seconds=0.05
    ) as kit:
        call, stream = await refused(kit.unary("Wait")(b"")), await refused(kit.stream("WatchIt")(b""))
    assert (call.code, call.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
    assert (stream.code, stream.reason) == (grpc.StatusCode.UNAVAILABLE, "STREAM_TOO_OLD")


@pytest.mark.slow
async def test_a_reader_that_does_not_read_loses_its_call_and_then_its_connection() -> None:
    """Others are served meanwhile, and no place stays taken."""
    dropped: list[BaseException] = []

    async def flood(request: bytes, context: Any) -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 500_000
        finally:
            dropped.append(RuntimeError())

    async with served(stream={"WatchFlood": flood}, unary={"Echo": echo}, max_write_seconds=0.05) as kit:
        calls = [kit.stream("WatchFlood")(b"") for _ in range(8)]
        assert await kit.unary("Echo")(b"x") == b"x"
        while len(dropped) < 8 or len(kit.server.calls.places):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        error = await refused(kit.unary("Echo")(b"x"))
        assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
        async with grpc.aio.insecure_channel(
            f"127.0.0.1:{kit.port}", [("grpc.use_local_subchannel_pool", 1)]
        ) as other:
            assert await other.unary_unary("/fitbox.v1.TestService/Echo")(b"x") == b"x"
        for call in calls:
            call.cancel()


async def test_a_handler_that_writes_is_told_of_a_reader_that_does_not_read() -> None:
    """Then, and with every further message at once."""
    seen: list[str] = []

    async def write(request: bytes, context: Any) -> None:
        for _ in range(50):
            try:
                await context.write(b"x" * 500_000)
            except grpc.aio.BaseError as error:
                seen.append(type(error).__name__)
                if len(seen) == 2:
                    return

    async with served(stream={"Write": write}, max_write_seconds=0.05) as kit:
        call = kit.stream("Write")(b"")
        while len(seen) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        call.cancel()
    assert seen == ["SlowReaderError", "SlowReaderError"]


def test_slow_connections_are_remembered_up_to_a_number() -> None:
    """The oldest is forgotten first."""
    slow = SlowReaders(allowed=1, kept=2)
    for name in "abc":
        slow.dropped(name)
    slow.check("a")
    for name in "bc":
        with pytest.raises(RefusedError, match="does not read"):
            slow.check(name)


async def test_a_reply_that_no_client_could_receive_is_refused_in_words() -> None:
    """One, or one of a stream."""

    async def large(request: bytes, context: Any) -> bytes:
        return b"x" * 5000

    async def larges(request: bytes, context: Any) -> AsyncIterator[bytes]:
        yield b"x" * 5000

    async with served(unary={"Large": large}, stream={"Larges": larges}, max_message_bytes=2048) as kit:
        for call in (kit.unary("Large")(b""), kit.stream("Larges")(b"")):
            error = await refused(call)
            assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "REPLY_TOO_LARGE")


def test_connections_never_take_the_descriptors_that_workers_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the limit of the process is."""
    for allowed, expected in ((1024, 896), (256, 128), (100_000, 4096)):
        monkeypatch.setattr("resource.getrlimit", lambda _, allowed=allowed: (allowed, allowed))
        assert connection_limit(4096) == expected


async def test_a_connection_too_many_is_closed() -> None:
    """And those that are open go on."""
    async with served(unary={"Echo": echo}, max_connections=1) as kit:
        assert await kit.unary("Echo")(b"x") == b"x"
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{kit.port}", options) as other:
            error = await refused(other.unary_unary("/fitbox.v1.TestService/Echo")(b"x", timeout=10))
        assert error.code is grpc.StatusCode.UNAVAILABLE
        assert await kit.unary("Echo")(b"x") == b"x"


@pytest.fixture
def metrics() -> Iterator[MetricsServer]:
    """With one counter."""
    registry = CollectorRegistry()
    Counter("fitbox_test", "One.", registry=registry).inc()
    with MetricsServer(registry, "127.0.0.1", 0) as server:
        yield server


def connect(server: MetricsServer) -> socket.socket:
    """Half a request."""
    host, port = server.address.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
    return connection


def scrape(server: MetricsServer) -> str:
    """As Prometheus does."""
    with urllib.request.urlopen(f"http://{server.address}/metrics", timeout=30) as reply:
        text: str = reply.read().decode()
    return text


def test_half_requests_to_the_metrics_make_room_for_whole_ones(metrics: MetricsServer) -> None:
    """The oldest goes; threads and descriptors stay few."""
    halves = [connect(metrics) for _ in range(60)]
    assert "fitbox_test_total 1.0" in scrape(metrics)
    cut_off = [connection for connection in halves[:40] if connection.recv(1) == b""]
    assert len(cut_off) == 40
    for connection in halves:
        connection.close()


def test_a_half_request_to_the_metrics_ends_by_itself(
    metrics: MetricsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However busily it trickles."""
    monkeypatch.setattr(metrics_server, "MAX_SECONDS", 0.0)
    with connect(metrics) as connection:
        assert connection.recv(1) == b""
