"""Another day for one of several days of eating; the others stay to the gram, the shopping list follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fitbox.errors import FieldViolation, InvalidProfileError, NoPlanPossibleError
from fitbox.foods import foods
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.finish import merge_repeats, written
from fitbox.nutrition.solve import KCAL_TOLERANCE
from fitbox.nutrition.task import NUTRITION
from fitbox.nutrition.week import assembled, other_days
from fitbox.plan import EatingWeek, Leftover, NutritionPlan
from fitbox.substitute.received import NO_IDENTIFIER, DayOfEating, Refusals, day_of

MOST_OTHERS = 20
"""Other days that can be asked for by number: six of them cost about half a second of planning."""
_TOGETHER = 6
"""Days that the planner composes, of which the best comes first."""


@dataclass(frozen=True)
class ReceivedDays:
    """Several days of eating as a member received them."""

    days: tuple[DayOfEating, ...]
    leftovers: tuple[Leftover, ...] = ()
    staples: tuple[str, ...] = ()


def regenerate_eating_day(
    week: ReceivedDays, day: int, constraints: NutritionConstraints, *, alternative: int = 0
) -> EatingWeek:
    """The week with one day composed anew by the planner.

    Args:
        week: As it was received.
        day: Counts from 1; what stands there need not be in the envelope any more.
        constraints: The member's envelope.
        alternative: 0 for the best other day, 1 for the next, and so on; all of them differ.

    Raises:
        InvalidProfileError: another day is not of this envelope, or the week has no such day.
        NoPlanPossibleError: the planner has no other day.
    """
    if not 1 <= day <= len(week.days):
        raise InvalidProfileError((FieldViolation("day", f"must be from 1 to {len(week.days)}"),))
    kept = _kept(week, day - 1, constraints)
    before, after = kept[: day - 1], kept[day - 1 :]
    had = frozenset(food.food_id for meal in week.days[day - 1] for food in meal)
    new = _another(before, had, after, week.staples, constraints, alternative)
    stay = [one for one in week.leftovers if day not in (one.day, one.cooked_on_day)]
    return assembled([*before, new, *after], stay, week.staples, constraints)


def _another(
    before: Sequence[NutritionPlan],
    had: frozenset[str],
    after: Sequence[NutritionPlan],
    staples: Sequence[str],
    constraints: NutritionConstraints,
    alternative: int,
) -> NutritionPlan:
    """The planner's days come six at a time, each six in order, so that every number goes on naming the
    same day."""
    seen = {had, *map(_foods, (*before, *after))}
    found: list[NutritionPlan] = []
    for first in range(0, 2 * (MOST_OTHERS + _TOGETHER), _TOGETHER):
        seeds = range(first, first + _TOGETHER)
        for plan in other_days(before, had, after, staples, constraints, seeds):
            if _foods(plan) not in seen:
                seen.add(_foods(plan))
                found.append(plan)
        if len(found) > alternative:
            return found[alternative]
    raise NoPlanPossibleError(
        "NO_SUBSTITUTE",
        f"there are {len(found)} other days to take its place",
        ("alternative", "disliked_foods", "diet", "allergies"),
    )


def _kept(week: ReceivedDays, number: int, constraints: NutritionConstraints) -> list[NutritionPlan]:
    """The other days, as they were received.

    Raises:
        InvalidProfileError: names each part that is not of this envelope, with the rule.
    """
    refusals = Refusals()
    for index, food_id in enumerate(week.staples):
        if food_id not in foods():
            refusals.add(f"week.staples[{index}]", NO_IDENTIFIER)
    for index, one in enumerate(week.leftovers):
        places = ((one.day, one.meal), (one.cooked_on_day, one.cooked_meal))
        if not all(1 <= d <= len(week.days) and 1 <= m <= len(week.days[d - 1]) for d, m in places):
            refusals.add(f"week.leftovers[{index}]", "names a day or meal that the week does not have")
    kept = []
    for index, eaten in enumerate(week.days):
        if index == number:
            continue
        field = f"week.days[{index}]"
        try:
            draft = day_of(eaten, constraints, field=field)
        except InvalidProfileError as error:
            for violation in error.violations:
                refusals.add(violation.field, violation.description)
            continue
        plan = written(draft, [merge_repeats(meal) for meal in draft.meals], constraints)
        for broken in NUTRITION.check(plan, constraints):
            refusals.add(field, f"{broken.code}: {broken.detail}")
        target = constraints.assessment.target_kcal
        if abs(plan.total_kcal / target - 1) > KCAL_TOLERANCE + 1e-4:
            refusals.add(field, f"ENERGY: {plan.total_kcal:.0f} kcal, not within 2 % of {target:.0f}")
        kept.append(plan)
    refusals.raise_any()
    return kept


def _foods(plan: NutritionPlan) -> frozenset[str]:
    return frozenset(portion.food_id for meal in plan.meals for portion in meal.portions)
