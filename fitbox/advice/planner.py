"""The expert planner of advice: picks topics and sentences for a member, deterministic for a seed.

Its texts are training targets and the answer of last resort: each is inside the grammar and passes the check.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

from fitbox.advice.constraints import AdviceConstraints, Topic, hard_cardio_suits
from fitbox.advice.phrases import PHRASES, Phrase, When
from fitbox.advice.text import AdviceDraft, TipDraft
from fitbox.advice.words import words_of
from fitbox.assessment import DEFICIT_GOALS, highest_zone
from fitbox.i18n import Texts
from fitbox.profile import Condition, Goal, Language, Level

MODERATE_ZONE = 2

PARTS = Texts(
    {
        Condition.KNEE: ("knee", "genou"),
        Condition.LOWER_BACK: ("lower back", "dos"),
        Condition.SHOULDER: ("shoulder", "épaule"),
        Condition.WRIST: ("wrist", "poignet"),
        Condition.ELBOW: ("elbow", "coude"),
        Condition.HIP: ("hip", "hanche"),
        Condition.ANKLE: ("ankle", "cheville"),
        Condition.NECK: ("neck", "cou"),
    }
)
"""Body parts as a sentence names them."""

_SUITS: dict[When, Callable[[AdviceConstraints], bool]] = {
    When.ALWAYS: lambda c: True,
    When.LOSING: lambda c: c.assessment.goal in DEFICIT_GOALS,
    When.GAINING: lambda c: c.assessment.goal in (Goal.MUSCLE_GAIN, Goal.BULKING),
    When.KEEPING: lambda c: c.assessment.goal is Goal.MAINTENANCE,
    When.LIMITED: lambda c: highest_zone(c.profile) <= MODERATE_ZONE,
    When.UNLIMITED: lambda c: highest_zone(c.profile) > MODERATE_ZONE,
    When.HARD_CARDIO: lambda c: hard_cardio_suits(c.profile),
    When.BEGINNER: lambda c: c.profile.level is Level.BEGINNER,
    When.EXPERIENCED: lambda c: c.profile.level is not Level.BEGINNER,
    When.ADVANCED: lambda c: c.profile.level is Level.ADVANCED,
    When.INJURED: lambda c: bool(_parts(c)),
    When.MINOR: lambda c: c.profile.age_years < 18,
    When.ADULT: lambda c: c.profile.age_years >= 18,
    When.RESTING: lambda c: c.profile.workout_days_per_week < 7,
}


def plan(constraints: AdviceConstraints, seed: int) -> AdviceDraft:
    """The three topics the goal asks for, then one that suits the person; a sentence drawn for each."""
    draw = random.Random(f"{seed}/{constraints.key}")
    topics = [*constraints.key_topics, draw.choice(constraints.useful_topics)]
    return AdviceDraft(tuple(TipDraft(topic, _sentence(topic, constraints, draw)) for topic in topics))


def phrases_for(topic: Topic, constraints: AdviceConstraints) -> tuple[Phrase, ...]:
    """Every sentence on a topic that suits the member; not empty for any topic in the envelope."""
    return tuple(one for one in PHRASES if one.topic is topic and _SUITS[one.when](constraints))


@cache
def vocabulary(language: Language) -> frozenset[str]:
    """Every word the planner can write in a language, lower case."""
    sentences = [one.french if language is Language.FR else one.english for one in PHRASES]
    parts = [PARTS.text(language, key) for key in PARTS.keys]
    return frozenset(word for text in (*sentences, *parts) for word in words_of(text))


def _sentence(topic: Topic, constraints: AdviceConstraints, draw: random.Random) -> str:
    phrase = draw.choice(phrases_for(topic, constraints))
    template = phrase.french if constraints.profile.language is Language.FR else phrase.english
    values = {figure.name: figure.text for figure in constraints.figures[topic]}
    parts = _parts(constraints)
    if parts:
        values["part"] = PARTS.text(constraints.profile.language, draw.choice(parts))
    return template.format(**values)


def _parts(constraints: AdviceConstraints) -> list[str]:
    """Injured body parts, in a fixed order so that the seed alone decides."""
    return sorted(condition for condition in constraints.profile.conditions if condition in PARTS.keys)
