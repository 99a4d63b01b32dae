"""The daemon's gRPC server: TrainingService, health and reflection, on one port."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from fitbox.rpc.server import RpcServer
from fitbox.v1 import training_pb2, training_pb2_grpc
from fitbox_trainer.daemon.service import TrainingService
from fitbox_trainer.daemon.settings import TrainerSettings

SERVICE_NAME = training_pb2.DESCRIPTOR.services_by_name["TrainingService"].full_name


class TrainingServer:
    """Binds its port at once.

    Raises:
        ConfigurationError: the address, the TLS files or the token file cannot be used.
    """

    def __init__(
        self, service: TrainingService, settings: TrainerSettings, registry: CollectorRegistry
    ) -> None:
        self._rpc = RpcServer(settings, registry, readiness=SERVICE_NAME)
        training_pb2_grpc.add_TrainingServiceServicer_to_server(service, self._rpc.grpc)
        self.port = self._rpc.open([training_pb2.DESCRIPTOR])

    async def start(self) -> None:
        """Accept calls; a daemon that does is ready."""
        await self._rpc.start()
        self._rpc.health.set_ready(True)

    async def stop(self, grace_seconds: float) -> None:
        """Say that we go, then end the calls that are still open after the grace time."""
        await self._rpc.stop(grace_seconds)
