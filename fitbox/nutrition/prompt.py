"""Constraints -> chat prompt: the computed numbers and the member's enums in few tokens, no client text."""

from __future__ import annotations

from fitbox.chat import Message
from fitbox.history.told import line
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.profile import Condition, Diet

SYSTEM = "Plan one day of meals: food and grams."


def messages(constraints: NutritionConstraints) -> tuple[Message, ...]:
    """System and user message.

    Each meal's energy is given, because a small model chooses portions for one meal far better than it
    divides a day. Foods a member dislikes are left out: the grammar excludes them at no cost in tokens.
    """
    return (Message("system", SYSTEM), Message("user", _user(constraints)))


def _user(constraints: NutritionConstraints) -> str:
    profile, assessment = constraints.profile, constraints.assessment
    target, macros = assessment.target_kcal, assessment.macros
    meals = " ".join(f"{round(slot.kcal_share * target, -1):.0f}" for slot in constraints.slots)
    about = [_words(profile.diet), *(f"no {_words(allergen)}" for allergen in sorted(profile.allergies))]
    if profile.diet is Diet.OMNIVORE:
        about = about[1:] or about
    if Condition.PREGNANCY in profile.conditions:
        about.append("pregnant")
    facts = [
        f"{target:.0f} kcal: {meals}",
        f"protein {macros.protein_g:.0f} carbs {macros.carbohydrate_g:.0f} fat {macros.fat_g:.0f}",
        f"{_words(assessment.goal)}, {', '.join(about)}",
    ]
    if constraints.history:
        facts.append(line(constraints.history))
    return "\n".join(facts)


def _words(member: str) -> str:
    return member.lower().replace("_", " ")
