"""Sentences that any member may be told, beside the planner's: model and coach may say them without review.

They are in ``catalog/phrasebook.*.txt``, each read with every one of its alternatives. The rule for a new
one: it names no food, no drink but water, no remedy, person or figure; asks for no effort, weight, speed,
hunger or lack of sleep; judges nobody; suits every condition, diet and age. Where the advice comes from is
said in :mod:`fitbox.advice.phrases`, topic by topic.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from fitbox.advice.templates import Template
from fitbox.advice.topics import Topic
from fitbox.advice.words import section_lines
from fitbox.profile import Language


@cache
def everyday(language: Language) -> tuple[tuple[Topic, str], ...]:
    """Every sentence of the phrasebook on a topic that every member has, in a fixed order."""
    return tuple(
        (topic, template.sentence(number))
        for topic, templates in phrasebook(language).items()
        if topic is not Topic.PACE
        for template in templates
        for number in range(template.size)
    )


@cache
def phrasebook(language: Language) -> Mapping[Topic, tuple[Template, ...]]:
    """The templates of a language, by topic; none for a topic without, or a language that has no book yet."""
    name = f"phrasebook.{language.value}.txt"
    found = section_lines(name) if (resources.files("fitbox.catalog") / name).is_file() else {}
    return {topic: tuple(Template.of(line) for line in found.get(topic.value, ())) for topic in Topic}
