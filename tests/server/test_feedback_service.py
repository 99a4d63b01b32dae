"""FeedbackService over real gRPC: from a reply to the file that the trainer takes."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Callable
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from fitbox_client import AsyncFitBoxClient, FeedbackEvent, FeedbackKind, FeedbackTaken
from fitbox_client.errors import (
    AccessDeniedError,
    InvalidRequestError,
    NotFoundError,
    PreconditionError,
    ServerOverloadedError,
)
from fitbox_server.feedback.reply_ids import KEY_NAME, ReplyIds, load_keys
from fitbox_trainer.data.feedback import events_of
from fitbox_trainer.intake.pipeline import ingest

from fitbox.feedback.plans import served_of
from fitbox.feedback.records import CORRECTION, EVENT_ID, FEEDBACK, SERVED, VERSION
from fitbox.rpc import tokens
from fitbox.rpc.scopes import Scope
from fitbox.v1 import feedback_pb2 as pb
from fitbox.v1 import recommendation_pb2
from fitbox.workout.task import WORKOUT
from tests import fakes
from tests.feedback_made import named, week
from tests.served import PROFILE, Served, error_of

Start = Callable[..., Any]


async def workout(served: Served) -> recommendation_pb2.RecommendWorkoutResponse:
    """A reply with a week."""
    request = recommendation_pb2.RecommendWorkoutRequest(profile=PROFILE)
    reply: recommendation_pb2.RecommendWorkoutResponse = await served.recommend.RecommendWorkout(request)
    return reply


def event(kind: str = "ACCEPTED", **fields: Any) -> pb.FeedbackEvent:
    """One event."""
    return pb.FeedbackEvent(kind=f"FEEDBACK_KIND_{kind}", **fields)  # type: ignore[arg-type]


def submit(reply_id: str, *events: pb.FeedbackEvent, request_id: str = "") -> pb.SubmitFeedbackRequest:
    """A request."""
    return pb.SubmitFeedbackRequest(reply_id=reply_id, events=events, request_id=request_id)


def rows_of(served: Served) -> list[dict[str, str]]:
    """Rows of the closed segments of a server that has ended."""
    found = []
    for path in sorted(served.settings.feedback.glob("*.csv")):
        with path.open(newline="") as file:
            found += list(csv.DictReader(file))
    return found


def sealed(served: Served, **changes: Any) -> str:
    """An id as this server would have made it."""
    ids = ReplyIds(load_keys(served.settings.feedback / KEY_NAME), timedelta(days=60))
    return ids.seal(named(**changes), served_of(week()))


async def test_what_became_of_a_reply_reaches_a_file_for_the_trainer(served: Served) -> None:
    """Accepted, done, skipped, swapped and rated; the file is closed when the server ends."""
    reply = await workout(served)
    first, second = [line.exercise_id for line in reply.plan.sessions[0].exercises][:2]
    there = {line.exercise_id for day in reply.plan.sessions for line in day.exercises}
    other = next(one.id for one in WORKOUT.constrain(fakes.MEMBER).exercises if one.id not in there)
    answer = await served.feedback.SubmitFeedback(
        submit(
            reply.provenance.reply_id,
            event(),
            event("DONE", item=first, rpe=8, load_kg=20, repetitions=10, day=1),
            event("SKIPPED", item=second, reason=pb.FEEDBACK_REASON_NO_EQUIPMENT),
            event("SWAPPED", item=second, swapped_for=other),
            event("RATED", rating=4),
        )
    )
    assert (answer.accepted, answer.duplicates) == (5, 0)
    listed = await served.feedback.ListFeedback(pb.ListFeedbackRequest())
    assert [one.adapter_version for one in listed.versions] == ["base"]
    assert sum(count.events for count in listed.versions[0].counts) == 5
    counted = {
        dict(labels)["kind"]
        for (name, labels), events in served.metrics().items()
        if name == "fitbox_feedback_events_total" and events == 1 and ("task", "workout") in labels
    }
    assert counted == {"accepted", "done", "skipped", "swapped", "rated"}
    await served.close()
    rows = rows_of(served)
    assert [row[FEEDBACK].split()[0] for row in rows] == ["accepted", "RPE", "skipped", "swapped", "rated"]
    assert {row[VERSION] for row in rows} == {"base"}
    assert rows[0][SERVED].startswith("1 ")


async def test_nothing_of_a_member_is_kept_before_feedback_comes(served: Served) -> None:
    """Neither a file nor a row: the reply's id holds what is needed."""
    await workout(served)
    await served.close()
    assert not rows_of(served)
    held = b"".join(path.read_bytes() for path in served.settings.feedback.iterdir())
    assert b"age_years" not in held


async def test_a_repeated_request_is_no_second_event(served: Served, start: Start) -> None:
    """By its request id, also after a restart, when nothing is in memory."""
    reply_id = (await workout(served)).provenance.reply_id
    request = submit(reply_id, event(), event("TOO_HARD"), request_id="monday")
    first = await served.feedback.SubmitFeedback(request)
    assert await served.feedback.SubmitFeedback(request) == first
    reused = submit(reply_id, event("TOO_EASY"), request_id="monday")
    error = await error_of(served.feedback.SubmitFeedback(reused))
    assert error.reason == "REQUEST_ID_REUSED"
    await served.close()
    again = Served(served.settings.models / "again", feedback=served.settings.feedback)
    await again.start()
    error = await error_of(again.feedback.SubmitFeedback(reused))
    assert (type(error), error.reason) == (PreconditionError, "EVENT_ID_REUSED")
    answer = await again.feedback.SubmitFeedback(request)
    assert (answer.accepted, answer.duplicates) == (0, 2)
    await again.close()
    assert len(rows_of(again)) == 2


async def test_a_foreign_or_altered_id_is_unknown(served: Served) -> None:
    """Whether it is of another server, of nobody, or one letter is another."""
    reply_id = (await workout(served)).provenance.reply_id
    foreign = ReplyIds((bytes(64),), timedelta(days=60)).seal(named(), served_of(week()))
    for wrong in ("", "r1.AAAA", foreign, reply_id[:-5] + "AAAAA"):
        error = await error_of(served.feedback.SubmitFeedback(submit(wrong, event())))
        assert (type(error), error.reason) == (NotFoundError, "REPLY_ID_UNKNOWN")
    samples = served.metrics()
    assert samples["fitbox_feedback_refused_total", frozenset({("reason", "reply_id_unknown")})] == 4


async def test_an_old_reply_and_a_version_long_gone_are_told_apart(served: Served) -> None:
    """Typed, and nothing is kept."""
    old = sealed(served, version="base", made_at=named().made_at - timedelta(days=900))
    error = await error_of(served.feedback.SubmitFeedback(submit(old, event())))
    assert (type(error), error.reason) == (PreconditionError, "REPLY_ID_EXPIRED")
    now = (await workout(served)).provenance.created_at.ToDatetime(tzinfo=UTC)
    gone = sealed(served, version="v000001-aaaaaaaa", made_at=now)
    error = await error_of(served.feedback.SubmitFeedback(submit(gone, event())))
    assert (error.reason, error.metadata["version"]) == ("REPLY_VERSION_GONE", "v000001-aaaaaaaa")


async def test_every_field_that_cannot_be_used_is_named(served: Served) -> None:
    """And none of the events is taken."""
    reply = await workout(served)
    made = reply.provenance.created_at
    there = {line.exercise_id for day in reply.plan.sessions for line in day.exercises}
    absent = next(one.id for one in WORKOUT.constrain(fakes.MEMBER).exercises if one.id not in there)
    early = event("SKIPPED", item=next(iter(there)))
    early.at.FromDatetime(made.ToDatetime() - timedelta(days=3))
    late = event()
    late.at.FromDatetime(made.ToDatetime() + timedelta(days=3))
    request = submit(
        reply.provenance.reply_id,
        event(),
        event("SKIPPED", item=absent),
        event("SWAPPED", item=next(iter(there)), swapped_for="no_such"),
        pb.FeedbackEvent(),
        pb.FeedbackEvent(kind=77, reason=77),  # type: ignore[arg-type]
        early,
        late,
        event("DONE", day=7),
    )
    error = await error_of(served.feedback.SubmitFeedback(request))
    assert isinstance(error, InvalidRequestError)
    told = {violation.field: violation.description for violation in error.violations}
    assert told["events[1].item"] == "is not in the reply"
    assert told["events[2].swapped_for"] == "is no identifier of the catalog that the item is of"
    assert told["events[3].kind"] == "must be set"
    assert told["events[4].kind"] == "unknown number 77"
    assert told["events[4].reason"] == "unknown number 77"
    assert told["events[5].at"] == told["events[6].at"] == "must lie between the reply and now"
    assert told["events[7].day"].startswith("the reply has")
    assert "events[0].kind" not in told
    await served.close()
    assert not rows_of(served)


@pytest.mark.parametrize("count", [0, 65])
async def test_a_request_has_events_and_not_too_many(served: Served, count: int) -> None:
    """64 at most."""
    request = submit("r1.x", *(event() for _ in range(count)))
    error = await error_of(served.feedback.SubmitFeedback(request))
    assert isinstance(error, InvalidRequestError)


async def test_a_swap_to_what_the_envelope_forbids_is_refused_with_the_rule(start: Start) -> None:
    """Feedback changes taste, never safety."""
    served = await start()
    profile = type(PROFILE).FromString(PROFILE.SerializeToString())
    profile.equipment.SetInParent()  # nothing at hand
    served.launcher.script = lambda spec, request: "no plan"
    request = recommendation_pb2.RecommendWorkoutRequest(profile=profile)
    reply = await served.recommend.RecommendWorkout(request)
    item = reply.plan.sessions[0].exercises[0].exercise_id
    swap = event("SWAPPED", item=item, swapped_for="back_squat")
    error = await error_of(served.feedback.SubmitFeedback(submit(reply.provenance.reply_id, swap)))
    assert isinstance(error, InvalidRequestError)
    assert "EQUIPMENT" in error.violations[0].description


async def test_quotas_are_refused_with_the_time_to_wait(start: Start) -> None:
    """Typed, and counted by which it was."""
    served = await start(feedback_member_events=2)
    reply_id = (await workout(served)).provenance.reply_id
    await served.feedback.SubmitFeedback(submit(reply_id, event(), event("TOO_HARD")))
    error = await error_of(served.feedback.SubmitFeedback(submit(reply_id, event("TOO_EASY"))))
    assert isinstance(error, ServerOverloadedError)
    assert (error.reason, error.metadata["quota"]) == ("FEEDBACK_QUOTA", "member")
    assert error.retry_after_seconds > 0
    samples = served.metrics()
    assert samples["fitbox_feedback_refused_total", frozenset({("reason", "feedback_quota")})] == 1


async def test_a_stream_takes_what_is_good_and_names_what_is_not(served: Served) -> None:
    """Each message stands by itself, and a repeat is no second event."""
    reply_id = (await workout(served)).provenance.reply_id

    async def messages() -> AsyncIterator[pb.StreamFeedbackRequest]:
        for number in range(20):
            yield pb.StreamFeedbackRequest(reply_id=reply_id, event=event(event_id=f"e{number % 10}"))
        yield pb.StreamFeedbackRequest(reply_id="r1.AAAA", event=event(event_id="foreign"))
        yield pb.StreamFeedbackRequest(reply_id=reply_id, event=event("RATED", event_id="bad"))
        yield pb.StreamFeedbackRequest(reply_id=reply_id, event=event())

    answer = await served.feedback.StreamFeedback(messages())
    assert (answer.accepted, answer.duplicates, answer.refused) == (10, 10, 3)
    told = {one.index: (one.event_id, one.reason) for one in answer.refusals}
    assert told == {
        20: ("foreign", "REPLY_ID_UNKNOWN"),
        21: ("bad", "INVALID_REQUEST"),
        22: ("", "INVALID_REQUEST"),
    }
    await served.close()
    assert len({row[EVENT_ID] for row in rows_of(served)}) == len(rows_of(served)) == 10


async def test_a_stream_with_a_message_that_is_none_keeps_what_came_before(served: Served) -> None:
    """And says what is wrong, as any call does."""
    reply_id = (await workout(served)).provenance.reply_id
    good = pb.StreamFeedbackRequest(reply_id=reply_id, event=event(event_id="one")).SerializeToString()
    call = served.channel.stream_unary("/fitbox.v1.FeedbackService/StreamFeedback")
    error = await error_of(call(iter([good, b"\xff\xff"])))
    assert error.reason == "REQUEST_UNREADABLE"
    await served.close()
    assert len(rows_of(served)) == 1


async def test_a_correction_is_kept_as_a_draft_beside_what_was_served(served: Served) -> None:
    """The same plan again is the same correction."""
    reply = await workout(served)
    there = {line.exercise_id for day in reply.plan.sessions for line in day.exercises}
    line = reply.plan.sessions[0].exercises[0]
    envelope = WORKOUT.constrain(fakes.MEMBER)
    mode = envelope.by_id[line.exercise_id].mode
    other = next(one for one in envelope.exercises if one.mode is mode and one.id not in there)
    line.exercise_id = other.id
    request = pb.SubmitCorrectionRequest(reply_id=reply.provenance.reply_id, workout=reply.plan)
    first = await served.feedback.SubmitCorrection(request)
    again = await served.feedback.SubmitCorrection(request)
    assert (first.duplicate, again.duplicate) == (False, True)
    assert first.correction_id == again.correction_id
    await served.close()
    (row,) = rows_of(served)
    assert row[FEEDBACK] == "corrected"
    assert other.name_en in row[CORRECTION]
    assert row[SERVED] != row[CORRECTION]
    assert WORKOUT.parse(row[CORRECTION], envelope)


async def test_the_trainer_takes_every_event_of_the_files_that_a_server_closed(
    served: Served, tmp_path: Path
) -> None:
    """A week, a day with a correction, and an advice; member, version and draft come through."""
    week_reply, advice = await workout(served), await served.advice()
    request = recommendation_pb2.RecommendNutritionRequest(profile=PROFILE)
    day = await served.recommend.RecommendNutrition(request)
    food = day.plan.meals[0].portions[0].food_id
    for reply, said in (
        (week_reply, event("TOO_EASY")),
        (day, event("SKIPPED", item=food, reason=pb.FEEDBACK_REASON_NOT_AVAILABLE)),
        (advice, event("RATED", rating=3)),
    ):
        await served.feedback.SubmitFeedback(submit(reply.provenance.reply_id, said))
    await served.feedback.SubmitCorrection(
        pb.SubmitCorrectionRequest(reply_id=day.provenance.reply_id, nutrition=day.plan)
    )
    await served.close()
    (path,) = served.settings.feedback.glob("*.csv")
    report = ingest(path, tmp_path / "store")
    assert (report.rows_accepted, report.rows_rejected) == (4, 0), report.rejected
    assert report.members is not None
    events = list(events_of([report.members]))
    assert [(one["task"], one["kind"]) for one in events] == [
        ("workout", "TOO_EASY"),
        ("nutrition", "SKIPPED"),
        ("advice", "RATED"),
        ("nutrition", "CORRECTED"),
    ]
    assert {one["profile"]["age_years"] for one in events} == {fakes.MEMBER.age_years}
    assert {one["adapter_version"] for one in events} == {"base"}
    assert events[3]["correction"].startswith("breakfast")


async def test_a_correction_that_breaks_the_envelope_is_refused_naming_item_and_rule(served: Served) -> None:
    """So that the coach sees why; nothing is kept."""
    reply = await workout(served)
    reply.plan.sessions[0].exercises[0].exercise_id = "no_such_exercise"
    reply.plan.sessions[1].exercises[0].sets = 77
    request = pb.SubmitCorrectionRequest(reply_id=reply.provenance.reply_id, workout=reply.plan)
    error = await error_of(served.feedback.SubmitCorrection(request))
    assert isinstance(error, InvalidRequestError)
    assert error.reason == "CORRECTION_REFUSED"
    fields = [violation.field for violation in error.violations]
    assert "plan.sessions[0].exercises[0].exercise_id" in fields
    assert any(field.startswith("plan.sessions[1].exercises[0]") for field in fields)
    await served.close()
    assert not rows_of(served)


async def test_a_correction_is_of_the_task_of_its_reply(served: Served) -> None:
    """A day for a week is refused, and so is any plan for an advice."""
    week_reply = await workout(served)
    wrong = pb.SubmitCorrectionRequest(reply_id=week_reply.provenance.reply_id)
    error = await error_of(served.feedback.SubmitCorrection(wrong))
    assert isinstance(error, InvalidRequestError)
    assert error.violations[0].field == "workout"
    advice = await served.advice()
    request = pb.SubmitCorrectionRequest(reply_id=advice.provenance.reply_id, workout=week_reply.plan)
    error = await error_of(served.feedback.SubmitCorrection(request))
    assert isinstance(error, InvalidRequestError)


async def test_feedback_has_a_scope_of_its_own(tmp_path: Path, start: Start) -> None:
    """A token for recommendations cannot send it, and one for feedback can do nothing else."""
    path = tmp_path / "tokens.txt"
    made = {
        scope: tokens.create(path, scope, frozenset({scope})) for scope in (Scope.RECOMMEND, Scope.FEEDBACK)
    }
    served = await start(tokens_file=path)

    def bearer(scope: Scope) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {made[scope]}"),)

    request = recommendation_pb2.RecommendWorkoutRequest(profile=PROFILE)
    reply = await served.recommend.RecommendWorkout(request, metadata=bearer(Scope.RECOMMEND))
    sent = submit(reply.provenance.reply_id, event())
    error = await error_of(served.feedback.SubmitFeedback(sent, metadata=bearer(Scope.RECOMMEND)))
    assert isinstance(error, AccessDeniedError)
    assert error.metadata["scope"] == "feedback"
    assert (await served.feedback.SubmitFeedback(sent, metadata=bearer(Scope.FEEDBACK))).accepted == 1
    error = await error_of(served.recommend.RecommendWorkout(request, metadata=bearer(Scope.FEEDBACK)))
    assert isinstance(error, AccessDeniedError)


async def test_a_server_without_feedback_says_so_and_names_no_reply(start: Start) -> None:
    """It serves all the same."""
    served = await start(take_feedback=False)
    assert (await workout(served)).provenance.reply_id == ""
    error = await error_of(served.feedback.SubmitFeedback(submit("r1.AAAA", event())))
    assert (type(error), error.reason) == (PreconditionError, "FEEDBACK_OFF")
    error = await error_of(served.feedback.ListFeedback(pb.ListFeedbackRequest()))
    assert error.reason == "FEEDBACK_OFF"


async def test_a_folder_that_cannot_be_made_costs_feedback_and_not_the_service(
    tmp_path: Path, start: Start
) -> None:
    """A server needs no right to write anything."""
    (tmp_path / "file").write_text("")
    served = await start(feedback=tmp_path / "file" / "feedback")
    assert (await workout(served)).provenance.reply_id == ""


async def test_versions_are_listed_in_pages(served: Served) -> None:
    """A token that is none is refused."""
    reply_id = (await workout(served)).provenance.reply_id
    await served.feedback.SubmitFeedback(submit(reply_id, event()))
    other = fakes.publish(served.registry)
    created = (await workout(served)).provenance.created_at.ToDatetime(tzinfo=UTC)
    await served.feedback.SubmitFeedback(submit(sealed(served, version=other.name, made_at=created), event()))
    first = await served.feedback.ListFeedback(pb.ListFeedbackRequest(page_size=1))
    assert first.next_page_token
    second = await served.feedback.ListFeedback(
        pb.ListFeedbackRequest(page_size=1, page_token=first.next_page_token)
    )
    assert {first.versions[0].adapter_version, second.versions[0].adapter_version} == {"base", other.name}
    assert not second.next_page_token
    error = await error_of(served.feedback.ListFeedback(pb.ListFeedbackRequest(page_token="x")))
    assert isinstance(error, InvalidRequestError)


async def test_a_client_s_own_reply_says_what_became_of_it(served: Served) -> None:
    """Typed, with everything filled in; the asyncio client awaits it."""
    async with AsyncFitBoxClient(served.ready.result().address) as client:
        reply = await client.recommend_workout(fakes.MEMBER)
        item = reply.plan.sessions[0].exercises[0].exercise_id
        assert await reply.accept() == FeedbackTaken(1, 0)
        assert await reply.done(item, rpe=7, load_kg=12.5, repetitions=8, day=1) == FeedbackTaken(1, 0)
        assert await reply.skip(item) == FeedbackTaken(1, 0)
        assert await reply.rate(5, item) == FeedbackTaken(1, 0)
        assert await reply.too_hard(item) == FeedbackTaken(1, 0)
        assert (await reply.correct(reply.plan)).duplicate is False
        kept = (reply.provenance.reply_id, FeedbackEvent(FeedbackKind.TOO_EASY))
        streamed = await client.stream_feedback([kept, ("r1.AAAA", kept[1])])
        assert (streamed.accepted, streamed.refused) == (1, 1)
        (counted,) = await client.list_feedback()
        assert counted.counts["ACCEPTED"] == 1


async def test_a_message_that_is_none_is_refused_like_any_other(served: Served) -> None:
    """In the one place for every service."""
    call = served.channel.unary_unary("/fitbox.v1.FeedbackService/SubmitFeedback")
    error = await error_of(call(b"\xff\xff"))
    assert error.reason == "REQUEST_UNREADABLE"
