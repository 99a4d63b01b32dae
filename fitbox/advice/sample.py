"""Random advice: a draft drawn from the grammar with no knowledge at all, the floor of every evaluation."""

from __future__ import annotations

import random

from fitbox.advice.constraints import AdviceConstraints, Figure
from fitbox.advice.text import (
    LETTERS,
    MAX_ITEMS,
    MAX_LETTERS,
    MAX_TIPS,
    MIN_ITEMS,
    MIN_TIPS,
    AdviceDraft,
    TipDraft,
    allowed_topics,
)
from fitbox.advice.words import is_medical

FIGURE_SHARE = 0.15
"""Chance that an item is a figure: about as many a tip as good advice holds."""


def random_draft(constraints: AdviceConstraints, seed: int) -> AdviceDraft:
    """Random topics, letters and figures within the grammar's bounds; deterministic for ``seed``."""
    draw = random.Random(f"random/{seed}/{constraints.key}")
    alphabet = _alphabet(LETTERS[constraints.profile.language])
    tips = []
    for _ in range(draw.randint(MIN_TIPS, MAX_TIPS)):
        topic = draw.choice(allowed_topics(constraints))
        first = _word(draw, alphabet, constraints).capitalize()
        # A capital of a rare letter (Ë, Ï, Ù, Û, Œ) is not in the grammar.
        first = first if first[0].isascii() else "A" + first[1:]
        rest = [
            _item(draw, alphabet, constraints.figures[topic], constraints)
            for _ in range(draw.randint(MIN_ITEMS, MAX_ITEMS) - 1)
        ]
        tips.append(TipDraft(topic, " ".join([first, *rest]) + "."))
    return AdviceDraft(tuple(tips))


def _alphabet(letters: str) -> str:
    """The letters of a character class such as ``a-zé``."""
    return "".join(map(chr, range(ord("a"), ord("z") + 1))) + letters.removeprefix("a-z")


def _item(
    draw: random.Random, alphabet: str, figures: tuple[Figure, ...], constraints: AdviceConstraints
) -> str:
    if figures and draw.random() < FIGURE_SHARE:
        return draw.choice(figures).text
    return _word(draw, alphabet, constraints)


def _word(draw: random.Random, alphabet: str, constraints: AdviceConstraints) -> str:
    """A word of random letters, drawn again in the rare case that it means something forbidden."""
    while True:
        word = "".join(draw.choices(alphabet, k=draw.randint(1, MAX_LETTERS)))
        if word not in constraints.forbidden and not is_medical(word):
            return word
