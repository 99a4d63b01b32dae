"""What only many plans together show: how alike they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fitbox.plan import NutritionPlan, WorkoutPlan
from fitbox_trainer.examine.rulers.case import Case, lines, portions


@dataclass(frozen=True)
class Variety:
    """Counts over all cases."""

    distinct_foods: int
    commonest_food: str
    commonest_food_share: float
    """Of all days."""
    distinct_exercises: int
    commonest_exercise: str
    commonest_exercise_share: float
    """Of all weeks."""
    repeated_weeks: int
    """Weeks that another member has to the word."""
    repeated_days: int
    """Days of eating that another member has, food by food."""


def foods_of(cases: Sequence[Case]) -> list[frozenset[str]]:
    """What each member eats; empty without a day."""
    return [frozenset(food.id for day in case.days for _, food in portions(day)) for case in cases]


def exercises_of(cases: Sequence[Case]) -> list[frozenset[str]]:
    """What each member trains; empty without a week."""
    return [frozenset(line.exercise.id for line in lines(case)) for case in cases]


def distances(chosen: Sequence[frozenset[str]]) -> list[float | None]:
    """Of each member's items to the other members': the mean Jaccard distance, 0 where all have the same.

    None for a member without any, and where nobody else has one.
    """
    found: list[float | None] = []
    for index, own in enumerate(chosen):
        others = [other for place, other in enumerate(chosen) if other and place != index]
        apart = [1 - len(own & other) / len(own | other) for other in others]
        found.append(sum(apart) / len(apart) if own and apart else None)
    return found


def distinct_shares(chosen: Sequence[frozenset[str]]) -> list[float | None]:
    """Each member's part in the number of distinct items: 1 for an item that nobody else has, 1/n for one
    that n members have. They add up to that number, which so becomes a mean over members with an interval.

    None for a member without any.
    """
    often = Counter(item for own in chosen for item in own)
    return [sum(1 / often[item] for item in own) if own else None for own in chosen]


def variety(cases: Sequence[Case]) -> Variety:
    """Over all cases."""
    days = [day for case in cases for day in case.days]
    weeks = [case for case in cases if case.week is not None]
    eaten = Counter(food_id for day in days for food_id in {food.id for _, food in portions(day)})
    trained = Counter(name for case in weeks for name in {line.exercise.id for line in lines(case)})
    food, food_days = _first(eaten)
    exercise, exercise_weeks = _first(trained)
    return Variety(
        len(eaten),
        food,
        food_days / len(days) if days else 0.0,
        len(trained),
        exercise,
        exercise_weeks / len(weeks) if weeks else 0.0,
        _repeated([_week(case.week) for case in weeks if case.week is not None]),
        _repeated([key for case in cases for key in {_day(day) for day in case.days}]),
    )


def _first(counted: Counter[str]) -> tuple[str, int]:
    return max(counted.items(), key=lambda one: (one[1], one[0]), default=("", 0))


def _repeated(keys: Sequence[object]) -> int:
    counted = Counter(keys)
    return sum(times for times in counted.values() if times > 1)


def _week(week: WorkoutPlan) -> tuple[object, ...]:
    return tuple(
        tuple(
            (one.exercise_id, one.sets, one.repetitions, one.hold_seconds, one.duration_minutes)
            for one in session.exercises
        )
        for session in week.sessions
    )


def _day(day: NutritionPlan) -> tuple[object, ...]:
    return tuple(tuple(sorted(one.food_id for one in meal.portions)) for meal in day.meals)
