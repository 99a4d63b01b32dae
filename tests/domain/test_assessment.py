"""Decisions that follow from a profile: goals, targets, zones, notes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from fitbox.assessment import (
    DEFICIT_GOALS,
    KCAL_FLOOR,
    KEEPING_GOALS,
    BmiClass,
    SafetyNote,
    assess,
    classify_bmi,
    derive_goal,
    highest_zone,
)
from fitbox.profile import Condition, Goal, Level, Profile, Sex, WorkoutType
from tests.examples import examples
from tests.strategies import profiles


def member(**changes: Any) -> Profile:
    """A woman of 30 years with BMI 24 and nothing unusual."""
    values: dict[str, Any] = {"age_years": 30, "sex": Sex.FEMALE, "weight_kg": 70, "height_cm": 171}
    return Profile(**values | changes)


@pytest.mark.parametrize(
    ("bmi", "label"),
    [
        (18.49, BmiClass.UNDERWEIGHT),
        (18.5, BmiClass.NORMAL),
        (25, BmiClass.OVERWEIGHT),
        (30, BmiClass.OBESE_I),
        (35, BmiClass.OBESE_II),
        (40, BmiClass.OBESE_III),
    ],
)
def test_bmi_classes_begin_where_the_who_says(bmi: float, label: BmiClass) -> None:
    """The lower limit belongs to the class."""
    assert classify_bmi(bmi) is label


def test_a_worked_example_holds_together() -> None:
    """70 kg, 171 cm, 30 years, three hours of strength a week, losing 0.75 % a week."""
    assessment = assess(member(goal=Goal.WEIGHT_LOSS, workout_type=WorkoutType.STRENGTH))
    assert assessment.bmr_kcal == pytest.approx(1457.75)
    assert assessment.tdee_kcal == pytest.approx(2277.73, abs=0.01)
    # 0.525 kg a week are 577.5 kcal a day: 1700.2, in whole tens.
    assert assessment.target_kcal == 1700
    assert assessment.weekly_weight_change_kg == pytest.approx(-0.525, abs=0.005)
    assert assessment.macros.protein_g == 126
    assert assessment.macros.fat_g == 47
    assert assessment.macros.carbohydrate_g == pytest.approx(193.25)
    assert assessment.macros.fibre_g == 24
    assert assessment.max_heart_rate_bpm == 187
    assert SafetyNote.AGE_PREDICTED_HEART_RATE in assessment.safety_notes


@pytest.mark.slow
@examples(60)
@given(profiles(referred=True))
def test_every_valid_profile_has_sound_numbers(profile: Profile) -> None:
    """Energy adds up, shares are in range, zones are in order, floors hold."""
    assessment = assess(profile)
    macros, target = assessment.macros, assessment.target_kcal
    assert 4 * macros.protein_g + 4 * macros.carbohydrate_g + 9 * macros.fat_g == pytest.approx(target)
    assert 0.199 <= 9 * macros.fat_g / target <= 0.351
    assert 4 * macros.protein_g <= 0.35 * target + 1e-6
    assert macros.carbohydrate_g >= 130
    assert target >= KCAL_FLOOR[profile.sex]
    if assessment.bmi_class is BmiClass.NORMAL:
        assert target >= assessment.bmr_kcal
    if Condition.BETA_BLOCKER in profile.conditions:
        assert (assessment.zones, assessment.max_heart_rate_bpm) == ((), 0)
        return
    edges = [edge for zone in assessment.zones for edge in (zone.low_bpm, zone.high_bpm)]
    assert [zone.number for zone in assessment.zones] == [1, 2, 3, 4, 5]
    assert edges == sorted(edges)
    assert edges[-1] == assessment.max_heart_rate_bpm
    assert assessment.water_liters > 1


@pytest.mark.slow
@examples(60)
@given(profiles())
def test_weight_changes_in_the_direction_and_at_the_rate_of_the_goal(profile: Profile) -> None:
    """At most 1 % a week lost, 0.5 % gained unless the floor lifts it, nothing for maintenance."""
    assessment = assess(profile)
    share = assessment.weekly_weight_change_kg / profile.weight_kg
    if assessment.goal in DEFICIT_GOALS:
        assert -0.0101 <= share < 0
    elif assessment.goal in KEEPING_GOALS:
        assert share == 0
    else:
        assert share > 0
        if SafetyNote.KCAL_FLOOR_APPLIED not in assessment.safety_notes:
            assert share <= 0.0053


@pytest.mark.slow
@examples(60)
@given(profiles())
def test_no_deficit_for_whoever_must_not_have_one(profile: Profile) -> None:
    """Underweight, under 18 or pregnant: the goal in force never loses weight."""
    assessment = assess(profile)
    protected = assessment.bmi < 18.5 or profile.age_years < 18 or Condition.PREGNANCY in profile.conditions
    if protected:
        assert assessment.goal not in DEFICIT_GOALS
        assert assessment.target_kcal >= assessment.tdee_kcal - 5


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"weight_kg": 50}, SafetyNote.NO_DEFICIT_UNDERWEIGHT),
        ({"age_years": 16}, SafetyNote.NO_DEFICIT_UNDER_18),
        ({"conditions": {Condition.PREGNANCY}}, SafetyNote.NO_DEFICIT_PREGNANCY),
    ],
)
def test_an_unsafe_weight_loss_is_overridden_and_explained(changes: dict[str, Any], note: SafetyNote) -> None:
    """The request is kept beside the goal in force."""
    assessment = assess(member(goal=Goal.WEIGHT_LOSS, **changes))
    assert assessment.goal is Goal.MAINTENANCE
    assert assessment.goal_requested is Goal.WEIGHT_LOSS
    assert note in assessment.safety_notes


def test_an_underweight_member_who_asks_for_muscle_gets_it() -> None:
    """Only deficits are refused."""
    assessment = assess(member(weight_kg=50, goal=Goal.MUSCLE_GAIN))
    assert assessment.goal is Goal.MUSCLE_GAIN
    assert SafetyNote.NO_DEFICIT_UNDERWEIGHT not in assessment.safety_notes


def test_no_goal_asked_for_is_no_override() -> None:
    """A minor above BMI 25 who asked for nothing is simply kept at weight."""
    assessment = assess(member(age_years=16, weight_kg=80))
    assert assessment.goal is Goal.MAINTENANCE
    assert SafetyNote.NO_DEFICIT_UNDER_18 not in assessment.safety_notes


def test_a_small_old_woman_is_lifted_to_the_floor() -> None:
    """BMR 909: a loss of 0.75 % a week would leave 946 kcal."""
    profile = member(
        age_years=70, weight_kg=50, height_cm=147, goal=Goal.WEIGHT_LOSS, workout_days_per_week=1
    )
    assessment = assess(profile)
    assert assessment.target_kcal == 1200
    assert assessment.goal is Goal.WEIGHT_LOSS
    assert SafetyNote.KCAL_FLOOR_APPLIED in assessment.safety_notes


def test_where_the_floor_leaves_no_deficit_the_goal_becomes_maintenance() -> None:
    """A goal that the target cannot serve is not reported as served."""
    profile = member(
        age_years=95, weight_kg=36, height_cm=130, goal=Goal.WEIGHT_LOSS, workout_days_per_week=1
    )
    assessment = assess(profile)
    assert assessment.target_kcal == 1200
    assert assessment.tdee_kcal < 1200
    assert assessment.goal is Goal.MAINTENANCE
    assert SafetyNote.KCAL_FLOOR_APPLIED in assessment.safety_notes


def test_protein_in_a_deficit_counts_fat_free_mass_for_the_lean_alone() -> None:
    """2.6 g for each of 56 kg without fat; above 25 % measuring changes nothing."""
    assessment = assess(member(goal=Goal.WEIGHT_LOSS, body_fat_percent=20))
    assert assessment.macros.protein_g == round(2.6 * 56)
    unknown, known = (assess(member(goal=Goal.WEIGHT_LOSS, body_fat_percent=fat)) for fat in (None, 30))
    assert known.macros == unknown.macros


def test_a_measured_heart_rate_replaces_the_estimate() -> None:
    """Zones end at the measured maximum, begin from the measured rest, and carry no note about age."""
    assessment = assess(member(max_heart_rate_bpm=180, resting_heart_rate_bpm=60))
    assert [(zone.low_bpm, zone.high_bpm) for zone in assessment.zones] == [
        (96, 107),
        (108, 131),
        (132, 149),
        (150, 167),
        (168, 180),
    ]
    assert SafetyNote.AGE_PREDICTED_HEART_RATE not in assessment.safety_notes


@pytest.mark.parametrize("condition", Condition)
def test_every_condition_refers_to_a_clinician(condition: Condition) -> None:
    """Whoever names an injury or a disease is told to ask."""
    assert SafetyNote.REFER_TO_CLINICIAN in assess(member(conditions={condition})).safety_notes


@pytest.mark.parametrize(
    "changes",
    [{"weight_kg": 120}, {"weight_kg": 45}, {"resting_heart_rate_bpm": 105, "max_heart_rate_bpm": 180}],
)
def test_extreme_measurements_refer_to_a_clinician(changes: dict[str, Any]) -> None:
    """BMI from 40, below 16, or a resting heart rate above 100."""
    assert SafetyNote.REFER_TO_CLINICIAN in assess(member(**changes)).safety_notes


@pytest.mark.parametrize(
    ("changes", "zone"),
    [
        ({}, 5),
        ({"conditions": {Condition.KNEE}}, 5),
        ({"conditions": {Condition.ASTHMA}}, 3),
        ({"conditions": {Condition.ASTHMA, Condition.HEART_DISEASE}}, 2),
        ({"weight_kg": 120}, 2),
    ],
)
def test_intensity_is_limited_by_the_strictest_reason(changes: dict[str, Any], zone: int) -> None:
    """And the note says so exactly when it is."""
    profile = member(**changes)
    assert highest_zone(profile) == zone
    assert (SafetyNote.INTENSITY_LIMITED in assess(profile).safety_notes) == (zone < 5)


@pytest.mark.parametrize(
    ("changes", "goal"),
    [
        ({}, Goal.MAINTENANCE),
        ({"weight_kg": 50}, Goal.MUSCLE_GAIN),
        ({"weight_kg": 76}, Goal.MODERATE_WEIGHT_LOSS),
        ({"weight_kg": 90}, Goal.WEIGHT_LOSS),
        ({"weight_kg": 90, "age_years": 17}, Goal.MAINTENANCE),
        ({"weight_kg": 90, "conditions": {Condition.PREGNANCY}}, Goal.MAINTENANCE),
        ({"weight_kg": 90, "body_fat_percent": 24}, Goal.MAINTENANCE),
        ({"weight_kg": 90, "body_fat_percent": 30}, Goal.MODERATE_WEIGHT_LOSS),
        ({"weight_kg": 90, "body_fat_percent": 36}, Goal.WEIGHT_LOSS),
        ({"weight_kg": 110, "body_fat_percent": 12}, Goal.WEIGHT_LOSS),
        ({"weight_kg": 76, "body_fat_percent": 30}, Goal.MAINTENANCE),
        ({"workout_type": WorkoutType.STRENGTH}, Goal.MUSCLE_GAIN),
        ({"workout_type": WorkoutType.STRENGTH, "level": Level.ADVANCED}, Goal.MUSCLE_GAIN),
        (
            {"workout_type": WorkoutType.STRENGTH, "level": Level.ADVANCED, "body_fat_percent": 20},
            Goal.BULKING,
        ),
        ({"workout_type": WorkoutType.CARDIO}, Goal.MAINTENANCE),
    ],
)
def test_a_goal_is_derived_by_the_documented_rule(changes: dict[str, Any], goal: Goal) -> None:
    """One row for each line of the rule in ``docs/physiology.md``."""
    assert derive_goal(member(**changes)) is goal
