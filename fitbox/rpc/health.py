"""grpc.health.v1: liveness apart from readiness.

The empty service name is liveness: SERVING from the moment the port is open, so that an orchestrator does not
restart a process that is loading. The name of the process's own service is readiness: SERVING only while it
answers (a server: while a worker does), so that a balancer sends calls elsewhere meanwhile.

The servicer that ships with gRPC writes to a watcher while it holds the lock that every status change needs,
so one watcher that does not read would hold up a shutdown. This one never waits for a watcher.
"""

# ruff: noqa: N802 - gRPC names the methods

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from fitbox.rpc.status import ErrorStatus, RefusedError

LIVENESS = ""


class HealthService(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # it ships no types
    """Statuses by service name; watchers see the latest, not every one in between.

    ``readiness`` is the service whose name stands for it.
    """

    def __init__(self, readiness: str) -> None:
        self._readiness = readiness
        self._serving = {LIVENESS: True, readiness: False}
        self._closed = False
        self._ended = False
        self._changed = asyncio.Event()

    def set_ready(self, ready: bool) -> None:
        """Move readiness; ignored once :meth:`close` was called."""
        if not self._closed and self._serving[self._readiness] != ready:
            self._serving[self._readiness] = ready
            self._notify()

    def close(self) -> None:
        """NOT_SERVING for every service, for good: the server is about to stop."""
        self._closed = True
        self._serving = dict.fromkeys(self._serving, False)
        self._notify()

    def end_watches(self) -> None:
        """End every Watch, so that a shutdown need not wait for them."""
        self._ended = True
        self._notify()

    async def Check(
        self, request: health_pb2.HealthCheckRequest, context: Any
    ) -> health_pb2.HealthCheckResponse:
        """The status of a service. NOT_FOUND for a name that is not served here."""
        if request.service not in self._serving:
            raise RefusedError(ErrorStatus(grpc.StatusCode.NOT_FOUND, "SERVICE_UNKNOWN", "no such service"))
        return health_pb2.HealthCheckResponse(status=self._status(request.service))

    async def Watch(
        self, request: health_pb2.HealthCheckRequest, context: Any
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        """The status at once, then each change of it."""
        last = None
        while not self._ended:
            changed = self._changed
            if (status := self._status(request.service)) != last:
                last = status
                yield health_pb2.HealthCheckResponse(status=status)
            else:
                await changed.wait()

    def _status(self, service: str) -> Any:
        if service not in self._serving:
            return health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
        if not self._serving[service]:
            return health_pb2.HealthCheckResponse.NOT_SERVING
        return health_pb2.HealthCheckResponse.SERVING

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
