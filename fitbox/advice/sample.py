"""Random advice: a draft drawn from the grammar with no knowledge at all, the floor of every evaluation."""

from __future__ import annotations

import random

from fitbox.advice.constraints import AdviceConstraints, Topic
from fitbox.advice.text import (
    FEWEST_WORDS,
    LETTERS,
    MAX_TIPS,
    MIN_TIPS,
    MOST_WORDS,
    WORDS_AFTER,
    WORDS_BEFORE,
    WORDS_BETWEEN,
    AdviceDraft,
    TipDraft,
    allowed_topics,
)
from fitbox.advice.words import is_medical

MOST_LETTERS = 14
"""In a word; hardly any word of either language is longer."""
MOST_FIGURES = 2
"""In a sentence; the grammar allows no more."""


def random_draft(constraints: AdviceConstraints, seed: int) -> AdviceDraft:
    """Random topics, letters and figures within the grammar's bounds; deterministic for ``seed``."""
    draw = random.Random(f"random/{seed}/{constraints.key}")
    topics = [draw.choice(allowed_topics(constraints)) for _ in range(draw.randint(MIN_TIPS, MAX_TIPS))]
    return AdviceDraft(tuple(TipDraft(topic, _sentence(draw, topic, constraints)) for topic in topics))


def _sentence(draw: random.Random, topic: Topic, constraints: AdviceConstraints) -> str:
    def words(fewest: int, most: int) -> list[str]:
        return [_word(draw, constraints) for _ in range(draw.randint(fewest, most))]

    figures = constraints.figures[topic]
    cited = draw.randint(0, MOST_FIGURES) if figures else 0
    if cited == 0:
        items = words(FEWEST_WORDS, MOST_WORDS)
    else:
        items = [*words(0, WORDS_BEFORE), draw.choice(figures).text, *words(0, WORDS_BETWEEN)]
    if cited == MOST_FIGURES:
        items += [draw.choice(figures).text, *words(0, WORDS_AFTER)]
    first = _word(draw, constraints).capitalize()
    # Not every accented letter has a capital in the grammar.
    first = first if first[0].isascii() else "A" + first[1:]
    return " ".join([first, *items]) + "."


def _word(draw: random.Random, constraints: AdviceConstraints) -> str:
    """A word of random letters, drawn again in the rare case that it means something forbidden."""
    alphabet = LETTERS[constraints.profile.language]
    while True:
        word = "".join(draw.choices(alphabet, k=draw.randint(1, MOST_LETTERS)))
        if word not in constraints.forbidden and not is_medical(word):
            return word
