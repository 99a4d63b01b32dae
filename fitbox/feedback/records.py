"""Feedback at rest: one record, and its row in a CSV file, which people may write by hand as well.

A file of the server's names its member in the column ``profile``; one that people write has the columns of a
member file instead (docs/feedback.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fitbox.feedback.events import FeedbackEvent, text_of
from fitbox.plan import PlanSource
from fitbox.profile import Profile
from fitbox.task import TaskName

FEEDBACK, TASK, PROFILE = "fitbox_feedback", "task", "profile"
"""The first of them tells a file of feedback from a file of members, whatever else it holds."""
EVENT_ID, AT, REASON, DAY, LOAD, REPETITIONS = "event_id", "at", "reason", "day", "load_kg", "repetitions"
CORRECTION, SERVED = "correction", "served"
VERSION, DIGEST, SEED, SOURCE, REPLIED = (
    "adapter_version",
    "adapter_digest",
    "seed",
    "plan_source",
    "replied_at",
)
CALLER, RECEIVED = "caller", "received_at"
COLUMNS = (
    *(EVENT_ID, RECEIVED, CALLER, FEEDBACK, TASK, AT, REASON, DAY, LOAD, REPETITIONS),
    *(CORRECTION, SERVED, VERSION, DIGEST, SOURCE, SEED, REPLIED, PROFILE),
)
"""Of a file that the server closes, in order."""

_NOT_THE_MEMBER = ("language", "unit_system", "energy_unit", "history")


@dataclass(frozen=True)
class NamedReply:
    """What a reply's id says of it."""

    task: TaskName
    profile: Profile
    version: str
    digest: str
    """Of the version; empty for the base model."""
    source: PlanSource
    seed: int
    """Of the request: with version and profile it makes the reply again."""
    made_at: datetime


@dataclass(frozen=True)
class Record:
    """One event as it is kept."""

    event_id: str
    """32 hex digits; equal ids are one event, wherever they stand."""
    reply: NamedReply
    event: FeedbackEvent
    received_at: datetime
    caller: str
    """Name of the token, certificate or address that sent it: an operator's, never a member's."""
    correction: str = ""
    """Draft of the whole edited plan."""
    served: str = ""
    """Draft of the reply, of kinds that compare it with another."""

    def received(self, at: datetime) -> Record:
        """The same, with the moment at which it was kept."""
        return replace(self, received_at=at)

    def row(self) -> list[str]:
        """Cells in the order of :data:`COLUMNS`."""
        event, reply = self.event, self.reply
        cells: Mapping[str, str] = {
            EVENT_ID: self.event_id,
            RECEIVED: moment(self.received_at),
            CALLER: self.caller,
            FEEDBACK: text_of(event),
            TASK: reply.task.value,
            AT: moment(event.at or self.received_at),
            REASON: event.reason.value if event.reason else "",
            DAY: _number(event.day),
            LOAD: _number(event.load_kg),
            REPETITIONS: _number(event.repetitions),
            CORRECTION: self.correction,
            SERVED: self.served,
            VERSION: reply.version,
            DIGEST: reply.digest,
            SOURCE: reply.source.value,
            SEED: str(reply.seed),
            REPLIED: moment(reply.made_at),
            PROFILE: profile_text(reply.profile),
        }
        return [cells[name] for name in COLUMNS]


def profile_text(profile: Profile) -> str:
    """A profile as one line of JSON; equal profiles have equal texts, however their sets iterate."""
    values = {
        name: sorted(value) if isinstance(getattr(profile, name), frozenset) else value
        for name, value in profile.model_dump(mode="json", exclude_defaults=True).items()
    }
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def moment(at: datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def member_key(profile: Profile) -> bytes:
    """Tells members apart for quotas: equal for profiles that differ in language, units or history alone."""
    same = {
        name: Profile.model_fields[name].default for name in _NOT_THE_MEMBER if name in Profile.model_fields
    }
    return hashlib.sha256(profile_text(profile.model_copy(update=same)).encode()).digest()[:16]
