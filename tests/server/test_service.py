"""The whole server in one process: recommendations, health, reflection, metrics, tokens, shutdown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from fitbox_client.errors import (
    InvalidRequestError,
    PreconditionError,
    ReferralError,
    ServerUnavailableError,
    from_rpc_error,
)
from fitbox_server.app import serve
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from fitbox.errors import ConfigurationError
from fitbox.exercises import exercises
from fitbox.rpc import tokens
from fitbox.rpc.scopes import Scope
from fitbox.v1 import (
    adapter_pb2,
    plan_pb2,
    profile_pb2,
    recommendation_pb2,
)
from fitbox.workout.loads import takes_maximum
from fitbox.workout.task import WORKOUT
from tests import fakes
from tests.served import PROFILE, READINESS, Served, error_of, until


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


async def test_an_explanation_comes_where_it_is_asked_for(start: Callable[..., Any]) -> None:
    """With a week its exercises, with a day its foods, with an assessment both; from the cache too."""
    served = await start(reply_cache_bytes=1 << 20)
    plain = recommendation_pb2.RecommendWorkoutRequest(profile=PROFILE)
    asking = recommendation_pb2.RecommendWorkoutRequest(profile=PROFILE, explain=True)
    for request in (plain, asking, plain):
        reply = await served.recommend.RecommendWorkout(request)
        assert reply.HasField("explanation") is request.explain
        if request.explain:
            assert "LEVEL" in {rule.id for rule in reply.explanation.rules}
            assert reply.explanation.excluded[0].exclusions[0].rule_id
    nutrition = recommendation_pb2.RecommendNutritionRequest(profile=PROFILE, explain=True)
    day = (await served.recommend.RecommendNutrition(nutrition)).explanation
    assert "plan.total_kcal" in {number.field for number in day.numbers}
    asked = recommendation_pb2.AssessProfileRequest(profile=PROFILE, explain=True)
    both = (await served.recommend.AssessProfile(asked)).explanation
    assert {number.field for number in day.numbers} < {number.field for number in both.numbers}
    advised = (await served.advice(explain=True)).explanation
    assert {rule.id for rule in advised.rules} >= {"SITUATION"}
    assert "advice.tips.text.kcal" in {number.field for number in advised.numbers}
    assert not (await served.advice()).HasField("explanation")


@pytest.mark.parametrize("kind", ["WORKOUT", "NUTRITION", "ADVICE"])
async def test_an_item_of_a_batch_is_explained_as_a_call_of_its_own(served: Served, kind: str) -> None:
    """Only where it was asked for."""
    items = [
        recommendation_pb2.BatchRecommendRequest(
            request_id=str(number),
            profile=PROFILE,
            kind=recommendation_pb2.RecommendationKind.Value(f"RECOMMENDATION_KIND_{kind}"),
            explain=bool(number),
        )
        for number in range(2)
    ]
    async for response in served.recommend.BatchRecommend(iter(items)):
        outcome = getattr(response, response.WhichOneof("outcome"))
        assert outcome.HasField("explanation") is (response.request_id == "1")


@pytest.mark.slow
async def test_a_coachs_overrides_are_honoured_and_echoed(start: Callable[..., Any]) -> None:
    """By the model's plan or the planner's; a cached reply is of the same overrides alone."""
    served = await start(reply_cache_bytes=1 << 20)
    week = recommendation_pb2.RecommendWorkoutRequest(profile=PROFILE)
    wished = WORKOUT.constrain(fakes.MEMBER).exercises[5].id
    week.overrides.fixed_exercises.append(wished)
    week.overrides.split.extend([recommendation_pb2.SESSION_FOCUS_FULL] * 3)
    day = recommendation_pb2.RecommendNutritionRequest(profile=PROFILE)
    day.overrides.target_kcal = 1900
    day.overrides.fixed_foods.append("salmon")
    for _ in range(2):
        workout = await served.recommend.RecommendWorkout(week)
        assert workout.overrides == week.overrides
        lines = [line.exercise_id for session in workout.plan.sessions for line in session.exercises]
        assert wished in lines
        nutrition = await served.recommend.RecommendNutrition(day)
        assert nutrition.overrides == day.overrides
        assert nutrition.assessment.target_kcal == nutrition.plan.target_kcal == 1900
        foods = [portion.food_id for meal in nutrition.plan.meals for portion in meal.portions]
        assert "salmon" in foods
        plain = recommendation_pb2.RecommendNutritionRequest(profile=PROFILE)
        assert (await served.recommend.RecommendNutrition(plain)).plan.target_kcal != 1900
    food = recommendation_pb2.SubstituteFoodRequest(
        profile=PROFILE, plan=nutrition.plan, meal=1, food_id=nutrition.plan.meals[0].portions[0].food_id
    )
    food.overrides.CopyFrom(day.overrides)
    assert (await served.recommend.SubstituteFood(food)).plan.target_kcal == 1900


async def test_overrides_that_cannot_be_kept_are_refused_by_field_and_rule(served: Served) -> None:
    """In a call, in a replacement, and in an item of a batch, which may be of another kind."""
    week = recommendation_pb2.RecommendWorkoutRequest(profile=PROFILE)
    week.overrides.split.extend([recommendation_pb2.SESSION_FOCUS_FULL] * 100)
    error = await error_of(served.recommend.RecommendWorkout(week))
    assert isinstance(error, InvalidRequestError)
    assert [violation.field for violation in error.violations] == ["overrides.split"]
    day = recommendation_pb2.RecommendNutritionRequest(profile=PROFILE)
    day.overrides.target_kcal = 500
    error = await error_of(served.recommend.RecommendNutrition(day))
    assert isinstance(error, InvalidRequestError)
    assert "KCAL_FLOOR" in error.violations[0].description
    item = recommendation_pb2.BatchRecommendRequest(
        request_id="1", profile=PROFILE, kind=recommendation_pb2.RECOMMENDATION_KIND_ADVICE
    )
    item.nutrition_overrides.target_kcal = 2000
    (outcome,) = [reply async for reply in served.recommend.BatchRecommend(iter([item]))]
    assert outcome.error.field_violations[0].field == "nutrition_overrides"
    item.kind = recommendation_pb2.RECOMMENDATION_KIND_NUTRITION
    (outcome,) = [reply async for reply in served.recommend.BatchRecommend(iter([item]))]
    assert outcome.nutrition.plan.target_kcal == outcome.nutrition.overrides.target_kcal == 2000


async def test_training_facts_date_and_load_a_week_wherever_one_is_made(start: Callable[..., Any]) -> None:
    """In a call, an item of a batch and a replacement; a kept reply is of the same facts alone."""
    served = await start(reply_cache_bytes=1 << 20)
    plain = recommendation_pb2.RecommendWorkoutRequest(profile=PROFILE)
    week = recommendation_pb2.RecommendWorkoutRequest(profile=PROFILE)
    week.training_facts.starts_on = "2026-12-07"
    for exercise in exercises().values():
        if takes_maximum(exercise) and len(week.training_facts.maxima) < 64:
            week.training_facts.maxima.add(exercise_id=exercise.id, kg=60)
    for _ in range(2):
        assert not (await served.recommend.RecommendWorkout(plain)).plan.sessions[0].HasField("date")
        plan = (await served.recommend.RecommendWorkout(week)).plan
        assert plan.sessions[0].date == plan.programme.weeks[0].starts_on == "2026-12-07"
    item = recommendation_pb2.BatchRecommendRequest(
        request_id="1", profile=PROFILE, kind=recommendation_pb2.RECOMMENDATION_KIND_WORKOUT
    )
    item.training_facts.CopyFrom(week.training_facts)
    (outcome,) = [reply async for reply in served.recommend.BatchRecommend(iter([item]))]
    assert outcome.workout.plan == plan
    other = recommendation_pb2.RegenerateDayRequest(
        profile=PROFILE, plan=plan, day=1, training_facts=week.training_facts
    )
    assert (await served.recommend.RegenerateDay(other)).plan.sessions[0].date == "2026-12-07"


async def test_training_facts_that_cannot_be_are_refused_by_field(served: Served) -> None:
    """In a call and in an item of a batch, which may be of another kind."""
    week = recommendation_pb2.RecommendWorkoutRequest(profile=PROFILE)
    week.training_facts.starts_on = "soon"
    week.training_facts.maxima.add(exercise_id="plank", kg=60)
    error = await error_of(served.recommend.RecommendWorkout(week))
    assert isinstance(error, InvalidRequestError)
    assert [violation.field for violation in error.violations] == [
        "training_facts.starts_on",
        "training_facts.maxima[0].exercise_id",
    ]
    for _ in range(65):
        week.training_facts.maxima.add(exercise_id="bench_press", kg=60)
    error = await error_of(served.recommend.RecommendWorkout(week))
    assert isinstance(error, InvalidRequestError)
    assert [violation.field for violation in error.violations] == ["training_facts.maxima"]
    item = recommendation_pb2.BatchRecommendRequest(
        request_id="1", profile=PROFILE, kind=recommendation_pb2.RECOMMENDATION_KIND_ADVICE
    )
    item.training_facts.starts_on = "2026-12-07"
    (outcome,) = [reply async for reply in served.recommend.BatchRecommend(iter([item]))]
    assert outcome.error.field_violations[0].field == "training_facts"


async def test_a_member_for_a_care_team_is_referred_by_every_method(served: Served) -> None:
    """Typed, in the language of the request, and before anything is generated."""
    profile = profile_pb2.Profile()
    profile.CopyFrom(PROFILE)
    profile.conditions.append(profile_pb2.CONDITION_DIALYSIS)
    fields: dict[str, Any] = {"profile": profile, "language_code": "fr"}
    stub, messages = served.recommend, recommendation_pb2
    for call in (
        stub.RecommendWorkout(messages.RecommendWorkoutRequest(**fields)),
        stub.RecommendNutrition(messages.RecommendNutritionRequest(**fields)),
        stub.RecommendAdvice(messages.RecommendAdviceRequest(**fields)),
        stub.AssessProfile(messages.AssessProfileRequest(**fields)),
    ):
        error = await error_of(call)
        assert isinstance(error, ReferralError)
        assert (error.reason, error.refer_to, error.relax) == ("REFER_DIALYSIS", "RENAL_TEAM", ())
        assert "néphrologie" in error.message


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
    assert value("fitbox_time_to_first_token_seconds_count", task="advice", version="base") == 1


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
