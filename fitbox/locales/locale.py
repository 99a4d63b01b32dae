"""What a language is made of."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Locale:
    """Everything that FitBox writes in one language, and how the language writes.

    English is the language of the catalogs and of the planner's sentences in the code: its names and phrases
    stand there, and other languages translate them here.
    """

    english_name: str
    decimal_mark: str
    plural_from: float
    """The least number, in quarters and thirds, of which the plural is said: English ``1¼ cups``, French
    ``1½ tasse`` but ``2 tasses``."""
    letters: str
    """Lower-case letters beside a to z."""
    capitals: str
    """Upper-case letters beside A to Z."""
    capitalised: tuple[str, ...]
    """Words with a capital wherever they stand in a sentence; any other capital may be somebody's name."""
    common_words: frozenset[str]
    """Frequent words, lower case."""
    texts: Mapping[str, Mapping[str, str]]
    """Area -> key -> text, with the same keys and the same ``{figures}`` in every language."""
    phrases: Mapping[str, str] = field(default_factory=dict)
    """English sentence of the planner -> the same here."""
    exercises: Mapping[str, str] = field(default_factory=dict)
    """Identifier -> name."""
    foods: Mapping[str, str] = field(default_factory=dict)
    """Identifier -> name."""

    @property
    def all_letters(self) -> str:
        """Every lower-case letter."""
        return string.ascii_lowercase + self.letters

    @property
    def all_capitals(self) -> str:
        """Every upper-case letter."""
        return string.ascii_uppercase + self.capitals
