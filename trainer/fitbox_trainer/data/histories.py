"""Histories for members who have none, so that the model learns to follow one before there is feedback.

A member's history is drawn from a plan that the planner might have written them before: some of its items
refused, some exchanged for others of their kind, some praised. The target is then the planner's plan for a
member with that history. Everything follows from the member's id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random

from fitbox.errors import NoPlanPossibleError, PlanInfeasibleError
from fitbox.exercises import Exercise
from fitbox.foods import Food
from fitbox.history.events import Event, EventKind
from fitbox.history.told import MOST_TOLD
from fitbox.nutrition import constraints as nutrition
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.planner import plan_draft
from fitbox.profile import Profile
from fitbox.workout import constraints as workout
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.planner import plan_week
from fitbox_trainer.data.split import member_hash, seed_of

Planned = WorkoutConstraints | NutritionConstraints
"""Envelopes of the tasks whose plans have items."""
_CONSTRAIN: tuple[Callable[[Profile], Planned], ...] = (workout.constrain, nutrition.constrain)

SHARE = 0.4
"""Of the members without a history who are given one: enough that the model sees each kind of event with most
items, and most prompts stay as those of new members are."""

EXERCISE_KINDS: Mapping[EventKind, float] = {
    EventKind.SWAPPED: 0.30,
    EventKind.SKIPPED: 0.25,
    EventKind.DONE: 0.13,
    EventKind.TOO_HARD: 0.12,
    EventKind.LIKED: 0.12,
    EventKind.TOO_EASY: 0.08,
}
FOOD_KINDS: Mapping[EventKind, float] = {
    EventKind.SWAPPED: 0.40,
    EventKind.SKIPPED: 0.35,
    EventKind.LIKED: 0.25,
}
"""Shares of the kinds: what was refused comes most, since what was not often goes without saying."""

AGAIN = 0.25
"""Chance that an event comes once more, and then of a third time."""
RATINGS, RATING_WEIGHTS = (4, 6, 7, 8, 9, 10), (1, 2, 4, 4, 2, 1)


def with_drawn_history(constraints: Planned, member_id: str) -> Planned:
    """The constraints of a member, with a drawn history for :data:`SHARE` of those without one."""
    if constraints.profile.history or not is_given_one(member_id):
        return constraints
    events = drawn(constraints, member_id)
    return replace(constraints, profile=constraints.profile.model_copy(update={"history": events}))


def profile_with_drawn_history(profile: Profile, member_id: str) -> Profile:
    """The same for a whole member: events of training, then of eating, as far as either can be planned."""
    if profile.history or not is_given_one(member_id):
        return profile
    events: list[Event] = []
    for constrain in _CONSTRAIN:
        try:
            events += drawn(constrain(profile), member_id)
        except (NoPlanPossibleError, PlanInfeasibleError):
            continue
    return profile.model_copy(update={"history": tuple(events)})


def is_given_one(member_id: str) -> bool:
    """Whether a member without a history is given one."""
    return member_hash(member_id, "fitbox drawn history v1") < SHARE


def drawn(constraints: Planned, member_id: str) -> tuple[Event, ...]:
    """At most :data:`~fitbox.history.told.MOST_TOLD` events about items of an earlier plan, oldest first."""
    is_workout = isinstance(constraints, WorkoutConstraints)
    seed = seed_of(member_id, "earlier workout" if is_workout else "earlier nutrition")
    rng = Random(seed)
    kinds = EXERCISE_KINDS if is_workout else FOOD_KINDS
    items = earlier_items(constraints, seed)
    rng.shuffle(items)
    events: list[Event] = []
    for item in items[: rng.randint(1, MOST_TOLD)]:
        event = _event(item, rng.choices(list(kinds), list(kinds.values()))[0], items, constraints, rng)
        events.append(event)
        while rng.random() < AGAIN and events.count(event) < 3:
            events.append(event)
    return tuple(events[:MOST_TOLD])


def earlier_items(constraints: Planned, seed: int) -> list[str]:
    """Ids of the items of a plan that the planner might have written, each once."""
    if isinstance(constraints, WorkoutConstraints):
        ids = [line.exercise_id for day in plan_week(constraints, seed).days for line in day.lines]
    else:
        ids = [item.food_id for meal in plan_draft(constraints, seed).meals for item in meal.items]
    return list(dict.fromkeys(ids))


def alternatives(item: str, constraints: Planned, there: Sequence[str]) -> list[str]:
    """What somebody could take instead: exercises of the same movement, foods of the same use and meal."""
    if isinstance(constraints, WorkoutConstraints):
        one = constraints.by_id[item]
        return [other.id for other in constraints.exercises if other.id not in there and _alike(one, other)]
    food = constraints.allowed[item]
    return [other.id for other in constraints.foods if other.id not in there and _eaten_alike(food, other)]


def _alike(one: Exercise, other: Exercise) -> bool:
    return one.pattern is other.pattern and one.primary_muscles[0] is other.primary_muscles[0]


def _eaten_alike(one: Food, other: Food) -> bool:
    return one.culinary_use is other.culinary_use and bool(one.meal_roles & other.meal_roles)


def _event(
    item: str,
    kind: EventKind,
    items: Sequence[str],
    constraints: Planned,
    rng: Random,
) -> Event:
    if kind is EventKind.SWAPPED:
        others = alternatives(item, constraints, items)
        if not others:
            return Event(kind=EventKind.SKIPPED, item=item)
        return Event(kind=kind, item=item, swapped_for=rng.choice(others))
    rpe = rng.choices(RATINGS, RATING_WEIGHTS)[0] if kind is EventKind.DONE else None
    return Event(kind=kind, item=item, rpe=rpe)
