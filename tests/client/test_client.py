"""The typed clients against a scripted server."""

from __future__ import annotations

import grpc
import pytest
from fitbox_client import (
    AsyncFitBoxClient,
    BatchItem,
    CallOptions,
    ConnectionSettings,
    DeadlineError,
    FitBoxClient,
    InvalidRequestError,
    Kind,
    KnownMaximum,
    NoPlanError,
    NotFoundError,
    ServerOverloadedError,
    ServerUnavailableError,
    SessionFocus,
    TrainingFacts,
    WorkoutOverrides,
)
from fitbox_client.batch import item_to_proto
from fitbox_client.channel import RECOMMENDATION, RETRYABLE
from fitbox_client.commands import recommend
from fitbox_client.testing import ScriptedServer
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from typer.testing import CliRunner

from fitbox.errors import FieldViolation
from fitbox.plan import NutritionPlan
from fitbox.profile import Equipment, Goal, Profile, Sex
from fitbox.v1 import adapter_pb2, plan_pb2, profile_pb2
from fitbox.v1 import recommendation_pb2 as pb

PROFILE = Profile(age_years=40, sex=Sex.FEMALE, weight_kg=70, height_cm=170, equipment=frozenset())


@pytest.fixture
def server():
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def client(server):
    with FitBoxClient(settings=ConnectionSettings(server.address, max_attempts=1)) as client:
        yield client


def workout_reply() -> pb.RecommendWorkoutResponse:
    exercise = plan_pb2.ExercisePrescription(exercise_id="plank", name="Plank", sets=3, hold_seconds=30)
    return pb.RecommendWorkoutResponse(
        request_id="r-1",
        provenance=plan_pb2.Provenance(adapter_version="v000001-aaaaaaaa", source="PLAN_SOURCE_MODEL"),
        assessment=plan_pb2.Assessment(bmi=24.2, bmi_class="BMI_CLASS_NORMAL", goal="GOAL_MAINTENANCE"),
        plan=plan_pb2.WorkoutPlan(sessions=[plan_pb2.Session(day=1, exercises=[exercise])]),
    )


def refuse(code: grpc.StatusCode, message: str, *details):
    """A scripted reply that fails with rich details."""
    packed = []
    for detail in details:
        item = any_pb2.Any()
        item.Pack(detail)
        packed.append(item)
    status = rpc_status.to_status(status_pb2.Status(code=code.value[0], message=message, details=packed))
    return lambda request, context: context.abort_with_status(status)


def test_a_workout_reply_arrives_as_domain_types(server, client):
    """Hold, repetitions and minutes stay apart, and provenance is typed."""
    server.reply("RecommendWorkout", workout_reply())
    reply = client.recommend_workout(PROFILE)
    exercise = reply.plan.sessions[0].exercises[0]
    assert (exercise.hold_seconds, exercise.repetitions, exercise.duration_minutes) == (30, None, None)
    assert reply.provenance.adapter_version == "v000001-aaaaaaaa"
    assert reply.assessment.goal is Goal.MAINTENANCE


def test_no_equipment_is_told_apart_from_a_full_gym(server, client):
    """An empty set is sent as an empty list, None is not sent at all."""
    server.reply("RecommendWorkout", workout_reply())
    client.recommend_workout(PROFILE)
    client.recommend_workout(PROFILE.model_copy(update={"equipment": None}))
    client.recommend_workout(PROFILE.model_copy(update={"equipment": frozenset({Equipment.BOX})}))
    sent = [request.profile for _, request in server.requests]
    assert [profile.HasField("equipment") for profile in sent] == [True, False, True]
    assert list(sent[2].equipment.items) == [profile_pb2.EQUIPMENT_BOX]


def test_options_travel_only_when_they_are_set(server, client):
    """A call without options leaves decoding to the server."""
    server.reply("RecommendWorkout", workout_reply())
    client.recommend_workout(PROFILE)
    client.recommend_workout(PROFILE, CallOptions(request_id="x", temperature=0.0, seed=3))
    plain, chosen = (request for _, request in server.requests)
    assert not plain.HasField("decoding")
    assert chosen.decoding.HasField("temperature")
    assert (chosen.request_id, chosen.decoding.seed) == ("x", 3)


def test_every_field_violation_reaches_the_caller(server, client):
    """InvalidRequestError carries all violations, not only the first."""
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="profile.age_years", description="14 to 100")
    bad.field_violations.add(field="profile.sex", description="is required")
    info = error_details_pb2.ErrorInfo(reason="INVALID_PROFILE", domain="fitbox")
    server.reply("RecommendWorkout", refuse(grpc.StatusCode.INVALID_ARGUMENT, "2 fields", bad, info))
    with pytest.raises(InvalidRequestError) as caught:
        client.recommend_workout(PROFILE)
    assert caught.value.reason == "INVALID_PROFILE"
    assert caught.value.violations == (
        FieldViolation("profile.age_years", "14 to 100"),
        FieldViolation("profile.sex", "is required"),
    )


def test_an_overloaded_server_says_when_to_come_back(server, client):
    """RetryInfo becomes retry_after_seconds."""
    retry = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=2))
    server.reply("RecommendWorkout", refuse(grpc.StatusCode.RESOURCE_EXHAUSTED, "full", retry))
    with pytest.raises(ServerOverloadedError) as caught:
        client.recommend_workout(PROFILE)
    assert caught.value.retry_after_seconds == 2


def test_constraints_that_leave_nothing_name_what_to_relax(server, client):
    """FAILED_PRECONDITION with a relax list becomes NoPlanError."""
    info = error_details_pb2.ErrorInfo(reason="NO_FOOD_LEFT", metadata={"relax": "allergies,diet"})
    server.reply("RecommendNutrition", refuse(grpc.StatusCode.FAILED_PRECONDITION, "nothing", info))
    with pytest.raises(NoPlanError) as caught:
        client.recommend_nutrition(PROFILE)
    assert caught.value.relax == ("allergies", "diet")


def test_a_method_the_server_lacks_is_not_found(client):
    """UNIMPLEMENTED and NOT_FOUND ask for the same thing from the caller."""
    with pytest.raises(NotFoundError):
        client.list_adapters()


def test_a_call_never_waits_beyond_its_deadline(server, client):
    """A handler that outlasts the deadline gives DeadlineError."""
    server.reply(
        "RecommendAdvice", lambda request, context: context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "")
    )
    with pytest.raises(DeadlineError):
        client.recommend_advice(PROFILE, CallOptions(timeout_seconds=5))


def test_a_safe_call_is_repeated_while_the_server_is_unavailable(server):
    """Two failures, then a reply: the caller sees only the reply."""
    tries = []

    def flaky(request, context):
        tries.append(request)
        if len(tries) < 3:
            context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")
        return workout_reply()

    server.reply("RecommendWorkout", flaky)
    with FitBoxClient(server.address) as client:
        assert client.recommend_workout(PROFILE).request_id == "r-1"
    assert len(tries) == 3


def test_activation_is_never_repeated_by_itself(server):
    """A change of state fails at once, so that the caller decides."""
    tries = []

    def unavailable(request, context):
        tries.append(request)
        context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")

    server.reply("ActivateAdapter", unavailable)
    with FitBoxClient(server.address) as client, pytest.raises(ServerUnavailableError):
        client.activate_adapter("v000001-aaaaaaaa")
    assert len(tries) == 1


def test_a_stream_yields_text_then_the_checked_whole(server, client):
    """Deltas are strings, the last item is the recommendation."""
    whole = pb.RecommendAdviceResponse(
        request_id="r-2",
        provenance=plan_pb2.Provenance(source="PLAN_SOURCE_MODEL"),
        assessment=plan_pb2.Assessment(bmi_class="BMI_CLASS_NORMAL", goal="GOAL_MAINTENANCE"),
        advice=plan_pb2.Advice(tips=[plan_pb2.Tip(topic="Sleep", text="Sleep eight hours.")]),
    )
    server.reply(
        "StreamAdvice",
        [pb.StreamAdviceResponse(text_delta="sleep: "), pb.StreamAdviceResponse(result=whole)],
    )
    first, last = client.stream_advice(PROFILE)
    assert first == "sleep: "
    assert last.plan.tips[0].topic == "Sleep"


def replaced_reply() -> dict[str, object]:
    """What each replacement is answered with."""
    alternative = pb.Alternative(id="side_plank", name="side plank", similarity=0.9)
    known = workout_reply().assessment
    week, day = workout_reply().plan, plan_pb2.NutritionPlan(meals=[plan_pb2.Meal(name="lunch")])
    return {
        "SubstituteExercise": pb.SubstituteExerciseResponse(
            assessment=known, plan=week, alternatives=[alternative]
        ),
        "SubstituteFood": pb.SubstituteFoodResponse(assessment=known, plan=day, alternatives=[alternative]),
        "SubstituteMeal": pb.SubstituteMealResponse(assessment=known, plan=day, alternatives=day.meals),
        "RegenerateDay": pb.RegenerateDayResponse(assessment=known, plan=week),
    }


async def test_a_plan_goes_back_to_have_a_part_replaced(server, client):
    """By both clients alike, as it was received."""
    server.reply("RecommendWorkout", workout_reply())
    for method, reply in replaced_reply().items():
        server.reply(method, reply)
    plan = client.recommend_workout(PROFILE).plan
    day = client.substitute_meal(PROFILE, NutritionPlan((), 1, 1, 1, 1, 1, 1, 1, ()), 1).plan
    async with AsyncFitBoxClient(server.address) as other:
        for one, two in (
            (
                client.substitute_exercise(PROFILE, plan, 1, "plank", replacement_id="side_plank"),
                await other.substitute_exercise(PROFILE, plan, 1, "plank", replacement_id="side_plank"),
            ),
            (client.substitute_food(PROFILE, day, 1, "x"), await other.substitute_food(PROFILE, day, 1, "x")),
            (
                client.substitute_meal(PROFILE, day, 1, replacement_ids=["x"]),
                await other.substitute_meal(PROFILE, day, 1, replacement_ids=["x"]),
            ),
            (client.regenerate_day(PROFILE, plan, 1), await other.regenerate_day(PROFILE, plan, 1)),
        ):
            assert one == two
            assert one.plan in (plan, day)
    _, first = server.requests[2]
    assert (first.day, first.exercise_id) == (1, "plank")
    assert first.plan.sessions == workout_reply().plan.sessions
    assert client.substitute_exercise(PROFILE, plan, 1, "plank").alternatives[0].similarity == 0.9


def test_a_coachs_overrides_travel_with_their_kind_of_plan(server, client):
    """And come back as what was honoured; for another kind they are refused before anything is sent."""
    overrides = WorkoutOverrides(("plank",), split=(SessionFocus.FULL,), most_repetitions=12)
    reply = workout_reply()
    reply.overrides.CopyFrom(
        pb.WorkoutOverrides(fixed_exercises=["plank"], split=[pb.SESSION_FOCUS_FULL], most_repetitions=12)
    )
    server.reply("RecommendWorkout", reply)
    server.reply("SubstituteExercise", replaced_reply()["SubstituteExercise"])
    told = client.recommend_workout(PROFILE, CallOptions(overrides=overrides))
    assert told.workout_overrides == overrides
    client.substitute_exercise(PROFILE, told.plan, 1, "plank", overrides=overrides)
    assert [request.overrides for _, request in server.requests] == [reply.overrides] * 2
    item = item_to_proto(BatchItem("1", Kind.WORKOUT, PROFILE, CallOptions(overrides=overrides)))
    assert item.workout_overrides == reply.overrides
    for ask in (client.recommend_nutrition, client.recommend_advice):
        with pytest.raises(InvalidRequestError):
            ask(PROFILE, CallOptions(overrides=overrides))


def test_training_facts_travel_with_a_week_alone(server, client):
    """To every method that makes one, and its dates and loads come back."""
    facts = TrainingFacts(
        "2026-12-07", (KnownMaximum("bench_press", kg=80), KnownMaximum("deadlift", lb=265))
    )
    reply = workout_reply()
    reply.plan.sessions[0].date = "2026-12-07"
    reply.plan.sessions[0].exercises[0].load_kg, reply.plan.sessions[0].exercises[0].load_lb = 60, 130
    server.reply("RecommendWorkout", reply)
    server.reply("SubstituteExercise", replaced_reply()["SubstituteExercise"])
    told = client.recommend_workout(PROFILE, CallOptions(training_facts=facts)).plan
    assert (told.sessions[0].date, told.sessions[0].exercises[0].load_lb) == ("2026-12-07", 130)
    client.substitute_exercise(PROFILE, told, 1, "plank", training_facts=facts)
    item = item_to_proto(BatchItem("1", Kind.WORKOUT, PROFILE, CallOptions(training_facts=facts)))
    for sent in (*(request.training_facts for _, request in server.requests), item.training_facts):
        assert sent == pb.TrainingFacts(
            starts_on="2026-12-07",
            maxima=[
                pb.KnownMaximum(exercise_id="bench_press", kg=80),
                pb.KnownMaximum(exercise_id="deadlift", lb=265),
            ],
        )
    for ask in (client.recommend_nutrition, client.recommend_advice):
        with pytest.raises(InvalidRequestError):
            ask(PROFILE, CallOptions(training_facts=facts))
    with pytest.raises(InvalidRequestError):
        client.recommend_workout(PROFILE, CallOptions(training_facts=TrainingFacts("\ud800")))


def test_the_command_line_dates_and_loads_a_week(server):
    """Maxima without a unit are in the member's; what is no figure is said before anything is sent."""
    reply = workout_reply()
    session = reply.plan.sessions[0]
    session.weekday, session.date = "Monday", "2026-12-07"
    session.exercises[0].load_kg, session.exercises[0].load_lb = 60, 130
    week = reply.plan.programme.weeks.add(number=1, deload=True, starts_on="2026-12-07")
    week.lines.add(session=1, line=1, exercise_id="plank", sets=3, repetitions=5, load_kg=60, load_lb=130)
    server.reply("RecommendWorkout", reply)
    member = [
        "--age",
        "40",
        "--sex",
        "female",
        "--weight-kg",
        "70",
        "--height-cm",
        "170",
        "--units",
        "imperial",
    ]
    asked = ["workout", *member, "--server", server.address, "--starts-on", "2026-12-07", "--maxima"]
    shown = CliRunner().invoke(recommend, [*asked, "bench_press=185,deadlift=120kg"], env={"COLUMNS": "120"})
    assert shown.exit_code == 0, shown.output
    for text in ("Monday 2026-12-07", "130 lb", "3 x 5, 130 lb", "2026-12-07 (lighter)"):
        assert text in shown.output
    ((_, request),) = server.requests
    assert list(request.training_facts.maxima) == [
        pb.KnownMaximum(exercise_id="bench_press", lb=185),
        pb.KnownMaximum(exercise_id="deadlift", kg=120),
    ]
    assert CliRunner().invoke(recommend, [*asked, "bench_press"]).exit_code == 2


async def test_an_explanation_is_asked_for_with_a_plan_or_alone(server, client):
    """Of every kind of reply, of items of batches too."""
    explanation = pb.Explanation(rules=[pb.ExplainedRule(id="LEVEL", source="ACSM", text="too hard")])
    week = workout_reply()
    week.explanation.CopyFrom(explanation)
    server.reply("RecommendWorkout", week)
    server.reply("AssessProfile", pb.AssessProfileResponse(explanation=explanation))
    told = client.recommend_workout(PROFILE, CallOptions(explain=True)).explanation
    assert told is not None
    assert told == client.explain(PROFILE)
    assert told.rules[0].id == "LEVEL"
    async with AsyncFitBoxClient(server.address) as other:
        assert await other.explain(PROFILE) == told
    advice = pb.RecommendAdviceResponse(
        advice=plan_pb2.Advice(),
        provenance=week.provenance,
        assessment=week.assessment,
        explanation=explanation,
    )
    server.reply("RecommendAdvice", advice)
    assert client.recommend_advice(PROFILE, CallOptions(explain=True)).explanation == told
    assert all(request.explain for _, request in server.requests)
    assert item_to_proto(BatchItem("1", Kind.ADVICE, PROFILE, CallOptions(explain=True))).explain


async def test_every_call_that_changes_nothing_is_repeated_while_a_server_is_away():
    """Streams aside, whose text was already seen; a new method that nobody thought of fails here."""
    service = pb.DESCRIPTOR.services_by_name["RecommendationService"]
    unary = {method.name for method in service.methods if not method.server_streaming}
    assert set(RETRYABLE[RECOMMENDATION]) == unary


def test_what_no_message_can_carry_is_refused_before_it_is_sent(server, client):
    """Named as the server would name it."""
    plan = NutritionPlan((), 1, 1, 1, 1, 1, 1, 1, ())
    with pytest.raises(InvalidRequestError) as caught:
        client.substitute_food(PROFILE, plan, 2**31, "x")
    assert [violation.field for violation in caught.value.violations] == ["meal"]
    with pytest.raises(InvalidRequestError) as caught:
        client.substitute_food(PROFILE, plan, 1, "\ud800")
    assert [violation.field for violation in caught.value.violations] == ["food_id"]
    assert not server.requests


async def test_the_async_client_speaks_the_same(server):
    """One event loop, the same types."""
    server.reply("RecommendWorkout", workout_reply())
    server.reply("ListAdapters", adapter_pb2.ListAdaptersResponse(serving_version="base"))
    async with AsyncFitBoxClient(server.address) as client:
        assert (await client.recommend_workout(PROFILE)).request_id == "r-1"
        assert (await client.list_adapters()).serving_version == "base"
