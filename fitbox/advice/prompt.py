"""The chat prompt of the advice task: typed facts and computed figures, nothing that a client typed."""

from __future__ import annotations

from fitbox.advice.constraints import AdviceConstraints
from fitbox.chat import Message
from fitbox.locales import LOCALES

SYSTEM = "Fitness coach. Three to five tips in {language}, topic first."


def messages(constraints: AdviceConstraints) -> tuple[Message, ...]:
    """System and user message; the goal's key topics come first, each with its figures."""
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
        Message("user", f"{who}.\n{topics}."),
    )
