"""The three layouts describe the same members, and headers are recognised however they are spelled."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from pathlib import Path

import polars as pl
import pytest
from fitbox_trainer.intake import IntakeStatus, ingest
from fitbox_trainer.intake.headers import REQUIRED_FIELDS, Shape, read_layout, read_name
from fitbox_trainer.intake.layouts import LAYOUTS
from fitbox_trainer.intake.synth import synthesise
from fitbox_trainer.intake.validate import canonical_profile_json
from hypothesis import given
from hypothesis import strategies as st

from fitbox.profile import Profile
from tests.examples import examples
from tests.strategies import profiles

DATA = Path(__file__).parents[2] / "data"
REAL = Path(os.environ.get("FITBOX_GYM_MEMBERS", DATA / "gym_members_973.csv"))


def ids_of(frame: pl.DataFrame, folder: Path, name: str = "members.csv") -> list[str]:
    frame.write_csv(folder / name)
    report = ingest(folder / name, folder / "store")
    assert report.status is IntakeStatus.ACCEPTED, report.reason
    assert report.rows_rejected == 0, report.rejected
    assert report.members is not None
    return [json.loads(line)["member_id"] for line in report.members.read_text().splitlines()]


def assert_same_members_in_every_layout(frame: pl.DataFrame, folder: Path) -> None:
    expected = ids_of(frame, folder)
    assert len(expected) == frame.height
    for shape, layout in LAYOUTS.items():
        written = layout(frame)
        assert read_layout(written.columns).shape is shape
        assert ids_of(written, folder, f"{shape}.csv") == expected


def test_synthetic_members_are_the_same_in_every_layout(tmp_path: Path) -> None:
    """The Kaggle, the cleaned and our own layout give identical profiles."""
    assert_same_members_in_every_layout(pl.concat(synthesise(500, 11)), tmp_path)


@pytest.mark.slow
def test_preferences_survive_in_every_layout(tmp_path: Path) -> None:
    """Our own columns are read beside the Kaggle columns too."""
    assert_same_members_in_every_layout(next(synthesise(300, 12, preferences=True)), tmp_path)


@pytest.mark.skipif(
    not REAL.exists(), reason="set FITBOX_GYM_MEMBERS to the Kaggle gym members CSV to run this"
)
def test_the_real_members_are_the_same_in_every_layout(tmp_path: Path) -> None:
    """All 973 members of the public data set are used, and coded or not they are the same."""
    frame = pl.read_csv(REAL)
    assert frame.height == 973
    assert_same_members_in_every_layout(frame, tmp_path)
    report = ingest(REAL, tmp_path / "store")
    assert {warning.code.value: warning.count for warning in report.warnings} == {
        "UNDERWEIGHT": 168,
        "SEVERE_OBESITY": 34,
        "AVERAGE_HEART_RATE_NOT_BELOW_MAXIMUM": 28,
    }


def as_row(profile: Profile) -> dict[str, str]:
    """A profile as cells of our own layout."""

    def cell(name: str, value: object) -> str:
        if isinstance(value, frozenset):
            return ";".join(sorted(value)) or "none"
        if isinstance(value, tuple):
            return ";".join(map(str, value))
        return "" if value is None else str(value)

    return {name: cell(name, getattr(profile, name)) for name in Profile.model_fields}


@pytest.mark.slow
@examples(25)
@given(st.lists(profiles(referred=True), min_size=1, max_size=6), st.sampled_from([",", ";", "\t"]))
def test_any_profile_survives_our_own_layout(members: list[Profile], separator: str) -> None:
    """Writing profiles under our own header and taking them in gives the same profiles back."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(Profile.model_fields), delimiter=separator)
            writer.writeheader()
            writer.writerows(as_row(profile) for profile in members)
        report = ingest(path, Path(folder) / "store")
        assert report.rows_rejected == 0, report.rejected
        assert report.members is not None
        found = [json.loads(line)["profile"] for line in report.members.read_text().splitlines()]
    expected = list(dict.fromkeys(canonical_profile_json(profile) for profile in members))
    assert [canonical_profile_json(Profile.model_validate(profile)) for profile in found] == expected


@pytest.mark.parametrize(
    ("header", "field", "unit"),
    [
        ("Weight (kg)", "weight_kg", "kg"),
        (" WEIGHT [LBS] ", "weight_kg", "lb"),
        ("weight_lb", "weight_kg", "lb"),
        ("Height (ft/in)", "height_cm", "ft"),
        ("height_ft_in", "height_cm", "ft"),
        ("\ufeffHeight (m)\\t", "height_cm", "m"),
        ("Session_Duration (hours)", "session_minutes", "h"),
        ("session_minutes", "session_minutes", "min"),
        ("Workout_Frequency (days/week)", "workout_days_per_week", ""),
        ("workout_days_per_week", "workout_days_per_week", ""),
        ("Fat_Percentage", "body_fat_percent", "%"),
        ("Body Fat %", "body_fat_percent", "%"),
        ("'Max_BPM'", "max_heart_rate_bpm", ""),
        ("resting heart rate (beats per minute)", "resting_heart_rate_bpm", "beats_per_minute"),
        ("Âge", "age_years", ""),
    ],
)
def test_headers_are_recognised_with_their_units(header: str, field: str, unit: str) -> None:
    """Case, spaces, quotes, brackets, accents and byte-order marks do not matter; units are kept."""
    layout = read_layout([header])
    assert list(layout.columns) == [field]
    assert layout.columns[field].unit == unit


def test_the_first_of_two_columns_for_one_field_counts() -> None:
    """A repeated column is listed as ignored instead of silently winning."""
    layout = read_layout(["Age", "Weight (kg)", "Weight (lb)", "Sex", "Height (m)"])
    assert layout.columns["weight_kg"].header == "Weight (kg)"
    assert layout.ignored == ("Weight (lb)",)
    assert layout.missing == ()


def test_the_level_in_words_serves_where_the_number_is_absent() -> None:
    """``Experience_Label`` is read only without ``Experience_Level``."""
    assert read_layout(["Experience_Label"]).columns["level"].header == "Experience_Label"
    both = read_layout(["Experience_Label", "Experience_Level"])
    assert both.columns["level"].header == "Experience_Level"


def test_every_required_field_is_named_when_missing() -> None:
    """What a file lacks is known field by field."""
    assert read_layout(["nothing", "useful"]).missing == REQUIRED_FIELDS


def test_codes_are_understood_in_the_cleaned_layout_alone(tmp_path: Path) -> None:
    """Sex 0 and 1 mean something only where the layout defines it; elsewhere a guess could be wrong."""
    frame = pl.concat(synthesise(20, 3, Shape.CLEANED))
    coded = frame.select(
        pl.exclude("Calories_per_hour", "BMI_Category", "Activity_Level", "Experience_Label")
    )
    coded.write_csv(tmp_path / "coded.csv")
    report = ingest(tmp_path / "coded.csv", tmp_path / "store")
    assert report.status is IntakeStatus.REJECTED
    assert "codes 0 and 1" in report.reason


def test_a_name_with_an_unknown_unit_keeps_it() -> None:
    """An unknown unit is carried along, so that the cells under it can be refused rather than misread."""
    assert read_name("Weight (stone)") == ("weight", "stone")
