"""What a member reads in a training week, in every language."""

from __future__ import annotations

from fitbox.exercises import Muscle
from fitbox.i18n import Texts, text
from fitbox.profile import Language

TEXTS = Texts("workout")


def muscle_name(language: Language, muscle: Muscle) -> str:
    """What a member reads for a muscle group."""
    return text(language, f"muscle.{muscle.lower()}")
