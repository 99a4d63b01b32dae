"""A scripted server for the tests of programs that call FitBox: no model, no process, real gRPC.

>>> from fitbox.v1 import adapter_pb2 as pb
>>> with ScriptedServer() as server:
...     server.reply("ListAdapters", pb.ListAdaptersResponse(serving_version="v000007-3f9a1c2b"))
...     with FitBoxClient(server.address) as client:
...         client.list_adapters().serving_version
'v000007-3f9a1c2b'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf.message import Message

from fitbox.v1 import adapter_pb2, feedback_pb2, recommendation_pb2, training_pb2
from fitbox_client.client import FitBoxClient

__all__ = ["FitBoxClient", "ScriptedServer"]

Reply = Message | Iterable[Message] | Callable[[Any, grpc.ServicerContext], Any]


class ScriptedServer:
    """Serves every FitBox method on a free loopback port with the replies a test gives it.

    A method without a reply answers UNIMPLEMENTED. ``requests`` holds what arrived, in order.
    """

    def __init__(self) -> None:
        self._replies: dict[str, Reply] = {}
        self.requests: list[tuple[str, Any]] = []
        self._server = grpc.server(ThreadPoolExecutor(max_workers=8, thread_name_prefix="scripted"))
        for module in (recommendation_pb2, adapter_pb2, training_pb2, feedback_pb2):
            for service in module.DESCRIPTOR.services_by_name.values():
                handlers = {method.name: self._handler(method) for method in service.methods}
                generic = grpc.method_handlers_generic_handler(service.full_name, handlers)
                self._server.add_generic_rpc_handlers((generic,))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def reply(self, method: str, reply: Reply) -> None:
        """What a method answers: a message, several for a stream, or a function of (request, context)."""
        self._replies[method] = reply

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop(grace=None).wait()

    def _handler(self, method: Any) -> grpc.RpcMethodHandler[Any, Any]:
        request_type = method.input_type._concrete_class
        streams_in, streams_out = method.client_streaming, method.server_streaming

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            received = list(request) if streams_in else request
            self.requests.append((method.name, received))
            reply = self._replies.get(method.name)
            if reply is None:
                context.abort(grpc.StatusCode.UNIMPLEMENTED, f"no reply was scripted for {method.name}")
            result: Any = reply(received, context) if callable(reply) else reply
            return iter(result) if streams_out else result

        kinds = {
            (False, False): grpc.unary_unary_rpc_method_handler,
            (False, True): grpc.unary_stream_rpc_method_handler,
            (True, False): grpc.stream_unary_rpc_method_handler,
            (True, True): grpc.stream_stream_rpc_method_handler,
        }
        return kinds[streams_in, streams_out](
            answer,
            request_deserializer=request_type.FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )
