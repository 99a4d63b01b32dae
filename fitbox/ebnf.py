"""Grammar fragments in xgrammar's EBNF dialect.

Alternatives that begin alike must be written as a prefix tree. The xgrammar inside OpenVINO GenAI 2026.4
merges the states of flat alternatives wrongly: of ``"goblet squat" | "goblet row" | "bench press"`` it also
lets ``goblet press`` through. Measured at temperature 1.3 over the exercise catalog: 48 of 192 names decoded
from a flat list were no names of the catalog; from the same list as a tree, none of 576 at temperature 1.5.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import groupby


def choice(words: Iterable[object]) -> str:
    """EBNF for exactly these words.

    >>> choice(["goblet squat", "goblet row", "plank"])
    '"goblet " ("row" | "squat") | "plank"'

    Raises:
        ValueError: no words, or the empty word.
    """
    return choice_followed_by({str(word): "" for word in words})


def choice_followed_by(suffixes: Mapping[str, str]) -> str:
    """EBNF for exactly these words, each followed by its own expression (``""`` for nothing).

    No expression may begin with a character that continues its word to another of the words.

    >>> choice_followed_by({"rice": "grams", "rice milk": "liters"})
    '"rice" (grams | " milk" liters)'
    """
    words = sorted(suffixes)
    if not words or not words[0]:
        raise ValueError("a choice needs words, and none of them empty")
    return _branches([(word, suffixes[word]) for word in words])


def _branches(words: list[tuple[str, str]]) -> str:
    return " | ".join(_branch(list(group)) for _, group in groupby(words, key=lambda word: word[0][0]))


def _branch(words: list[tuple[str, str]]) -> str:
    """Sorted words with the same first character: what they share once, then what follows it."""
    shared = _common_prefix(words[0][0], words[-1][0])
    rests = [(word[len(shared) :], suffix) for word, suffix in words]
    longer = [(rest, suffix) for rest, suffix in rests if rest]
    ending = [suffix for rest, suffix in rests if not rest]
    if not longer:
        return f"{literal(shared)} {ending[0]}".rstrip()
    if not ending:
        return f"{literal(shared)} ({_branches(longer)})"
    if not ending[0]:
        return f"{literal(shared)} ({_branches(longer)})?"
    return f"{literal(shared)} ({ending[0]} | {_branches(longer)})"


def _common_prefix(first: str, last: str) -> str:
    """Of all words that sort between the two."""
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:length]


def literal(text: str) -> str:
    """A fixed text as EBNF.

    A letter outside ASCII becomes a character class: xgrammar 0.2.8 misreads a string literal in which such a
    letter is followed by a hexadecimal digit (the ``éa`` of ``séances``).
    """
    parts = re.split(r"([^\x00-\x7f])", text)
    return " ".join(json.dumps(part) if part.isascii() else f"[{part}]" for part in parts if part)
