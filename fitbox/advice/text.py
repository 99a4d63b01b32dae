"""Advice as model text: grammar, parser and their inverse.

A line is a topic and one sentence::

    protein: Spread 161 g of protein over 4 meals.
    sleep: Go to bed at the same time, even on weekends.

Every sentence is one of :mod:`fitbox.advice.repertoire`: read by a person before anybody is told it, with
the figures of the member's own envelope in it. A model chooses and orders sentences; it cannot word one
that nobody read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from fitbox.advice.constraints import AdviceConstraints, Topic
from fitbox.advice.meaning import harm_in
from fitbox.advice.repertoire import allowed_topics, is_sentence, sentences, with_slots
from fitbox.advice.shape import FEWEST_WORDS, MOST_WORDS, SHAPE
from fitbox.advice.templates import Rules, Template
from fitbox.advice.vocabulary import Sentence
from fitbox.advice.words import folded, named_in
from fitbox.ebnf import choice_followed_by
from fitbox.errors import PlanTextError

MIN_TIPS, MAX_TIPS = 3, 5


@dataclass(frozen=True)
class TipDraft:
    """One tip as the model writes it; ``text`` is a sentence with its full stop."""

    topic: Topic
    text: str


@dataclass(frozen=True)
class AdviceDraft:
    """The whole text, parsed."""

    tips: tuple[TipDraft, ...]


class NotReviewedError(PlanTextError):
    """Sentences that may be good, but that nobody has read yet: they wait for a release."""

    def __init__(self, message: str, waiting: tuple[Sentence, ...]) -> None:
        super().__init__(message)
        self.waiting = waiting
        """With the restrictions of the member they were written for."""


def grammar(constraints: AdviceConstraints) -> str:
    """EBNF of every allowed text; depends on what ``key`` says."""
    topics = allowed_topics(constraints)
    rules = [
        f"root ::= line{{{MIN_TIPS},{MAX_TIPS}}}",
        "line ::= " + choice_followed_by({topic: f"{topic}_tip" for topic in topics}),
    ]
    for topic in topics:
        rules += _rules_of(topic, sentences(topic, constraints))
    return "\n".join(rules) + "\n"


@lru_cache(maxsize=512)
def _rules_of(topic: Topic, templates: tuple[Template, ...]) -> tuple[str, ...]:
    rules = Rules(topic.value)
    said = rules.any_of(templates)
    return (f'{topic}_tip ::= ": " {said} "\\n"', *rules.lines)


def parse(text: str, constraints: AdviceConstraints) -> AdviceDraft:
    """Text -> draft.

    Raises:
        NotReviewedError: every sentence might be said, but some were not released yet.
        PlanTextError: for whatever else the grammar would not produce in full.
    """
    if not text.endswith("\n"):
        raise PlanTextError("the advice does not end with a whole line")
    lines = text[:-1].split("\n")
    if not MIN_TIPS <= len(lines) <= MAX_TIPS:
        raise PlanTextError(f"{len(lines)} tips instead of {MIN_TIPS} to {MAX_TIPS}")
    allowed = allowed_topics(constraints)
    tips, waiting = [], []
    for number, line in enumerate(lines, start=1):
        name, separator, sentence = line.partition(": ")
        topic = next((one for one in allowed if one == name), None)
        if not separator or topic is None:
            raise PlanTextError(f"line {number} does not begin with a topic")
        tips.append(TipDraft(topic, sentence))
        if not is_sentence(sentence, topic, constraints):
            waiting.append((number, _waiting(number, tips[-1], constraints)))
    if waiting:
        raise NotReviewedError(
            _unreviewed([number for number, _ in waiting]), tuple(one for _, one in waiting)
        )
    return AdviceDraft(tuple(tips))


def render(draft: AdviceDraft) -> str:
    """Draft -> text; the inverse of :func:`parse`."""
    return "".join(f"{tip.topic}: {tip.text}\n" for tip in draft.tips)


def _waiting(number: int, tip: TipDraft, constraints: AdviceConstraints) -> Sentence:
    """The sentence as a reviewer may release it. Raises PlanTextError where nobody may."""
    language = constraints.profile.language
    figures = {figure.name: figure.text for figure in constraints.figures[tip.topic]}
    text = with_slots(tip.text, figures)
    if not SHAPE[language].fullmatch(text):
        raise PlanTextError(
            f"line {number} is not a sentence of {FEWEST_WORDS} to {MOST_WORDS} words "
            "with allowed figures only"
        )
    if unsafe := named_in(folded(tip.text), constraints.forbidden):
        raise PlanTextError(f"line {number} names what is wrong for this member: {', '.join(sorted(unsafe))}")
    if harm := harm_in(text, language):
        raise PlanTextError(f"line {number} must not be said to anybody: {harm}")
    return Sentence(tip.topic, language, text, constraints.restrictions)


def _unreviewed(numbers: Sequence[int]) -> str:
    lines = f"line{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
    return f"{lines} must be released by a second person first (fitbox coach review)"
