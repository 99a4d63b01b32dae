"""What somebody said of a reply becomes the member's history."""

from __future__ import annotations

import pytest

from fitbox.feedback.events import FeedbackEvent, FeedbackKind, event_of
from fitbox.feedback.history import history_event, with_feedback
from fitbox.history.events import MOST_EVENTS, EventKind
from tests.fakes import MEMBER


@pytest.mark.parametrize(
    "text",
    [
        *("skipped plank", "swapped leg press for back squat", "RPE 9 back squat", "too hard burpee"),
        *("too easy wall push up", "liked salmon", "skipped salmon"),
    ],
)
def test_the_words_of_a_history_are_words_of_feedback(text: str) -> None:
    """And mean the same there."""
    event = history_event(event_of(text))
    assert event is not None
    assert str(event) == text


@pytest.mark.parametrize("text", ["accepted", "done", "skipped", "too hard", "done plank", "rated 2 plank"])
def test_what_says_nothing_of_an_item_is_in_no_history(text: str) -> None:
    """It is kept as feedback all the same."""
    assert history_event(event_of(text)) is None


def test_a_profile_keeps_the_newest_of_what_came_back() -> None:
    """After what it had."""
    once = with_feedback(MEMBER, [FeedbackEvent(FeedbackKind.SKIPPED, "plank")])
    many = with_feedback(once, [FeedbackEvent(FeedbackKind.RATED, "salmon", rating=5)] * MOST_EVENTS)
    assert [event.kind for event in once.history] == [EventKind.SKIPPED]
    assert {event.kind for event in many.history} == {EventKind.LIKED}
    assert len(many.history) == MOST_EVENTS
