"""Rules come from Profile alone: the generated schema and the canonical JSON agree with it."""

from __future__ import annotations

import polars as pl
import pytest
from fitbox_trainer.intake.cells import FACTORS, LIST_FIELDS
from fitbox_trainer.intake.validate import (
    canonical_profile_json,
    describe,
    find_bad_fields,
    find_bad_profiles,
    member_id,
    to_profile_json,
)
from hypothesis import given

from fitbox.profile import Profile
from tests.examples import examples
from tests.strategies import profiles


def frame_of(profile: Profile) -> pl.DataFrame:
    """One parsed row, as cells would give it."""

    def value(name: str) -> object:
        raw = getattr(profile, name)
        if name in LIST_FIELDS:
            return None if raw is None else ";".join(raw)
        if name == "history":
            return ";".join(map(str, raw))
        return float(raw) if name in FACTORS and raw is not None else raw

    schema = {name: pl.Float64 if name in FACTORS else pl.String for name in Profile.model_fields}
    return pl.DataFrame({name: [value(name)] for name in schema}, schema=schema)


@pytest.mark.slow
@examples(30)
@given(profiles(referred=True))
def test_every_valid_profile_passes_and_has_one_text(profile: Profile) -> None:
    """What Profile accepts has no bad field, and both ways to its canonical JSON give the same text."""
    frame = frame_of(profile)
    assert list(find_bad_fields(frame)) == []
    (text,) = to_profile_json(frame)
    assert text == canonical_profile_json(profile)
    assert Profile.model_validate_json(text) == profile
    assert list(find_bad_profiles([text])) == []


@pytest.mark.parametrize("field", sorted(FACTORS.keys() & Profile.model_fields.keys()))
def test_limits_are_those_of_profile(field: str) -> None:
    """Each numeric field accepts its limits and refuses what lies just outside, with the limits in words."""
    low, high = (
        next(getattr(rule, end) for rule in Profile.model_fields[field].metadata if hasattr(rule, end))
        for end in ("ge", "le")
    )
    frame = pl.DataFrame({field: [float(low), float(high), low - 1.0, high + 1.0]})
    assert [(bad.row, bad.field) for bad in find_bad_fields(frame)] == [(2, field), (3, field)]
    assert f"{low:g} and {high:g}" in describe(field)


def test_every_field_can_be_explained() -> None:
    """The reason of a rejected cell says what the field allows."""
    for field in Profile.model_fields:
        assert describe(field)
    assert describe("language") == "one of en, fr"
    assert describe("meals_per_day") == "between 2 and 6"


def test_absent_columns_take_the_defaults_of_profile() -> None:
    """A file with the four required columns alone describes Profile's defaults."""
    frame = pl.DataFrame({"age_years": [30.0], "sex": ["MALE"], "weight_kg": [80.0], "height_cm": [180.0]})
    (text,) = to_profile_json(frame)
    assert Profile.model_validate_json(text) == Profile(age_years=30, sex="MALE", weight_kg=80, height_cm=180)  # type: ignore[arg-type]


def test_identity_does_not_depend_on_the_order_of_a_set() -> None:
    """Lists in a canonical profile are sorted, so equal members have equal digests."""
    one = frame_of(Profile(age_years=30, sex="FEMALE", weight_kg=60, height_cm=165)).with_columns(  # type: ignore[arg-type]
        equipment=pl.lit("BARBELL;BENCH;BARBELL")
    )
    other = one.with_columns(equipment=pl.lit("BENCH;BARBELL"))
    assert member_id(to_profile_json(one).item()) == member_id(to_profile_json(other).item())


def test_unknown_items_of_a_list_are_refused() -> None:
    """A list is checked item by item, and catalog ids by their pattern."""
    frame = pl.DataFrame(
        {"equipment": ["BENCH;BOSU", "BENCH", ""], "disliked_foods": ["tofu", "to fu", None]}
    )
    assert {(bad.row, bad.field) for bad in find_bad_fields(frame)} == {
        (0, "equipment"),
        (1, "disliked_foods"),
    }


@pytest.mark.parametrize(
    ("field", "good"), [("disliked_exercises", "back_squat"), ("disliked_foods", "tofu")]
)
def test_an_id_that_no_catalog_has_is_a_bad_cell(field: str, good: str) -> None:
    """It would be a wish that is silently ignored."""
    frame = pl.DataFrame({field: [good, f"{good};no_such_thing", "", None]})
    assert [(bad.row, bad.field) for bad in find_bad_fields(frame)] == [(1, field)]
    assert describe(field).startswith("a list of catalog ids such as ")
