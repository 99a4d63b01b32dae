"""Assessment: every number and safety decision that follows from a Profile, computed once for all tasks.

Goals and energy are decided in :mod:`fitbox.goals`, macros in :mod:`fitbox.macros`, intensity and notes in
:mod:`fitbox.safety`; this puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fitbox import physiology
from fitbox.conditions import pulse_is_a_guide
from fitbox.goals import (
    DEFICIT_GOALS,
    GAINING_GOALS,
    KCAL_FLOOR,
    KEEPING_GOALS,
    LEAN_FAT_PERCENT,
    LOWEST_HEALTHY_BMI,
    derive_goal,
    goal_in_force,
    target_kcal,
)
from fitbox.macros import Macros, macros_for
from fitbox.profile import Condition, Goal, Profile
from fitbox.safety import SafetyNote, highest_zone, notes_for

__all__ = [
    "DEFICIT_GOALS",
    "GAINING_GOALS",
    "KCAL_FLOOR",
    "KEEPING_GOALS",
    "LEAN_FAT_PERCENT",
    "LOWEST_HEALTHY_BMI",
    "Assessment",
    "BmiClass",
    "HeartRateZone",
    "Macros",
    "SafetyNote",
    "assess",
    "classify_bmi",
    "derive_goal",
    "highest_zone",
]


class BmiClass(StrEnum):
    """WHO classes of body-mass index (WHO Technical Report Series 894, 2000)."""

    UNDERWEIGHT = "UNDERWEIGHT"
    NORMAL = "NORMAL"
    OVERWEIGHT = "OVERWEIGHT"
    OBESE_I = "OBESE_I"
    OBESE_II = "OBESE_II"
    OBESE_III = "OBESE_III"


@dataclass(frozen=True)
class HeartRateZone:
    """One training zone: ``number`` 1 (easiest) to 5, bounds in beats a minute, both inclusive."""

    number: int
    low_bpm: int
    high_bpm: int


@dataclass(frozen=True)
class Assessment:
    """What :func:`assess` returns; kcal figures are per day."""

    bmi: float
    bmi_class: BmiClass
    bmr_kcal: float
    tdee_kcal: float
    goal: Goal
    """The goal in force: derived where the profile has none, overridden where it would be unsafe."""
    goal_requested: Goal | None
    target_kcal: float
    weekly_weight_change_kg: float
    macros: Macros
    max_heart_rate_bpm: int
    """0 where the pulse is no guide to the member's effort; then there are no zones either."""
    zones: tuple[HeartRateZone, ...]
    water_liters: float
    safety_notes: tuple[SafetyNote, ...]


def classify_bmi(bmi: float) -> BmiClass:
    """WHO class of a body-mass index; adult limits, also used, with no deficit ever, for 14 to 17 years."""
    limits = (
        (18.5, BmiClass.UNDERWEIGHT),
        (25.0, BmiClass.NORMAL),
        (30.0, BmiClass.OVERWEIGHT),
        (35.0, BmiClass.OBESE_I),
        (40.0, BmiClass.OBESE_II),
    )
    return next((label for limit, label in limits if bmi < limit), BmiClass.OBESE_III)


def assess(profile: Profile) -> Assessment:
    """Compute everything that has a formula. Pure; never fails for a valid profile."""
    bmi = physiology.bmi(profile.weight_kg, profile.height_cm)
    bmr = physiology.bmr_mifflin_st_jeor(profile.sex, profile.weight_kg, profile.height_cm, profile.age_years)
    tdee = _tdee_kcal(profile, bmr)
    goal, goal_notes = goal_in_force(profile, bmi)
    target, goal, energy_notes = target_kcal(profile, goal, bmr, tdee)
    max_heart_rate = profile.max_heart_rate_bpm or physiology.max_heart_rate_tanaka(profile.age_years)
    guided = pulse_is_a_guide(profile)
    early_notes = goal_notes + energy_notes
    return Assessment(
        bmi=bmi,
        bmi_class=classify_bmi(bmi),
        bmr_kcal=bmr,
        tdee_kcal=tdee,
        goal=goal,
        goal_requested=profile.goal,
        target_kcal=target,
        weekly_weight_change_kg=physiology.weekly_weight_change_kg(target, tdee)
        if goal not in KEEPING_GOALS
        else 0.0,
        macros=macros_for(profile, goal, target),
        max_heart_rate_bpm=max_heart_rate if guided else 0,
        zones=_zones(max_heart_rate, profile.resting_heart_rate_bpm) if guided else (),
        water_liters=physiology.drinking_water_liters(
            profile.sex,
            profile.session_minutes,
            pregnant=Condition.PREGNANCY in profile.conditions,
            breastfeeding=Condition.LACTATION in profile.conditions,
        ),
        safety_notes=early_notes + notes_for(profile, bmi, early_notes, losing=goal in DEFICIT_GOALS),
    )


def _tdee_kcal(profile: Profile, bmr: float) -> float:
    """What the member spends, the child's part included."""
    tdee = bmr * physiology.physical_activity_level(
        profile.workout_days_per_week, profile.session_minutes, profile.workout_type, profile.job_activity
    )
    if Condition.PREGNANCY in profile.conditions:
        tdee += physiology.pregnancy_kcal(profile.pregnancy_trimester)
    if Condition.LACTATION in profile.conditions:
        tdee += physiology.lactation_kcal(profile.weeks_postpartum)
    return tdee


def _zones(max_bpm: int, resting_bpm: int | None) -> tuple[HeartRateZone, ...]:
    resting = resting_bpm or physiology.ASSUMED_RESTING_HEART_RATE_BPM
    bounds = [
        physiology.target_heart_rate_karvonen(max_bpm, resting, part) for part in physiology.ZONE_FRACTIONS
    ]
    highs = [bound - 1 for bound in bounds[1:-1]] + [max_bpm]
    return tuple(
        HeartRateZone(number, low, high)
        for number, (low, high) in enumerate(zip(bounds[:-1], highs, strict=True), start=1)
    )
