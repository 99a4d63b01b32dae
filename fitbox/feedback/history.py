"""Events of feedback as a member's history, which the next prompt tells of."""

from __future__ import annotations

from collections.abc import Iterable

from fitbox.feedback.events import FeedbackEvent, FeedbackKind
from fitbox.history.events import Event, EventKind, newest
from fitbox.profile import Profile

LIKED_FROM = 4
"""Rating, of 5, from which on an item is liked. A low one has no kind of its own: who does not want an item
skips or swaps it."""
_SAME = {
    FeedbackKind.SKIPPED: EventKind.SKIPPED,
    FeedbackKind.SWAPPED: EventKind.SWAPPED,
    FeedbackKind.TOO_HARD: EventKind.TOO_HARD,
    FeedbackKind.TOO_EASY: EventKind.TOO_EASY,
}


def history_event(event: FeedbackEvent) -> Event | None:
    """The event of a history; ``None`` for what is about a reply as a whole, or says nothing of taste."""
    if not event.item:
        return None
    if event.kind is FeedbackKind.DONE and event.rpe is not None:
        return Event(kind=EventKind.DONE, item=event.item, rpe=event.rpe)
    if event.kind is FeedbackKind.RATED and (event.rating or 0) >= LIKED_FROM:
        return Event(kind=EventKind.LIKED, item=event.item)
    if event.kind in _SAME:
        return Event(kind=_SAME[event.kind], item=event.item, swapped_for=event.swapped_for or None)
    return None


def with_feedback(profile: Profile, events: Iterable[FeedbackEvent]) -> Profile:
    """The profile of a member who sent these events, oldest first; the newest of a history are kept.

    Raises:
        ValidationError: an event is unusable (:func:`fitbox.feedback.events.violations`).
    """
    added = [made for event in events if (made := history_event(event)) is not None]
    return profile.model_copy(update={"history": newest((*profile.history, *added))})
