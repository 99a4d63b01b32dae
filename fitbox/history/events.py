"""Events: one thing that a member did with, or said of, one exercise or food of an earlier plan.

An event also has a text, the same in prompts, CSV files and on the command line, with the names that the
model writes in its drafts::

    skipped plank
    swapped leg press for back squat
    RPE 9 back squat
    too hard burpees
    too easy wall push up
    liked salmon
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from fitbox.catalog import rows

MOST_EVENTS = 12
"""Of one member that are kept, the newest: about what two weeks of training and eating leave."""


class EventKind(StrEnum):
    """What a member did with an item."""

    SKIPPED = "SKIPPED"
    """Left it out."""
    SWAPPED = "SWAPPED"
    """Took another of its kind instead."""
    DONE = "DONE"
    """Did the exercise, at a rating of perceived exertion."""
    TOO_HARD = "TOO_HARD"
    """Of an exercise."""
    TOO_EASY = "TOO_EASY"
    """Of an exercise."""
    LIKED = "LIKED"
    """Said so, or accepted it with praise."""


class Thing(StrEnum):
    """What an item is."""

    EXERCISE = "exercise"
    FOOD = "food"


OF_EXERCISES = frozenset({EventKind.DONE, EventKind.TOO_HARD, EventKind.TOO_EASY})
"""Kinds that say nothing of a food."""

_NAME = "[a-z0-9][a-z0-9_ ]{0,63}"
_TEXTS: Mapping[EventKind, re.Pattern[str]] = {
    EventKind.SKIPPED: re.compile(f"skipped (?P<item>{_NAME})"),
    EventKind.SWAPPED: re.compile(f"swapped (?P<item>{_NAME}?) for (?P<swapped_for>{_NAME})"),
    EventKind.DONE: re.compile(f"(?:done )?rpe (?P<rpe>[0-9]{{1,2}}) (?P<item>{_NAME})"),
    EventKind.TOO_HARD: re.compile(f"too hard (?P<item>{_NAME})"),
    EventKind.TOO_EASY: re.compile(f"too easy (?P<item>{_NAME})"),
    EventKind.LIKED: re.compile(f"liked (?P<item>{_NAME})"),
}
MOST_CHARACTERS = 160
"""Of the text of one event."""

_UNKNOWN = "must be the id of an exercise or a food in the catalog, such as back_squat or salmon"
FORMS = (
    "skipped ITEM, swapped ITEM for ITEM, RPE 1 to 10 ITEM, too hard ITEM, too easy ITEM, liked ITEM, where "
    "ITEM is the id or the English name of an exercise or a food"
)
"""What the text of an event may be, in words."""


@cache
def things() -> Mapping[str, Thing]:
    """What each id of the catalogs is; no id is in two."""
    tables = {"exercises.csv": Thing.EXERCISE, "foods.csv": Thing.FOOD}
    return MappingProxyType({row["id"]: thing for table, thing in tables.items() for row in rows(table)})


class Event(BaseModel):
    """One event; also made from its text (:func:`fields_of`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: EventKind
    item: str
    """Id of an exercise or a food."""
    swapped_for: Annotated[str | None, Field(validate_default=True)] = None
    """Id of what was taken instead; with SWAPPED alone."""
    rpe: Annotated[int | None, Field(validate_default=True)] = None
    """Rating of perceived exertion, 1 to 10 (category-ratio scale: Borg GA, 1982, Med Sci Sports Exerc
    14:377-381); with DONE alone."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return fields_of(value) if isinstance(value, str) else value

    @field_validator("item")
    @classmethod
    def _is_of_its_kind(cls, value: str, info: ValidationInfo) -> str:
        thing = things().get(value)
        if thing is None:
            raise ValueError(_UNKNOWN)
        if thing is Thing.FOOD and info.data.get("kind") in OF_EXERCISES:
            raise ValueError("must be an exercise: a food is SKIPPED, SWAPPED or LIKED")
        return value

    @field_validator("swapped_for")
    @classmethod
    def _is_another_one(cls, value: str | None, info: ValidationInfo) -> str | None:
        kind, item = info.data.get("kind"), info.data.get("item")
        if (value is not None) != (kind is EventKind.SWAPPED) and kind is not None:
            raise ValueError("must be set with SWAPPED" if value is None else f"must not be set with {kind}")
        if value is None:
            return None
        if value not in things():
            raise ValueError(_UNKNOWN)
        if item is not None and things()[value] is not things()[item]:
            raise ValueError(f"must be the id of another {things()[item]}, as the item is one")
        if value == item:
            raise ValueError("must be another one than the item")
        return value

    @field_validator("rpe")
    @classmethod
    def _is_on_the_scale(cls, value: int | None, info: ValidationInfo) -> int | None:
        kind = info.data.get("kind")
        if (value is not None) != (kind is EventKind.DONE) and kind is not None:
            raise ValueError("must be set with DONE" if value is None else f"must not be set with {kind}")
        if value is not None and not 1 <= value <= 10:
            raise ValueError("must be from 1 to 10")
        return value

    def __str__(self) -> str:
        item = self.item.replace("_", " ")
        match self.kind:
            case EventKind.SWAPPED:
                return f"swapped {item} for {(self.swapped_for or '').replace('_', ' ')}"
            case EventKind.DONE:
                return f"RPE {self.rpe} {item}"
            case _:
                return f"{self.kind.lower().replace('_', ' ')} {item}"


def fields_of(text: str) -> dict[str, object]:
    """The fields of an event from its text, to be validated.

    Raises:
        ValueError: says what an event may look like.
    """
    words = " ".join(text[: MOST_CHARACTERS + 1].lower().replace("_", " ").split())
    for kind, pattern in _TEXTS.items():
        found = pattern.fullmatch(words) if len(words) <= MOST_CHARACTERS else None
        if found:
            named = {name: value.replace(" ", "_") for name, value in found.groupdict().items()}
            return {"kind": kind, **named, **({"rpe": int(named["rpe"])} if "rpe" in named else {})}
    raise ValueError(f"must be one of: {FORMS}")


def newest(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """Those that are kept, oldest first as they came."""
    return events[-MOST_EVENTS:]
