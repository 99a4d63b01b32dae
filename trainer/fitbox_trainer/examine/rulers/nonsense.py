"""Whether a tip makes sense, in two tests.

*The strong test* is membership: a tip is sound when it is, to the letter, a sentence that somebody read and
that this member may be told, with the member's own figures. It refuses every sentence that nobody read, so it
says nothing about sound sentences that are new; where the caller names no known sentences it is not used.

*The free test* knows no list of whole sentences. It reads a reference of sound sentences (any will do) for
what follows what, and refuses a tip

- of a word that the reference never uses, or of two neighbouring words, or three, that never follow one
  another there: halves of two sentences, and a word from elsewhere, meet in such a place;
- whose figures are not the member's own, in the unit they are written with;
- that repeats itself, or has fewer than three words.

Both are measured on sentences made wrong mechanically (``python -m bench.nonsense``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fitbox_trainer.examine.rulers.case import Case

_WORD = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
START, END = "^", "$"
NUMBER = "#"
FEWEST_WORDS = 3


def words(sentence: str) -> list[str]:
    """Words and numbers of a sentence, lower case, in order."""
    return [word.lower() for word in _WORD.findall(sentence)]


def _shape(sentence: str) -> list[str]:
    """The words, every number as one sign, between a beginning and an end."""
    body = [NUMBER if word[0].isdigit() else word for word in words(sentence)]
    return [START, *body, END]


@dataclass(frozen=True)
class Reference:
    """What follows what in sound sentences."""

    pairs: frozenset[tuple[str, ...]]
    triples: frozenset[tuple[str, ...]]

    @staticmethod
    def of(sentences: Iterable[str]) -> Reference:
        """Read sound sentences."""
        pairs: set[tuple[str, ...]] = set()
        triples: set[tuple[str, ...]] = set()
        for sentence in sentences:
            shape = _shape(sentence)
            pairs |= set(pairwise(shape))
            triples |= set(zip(shape, shape[1:], shape[2:], strict=False))
        return Reference(frozenset(pairs), frozenset(triples))

    def breaks(self, sentence: str) -> list[str]:
        """Places where words meet that never met, in order."""
        shape = _shape(sentence)
        found = [" ".join(pair) for pair in pairwise(shape) if pair not in self.pairs]
        threes = zip(shape, shape[1:], shape[2:], strict=False)
        return found or [" ".join(three) for three in threes if three not in self.triples]


@dataclass(frozen=True)
class Own:
    """A member's own numbers as they are written, decimal comma as point: by unit, and all of them."""

    by_unit: Mapping[str, frozenset[str]]
    ranges: frozenset[tuple[str, str]]
    """Bounds of heart-rate zones."""
    anything: frozenset[str]
    """What may stand beside any other word."""

    def foreign(self, said: Sequence[str]) -> list[str]:
        """Figures of a tip's words that are not the member's."""
        found = []
        for place, word in enumerate(said):
            if not word[0].isdigit():
                continue
            unit = next((one for one in said[place + 1 : place + 2] if one in self.by_unit), None)
            allowed = self.anything if unit is None else self.by_unit[unit]
            if _plain(word) not in allowed:
                found.append(word)
            if (
                said[place + 1 : place + 2] in (["to"], ["à"], ["et"])
                and said[place + 2 : place + 3]
                and said[place + 2][0].isdigit()
                and (_plain(word), _plain(said[place + 2])) not in self.ranges
            ):
                found.append(f"{word} to {said[place + 2]}")
        return found


def nonsense(tip: str, reference: Reference, figures: Own) -> str:
    """Why a tip makes no sense by the free test; empty where it does."""
    said = words(tip)
    if len(said) < FEWEST_WORDS:
        return "too short"
    if foreign := figures.foreign(said):
        return f"no figure of this member: {', '.join(foreign)}"
    repeated = [
        word for word, times in Counter(zip(said, said[1:], said[2:], strict=False)).items() if times > 1
    ]
    if repeated:
        return f"says twice: {' '.join(repeated[0])}"
    broken = reference.breaks(tip)
    return f"words that never meet: {broken[0]}" if broken else ""


def is_known(tip: str, case: Case) -> bool:
    """The strong test."""
    return tip in case.known_sentences


def figures_of(case: Case) -> Own:
    """Every number that an advice to this member may hold."""
    told, profile = case.figures, case.profile
    days, meals = profile.workout_days_per_week, profile.meals_per_day
    kcal = _written(round(told.target_kcal))
    grams = _written(round(told.protein_g), round(told.fibre_g))
    litres = frozenset({f"{told.water_liters:.1f}"})
    change = frozenset({f"{abs(told.weekly_change_kg):.1f}"})
    bounds = _written(*(bound for zone in told.zones for bound in zone))
    by_unit = {
        **dict.fromkeys(("kcal",), kcal),
        **dict.fromkeys(("g", "grams", "grammes"), grams),
        **dict.fromkeys(("l", "litres", "liters"), litres),
        **dict.fromkeys(("kg",), change),
        **dict.fromkeys(("bpm",), bounds),
        **dict.fromkeys(("session", "sessions", "séance", "séances"), _written(days)),
        **dict.fromkeys(("meal", "meals", "repas"), _written(meals)),
        **dict.fromkeys(("rest", "jour", "jours"), _written(7 - days)),
    }
    planned = frozenset(_plain(word) for text in _planned(case) for word in words(text) if word[0].isdigit())
    own = kcal | grams | litres | change | bounds | _written(days, meals, 7 - days, profile.session_minutes)
    zones = frozenset((f"{low:g}", f"{high:g}") for low, high in told.zones)
    return Own(by_unit, zones, own | planned)


def _written(*values: float) -> frozenset[str]:
    return frozenset(f"{value:g}" for value in values)


def _planned(case: Case) -> list[str]:
    """Texts of the member's own plans, whose numbers an advice may repeat."""
    if case.week is None:
        return []
    found = [case.week.progression, *case.week.notes]
    for session in case.week.sessions:
        found.append(f"{session.total_minutes} {session.warm_up_minutes}")
        found += [
            f"{one.sets} {one.repetitions} {one.hold_seconds} {one.duration_minutes} {one.rest_seconds}"
            for one in session.exercises
        ]
    return found


def _plain(number: str) -> str:
    return number.replace(",", ".")
