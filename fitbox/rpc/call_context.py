"""gRPC's servicer context as a handler sees it: for messages instead of bytes, each of them bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio

from fitbox.errors import FitBoxError
from fitbox.rpc.auth import token_revoked
from fitbox.rpc.limits import CallLimits
from fitbox.rpc.status import ErrorStatus, RefusedError


class SlowReaderError(grpc.aio.BaseError, FitBoxError):
    """The client takes no more messages; raised by ``context.write``, then and ever after."""


class CallContext:
    """One call's context; what is not bounded here is gRPC's own."""

    def __init__(self, context: Any, handler: Any, limits: CallLimits) -> None:
        self.grpc = context
        """The context as gRPC made it."""
        self._handler = handler
        self._limits = limits
        self.connection: str = context.peer()
        self.slow = False
        """Its client took no message in time."""
        self.revoked = False
        """Its token went while it was open."""
        self._has_request = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.grpc, name)

    async def first(self) -> Any:
        """The one request."""
        request = await self.read()
        if request is grpc.aio.EOF:
            raise _bad_request("REQUEST_MISSING", "the call ended without a request")
        self._has_request = True
        return request

    async def requests(self) -> AsyncIterator[Any]:
        """Every request of a stream."""
        while (request := await self.read()) is not grpc.aio.EOF:
            yield request

    async def read(self) -> Any:
        """The next request. Raises RefusedError where it is no message of the method."""
        raw = await self.grpc.read()
        if raw is grpc.aio.EOF:
            return raw
        try:
            return self._handler.request_deserializer(raw)
        except Exception:  # noqa: BLE001 - whatever protobuf makes of bytes that it cannot read
            raise _bad_request("REQUEST_UNREADABLE", "the request is no message of this method") from None

    async def write(self, message: Any) -> None:
        """Hand a message to the client; waits for it to be taken. Raises SlowReaderError."""
        if self.slow:
            raise SlowReaderError("the client reads nothing")
        raw = self.encoded(message)
        try:
            async with asyncio.timeout(self._limits.write_seconds) as limit:
                await self.grpc.write(raw)
        except TimeoutError:
            if not limit.expired():
                raise
            self.slow = True
            raise SlowReaderError("the client reads nothing") from None

    def encoded(self, message: Any) -> bytes:
        """A message's bytes. Raises RefusedError where no client could receive them."""
        raw: bytes = self._handler.response_serializer(message)
        if len(raw) > self._limits.message_bytes:
            text = f"the reply takes {len(raw)} bytes, more than {self._limits.message_bytes}"
            raise RefusedError(ErrorStatus(grpc.StatusCode.RESOURCE_EXHAUSTED, "REPLY_TOO_LARGE", text))
        return raw

    def late(self, *, is_stream: bool) -> RefusedError:
        """Why a call ends that has run out of the time that any call has."""
        if self.revoked:
            return RefusedError(token_revoked())
        if is_stream:
            text = "this stream has been open for as long as any may be; open it again"
            return RefusedError(ErrorStatus(grpc.StatusCode.UNAVAILABLE, "STREAM_TOO_OLD", text))
        if not self._has_request:
            text = "the call's request did not come in time"
            return RefusedError(ErrorStatus(grpc.StatusCode.DEADLINE_EXCEEDED, "REQUEST_MISSING", text))
        text = "the call took longer than any may take"
        return RefusedError(ErrorStatus(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", text))


def _bad_request(reason: str, message: str) -> RefusedError:
    return RefusedError(ErrorStatus(grpc.StatusCode.INVALID_ARGUMENT, reason, message))
