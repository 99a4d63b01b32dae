"""Feedback on the disk: each event once, in closed files, within its quotas."""

from __future__ import annotations

import asyncio
import csv
import random
import sqlite3
import stat
from pathlib import Path

import pytest
from fitbox_server.feedback.journal import Journal
from fitbox_server.feedback.store import DATABASE, DAY_SECONDS, Added, Quotas

from fitbox import durable
from fitbox.errors import (
    EventIdReusedError,
    FeedbackQuotaError,
    FeedbackUnavailableError,
    OverloadedError,
)
from fitbox.feedback.events import FeedbackEvent, FeedbackKind
from fitbox.feedback.records import COLUMNS, EVENT_ID, FEEDBACK, PROFILE
from fitbox.profile import Language, Profile
from tests.crash import feedback as crash
from tests.fakes import MEMBER
from tests.feedback_made import NOW, PLENTY, named, record, store, submission

SKIPPED = FeedbackEvent(FeedbackKind.SKIPPED, "plank")


def rows_of(folder: Path) -> list[dict[str, str]]:
    """Rows of every closed segment."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="") as file:
            found += list(csv.DictReader(file))
    return found


def test_a_repeat_is_no_second_event(tmp_path: Path) -> None:
    """Neither in the same call nor in another process later."""
    one = store(tmp_path)
    assert one.add([submission(record(1), record(2), record(1))]) == [Added(2, 1)]
    one.close()
    again = store(tmp_path)
    assert again.add([submission(record(2), record(3))]) == [Added(1, 1)]
    again.close_segment(force=True)
    assert [row[EVENT_ID] for row in rows_of(tmp_path)] == [f"{n:032x}" for n in (1, 2, 3)]


def test_an_id_with_other_contents_is_refused_whole(tmp_path: Path) -> None:
    """Nothing else of that call is taken either."""
    one = store(tmp_path)
    one.add([submission(record(1))])
    (outcome, other) = one.add([submission(record(2), record(1, SKIPPED)), submission(record(3))])
    assert isinstance(outcome, EventIdReusedError)
    assert other == Added(1, 0)
    assert one.waiting() == 2


def test_a_segment_is_closed_when_it_is_full_or_old(tmp_path: Path) -> None:
    """By what has passed on the given clock."""
    now = [NOW.timestamp()]
    one = store(tmp_path, events=2, seconds=60, clock=lambda: now[0])
    one.add([submission(record(1))])
    assert one.close_segment() is None
    one.add([submission(record(2), record(3))])
    assert one.has_full_segment
    first = one.close_segment()
    assert first is not None
    assert one.close_segment() is None
    now[0] += 60
    assert one.close_segment() is not None
    assert len(rows_of(tmp_path)) == 3
    assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_a_closed_segment_holds_every_column_and_never_changes(tmp_path: Path) -> None:
    """The trainer takes it by its contents."""
    one = store(tmp_path)
    one.add([submission(record(1, SKIPPED))])
    path = one.close_segment(force=True)
    assert path is not None
    before = path.read_bytes()
    one.add([submission(record(2))])
    one.close_segment(force=True)
    assert path.read_bytes() == before
    (row,) = list(csv.DictReader(before.decode().splitlines()))
    assert tuple(row) == COLUMNS
    assert row[FEEDBACK] == "skipped plank"
    assert Profile.model_validate_json(row[PROFILE]) == MEMBER


def test_the_database_forgets_what_is_in_a_segment(tmp_path: Path) -> None:
    """Of a member nothing is in its bytes any more."""
    one = store(tmp_path)
    one.add([submission(record(1, SKIPPED))])
    one.close_segment(force=True)
    one.close()
    held = b"".join(path.read_bytes() for path in tmp_path.glob(f"{DATABASE}*"))
    assert b"age_years" not in held
    assert stat.S_IMODE((tmp_path / DATABASE).stat().st_mode) == 0o600


@pytest.mark.parametrize("written", [False, True])
def test_a_segment_that_was_cut_off_is_the_next_process_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    """Before its file was there, or before anybody noted that it is: each event stands in one file, once."""
    real = durable.replace_file

    def cut_off(path: Path, content: bytes, *, private: bool) -> None:
        if written:
            real(path, content, private=private)
        raise OSError("the power went")

    one = store(tmp_path)
    one.add([submission(record(1), record(2))])
    monkeypatch.setattr(durable, "replace_file", cut_off)
    with pytest.raises(FeedbackUnavailableError):
        one.close_segment(force=True)
    one.close()
    monkeypatch.undo()
    again = store(tmp_path)
    again.add([submission(record(3))])
    again.close_segment(force=True)
    assert sorted(row[EVENT_ID] for row in rows_of(tmp_path)) == [f"{n:032x}" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("quotas", "quota"),
    [
        (Quotas(member=2, caller=9, item=9), "member"),
        (Quotas(member=9, caller=2, item=9), "caller"),
        (Quotas(member=9, caller=9, item=2), "item"),
    ],
)
def test_each_quota_refuses_what_is_beyond_it(tmp_path: Path, quotas: Quotas, quota: str) -> None:
    """With the time until the next day, and without counting repeats."""
    one = store(tmp_path, quotas=quotas, clock=NOW.timestamp)
    assert one.add([submission(record(n, SKIPPED)) for n in (1, 2, 1)])[2] == Added(0, 1)
    (outcome,) = one.add([submission(record(3, SKIPPED))])
    assert isinstance(outcome, FeedbackQuotaError)
    assert outcome.quota == quota
    assert outcome.retry_after_seconds == 12 * 3600


def test_quotas_are_counted_anew_each_day_and_outlive_a_restart(tmp_path: Path) -> None:
    """By the day of the server's clock."""
    quotas = Quotas(member=1, caller=9, item=9)
    now = [NOW.timestamp()]
    one = store(tmp_path, quotas=quotas, clock=lambda: now[0])
    one.add([submission(record(1))])
    one.close()
    again = store(tmp_path, quotas=quotas, clock=lambda: now[0])
    assert isinstance(again.add([submission(record(2))])[0], FeedbackQuotaError)
    now[0] += DAY_SECONDS
    assert again.add([submission(record(2))]) == [Added(1, 0)]


def test_a_clock_that_runs_backwards_gives_no_second_day(tmp_path: Path) -> None:
    """A little back counts as the last moment; far back it is believed."""
    now = [NOW.timestamp()]
    one = store(tmp_path, quotas=Quotas(member=1, caller=9, item=9), clock=lambda: now[0])
    one.add([submission(record(1))])
    now[0] -= 13 * 3600
    assert isinstance(one.add([submission(record(2))])[0], FeedbackQuotaError)
    now[0] -= 40 * DAY_SECONDS
    assert one.add([submission(record(2))]) == [Added(1, 0)]


def test_a_member_is_the_same_in_another_language(tmp_path: Path) -> None:
    """Nobody gets a second quota by asking for French."""
    french = MEMBER.model_copy(update={"language": Language.FR})
    one = store(tmp_path, quotas=Quotas(member=1, caller=9, item=9))
    one.add([submission(record(1))])
    (outcome,) = one.add([submission(record(2, reply=named(profile=french)), member=french)])
    assert isinstance(outcome, FeedbackQuotaError)


def test_ids_are_forgotten_when_no_reply_can_bring_them_back(tmp_path: Path) -> None:
    """So the database stays as large as two months of ids."""
    now = [NOW.timestamp()]
    one = store(tmp_path, clock=lambda: now[0])
    one.add([submission(record(1))])
    one.close_segment(force=True)
    now[0] += 63 * DAY_SECONDS
    one.close_segment()
    one.close()
    with sqlite3.connect(tmp_path / DATABASE) as database:
        assert database.execute("SELECT count(*) FROM events").fetchone() == (0,)
    database.close()


def test_counts_are_by_version_and_kind(tmp_path: Path) -> None:
    """Those first of which something came last."""
    now = [NOW.timestamp()]
    one = store(tmp_path, clock=lambda: now[0])
    one.add([submission(record(1), record(2, SKIPPED))])
    now[0] += 1
    one.add([submission(record(3, reply=named(version="base")))])
    base, version = one.counts()
    assert base.counts == {FeedbackKind.ACCEPTED: 1}
    assert version.counts == {FeedbackKind.ACCEPTED: 1, FeedbackKind.SKIPPED: 1}
    assert [found.version for found in one.counts("base")] == ["base"]


async def test_a_flood_is_shed_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    """10,000 events at once."""
    journal = Journal(lambda: store(tmp_path, events=1000, quotas=PLENTY), most_waiting=4000)
    await journal.start()

    async def send(number: int) -> bool:
        try:
            await journal.add(submission(record(number)))
        except OverloadedError:
            return False
        return True

    taken = await asyncio.gather(*(send(number) for number in range(10_000)))
    await journal.close()
    acknowledged = {f"{number:032x}" for number, ok in enumerate(taken) if ok}
    found = [row[EVENT_ID] for row in rows_of(tmp_path)]
    assert len(acknowledged) == 4000
    assert set(found) == acknowledged
    assert len(found) == 4000


async def test_a_disk_that_refuses_is_an_error_and_the_next_event_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sent it may send it again."""
    opened = []

    def make() -> object:
        opened.append(store(tmp_path))
        return opened[0]

    journal = Journal(make, most_waiting=10)  # type: ignore[arg-type]
    await journal.start()
    refuse = FeedbackUnavailableError("full")

    def fail(*_: object) -> None:
        raise refuse

    monkeypatch.setattr(opened[0], "add", fail)
    with pytest.raises(FeedbackUnavailableError):
        await journal.add(submission(record(1)))
    monkeypatch.undo()
    assert await journal.add(submission(record(1))) == Added(1, 0)
    await journal.close()
    with pytest.raises(FeedbackUnavailableError):
        await journal.add(submission(record(2)))


@pytest.mark.slow
def test_a_kill_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """A few here; ``python -m tests.crash.feedback --kills 100`` for more."""
    figures = crash.run(tmp_path / "feedback", 5, random.Random(3))
    assert (figures["lost"], figures["doubled"], figures["waiting"]) == (0, 0, 0)
    assert figures["acknowledged"] > 5
