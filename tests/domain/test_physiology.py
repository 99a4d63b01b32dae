"""Each formula against an example worked by hand from its paper."""

from __future__ import annotations

import pytest

from fitbox import physiology
from fitbox.profile import Sex, WorkoutType


def test_bmi_of_seventy_kilograms_at_one_metre_seventy_five() -> None:
    """The example of the WHO fact sheets: 70 / 1.75^2."""
    assert physiology.bmi(70, 175) == pytest.approx(22.86, abs=0.01)


def test_weight_at_bmi_undoes_bmi() -> None:
    """A body-mass index gives back the weight it came from."""
    assert physiology.weight_at_bmi(physiology.bmi(83.5, 181), 181) == pytest.approx(83.5)


@pytest.mark.parametrize(
    ("sex", "weight_kg", "height_cm", "age_years", "kcal"),
    [
        (Sex.MALE, 70, 175, 30, 1648.75),
        (Sex.FEMALE, 60, 165, 30, 1320.25),
        (Sex.MALE, 88.3, 171, 56, 1676.75),
        (Sex.FEMALE, 100, 160, 50, 1589.0),
    ],
)
def test_bmr_follows_mifflin_and_st_jeor(
    sex: Sex, weight_kg: float, height_cm: float, age_years: int, kcal: float
) -> None:
    """10 weight + 6.25 height - 5 age, plus 5 for men, minus 161 for women."""
    assert physiology.bmr_mifflin_st_jeor(sex, weight_kg, height_cm, age_years) == pytest.approx(kcal)


def test_activity_level_adds_the_hours_of_training_at_their_own_rate() -> None:
    """Three hours a week at 5 METs instead of 1.5: 1.5 + 3.5 * 3 / 168."""
    level = physiology.physical_activity_level(3, 60, WorkoutType.STRENGTH)
    assert level == pytest.approx(1.5625)


@pytest.mark.parametrize("workout_type", [None, *WorkoutType])
def test_activity_level_stays_within_what_people_sustain(workout_type: WorkoutType | None) -> None:
    """FAO/WHO/UNU 2004 give 1.40 to 2.40 as the range of sustainable lifestyles, also at our extremes."""
    for days, minutes in ((1, 15), (7, 180)):
        assert 1.40 <= physiology.physical_activity_level(days, minutes, workout_type) <= 2.40


def test_fat_free_mass_is_what_fat_leaves() -> None:
    """80 kg at 25 % fat hold 60 kg without it."""
    assert physiology.fat_free_mass_kg(80, 25) == pytest.approx(60)


def test_adjusted_weight_counts_a_quarter_of_the_weight_above_bmi_25() -> None:
    """At 2 m, BMI 25 is 100 kg: 120 kg count as 105, 100 kg and less as they are."""
    assert physiology.adjusted_weight_kg(120, 200) == pytest.approx(105)
    assert physiology.adjusted_weight_kg(100, 200) == pytest.approx(100)
    assert physiology.adjusted_weight_kg(70, 200) == pytest.approx(70)


def test_a_deficit_of_550_kcal_a_day_loses_half_a_kilogram_a_week() -> None:
    """7700 kcal a kilogram (Wishnofsky 1958), and back again."""
    assert physiology.weekly_weight_change_kg(1950, 2500) == pytest.approx(-0.5)
    assert physiology.kcal_for_weekly_change(-0.5) == pytest.approx(-550)


def test_fibre_is_fourteen_grams_a_thousand_kcal() -> None:
    """28 g at 2000 kcal, the figure on food labels."""
    assert physiology.fibre_g(2000) == pytest.approx(28)


@pytest.mark.parametrize(("age_years", "bpm"), [(20, 194), (40, 180), (60, 166)])
def test_maximal_heart_rate_follows_tanaka(age_years: int, bpm: int) -> None:
    """208 - 0.7 age."""
    assert physiology.max_heart_rate_tanaka(age_years) == bpm


def test_target_heart_rate_follows_karvonen() -> None:
    """Maximum 180, rest 60: 60 % of the reserve is 60 + 0.6 * 120."""
    assert physiology.target_heart_rate_karvonen(180, 60, 0.6) == 132


@pytest.mark.parametrize(
    ("sex", "session_minutes", "pregnant", "liters"),
    [
        (Sex.FEMALE, 60, False, 2.1),
        (Sex.MALE, 60, False, 2.5),
        (Sex.MALE, 120, False, 3.0),
        (Sex.FEMALE, 60, True, 2.3),
    ],
)
def test_water_is_the_efsa_intake_from_drinks_and_half_a_liter_an_hour(
    sex: Sex, session_minutes: int, pregnant: bool, liters: float
) -> None:
    """0.8 of 2.0 or 2.5 (2.3 in pregnancy), plus 0.5 for each hour."""
    assert physiology.drinking_water_liters(sex, session_minutes, pregnant) == pytest.approx(liters)
