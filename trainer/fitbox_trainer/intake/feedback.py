"""Rows of feedback -> events, each judged as if it had come by the API; the members are read as in any file.

A file of feedback is told by its column ``fitbox_feedback``. It names its members by the columns of a member
file, or by ``profile``, which the server writes (:mod:`fitbox.feedback.records`). What is taken in is kept
with the members' data; nothing is trained on it yet.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from pydantic import ValidationError

from fitbox.errors import NoPlanPossibleError
from fitbox.exercises import exercises
from fitbox.feedback.events import FeedbackEvent, FeedbackKind, Reason, event_of, violations
from fitbox.feedback.plans import eating, training, why_not_allowed
from fitbox.feedback.records import (
    AT,
    CALLER,
    CORRECTION,
    DAY,
    DIGEST,
    EVENT_ID,
    FEEDBACK,
    LOAD,
    PROFILE,
    REASON,
    RECEIVED,
    REPETITIONS,
    REPLIED,
    SEED,
    SERVED,
    SOURCE,
    TASK,
    VERSION,
    moment,
)
from fitbox.foods import foods
from fitbox.nutrition.task import NUTRITION
from fitbox.profile import Profile
from fitbox.task import TaskName
from fitbox.workout.task import WORKOUT
from fitbox_trainer.data.coach import CoachTextError, read_coach_text
from fitbox_trainer.intake.feedback_columns import columns_of
from fitbox_trainer.intake.members import Member, Outcome
from fitbox_trainer.intake.reader import Batch, MalformedRow
from fitbox_trainer.intake.report import RejectedCell
from fitbox_trainer.intake.validate import canonical_profile_json, member_id

CLOCK_SKEW = timedelta(days=1)
"""By which the clock of whoever wrote a file may differ from ours, or its zone."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_VERSION = re.compile(r"base|v[0-9]{6,9}-[0-9a-f]{8}")
_EVENT_ID = re.compile(r"[0-9a-f]{32}")
_PASSED_ON = (VERSION, DIGEST, SEED, SOURCE, REPLIED, CALLER, RECEIVED, SERVED)
"""Columns of the server's files that are kept as they are."""
_MAX_CELL = 1 << 14
"""Characters of a cell that is kept as it is."""
_OF_TEXT = frozenset({"kind", "item", "swapped_for", "rpe", "rating"})
"""Parts of an event that stand in its text."""


@dataclass(frozen=True)
class TakenEvent:
    """One row that was taken."""

    line: int
    event_id: str
    text: bytes
    """Its line in the store."""


class _RowError(Exception):
    """A row that cannot be used: each cell with its reason."""

    def __init__(self, *cells: tuple[str, str]) -> None:
        self.cells = cells
        super().__init__("; ".join(f"{column} {reason}" for column, reason in cells))


class FeedbackReader:
    """Reads the batches of one file of feedback.

    Args:
        header: Titles, as people read them.
        now: No event lies after it.
    """

    def __init__(self, header: Sequence[str], now: datetime) -> None:
        self._columns, self._now = columns_of(header), now

    def members(self, batch: Batch) -> Outcome:
        """The member of each row, where the file names them by profiles."""
        members, cells = [], list[RejectedCell]()
        rejected: list[tuple[int, list[str], str]] = []
        for line, row in zip(batch.lines, batch.rows, strict=True):
            text = row[self._columns[PROFILE]]
            found = _profile(text)
            if isinstance(found, str):
                cells.append(RejectedCell(line, PROFILE, text[:200], found))
                rejected.append((line, row, f"{PROFILE} {found}"))
            else:
                canonical = canonical_profile_json(found)
                members.append(Member(line, member_id(canonical), canonical, {}))
        for bad in batch.malformed:
            cells.append(RejectedCell(bad.line, "", _excerpt(bad), bad.reason))
            rejected.append((bad.line, bad.cells, bad.reason))
        return Outcome(members, cells, sorted(rejected), 0, {}, [], [])

    def events(
        self, batch: Batch, members: Sequence[Member]
    ) -> Iterator[TakenEvent | tuple[int, list[str], list[RejectedCell]]]:
        """Of each row whose member could be read: its event, or the row with what is wrong with it."""
        rows = dict(zip(batch.lines, batch.rows, strict=True))
        for member in members:
            row = rows[member.line]
            try:
                yield self._event(member, row)
            except _RowError as error:
                told = [
                    RejectedCell(member.line, column, self._cell(row, column)[:200], reason)
                    for column, reason in error.cells
                ]
                yield member.line, row, told

    def _event(self, member: Member, row: list[str]) -> TakenEvent:
        try:
            said = event_of(self._cell(row, FEEDBACK))
        except ValueError as error:
            raise _RowError((FEEDBACK, str(error))) from None
        profile = _parsed(member.profile_json)
        event = replace(
            said,
            load_kg=self._figure(row, LOAD),
            repetitions=self._whole(row, REPETITIONS),
            day=self._whole(row, DAY),
            reason=self._reason(row),
            at=self._moment(row),
        )
        task = self._task(row, event)
        correction = ""
        if event.kind is FeedbackKind.CORRECTED:
            correction = self._correction(row, task, profile)
        elif self._cell(row, CORRECTION):
            raise _RowError((CORRECTION, "must be empty unless the feedback is 'corrected'"))
        else:
            _check(event, task, profile)
        values = self._values(row, event, task, correction)
        event_id = self._event_id(row, member, values)
        return TakenEvent(member.line, event_id, _line(member, event_id, values))

    def _values(
        self, row: list[str], event: FeedbackEvent, task: TaskName, correction: str
    ) -> dict[str, object]:
        values: dict[str, object] = {
            "task": task.value,
            "kind": event.kind.value,
            "item": event.item,
            "swapped_for": event.swapped_for,
            "rpe": event.rpe,
            LOAD: event.load_kg,
            REPETITIONS: event.repetitions,
            "rating": event.rating,
            REASON: event.reason.value if event.reason else None,
            DAY: event.day,
            AT: moment(event.at) if event.at else None,
            CORRECTION: correction,
        }
        version = self._cell(row, VERSION)
        if version and not _VERSION.fullmatch(version):
            raise _RowError((VERSION, "must be a version such as v000007-3f9a1c2b, base, or empty"))
        values |= {name: self._cell(row, name)[:_MAX_CELL] for name in _PASSED_ON}
        return {name: value for name, value in values.items() if value not in (None, "")}

    def _event_id(self, row: list[str], member: Member, values: Mapping[str, object]) -> str:
        given = self._cell(row, EVENT_ID)
        if _EVENT_ID.fullmatch(given):
            return given
        # Without an id an event is what it says: the same twice is a repeat.
        parts = given or json.dumps([member.member_id, dict(values)], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(f"file/{parts}".encode()).hexdigest()[:32]

    def _task(self, row: list[str], event: FeedbackEvent) -> TaskName:
        said = self._cell(row, TASK).casefold()
        if said:
            try:
                return TaskName(said)
            except ValueError:
                raise _RowError((TASK, f"must be one of {', '.join(TaskName)}, or empty")) from None
        if event.item in exercises():
            return TaskName.WORKOUT
        if event.item in foods():
            return TaskName.NUTRITION
        if event.item:
            raise _RowError((FEEDBACK, "names nothing of the catalogs of exercises and foods"))
        raise _RowError((TASK, f"must be one of {', '.join(TaskName)}: the feedback names no item"))

    def _correction(self, row: list[str], task: TaskName, profile: Profile) -> str:
        text = self._cell(row, CORRECTION).replace("\r\n", "\n")
        if not text:
            raise _RowError(
                (CORRECTION, "must hold the whole edited plan, in the form that plans are written")
            )
        try:
            if task is TaskName.WORKOUT:
                return read_coach_text(WORKOUT, text, training(profile))
            if task is TaskName.NUTRITION:
                return read_coach_text(NUTRITION, text, eating(profile))
        except CoachTextError as error:
            raise _RowError((CORRECTION, str(error))) from None
        except NoPlanPossibleError:
            raise _RowError((CORRECTION, "cannot be checked: no plan is possible for this member")) from None
        raise _RowError((TASK, "advice is corrected in the column coach_advice of a member file"))

    def _reason(self, row: list[str]) -> Reason | None:
        text = self._cell(row, REASON).upper().replace(" ", "_")
        try:
            return Reason(text) if text else None
        except ValueError:
            raise _RowError((REASON, f"must be one of {', '.join(Reason)}, or empty")) from None

    def _moment(self, row: list[str]) -> datetime | None:
        text = self._cell(row, AT)
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise _RowError(
                (AT, "must be a date or moment such as 2026-11-28 or 2026-11-28T18:30:00Z")
            ) from None
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        if not EARLIEST <= at <= self._now + CLOCK_SKEW:
            raise _RowError((AT, "must lie between the year 2000 and now"))
        return at

    def _figure(self, row: list[str], column: str) -> float | None:
        text = self._cell(row, column)
        if not text:
            return None
        try:
            value = float(text.replace(",", ".") if text.count(",") == 1 else text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise _RowError((column, "must be a number"))
        return value

    def _whole(self, row: list[str], column: str) -> int | None:
        value = self._figure(row, column)
        if value is not None and value != int(value):
            raise _RowError((column, "must be a whole number"))
        return None if value is None else int(value)

    def _cell(self, row: list[str], column: str) -> str:
        index = self._columns.get(column)
        return "" if index is None or index >= len(row) else row[index].strip(" \t\r\n\ufeff")


def _check(event: FeedbackEvent, task: TaskName, profile: Profile) -> None:
    found = [
        (FEEDBACK if one.field in _OF_TEXT else one.field, f"{one.field} {one.description}")
        for one in violations(event, task)
    ]
    if found:
        raise _RowError(*found)
    if event.swapped_for:
        try:
            excluded = why_not_allowed(task, event.swapped_for, profile)
        except NoPlanPossibleError:
            excluded = "cannot be checked: no plan is possible for this member"
        if excluded:
            raise _RowError((FEEDBACK, f"{event.swapped_for} {excluded}"))


def _line(member: Member, event_id: str, values: Mapping[str, object]) -> bytes:
    head = {"line": member.line, "member_id": member.member_id, "event_id": event_id, **values}
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":"))
    return f'{text[:-1]},"profile":{member.profile_json}}}\n'.encode()


@lru_cache(maxsize=4096)
def _profile(text: str) -> Profile | str:
    """A profile from its text, or why it is none; the events of a member mostly stand together."""
    try:
        return Profile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        return f"cannot be read: {where} {first['msg'].removeprefix('Value error, ')}".replace("  ", " ")


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Profile:
    return Profile.model_validate_json(text)


def _excerpt(bad: MalformedRow) -> str:
    return ",".join(bad.cells[:200])[:200]
