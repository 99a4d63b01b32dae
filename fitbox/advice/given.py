"""The plans that an advice is about, as a caller sends them back.

They are read back into drafts and held against the member's envelope, as for replacing a part
of it (:mod:`fitbox.substitute.received`); names and figures are then ours, whatever the message says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fitbox.advice.constraints import constrain
from fitbox.advice.own_plan import OwnPlan
from fitbox.advice.task import ADVICE, AdviceTask
from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.nutrition import finish as nutrition_finish
from fitbox.nutrition.task import NUTRITION
from fitbox.overrides.nutrition import overridden_nutrition
from fitbox.overrides.values import NutritionOverrides, WorkoutOverrides
from fitbox.overrides.workout import overridden_workout
from fitbox.plan import NutritionPlan, WorkoutPlan
from fitbox.profile import Profile
from fitbox.substitute.received import DayOfEating, Week, day_of, week_of
from fitbox.workout import finish as workout_finish
from fitbox.workout.task import WORKOUT


@dataclass(frozen=True)
class GivenPlans:
    """A member's plans as they were received, and the coach's overrides that they were made with."""

    week: Week | None = None
    day: DayOfEating | None = None
    week_overrides: WorkoutOverrides | None = None
    day_overrides: NutritionOverrides | None = None


def advised(given: GivenPlans) -> AdviceTask:
    """The task whose advice is about these plans.

    Its ``constrain`` raises InvalidProfileError for a plan that is not of the member's envelope, and
    NoPlanPossibleError where there can be no such plan.
    """
    return replace(ADVICE, constrain=lambda profile: constrain(profile, own=own_plan(profile, given)))


def own_plan(profile: Profile, given: GivenPlans) -> OwnPlan:
    """What an advice may say of received plans.

    Raises:
        InvalidProfileError: names each part that is not of the member's envelope, with the rule.
        NoPlanPossibleError: the member's envelope leaves no plan at all.
    """
    week = None if given.week is None else _week(profile, given.week, given.week_overrides)
    day = None if given.day is None else _day(profile, given.day, given.day_overrides)
    return OwnPlan.of(week, day, profile.language)


def _week(profile: Profile, week: Week, overrides: WorkoutOverrides | None) -> WorkoutPlan:
    task = WORKOUT if overrides is None else overridden_workout(overrides)
    try:
        constraints = task.constrain(profile)
        return workout_finish.written(week_of(week, constraints), constraints)
    except InvalidProfileError as error:
        raise _of_part(error, "workout") from None


def _day(profile: Profile, day: DayOfEating, overrides: NutritionOverrides | None) -> NutritionPlan:
    task = NUTRITION if overrides is None else overridden_nutrition(overrides)
    try:
        constraints = task.constrain(profile)
        draft = day_of(day, constraints)
    except InvalidProfileError as error:
        raise _of_part(error, "nutrition") from None
    portions = [nutrition_finish.merge_repeats(meal) for meal in draft.meals]
    return nutrition_finish.written(draft, portions, constraints)


def _of_part(error: InvalidProfileError, part: str) -> InvalidProfileError:
    """The same with the paths of an advice's request."""
    paths = {"plan": f"plans.{part}", "overrides": f"plans.{part}_overrides"}
    return InvalidProfileError(
        tuple(
            FieldViolation(paths.get(head, head) + dot + rest, one.description)
            for one in error.violations
            for head, dot, rest in (one.field.partition("."),)
        )
    )
