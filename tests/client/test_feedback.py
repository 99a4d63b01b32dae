"""Feedback from the client's side: replies that say what became of them, and ``fitbox feedback``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from click.testing import Result
from fitbox_client import (
    Answer,
    ConnectionSettings,
    CorrectionTaken,
    FeedbackEvent,
    FeedbackKind,
    FeedbackTaken,
    FitBoxClient,
    InvalidRequestError,
    PreconditionError,
    Reason,
    Recommendation,
)
from fitbox_client.feedback_commands import feedback
from fitbox_client.render import to_json
from fitbox_client.testing import ScriptedServer
from typer.testing import CliRunner

from fitbox.profile import Profile, Sex
from fitbox.v1 import feedback_pb2 as pb
from fitbox.v1 import plan_pb2, recommendation_pb2

ASSESSMENT = plan_pb2.Assessment(bmi=24.2, bmi_class="BMI_CLASS_NORMAL", goal="GOAL_MAINTENANCE")
PROFILE = Profile(age_years=40, sex=Sex.FEMALE, weight_kg=70, height_cm=170)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """Answers a week, and takes whatever comes."""
    exercise = plan_pb2.ExercisePrescription(exercise_id="plank", name="Plank", sets=3, hold_seconds=30)
    reply = recommendation_pb2.RecommendWorkoutResponse(
        provenance=plan_pb2.Provenance(source="PLAN_SOURCE_MODEL", reply_id="r1.sealed"),
        assessment=ASSESSMENT,
        plan=plan_pb2.WorkoutPlan(sessions=[plan_pb2.Session(day=1, focus="full", exercises=[exercise])]),
    )
    with ScriptedServer() as server:
        server.reply("RecommendWorkout", reply)
        server.reply("SubmitFeedback", pb.SubmitFeedbackResponse(accepted=1))
        server.reply("SubmitCorrection", pb.SubmitCorrectionResponse(correction_id="c", duplicate=True))
        server.reply("StreamFeedback", pb.StreamFeedbackResponse(accepted=2))
        yield server


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[FitBoxClient]:
    """A client of it."""
    with FitBoxClient(settings=ConnectionSettings(server.address, max_attempts=1)) as client:
        yield client


def test_a_reply_says_what_became_of_it(server: ScriptedServer, client: FitBoxClient) -> None:
    """Reply, kind, item and figures are filled in, and each event has an id of its own."""
    reply = client.recommend_workout(PROFILE)
    said = [
        reply.accept(),
        reply.done("plank", rpe=8, load_kg=2.5, repetitions=3, day=1),
        reply.skip(reason=Reason.NO_TIME),
        reply.swap("plank", "side_plank"),
        reply.rate(4, "plank"),
        reply.too_hard("plank"),
        reply.too_easy(),
    ]
    assert said == [FeedbackTaken(1, 0)] * 7
    requests = [request for method, request in server.requests if method == "SubmitFeedback"]
    assert {request.reply_id for request in requests} == {"r1.sealed"}
    events = [request.events[0] for request in requests]
    assert len({event.event_id for event in events}) == 7
    assert [pb.FeedbackKind.Name(event.kind).removeprefix("FEEDBACK_KIND_") for event in events] == [
        *("ACCEPTED", "DONE", "SKIPPED", "SWAPPED", "RATED", "TOO_HARD", "TOO_EASY")
    ]
    assert (events[1].rpe, events[1].load_kg, events[1].repetitions, events[1].day) == (8, 2.5, 3, 1)
    assert not events[0].HasField("rpe")
    assert events[2].reason == pb.FEEDBACK_REASON_NO_TIME
    assert (events[3].item, events[3].swapped_for) == ("plank", "side_plank")


def test_a_whole_edited_plan_goes_with_its_reply(server: ScriptedServer, client: FitBoxClient) -> None:
    """As the plan it is."""
    reply = client.recommend_workout(PROFILE)
    assert reply.correct(reply.plan, reason=Reason.TECHNIQUE) == CorrectionTaken("c", duplicate=True)
    (request,) = [request for method, request in server.requests if method == "SubmitCorrection"]
    assert request.workout.sessions[0].exercises[0].exercise_id == "plank"
    assert request.reply_id == "r1.sealed"


def test_an_answer_is_the_recommendation_that_it_was(client: FitBoxClient) -> None:
    """Its JSON and its equality know nothing of the client; one that was kept is bound again."""
    reply = client.recommend_workout(PROFILE)
    assert isinstance(reply, Recommendation)
    assert reply == client.recommend_workout(PROFILE)
    assert "_send" not in to_json(reply)
    kept = dataclasses.replace(reply)
    with pytest.raises(PreconditionError, match="feedback_on"):
        kept.accept()
    assert client.feedback_on(kept).accept() == FeedbackTaken(1, 0)
    assert isinstance(kept, Answer)


def test_a_reply_of_a_server_without_feedback_says_so(server: ScriptedServer, client: FitBoxClient) -> None:
    """Before anything is sent."""
    server.reply(
        "RecommendWorkout",
        recommendation_pb2.RecommendWorkoutResponse(
            provenance=plan_pb2.Provenance(source="PLAN_SOURCE_MODEL"), assessment=ASSESSMENT
        ),
    )
    with pytest.raises(PreconditionError) as caught:
        client.recommend_workout(PROFILE).accept()
    assert caught.value.reason == "FEEDBACK_OFF"


def test_events_on_many_replies_go_in_one_stream(server: ScriptedServer, client: FitBoxClient) -> None:
    """In order."""
    items = [("r1.a", FeedbackEvent(FeedbackKind.ACCEPTED)), ("r1.b", FeedbackEvent(FeedbackKind.SKIPPED))]
    assert client.stream_feedback(items).accepted == 2
    assert [message.reply_id for message in server.requests[-1][1]] == ["r1.a", "r1.b"]


@pytest.mark.parametrize(
    "event",
    [
        FeedbackEvent(FeedbackKind.SKIPPED, "\ud800"),
        FeedbackEvent(FeedbackKind.DONE, "plank", rpe=2**40),
    ],
)
def test_what_no_message_can_carry_is_refused_here(client: FitBoxClient, event: FeedbackEvent) -> None:
    """With the error of any bad field."""
    with pytest.raises(InvalidRequestError):
        client.submit_feedback("r1.a", [event])


def run(server: ScriptedServer, *arguments: str) -> Result:
    """One command."""
    command: Any = feedback
    return CliRunner().invoke(command, [*arguments, "--server", server.address], env={"COLUMNS": "200"})


def test_events_are_sent_from_a_terminal_in_words(server: ScriptedServer, tmp_path: Path) -> None:
    """The reply by its id, or by the file that ``fitbox recommend --json`` printed."""
    reply = tmp_path / "reply.json"
    reply.write_text(json.dumps({"provenance": {"reply_id": "r1.file"}}))
    result = run(
        server, "send", "RPE 9 back squat", "skipped", "--reply-id", f"@{reply}", "--reason", "tired"
    )
    assert result.exit_code == 0, result.output
    assert "1 taken" in result.output
    request = server.requests[-1][1]
    assert request.reply_id == "r1.file"
    assert [event.reason for event in request.events] == [pb.FEEDBACK_REASON_TIRED] * 2
    assert (request.events[0].rpe, request.events[0].item) == (9, "back_squat")


@pytest.mark.parametrize("arguments", [("loved it",), ("skipped", "--reason", "because")])
def test_words_that_say_nothing_are_bad_input(server: ScriptedServer, arguments: tuple[str, ...]) -> None:
    """Exit code 2, with what may be said."""
    result = run(server, "send", *arguments, "--reply-id", "r1.a")
    assert result.exit_code == 2
    assert not server.requests


def test_counts_are_listed_by_version(server: ScriptedServer) -> None:
    """As a table and as JSON."""
    counts = [pb.FeedbackCount(kind=pb.FEEDBACK_KIND_SWAPPED, events=3)]
    version = pb.VersionFeedback(adapter_version="v000007-3f9a1c2b", counts=counts)
    server.reply("ListFeedback", pb.ListFeedbackResponse(versions=[version]))
    assert "v000007-3f9a1c2b" in run(server, "list").output
    (found,) = json.loads(run(server, "list", "--json").output)
    assert found["counts"] == {"SWAPPED": 3}


def test_a_refused_correction_names_each_part(server: ScriptedServer, client: FitBoxClient) -> None:
    """With the error that every bad field has."""
    server.reply(
        "SubmitCorrection",
        lambda request, context: context.abort(grpc.StatusCode.INVALID_ARGUMENT, "2 part(s)"),
    )
    reply = client.recommend_workout(PROFILE)
    with pytest.raises(InvalidRequestError):
        reply.correct(reply.plan)
