"""Every error, raised by a handler and read by a client: code, details and trailers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2, status_pb2

from fitbox import errors
from fitbox.errors import FieldViolation
from fitbox.rpc.calls import CallInterceptor
from fitbox.rpc.error_table import TABLE
from fitbox.v1 import recommendation_pb2, recommendation_pb2_grpc

VIOLATIONS = tuple(FieldViolation(f"profile.field_{n}", f"problem {n}") for n in range(3))
EXAMPLES: dict[type[BaseException], BaseException] = {
    errors.InvalidProfileError: errors.InvalidProfileError(VIOLATIONS),
    errors.InvalidFieldError: errors.InvalidFieldError("page_size", "0 to 1000"),
    errors.NoPlanPossibleError: errors.NoPlanPossibleError("NO_FOOD_LEFT", "nothing left", ("diet",)),
    errors.ReferralError: errors.ReferralError("REFER_X", "see somebody", "X", "SOMEBODY"),
    errors.AdapterInvalidError: errors.AdapterInvalidError("file_altered", "weights were altered"),
    errors.UnusableFileError: errors.UnusableFileError("/srv/secret.json", "torn", "names a file"),
    errors.EngineRefusedError: errors.EngineRefusedError("bad_grammar", "quotes a request"),
    errors.OverloadedError: errors.OverloadedError("full", retry_after_seconds=2.5),
    errors.CorrectionRefusedError: errors.CorrectionRefusedError(VIOLATIONS),
    errors.FeedbackQuotaError: errors.FeedbackQuotaError("member", retry_after_seconds=2.5),
}
EVERY_FIELD = [v.field for v in VIOLATIONS]
NAMED = {
    errors.InvalidProfileError: EVERY_FIELD,
    errors.CorrectionRefusedError: EVERY_FIELD,
    errors.InvalidFieldError: ["page_size"],
}
KINDS = [kind for kind in TABLE if kind is not asyncio.CancelledError]
RETRY_CODES = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}


class Failing(recommendation_pb2_grpc.RecommendationServiceServicer):
    """Raises what it is told, from a method of each shape."""

    def __init__(self) -> None:
        self.error: BaseException = RuntimeError()

    async def RecommendAdvice(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC names it
        """Unary."""
        raise self.error

    async def StreamAdvice(self, request: Any, context: Any) -> Any:  # type: ignore[override]  # noqa: N802
        """A stream that wrote something before it failed."""
        await context.write(recommendation_pb2.StreamAdviceResponse(text_delta="before"))
        raise self.error

    async def BatchRecommend(self, request_iterator: Any, context: Any) -> AsyncIterator[Any]:  # noqa: N802
        """A stream by yielding."""
        yield recommendation_pb2.BatchRecommendResponse(request_id="before")
        raise self.error


@pytest.fixture
async def failing() -> AsyncIterator[tuple[Failing, Any]]:
    """The servicer and a stub of it."""
    servicer = Failing()
    server = grpc.aio.server(interceptors=[CallInterceptor()])
    recommendation_pb2_grpc.add_RecommendationServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield servicer, recommendation_pb2_grpc.RecommendationServiceStub(channel)
    await server.stop(None)


async def failures(stub: Any) -> list[grpc.aio.AioRpcError]:
    """What each shape of method ended with."""
    pb = recommendation_pb2
    found = []
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.RecommendAdvice(pb.RecommendAdviceRequest())
    found.append(caught.value)
    for stream in (stub.StreamAdvice(pb.StreamAdviceRequest()), stub.BatchRecommend(iter(()))):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async for _ in stream:
                pass
        found.append(caught.value)
    return found


def details_of(error: grpc.aio.AioRpcError) -> tuple[status_pb2.Status, dict[str, list[Any]]]:
    """The rich status and its details by type."""
    trailers = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])  # type: ignore[arg-type]
    found: dict[str, list[Any]] = {}
    for packed in status.details:
        for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo):
            message = kind()
            if packed.Unpack(message):
                found.setdefault(kind.__name__, []).append(message)
    return status, found


@pytest.mark.parametrize("kind", [*KINDS, RuntimeError], ids=lambda kind: kind.__name__)
async def test_a_client_gets_the_code_and_the_details(
    failing: tuple[Failing, Any], kind: type[BaseException]
) -> None:
    """One ErrorInfo; every violation of a bad request; a pause wherever a repeat may help."""
    servicer, stub = failing
    servicer.error = EXAMPLES.get(kind) or kind("message")
    code, reason = TABLE.get(kind, (grpc.StatusCode.INTERNAL, "INTERNAL"))
    if kind is errors.NoPlanPossibleError:
        reason = "NO_FOOD_LEFT"
    elif kind is errors.ReferralError:
        reason = "REFER_X"
    for error in await failures(stub):
        status, details = details_of(error)
        assert error.code() is code
        assert (status.code, status.message) == (code.value[0], error.details())
        (info,) = details["ErrorInfo"]
        assert (info.reason, info.domain) == (reason, "fitbox")
        violations = [v.field for bad in details.get("BadRequest", []) for v in bad.field_violations]
        assert violations == NAMED.get(kind, [])
        pushback = dict(error.trailing_metadata()).get("grpc-retry-pushback-ms")
        retries = [retry.retry_delay.ToTimedelta().total_seconds() for retry in details.get("RetryInfo", [])]
        assert (len(retries), pushback is not None) == ((1, True) if code in RETRY_CODES else (0, False))
        if kind is errors.OverloadedError:
            assert (retries, pushback) == ([2.5], "2500")
        assert "quotes a request" not in (error.details() or "")
