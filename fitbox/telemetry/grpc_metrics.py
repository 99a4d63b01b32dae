"""Prometheus metrics of a gRPC server, in the names that go-grpc-prometheus made common.

::

    grpc_server_started_total{grpc_type, grpc_service, grpc_method}
    grpc_server_handled_total{grpc_type, grpc_service, grpc_method, grpc_code}
    grpc_server_msg_received_total{grpc_type, grpc_service, grpc_method}
    grpc_server_msg_sent_total{grpc_type, grpc_service, grpc_method}
    grpc_server_handling_seconds{grpc_type, grpc_service, grpc_method}      histogram

Dashboards and alert rules written for any other gRPC server work on FitBox as they are. Source:
https://github.com/grpc-ecosystem/go-grpc-middleware (providers/prometheus).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from enum import StrEnum
from typing import Any

import grpc
import grpc.aio
from google.protobuf.descriptor import FileDescriptor
from prometheus_client import CollectorRegistry

from fitbox.rpc.handlers import shape_of
from fitbox.telemetry.metric import Kind, Label, Meter, Metric

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_CODES = {code.value[0]: code.name for code in grpc.StatusCode}


class RpcType(StrEnum):
    """Shape of a call, as label ``grpc_type``."""

    UNARY = "unary"
    CLIENT_STREAM = "client_stream"
    SERVER_STREAM = "server_stream"
    BIDI_STREAM = "bidi_stream"


_TYPES = {
    (False, False): RpcType.UNARY,
    (True, False): RpcType.CLIENT_STREAM,
    (False, True): RpcType.SERVER_STREAM,
    (True, True): RpcType.BIDI_STREAM,
}
"""By whether requests are a stream, and responses."""


def code_label(code: str) -> str:
    """``DEADLINE_EXCEEDED`` -> ``DeadlineExceeded``, the spelling of go-grpc: ``OK`` stays, and what was
    cancelled has one l."""
    if code in _GO_CODES:
        return _GO_CODES[code]
    return "".join(word.capitalize() for word in code.split("_"))


_GO_CODES = {"OK": "OK", "CANCELLED": "Canceled"}
_METHOD = (
    Label("grpc_type", tuple(RpcType)),
    Label("grpc_service", bound="those of protos/, health and reflection"),
    Label("grpc_method", bound="those of the services, no others are counted"),
)
STARTED = Metric(
    "grpc_server_started_total",
    Kind.COUNTER,
    "RPCs started.",
    "sum by (grpc_method) (rate(grpc_server_started_total[5m]))",
    _METHOD,
    "calls",
)
HANDLED = Metric(
    "grpc_server_handled_total",
    Kind.COUNTER,
    "RPCs completed, by code.",
    "sum by (grpc_code) (rate(grpc_server_handled_total[5m]))",
    (*_METHOD, Label("grpc_code", tuple(code_label(code.name) for code in grpc.StatusCode))),
    "calls",
)
RECEIVED = Metric(
    "grpc_server_msg_received_total",
    Kind.COUNTER,
    "Messages received from clients.",
    "sum by (grpc_method) (rate(grpc_server_msg_received_total[5m]))",
    _METHOD,
    "messages",
)
SENT = Metric(
    "grpc_server_msg_sent_total",
    Kind.COUNTER,
    "Messages sent to clients.",
    "sum by (grpc_method) (rate(grpc_server_msg_sent_total[5m]))",
    _METHOD,
    "messages",
)
SECONDS = Metric(
    "grpc_server_handling_seconds",
    Kind.HISTOGRAM,
    "From the start of a call to its last message.",
    "histogram_quantile(0.95, sum by (le, grpc_method) (rate(grpc_server_handling_seconds_bucket[5m])))",
    _METHOD,
    "seconds",
    _SECONDS,
)
GRPC_METRICS = (STARTED, HANDLED, RECEIVED, SENT, SECONDS)


class GrpcServerMetrics(Meter):
    """The five metrics, registered once in ``registry``."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry, GRPC_METRICS)

    def expect(self, protos: Iterable[FileDescriptor]) -> None:
        """Make the series of every method of these files, of each code too.

        Prometheus counts the event with which a series begins in no rate: without this the first burst of
        errors after a start would alert nobody.
        """
        for service in (service for proto in protos for service in proto.services_by_name.values()):
            for method in service.methods:
                kind = _TYPES[bool(method.client_streaming), bool(method.server_streaming)]
                series = _Method(self, (kind.value, service.full_name, method.name))
                for code in grpc.StatusCode:
                    series.handled(code_label(code.name), calls=0)


class _Method:
    """The series of one method, looked up once instead of with every call."""

    def __init__(self, metrics: GrpcServerMetrics, labels: tuple[str, str, str]) -> None:
        named = dict(zip(STARTED.label_names, labels, strict=True))
        self.started = metrics.counter(STARTED, **named)
        self.received = metrics.counter(RECEIVED, **named)
        self.sent = metrics.counter(SENT, **named)
        self.seconds = metrics.histogram(SECONDS, **named)
        self._metrics, self._labels = metrics, named

    def handled(self, code: str, calls: int = 1) -> None:
        """So many calls ended."""
        self._metrics.add(HANDLED, calls, **self._labels, grpc_code=code)


class _Call:
    """Accounts for one call from its start to its one outcome."""

    def __init__(self, method: _Method) -> None:
        self._method = method
        self._started = time.perf_counter()
        method.started.inc()

    def received(self) -> None:
        self._method.received.inc()

    def sent(self) -> None:
        self._method.sent.inc()

    def finish(self, context: Any, error: BaseException | None) -> None:
        self._method.handled(code_label(_outcome(context, error)))
        self._method.seconds.observe(time.perf_counter() - self._started)


class _CountingContext:
    """The servicer context, with the messages counted that a handler reads and writes through it."""

    def __init__(self, context: Any, call: _Call) -> None:
        self._context = context
        self._call = call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    async def read(self) -> Any:
        message = await self._context.read()
        if message is not grpc.aio.EOF:
            self._call.received()
        return message

    async def write(self, message: Any) -> None:
        await self._context.write(message)
        self._call.sent()


class GrpcMetricsInterceptor(grpc.aio.ServerInterceptor):
    """Counts and times every call. Put it first in ``grpc.aio.server(interceptors=[...])``.

    Interceptors nest in the order of that list, so the first one sees the status that a later one makes of
    an exception. Calls to methods that do not exist reach no handler and are not counted, as in go-grpc.
    """

    def __init__(self, metrics: GrpcServerMetrics) -> None:
        self._metrics = metrics
        self._methods: dict[tuple[RpcType, str], _Method] = {}

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """Wrap the handler that ``continuation`` finds."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        method = self._method(_TYPES[_shape(shape_of(handler))], handler_call_details.method)
        coding = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        match _shape(handler):
            case (False, False):
                wrapped = _unary(handler.unary_unary, method, many=False)
                return grpc.unary_unary_rpc_method_handler(wrapped, **coding)
            case (True, False):
                wrapped = _unary(handler.stream_unary, method, many=True)
                return grpc.stream_unary_rpc_method_handler(wrapped, **coding)
            case (False, True):
                wrapped = _streaming(handler.unary_stream, method, many=False)
                return grpc.unary_stream_rpc_method_handler(wrapped, **coding)
            case _:
                wrapped = _streaming(handler.stream_stream, method, many=True)
                return grpc.stream_stream_rpc_method_handler(wrapped, **coding)

    def _method(self, kind: RpcType, name: str) -> _Method:
        """The series of a method, of which there are as many as servicers registered."""
        if (known := self._methods.get((kind, name))) is not None:
            return known
        service, _, method = name.lstrip("/").rpartition("/")
        made = self._methods[kind, name] = _Method(self._metrics, (kind.value, service, method))
        return made


def _shape(handler: Any) -> tuple[bool, bool]:
    """Whether its requests are a stream, and its responses."""
    return bool(handler.request_streaming), bool(handler.response_streaming)


def _unary(behaviour: Any, method: _Method, *, many: bool) -> Any:
    """A handler with one response; ``many``: its requests are a stream."""

    async def handle(request: Any, context: Any) -> Any:
        call = _Call(method)
        error: BaseException | None = None
        try:
            response = await behaviour(_incoming(request, call, many=many), _CountingContext(context, call))
            call.sent()
            return response
        except BaseException as raised:
            error = raised
            raise
        finally:
            call.finish(context, error)

    return handle


def _streaming(behaviour: Any, method: _Method, *, many: bool) -> Any:
    """A handler with a stream of responses, whether it yields them or writes them to its context."""

    async def handle(request: Any, context: Any) -> AsyncIterator[Any]:
        call = _Call(method)
        error: BaseException | None = None
        try:
            responses = behaviour(_incoming(request, call, many=many), _CountingContext(context, call))
            if hasattr(responses, "__aiter__"):
                async for response in responses:
                    call.sent()
                    yield response
            else:
                await responses
        except BaseException as raised:
            error = raised
            raise
        finally:
            call.finish(context, error)

    return handle


def _incoming(request: Any, call: _Call, *, many: bool) -> Any:
    """The request, or the stream of requests, counted."""
    if not many:
        call.received()
        return request

    async def counted() -> AsyncIterator[Any]:
        async for message in request:
            call.received()
            yield message

    return counted()


def _outcome(context: Any, error: BaseException | None) -> str:
    """Name of the status code that the client sees."""
    if isinstance(error, (asyncio.CancelledError, GeneratorExit)):
        # The runtime cancels a handler both when the client cancels and when the deadline passes.
        remaining = context.time_remaining()
        return "DEADLINE_EXCEEDED" if remaining is not None and remaining <= 0 else "CANCELLED"
    code = context.code()
    if isinstance(code, grpc.StatusCode):
        name = code.name
    else:
        name = _CODES.get(code, "UNKNOWN") if code is not None else "OK"
    # An exception that set no code ends the call as UNKNOWN.
    return "UNKNOWN" if error is not None and name == "OK" else name
