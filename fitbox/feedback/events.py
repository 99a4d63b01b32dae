"""Events: what somebody did with a reply, or with one exercise or food of it.

Kinds and words are those of a member's history, so that an event can become one; beside them there is what is
said of a reply as a whole. An event has a text too, which people write into CSV files::

    accepted                        skipped              skipped plank
    done                            done back squat      RPE 9 back squat
    swapped leg press for back squat
    rated 4                         rated 2 plank        liked salmon
    too hard                        too hard burpee     too easy
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache

from fitbox.catalog import rows
from fitbox.errors import FieldViolation
from fitbox.task import TaskName

HIGHEST_RPE, HIGHEST_RATING, MOST_REPETITIONS, HEAVIEST_KG = 10, 5, 200, 500.0
"""Bounds of the figures. Exertion is on Borg's category-ratio scale (Borg GA, 1982, Med Sci Sports Exerc
14:377-381); the heaviest back squat in competition weighed 595 kg with equipment, 490 kg without."""
MOST_DAYS = 14
"""Sessions of a week, or meals of a day, at most."""


class FeedbackKind(StrEnum):
    """What somebody did."""

    ACCEPTED = "ACCEPTED"
    """Took the whole reply."""
    DONE = "DONE"
    SKIPPED = "SKIPPED"
    SWAPPED = "SWAPPED"
    """Took another of its kind instead."""
    RATED = "RATED"
    TOO_HARD = "TOO_HARD"
    TOO_EASY = "TOO_EASY"
    CORRECTED = "CORRECTED"
    """Edited the whole plan; never sent as an event."""


class Reason(StrEnum):
    """Why, as a code: what people write freely is not kept."""

    PAIN = "PAIN"
    NO_EQUIPMENT = "NO_EQUIPMENT"
    NO_TIME = "NO_TIME"
    DISLIKED = "DISLIKED"
    TIRED = "TIRED"
    BORED = "BORED"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    TOO_EXPENSIVE = "TOO_EXPENSIVE"
    TECHNIQUE = "TECHNIQUE"
    OTHER = "OTHER"


@dataclass(frozen=True)
class FeedbackEvent:
    """One event, as somebody says; :func:`violations` says what is wrong with it."""

    kind: FeedbackKind
    item: str = ""
    """Id of an exercise or food; empty for the whole reply."""
    swapped_for: str = ""
    rpe: int | None = None
    load_kg: float | None = None
    repetitions: int | None = None
    rating: int | None = None
    reason: Reason | None = None
    day: int | None = None
    """Session or meal, from 1."""
    at: datetime | None = None
    """When it happened; ``None``: when it came."""


_CATALOGS: Mapping[TaskName, str] = {TaskName.WORKOUT: "exercises.csv", TaskName.NUTRITION: "foods.csv"}
_OF_WEEKS = frozenset({FeedbackKind.DONE, FeedbackKind.TOO_HARD, FeedbackKind.TOO_EASY})
"""Kinds that say nothing of a food; DONE says nothing of an advice."""
_WHOLE = frozenset({FeedbackKind.ACCEPTED})
_FIGURES: Mapping[str, tuple[FeedbackKind, float, float]] = {
    "rpe": (FeedbackKind.DONE, 1, HIGHEST_RPE),
    "load_kg": (FeedbackKind.DONE, 0, HEAVIEST_KG),
    "repetitions": (FeedbackKind.DONE, 1, MOST_REPETITIONS),
    "rating": (FeedbackKind.RATED, 1, HIGHEST_RATING),
}
"""Which kind each belongs to, and its bounds, both allowed."""


@cache
def catalog_ids(task: TaskName) -> frozenset[str]:
    """Ids of what a task's plans are made of; none of an advice."""
    return frozenset(row["id"] for row in rows(_CATALOGS[task])) if task in _CATALOGS else frozenset()


def violations(event: FeedbackEvent, task: TaskName) -> Iterator[FieldViolation]:
    """Everything that makes an event on a reply of ``task`` unusable, whatever the reply was."""
    kind = event.kind
    if kind is FeedbackKind.CORRECTED:
        yield FieldViolation("kind", "a correction is sent with its plan")
    if kind in _OF_WEEKS and task is not TaskName.WORKOUT:
        yield FieldViolation("kind", f"{kind} is said of training; a food is SKIPPED, SWAPPED or RATED")
    yield from _wrong_items(event, task)
    for name, (owner, low, high) in _FIGURES.items():
        value = getattr(event, name)
        if value is None:
            continue
        if kind is not owner:
            yield FieldViolation(name, f"must not be set with {kind}")
        elif not (math.isfinite(value) and low <= value <= high):
            yield FieldViolation(name, f"must be from {low:g} to {high:g}")
        elif name in ("load_kg", "repetitions") and not event.item:
            yield FieldViolation(name, "needs the item that was done")
    if kind is FeedbackKind.RATED and event.rating is None:
        yield FieldViolation("rating", f"must be from 1 to {HIGHEST_RATING}")
    if event.day is not None and not 1 <= event.day <= MOST_DAYS:
        yield FieldViolation("day", f"must be from 1 to {MOST_DAYS}")


def _wrong_items(event: FeedbackEvent, task: TaskName) -> Iterator[FieldViolation]:
    known, kind = catalog_ids(task), event.kind
    if event.item and kind in _WHOLE:
        yield FieldViolation("item", f"must be empty with {kind}")
    elif event.item and event.item not in known:
        yield FieldViolation(
            "item", "is no identifier of the catalog" if known else "must be empty for advice"
        )
    elif kind is FeedbackKind.SWAPPED and not event.item:
        yield FieldViolation("item", "must be set with SWAPPED")
    if kind is not FeedbackKind.SWAPPED:
        if event.swapped_for:
            yield FieldViolation("swapped_for", f"must not be set with {kind}")
    elif not event.swapped_for:
        yield FieldViolation("swapped_for", "must be set with SWAPPED")
    elif event.swapped_for not in known:
        yield FieldViolation("swapped_for", "is no identifier of the catalog that the item is of")
    elif event.swapped_for == event.item:
        yield FieldViolation("swapped_for", "must be another one than the item")


# The text of an event

MOST_CHARACTERS = 160
FORMS = (
    "accepted, done, done ITEM, RPE 1 to 10 ITEM, skipped, skipped ITEM, swapped ITEM for ITEM, "
    "rated 1 to 5, rated 1 to 5 ITEM, liked ITEM, too hard, too hard ITEM, too easy, too easy ITEM, or "
    "corrected, where ITEM is the id or the English name of an exercise or a food"
)
"""What the text may be, in words."""
_NAME = "[a-z0-9][a-z0-9 ]{0,63}"
_TEXTS: tuple[tuple[FeedbackKind, re.Pattern[str]], ...] = (
    (FeedbackKind.SWAPPED, re.compile(f"swapped (?P<item>{_NAME}?) for (?P<swapped_for>{_NAME})")),
    (FeedbackKind.DONE, re.compile(f"(?:done )?rpe (?P<rpe>[0-9]{{1,2}})(?: (?P<item>{_NAME}))?")),
    (FeedbackKind.DONE, re.compile(f"done(?: (?P<item>{_NAME}))?")),
    (FeedbackKind.SKIPPED, re.compile(f"skipped(?: (?P<item>{_NAME}))?")),
    (FeedbackKind.RATED, re.compile(f"rated (?P<rating>[0-9])(?: (?P<item>{_NAME}))?")),
    (FeedbackKind.TOO_HARD, re.compile(f"too hard(?: (?P<item>{_NAME}))?")),
    (FeedbackKind.TOO_EASY, re.compile(f"too easy(?: (?P<item>{_NAME}))?")),
    (FeedbackKind.ACCEPTED, re.compile("accepted")),
    (FeedbackKind.CORRECTED, re.compile("corrected")),
)
_LIKED = re.compile(f"liked (?P<item>{_NAME})")


def event_of(text: str) -> FeedbackEvent:
    """The event of a text; to be checked as any other.

    Raises:
        ValueError: the text is none; says what it may be.
    """
    words = " ".join(text[: MOST_CHARACTERS + 1].lower().replace("_", " ").split())
    if len(words) <= MOST_CHARACTERS:
        if liked := _LIKED.fullmatch(words):
            return FeedbackEvent(FeedbackKind.RATED, _id(liked["item"]), rating=HIGHEST_RATING)
        for kind, pattern in _TEXTS:
            if found := pattern.fullmatch(words):
                named = {name: value for name, value in found.groupdict().items() if value is not None}
                return FeedbackEvent(
                    kind,
                    _id(named.get("item", "")),
                    _id(named.get("swapped_for", "")),
                    int(named["rpe"]) if "rpe" in named else None,
                    rating=int(named["rating"]) if "rating" in named else None,
                )
    raise ValueError(f"must be one of: {FORMS}")


def text_of(event: FeedbackEvent) -> str:
    """The text of an event; :func:`event_of` reads kind, items, exertion and rating from it again."""
    item = event.item.replace("_", " ")
    match event.kind:
        case FeedbackKind.SWAPPED:
            return f"swapped {item} for {event.swapped_for.replace('_', ' ')}"
        case FeedbackKind.DONE if event.rpe is not None:
            return f"RPE {event.rpe} {item}".rstrip()
        case FeedbackKind.RATED:
            return f"rated {event.rating} {item}".rstrip()
        case kind:
            return f"{kind.lower().replace('_', ' ')} {item}".rstrip()


def _id(name: str) -> str:
    """Names are ids with spaces in both catalogs."""
    return name.replace(" ", "_")
