"""By which columns a file of feedback is known."""

from __future__ import annotations

from collections.abc import Sequence

from fitbox.feedback.records import FEEDBACK, PROFILE
from fitbox_trainer.intake.headers import clean_header

MAX_TITLE_CHARACTERS = 60
"""No title of a column of feedback is longer."""
MOST_COLUMNS = 500
"""That are looked at; no table that is wider is read."""


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Position of each column by its name; of several of one name the first."""
    found: dict[str, int] = {}
    for index, title in enumerate(header[:MOST_COLUMNS]):
        if len(title) <= MAX_TITLE_CHARACTERS:
            found.setdefault(clean_header(title).casefold().replace(" ", "_"), index)
    return found


def is_feedback(header: Sequence[str]) -> bool:
    """Whether a header is of a file of feedback."""
    return FEEDBACK in columns_of(header)


def names_profiles(header: Sequence[str]) -> bool:
    """Whether it names its members as the server does."""
    return PROFILE in columns_of(header)
