"""The server process: what it is made of, and the order in which it starts and stops."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import grpc.aio
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import CollectorRegistry

from fitbox.engine.choice import choose_engine
from fitbox.engine.kinds import by_name
from fitbox.engine.process import EngineProcess
from fitbox.engine.types import GenerationRequest
from fitbox.errors import ConfigurationError
from fitbox.profile import Equipment, Goal, Level, Profile, Sex
from fitbox.registry import Registry
from fitbox.rpc.listening import auth_interceptors, open_port, server_options
from fitbox.tasks import Task, TaskName, task
from fitbox.telemetry.grpc_metrics import GrpcMetricsInterceptor, GrpcServerMetrics
from fitbox.v1 import (
    adapter_pb2,
    adapter_pb2_grpc,
    recommendation_pb2,
    recommendation_pb2_grpc,
)
from fitbox_server.active import Serving, SwapSettings
from fitbox_server.adapters import AdapterService
from fitbox_server.admission import Admission
from fitbox_server.health import HealthService
from fitbox_server.idempotency import IdempotencyCache
from fitbox_server.interceptor import ErrorInterceptor
from fitbox_server.loader import Loader, WorkerSettings
from fitbox_server.metrics import MetricsServer, PrometheusHooks
from fitbox_server.recommend import Recommender
from fitbox_server.reply_cache import ReplyCache
from fitbox_server.service import RecommendationService
from fitbox_server.settings import Settings
from fitbox_server.versions import Launch

_log = structlog.get_logger(__name__)

_WARM_PROFILE = Profile(
    age_years=35,
    sex=Sex.FEMALE,
    weight_kg=70,
    height_cm=170,
    level=Level.INTERMEDIATE,
    goal=Goal.MAINTENANCE,
    equipment=frozenset({Equipment.DUMBBELL}),
)
WARM_TOKENS = 16
"""Enough for the prompt, the grammar and some decode steps; a whole plan would only take longer."""


@dataclass(frozen=True)
class Ready:
    """Where a server that is ready can be reached."""

    address: str
    metrics: str
    version: str
    engine: str
    engine_reason: str
    """Why this engine, where it was left to the server."""


async def serve(
    settings: Settings,
    stop: asyncio.Event,
    *,
    on_ready: Callable[[Ready], None],
    launch: Launch = EngineProcess.start,
    tasks: Mapping[TaskName, Task] | None = None,
) -> None:
    """Run until ``stop`` is set, then shut down in order.

    Raises:
        FitBoxError: it could not start: no base model, no engine, or no version that loads.
    """
    registry = Registry(settings.models)
    base = registry.base_model(settings.model)
    engine, reason = choose_engine(settings.engine, base.path)
    by_name(engine).check_options(settings.engine_options)
    _log.info("engine_chosen", engine=engine, reason=reason)
    if tasks is None:
        tasks = {name: task(name) for name in TaskName}

    collector = CollectorRegistry()
    hooks = PrometheusHooks(collector)
    worker_settings = WorkerSettings(
        engine=engine,
        engine_options=tuple(settings.engine_options.items()),
        threads=settings.threads,
        max_batch_size=settings.max_batch_size,
        cache_gib=settings.cache_gib,
        niceness=settings.swap_niceness,
        start_timeout_seconds=settings.start_timeout_seconds,
    )
    swap_settings = SwapSettings(
        use_adapter=settings.use_adapter,
        poll_seconds=settings.poll_seconds,
        drain_seconds=settings.drain_seconds,
        trial_replies=settings.trial_replies,
        trial_seconds=settings.trial_seconds,
        restart_backoff_seconds=settings.restart_backoff_seconds,
    )
    loader = Loader(registry, base, launch, warm_requests(tasks), worker_settings)
    serving = Serving(registry, loader, swap_settings, hooks)
    admission = Admission(
        in_flight=settings.in_flight, queue=settings.queue, tokens=settings.in_flight_tokens, hooks=hooks
    )
    recommender = Recommender(
        tasks,
        serving,
        admission,
        hooks,
        temperature=settings.temperature,
        retry_temperature=settings.retry_temperature,
    )
    idempotency = IdempotencyCache(seconds=settings.idempotency_seconds, entries=settings.idempotency_entries)
    health = HealthService()
    server = _grpc_server(settings, collector)
    recommendation_pb2_grpc.add_RecommendationServiceServicer_to_server(
        RecommendationService(
            recommender,
            idempotency,
            ReplyCache(settings.reply_cache_bytes, hooks),
            batch_concurrency=settings.batch_concurrency,
        ),
        server,
    )
    adapter_pb2_grpc.add_AdapterServiceServicer_to_server(
        AdapterService(registry, serving, idempotency), server
    )
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    reflection.enable_server_reflection(_service_names(), server)
    port = open_port(server, settings)

    async with contextlib.AsyncExitStack() as stack:
        metrics = stack.enter_context(_metrics_server(settings, collector))
        stack.push_async_callback(serving.close)
        # The port is open while the first version loads: liveness answers, readiness says not yet.
        await server.start()
        stack.push_async_callback(server.stop, None)
        if not await _finished_before(stop, serving.start()):
            return
        follow = asyncio.create_task(serving.run())
        report = asyncio.create_task(_report_readiness(serving, health))
        on_ready(Ready(f"{settings.host}:{port}", metrics.address, serving.serving.version, engine, reason))
        await _until_any(stop.wait(), follow, report)
        await _shut_down(settings, health, serving, admission, server)
        await _cancel(follow, report)


async def _shut_down(
    settings: Settings, health: HealthService, serving: Serving, admission: Admission, server: grpc.aio.Server
) -> None:
    """NOT_SERVING, lame duck, drain; the exit stack then ends the workers and the metrics.

    First balancers are told to look away, then they get a moment in which calls that are on their way are
    still accepted, then nothing new is accepted and what runs may finish.
    """
    _log.info("shutdown_started", in_flight=admission.in_flight, waiting=admission.waiting)
    health.close()
    await asyncio.sleep(settings.lame_duck_seconds)
    # Watches last as long as their clients like; the drain below must not wait for them.
    serving.changes.end()
    health.end_watches()
    await server.stop(settings.grace_seconds)
    _log.info("shutdown_drained", cut_off=admission.in_flight)


def warm_requests(tasks: Mapping[TaskName, Task]) -> list[GenerationRequest]:
    """A real request of each task, short."""
    requests = []
    for one in tasks.values():
        constraints = one.constrain(_WARM_PROFILE)
        limit = min(WARM_TOKENS, one.max_new_tokens)
        requests.append(GenerationRequest(one.messages(constraints), limit, one.grammar(constraints)))
    return requests


def _grpc_server(settings: Settings, collector: CollectorRegistry) -> grpc.aio.Server:
    metrics = GrpcMetricsInterceptor(GrpcServerMetrics(collector))
    return grpc.aio.server(
        interceptors=[metrics, *auth_interceptors(settings), ErrorInterceptor()],
        options=server_options(settings),
    )


def _metrics_server(settings: Settings, collector: CollectorRegistry) -> MetricsServer:
    try:
        return MetricsServer(collector, settings.metrics_host, settings.metrics_port)
    except OSError as error:
        raise ConfigurationError(
            f"cannot serve metrics on {settings.metrics_host}:{settings.metrics_port}: {error.strerror}"
        ) from error


def _service_names() -> tuple[str, ...]:
    services = [
        *recommendation_pb2.DESCRIPTOR.services_by_name.values(),
        *adapter_pb2.DESCRIPTOR.services_by_name.values(),
        *health_pb2.DESCRIPTOR.services_by_name.values(),
    ]
    return (*(service.full_name for service in services), reflection.SERVICE_NAME)


async def _report_readiness(serving: Serving, health: HealthService) -> None:
    while True:
        health.set_ready(serving.ready)
        await serving.changes.next()


async def _until_any(stop: Awaitable[object], *tasks: asyncio.Task[None]) -> None:
    """Wait for the stop or the end of a task; what a task raises ends the process instead of hiding."""
    waiting = asyncio.ensure_future(stop)
    done, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    for ended in done - {waiting}:
        ended.result()


async def _finished_before(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Whether ``work`` ended before the stop, which cancels it: a load may take minutes."""
    working = asyncio.create_task(work)
    try:
        await _until_any(stop.wait(), working)
        return working.done()
    finally:
        await _cancel(working)


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    for one in tasks:
        one.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
