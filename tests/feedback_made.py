"""Feedback for tests: replies as a server names them, and records of events on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fitbox_server.feedback.reply_ids import ReplyIds
from fitbox_server.feedback.store import FeedbackStore, Quotas, SegmentLimits, Submission

from fitbox.feedback.events import FeedbackEvent, FeedbackKind
from fitbox.feedback.plans import served_of
from fitbox.feedback.records import NamedReply, Record, member_key
from fitbox.nutrition.task import NUTRITION
from fitbox.plan import NutritionPlan, PlanSource, WorkoutPlan
from fitbox.profile import Profile
from fitbox.task import TaskName
from fitbox.workout.task import WORKOUT
from tests.fakes import MEMBER

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
VERSION = "v000007-3f9a1c2b"
KEY, OTHER_KEY = bytes(range(64)), bytes(range(1, 65))
PLENTY = Quotas(member=10**6, caller=10**6, item=10**6)


def week(profile: Profile = MEMBER, seed: int = 1) -> WorkoutPlan:
    """A planner's week."""
    constraints = WORKOUT.constrain(profile)
    return WORKOUT.finish(WORKOUT.plan(constraints, seed), constraints)


def eaten(profile: Profile = MEMBER, seed: int = 1) -> NutritionPlan:
    """A planner's day."""
    constraints = NUTRITION.constrain(profile)
    return NUTRITION.finish(NUTRITION.plan(constraints, seed), constraints)


def named(task: TaskName = TaskName.WORKOUT, profile: Profile = MEMBER, **changes: object) -> NamedReply:
    """What an id says of a reply."""
    values = {
        "task": task,
        "profile": profile,
        "version": VERSION,
        "digest": "d" * 64,
        "source": PlanSource.MODEL,
        "seed": 7,
        "made_at": NOW - timedelta(days=1),
    }
    return NamedReply(**(values | changes))  # type: ignore[arg-type]


def reply_ids(*keys: bytes, days: int = 60, now: datetime = NOW) -> ReplyIds:
    """Ids of a server with these keys, whose clock stands."""
    return ReplyIds(keys or (KEY,), timedelta(days=days), lambda: now)


def week_id(**changes: object) -> str:
    """The id of a reply with a week."""
    return reply_ids().seal(named(**changes), served_of(week()))  # type: ignore[arg-type]


def record(number: int, event: FeedbackEvent | None = None, reply: NamedReply | None = None) -> Record:
    """An event with an id that follows from its number."""
    said = event or FeedbackEvent(FeedbackKind.ACCEPTED)
    return Record(f"{number:032x}", reply or named(), said, NOW, "token:app")


def submission(*records: Record, caller: str = "token:app", member: Profile = MEMBER) -> Submission:
    """Records of one call."""
    return Submission(caller, member_key(member), records)


def store(
    folder: Path, *, events: int = 1000, seconds: float = 3600.0, quotas: Quotas = PLENTY, **named: object
) -> FeedbackStore:
    """A store whose quotas nothing reaches."""
    limits = SegmentLimits(events, seconds)
    return FeedbackStore(folder, quotas, limits, keep_seconds=86_400 * 62, **named)  # type: ignore[arg-type]
