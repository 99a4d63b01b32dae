"""A plan as a member received it, read back into the draft that it was made of.

Nothing was kept of it here, so it is whatever the caller says: every part is held against the member's
envelope, and what does not belong to it is refused by the path of its field and the rule.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fitbox.conditions import pulse_is_a_guide
from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.exercises import Mode, exercises
from fitbox.foods import foods
from fitbox.nutrition.constraints import RULES as FOOD_RULES
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.draft import DraftItem, DraftMeal, NutritionDraft
from fitbox.profile import MOST_VIOLATIONS, Language, Profile
from fitbox.rules import ItemT, Rule, exclusions
from fitbox.workout.constraints import RULES as EXERCISE_RULES
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.draft import Day, Focus, Line, WorkoutDraft
from fitbox.workout.intensity import ENDURANCE_RPE
from fitbox.workout.words import TEXTS as WORKOUT_TEXTS

NO_IDENTIFIER = "is no identifier of the catalog"


@dataclass(frozen=True)
class ReceivedLine:
    """One prescription; ``amount`` is whatever it was counted in."""

    exercise_id: str
    sets: int
    mode: Mode
    amount: int
    zone: int | None = None
    rpe: float | None = None
    """What members read of a cardio line for whom the pulse is no guide."""


@dataclass(frozen=True)
class ReceivedDay:
    """One session; ``focus`` is the text that the member read."""

    focus: str
    lines: tuple[ReceivedLine, ...]


@dataclass(frozen=True)
class ReceivedFood:
    """One portion."""

    food_id: str
    grams: int


Week = tuple[ReceivedDay, ...]
DayOfEating = tuple[tuple[ReceivedFood, ...], ...]
"""Foods of each meal, in order."""


class Refusals:
    """What is wrong with a request, as far as anybody will be told."""

    def __init__(self) -> None:
        self._found: list[FieldViolation] = []

    def add(self, field: str, description: str) -> None:
        """Remember one."""
        if len(self._found) < MOST_VIOLATIONS:
            self._found.append(FieldViolation(field, description))

    def raise_any(self) -> None:
        """Raises InvalidProfileError where there is any."""
        if self._found:
            raise InvalidProfileError(tuple(self._found))


def week_of(
    week: Week, constraints: WorkoutConstraints, *, besides: tuple[int, int] | None = None
) -> WorkoutDraft:
    """The draft of a week.

    Args:
        week: As it was received.
        constraints: Of the member it was made for.
        besides: Positions of a day and a line that may break the envelope: what is to be replaced.

    Raises:
        InvalidProfileError: names each part that is not of this envelope, with the rule.
    """
    refusals = Refusals()
    if len(week) != constraints.days:
        refusals.add("plan.sessions", f"must be {constraints.days}, as the profile's workout_days_per_week")
    days = []
    for number, day in enumerate(week[: constraints.days]):
        path = f"plan.sessions[{number}]"
        focus = _focus(day.focus)
        if focus is None:
            refusals.add(f"{path}.focus", "is no focus of a session")
        if not day.lines:
            refusals.add(f"{path}.exercises", "must not be empty")
        elif len(day.lines) > constraints.most_lines:
            refusals.add(f"{path}.exercises", f"at most {constraints.most_lines} for this member")
        for position, line in enumerate(day.lines):
            if (number, position) != besides:
                _check_line(line, f"{path}.exercises[{position}]", constraints, refusals)
        days.append(Day(focus or Focus.FULL, tuple(_line(line, constraints) for line in day.lines)))
    refusals.raise_any()
    return WorkoutDraft(tuple(days))


def _focus(text: str) -> Focus | None:
    """The focus that a text names, in whichever language."""
    names = ((focus, language) for focus in Focus for language in Language)
    return next(
        (focus for focus, language in names if WORKOUT_TEXTS.text(language, f"focus.{focus}") == text), None
    )


def _line(line: ReceivedLine, constraints: WorkoutConstraints) -> Line:
    return Line(line.exercise_id, line.sets, line.amount, _zone(line, constraints))


def _zone(line: ReceivedLine, constraints: WorkoutConstraints) -> int | None:
    """The heart-rate zone: as received, or the one whose effort was, where the pulse is no guide."""
    if line.zone is not None or line.mode is not Mode.CARDIO or pulse_is_a_guide(constraints.profile):
        return line.zone
    if line.rpe is None:
        return constraints.zones[0]
    rpe = line.rpe
    return min(constraints.zones, key=lambda zone: abs(ENDURANCE_RPE[zone] - rpe))


def _check_line(line: ReceivedLine, path: str, constraints: WorkoutConstraints, refusals: Refusals) -> None:
    exercise = exercises().get(line.exercise_id)
    if exercise is None:
        refusals.add(f"{path}.exercise_id", NO_IDENTIFIER)
        return
    if exercise.id not in constraints.by_id:
        reason = why_excluded([exercise], EXERCISE_RULES, constraints.profile)
        refusals.add(f"{path}.exercise_id", reason)
        return
    amounts = constraints.amounts(exercise.mode)
    if line.mode is not exercise.mode or line.amount not in amounts:
        refusals.add(path, f"{exercise.mode.lower()} must be one of {', '.join(map(str, amounts))}")
    if exercise.mode is Mode.CARDIO:
        if _zone(line, constraints) not in constraints.zones:
            refusals.add(
                f"{path}.heart_rate_zone", f"must be one of {', '.join(map(str, constraints.zones))}"
            )
    elif line.sets not in constraints.sets:
        refusals.add(f"{path}.sets", f"must be one of {', '.join(map(str, constraints.sets))}")


def day_of(
    day: DayOfEating,
    constraints: NutritionConstraints,
    *,
    besides: Collection[tuple[int, int]] = (),
    field: str = "plan",
) -> NutritionDraft:
    """The draft of a day of eating; ``besides`` are positions (meal, food) of what is to be replaced.

    ``field`` is the path of the day in the request.

    Raises:
        InvalidProfileError: names each part that is not of this envelope, with the rule.
    """
    refusals = Refusals()
    slots = constraints.slots
    if len(day) != len(slots):
        refusals.add(f"{field}.meals", f"must be {len(slots)}, as the profile's meals_per_day")
    for number, (slot, meal) in enumerate(zip(slots, day, strict=False)):
        path = f"{field}.meals[{number}]"
        if not meal:
            refusals.add(f"{path}.portions", "must not be empty")
        elif len(meal) > slot.max_items:
            refusals.add(f"{path}.portions", f"at most {slot.max_items} foods at this meal")
        kept = [(position, food) for position, food in enumerate(meal) if (number, position) not in besides]
        for position, food in kept:
            _check_food(food, f"{path}.portions[{position}]", constraints, refusals)
        ids = [food.food_id for _, food in kept if food.food_id in constraints.allowed]
        if not constraints.may_be_eaten_together(ids):
            refusals.add(f"{path}.portions", "meat with milk or fish: excluded by KOSHER")
    refusals.raise_any()
    return NutritionDraft(
        tuple(
            DraftMeal(slot.name, tuple(DraftItem(food.food_id, food.grams) for food in meal))
            for slot, meal in zip(slots, day, strict=True)
        )
    )


def _check_food(food: ReceivedFood, path: str, constraints: NutritionConstraints, refusals: Refusals) -> None:
    known = foods().get(food.food_id)
    if known is None:
        refusals.add(f"{path}.food_id", NO_IDENTIFIER)
    elif known.id not in constraints.allowed:
        refusals.add(f"{path}.food_id", why_excluded([known], FOOD_RULES, constraints.profile))
    elif food.grams < 1:
        refusals.add(f"{path}.grams", "must be at least 1")


def why_excluded(items: Sequence[ItemT], rules: Sequence[Rule[ItemT]], profile: Profile) -> str:
    """The rules that leave an item out, for a message: ``excluded by EQUIPMENT (BARBELL)``."""
    found = [one for _, reasons in exclusions(items, rules, profile) for one in reasons]
    named = [f"{one.rule_id} ({', '.join(one.codes)})" for one in found]
    return f"excluded by {' and '.join(named) or 'the envelope'}"
