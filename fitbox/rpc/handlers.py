"""Method handlers as gRPC calls them, made anew around what a servicer registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fitbox.rpc.status import ErrorStatus

Behaviour = Callable[[Any, Any], Any]
"""What gRPC calls with (request or requests, context)."""


def behaviour_of(handler: Any) -> Behaviour:
    """The one behaviour that a handler has."""
    shapes = (handler.unary_unary, handler.unary_stream, handler.stream_unary, handler.stream_stream)
    found: Behaviour = next(behaviour for behaviour in shapes if behaviour is not None)
    return found


@dataclass(frozen=True)
class RawHandler:
    """Reads and writes bytes, and is called as soon as a call's headers are there.

    gRPC hands a unary behaviour its request only once that has come, so a call whose request never comes
    would be out of reach of every limit. As a stream of requests, the behaviour reads it by itself.
    """

    stands_for: Any
    """The handler as the client knows it: its shape and its coding."""
    behaviour: Behaviour
    request_streaming: bool = True
    request_deserializer: None = None
    response_serializer: None = None
    unary_unary: None = None
    unary_stream: None = None

    @property
    def response_streaming(self) -> bool:
        """As of the handler that this stands for."""
        return bool(self.stands_for.response_streaming)

    @property
    def stream_unary(self) -> Behaviour | None:
        """The behaviour, where there is one response."""
        return None if self.response_streaming else self.behaviour

    @property
    def stream_stream(self) -> Behaviour | None:
        """The behaviour, where there are several."""
        return self.behaviour if self.response_streaming else None


@dataclass(frozen=True)
class Refusal:
    """Stands in a handler's place where a call is refused before its request is read."""

    stands_for: Any
    status: ErrorStatus

    @property
    def request_streaming(self) -> bool:
        """As of the handler that this stands for."""
        return bool(self.stands_for.request_streaming)

    @property
    def response_streaming(self) -> bool:
        """As of the handler that this stands for."""
        return bool(self.stands_for.response_streaming)


def shape_of(handler: Any) -> Any:
    """The handler whose shape a client knows."""
    return getattr(handler, "stands_for", handler)
