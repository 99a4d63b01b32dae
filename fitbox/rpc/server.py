"""One gRPC server as both processes have it: metrics, limits, tokens, health, reflection, on one port."""

from __future__ import annotations

import socket
from collections.abc import Iterable

import grpc.aio
from google.protobuf.descriptor import FileDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import CollectorRegistry

from fitbox.rpc.calls import CallInterceptor
from fitbox.rpc.health import HealthService
from fitbox.rpc.listening import ListenSettings, auth_interceptors, open_port, server_options
from fitbox.telemetry.grpc_metrics import GrpcMetricsInterceptor, GrpcServerMetrics


class RpcServer:
    """Add servicers to :attr:`grpc`, then :meth:`open`, then :meth:`start`.

    Args:
        settings: Where and with what limits.
        registry: Gets the metrics of calls.
        readiness: Name of the service whose health is readiness.

    Raises:
        ConfigurationError: the token file cannot be used.
        OSError: the system has no more sockets for this process.
    """

    def __init__(self, settings: ListenSettings, registry: CollectorRegistry, *, readiness: str) -> None:
        self._settings = settings
        self.health = HealthService(readiness)
        self.calls = CallInterceptor(settings.call_limits())
        self._metrics = GrpcServerMetrics(registry)
        # In the order that each of them asks for.
        interceptors = [GrpcMetricsInterceptor(self._metrics), self.calls, *auth_interceptors(settings)]
        _ask_for_sockets()
        self.grpc = grpc.aio.server(interceptors=interceptors, options=server_options(settings))
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self.grpc)

    def open(self, protos: Iterable[FileDescriptor]) -> int:
        """Bind the port, which is returned, and describe the services of ``protos`` to whoever asks.

        Raises:
            ConfigurationError: see :func:`fitbox.rpc.listening.open_port`.
        """
        described = [*protos, health_pb2.DESCRIPTOR]
        self._metrics.expect(described)
        names = [service.full_name for proto in described for service in proto.services_by_name.values()]
        reflection.enable_server_reflection((*names, reflection.SERVICE_NAME), self.grpc)
        return open_port(self.grpc, self._settings)

    async def start(self) -> None:
        """Accept calls; liveness is SERVING, readiness as it is set."""
        await self.grpc.start()

    async def stop(self, grace_seconds: float | None) -> None:
        """End every watch of health, accept nothing new, and end what is still open after the grace time."""
        self.health.close()
        self.health.end_watches()
        await self.grpc.stop(grace_seconds)


def _ask_for_sockets() -> None:
    """gRPC's first server of a process makes such a pair; where that is refused, the half-made object takes
    the process down with a segmentation fault (grpcio 1.80). So it is asked for here first.
    """
    for one in socket.socketpair():
        one.close()
