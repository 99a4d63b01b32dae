"""Too much: lists and texts of one request, pieces for a client that does not read, items of batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from fitbox_client.errors import InvalidRequestError, from_rpc_error
from fitbox_server import batch
from fitbox_server.admission import Admission, Caller
from fitbox_server.batch import Window, answer_all
from fitbox_server.hooks import Hooks
from fitbox_server.outbox import Outbox
from fitbox_server.requests import read_batch_item, read_request

from fitbox.errors import InvalidProfileError
from fitbox.profile import Profile, validate_profile
from fitbox.v1 import profile_pb2, recommendation_pb2
from tests import fakes
from tests.served import PROFILE, Served, error_of, until

Request = recommendation_pb2.RecommendWorkoutRequest
Item = recommendation_pb2.BatchRecommendRequest
Reply = recommendation_pb2.RecommendAdviceResponse

LISTS: dict[str, Callable[[profile_pb2.Profile, int], object]] = {
    "conditions": lambda p, n: p.conditions.extend([0] * n),  # type: ignore[list-item]  # no member of it
    "allergies": lambda p, n: p.allergies.extend([99] * n),  # type: ignore[list-item]
    "equipment.items": lambda p, n: p.equipment.items.extend([0] * n),  # type: ignore[list-item]
    "disliked_foods": lambda p, n: p.disliked_foods.extend([""] * n),
    "disliked_exercises": lambda p, n: p.disliked_exercises.extend(["x"] * n),
    "history": lambda p, n: p.history.extend([profile_pb2.HistoryEvent(item="x")] * n),
}


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """A server with little room."""
    server = Served(tmp_path / "models", in_flight=2, batch_caller_items=6)
    await server.start()
    yield server
    await server.close()


def request(**fields: Any) -> Request:
    """A request that is right."""
    return Request(profile=PROFILE, **fields)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("size", [65, 50_000])
def test_a_list_that_is_too_long_is_one_violation(name: str, size: int) -> None:
    """Whatever its entries are, for none of them is looked at."""
    message = request()
    LISTS[name](message.profile, size)
    with pytest.raises(InvalidProfileError) as caught:
        read_request(message)
    (violation,) = caught.value.violations
    assert violation.field == f"profile.{name}"
    assert "at most" in violation.description


def test_a_list_of_an_enum_is_no_longer_than_the_enum() -> None:
    """All of it once is the most that can be meant."""
    message = request()
    message.profile.allergies.extend(range(1, 15))  # type: ignore[arg-type]
    assert len(read_request(message)[0].allergies) == 14
    message.profile.allergies.append(1)  # type: ignore[arg-type]
    with pytest.raises(InvalidProfileError, match="at most 14 entries"):
        read_request(message)


def test_of_many_violations_the_first_32_are_told() -> None:
    """In a call of its own and in a batch."""
    message = Item(request_id="1", profile=PROFILE)
    for name in ("disliked_foods", "disliked_exercises"):
        LISTS[name](message.profile, 60)
    for read in (read_request, read_batch_item):
        with pytest.raises(InvalidProfileError) as caught:
            read(message)
        assert len(caught.value.violations) == 32


@pytest.mark.parametrize(
    "values",
    [
        {"conditions": [0] * 100_000},
        {"disliked_foods": ["Free text"] * 100_000},
        {"disliked_exercises": list(range(100_000))},
        {"equipment": [None] * 100_000},
        {"history": ["skipped plank"] * 100_000},
        {f"field_{number}": 1 for number in range(100_000)},
    ],
)
def test_a_profile_of_a_file_is_bounded_in_the_same_way(values: dict[str, object]) -> None:
    """Few violations, quickly, from JSON and from values."""
    with pytest.raises(InvalidProfileError) as caught:
        validate_profile({**fakes.MEMBER.model_dump(), **values})
    assert len(caught.value.violations) == 1


def test_the_model_itself_takes_no_more_than_64_entries() -> None:
    """Also where it is built directly."""
    many = frozenset(f"food_{number}" for number in range(65))
    with pytest.raises(ValueError, match="at most 64"):
        Profile(age_years=30, sex="MALE", weight_kg=80, height_cm=180, disliked_foods=many)  # type: ignore[arg-type]


async def test_a_request_of_violations_is_answered_small_and_whole(served: Served) -> None:
    """The client's library gets the error, not a limit of its own."""
    message = recommendation_pb2.AssessProfileRequest(profile=PROFILE)
    LISTS["conditions"](message.profile, 900_000)
    error = await error_of(served.recommend.AssessProfile(message))
    assert isinstance(error, InvalidRequestError)
    assert [violation.field for violation in error.violations] == ["profile.conditions"]


async def test_an_outbox_merges_what_a_slow_reader_leaves() -> None:
    """The engine is never kept waiting, and one piece is all that is kept."""
    written: list[str] = []
    reads = asyncio.Semaphore(0)

    async def write(text: str) -> None:
        await reads.acquire()
        written.append(text)

    outbox = Outbox(write)
    delivering = asyncio.ensure_future(outbox.deliver())
    outbox.put("one ")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for word in ("two ", "three ", "four"):
        outbox.put(word)
    outbox.end()
    for _ in range(3):
        reads.release()
    await delivering
    assert written == ["one ", "two three four"]


async def test_a_reader_that_is_gone_ends_the_delivery() -> None:
    """What comes later is dropped, and nothing is raised on the engine's side."""

    async def write(text: str) -> None:
        raise grpc.aio.BaseError

    outbox = Outbox(write)
    outbox.put("text")
    await outbox.deliver()
    outbox.put("more")
    await outbox.deliver()


async def test_a_stream_whose_client_never_reads_gives_its_slot_back(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slot and the lease are free when the engine is done, though no piece was taken."""
    taken = asyncio.Event()

    async def never(self: Any, message: Any) -> None:
        taken.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("fitbox.rpc.call_context.CallContext.write", never)
    call = served.recommend.StreamAdvice(recommendation_pb2.StreamAdviceRequest(profile=PROFILE))
    await taken.wait()
    await until(lambda: served.launcher.workers[0].in_flight == 0)
    async with asyncio.timeout(60):  # the text is read and checked after the worker is done with it
        while (await asyncio.to_thread(served.metrics))["fitbox_admission_in_flight", frozenset()]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not call.done()
    call.cancel()


def stream(count: int) -> tuple[AsyncIterator[Item], list[int]]:
    """An endless client, and how many items were taken from it."""
    taken = [0]

    async def items() -> AsyncIterator[Item]:
        for number in range(count):
            taken[0] += 1
            yield Item(request_id=str(number))

    return items(), taken


async def test_many_streams_of_one_caller_share_a_window() -> None:
    """What is beyond it stays unread, one item a stream at most, and all is answered in the end."""
    window, gate, at_work, peak = Window(each=8, caller=16, total=32), asyncio.Event(), 0, 0

    async def answer(item: Item) -> Reply:
        nonlocal at_work, peak
        at_work += 1
        peak = max(peak, at_work)
        await gate.wait()
        at_work -= 1
        return Reply()

    async def consume(caller: str) -> int:
        items, taken = stream(20)
        counts.append(taken)
        return len([reply async for reply in answer_all(items, answer, window, caller)])

    counts: list[list[int]] = []
    crowd = [asyncio.ensure_future(consume("crowd")) for _ in range(50)]
    for _ in range(200):
        await asyncio.sleep(0)
    assert at_work == 16
    assert sum(taken[0] for taken in counts) <= 16 + 50
    other = asyncio.ensure_future(consume("other"))
    for _ in range(200):
        await asyncio.sleep(0)
    assert at_work == 16 + 8  # the crowd keeps nobody else out
    gate.set()
    assert [await one for one in (*crowd, other)] == [20] * 51
    assert peak <= 32


async def test_streams_that_end_early_leave_the_window_as_it_was() -> None:
    """Whether their items are unread, wait for room, or are in work."""
    window = Window(each=4, caller=6, total=6)

    async def stuck(item: Item) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    async def consume() -> None:
        async for _ in answer_all(stream(100)[0], stuck, window, "leaver"):
            pass

    for turns in range(12):
        leavers = [asyncio.ensure_future(consume()) for _ in range(5)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for one in leavers:
            one.cancel()
        await asyncio.gather(*leavers, return_exceptions=True)

    async def answer(item: Item) -> Reply:
        return Reply()

    replies = answer_all(stream(20)[0], answer, window, "leaver")
    assert len([reply async for reply in replies]) == 20
    assert window._shares == {}


async def test_items_that_wait_hold_no_more_than_the_window(served: Served) -> None:
    """Over the wire: of 20 items in 5 streams, admission sees as many as the window has room for."""
    served.launcher.gate.clear()

    async def items() -> AsyncIterator[Item]:
        for number in range(4):
            yield Item(request_id=str(number), kind="RECOMMENDATION_KIND_ADVICE", profile=PROFILE)  # type: ignore[arg-type]

    calls = [served.recommend.BatchRecommend(items()) for _ in range(5)]
    await until(lambda: served.launcher.workers[0].in_flight == served.settings.in_flight)
    samples = await asyncio.to_thread(served.metrics)
    waiting = samples["fitbox_admission_waiting", frozenset()]
    assert waiting + served.settings.in_flight <= served.settings.batch_caller_items
    served.launcher.gate.set()
    for call in calls:
        assert len([reply async for reply in call]) == 4


async def test_a_name_that_is_too_long_is_not_sent_back_whole() -> None:
    """A megabyte of it would end the stream for all its other items."""

    async def answer(item: Item) -> Reply:
        read_batch_item(item)
        return Reply()

    async def items() -> AsyncIterator[Item]:
        yield Item(request_id="x" * 900_000, profile=PROFILE)

    window = Window(each=1, caller=1, total=1)
    (response,) = [response async for response in answer_all(items(), answer, window)]
    assert response.request_id == "x" * 128
    assert "request_id" in [violation.field for violation in response.error.field_violations]
    assert response.ByteSize() < 8192


async def test_the_names_of_an_endless_stream_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last ones are remembered, and a repeat of one of them is refused."""
    monkeypatch.setattr(batch, "REMEMBERED_IDS", 10)

    async def answer(item: Item) -> Reply:
        return Reply()

    async def items() -> AsyncIterator[Item]:
        for name in [*range(11), 10, 0]:
            yield Item(request_id=str(name))

    window = Window(each=1, caller=1, total=1)
    responses = [response async for response in answer_all(items(), answer, window)]
    assert [response.error.reason for response in responses] == [""] * 11 + ["REQUEST_ID_REUSED", ""]


async def test_a_patient_caller_still_waits_beyond_the_queue() -> None:
    """The window is what bounds it, so admission need not."""
    admission = Admission(in_flight=1, queue=0, hooks=Hooks())
    async with admission.enter(Caller("a")) as place:
        await place.start(1)
        async with admission.enter(Caller("b", patient=True)):
            assert admission.pending == 0


async def test_every_refusal_of_a_request_reaches_the_client(served: Served) -> None:
    """With all 32 violations, long paths and texts included."""
    message = request(language_code="x" * 10_000)
    for name in ("disliked_foods", "disliked_exercises"):
        LISTS[name](message.profile, 64)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.recommend.RecommendWorkout(message)
    error = from_rpc_error(caught.value)
    assert isinstance(error, InvalidRequestError)
    assert error.reason == "INVALID_REQUEST"
    assert error.violations
