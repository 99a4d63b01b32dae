"""Plans in requests: what counts of their messages, read within bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.exercises import Mode
from fitbox.nutrition.week import MOST_DAYS
from fitbox.plan import Leftover
from fitbox.profile import MOST_ITEMS
from fitbox.substitute.eating_day import ReceivedDays
from fitbox.substitute.received import DayOfEating, ReceivedDay, ReceivedFood, ReceivedLine, Week
from fitbox.v1 import plan_pb2

T = TypeVar("T")

MOST_SESSIONS, MOST_LINES = 7, 32
MOST_MEALS, MOST_FOODS = 8, 32
"""Of a plan in a request, far above any of ours; longer lists are refused unread."""

_MODES = {"repetitions": Mode.REPS, "hold_seconds": Mode.HOLD, "duration_minutes": Mode.CARDIO}


def week_from_proto(plan: plan_pb2.WorkoutPlan, path: str = "plan") -> Week:
    """Raises InvalidProfileError for a list that is empty where it must not be, or too long."""
    _bounded(f"{path}.sessions", plan.sessions, MOST_SESSIONS)
    return tuple(
        ReceivedDay(
            session.focus,
            tuple(
                _line(line)
                for line in _bounded(f"{path}.sessions[{number}].exercises", session.exercises, MOST_LINES)
            ),
        )
        for number, session in enumerate(plan.sessions)
    )


def _line(line: plan_pb2.ExercisePrescription) -> ReceivedLine:
    work = line.WhichOneof("work")
    return ReceivedLine(
        line.exercise_id,
        line.sets,
        _MODES[work] if work else Mode.REPS,
        getattr(line, work) if work else 0,
        line.heart_rate_zone if line.HasField("heart_rate_zone") else None,
        line.rpe if line.HasField("rpe") and math.isfinite(line.rpe) else None,
    )


def day_from_proto(plan: plan_pb2.NutritionPlan, path: str = "plan") -> DayOfEating:
    """Raises InvalidProfileError for a list that is empty where it must not be, or too long."""
    _bounded(f"{path}.meals", plan.meals, MOST_MEALS)
    return tuple(
        tuple(
            ReceivedFood(portion.food_id, portion.grams)
            for portion in _bounded(f"{path}.meals[{number}].portions", meal.portions, MOST_FOODS)
        )
        for number, meal in enumerate(plan.meals)
    )


def eating_week_from_proto(week: plan_pb2.EatingWeek) -> ReceivedDays:
    """Raises InvalidProfileError for a list that is empty where it must not be, or too long."""
    days = _bounded("week.days", week.days, MOST_DAYS)
    for name, entries in (("leftovers", week.leftovers), ("staples", week.staples)):
        if len(entries) > MOST_ITEMS:
            raise InvalidProfileError((FieldViolation(f"week.{name}", f"at most {MOST_ITEMS} entries"),))
    return ReceivedDays(
        tuple(day_from_proto(day, f"week.days[{number}]") for number, day in enumerate(days)),
        tuple(Leftover(one.day, one.meal, one.cooked_on_day, one.cooked_meal) for one in week.leftovers),
        tuple(week.staples),
    )


def _bounded(field: str, entries: Sequence[T], most: int) -> Sequence[T]:
    if not 1 <= len(entries) <= most:
        raise InvalidProfileError((FieldViolation(field, f"must have 1 to {most} entries"),))
    return entries
