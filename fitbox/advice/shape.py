"""The shape of a sentence that a person wrote: letters of the language, one capital, no figure but slots."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fitbox.locales import LOCALES
from fitbox.profile import Language

FEWEST_WORDS, MOST_WORDS = 4, 16
LETTERS: Mapping[Language, str] = {language: one.all_letters for language, one in LOCALES.items()}
CAPITALS: Mapping[Language, str] = {language: one.all_capitals for language, one in LOCALES.items()}


def _shape(language: Language) -> re.Pattern[str]:
    letter, capital = f"[{LETTERS[language]}]", f"[{CAPITALS[language]}]"
    word = rf"(?:{letter}+(?:['-]{letter}+){{0,3}}|\{{[a-z]+\}}|{'|'.join(LOCALES[language].capitalised)})"
    first = rf"(?:{capital}{letter}*(?:['-]{letter}+){{0,3}}|\{{[a-z]+\}})"
    return re.compile(rf"{first}(?:,? {word}){{{FEWEST_WORDS - 1},{MOST_WORDS - 1}}}\.")


SHAPE: Mapping[Language, re.Pattern[str]] = {language: _shape(language) for language in Language}
"""``Eat about {kcal} a day.``: words and slots, commas between them, a full stop at the end."""
