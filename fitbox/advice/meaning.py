"""What a sentence must never mean, whoever wrote or released it: harm, insult, drugs, bait, personal details.

Rules run over folded words (:mod:`fitbox.advice.words`), in both languages at once: words and phrases that
are enough by themselves, then orders built of harmless words, which take a verb, an object and at most a
few words in between ("skip every meal", "ne mangez rien"). They refuse for good what would otherwise wait
for a reviewer, and hold against a reviewer's slip and a damaged version; they are no proof that a sentence
is good. That proof is its review: nothing outside the planner's and the phrasebook's sentences is said
without one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from fitbox.advice.words import fold, folded, named_in, sections, words_of
from fitbox.profile import Language

MEDICAL = "a medical claim, a remedy or a drug"


@dataclass(frozen=True)
class _Harm:
    """What ``catalog/harm.txt`` says."""

    medical_stems: tuple[str, ...]
    """A folded word that begins with one of these is a medical claim, a remedy or a drug."""
    innocent: Mapping[Language, frozenset[str]]
    """Words that are harmless in the language of the text."""
    kinds: Mapping[str, frozenset[str]]
    """Folded words and phrases that are enough by themselves, by what they are."""


@cache
def _harm() -> _Harm:
    """Read when it is first asked for: an import reads no file that can be refused."""
    found = sections("harm.txt")
    stems = tuple(found.pop("stems"))
    innocent = {language: found.pop(f"innocent {language.value}", frozenset()) for language in Language}
    return _Harm(stems, innocent, found)


def _one_of(words: str) -> str:
    return f"(?:{'|'.join(dict.fromkeys(map(fold, words.split())))})"


_MEAL = _one_of("meal breakfast lunch dinner supper food repas dejeuner diner nourriture")
_SKIP = _one_of(
    "skip skipping avoid refuse drop cut ban remove replace swap stop sautez saute evitez evite refusez "
    "supprimez supprime oubliez oublie remplacez remplace arretez arrete bannissez reduisez"
)
_TAKE = _one_of("take swallow inject drink eat prenez avalez buvez mangez mange")
_MANY = _one_of(
    "six seven eight nine ten twelve fifteen twenty thirty fifty hundred sept huit neuf dix di douze quinze "
    "vingt trente cent kilo liter litre gram gramme"
)
_NOTHING = _one_of("nothing rien only seulement uniquement less moin until jusqu little")
_LOSE = _one_of("lose drop perdez perd perdre")
_FAT = _one_of(
    "fat slow old big heavy small gro grosse lent lente vieux vieille lourd lourde mou molle sale bete"
)
_YOU_ARE = _one_of("are re look e etes")
_EFFORT = _one_of("train run push lift sprint entrainez courez poussez soulevez forcez")
_DESPITE = _one_of("until despite jusqu malgre")
_NEVER = r"(?<!not )(?<!t )(?<!never )(?<!ne )(?<!n )"
"""Not after a negation: that a meal is not to be skipped is good advice."""

_RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("starving or thirst", rf"\b{_NEVER}{_SKIP} (?:\w+ ){{0,4}}{_MEAL}\b"),
        ("starving or thirst", rf"\b(?:no|without|zero|san|aucun|aucune|pa de|plu de) (?:\w+ )?{_MEAL}\b"),
        ("starving or thirst", rf"\b{_TAKE} (?:\w+ ){{0,2}}{_NOTHING}\b"),
        ("an extreme amount", rf"\b{_LOSE} (?:\w+ ){{0,2}}{_MANY}\b"),
        ("an extreme amount", rf"\b{_TAKE} (?:\w+ ){{0,2}}{_MANY}\b"),
        ("an insult", rf"\b(?:you|tu|vou|t) {_YOU_ARE} (?:\w+ ){{0,2}}{_FAT}\b"),
        ("a dangerous order", rf"\b{_EFFORT} (?:\w+ ){{0,4}}{_DESPITE}\b"),
    )
)
"""Orders built of harmless words, over folded words with single spaces."""


def is_medical(word: str) -> bool:
    """Whether a folded word claims something that only a clinician may say."""
    harm = _harm()
    return word in harm.kinds[MEDICAL] or word.startswith(harm.medical_stems)


@lru_cache(maxsize=4096)
def harm_in(text: str, language: Language) -> str:
    """What harm a sentence does, in words for its author; empty where no rule knows of any."""
    words = folded(text)
    if medical := next((word for word in words if is_medical(word)), ""):
        return f"it holds {MEDICAL} ({medical})"
    harm = _harm()
    for kind, names in harm.kinds.items():
        if found := named_in(words, names - harm.innocent[language]):
            return f"it holds {kind} ({min(found)})"
    line = " ".join(words)
    for kind, rule in _RULES:
        if match := rule.search(line):
            return f"it holds {kind} ({match.group()})"
    return ""


def unknown_words(text: str, known: frozenset[str]) -> tuple[str, ...]:
    """The words of a text, as written, that a set of folded words does not have."""
    written = words_of(text)
    return tuple(
        dict.fromkeys(word for word, plain in zip(written, folded(text), strict=True) if plain not in known)
    )
