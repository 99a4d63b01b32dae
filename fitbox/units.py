"""Pounds, feet, inches and kilojoules, to and from the units in which everything is computed.

A pound is 0.45359237 kg and an inch 2.54 cm exactly (international yard and pound agreement, 1959); a
thermochemical kilocalorie is 4.184 kJ (FAO, 2003, Food and Nutrition Paper 77).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from fitbox.errors import FieldViolation

KG_PER_LB = 0.45359237
CM_PER_INCH = 2.54
INCHES_PER_FOOT = 12
KJ_PER_KCAL = 4.184

WEIGHT_LIMITS_KG, HEIGHT_LIMITS_CM = (30, 300), (120, 230)
"""Plausible for a member."""

SAME_WEIGHT_KG, SAME_HEIGHT_CM = 0.6, 2.0
"""Two figures of one person may differ by as much: each was rounded, to half a kilogram or to an inch."""

OTHER_UNITS = ("weight_lb", "height_ft", "height_in")
"""Fields of a profile as people send it; a :class:`~fitbox.profile.Profile` itself knows kg and cm alone."""


def pounds(weight_kg: float) -> float:
    """kg -> lb."""
    return weight_kg / KG_PER_LB


def kilojoules(kcal: float) -> float:
    """kcal -> kJ."""
    return kcal * KJ_PER_KCAL


def metric(values: Mapping[str, object]) -> tuple[dict[str, object], tuple[FieldViolation, ...]]:
    """The values of a profile with ``weight_kg`` and ``height_cm`` in place of other units.

    A figure in two units is taken if both agree; zero kilograms or centimetres are none, as on the wire.

    Returns:
        The values, and what is wrong with the figures in other units. Where something is, a plausible figure
        stands in for them, so that the rest can be checked in the same go.
    """
    found = {name: value for name, value in values.items() if name not in OTHER_UNITS}
    pound, foot, inch = (values.get(name) for name in OTHER_UNITS)
    wrong: list[FieldViolation] = []
    if pound is not None:
        weight = _weight_kg(pound)
        wrong += _settled(found, "weight_kg", weight, SAME_WEIGHT_KG, WEIGHT_LIMITS_KG)
    if foot is not None or inch is not None:
        height = _height_cm(foot, inch)
        wrong += _settled(found, "height_cm", height, SAME_HEIGHT_CM, HEIGHT_LIMITS_CM)
    return found, tuple(wrong)


@dataclass(frozen=True)
class _Converted:
    """A figure in the unit of its field, or what is wrong with it; ``field`` is the one that was sent."""

    field: str
    value: float = 0.0
    problem: str = ""


def _weight_kg(pound: object) -> _Converted:
    value = _number(pound)
    low, high = (limit / KG_PER_LB for limit in WEIGHT_LIMITS_KG)
    if value is None or not low <= value <= high:
        return _Converted("weight_lb", problem=f"must be between {math.ceil(low)} and {math.floor(high)}")
    return _Converted("weight_lb", value * KG_PER_LB)


def _height_cm(foot: object, inch: object) -> _Converted:
    low, high = (limit / CM_PER_INCH for limit in HEIGHT_LIMITS_CM)
    inches = _number(inch)
    if foot is None:
        if inches is None or not low <= inches <= high:
            return _Converted("height_in", problem=f"must be between {math.ceil(low)} and {math.floor(high)}")
        return _Converted("height_in", inches * CM_PER_INCH)
    feet = _number(foot)
    if feet is None or not feet.is_integer():
        return _Converted("height_ft", problem="must be a whole number")
    if inch is not None and (inches is None or not 0 <= inches < INCHES_PER_FOOT):
        return _Converted("height_in", problem=f"must be from 0 to below {INCHES_PER_FOOT} beside height_ft")
    total = feet * INCHES_PER_FOOT + (inches or 0.0)
    if not low <= total <= high:
        between = f"{_in_feet(math.ceil(low))} and {_in_feet(math.floor(high))}"
        return _Converted("height_ft", problem=f"must be, with height_in, between {between}")
    return _Converted("height_ft", total * CM_PER_INCH)


def _settled(
    found: dict[str, object], own: str, converted: _Converted, tolerance: float, limits: tuple[int, int]
) -> list[FieldViolation]:
    """Take a converted figure where there is none in the field's own unit, or where both say the same."""
    given, problem = found.get(own), converted.problem
    if given is None or given == 0:
        found[own] = float(limits[0]) if problem else round(converted.value, 2)
    elif not problem:
        own_value = _number(given)
        if own_value is not None and abs(own_value - converted.value) > tolerance:
            problem = f"contradicts {own}, for it is {converted.value:.1f} there; send one of them"
    return [FieldViolation(converted.field, problem)] if problem else []


def _in_feet(inches: int) -> str:
    return f"{inches // INCHES_PER_FOOT} ft {inches % INCHES_PER_FOOT} in"


def _number(value: object) -> float | None:
    """A finite number; ``None`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
