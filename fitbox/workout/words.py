"""What a member reads in a training week, in every language."""

from __future__ import annotations

from collections.abc import Sequence

from fitbox.exercises import Muscle
from fitbox.i18n import Texts, text
from fitbox.profile import Language

TEXTS = Texts("workout")
CUES = Texts("cues")
"""How exercises are done, by :attr:`fitbox.exercises.Exercise.cue`."""


def muscle_name(language: Language, muscle: Muscle) -> str:
    """What a member reads for a muscle group."""
    return text(language, f"muscle.{muscle.lower()}")


def listed(language: Language, items: Sequence[object]) -> str:
    """Numbers or days as a sentence lists them: ``4 and 8``."""
    *first, last = map(str, items)
    return f"{', '.join(first)} {TEXTS.text(language, 'and')} {last}" if first else last
