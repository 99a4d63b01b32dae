"""Feedback on the disk: each event once, whatever is repeated and wherever the process is killed.

SQLite in WAL mode with ``synchronous=FULL``, as the trainer's ledger: a batch is one transaction, which is on
the disk when :meth:`FeedbackStore.add` returns. Events wait here until a segment is closed; then the database
keeps their ids and counts alone, for as long as a reply may be named, so that it stays small and says nothing
of a member. A second process may use the same folder. The store belongs to one thread.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fitbox import durable
from fitbox.errors import EventIdReusedError, FeedbackQuotaError, FeedbackUnavailableError
from fitbox.feedback.events import FeedbackKind
from fitbox.feedback.records import Record, profile_text
from fitbox.shown import shown
from fitbox_server.feedback.segments import segment_text

DATABASE = ".feedback.sqlite3"
"""In the folder of feedback; a name that the trainer passes over."""
DAY_SECONDS = 86_400
MOST_VERSIONS = 1000
"""Versions whose counts are kept, those of which something came last."""

_SCHEMA = (
    # row: the cells of the event, until it is in a segment that is written. Then nobody needs them here.
    """CREATE TABLE IF NOT EXISTS events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, contents BLOB NOT NULL,
        received_at REAL NOT NULL, segment INTEGER, row TEXT
    ) STRICT""",
    "CREATE INDEX IF NOT EXISTS events_by_segment ON events (segment)",
    "CREATE INDEX IF NOT EXISTS events_by_time ON events (received_at)",
    """CREATE TABLE IF NOT EXISTS segments (
        number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, written INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS quotas (
        day INTEGER NOT NULL, quota TEXT NOT NULL, key BLOB NOT NULL, events INTEGER NOT NULL,
        PRIMARY KEY (day, quota, key)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS versions (
        version TEXT NOT NULL, kind TEXT NOT NULL, events INTEGER NOT NULL, first_at REAL NOT NULL,
        last_at REAL NOT NULL, PRIMARY KEY (version, kind)
    ) STRICT, WITHOUT ROWID""",
)
_OPEN = "SELECT count(*), min(received_at) FROM events WHERE segment IS NULL"


@dataclass(frozen=True)
class Quotas:
    """Events a day (UTC) at most."""

    member: int
    """Of one member."""
    caller: int
    """Of one caller."""
    item: int
    """Of one caller about one exercise or food: nobody can push an item, or use up what others may say."""


@dataclass(frozen=True)
class SegmentLimits:
    """When a segment is closed, so that the trainer takes it."""

    events: int
    seconds: float
    """Since its first event."""


@dataclass(frozen=True)
class Submission:
    """Events that are taken together or not at all."""

    caller: str
    member: bytes
    """See :func:`member_key`."""
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Added:
    """What became of a submission that was taken."""

    new: int
    duplicates: int


@dataclass(frozen=True)
class VersionCounts:
    """What came back on one version. Times are Unix seconds."""

    version: str
    counts: dict[FeedbackKind, int]
    first_at: float
    last_at: float


Outcome = Added | EventIdReusedError | FeedbackQuotaError


class FeedbackStore:
    """Opens, and makes if needed, the store in ``folder``.

    Args:
        folder: Of the database and of closed segments.
        quotas: See there.
        limits: Of a segment.
        keep_seconds: How long ids are remembered: at least as long as a reply may be named.
        clock: Unix seconds.

    Raises:
        FeedbackUnavailableError: SQLite refuses.
        OSError: the folder cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        quotas: Quotas,
        limits: SegmentLimits,
        *,
        keep_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = durable.make_folder(folder, private=True)
        self._quotas, self._limits, self._keep_seconds, self._clock = quotas, limits, keep_seconds, clock
        self._path = folder / DATABASE
        self._pruned_on = -1
        with contextlib.suppress(OSError):  # SQLite says it better
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with self._typed():
            self._db = sqlite3.connect(self._path, isolation_level=None, timeout=30)
            # What an event said is overwritten, not only let go of, once it is in a segment.
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                self._db.execute(f"PRAGMA {pragma}")
            for statement in _SCHEMA:
                self._db.execute(statement)
            last = self._db.execute("SELECT max(received_at) FROM events").fetchone()[0]
            self._open = int(self._db.execute(_OPEN).fetchone()[0])
        self._last = float(last or 0.0)

    @property
    def has_full_segment(self) -> bool:
        """Whether as many events wait as a segment has; those of other processes are found by their age."""
        return self._open >= self._limits.events

    def close(self) -> None:
        """Close the database; what is in no segment yet stays in it."""
        with self._typed():
            self._db.close()

    def add(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """Take submissions in one transaction, each whole or not at all; on disk when this returns.

        Raises:
            FeedbackUnavailableError: nothing of it was taken.
        """
        now = self._now()
        with self._transaction():
            outcomes = [self._add(submission, now) for submission in submissions]
        self._open += sum(one.new for one in outcomes if isinstance(one, Added))
        return outcomes

    def close_segment(self, *, force: bool = False) -> Path | None:
        """Write the events that wait as one file, if there are enough or they waited long enough.

        The file's name and contents are settled before it is written, so whoever is killed in between leaves
        it to the next call, which writes the same file.

        Raises:
            FeedbackUnavailableError: the disk or SQLite refuses; nothing is lost.
        """
        self._finish_segments()
        count, oldest = self._one(_OPEN)
        self._open = count
        if not count:
            self._prune()
            return None
        waited = abs(self._now() - oldest)
        if not (force or count >= self._limits.events or waited >= self._limits.seconds):
            return None
        with self._transaction():
            stamp = datetime.fromtimestamp(oldest, UTC).strftime("%Y%m%d-%H%M%S")
            # The random part keeps apart what several machines put into one folder.
            name = f"feedback-{stamp}-{secrets.token_hex(4)}.csv"
            number = self._db.execute("INSERT INTO segments (name, written) VALUES (?, 0)", (name,)).lastrowid
            self._db.execute(
                """UPDATE events SET segment = ? WHERE seq IN
                   (SELECT seq FROM events WHERE segment IS NULL ORDER BY seq LIMIT ?)""",
                (number, self._limits.events),
            )
        self._finish_segments()
        self._open = max(0, count - self._limits.events)
        return self._folder / name

    def counts(self, version: str = "") -> list[VersionCounts]:
        """What came back, by version, those first of which something came last."""
        found: dict[str, VersionCounts] = {}
        with self._typed():
            rows = self._db.execute(
                "SELECT version, kind, events, first_at, last_at FROM versions WHERE ? IN ('', version)",
                (version,),
            ).fetchall()
        for name, kind, events, first_at, last_at in rows:
            one = found.get(name) or VersionCounts(name, {}, math.inf, 0.0)
            counts = {**one.counts, FeedbackKind(kind): events}
            found[name] = VersionCounts(name, counts, min(one.first_at, first_at), max(one.last_at, last_at))
        return sorted(found.values(), key=lambda one: (-one.last_at, one.version))

    def waiting(self) -> int:
        """Events that are in no closed segment yet."""
        return int(self._one("SELECT count(*) FROM events WHERE row IS NOT NULL")[0])

    def _add(self, submission: Submission, now: float) -> Outcome:
        new: list[tuple[Record, bytes]] = []
        ids: set[str] = set()
        for record in submission.records:
            contents = contents_of(record)
            found = self._db.execute(
                "SELECT contents FROM events WHERE id = ?", (record.event_id,)
            ).fetchone()
            if found is None and record.event_id not in ids:
                new.append((record, contents))
                ids.add(record.event_id)
            elif found is not None and found[0] != contents:
                return EventIdReusedError("an event_id was used for an event with other contents")
        if over := self._over_quota(submission, [record for record, _ in new], now):
            return over
        received = datetime.fromtimestamp(now, UTC)
        for record, contents in new:
            row = json.dumps(record.received(received).row(), ensure_ascii=False)
            self._db.execute(
                "INSERT INTO events (id, contents, received_at, row) VALUES (?, ?, ?, ?)",
                (record.event_id, contents, now, row),
            )
            self._db.execute(
                """INSERT INTO versions VALUES (?, ?, 1, ?, ?) ON CONFLICT (version, kind) DO UPDATE SET
                   events = events + 1, last_at = max(last_at, excluded.last_at)""",
                (record.reply.version, record.event.kind.value, now, now),
            )
        return Added(len(new), len(submission.records) - len(new))

    def _over_quota(
        self, submission: Submission, records: Sequence[Record], now: float
    ) -> FeedbackQuotaError | None:
        """Count new events, unless one of the quotas would be exceeded."""
        day = int(now // DAY_SECONDS)
        wanted: dict[tuple[str, bytes], int] = {}
        caller = _hashed(submission.caller)
        for record in records:
            keys = [("member", submission.member), ("caller", caller)]
            items = {record.event.item, record.event.swapped_for} - {""}
            keys += [("item", _hashed(submission.caller, item)) for item in sorted(items)]
            for counted in keys:
                wanted[counted] = wanted.get(counted, 0) + 1
        for (quota, key), events in wanted.items():
            had = self._db.execute(
                "SELECT events FROM quotas WHERE (day, quota, key) = (?, ?, ?)", (day, quota, key)
            ).fetchone()
            if (had[0] if had else 0) + events > getattr(self._quotas, quota):
                return FeedbackQuotaError(quota, (day + 1) * DAY_SECONDS - now)
        for (quota, key), events in wanted.items():
            self._db.execute(
                """INSERT INTO quotas VALUES (?, ?, ?, ?)
                   ON CONFLICT (day, quota, key) DO UPDATE SET events = events + excluded.events""",
                (day, quota, key, events),
            )
        return None

    def _finish_segments(self) -> None:
        with self._typed():
            unwritten = self._db.execute(
                "SELECT number, name FROM segments WHERE NOT written ORDER BY number"
            ).fetchall()
        for number, name in unwritten:
            with self._typed():
                rows = self._db.execute(
                    "SELECT row FROM events WHERE segment = ? ORDER BY seq", (number,)
                ).fetchall()
                cells = [json.loads(row) for (row,) in rows if row is not None]
                if len(cells) == len(rows):  # else another process has just finished it
                    durable.replace_file(self._folder / name, segment_text(cells), private=True)
            with self._transaction():
                self._db.execute("UPDATE segments SET written = 1 WHERE number = ?", (number,))
                self._db.execute("UPDATE events SET row = NULL WHERE segment = ?", (number,))

    def _prune(self) -> None:
        """Forget, once a day, ids that no reply can bring back, and counts that nobody asks for."""
        now = self._now()
        day = int(now // DAY_SECONDS)
        if day == self._pruned_on:
            return
        with self._transaction():
            self._db.execute(
                "DELETE FROM events WHERE received_at < ? AND row IS NULL", (now - self._keep_seconds,)
            )
            self._db.execute(
                """DELETE FROM segments WHERE written AND number NOT IN
                   (SELECT segment FROM events WHERE segment IS NOT NULL)"""
            )
            self._db.execute("DELETE FROM quotas WHERE day < ?", (day - 1,))
            self._db.execute(
                """DELETE FROM versions WHERE version NOT IN
                   (SELECT version FROM versions GROUP BY version ORDER BY max(last_at) DESC LIMIT ?)""",
                (MOST_VERSIONS,),
            )
        with self._typed():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            for left in durable.leftovers(self._folder):  # of a process that was killed, here or elsewhere
                if time.time() - left.stat().st_mtime > DAY_SECONDS:
                    left.unlink(missing_ok=True)
        self._pruned_on = day

    def _now(self) -> float:
        """Now, and no earlier than the last event: a clock that is put back a little does not count twice.

        One that is put back more than a day had been wrong before, and is believed.
        """
        now = self._clock()
        if self._last - DAY_SECONDS < now < self._last:
            return self._last
        self._last = now
        return now

    def _one(self, statement: str) -> Any:
        with self._typed():
            return self._db.execute(statement).fetchone()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._typed():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk makes SQLite roll back by itself
                    with contextlib.suppress(sqlite3.Error):
                        self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _typed(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            problem = f"feedback in {shown(self._folder)} cannot be written: {error}"
            raise FeedbackUnavailableError(problem) from error


def contents_of(record: Record) -> bytes:
    """What must be equal for an event of the same id to be the same event."""
    reply, event = record.reply, record.event
    said = [
        *(reply.task.value, reply.version, reply.seed, int(reply.made_at.timestamp())),
        profile_text(reply.profile),
        *(event.kind.value, event.item, event.swapped_for, event.rpe, event.load_kg, event.repetitions),
        *(event.rating, event.reason and event.reason.value, event.day),
        event.at and event.at.timestamp(),
        record.correction,
    ]
    return hashlib.sha256(json.dumps(said).encode()).digest()[:16]


def _hashed(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()[:16]
