"""The prompt of a training week: only facts that decide something, in words of few tokens."""

from __future__ import annotations

from fitbox.chat import Message
from fitbox.history.told import line
from fitbox.profile import Condition, Equipment, Goal, WorkoutType
from fitbox.workout.constraints import WorkoutConstraints, low_impact_only

SYSTEM = "Write a training week."

_GOALS = {
    Goal.WEIGHT_LOSS: "lose weight",
    Goal.MODERATE_WEIGHT_LOSS: "lose some weight",
    Goal.MAINTENANCE: "keep fit",
    Goal.MUSCLE_GAIN: "gain muscle",
    Goal.BULKING: "bulk",
    Goal.ENDURANCE: "endurance",
    Goal.SPORT: "sport",
    Goal.GENERAL_HEALTH: "health",
}
_EQUIPMENT = {
    Equipment.DUMBBELL: "dumbbell",
    Equipment.BARBELL: "barbell",
    Equipment.KETTLEBELL: "kettlebell",
    Equipment.RESISTANCE_BAND: "band",
    Equipment.CABLE: "cable",
    Equipment.MACHINE: "machine",
    Equipment.BENCH: "bench",
    Equipment.PULL_UP_BAR: "bar",
    Equipment.MEDICINE_BALL: "medicine ball",
    Equipment.STABILITY_BALL: "ball",
    Equipment.BOX: "box",
    Equipment.SUSPENSION_TRAINER: "strap",
    Equipment.TREADMILL: "treadmill",
    Equipment.STATIONARY_BIKE: "bike",
    Equipment.ROWING_MACHINE: "rowing",
    Equipment.ELLIPTICAL: "elliptical",
    Equipment.JUMP_ROPE: "rope",
}


def messages(constraints: WorkoutConstraints) -> tuple[Message, ...]:
    """System and user message.

    The exercises that are allowed are not listed: the grammar knows them, and a list would cost more tokens
    than the plan. Every word comes from a table here, none from a client.
    """
    profile = constraints.profile
    kind = profile.workout_type or WorkoutType.STRENGTH
    facts = [
        f"{constraints.days} days, {profile.session_minutes} min, {constraints.most_lines} exercises",
        f"{_GOALS[constraints.assessment.goal]}, {kind.lower()}, {profile.level.lower()}",
        _equipment(profile.equipment),
    ]
    careful = [
        condition.lower().replace("_", " ") for condition in Condition if condition in profile.conditions
    ]
    if low_impact_only(profile):
        careful.append("low impact")
    if careful:
        facts.append("careful: " + ", ".join(careful))
    if constraints.history:
        facts.append(line(constraints.history))
    return (Message("system", SYSTEM), Message("user", "\n".join(facts)))


def _equipment(at_hand: frozenset[Equipment] | None) -> str:
    if at_hand is None or len(at_hand) == len(Equipment):
        return "full gym"
    return ", ".join(word for item, word in _EQUIPMENT.items() if item in at_hand) or "no equipment"
