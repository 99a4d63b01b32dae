"""The column of a member's history: texts of events, oldest first, with ``;``, ``|`` or a comma between.

What an event may look like is :mod:`fitbox.history.events`'s to say; here cells are taken apart, and columns
of them become the lists that a profile holds.
"""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl
from pydantic import ValidationError

from fitbox.history.events import MOST_CHARACTERS, Event, newest
from fitbox.profile import MOST_ITEMS
from fitbox_trainer.intake.texts import is_blank, tidy
from fitbox_trainer.intake.values import NOTHING

HISTORY = "history"
EVENTS = pl.List(pl.Struct({"item": pl.String, "kind": pl.String, "rpe": pl.Int64, "swapped_for": pl.String}))
"""As in canonical profiles: fields in the order of their names."""


def read_history(text: str) -> str | None:
    """A cell as a parsed batch holds it: tidy, ``""`` for no events, ``None`` where nothing is said."""
    words = tidy(text[: MOST_ITEMS * MOST_CHARACTERS]).strip("'\" ;|,")
    if words in NOTHING:
        return ""
    return None if is_blank(HISTORY, words) else words


def what_is_wrong(cell: str) -> str | None:
    """Why a cell is no history, and what to write instead; ``None`` for one that is."""
    found = _read(cell)
    return found if isinstance(found, str) else None


def as_events(column: pl.Series) -> pl.Series:
    """Cells that are histories -> lists of events, the newest as far as they are kept; null stays null."""
    return pl.Series(
        column.name, [None if cell is None else _rows(cell) for cell in column.to_list()], dtype=EVENTS
    )


def _rows(cell: str) -> list[dict[str, object]]:
    found = _read(cell)
    return [] if isinstance(found, str) else [event.model_dump(mode="json") for event in found]


@lru_cache(maxsize=4096)
def _read(cell: str) -> tuple[Event, ...] | str:
    parts = [part for part in re.split(r"\s*[;|,]\s*", cell) if part]
    if len(parts) > MOST_ITEMS:
        return f"must have at most {MOST_ITEMS} events"
    events = []
    for number, part in enumerate(parts, start=1):
        try:
            events.append(Event.model_validate(part))
        except ValidationError as error:
            said = error.errors(include_url=False, include_context=False, include_input=False)[0]
            field = " ".join(str(name) for name in said["loc"])
            why = said["msg"].removeprefix("Value error, ")
            return f"cannot be used: event {number} of {len(parts)}: {field} {why}".replace("  ", " ")
    return newest(tuple(events))
