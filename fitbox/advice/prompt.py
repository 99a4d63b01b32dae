"""The chat prompt of the advice task: typed facts and computed figures, nothing that a client typed."""

from __future__ import annotations

from fitbox.advice.constraints import AdviceConstraints
from fitbox.advice.facts import About
from fitbox.chat import Message
from fitbox.locales import LOCALES

SYSTEM = "Fitness coach. Three to five tips in {language}, topic first."

NAMED = {
    About.LIFT: "{day} {lift} {work}",
    About.EASY: "{day} {name} {minutes}",
    About.BRISK: "{day} {name} {minutes}",
    About.PROTEIN: "{at_meal} {food}",
    About.LARGEST: "{dish}",
}
"""What the prompt names of a member's plans, so that a sentence's names are copied and not guessed. The other
facts need no place in it: the grammar has the sentences that they allow, and no other."""


def messages(constraints: AdviceConstraints) -> tuple[Message, ...]:
    """System and user message; the goal's key topics come first, each with its figures, and what the member
    was given last.
    """
    profile, goal = constraints.profile, constraints.assessment.goal
    facts = [f"{profile.sex} {profile.age_years}", profile.level, f"goal {goal}"]
    if profile.workout_type is not None:
        facts.append(profile.workout_type)
    facts += sorted(profile.conditions)
    who = ", ".join(fact.lower().replace("_", " ") for fact in facts)
    topics = ", ".join(
        " ".join([topic, *(figure.text for figure in constraints.figures[topic])])
        for topic in constraints.key_topics + constraints.useful_topics
    )
    return (
        Message("system", SYSTEM.format(language=LOCALES[profile.language].english_name)),
        Message("user", f"{who}.\n{topics}.{_given(constraints)}"),
    )


def _given(constraints: AdviceConstraints) -> str:
    named = (NAMED[one.about].format(**one.values) for one in constraints.own.facts if one.about in NAMED)
    line = "; ".join(dict.fromkeys(named))
    return f"\nplan: {line}." if line else ""
