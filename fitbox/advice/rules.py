"""Why a sentence of the planner's is not told to a member, by name: for explanations.

What may be said is decided in :mod:`fitbox.advice.repertoire`; a property test holds the two together.
"""

from __future__ import annotations

from fitbox.advice.constraints import SMALLEST_PACE_KG
from fitbox.advice.phrases import Phrase
from fitbox.advice.topics import Topic, situations
from fitbox.assessment import assess
from fitbox.profile import Profile
from fitbox.rules import Check, Rule, never


def _situation(profile: Profile) -> Check[Phrase]:
    holds = situations(profile, assess(profile))
    return lambda phrase: () if phrase.when in holds else (phrase.when.name,)


def _weight_kept(profile: Profile) -> Check[Phrase]:
    if abs(assess(profile).weekly_weight_change_kg) >= SMALLEST_PACE_KG:
        return never
    return lambda phrase: (phrase.topic.name,) if phrase.topic is Topic.PACE else ()


def _conditions(profile: Profile) -> Check[Phrase]:
    own = {*profile.conditions, profile.diet}

    def check(phrase: Phrase) -> frozenset[str]:
        wanting = phrase.only if phrase.only and not phrase.only & profile.conditions else frozenset()
        return frozenset(one.name for one in (*wanting, *(phrase.unless & own)))

    return check


RULES: tuple[Rule[Phrase], ...] = (
    Rule("SITUATION", "the profile, and the assessment that follows from it", _situation),
    Rule("SENTENCE_CONDITION", "profile.conditions and profile.diet", _conditions),
    Rule("WEIGHT_KEPT", "assessment.weekly_weight_change_kg", _weight_kept),
)
"""In the order of an explanation."""
