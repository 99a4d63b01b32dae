"""Who may call what: an interceptor that asks for a bearer token with the method's scope."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from typing import Any

import grpc
import grpc.aio

from fitbox.rpc.handlers import Refusal
from fitbox.rpc.scopes import required_scope
from fitbox.rpc.status import ErrorStatus
from fitbox.rpc.tokens import TokenFile

SUBJECT: ContextVar[str] = ContextVar("fitbox_subject", default="")
"""Name of the token that a call came with; empty where none is asked for."""
STANDS: ContextVar[Callable[[], bool] | None] = ContextVar("fitbox_token_stands", default=None)
"""Whether that token still opens the method: asked again while a stream is open."""

_SCHEME = "bearer "


class AuthInterceptor(grpc.aio.ServerInterceptor):
    """Refuses before the request is read, by a Refusal in the handler's place.

    Put it last: :class:`fitbox.rpc.calls.CallInterceptor` before it is what tells the client.
    """

    def __init__(self, tokens: TokenFile) -> None:
        self._tokens = tokens

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """The method's handler, or a refusal."""
        refusal = self._refusal(handler_call_details.method, handler_call_details.invocation_metadata)
        handler = await continuation(handler_call_details)
        return handler if refusal is None or handler is None else Refusal(handler, refusal)

    def _refusal(self, method: str, metadata: Iterable[tuple[str, str | bytes]]) -> ErrorStatus | None:
        scope = required_scope(method)
        if scope is None:
            return None
        token = bearer_token(metadata)
        if token is None:
            return ErrorStatus(
                grpc.StatusCode.UNAUTHENTICATED,
                "TOKEN_MISSING",
                "send metadata 'authorization: Bearer TOKEN'",
            )
        grant = self._tokens.find(token)
        if grant is None:
            return ErrorStatus(
                grpc.StatusCode.UNAUTHENTICATED, "TOKEN_UNKNOWN", "the token is not known here"
            )
        # The call's handler runs in this task, so what is set here is what it sees.
        SUBJECT.set(grant.name)
        if scope not in grant.scopes:
            return ErrorStatus(
                grpc.StatusCode.PERMISSION_DENIED,
                "SCOPE_MISSING",
                f"the token lacks the scope {scope.value}",
                {"scope": scope.value},
            )
        STANDS.set(lambda: (found := self._tokens.find(token)) is not None and scope in found.scopes)
        return None


def token_revoked() -> ErrorStatus:
    """Why a stream ends that was opened with a token which is not known any more."""
    return ErrorStatus(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_UNKNOWN", "the token was revoked")


def bearer_token(metadata: Iterable[tuple[str, str | bytes]]) -> str | None:
    """The token of a call's metadata (RFC 6750); of several, the first."""
    for key, value in metadata:
        if key == "authorization" and isinstance(value, str) and value.lower().startswith(_SCHEME):
            return value[len(_SCHEME) :].strip()
    return None
