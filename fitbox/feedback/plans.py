"""What a reply held, small enough to travel in its id; edited plans, held against the member's envelope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from fitbox.errors import (
    CorrectionRefusedError,
    FieldViolation,
    InvalidProfileError,
    PlanInfeasibleError,
    PlanTextError,
)
from fitbox.exercises import Mode, exercises
from fitbox.foods import foods
from fitbox.nutrition.constraints import RULES as FOOD_RULES
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.draft import NutritionDraft
from fitbox.nutrition.task import NUTRITION
from fitbox.plan import ExercisePrescription, NutritionPlan, Plan, WorkoutPlan
from fitbox.profile import Profile
from fitbox.substitute.received import (
    DayOfEating,
    ReceivedDay,
    ReceivedFood,
    ReceivedLine,
    Week,
    day_of,
    week_of,
    why_excluded,
)
from fitbox.task import TaskName
from fitbox.workout.constraints import RULES as EXERCISE_RULES
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.task import WORKOUT

Served = Week | DayOfEating | None
"""A week, a day of eating, or nothing for an advice."""

_MEMBERS = 512
"""Envelopes that are kept; one takes some milliseconds to make, and the events of a member come together."""


def served_of(plan: Plan) -> Served:
    """What of a plan its id names."""
    match plan:
        case WorkoutPlan():
            return tuple(
                ReceivedDay(session.focus, tuple(_line(line) for line in session.exercises))
                for session in plan.sessions
            )
        case NutritionPlan():
            return tuple(
                tuple(ReceivedFood(portion.food_id, portion.grams) for portion in meal.portions)
                for meal in plan.meals
            )
        case _:
            return None


def _line(line: ExercisePrescription) -> ReceivedLine:
    amounts = (
        (Mode.REPS, line.repetitions),
        (Mode.HOLD, line.hold_seconds),
        (Mode.CARDIO, line.duration_minutes),
    )
    mode, amount = next((mode, amount) for mode, amount in amounts if amount is not None)
    return ReceivedLine(line.exercise_id, line.sets, mode, amount, line.heart_rate_zone, line.rpe)


def items_of(served: Served) -> frozenset[str]:
    """Ids of its exercises or foods."""
    found: set[str] = set()
    for part in served or ():
        if isinstance(part, ReceivedDay):
            found.update(line.exercise_id for line in part.lines)
        else:
            found.update(food.food_id for food in part)
    return frozenset(found)


def why_not_allowed(task: TaskName, item: str, profile: Profile) -> str | None:
    """The rules by which the member's envelope leaves an item of the catalog out; ``None``: it is in it.

    Raises:
        NoPlanPossibleError: the member has no envelope at all.
    """
    if task is TaskName.WORKOUT:
        if item in training(profile).by_id:
            return None
        return why_excluded([exercises()[item]], EXERCISE_RULES, profile)
    if item in eating(profile).allowed:
        return None
    return why_excluded([foods()[item]], FOOD_RULES, profile)


@lru_cache(maxsize=_MEMBERS)
def served_text(served: Served, profile: Profile) -> str:
    """What was served, in the form of a draft; empty where it has none, or is not of today's envelope."""
    try:
        return _draft_text(served, profile)
    except (InvalidProfileError, PlanTextError):
        return ""


def corrected_text(plan: Week | DayOfEating, profile: Profile) -> str:
    """An edited plan in the form of a draft, held against everything that a plan of the model is.

    A correction is a choice of items and amounts. Grams are the nearest portion of the catalog, and all that
    is computed is computed again; what was edited there says nothing.

    Raises:
        CorrectionRefusedError: names each part that is not of the member's envelope, with the rule.
        NoPlanPossibleError: the member has no envelope at all.
    """
    try:
        text = _draft_text(plan, profile)
        found = _checked(text, profile, of_a_week=bool(plan) and isinstance(plan[0], ReceivedDay))
    except InvalidProfileError as error:
        raise CorrectionRefusedError(error.violations) from None
    except (PlanTextError, PlanInfeasibleError) as error:
        raise CorrectionRefusedError((FieldViolation("plan", str(error)),)) from None
    if found:
        raise CorrectionRefusedError(found)
    return text


def _draft_text(served: Served, profile: Profile) -> str:
    """Raises InvalidProfileError, and PlanTextError where the grammar has no such text."""
    if not served:
        return ""
    week = [day for day in served if isinstance(day, ReceivedDay)]
    if week:
        constraints = training(profile)
        text = WORKOUT.render(week_of(tuple(week), constraints))
        WORKOUT.parse(text, constraints)
        return text
    day = tuple(meal for meal in served if not isinstance(meal, ReceivedDay))
    envelope = eating(profile)
    text = NUTRITION.render(_in_portions(day_of(day, envelope)))
    NUTRITION.parse(text, envelope)
    return text


def _checked(text: str, profile: Profile, *, of_a_week: bool) -> tuple[FieldViolation, ...]:
    if of_a_week:
        week = training(profile)
        found: Sequence[object] = WORKOUT.check(WORKOUT.finish(WORKOUT.parse(text, week), week), week)
    else:
        day = eating(profile)
        found = NUTRITION.check(NUTRITION.finish(NUTRITION.parse(text, day), day), day)
    return tuple(FieldViolation("plan", f"{one.code}: {one.detail}") for one in found)  # type: ignore[attr-defined]


def _in_portions(draft: NutritionDraft) -> NutritionDraft:
    """The day with portions that a draft may have: members read solved ones."""
    return NutritionDraft(
        tuple(
            replace(
                meal,
                items=tuple(replace(one, grams=_nearest(one.food_id, one.grams)) for one in meal.items),
            )
            for meal in draft.meals
        )
    )


def _nearest(food_id: str, grams: int) -> int:
    return min(foods()[food_id].portions, key=lambda portion: (abs(portion - grams), portion))


@lru_cache(maxsize=_MEMBERS)
def training(profile: Profile) -> WorkoutConstraints:
    """The member's envelope of training."""
    return WORKOUT.constrain(profile)


@lru_cache(maxsize=_MEMBERS)
def eating(profile: Profile) -> NutritionConstraints:
    """The member's envelope of eating."""
    return NUTRITION.constrain(profile)
