"""Where a server listens, over TLS or not, and its limits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from pathlib import Path

import grpc
import grpc.aio
import pytest
from fitbox_client.errors import ServerUnavailableError
from grpc_health.v1 import health_pb2, health_pb2_grpc

from fitbox.errors import ConfigurationError
from fitbox.rpc import listening
from fitbox.rpc.listening import ListenSettings, is_loopback, open_port, server_options
from fitbox.rpc.tls import TlsFiles
from fitbox.v1 import adapter_pb2, adapter_pb2_grpc, recommendation_pb2, recommendation_pb2_grpc
from tests import certificates
from tests.rpc.echo import PEER, echo, outcome

pytestmark = pytest.mark.slow


async def call(port: int, credentials: grpc.ChannelCredentials | None) -> object:
    """One call over a connection of its own: the reply or the typed error."""
    address = f"localhost:{port}"
    # Without this, a second channel to the same address would use the connection of the first.
    options = [("grpc.use_local_subchannel_pool", 1)]
    channel = (
        grpc.aio.insecure_channel(address, options)
        if credentials is None
        else grpc.aio.secure_channel(address, credentials, options)
    )
    async with channel:
        stub = adapter_pb2_grpc.AdapterServiceStub(channel)
        return await outcome(stub.ListAdapters(adapter_pb2.ListAdaptersRequest(), timeout=30))


def trusting(pair: certificates.Pair, client: certificates.Pair | None = None) -> grpc.ChannelCredentials:
    """Credentials that trust one certificate alone."""
    if client is None:
        return grpc.ssl_channel_credentials(pair.pem)
    return grpc.ssl_channel_credentials(pair.pem, client.key.read_bytes(), client.pem)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "fitbox.example"])  # noqa: S104
async def test_plaintext_does_not_leave_the_machine_unasked(host: str) -> None:
    """Members' data would go over the network in the clear."""
    server = grpc.aio.server()
    with pytest.raises(ConfigurationError, match="without TLS"):
        open_port(server, ListenSettings(host=host))
    await server.stop(None)


async def test_plaintext_may_be_allowed_and_an_open_door_is_said_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Behind a proxy that encrypts, for instance."""
    monkeypatch.setattr(listening, "is_loopback", lambda host: False)
    server = grpc.aio.server()
    with caplog.at_level(logging.WARNING):
        assert open_port(server, ListenSettings(allow_plaintext=True))
    assert "may call everything" in caplog.text
    await server.stop(None)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.3.2.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False)],
)
def test_the_loopback_is_known_by_all_its_names(host: str, expected: bool) -> None:
    """IPv4, IPv6 and localhost."""
    assert is_loopback(host) is expected


async def test_a_new_certificate_is_used_without_a_restart(tmp_path: Path) -> None:
    """The next connection gets it; a half-replaced or damaged pair leaves the last good one."""
    served, new = certificates.make(tmp_path, "served"), certificates.make(tmp_path, "new")
    old_pem = served.pem
    old = grpc.ssl_channel_credentials(old_pem)
    settings = ListenSettings(tls_certificate=served.certificate, tls_key=served.key)
    async with echo(settings) as port:
        assert isinstance(await call(port, old), adapter_pb2.ListAdaptersResponse)
        served.key.write_bytes(new.key.read_bytes())  # half of the new pair
        assert isinstance(await call(port, old), adapter_pb2.ListAdaptersResponse)
        served.replace(new)
        assert isinstance(await call(port, trusting(new)), adapter_pb2.ListAdaptersResponse)
        assert isinstance(await call(port, old), ServerUnavailableError)
        served.certificate.write_text("nonsense")
        assert isinstance(await call(port, trusting(new)), adapter_pb2.ListAdaptersResponse)


async def test_tls_answers_no_plaintext(tmp_path: Path) -> None:
    """Nor a client that trusts another authority."""
    served, other = certificates.make(tmp_path, "served"), certificates.make(tmp_path, "other")
    async with echo(ListenSettings(tls_certificate=served.certificate, tls_key=served.key)) as port:
        assert isinstance(await call(port, None), ServerUnavailableError)
        assert isinstance(await call(port, trusting(other)), ServerUnavailableError)


async def test_mutual_tls_lets_in_who_shows_a_certificate(tmp_path: Path) -> None:
    """Of the authority that the server was told; others do not get as far as a call."""
    served, member, stranger = (
        certificates.make(tmp_path, name) for name in ("served", "member", "stranger")
    )
    settings = ListenSettings(
        tls_certificate=served.certificate, tls_key=served.key, tls_client_ca=member.certificate
    )
    async with echo(settings) as port:
        assert isinstance(await call(port, trusting(served, member)), adapter_pb2.ListAdaptersResponse)
        assert isinstance(await call(port, trusting(served)), ServerUnavailableError)
        assert isinstance(await call(port, trusting(served, stranger)), ServerUnavailableError)


def test_tls_files_that_cannot_work_are_an_error_at_the_start(tmp_path: Path) -> None:
    """Half a pair, a missing file, a key of another certificate, a passphrase nobody can type."""
    one, two = certificates.make(tmp_path, "one"), certificates.make(tmp_path, "two")
    with pytest.raises(ConfigurationError, match="both"):
        ListenSettings(tls_certificate=one.certificate).tls_files()
    for files in (
        TlsFiles(one.certificate, tmp_path / "missing"),
        TlsFiles(one.certificate, two.key),
        TlsFiles(one.certificate, one.key, client_ca=one.key),
    ):
        with pytest.raises(ConfigurationError):
            files.read()


async def test_metadata_over_the_limit_is_refused() -> None:
    """Before the method is looked for."""
    async with (
        echo(ListenSettings(max_metadata_bytes=2048)) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        stub = adapter_pb2_grpc.AdapterServiceStub(channel)
        request = adapter_pb2.ListAdaptersRequest()
        await stub.ListAdapters(request, metadata=(("note", "x" * 500),))
        error = await outcome(stub.ListAdapters(request, metadata=(("note", "x" * 5000),)))
        assert error.code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_message_over_the_limit_is_refused() -> None:
    """With the sizes, and before it is parsed."""
    async with (
        echo(ListenSettings(max_message_bytes=2048)) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
        error = await outcome(
            stub.RecommendAdvice(recommendation_pb2.RecommendAdviceRequest(request_id="x" * 3000))
        )
        assert error.code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_calls_that_come_while_the_server_is_busy_wait_up_to_a_limit() -> None:
    """A full queue is admission's to answer, with details; gRPC refuses with CANCELLED and nothing said."""
    assert await _calls_while_busy(ListenSettings(), calls=1500) == {grpc.StatusCode.OK: 1500}
    codes = await _calls_while_busy(ListenSettings(max_pending_calls=5), calls=100)
    assert codes[grpc.StatusCode.CANCELLED]


async def _calls_while_busy(settings: ListenSettings, *, calls: int) -> Counter[grpc.StatusCode]:
    """Codes of calls that all arrive while the server's event loop does something else."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    # As many connections as it takes: each carries a bounded number of calls at once.
    connections = -(-calls // settings.max_concurrent_streams)
    async with echo(settings) as port:
        address = f"127.0.0.1:{port}"
        with contextlib.ExitStack() as stack:
            channels = [
                stack.enter_context(grpc.insecure_channel(address, options)) for _ in range(connections)
            ]
            for channel in channels:
                await asyncio.to_thread(grpc.channel_ready_future(channel).result, 30)
            stubs = [adapter_pb2_grpc.AdapterServiceStub(channel) for channel in channels]
            waiting = [
                stubs[index % connections].ListAdapters.future(adapter_pb2.ListAdaptersRequest())
                for index in range(calls)
            ]
            time.sleep(1.0)  # noqa: ASYNC251 - this is what keeps the event loop busy
            return Counter([await asyncio.to_thread(call.code) for call in waiting])


async def test_a_connection_is_renewed_when_it_is_old_and_a_call_on_it_ends_well() -> None:
    """So clients spread over servers that were added later."""
    async with (
        echo(ListenSettings(max_connection_age_seconds=0.3)) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        await watch.read()
        stub = adapter_pb2_grpc.AdapterServiceStub(channel)
        connections = set()
        async with asyncio.timeout(30):
            while len(connections) < 3:
                reply = stub.ListAdapters(adapter_pb2.ListAdaptersRequest())
                await reply
                connections.add(dict(await reply.trailing_metadata())[PEER])
                await asyncio.sleep(0.05)
        assert not watch.done()  # it may go on for the time of grace
        watch.cancel()


async def test_whoever_pings_too_often_is_cut_off() -> None:
    """A client of grpc's pings once a second at most."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await _watch_and_ping(min_ping_seconds=5.0, seconds=30)
    assert caught.value.details() == "Too many pings"


async def test_whoever_keeps_to_the_limit_may_ping() -> None:
    """For longer than the other client lived."""
    with pytest.raises(TimeoutError):
        await _watch_and_ping(min_ping_seconds=0.2, seconds=4.5)


async def _watch_and_ping(*, min_ping_seconds: float, seconds: float) -> None:
    """Raises what ends the call, or TimeoutError."""
    options = [
        ("grpc.keepalive_time_ms", 50),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.use_local_subchannel_pool", 1),
    ]
    async with (
        echo(ListenSettings(min_ping_seconds=min_ping_seconds)) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}", options) as channel,
    ):
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        await watch.read()
        async with asyncio.timeout(seconds):
            await watch.read()


def test_every_limit_reaches_grpc() -> None:
    """By the names of grpc's channel arguments, in milliseconds and bytes."""
    settings = ListenSettings(
        max_connection_age_seconds=5, connection_grace_seconds=7e9, min_ping_seconds=0.5
    )
    options = dict(server_options(settings))
    assert options["grpc.max_connection_age_ms"] == 5000
    assert options["grpc.max_connection_age_grace_ms"] == 2**31 - 1
    assert options["grpc.http2.min_ping_interval_without_data_ms"] == 500
    assert options["grpc.max_receive_message_length"] == settings.max_message_bytes
    assert options["grpc.max_concurrent_streams"] == settings.max_concurrent_streams
