"""The text format of advice: its grammar, how it is parsed and how it is written, built from the same limits.

One tip a line, three to five of them::

    protein: Spread 161 g of protein over 4 meals.
    sleep: Go to bed at the same time, even on weekends.

Digits occur only inside the figures that the member's envelope allows on that topic, so a text cannot hold an
invented number. Words are letters of the member's language, none of them is forbidden to the member (see
:mod:`fitbox.advice.spelling`), and their count is bounded. Their length is not: a limit on tokens bounds it
anyway, and counting letters costs a decoder 0.9 ms of CPU a token instead of 0.03.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from functools import lru_cache

from fitbox.advice.constraints import AdviceConstraints, Topic
from fitbox.advice.spelling import words_except
from fitbox.advice.words import words_of
from fitbox.ebnf import choice, choice_followed_by
from fitbox.errors import PlanTextError
from fitbox.profile import Language

MIN_TIPS, MAX_TIPS = 3, 5
FEWEST_WORDS, MOST_WORDS = 3, 11
"""After the first word, in a sentence without a figure."""
WORDS_BEFORE, WORDS_BETWEEN, WORDS_AFTER = 8, 9, 4
"""At most, before a figure, after it, and after a second one: an untrained model likes to repeat figures."""
LETTERS: dict[Language, str] = {
    Language.EN: string.ascii_lowercase,
    Language.FR: string.ascii_lowercase + "àâçèéêëîïôùûœ",
}
CAPITALS: dict[Language, str] = {
    Language.EN: string.ascii_uppercase,
    Language.FR: string.ascii_uppercase + "ÀÂÇÈÉÊÎÔ",
}


@dataclass(frozen=True)
class TipDraft:
    """One tip as the model writes it; ``text`` is a sentence with its full stop."""

    topic: Topic
    text: str


@dataclass(frozen=True)
class AdviceDraft:
    """The whole text, parsed."""

    tips: tuple[TipDraft, ...]


def allowed_topics(constraints: AdviceConstraints) -> tuple[Topic, ...]:
    """Every topic, but the pace of weight change where weight should not change."""
    return tuple(one for one in Topic if one is not Topic.PACE or constraints.figures[Topic.PACE])


def grammar(constraints: AdviceConstraints) -> str:
    """EBNF of every allowed text; depends on language, figures and forbidden words, as ``key`` says."""
    language = constraints.profile.language
    spelling = words_except(constraints.forbidden, LETTERS[language], CAPITALS[language])
    part = f"(['-] {spelling.lower})?"
    topics = allowed_topics(constraints)
    rules = [
        f"root ::= line{{{MIN_TIPS},{MAX_TIPS}}}",
        "line ::= " + choice_followed_by({topic: f"{topic}_tip" for topic in topics}),
        f"first ::= {spelling.capitalized} {part}",
        f'word ::= ","? " " {spelling.lower} {part}',
        *spelling.rules,
    ]
    for topic in topics:
        tail = f"word{{{FEWEST_WORDS},{MOST_WORDS}}}"
        if constraints.figures[topic]:
            figure = f'","? " " ({choice(one.text for one in constraints.figures[topic])})'
            cited = f"word{{0,{WORDS_BEFORE}}} {figure} word{{0,{WORDS_BETWEEN}}}"
            tail = f"({tail} | {cited} ({figure} word{{0,{WORDS_AFTER}}})?)"
        rules.append(f'{topic}_tip ::= ": " first {tail} ".\\n"')
    return "\n".join(rules) + "\n"


@lru_cache(maxsize=256)
def _line_pattern(language: Language, figures: tuple[str, ...]) -> re.Pattern[str]:
    letter, capital = f"[{LETTERS[language]}]", f"[{CAPITALS[language]}]"
    part = f"(?:['-]{letter}+)?"
    first = f"{capital}{letter}*{part}"
    word = f"(?:,? {letter}+{part})"
    tail = rf"{word}{{{FEWEST_WORDS},{MOST_WORDS}}}"
    if figures:
        figure = rf",? (?:{'|'.join(map(re.escape, figures))})"
        cited = rf"{word}{{0,{WORDS_BEFORE}}}{figure}{word}{{0,{WORDS_BETWEEN}}}"
        tail = rf"(?:{tail}|{cited}(?:{figure}{word}{{0,{WORDS_AFTER}}})?)"
    return re.compile(rf"{first}{tail}\.")


def is_sentence(text: str, topic: Topic, constraints: AdviceConstraints) -> bool:
    """Whether the grammar allows ``text`` as a tip on ``topic``, for a member who may be told any word."""
    figures = tuple(one.text for one in constraints.figures[topic])
    return _line_pattern(constraints.profile.language, figures).fullmatch(text) is not None


def parse(text: str, constraints: AdviceConstraints) -> AdviceDraft:
    """Text -> draft. Raises PlanTextError for whatever the grammar would not produce in full."""
    if not text.endswith("\n"):
        raise PlanTextError("the advice does not end with a whole line")
    lines = text[:-1].split("\n")
    if not MIN_TIPS <= len(lines) <= MAX_TIPS:
        raise PlanTextError(f"{len(lines)} tips instead of {MIN_TIPS} to {MAX_TIPS}")
    allowed = allowed_topics(constraints)
    tips = []
    for number, line in enumerate(lines, start=1):
        name, separator, sentence = line.partition(": ")
        topic = next((one for one in allowed if one == name), None)
        if not separator or topic is None:
            raise PlanTextError(f"line {number} does not begin with a topic")
        if not is_sentence(sentence, topic, constraints):
            raise PlanTextError(f"line {number} is not a sentence with allowed figures only")
        if unsafe := constraints.forbidden.intersection(words_of(sentence)):
            raise PlanTextError(
                f"line {number} names what is wrong for this member: {', '.join(sorted(unsafe))}"
            )
        tips.append(TipDraft(topic, sentence))
    return AdviceDraft(tuple(tips))


def render(draft: AdviceDraft) -> str:
    """Draft -> text; the inverse of :func:`parse`."""
    return "".join(f"{tip.topic}: {tip.text}\n" for tip in draft.tips)
