"""How good an advice is, in [0, 1], from what can be measured without another model.

``quality = wording * (0.30 own + 0.30 topics + 0.20 on_topic + 0.20 distinct)``

- ``wording`` multiplies, because a text that cannot be read is worth nothing whatever it cites: the share of
  words that are words of the member's language, full marks from 90 %.
- ``own``: of the goal's key topics on which there is something to say about the member's own plans, the share
  with such a tip; 1 where there is nothing, as without plans. With ``topics`` it weighs most, since this is
  what makes an advice personal. Figures of the assessment count for nothing: the member has them.
- ``topics``: three quarters for covering the goal's key topics, one for a tip that suits the person besides.
- ``on_topic``: the share of tips that say something about their topic: the planner's sentences do, others by
  their words.
- ``distinct``: different topics and no sentence said twice (share of distinct word triples).

Random texts within the grammar score near 0, the planner near 1; both are pinned by tests.
"""

from __future__ import annotations

from collections.abc import Mapping

from fitbox.advice.check import without_figures
from fitbox.advice.constraints import AdviceConstraints, Topic
from fitbox.advice.planner import vocabulary
from fitbox.advice.repertoire import about_plans, planners
from fitbox.advice.text import AdviceDraft, TipDraft
from fitbox.advice.words import triples, words_of
from fitbox.locales import LOCALES

FULL_WORDING = 0.9
"""Share of known words that counts as fully readable: our lists do not hold every word of a language."""

WEIGHTS = {"own": 0.30, "topics": 0.30, "on_topic": 0.20, "distinct": 0.20}

TOPIC_STEMS: dict[Topic, tuple[str, ...]] = {
    Topic.CALORIES: (
        "kcal",
        "kj",
        "calor",
        "energ",
        "énerg",
        "eat",
        "mange",
        "meal",
        "repas",
        "portion",
        "burn",
    ),
    Topic.PROTEIN: ("prot",),
    Topic.FIBRE: ("fib", "veget", "légume", "fruit", "plate", "assiette"),
    Topic.WATER: ("water", "eau", "drink", "buve", "boire", "liter", "litre", "sip", "bottle", "hydra"),
    Topic.CARDIO: ("cardio", "pulse", "pouls", "bpm", "heart", "cœur", "pace", "endur", "breath", "souff"),
    Topic.PROGRESSION: (
        "progress",
        "add",
        "ajout",
        "week",
        "semaine",
        "weight",
        "poids",
        "improv",
        "amélior",
    ),
    Topic.PACE: ("week", "semaine", "weigh", "pese", "pèse", "lose", "gain", "prene", "perde"),
    Topic.RECOVERY: ("recov", "récup", "rest", "repos", "easy", "facile", "day", "jour", "stretch", "étir"),
    Topic.SLEEP: ("sleep", "dorm", "sommeil", "bed", "lit", "couch", "night", "nuit"),
    Topic.HABITS: (
        "habit",
        "calendar",
        "agenda",
        "day",
        "jour",
        "session",
        "séance",
        "train",
        "entraîn",
        "routine",
    ),
    Topic.TECHNIQUE: (
        "movement",
        "mouvement",
        "form",
        "techni",
        "range",
        "amplitude",
        "slow",
        "lent",
        "control",
    ),
}
"""A sentence with a word on one of these stems speaks about the topic; they are generous on purpose."""


def score(draft: AdviceDraft, constraints: AdviceConstraints) -> Mapping[str, float]:
    """Components and ``quality``; raw measures begin with ``raw_``."""
    known = _known_words(draft, constraints)
    parts = {
        "wording": min(1.0, known / FULL_WORDING),
        "own": _own(draft, constraints),
        "topics": _topics(draft, constraints),
        "on_topic": _share([_is_on_topic(tip, constraints) for tip in draft.tips]),
        "distinct": _distinct(draft),
    }
    quality = parts["wording"] * sum(weight * parts[name] for name, weight in WEIGHTS.items())
    return {"quality": quality, **parts, "raw_known_words": known, "raw_tips": float(len(draft.tips))}


def _share(truths: list[bool]) -> float:
    return sum(truths) / len(truths) if truths else 0.0


def _known_words(draft: AdviceDraft, constraints: AdviceConstraints) -> float:
    language = constraints.profile.language
    known = vocabulary(language) | LOCALES[language].common_words
    named = (text for fact in constraints.own.facts for text in fact.values.values())
    known |= {word for text in named for word in words_of(text)}
    words = [word for tip in draft.tips for word in words_of(without_figures(tip.text, constraints))]
    return _share([word in known for word in words])


def _own(draft: AdviceDraft, constraints: AdviceConstraints) -> float:
    wanted = {topic: about_plans(topic, constraints) for topic in constraints.key_topics}
    told = {(tip.topic, tip.text) for tip in draft.tips}
    found = [any((topic, text) in told for text in texts) for topic, texts in wanted.items() if texts]
    return _share(found) if found else 1.0


def _topics(draft: AdviceDraft, constraints: AdviceConstraints) -> float:
    given = {tip.topic for tip in draft.tips}
    key = _share([topic in given for topic in constraints.key_topics])
    return 0.75 * key + 0.25 * bool(given & set(constraints.useful_topics))


def _is_on_topic(tip: TipDraft, constraints: AdviceConstraints) -> bool:
    if tip.text in planners(tip.topic, constraints):
        return True
    return any(word.startswith(TOPIC_STEMS[tip.topic]) for word in words_of(tip.text))


def _distinct(draft: AdviceDraft) -> float:
    topics = len({tip.topic for tip in draft.tips}) / max(1, len(draft.tips))
    said = [three for tip in draft.tips for three in triples(tip.text)]
    return topics * len(set(said)) / max(1, len(said))
