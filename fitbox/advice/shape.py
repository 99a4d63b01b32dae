"""The shape of a sentence that a person wrote: letters of the language, one capital, no figure but slots."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping

from fitbox.profile import Language

FEWEST_WORDS, MOST_WORDS = 4, 16
LETTERS: Mapping[Language, str] = {
    Language.EN: string.ascii_lowercase,
    Language.FR: string.ascii_lowercase + "àâçèéêëîïôùûüœ",
}
CAPITALS: Mapping[Language, str] = {
    Language.EN: string.ascii_uppercase,
    Language.FR: string.ascii_uppercase + "ÀÂÇÈÉÊÎÔŒ",
}


_DAYS: Mapping[Language, tuple[str, ...]] = {
    Language.EN: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    Language.FR: ("lundi",),
}
"""Words with a capital wherever they stand; any other capital may be somebody's name."""


def _shape(language: Language) -> re.Pattern[str]:
    letter, capital = f"[{LETTERS[language]}]", f"[{CAPITALS[language]}]"
    word = rf"(?:{letter}+(?:['-]{letter}+){{0,3}}|\{{[a-z]+\}}|{'|'.join(_DAYS[language])})"
    first = rf"(?:{capital}{letter}*(?:['-]{letter}+){{0,3}}|\{{[a-z]+\}})"
    return re.compile(rf"{first}(?:,? {word}){{{FEWEST_WORDS - 1},{MOST_WORDS - 1}}}\.")


SHAPE: Mapping[Language, re.Pattern[str]] = {language: _shape(language) for language in Language}
"""``Eat about {kcal} a day.``: words and slots, commas between them, a full stop at the end."""
