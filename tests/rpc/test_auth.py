"""Tokens at the door: who is let in, to what, and what the others are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import grpc.aio
import pytest
from fitbox_client.errors import AccessDeniedError
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc

from fitbox.rpc import tokens
from fitbox.rpc.auth import bearer_token
from fitbox.rpc.listening import ListenSettings
from fitbox.rpc.scopes import Scope, required_scope
from fitbox.v1 import (
    adapter_pb2,
    adapter_pb2_grpc,
    recommendation_pb2,
    recommendation_pb2_grpc,
    training_pb2,
    training_pb2_grpc,
)
from tests.rpc.echo import echo, outcome, reason

SERVICES: list[ServiceDescriptor] = [
    service
    for module in (recommendation_pb2, adapter_pb2, training_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A token file's path."""
    return tmp_path / "tokens.txt"


@pytest.fixture
async def channel(path: Path) -> AsyncIterator[grpc.aio.Channel]:
    """To a server that asks for tokens."""
    tokens.create(path, "first", frozenset({Scope.ADMIN}))
    async with (
        echo(ListenSettings(tokens_file=path)) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        yield channel


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    """Metadata of a call."""
    return (("authorization", f"Bearer {token}"),)


@pytest.mark.parametrize("scope", Scope)
async def test_a_token_opens_what_it_has_the_scope_for(
    channel: grpc.aio.Channel, path: Path, scope: Scope
) -> None:
    """And nothing else: PERMISSION_DENIED names the scope that lacks."""
    metadata = bearer(tokens.create(path, "somebody", frozenset({scope})))
    recommend = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    adapters = adapter_pb2_grpc.AdapterServiceStub(channel)
    training = training_pb2_grpc.TrainingServiceStub(channel)
    results = {
        Scope.RECOMMEND: [
            await outcome(
                recommend.RecommendAdvice(recommendation_pb2.RecommendAdviceRequest(), metadata=metadata)
            ),
            await outcome(adapters.ListAdapters(adapter_pb2.ListAdaptersRequest(), metadata=metadata)),
        ],
        Scope.ADMIN: [
            await outcome(adapters.RollbackAdapter(adapter_pb2.RollbackAdapterRequest(), metadata=metadata))
        ],
        Scope.TRAIN: [await outcome(training.ListRuns(training_pb2.ListRunsRequest(), metadata=metadata))],
    }
    for needed, replies in results.items():
        for reply in replies:
            if needed is scope:
                assert reason(reply) == ""
            else:
                assert isinstance(reply, AccessDeniedError)
                assert (reply.code, reply.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
                assert reply.metadata == {"scope": needed.value}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ((), "TOKEN_MISSING"),
        ((("authorization", "Basic dXNlcjpwYXNz"),), "TOKEN_MISSING"),
        (bearer("fitbox_wrong"), "TOKEN_UNKNOWN"),
        (bearer(""), "TOKEN_UNKNOWN"),
    ],
)
async def test_without_a_known_token_the_call_is_unauthenticated(
    channel: grpc.aio.Channel, metadata: tuple[tuple[str, str], ...], expected: str
) -> None:
    """Unary and streaming methods alike; the token is not repeated to whoever reads the message."""
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    request = recommendation_pb2.RecommendAdviceRequest()
    error = await outcome(stub.RecommendAdvice(request, metadata=metadata))
    assert (error.code, error.reason) == (grpc.StatusCode.UNAUTHENTICATED, expected)
    assert "fitbox_wrong" not in error.message
    stream = stub.StreamAdvice(recommendation_pb2.StreamAdviceRequest(), metadata=metadata)
    error = await outcome(anext(aiter(stream)))
    assert (error.code, error.reason) == (grpc.StatusCode.UNAUTHENTICATED, expected)


async def test_a_handler_knows_whose_token_it_was(channel: grpc.aio.Channel, path: Path) -> None:
    """So that slots can be shared out fairly; one call's name never shows in another."""
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    for name in ("one", "two"):
        metadata = bearer(tokens.create(path, name, frozenset({Scope.RECOMMEND})))
        reply = await stub.RecommendAdvice(recommendation_pb2.RecommendAdviceRequest(), metadata=metadata)
        assert reply.request_id == name
        stream = stub.StreamAdvice(recommendation_pb2.StreamAdviceRequest(), metadata=metadata)
        assert [event.text_delta async for event in stream] == [name]


async def test_a_revoked_token_is_refused_with_the_next_call(channel: grpc.aio.Channel, path: Path) -> None:
    """On a connection that stays open."""
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    metadata = bearer(tokens.create(path, "leaver", frozenset({Scope.RECOMMEND})))
    request = recommendation_pb2.RecommendAdviceRequest()
    assert reason(await outcome(stub.RecommendAdvice(request, metadata=metadata))) == ""
    tokens.revoke(path, "leaver")
    assert reason(await outcome(stub.RecommendAdvice(request, metadata=metadata))) == "TOKEN_UNKNOWN"


async def test_health_needs_no_token(channel: grpc.aio.Channel) -> None:
    """A balancer has none."""
    reply = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
    assert reply.status == health_pb2.HealthCheckResponse.SERVING


async def test_without_a_token_file_everybody_may_call() -> None:
    """The default, on the loopback alone."""
    async with (
        echo(ListenSettings()) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        stub = adapter_pb2_grpc.AdapterServiceStub(channel)
        await stub.RollbackAdapter(adapter_pb2.RollbackAdapterRequest())


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_method_that_changes_something_asks_for_more_than_recommend(service: ServiceDescriptor) -> None:
    """A new method is closed until somebody opens it."""
    for method in service.methods:
        scope = required_scope(f"/{service.full_name}/{method.name}")
        if service.name == "TrainingService":
            assert scope is Scope.TRAIN
        elif service.name == "RecommendationService":  # keeps nothing of what it is asked
            assert scope is Scope.RECOMMEND
        else:
            reads = method.name.startswith(("List", "Get", "Watch"))
            assert scope is (Scope.RECOMMEND if reads else Scope.ADMIN)
    assert required_scope(f"/{service.full_name}/DropEverything") is not None
    assert required_scope("/other.Service/Method") is Scope.ADMIN


def test_the_scheme_is_read_as_rfc_6750_has_it() -> None:
    """Case does not matter, other schemes are no token, and neither is binary metadata."""
    assert bearer_token([("authorization", "bearer abc")]) == "abc"
    assert bearer_token([("x", "y"), ("authorization", "BEARER  abc ")]) == "abc"
    assert bearer_token([("authorization", b"Bearer abc")]) is None
    assert bearer_token([]) is None
