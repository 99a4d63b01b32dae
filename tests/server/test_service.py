"""The whole server in one process: real gRPC on the loopback, fake workers behind it."""

from __future__ import annotations

import asyncio
import hashlib
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from fitbox_client.convert import profile_to_proto
from fitbox_client.errors import (
    FitBoxClientError,
    InvalidRequestError,
    NotFoundError,
    PreconditionError,
    ServerOverloadedError,
    ServerUnavailableError,
    from_rpc_error,
)
from fitbox_server.app import Ready, serve
from fitbox_server.settings import Settings
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from fitbox.errors import AdapterPinnedError, ConfigurationError
from fitbox.registry import Registry
from fitbox.rpc import tokens
from fitbox.rpc.scopes import Scope
from fitbox.v1 import (
    adapter_pb2,
    adapter_pb2_grpc,
    plan_pb2,
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
        values = {"poll_seconds": 0.01, "lame_duck_seconds": 0.0, "grace_seconds": 5.0, **settings}
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


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """A server on the base model."""
    server = Served(tmp_path / "models")
    await server.start()
    yield server
    await server.close()


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Starts a server with other settings."""
    servers: list[Served] = []

    async def make(**settings: Any) -> Served:
        server = Served(tmp_path / "models", **settings)
        servers.append(server)
        await server.start()
        return server

    yield make
    for server in servers:
        if not server.stop.is_set():
            await server.close()


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


async def test_each_kind_of_recommendation_is_answered(served: Served) -> None:
    """Typed, with the figures and the provenance."""
    workout = await served.recommend.RecommendWorkout(
        recommendation_pb2.RecommendWorkoutRequest(request_id="w", profile=PROFILE)
    )
    nutrition = await served.recommend.RecommendNutrition(
        recommendation_pb2.RecommendNutritionRequest(profile=PROFILE)
    )
    advice = await served.advice(language_code="en")
    assert workout.request_id == "w"
    assert workout.plan.sessions[0].exercises[0].exercise_id
    assert abs(nutrition.plan.total_kcal - nutrition.plan.target_kcal) <= 0.02 * nutrition.plan.target_kcal
    assert advice.advice.tips
    for reply in (workout, nutrition, advice):
        assert reply.provenance.source == plan_pb2.PLAN_SOURCE_MODEL
        assert reply.provenance.adapter_version == "base"
        assert reply.assessment.bmi > 0


async def test_the_assessment_needs_no_worker(served: Served) -> None:
    """Physiology is answered even while the engine is down."""
    served.launcher.loads.clear()
    served.launcher.workers[0].die()
    reply = await served.recommend.AssessProfile(recommendation_pb2.AssessProfileRequest(profile=PROFILE))
    assert reply.assessment.target_kcal > 0
    assert isinstance(await error_of(served.advice()), ServerUnavailableError)
    served.launcher.loads.set()
    await until(lambda: len(served.launcher.alive) == 1)
    await served.advice()


async def test_streamed_advice_ends_with_the_checked_whole(served: Served) -> None:
    """Deltas, then exactly one result."""
    call = served.recommend.StreamAdvice(recommendation_pb2.StreamAdviceRequest(profile=PROFILE))
    events = [event async for event in call]
    assert [event.WhichOneof("event") for event in events[:-1]] == ["text_delta"] * (len(events) - 1)
    assert len(events) > 1
    assert events[-1].result.advice.tips


async def test_a_stream_that_is_abandoned_still_serves_who_repeated_it(served: Served) -> None:
    """The repeat gets the result alone; the one who left gets nothing, and breaks nothing."""
    served.launcher.gate.clear()
    request = recommendation_pb2.StreamAdviceRequest(request_id="stream", profile=PROFILE)
    leaver = served.recommend.StreamAdvice(request)
    await until(lambda: served.launcher.workers[0].in_flight)
    stayer = served.recommend.StreamAdvice(request)
    other = served.recommend.StreamAdvice(
        recommendation_pb2.StreamAdviceRequest(request_id="other", profile=PROFILE)
    )
    await until(lambda: served.launcher.workers[0].in_flight == 2)
    leaver.cancel()
    other.cancel()
    await until(lambda: served.launcher.workers[0].in_flight == 1)
    served.launcher.gate.set()
    assert [event.WhichOneof("event") async for event in stayer] == ["result"]


async def test_a_batch_answers_every_member(served: Served) -> None:
    """Kinds may be mixed; a bad item is an item's error."""
    kinds = recommendation_pb2.RecommendationKind.values()[1:]
    requests = [
        recommendation_pb2.BatchRecommendRequest(request_id=f"{kind}", kind=kind, profile=PROFILE)
        for kind in kinds
    ]
    requests.append(recommendation_pb2.BatchRecommendRequest(request_id="bad", profile=PROFILE))
    call = served.recommend.BatchRecommend(iter(requests))
    outcomes = {reply.request_id: reply.WhichOneof("outcome") async for reply in call}
    assert outcomes == {"1": "workout", "2": "nutrition", "3": "advice", "bad": "error"}


async def test_a_long_batch_holds_few_items_at_a_time(start: Callable[..., Any]) -> None:
    """However many the client sends, and beside calls of others, which are not refused for it."""
    served = await start(batch_concurrency=4, in_flight=2, queue=1)
    worker = served.launcher.workers[0]
    peak = 0

    async def items() -> AsyncIterator[recommendation_pb2.BatchRecommendRequest]:
        for index in range(200):
            yield recommendation_pb2.BatchRecommendRequest(
                request_id=str(index), kind=recommendation_pb2.RECOMMENDATION_KIND_ADVICE, profile=PROFILE
            )

    call = served.recommend.BatchRecommend(items())
    single = asyncio.create_task(served.advice())
    names = set()
    async for reply in call:
        peak = max(peak, worker.in_flight)
        assert reply.WhichOneof("outcome") == "advice"
        names.add(reply.request_id)
    assert len(names) == 200
    assert peak <= 2
    assert (await single).advice.tips


async def test_a_bad_request_names_every_field(served: Served) -> None:
    """As BadRequest details under INVALID_ARGUMENT."""
    message = recommendation_pb2.RecommendWorkoutRequest(profile=PROFILE, language_code="de")
    message.profile.age_years, message.profile.goal = 7, 99  # type: ignore[assignment]  # a number of a later API
    error = await error_of(served.recommend.RecommendWorkout(message))
    assert isinstance(error, InvalidRequestError)
    assert error.reason == "INVALID_REQUEST"
    fields = {violation.field for violation in error.violations}
    assert fields == {"profile.age_years", "profile.goal", "language_code"}


async def test_a_repeated_request_id_is_answered_without_generating(served: Served) -> None:
    """And refused where the contents differ."""
    first = await served.advice(request_id="same")
    count = len(served.launcher.workers[0].requests)
    assert await served.advice(request_id="same") == first
    assert len(served.launcher.workers[0].requests) == count
    error = await error_of(served.advice(request_id="same", language_code="fr"))
    assert isinstance(error, PreconditionError)
    assert error.reason == "REQUEST_ID_REUSED"


async def test_overload_is_refused_at_once_with_a_hint(start: Callable[..., Any]) -> None:
    """RESOURCE_EXHAUSTED while the slot is taken; the slot's owner is not disturbed."""
    served = await start(in_flight=1, queue=0)
    served.launcher.gate.clear()
    first = asyncio.create_task(served.advice())
    await until(lambda: served.launcher.workers[0].in_flight)
    error = await error_of(served.advice())
    assert isinstance(error, ServerOverloadedError)
    assert error.retry_after_seconds > 0
    served.launcher.gate.set()
    assert (await first).advice.tips


async def test_a_client_that_leaves_frees_its_slot(start: Callable[..., Any]) -> None:
    """Cancellation reaches the worker."""
    served = await start(in_flight=1, queue=0)
    served.launcher.gate.clear()
    call = served.recommend.RecommendAdvice(recommendation_pb2.RecommendAdviceRequest(profile=PROFILE))
    await until(lambda: served.launcher.workers[0].in_flight)
    call.cancel()
    await until(lambda: served.launcher.workers[0].in_flight == 0)
    served.launcher.gate.set()
    await served.advice()


async def test_a_passed_deadline_frees_its_slot(served: Served) -> None:
    """The client sees DEADLINE_EXCEEDED, the worker is free."""
    served.launcher.gate.clear()
    request = recommendation_pb2.RecommendAdviceRequest(profile=PROFILE)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.recommend.RecommendAdvice(request, timeout=0.3)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await until(lambda: served.launcher.workers[0].in_flight == 0)


async def test_a_message_over_the_limit_is_refused(start: Callable[..., Any]) -> None:
    """Before it is parsed."""
    served = await start(max_message_bytes=4096)
    message = recommendation_pb2.RecommendAdviceRequest(profile=PROFILE)
    message.profile.disliked_foods.extend(["rice"] * 2000)
    error = await error_of(served.recommend.RecommendAdvice(message))
    assert error.code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_version_is_activated_listed_and_rolled_back(served: Served) -> None:
    """Each call returns once the version serves."""
    version = fakes.publish(served.registry, 1)
    reply = await served.adapters.ActivateAdapter(
        adapter_pb2.ActivateAdapterRequest(version=version.name, reason="test")
    )
    assert reply.adapter.state == adapter_pb2.ADAPTER_STATE_ACTIVE
    assert (await served.advice()).provenance.adapter_digest == version.digest
    listing = await served.adapters.ListAdapters(adapter_pb2.ListAdaptersRequest())
    assert listing.serving_version == listing.adapters[0].version == version.name
    details = await served.adapters.GetAdapter(adapter_pb2.GetAdapterRequest(version="active"))
    assert "dataset_digest" in details.training_metadata_json
    assert details.evaluation_json == '{"quality": 0.75}'
    back = await served.adapters.RollbackAdapter(adapter_pb2.RollbackAdapterRequest(reason="test"))
    assert back.adapter.version == "base"
    assert (await served.advice()).provenance.adapter_version == "base"


async def test_a_rollback_is_done_once_for_one_request_id(served: Served) -> None:
    """A retry after a lost reply must not roll back twice."""
    for seed in (1, 2):
        version = fakes.publish(served.registry, seed)
        await served.adapters.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=version.name))
    request = adapter_pb2.RollbackAdapterRequest(request_id="once")
    first = await served.adapters.RollbackAdapter(request)
    assert await served.adapters.RollbackAdapter(request) == first


async def test_errors_of_the_adapter_service_are_typed(served: Served) -> None:
    """Unknown, broken and pinned versions each have a code and a reason."""
    activate = served.adapters.ActivateAdapter
    unknown = await error_of(activate(adapter_pb2.ActivateAdapterRequest(version="v000009-00000000")))
    assert isinstance(unknown, NotFoundError)
    active = adapter_pb2.GetAdapterRequest(version="active")
    assert isinstance(await error_of(served.adapters.GetAdapter(active)), NotFoundError)
    good, bad = fakes.publish(served.registry, 1), fakes.publish(served.registry, 2)
    (bad.path / "extra.json").write_text("{}")
    broken = await error_of(activate(adapter_pb2.ActivateAdapterRequest(version=bad.name)))
    assert (broken.reason, broken.metadata["invalid"]) == ("ADAPTER_INVALID", "file_unexpected")
    await activate(adapter_pb2.ActivateAdapterRequest(version=good.name, pin=True))
    pinned = await error_of(served.adapters.RollbackAdapter(adapter_pb2.RollbackAdapterRequest()))
    assert pinned.reason == "ADAPTER_PINNED"
    listing = await served.adapters.ListAdapters(adapter_pb2.ListAdaptersRequest())
    assert [adapter.pinned for adapter in listing.adapters] == [False, True]


async def test_a_pinned_version_keeps_serving_whatever_is_published(served: Served) -> None:
    """Only the version that was meant can be pinned; a new one is listed and waits until the pin goes."""
    service = served.adapters
    assert isinstance(await error_of(service.PinAdapter(adapter_pb2.PinAdapterRequest())), NotFoundError)
    old = fakes.publish(served.registry, 1)
    await service.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=old.name))
    other = adapter_pb2.PinAdapterRequest(version="v000009-00000000")
    assert (await error_of(service.PinAdapter(other))).reason == "ADAPTER_NOT_ACTIVE"
    request = adapter_pb2.PinAdapterRequest(version=old.name, reason="audit", request_id="pin-1")
    reply = await service.PinAdapter(request)
    assert await service.PinAdapter(request) == reply
    assert reply.adapter.pinned
    new = fakes.publish(served.registry, 2)
    with pytest.raises(AdapterPinnedError):
        served.registry.activate(new.name, reason="trainer")
    listing = await service.ListAdapters(adapter_pb2.ListAdaptersRequest())
    active = listing.active
    assert [adapter.version for adapter in listing.adapters] == [new.name, old.name]
    assert (active.version, active.previous_version) == (old.name, "base")
    assert (active.pinned, active.reason) == (True, "audit")
    assert listing.serving_version == old.name
    unpinned = await service.UnpinAdapter(adapter_pb2.UnpinAdapterRequest())
    assert not unpinned.adapter.pinned
    await service.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=new.name))


async def test_a_version_comes_with_its_files(served: Served) -> None:
    """Path, size and hash of each, as its manifest says."""
    version = fakes.publish(served.registry, 1)
    reply = await served.adapters.GetAdapter(adapter_pb2.GetAdapterRequest(version=version.name))
    files = {file.path: file for file in reply.files}
    weights = files["adapter_model.safetensors"]
    content = (version.path / weights.path).read_bytes()
    assert (weights.size_bytes, weights.sha256) == (len(content), hashlib.sha256(content).hexdigest())


async def test_watchers_get_the_state_and_each_change(served: Served) -> None:
    """First what is, then what changes."""
    watch = served.adapters.WatchAdapters(adapter_pb2.WatchAdaptersRequest())
    first = await watch.read()
    assert (first.adapter.version, first.serving_version) == ("base", "base")
    version = fakes.publish(served.registry, 1)
    served.registry.activate(version.name, reason="trainer")
    states = [(await watch.read()).adapter.state for _ in range(2)]
    assert states == [adapter_pb2.ADAPTER_STATE_LOADING, adapter_pb2.ADAPTER_STATE_ACTIVE]
    watch.cancel()


async def test_replies_during_swaps_come_from_the_version_they_name(served: Served) -> None:
    """Calls that overlap swaps all succeed, and name a version that served."""
    replies: list[recommendation_pb2.RecommendAdviceResponse] = []
    swapping = True

    async def call() -> None:
        while swapping:
            replies.append(await served.advice())

    callers = [asyncio.create_task(call()) for _ in range(4)]
    names = {"base"}
    for seed in range(1, 6):
        version = fakes.publish(served.registry, seed)
        await served.adapters.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=version.name))
        names.add(version.name)
    swapping = False
    await asyncio.gather(*callers)
    assert {reply.provenance.adapter_version for reply in replies} <= names
    assert len(replies) > 5


async def test_health_tells_liveness_from_readiness(served: Served) -> None:
    """A dead worker is not a dead process; a watcher sees both turns."""
    watch = served.health.Watch(health_pb2.HealthCheckRequest(service=READINESS))
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
    served.launcher.loads.clear()
    served.launcher.workers[0].die()
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
    live = await served.health.Check(health_pb2.HealthCheckRequest())
    assert live.status == health_pb2.HealthCheckResponse.SERVING
    served.launcher.loads.set()
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.health.Check(health_pb2.HealthCheckRequest(service="no.such.Service"))
    assert from_rpc_error(caught.value).reason == "SERVICE_UNKNOWN"
    watch.cancel()


async def test_reflection_lists_the_services(served: Served) -> None:
    """A client needs no .proto file."""
    stub = reflection_pb2_grpc.ServerReflectionStub(served.channel)
    call = stub.ServerReflectionInfo(
        iter(
            [
                reflection_pb2.ServerReflectionRequest(list_services=""),
                reflection_pb2.ServerReflectionRequest(file_containing_symbol="fitbox.v1.AdapterService"),
            ]
        )
    )
    listing, file = [reply async for reply in call]
    names = {service.name for service in listing.list_services_response.service}
    assert {READINESS, "fitbox.v1.AdapterService", "grpc.health.v1.Health"} <= names
    descriptor = FileDescriptorProto.FromString(file.file_descriptor_response.file_descriptor_proto[0])
    assert descriptor.package == "fitbox.v1"


async def test_the_metrics_are_what_prometheus_parses(served: Served) -> None:
    """Calls, tokens, sources and the active version, in text that the official parser accepts."""
    await served.advice()
    await error_of(served.recommend.RecommendWorkout(recommendation_pb2.RecommendWorkoutRequest()))
    samples = await asyncio.to_thread(served.metrics)
    method = {"grpc_type": "unary", "grpc_service": READINESS}

    def value(name: str, **labels: str) -> float:
        return samples[name, frozenset(labels.items())]

    assert value("grpc_server_handled_total", **method, grpc_method="RecommendAdvice", grpc_code="OK") == 1
    refused = {"grpc_method": "RecommendWorkout", "grpc_code": "InvalidArgument"}
    assert value("grpc_server_handled_total", **method, **refused) == 1
    assert value("fitbox_generated_tokens_total", task="advice", version="base") > 0
    assert value("fitbox_plan_source_total", task="advice", source="model") == 1
    assert value("fitbox_active_adapter_info", version="base", digest="") == 1
    assert value("fitbox_swaps_total", outcome="served", reason="") == 1
    assert value("fitbox_admission_in_flight") == 0
    assert value("fitbox_time_to_first_token_seconds_count", task="advice") == 1


async def test_tokens_are_asked_for_before_anything_is_read(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    """What is refused is counted, and reaches neither the engine nor the registry."""
    path = tmp_path / "tokens.txt"
    token = tokens.create(path, "app", frozenset({Scope.RECOMMEND}))
    served = await start(tokens_file=path)
    metadata = (("authorization", f"Bearer {token}"),)
    missing = await error_of(served.advice())
    assert (missing.code, missing.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING")
    request = recommendation_pb2.RecommendAdviceRequest(profile=PROFILE)
    assert (await served.recommend.RecommendAdvice(request, metadata=metadata)).advice.tips
    rollback = adapter_pb2.RollbackAdapterRequest()
    denied = await error_of(served.adapters.RollbackAdapter(rollback, metadata=metadata))
    assert (denied.code, denied.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    samples = await asyncio.to_thread(served.metrics)
    codes = {
        dict(labels)["grpc_code"]
        for (name, labels), value in samples.items()
        if name == "grpc_server_handled_total" and value
    }
    assert codes == {"OK", "Unauthenticated", "PermissionDenied"}


async def test_a_shutdown_lets_calls_in_flight_finish(start: Callable[..., Any]) -> None:
    """NOT_SERVING first; watchers do not hold it up; nothing is left running."""
    served = await start(lame_duck_seconds=0.2)
    served.launcher.gate.clear()
    running = asyncio.create_task(served.advice())
    await until(lambda: served.launcher.workers[0].in_flight)
    ready = served.health.Watch(health_pb2.HealthCheckRequest(service=READINESS))
    watch = served.adapters.WatchAdapters(adapter_pb2.WatchAdaptersRequest())
    await ready.read()
    await watch.read()
    served.stop.set()
    assert (await ready.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
    late = asyncio.create_task(served.advice())  # on its way while balancers look away
    assert await watch.read() is grpc.aio.EOF
    assert await ready.read() is grpc.aio.EOF
    assert not served.task.done()
    served.launcher.gate.set()
    assert (await running).advice.tips
    assert (await late).advice.tips
    await served.task
    assert served.launcher.alive == []
    assert isinstance(await error_of(served.advice()), ServerUnavailableError)
    await served.channel.close()


async def test_a_stop_while_the_first_version_loads_ends_the_start(tmp_path: Path) -> None:
    """Nobody waits minutes for a load to be cancelled."""
    served = Served(tmp_path / "models")
    served.launcher.loads.clear()
    served.stop.set()
    await serve(served.settings, served.stop, on_ready=served.ready.set_result, launch=served.launcher)
    assert not served.ready.done()


async def test_a_taken_port_is_a_readable_error(served: Served, tmp_path: Path) -> None:
    """Two servers on one port would share its calls at random."""
    port = int(served.ready.result().address.rpartition(":")[2])
    other = Served(tmp_path / "other")
    other.settings = other.settings.model_copy(update={"port": port})
    with pytest.raises(ConfigurationError, match="cannot listen"):
        await other.start()


async def test_unknown_enum_numbers_reach_the_server_and_are_refused(served: Served) -> None:
    """A newer client must not be answered for another member than it meant."""
    request = recommendation_pb2.RecommendAdviceRequest(profile=PROFILE)
    request.profile.conditions.append(77)  # type: ignore[arg-type]  # a number of a later API
    error = await error_of(served.recommend.RecommendAdvice(request))
    assert isinstance(error, InvalidRequestError)
    assert error.violations[0].field == "profile.conditions[0]"
