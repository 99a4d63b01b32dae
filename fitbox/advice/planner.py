"""The expert planner of advice: picks topics and sentences for a member, deterministic for a seed.

Its texts are training targets and the answer of last resort: each is inside the grammar and passes the check.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

from fitbox.advice.constraints import AdviceConstraints, Topic
from fitbox.advice.phrasebook import phrasebook
from fitbox.advice.phrases import PHRASES
from fitbox.advice.plan_phrases import PLAN_PHRASES
from fitbox.advice.repertoire import PARTS, about_plans, allowed_topics, injured_parts, phrases_for
from fitbox.advice.text import MAX_TIPS, AdviceDraft, TipDraft
from fitbox.advice.words import triples, words_of
from fitbox.profile import Language

__all__ = ["phrases_for", "plan", "vocabulary"]


def plan(constraints: AdviceConstraints, seed: int) -> AdviceDraft:
    """The three topics the goal asks for, then one that suits the person; a sentence drawn for each.

    Of the member's own plans where there is a sentence about them, and one of the tips about a condition
    where one is about it. At least one names something of the plans, where anything can.
    """
    draw = random.Random(f"{seed}/{constraints.key}")
    topics = [*constraints.key_topics, draw.choice(constraints.useful_topics)]
    about_condition = [
        one for one in allowed_topics(constraints) if about_plans(one, constraints, of_condition=True)
    ]
    if about_condition and not set(about_condition) & set(topics):
        topics.append(draw.choice(about_condition))
    tips: list[TipDraft] = []
    for topic in topics:
        tips.append(TipDraft(topic, _sentence(topic, constraints, draw, tips)))
    names = constraints.own.names
    if len(tips) < MAX_TIPS and not any(_names(tip.text, names) for tip in tips):
        naming = [
            TipDraft(topic, text)
            for topic in allowed_topics(constraints)
            if topic not in topics
            for text in about_plans(topic, constraints)
            if _names(text, names)
        ]
        tips += [draw.choice(naming)] if naming else []
    return AdviceDraft(tuple(tips))


def _names(text: str, names: frozenset[str]) -> bool:
    return any(name in text.lower() for name in names)


@cache
def vocabulary(language: Language) -> frozenset[str]:
    """Every word of the planner's sentences and the phrasebook in a language, lower case."""
    sentences = [one.text(language) for one in (*PHRASES, *PLAN_PHRASES)]
    sentences += [one.notation for templates in phrasebook(language).values() for one in templates]
    parts = [PARTS.text(language, key) for key in PARTS.keys]
    return frozenset(word for text in (*sentences, *parts) for word in words_of(text))


def _sentence(
    topic: Topic, constraints: AdviceConstraints, draw: random.Random, before: Sequence[TipDraft]
) -> str:
    own = about_plans(topic, constraints, of_condition=True) or about_plans(topic, constraints)
    if own:
        said = {three for tip in before for three in triples(tip.text)}
        return draw.choice([text for text in own if said.isdisjoint(triples(text))] or own)
    template = draw.choice(phrases_for(topic, constraints)).text(constraints.profile.language)
    values = {figure.name: figure.text for figure in constraints.figures[topic]}
    if parts := injured_parts(constraints):
        values["part"] = draw.choice(parts)
    return template.format(**values)
