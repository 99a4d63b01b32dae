"""Wraps a method's handler, whatever its shape, and leaves its coding alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

Wrap = Callable[[Any], Any]
"""A behaviour in, a behaviour out: what gRPC calls with (request or requests, context)."""


def wrapped(handler: Any, *, unary: Wrap, streaming: Wrap) -> Any:
    """The handler with its behaviour wrapped: by ``unary`` where it has one response, else ``streaming``."""
    coding = {
        "request_deserializer": handler.request_deserializer,
        "response_serializer": handler.response_serializer,
    }
    if handler.request_streaming and handler.response_streaming:
        return grpc.stream_stream_rpc_method_handler(streaming(handler.stream_stream), **coding)
    if handler.request_streaming:
        return grpc.stream_unary_rpc_method_handler(unary(handler.stream_unary), **coding)
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(streaming(handler.unary_stream), **coding)
    return grpc.unary_unary_rpc_method_handler(unary(handler.unary_unary), **coding)
