"""How a client connects, what it sends with each call, and what it does with streams."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from fitbox_client import (
    AsyncFitBoxClient,
    BatchItem,
    ConnectionSettings,
    FitBoxClient,
    FitBoxClientError,
    InvalidRequestError,
    Kind,
    NotFoundError,
)
from fitbox_client import errors as client_errors
from fitbox_client.channel import channel_options
from fitbox_client.testing import ScriptedServer

from fitbox.errors import ConfigurationError, FieldViolation
from fitbox.v1 import adapter_pb2
from fitbox.v1 import recommendation_pb2 as pb
from tests.client.test_client import PROFILE, workout_reply


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """Without replies yet."""
    with ScriptedServer() as server:
        yield server


def seen_metadata(server: ScriptedServer) -> dict[str, str]:
    """Collects the metadata of the next calls of ListAdapters."""
    metadata: dict[str, str] = {}

    def answer(request: Any, context: Any) -> adapter_pb2.ListAdaptersResponse:
        metadata.update(context.invocation_metadata())
        return adapter_pb2.ListAdaptersResponse()

    server.reply("ListAdapters", answer)
    return metadata


def test_credentials_come_from_the_environment(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """So that a program names an address and no secret; what is given in code counts alone."""
    metadata = seen_metadata(server)
    monkeypatch.setenv("FITBOX_TOKEN", "fitbox_secret")
    monkeypatch.setenv("FITBOX_CLIENT_ID", "coach")
    with FitBoxClient(server.address) as client:
        client.list_adapters()
    assert (metadata["authorization"], metadata["fitbox-client-id"]) == ("Bearer fitbox_secret", "coach")
    metadata.clear()
    with FitBoxClient(settings=ConnectionSettings(server.address)) as client:
        client.list_adapters()
    assert not {"authorization", "fitbox-client-id"} & set(metadata)
    (tmp_path / "ca.pem").write_bytes(b"pem")
    monkeypatch.setenv("FITBOX_CA_FILE", str(tmp_path / "ca.pem"))
    settings = ConnectionSettings.from_environment("fitbox.example:443")
    assert (settings.uses_tls, settings.root_certificates) == (True, b"pem")
    monkeypatch.setenv("FITBOX_CA_FILE", str(tmp_path / "missing.pem"))
    with pytest.raises(ConfigurationError, match="FITBOX_CA_FILE"):
        ConnectionSettings.from_environment()


@pytest.mark.parametrize("address", ["10.0.0.7:50051", "fitbox.example:50051", "dns:///fitbox.example:50051"])
def test_a_token_does_not_leave_the_machine_in_the_clear(address: str) -> None:
    """Whoever listens could use it."""
    with pytest.raises(ConfigurationError, match="TLS"):
        ConnectionSettings(address, token="fitbox_secret")
    ConnectionSettings(address, token="fitbox_secret", tls=True)


@pytest.mark.parametrize(
    "address", ["127.0.0.1:1", "localhost:1", "[::1]:1", "unix:/run/fitbox", "dns:///localhost:1"]
)
def test_a_token_may_be_sent_within_the_machine(address: str) -> None:
    """By any name of it."""
    assert ConnectionSettings(address, token="fitbox_secret").token


def test_calls_are_repeated_within_limits_only() -> None:
    """Nothing that changes a version, no stream, and not while the server mostly fails."""
    options = dict(channel_options(ConnectionSettings()))
    config = json.loads(str(options["grpc.service_config"]))
    names = {entry["method"] for entry in config["methodConfig"][0]["name"]}
    assert not {
        name for name in names if name.startswith(("Activate", "Roll", "Pin", "Unpin", "Start", "Cancel"))
    }
    assert not {name for name in names if name.startswith(("Stream", "Batch", "Watch"))}
    assert config["retryThrottling"] == {"maxTokens": 20, "tokenRatio": 0.1}
    assert config["methodConfig"][0]["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE"]


def test_every_call_but_a_watch_has_a_deadline(server: ScriptedServer) -> None:
    """No call waits for ever because somebody forgot."""
    left: dict[str, float | None] = {}

    def remember(name: str, reply: Any) -> Any:
        def answer(request: Any, context: Any) -> Any:
            left[name] = context.time_remaining()
            return reply

        return answer

    for name, reply in {
        "ListAdapters": adapter_pb2.ListAdaptersResponse(),
        "StreamAdvice": [],
        "BatchRecommend": [],
        "WatchAdapters": [],
    }.items():
        server.reply(name, remember(name, reply))
    with FitBoxClient(server.address) as client:
        client.list_adapters()
        assert list(client.stream_advice(PROFILE)) == []
        assert list(client.batch([])) == []
        assert list(client.watch_adapters()) == []
    deadlines = {name: seconds is not None and seconds < 1e6 for name, seconds in left.items()}
    assert deadlines == {
        "ListAdapters": True,
        "StreamAdvice": True,
        "BatchRecommend": True,
        "WatchAdapters": False,
    }


def endless(stopped: threading.Event) -> Any:
    """A stream that goes on until its caller leaves, and says so."""

    def answer(request: Any, context: Any) -> Iterator[pb.StreamAdviceResponse]:
        context.add_callback(stopped.set)
        while context.is_active():
            yield pb.StreamAdviceResponse(text_delta="on and on ")

    return answer


def test_a_stream_that_is_closed_early_ends_on_the_server(server: ScriptedServer) -> None:
    """Leaving a loop must not leave the model at work."""
    stopped = threading.Event()
    server.reply("StreamAdvice", endless(stopped))
    with FitBoxClient(server.address) as client:
        stream = client.stream_advice(PROFILE)
        next(stream)
        stream.close()  # type: ignore[attr-defined]  # a generator
        assert stopped.wait(30)


async def test_an_async_stream_that_is_closed_early_ends_on_the_server(server: ScriptedServer) -> None:
    """Likewise, while the connection stays open."""
    stopped = threading.Event()
    server.reply("StreamAdvice", endless(stopped))
    async with AsyncFitBoxClient(server.address) as client:
        stream = client.stream_advice(PROFILE)
        await anext(stream)
        await stream.aclose()
        assert await asyncio.to_thread(stopped.wait, 30)


def batch_replies(
    requests: list[pb.BatchRecommendRequest], context: Any
) -> Iterator[pb.BatchRecommendResponse]:
    """A plan, and a bad item."""
    yield pb.BatchRecommendResponse(request_id=requests[0].request_id, workout=workout_reply())
    error = pb.BatchItemError(code=3, message="1 field(s) cannot be used", reason="INVALID_REQUEST")
    error.field_violations.add(field="profile.sex", description="must be set")
    yield pb.BatchRecommendResponse(request_id=requests[1].request_id, error=error)


ITEMS = [BatchItem(name, Kind.WORKOUT, PROFILE) for name in ("good", "bad")]


def check_outcomes(outcomes: list[Any]) -> None:
    """One recommendation, one typed error."""
    good, bad = outcomes
    assert (good.request_id, good.unwrap().request_id) == ("good", "r-1")
    with pytest.raises(InvalidRequestError) as caught:
        bad.unwrap()
    assert caught.value.violations == (FieldViolation("profile.sex", "must be set"),)


def test_a_batch_gives_typed_outcomes(server: ScriptedServer) -> None:
    """Each item's error is the one that a call of its own would have raised."""
    server.reply("BatchRecommend", batch_replies)
    with FitBoxClient(server.address) as client:
        check_outcomes(list(client.batch(iter(ITEMS))))
    (_, requests) = server.requests[0]
    assert [request.kind for request in requests] == [pb.RECOMMENDATION_KIND_WORKOUT] * 2


async def test_an_async_batch_takes_any_iterable(server: ScriptedServer) -> None:
    """A list, or what an async generator yields."""
    server.reply("BatchRecommend", batch_replies)

    async def generated() -> AsyncIterator[BatchItem]:
        for item in ITEMS:
            yield item

    async with AsyncFitBoxClient(server.address) as client:
        check_outcomes([outcome async for outcome in client.batch(ITEMS)])
        check_outcomes([outcome async for outcome in client.batch(generated())])


async def test_the_async_client_watches_adapters(server: ScriptedServer) -> None:
    """Each change is typed."""
    adapter = adapter_pb2.Adapter(version="v000001-aaaaaaaa", state="ADAPTER_STATE_ACTIVE")
    reply = adapter_pb2.WatchAdaptersResponse(adapter=adapter, serving_version="v000001-aaaaaaaa")
    server.reply("WatchAdapters", [reply])
    async with AsyncFitBoxClient(server.address) as client:
        (change,) = [change async for change in client.watch_adapters()]
    assert (change.adapter.state, change.serving_version) == ("ACTIVE", "v000001-aaaaaaaa")


class Counting(grpc.UnaryUnaryClientInterceptor):
    """Counts calls."""

    def __init__(self) -> None:
        self.methods: list[str] = []

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        """See grpc."""
        self.methods.append(details.method)
        return continuation(details, request)


def test_a_programs_own_interceptors_see_every_call(server: ScriptedServer) -> None:
    """For tracing and metrics."""
    server.reply("ListAdapters", adapter_pb2.ListAdaptersResponse())
    counting = Counting()
    with FitBoxClient(server.address, interceptors=[counting]) as client:
        client.list_adapters()
        client.list_adapters()
        with pytest.raises(NotFoundError):
            client.get_adapter()
    assert [method.rpartition("/")[2] for method in counting.methods] == [
        *("ListAdapters", "ListAdapters", "GetAdapter"),
    ]


def test_every_error_says_what_to_do() -> None:
    """In one line for a person, of its own."""
    kinds = [
        kind
        for kind in vars(client_errors).values()
        if isinstance(kind, type) and issubclass(kind, FitBoxClientError)
    ]
    lines = {kind.what_to_do for kind in kinds}
    assert len(lines) == len(kinds) > 9
