"""Turns whatever a handler raises into a rich gRPC status, in one place for every service."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
import structlog

from fitbox.errors import ConfigurationError, RegistryError
from fitbox.rpc.handlers import wrapped
from fitbox_server.status import from_error

_log = structlog.get_logger(__name__)


class ErrorInterceptor(grpc.aio.ServerInterceptor):
    """Put it after the metrics, which then see the status that this makes."""

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """Wrap the handler that ``continuation`` finds."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method
        return wrapped(
            handler,
            unary=lambda behaviour: _unary(behaviour, method),
            streaming=lambda behaviour: _streaming(behaviour, method),
        )


def _unary(behaviour: Any, method: str) -> Any:
    async def handle(request: Any, context: Any) -> Any:
        try:
            return await behaviour(request, context)
        except (asyncio.CancelledError, grpc.aio.AbortError):
            raise
        except Exception as error:  # noqa: BLE001 - the outermost frame of a call; _abort logs and reports it
            await _abort(error, context, method)

    return handle


def _streaming(behaviour: Any, method: str) -> Any:
    async def handle(request: Any, context: Any) -> AsyncIterator[Any]:
        try:
            responses = behaviour(request, context)
            if hasattr(responses, "__aiter__"):
                async for response in responses:
                    yield response
            else:
                await responses
        except (asyncio.CancelledError, grpc.aio.AbortError):
            raise
        except Exception as error:  # noqa: BLE001 - the outermost frame of a call; _abort logs and reports it
            await _abort(error, context, method)

    return handle


async def _abort(error: Exception, context: Any, method: str) -> None:
    status = from_error(error)
    if status.code is grpc.StatusCode.INTERNAL:
        # Type and place only, for a message may quote a member's profile; one about files does not.
        frames = traceback.extract_tb(error.__traceback__)
        _log.error(
            "call_failed",
            method=method,
            error=type(error).__name__,
            message=str(error) if isinstance(error, RegistryError | ConfigurationError) else "",
            frames=[f"{frame.name}:{frame.lineno}" for frame in frames[-8:]],
        )
    await context.abort(status.code, status.message, status.trailers())
