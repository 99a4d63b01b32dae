"""Pounds, feet, inches and kilojoules: both ways, contradictions, and what is no such figure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitbox.errors import InvalidProfileError
from fitbox.profile import validate_profile
from fitbox.units import KG_PER_LB, kilojoules, metric, pounds

BASE: dict[str, object] = {"age_years": 30, "sex": "FEMALE"}


def violations(**values: Any) -> dict[str, str]:
    """What is wrong with a profile of these values, by field."""
    with pytest.raises(InvalidProfileError) as refused:
        validate_profile({**BASE, **values}, "profile.")
    return {violation.field: violation.description for violation in refused.value.violations}


def test_pounds_feet_and_inches_make_the_same_member() -> None:
    """154 lb and 5 ft 7 in are 69.85 kg and 170.18 cm; so are 67 inches."""
    for height in ({"height_ft": 5, "height_in": 7}, {"height_in": 67}):
        profile = validate_profile({**BASE, "weight_lb": 154, **height})
        assert (profile.weight_kg, profile.height_cm) == (69.85, 170.18)
    assert validate_profile({**BASE, "weight_lb": 154, "height_ft": 6}).height_cm == 182.88


def test_both_units_are_fine_if_they_agree() -> None:
    """The field's own figure is taken, for it may be the measured one."""
    profile = validate_profile({**BASE, "weight_kg": 70, "weight_lb": 154, "height_cm": 170, "height_in": 67})
    assert (profile.weight_kg, profile.height_cm) == (70, 170)


def test_zero_on_the_wire_is_no_figure() -> None:
    """A message without kilograms has zero of them."""
    values, wrong = metric({"weight_kg": 0.0, "height_cm": 0.0, "weight_lb": 150.0, "height_in": 66.0})
    assert wrong == ()
    assert values == {"weight_kg": 68.04, "height_cm": 167.64}


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"weight_kg": 70, "weight_lb": 70}, "weight_lb", "contradicts weight_kg"),
        ({"height_cm": 170, "height_ft": 6}, "height_ft", "contradicts height_cm"),
        ({"height_cm": 170, "height_in": 60}, "height_in", "contradicts height_cm"),
        ({"weight_lb": 20}, "weight_lb", "between 67 and 661"),
        ({"weight_lb": 1000}, "weight_lb", "between 67 and 661"),
        ({"weight_lb": float("nan")}, "weight_lb", "between 67 and 661"),
        ({"weight_lb": "heavy"}, "weight_lb", "between 67 and 661"),
        ({"weight_lb": True}, "weight_lb", "between 67 and 661"),
        ({"height_in": 5.8}, "height_in", "between 48 and 90"),
        ({"height_ft": 5.5}, "height_ft", "whole number"),
        ({"height_ft": 2}, "height_ft", "between 4 ft 0 in and 7 ft 6 in"),
        ({"height_ft": -5}, "height_ft", "between 4 ft 0 in"),
        ({"height_ft": 5, "height_in": 12}, "height_in", "below 12"),
        ({"height_ft": 5, "height_in": -1}, "height_in", "below 12"),
    ],
)
def test_a_figure_that_cannot_be_is_named(values: dict[str, Any], field: str, words: str) -> None:
    """By the field that was sent, once, with what to send instead."""
    plain = {"weight_kg": 70} if "weight_lb" not in values else {}
    tall = {"height_cm": 170} if not {"height_ft", "height_in"} & values.keys() else {}
    found = violations(**plain, **tall, **values)
    assert list(found) == [f"profile.{field}"]
    assert words in found[f"profile.{field}"]


def test_other_mistakes_are_told_in_the_same_go() -> None:
    """A wrong weight in pounds hides no wrong age."""
    assert violations(weight_lb=9, height_in=67, age_years=5).keys() == {
        "profile.weight_lb",
        "profile.age_years",
    }


@given(st.floats(30, 300))
def test_pounds_and_kilograms_are_inverse(weight_kg: float) -> None:
    """And a kilocalorie is 4.184 kJ."""
    assert pounds(weight_kg) * KG_PER_LB == pytest.approx(weight_kg)
    assert kilojoules(1000) == 4184


def test_nobody_can_name_a_unit_to_a_profile_itself() -> None:
    """It has one unit of each quantity; what is stored is always kg and cm."""
    profile = validate_profile({**BASE, "weight_lb": 154, "height_in": 67})
    assert not {"weight_lb", "height_in", "height_ft"} & profile.model_dump().keys()
