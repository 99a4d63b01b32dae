"""Overrides in requests: read within bounds, and echoed where they were honoured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from google.protobuf.message import Message
from pydantic import TypeAdapter

from fitbox.errors import FieldViolation, InvalidProfileError, NoPlanPossibleError, ReferralError
from fitbox.overrides.values import NutritionOverrides, Overrides, WorkoutOverrides
from fitbox.rpc.fields import read
from fitbox.substitute.received import Refusals
from fitbox.v1 import recommendation_pb2 as pb

_SINGLE = "overrides."
"""Where requests other than items of batches have them."""
_WEEK: TypeAdapter[WorkoutOverrides] = TypeAdapter(WorkoutOverrides)
_DAY: TypeAdapter[NutritionOverrides] = TypeAdapter(NutritionOverrides)


def workout_overrides(message: pb.WorkoutOverrides, path: str = "overrides.") -> WorkoutOverrides | None:
    """``None`` where nothing is overridden. Raises InvalidProfileError."""
    values = _read(message, path)
    return _WEEK.validate_python(values) if values else None


def nutrition_overrides(
    message: pb.NutritionOverrides, path: str = "overrides."
) -> NutritionOverrides | None:
    """``None`` where nothing is overridden. Raises InvalidProfileError."""
    values = _read(message, path)
    return _DAY.validate_python(values) if values else None


def overrides_of(request: Message) -> Overrides | None:
    """Of any generating request.

    Raises:
        InvalidProfileError: a list is too long, or they are for another kind of plan.
    """
    match request:
        case pb.RecommendWorkoutRequest():
            return workout_overrides(request.overrides)
        case pb.RecommendNutritionRequest():
            return nutrition_overrides(request.overrides)
        case pb.BatchRecommendRequest():
            return _of_item(request)
        case _:
            return None


@contextmanager
def fields_of_item(item: pb.BatchRecommendRequest) -> Iterator[None]:
    """Whatever is refused of the overrides inside is named as the item has it."""
    own = "workout_overrides." if item.kind == pb.RECOMMENDATION_KIND_WORKOUT else "nutrition_overrides."
    try:
        yield
    except InvalidProfileError as error:
        named = (
            FieldViolation(own + one.field.removeprefix(_SINGLE), one.description)
            if one.field.startswith(_SINGLE)
            else one
            for one in error.violations
        )
        raise InvalidProfileError(tuple(named)) from None
    except NoPlanPossibleError as error:
        if isinstance(error, ReferralError):
            raise
        relax = tuple(
            own + one.removeprefix(_SINGLE) if one.startswith(_SINGLE) else one for one in error.relax
        )
        raise NoPlanPossibleError(error.reason, str(error), relax) from None


def _of_item(item: pb.BatchRecommendRequest) -> Overrides | None:
    week = workout_overrides(item.workout_overrides, "workout_overrides.")
    day = nutrition_overrides(item.nutrition_overrides, "nutrition_overrides.")
    wrong = [
        FieldViolation(name, "is for another kind")
        for name, given, kind in (
            ("workout_overrides", week, pb.RECOMMENDATION_KIND_WORKOUT),
            ("nutrition_overrides", day, pb.RECOMMENDATION_KIND_NUTRITION),
        )
        if given is not None and item.kind != kind
    ]
    if wrong:
        raise InvalidProfileError(tuple(wrong))
    return week or day


def _read(message: Message, path: str) -> dict[str, object]:
    refusals = Refusals()
    values = read(message, refusals.add, path)
    refusals.raise_any()
    return {name: value for name, value in values.items() if value != []}
