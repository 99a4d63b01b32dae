"""Words as they are compared: without accents, case and plural, so that a name is found however it is spelt.

Lexicons and texts go through the same folding, which therefore need not be right, only the same for both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources

_WORD = re.compile(r"[^\W\d_]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})


def words_of(text: str) -> list[str]:
    """Lower-case words; elisions and hyphens divide (``l'eau`` gives ``l`` and ``eau``)."""
    return _WORD.findall(text.lower())


def triples(text: str) -> list[tuple[str, str, str]]:
    """Three words that follow one another, wherever there are three: what repetition is measured by."""
    words = words_of(text)
    return list(zip(words, words[1:], words[2:], strict=False))


@lru_cache(maxsize=16384)
def fold(word: str) -> str:
    """A lower-case word without accents, plural ending and, after that, a last e.

    >>> [fold(word) for word in ("noisettes", "anchovies", "radishes", "œufs", "gâteaux", "écrevisse")]
    ['noisett', 'anchovy', 'radish', 'oeuf', 'gateau', 'ecreviss']
    """
    plain = _singular(word)
    return plain[:-1] if len(plain) > 4 and plain.endswith("e") else plain


def _singular(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.translate(_LIGATURES))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    if len(plain) > 4 and plain.endswith("ies"):
        return plain[:-3] + "y"
    if len(plain) > 4 and plain.endswith(("shes", "ches", "sses", "xes", "oes")):
        return plain[:-2]
    if len(plain) > 3 and plain[-1] in "sx" and not plain.endswith("ss"):
        return plain[:-1]
    return plain


def folded(text: str) -> tuple[str, ...]:
    """The folded words of a text, in order."""
    return tuple(fold(word) for word in words_of(text))


def phrases(text: str) -> frozenset[str]:
    """Names separated by commas or lines, each as its folded words with single spaces."""
    return frozenset(" ".join(folded(name)) for name in re.split(r"[,\n]", text) if name.strip())


def section_lines(name: str) -> dict[str, tuple[str, ...]]:
    """The lines of each ``[title]`` of a text file of the catalog."""
    text = (resources.files("fitbox.catalog") / name).read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    title = ""
    for line in text.splitlines():
        if line.startswith("[") and line.endswith("]"):
            title = line[1:-1]
            found[title] = []
        elif line and not line.startswith("#"):
            found[title].append(line)
    return {title: tuple(lines) for title, lines in found.items()}


def sections(name: str) -> dict[str, frozenset[str]]:
    """The names of each ``[title]`` of a text file of the catalog, folded."""
    return {title: phrases("\n".join(lines)) for title, lines in section_lines(name).items()}


def named_in(words: Iterable[str], names: frozenset[str], *, longest: int = 4) -> frozenset[str]:
    """The names, of ``longest`` words at most, that stand in a text's folded words.

    Words written apart or together are the same name: ``pea-nut`` is ``peanut``.
    """
    found, text = set(), list(words)
    for start in range(len(text)):
        for end in range(start + 1, min(len(text), start + longest) + 1):
            part = text[start:end]
            found |= {name for name in (" ".join(part), "".join(part)) if name in names}
    return frozenset(found)
