"""Every sentence that a member may be told: the planner's, the phrasebook's, the version's released ones.

The one list that grammar, parser, check and random drafts share, so that a sentence is said by all or by
none.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import lru_cache

from fitbox.advice.constraints import AdviceConstraints, Topic
from fitbox.advice.phrasebook import phrasebook
from fitbox.advice.phrases import PHRASES, Phrase
from fitbox.advice.templates import Template
from fitbox.advice.topics import Figure, When
from fitbox.advice.vocabulary import Sentence
from fitbox.i18n import Texts
from fitbox.profile import Language

PARTS = Texts("parts")
"""Body parts as a sentence names them."""


def phrases_for(topic: Topic, constraints: AdviceConstraints) -> tuple[Phrase, ...]:
    """The planner's sentences on a topic that suit the member; not empty for any topic in the envelope."""
    return tuple(one for one in PHRASES if one.topic is topic and one.when in constraints.situations)


def injured_parts(constraints: AdviceConstraints) -> list[str]:
    """Injured body parts as a sentence names them, in a fixed order so that a seed alone decides."""
    hurt = sorted(condition for condition in constraints.profile.conditions if condition in PARTS.keys)
    return [PARTS.text(constraints.profile.language, condition) for condition in hurt]


def allowed_topics(constraints: AdviceConstraints) -> tuple[Topic, ...]:
    """Every topic, but the pace of weight change where weight should not change."""
    return tuple(one for one in Topic if one is not Topic.PACE or constraints.figures[Topic.PACE])


def sentences(topic: Topic, constraints: AdviceConstraints) -> tuple[Template, ...]:
    """Everything that may be said on a topic, figures written out; not empty for an allowed topic."""
    return _sentences(
        topic,
        constraints.profile.language,
        constraints.situations,
        tuple(injured_parts(constraints)),
        constraints.figures[topic],
        constraints.released,
    )


@lru_cache(maxsize=2048)
def _sentences(
    topic: Topic,
    language: Language,
    situations: frozenset[When],
    parts: tuple[str, ...],
    figures: tuple[Figure, ...],
    released: tuple[Sentence, ...],
) -> tuple[Template, ...]:
    values = {figure.name: figure.text for figure in figures}
    written: dict[str, None] = {}
    for phrase in PHRASES:
        if phrase.topic is topic and phrase.when in situations:
            for part in parts if "{part}" in phrase.english else [""]:
                written[phrase.text(language).format(**values, part=part)] = None
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
