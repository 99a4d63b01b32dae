"""A server with one method of each service, for tests of what stands before the methods."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
from fitbox_client.errors import FitBoxClientError, from_rpc_error
from prometheus_client import CollectorRegistry

from fitbox.rpc.auth import SUBJECT
from fitbox.rpc.listening import ListenSettings
from fitbox.rpc.server import RpcServer
from fitbox.v1 import (
    adapter_pb2,
    adapter_pb2_grpc,
    recommendation_pb2,
    recommendation_pb2_grpc,
    training_pb2,
    training_pb2_grpc,
)

PEER = "fitbox-test-peer"
"""Trailer of ListAdapters: the client's address and port."""


class Recommend(recommendation_pb2_grpc.RecommendationServiceServicer):
    """Answers with the caller's name."""

    async def RecommendAdvice(  # noqa: N802 - gRPC names it
        self, request: Any, context: Any
    ) -> recommendation_pb2.RecommendAdviceResponse:
        """The subject as the request's id."""
        return recommendation_pb2.RecommendAdviceResponse(request_id=SUBJECT.get())

    async def StreamAdvice(  # type: ignore[override]  # noqa: N802
        self, request: Any, context: Any
    ) -> AsyncIterator[recommendation_pb2.StreamAdviceResponse]:
        """The subject as text."""
        yield recommendation_pb2.StreamAdviceResponse(text_delta=SUBJECT.get())


class Adapters(adapter_pb2_grpc.AdapterServiceServicer):
    """Reads and changes nothing."""

    async def ListAdapters(self, request: Any, context: Any) -> adapter_pb2.ListAdaptersResponse:  # noqa: N802
        """Empty; the trailer says over which connection the call came."""
        context.set_trailing_metadata(((PEER, context.peer()),))
        return adapter_pb2.ListAdaptersResponse()

    async def RollbackAdapter(self, request: Any, context: Any) -> adapter_pb2.RollbackAdapterResponse:  # noqa: N802
        """Empty."""
        return adapter_pb2.RollbackAdapterResponse()


class Training(training_pb2_grpc.TrainingServiceServicer):
    """Lists nothing."""

    async def ListRuns(self, request: Any, context: Any) -> training_pb2.ListRunsResponse:  # noqa: N802
        """Empty."""
        return training_pb2.ListRunsResponse()


@asynccontextmanager
async def echo(settings: ListenSettings) -> AsyncIterator[int]:
    """Serves while the body runs; gives the port."""
    server = RpcServer(settings, CollectorRegistry(), readiness="fitbox.v1.RecommendationService")
    recommendation_pb2_grpc.add_RecommendationServiceServicer_to_server(Recommend(), server.grpc)
    adapter_pb2_grpc.add_AdapterServiceServicer_to_server(Adapters(), server.grpc)
    training_pb2_grpc.add_TrainingServiceServicer_to_server(Training(), server.grpc)
    port = server.open([recommendation_pb2.DESCRIPTOR])
    await server.start()
    try:
        yield port
    finally:
        await server.stop(None)


async def outcome(call: Any) -> Any:
    """The reply, or the typed error."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        return from_rpc_error(error)


def reason(result: Any) -> str:
    """The stable reason of an error, or empty for a reply."""
    return result.reason if isinstance(result, FitBoxClientError) else ""
