"""Events of feedback: their words, and what makes one unusable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitbox.catalog import rows
from fitbox.feedback.events import FeedbackEvent, FeedbackKind, catalog_ids, event_of, text_of, violations
from fitbox.task import TaskName
from tests.strategies import catalog_ids as ids_of

EXERCISES, FOODS = st.sampled_from(ids_of("exercises.csv")), st.sampled_from(ids_of("foods.csv"))


@st.composite
def events(draw: st.DrawFn) -> FeedbackEvent:
    """Any event that has a text of its own."""
    kind = draw(st.sampled_from(sorted(set(FeedbackKind) - {FeedbackKind.CORRECTED})))
    items = (
        EXERCISES
        if kind in {FeedbackKind.DONE, FeedbackKind.TOO_HARD, FeedbackKind.TOO_EASY}
        else (draw(st.sampled_from([EXERCISES, FOODS])))
    )
    item = "" if kind is FeedbackKind.ACCEPTED else draw(items | st.just(""))
    if kind is FeedbackKind.SWAPPED:
        item = draw(items)
        return FeedbackEvent(kind, item, draw(items.filter(lambda other: other != item)))
    rpe = draw(st.none() | st.integers(1, 10)) if kind is FeedbackKind.DONE else None
    rating = draw(st.integers(1, 5)) if kind is FeedbackKind.RATED else None
    return FeedbackEvent(kind, item, rpe=rpe, rating=rating)


@given(events())
def test_the_text_of_an_event_reads_as_the_event_again(event: FeedbackEvent) -> None:
    """What the server writes into a file, people may write too."""
    assert event_of(text_of(event)) == event


@given(events())
def test_an_event_with_a_text_is_usable_for_the_task_of_its_item(event: FeedbackEvent) -> None:
    """The words say nothing that the rules then refuse."""
    task = TaskName.NUTRITION if event.item in catalog_ids(TaskName.NUTRITION) else TaskName.WORKOUT
    assert not list(violations(event, task))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Skipped Plank", FeedbackEvent(FeedbackKind.SKIPPED, "plank")),
        ("swapped  leg_press for back squat", FeedbackEvent(FeedbackKind.SWAPPED, "leg_press", "back_squat")),
        ("rpe 9 back squat", FeedbackEvent(FeedbackKind.DONE, "back_squat", rpe=9)),
        ("done", FeedbackEvent(FeedbackKind.DONE)),
        ("too hard", FeedbackEvent(FeedbackKind.TOO_HARD)),
        ("liked salmon", FeedbackEvent(FeedbackKind.RATED, "salmon", rating=5)),
    ],
)
def test_people_write_it_in_their_way(text: str, meant: FeedbackEvent) -> None:
    """Case, spaces and underscores make no difference."""
    assert event_of(text) == meant


@pytest.mark.parametrize("text", ["", "swapped plank", "great plan!", "rpe plank", "skipped " + "x" * 200])
def test_a_text_that_is_none_is_told_what_it_may_be(text: str) -> None:
    """With every form."""
    with pytest.raises(ValueError, match=r"must be one of: accepted, done"):
        event_of(text)


@pytest.mark.parametrize(
    ("event", "task", "field"),
    [
        (FeedbackEvent(FeedbackKind.SKIPPED, "no_such"), TaskName.WORKOUT, "item"),
        (FeedbackEvent(FeedbackKind.SKIPPED, "salmon"), TaskName.WORKOUT, "item"),
        (FeedbackEvent(FeedbackKind.ACCEPTED, "plank"), TaskName.WORKOUT, "item"),
        (FeedbackEvent(FeedbackKind.SKIPPED, "plank"), TaskName.ADVICE, "item"),
        (FeedbackEvent(FeedbackKind.SWAPPED, "", "plank"), TaskName.WORKOUT, "item"),
        (FeedbackEvent(FeedbackKind.SWAPPED, "plank"), TaskName.WORKOUT, "swapped_for"),
        (FeedbackEvent(FeedbackKind.SWAPPED, "plank", "plank"), TaskName.WORKOUT, "swapped_for"),
        (FeedbackEvent(FeedbackKind.SWAPPED, "plank", "salmon"), TaskName.WORKOUT, "swapped_for"),
        (FeedbackEvent(FeedbackKind.SKIPPED, "plank", "back_squat"), TaskName.WORKOUT, "swapped_for"),
        (FeedbackEvent(FeedbackKind.TOO_HARD), TaskName.NUTRITION, "kind"),
        (FeedbackEvent(FeedbackKind.DONE), TaskName.ADVICE, "kind"),
        (FeedbackEvent(FeedbackKind.CORRECTED), TaskName.WORKOUT, "kind"),
        (FeedbackEvent(FeedbackKind.DONE, "plank", rpe=11), TaskName.WORKOUT, "rpe"),
        (FeedbackEvent(FeedbackKind.SKIPPED, "plank", rpe=5), TaskName.WORKOUT, "rpe"),
        (FeedbackEvent(FeedbackKind.DONE, "plank", load_kg=float("nan")), TaskName.WORKOUT, "load_kg"),
        (FeedbackEvent(FeedbackKind.DONE, load_kg=20.0), TaskName.WORKOUT, "load_kg"),
        (FeedbackEvent(FeedbackKind.DONE, "plank", repetitions=0), TaskName.WORKOUT, "repetitions"),
        (FeedbackEvent(FeedbackKind.RATED), TaskName.WORKOUT, "rating"),
        (FeedbackEvent(FeedbackKind.RATED, rating=6), TaskName.WORKOUT, "rating"),
        (FeedbackEvent(FeedbackKind.ACCEPTED, day=0), TaskName.WORKOUT, "day"),
    ],
)
def test_what_an_event_cannot_say_is_named_by_its_field(
    event: FeedbackEvent, task: TaskName, field: str
) -> None:
    """One field, one reason."""
    assert [one.field for one in violations(event, task)] == [field]


@pytest.mark.parametrize("table", ["exercises.csv", "foods.csv"])
def test_an_id_is_the_english_name_with_underscores(table: str) -> None:
    """The words of events rest on it, and on no name with the word that parts two of them."""
    for row in rows(table):
        assert row["id"].replace("_", " ") == row["name_en"]
        assert " for " not in f" {row['name_en']} "
