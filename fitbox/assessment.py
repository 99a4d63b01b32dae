"""Assessment: every number and safety decision that follows from a Profile, computed once for all tasks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fitbox.profile import Goal, Profile


class BmiClass(StrEnum):
    """WHO classes of body-mass index (WHO Technical Report Series 894, 2000)."""

    UNDERWEIGHT = "UNDERWEIGHT"
    NORMAL = "NORMAL"
    OVERWEIGHT = "OVERWEIGHT"
    OBESE_I = "OBESE_I"
    OBESE_II = "OBESE_II"
    OBESE_III = "OBESE_III"


class SafetyNote(StrEnum):
    """Why a request was answered more carefully than asked; texts in both languages are in ``fitbox.i18n``."""

    NO_DEFICIT_UNDERWEIGHT = "NO_DEFICIT_UNDERWEIGHT"
    NO_DEFICIT_UNDER_18 = "NO_DEFICIT_UNDER_18"
    NO_DEFICIT_PREGNANCY = "NO_DEFICIT_PREGNANCY"
    KCAL_FLOOR_APPLIED = "KCAL_FLOOR_APPLIED"
    REFER_TO_CLINICIAN = "REFER_TO_CLINICIAN"
    INTENSITY_LIMITED = "INTENSITY_LIMITED"
    AGE_PREDICTED_HEART_RATE = "AGE_PREDICTED_HEART_RATE"


@dataclass(frozen=True)
class HeartRateZone:
    """One training zone: ``number`` 1 (easiest) to 5, bounds in beats a minute, both inclusive."""

    number: int
    low_bpm: int
    high_bpm: int


@dataclass(frozen=True)
class Macros:
    """Daily targets in grams."""

    protein_g: float
    carbohydrate_g: float
    fat_g: float
    fibre_g: float


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
    zones: tuple[HeartRateZone, ...]
    water_liters: float
    safety_notes: tuple[SafetyNote, ...]


def derive_goal(profile: Profile) -> Goal:
    """The goal of a member whose file or request has none; the rule is documented in ``docs/guide.md``."""
    raise NotImplementedError


def assess(profile: Profile) -> Assessment:
    """Compute everything that has a formula. Pure; never fails for a valid profile."""
    raise NotImplementedError
