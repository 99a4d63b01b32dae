"""Which of several candidates a member gets: none that breaks a rule, good, and not the last one again.

One rule for the server, the evaluation and the gate, so that what is judged is what is served.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fitbox.plan import Advice, NutritionPlan, Plan, WorkoutPlan

REPEAT_COST = 0.5
"""A plan of nothing but what the member had before counts half: variety is worth some quality, but a bad plan
is no better for being new."""


@dataclass(frozen=True)
class Rated:
    """What is known of a candidate that became a plan."""

    quality: float
    """The task's score, 0 to 1."""
    items: frozenset[str]
    """See :func:`items_of`."""
    safe: bool = True
    """Whether it breaks no rule of the member's envelope."""


def choose(candidates: Sequence[Rated | None], avoid: Collection[str] = ()) -> int | None:
    """The position of the best candidate, the first of equals; ``None`` where none may be served.

    Args:
        candidates: In the order of their seeds; ``None`` for a text that gave no plan.
        avoid: Items of the member's other days and earlier replies, which the plan should not repeat.
    """
    values = [
        (value(rated, avoid), -position)
        for position, rated in enumerate(candidates)
        if rated is not None and rated.safe
    ]
    return -max(values)[1] if values else None


def value(rated: Rated, avoid: Collection[str]) -> float:
    """What a candidate is worth: its quality, less for every item that the member had."""
    return rated.quality * (1 - REPEAT_COST * repeated(rated.items, avoid))


def repeated(items: frozenset[str], avoid: Collection[str]) -> float:
    """Share of the items that are to be avoided."""
    return len(items.intersection(avoid)) / len(items) if items else 0.0


def items_of(plan: Plan) -> frozenset[str]:
    """Ids of a plan's exercises or foods; of an advice, its sentences."""
    match plan:
        case WorkoutPlan():
            return frozenset(line.exercise_id for session in plan.sessions for line in session.exercises)
        case NutritionPlan():
            return frozenset(portion.food_id for meal in plan.meals for portion in meal.portions)
        case Advice():
            return frozenset(tip.text for tip in plan.tips)
