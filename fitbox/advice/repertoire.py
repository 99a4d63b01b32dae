"""Every sentence that a member may be told: the planner's, those about the member's own plans among them, the
phrasebook's, the version's released ones.

The one list that grammar, parser, check and random drafts share, so that a sentence is said by all or by
none.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import lru_cache

from fitbox.advice.constraints import AdviceConstraints, Topic
from fitbox.advice.facts import Fact
from fitbox.advice.phrasebook import phrasebook
from fitbox.advice.phrases import PHRASES, Phrase
from fitbox.advice.plan_phrases import PLAN_PHRASES, STRAINED_BY
from fitbox.advice.templates import Template
from fitbox.advice.topics import Figure
from fitbox.advice.vocabulary import Sentence
from fitbox.i18n import Texts
from fitbox.profile import Condition, Language

PARTS = Texts("parts")
"""Body parts as a sentence names them."""


def phrases_for(topic: Topic, constraints: AdviceConstraints) -> tuple[Phrase, ...]:
    """The planner's sentences on a topic that suit the member and need no plan; not empty for any topic in
    the envelope.
    """
    return _suiting(PHRASES, topic, constraints)


def _suiting(phrases: tuple[Phrase, ...], topic: Topic, constraints: AdviceConstraints) -> tuple[Phrase, ...]:
    profile, holds = constraints.profile, constraints.situations
    return tuple(one for one in phrases if one.topic is topic and one.suits(profile, holds))


def injured_parts(constraints: AdviceConstraints) -> list[str]:
    """Injured body parts as a sentence names them, in a fixed order so that a seed alone decides."""
    hurt = sorted(condition for condition in constraints.profile.conditions if condition in PARTS.keys)
    return [PARTS.text(constraints.profile.language, condition) for condition in hurt]


def allowed_topics(constraints: AdviceConstraints) -> tuple[Topic, ...]:
    """Every topic, but the pace of weight change where weight should not change."""
    return tuple(one for one in Topic if one is not Topic.PACE or constraints.figures[Topic.PACE])


def about_plans(
    topic: Topic, constraints: AdviceConstraints, *, of_condition: bool = False
) -> tuple[str, ...]:
    """The sentences on a topic about the member's own plans; ``of_condition``: about a condition too."""
    phrases = _suiting(PLAN_PHRASES, topic, constraints)
    if of_condition:
        phrases = tuple(one for one in phrases if one.only)
    hurt = frozenset(constraints.profile.conditions & STRAINED_BY.keys())
    return _about_plans(phrases, constraints.profile.language, constraints.own.facts, hurt)


@lru_cache(maxsize=2048)
def _about_plans(
    phrases: tuple[Phrase, ...], language: Language, facts: tuple[Fact, ...], hurt: frozenset[Condition]
) -> tuple[str, ...]:
    written: dict[str, None] = {}
    for phrase in phrases:
        text = phrase.text(language)
        for fact in facts:
            if fact.about is phrase.about:
                values = fact.values
                for part in _strained(hurt, values, language) if "{part}" in text else ("",):
                    written[text.format(**values, part=part)] = None
    return tuple(written)


def _strained(hurt: frozenset[Condition], values: Mapping[str, str], language: Language) -> tuple[str, ...]:
    """The injured parts that a lift loads."""
    return tuple(PARTS.text(language, one) for one in sorted(hurt) if values["pattern"] in STRAINED_BY[one])


def planners(topic: Topic, constraints: AdviceConstraints) -> tuple[str, ...]:
    """The planner's own sentences on a topic, those about the member's plans first."""
    return _planners(
        constraints.profile.language,
        phrases_for(topic, constraints),
        about_plans(topic, constraints),
        tuple(injured_parts(constraints)),
        constraints.figures[topic],
    )


@lru_cache(maxsize=2048)
def _planners(
    language: Language,
    phrases: tuple[Phrase, ...],
    own: tuple[str, ...],
    parts: tuple[str, ...],
    figures: tuple[Figure, ...],
) -> tuple[str, ...]:
    values = {figure.name: figure.text for figure in figures}
    written = dict.fromkeys(own)
    for phrase in phrases:
        for part in parts if "{part}" in phrase.english else ("",):
            written[phrase.text(language).format(**values, part=part)] = None
    return tuple(written)


def sentences(topic: Topic, constraints: AdviceConstraints) -> tuple[Template, ...]:
    """Everything that may be said on a topic, figures written out; not empty for an allowed topic."""
    return _sentences(
        topic,
        constraints.profile.language,
        planners(topic, constraints),
        constraints.figures[topic],
        constraints.released,
    )


@lru_cache(maxsize=2048)
def _sentences(
    topic: Topic,
    language: Language,
    planned: tuple[str, ...],
    figures: tuple[Figure, ...],
    released: tuple[Sentence, ...],
) -> tuple[Template, ...]:
    values = {figure.name: figure.text for figure in figures}
    written = dict.fromkeys(planned)
    for one in released:
        if one.topic is topic and slots_of(one.text) <= values.keys():
            written[one.text.format(**values)] = None
    return (*(Template((text,)) for text in written), *phrasebook(language)[topic])


def is_sentence(text: str, topic: Topic, constraints: AdviceConstraints) -> bool:
    """Whether a member may be told ``text`` as a tip on ``topic``."""
    return any(template.yields(text) for template in sentences(topic, constraints))


def slots_of(text: str) -> set[str]:
    """The names of the figures that a sentence cites."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def with_slots(text: str, figures: Mapping[str, str]) -> str:
    """A written sentence with its figures (by name) turned back into slots, the longest first."""
    for name, figure in sorted(figures.items(), key=lambda item: -len(item[1])):
        text = text.replace(figure, f"{{{name}}}")
    return text
