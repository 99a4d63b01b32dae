"""The expert planner of advice: picks topics and sentences for a member, deterministic for a seed.

Its texts are training targets and the answer of last resort: each is inside the grammar and passes the check.
"""

from __future__ import annotations

import random
from functools import cache

from fitbox.advice.constraints import AdviceConstraints, Topic
from fitbox.advice.phrasebook import phrasebook
from fitbox.advice.phrases import PHRASES
from fitbox.advice.repertoire import PARTS, injured_parts, phrases_for
from fitbox.advice.text import AdviceDraft, TipDraft
from fitbox.advice.words import words_of
from fitbox.profile import Language

__all__ = ["phrases_for", "plan", "vocabulary"]


def plan(constraints: AdviceConstraints, seed: int) -> AdviceDraft:
    """The three topics the goal asks for, then one that suits the person; a sentence drawn for each."""
    draw = random.Random(f"{seed}/{constraints.key}")
    topics = [*constraints.key_topics, draw.choice(constraints.useful_topics)]
    return AdviceDraft(tuple(TipDraft(topic, _sentence(topic, constraints, draw)) for topic in topics))


@cache
def vocabulary(language: Language) -> frozenset[str]:
    """Every word of the planner's sentences and the phrasebook in a language, lower case."""
    sentences = [one.text(language) for one in PHRASES]
    sentences += [one.notation for templates in phrasebook(language).values() for one in templates]
    parts = [PARTS.text(language, key) for key in PARTS.keys]
    return frozenset(word for text in (*sentences, *parts) for word in words_of(text))


def _sentence(topic: Topic, constraints: AdviceConstraints, draw: random.Random) -> str:
    template = draw.choice(phrases_for(topic, constraints)).text(constraints.profile.language)
    values = {figure.name: figure.text for figure in constraints.figures[topic]}
    if parts := injured_parts(constraints):
        values["part"] = draw.choice(parts)
    return template.format(**values)
