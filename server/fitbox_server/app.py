"""The server process: what it is made of, and the order in which it starts and stops."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from fitbox.decoding import Decoding
from fitbox.engine.choice import choose_engine
from fitbox.engine.kinds import by_name, visible_gpus
from fitbox.engine.process import EngineProcess
from fitbox.engine.types import GenerationRequest
from fitbox.profile import Equipment, Goal, Level, Profile, Sex
from fitbox.registry import Registry
from fitbox.rpc.address import endpoint
from fitbox.rpc.health import HealthService
from fitbox.rpc.request_ids import IdempotencyCache
from fitbox.rpc.server import RpcServer
from fitbox.tasks import TASKS, AnyTask, TaskName
from fitbox.telemetry.host import Host
from fitbox.telemetry.metrics_server import MetricsServer
from fitbox.v1 import (
    adapter_pb2,
    adapter_pb2_grpc,
    feedback_pb2,
    feedback_pb2_grpc,
    recommendation_pb2,
    recommendation_pb2_grpc,
)
from fitbox_server.active import LONGEST_RESTART_PAUSE_SECONDS, Serving, SwapSettings
from fitbox_server.adapters import AdapterService
from fitbox_server.admission import Admission
from fitbox_server.backoff import Backoff
from fitbox_server.batch import Window
from fitbox_server.decoding import DecodingPolicy
from fitbox_server.feedback.known_versions import KnownVersions
from fitbox_server.feedback.opening import open_feedback
from fitbox_server.feedback.service import FeedbackService
from fitbox_server.hooks import Hooks
from fitbox_server.loader import Loader, WorkerSettings
from fitbox_server.metrics import PrometheusHooks
from fitbox_server.recommend import Recommender
from fitbox_server.reply_cache import ReplyCache
from fitbox_server.service import RecommendationService
from fitbox_server.settings import Settings
from fitbox_server.several import Launcher
from fitbox_server.substitutions import Substitutions
from fitbox_server.supervisor import Watchdog
from fitbox_server.versions import Launch
from fitbox_server.wanted import Wanted
from fitbox_server.weeks import EatingWeeks

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
READINESS = recommendation_pb2.DESCRIPTOR.services_by_name["RecommendationService"].full_name
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
    tasks: Mapping[TaskName, AnyTask] = TASKS,
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

    collector = CollectorRegistry()
    hooks = PrometheusHooks(collector)
    host = Host(collector, {"models": settings.models}, settings.tls_certificate)
    worker_settings = WorkerSettings(
        engine=engine,
        engine_options=tuple(settings.engine_options.items()),
        threads=settings.threads,
        max_batch_size=settings.max_batch_size,
        cache_gib=settings.cache_gib,
        niceness=settings.swap_niceness,
        start_timeout_seconds=settings.start_timeout_seconds,
        generation_seconds=settings.generation_seconds,
    )
    swap_settings = SwapSettings(
        poll_seconds=settings.poll_seconds,
        drain_seconds=settings.drain_seconds,
        trial_replies=settings.trial_replies,
        trial_seconds=settings.trial_seconds,
        restart_backoff_seconds=settings.restart_backoff_seconds,
        watchdog=Watchdog.lasting(settings.hang_seconds or by_name(engine).hang_seconds),
    )
    workers = settings.workers or max(1, len(visible_gpus()))
    loader = Loader(
        registry,
        base,
        _launch(launch, workers, swap_settings, hooks),
        warm_requests(tasks),
        worker_settings,
        hooks,
    )
    wanted = Wanted(registry, use_adapter=settings.use_adapter, hooks=hooks)
    serving = Serving(wanted, loader, swap_settings, hooks)
    admission = Admission(
        in_flight=settings.in_flight * workers,
        queue=settings.queue,
        tokens=settings.in_flight_tokens * workers,
        hooks=hooks,
    )
    feedback = await open_feedback(settings)
    recommender = Recommender(
        tasks,
        serving,
        admission,
        hooks,
        ReplyCache(settings.reply_cache_bytes, hooks),
        policy(settings, workers),
        feedback.name_reply,
    )
    window = Window(
        each=settings.batch_concurrency,
        caller=settings.batch_caller_items,
        total=settings.batch_items,
    )
    idempotency = IdempotencyCache(seconds=settings.idempotency_seconds, entries=settings.idempotency_entries)
    server = RpcServer(settings, collector, readiness=READINESS)
    recommendation_pb2_grpc.add_RecommendationServiceServicer_to_server(
        RecommendationService(
            recommender,
            idempotency,
            window,
            Substitutions(admission, hooks),
            EatingWeeks(admission, hooks),
        ),
        server.grpc,
    )
    adapter_pb2_grpc.add_AdapterServiceServicer_to_server(
        AdapterService(registry, serving, idempotency), server.grpc
    )
    feedback_pb2_grpc.add_FeedbackServiceServicer_to_server(
        FeedbackService(
            feedback.reply_ids, feedback.journal, KnownVersions(registry), admission, idempotency, hooks
        ),
        server.grpc,
    )

    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(feedback.close)
        port = server.open([recommendation_pb2.DESCRIPTOR, adapter_pb2.DESCRIPTOR, feedback_pb2.DESCRIPTOR])
        stack.enter_context(host.beating())
        metrics = stack.enter_context(MetricsServer(collector, settings.metrics_host, settings.metrics_port))
        stack.push_async_callback(serving.close)
        # The port is open while the first version loads: liveness answers, readiness says not yet.
        await server.start()
        stack.push_async_callback(server.stop, None)
        if not await _finished_before(stop, serving.start()):
            return
        follow = asyncio.create_task(serving.run())
        report = asyncio.create_task(_report_readiness(serving, server.health))
        address = endpoint(settings.host, port)
        on_ready(Ready(address, metrics.address, serving.serving.version, engine, reason))
        await _until_any(stop.wait(), follow, report)
        await _shut_down(settings, serving, admission, server)
        await _cancel(follow, report)


async def _shut_down(settings: Settings, serving: Serving, admission: Admission, server: RpcServer) -> None:
    """NOT_SERVING, lame duck, drain; the exit stack then ends the workers and the metrics.

    First balancers are told to look away, then they get a moment in which calls that are on their way are
    still accepted, then nothing new is accepted and what runs may finish.
    """
    _log.info("shutdown_started", in_flight=admission.in_flight, waiting=admission.waiting)
    server.health.close()
    await asyncio.sleep(settings.lame_duck_seconds)
    # Watches last as long as their clients like; the drain below must not wait for them.
    serving.changes.end()
    await server.stop(settings.grace_seconds)
    _log.info("shutdown_drained", cut_off=admission.in_flight)


def _launch(one: Launch, workers: int, settings: SwapSettings, hooks: Hooks) -> Launch:
    """How a version is started: on one worker, or on several that are one to the swap."""
    if workers == 1:
        return one
    gpus = visible_gpus() or ("",)
    return Launcher(
        one,
        [gpus[number % len(gpus)] for number in range(workers)],
        settings.watchdog,
        Backoff(settings.restart_backoff_seconds, LONGEST_RESTART_PAUSE_SECONDS),
        hooks,
    )


def policy(settings: Settings, workers: int = 1) -> DecodingPolicy:
    """How replies are decoded, from the settings."""
    return DecodingPolicy(
        Decoding(settings.temperature, settings.candidates, settings.min_p),
        settings.retry_temperature,
        settings.candidate_texts * workers,
    )


def warm_requests(tasks: Mapping[TaskName, AnyTask]) -> list[GenerationRequest]:
    """A real request of each task, short."""
    requests = []
    for one in tasks.values():
        asked = one.prepare(_WARM_PROFILE)
        limit = min(WARM_TOKENS, one.max_new_tokens)
        requests.append(GenerationRequest(asked.messages, limit, asked.grammar))
    return requests


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
