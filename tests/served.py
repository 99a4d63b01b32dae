"""A whole server in this process: real gRPC on the loopback, fake workers behind it."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from fitbox_client.convert import profile_to_proto
from fitbox_client.errors import (
    FitBoxClientError,
    from_rpc_error,
)
from fitbox_server.app import Ready, serve
from fitbox_server.settings import Settings
from grpc_health.v1 import health_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from fitbox.registry import Registry
from fitbox.v1 import (
    adapter_pb2_grpc,
    feedback_pb2_grpc,
    recommendation_pb2,
    recommendation_pb2_grpc,
)
from tests import fakes

PROFILE = profile_to_proto(fakes.MEMBER)
READINESS = "fitbox.v1.RecommendationService"


class Served:
    """A running server and stubs to it."""

    def __init__(self, models: Path, **settings: Any) -> None:
        self.registry: Registry = fakes.write_models(models)
        self.launcher = fakes.FakeLauncher(lambda spec, request: fakes.model_text(request))
        values = {
            "poll_seconds": 0.01,
            "lame_duck_seconds": 0.0,
            "grace_seconds": 5.0,
            "feedback": models.parent / "feedback",
            "temperature": 0.0,  # one text a reply, so that what is asked of the worker can be counted
            **settings,
        }
        self.settings = Settings(
            models=models, model=fakes.BASE_NAME, engine="scripted", port=0, metrics_port=0, **values
        )
        self.stop = asyncio.Event()
        self.ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start, wait for the ready line, connect."""
        self.task = asyncio.create_task(
            serve(self.settings, self.stop, on_ready=self.ready.set_result, launch=self.launcher)
        )
        await asyncio.wait({self.task, self.ready}, return_when=asyncio.FIRST_COMPLETED)
        if self.task.done():
            self.task.result()
        self.channel = grpc.aio.insecure_channel(self.ready.result().address)
        self.recommend = recommendation_pb2_grpc.RecommendationServiceStub(self.channel)
        self.feedback = feedback_pb2_grpc.FeedbackServiceStub(self.channel)
        self.adapters = adapter_pb2_grpc.AdapterServiceStub(self.channel)
        self.health = health_pb2_grpc.HealthStub(self.channel)

    async def close(self) -> None:
        """Stop as SIGTERM would."""
        self.stop.set()
        assert self.task is not None
        await self.task
        await self.channel.close()

    async def advice(self, **fields: Any) -> recommendation_pb2.RecommendAdviceResponse:
        """One call."""
        request = recommendation_pb2.RecommendAdviceRequest(profile=PROFILE, **fields)
        reply: recommendation_pb2.RecommendAdviceResponse = await self.recommend.RecommendAdvice(request)
        return reply

    def metrics(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Every sample of ``/metrics``."""
        with urllib.request.urlopen(f"http://{self.ready.result().metrics}/metrics") as reply:
            text = reply.read().decode()
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


async def error_of(call: Any) -> FitBoxClientError:
    """The typed error that the client library makes of a failed call."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return from_rpc_error(caught.value)


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that no event announces across the wire."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - see the docstring
            await asyncio.sleep(0.002)
