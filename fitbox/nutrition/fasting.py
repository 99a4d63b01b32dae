"""Long fasts are refused whom they harm, whatever they could eat in between."""

from __future__ import annotations

from fitbox import physiology
from fitbox.assessment import LOWEST_HEALTHY_BMI
from fitbox.errors import NoPlanPossibleError
from fitbox.profile import Condition, Profile

FASTING_MEALS, FASTING_WINDOW_HOURS = 2, 10
"""So few meals, or so short an eating window, leave the body without food for most of the day."""

NO_FASTING_WITH = frozenset({Condition.PREGNANCY, Condition.LACTATION, Condition.INSULIN, Condition.DIABETES})
NO_FASTING_BELOW_YEARS = 18
"""Nor in underweight: low blood sugar, and too little food for two or for growth (Manoogian ENC et al., 2022,
Endocr Rev 43:405-436; Grajower MM, Horne BD, 2019, Nutrients 11:873)."""


def refuse_fasting(profile: Profile) -> None:
    """Raises NoPlanPossibleError for a member whom the wish would harm; names what to relax."""
    few = profile.meals_per_day <= FASTING_MEALS
    hours = profile.eating_window_hours
    short = hours is not None and hours < FASTING_WINDOW_HOURS
    if (few or short) and _is_harmed_by_fasting(profile):
        windows = ("eating_window_start_hour", "eating_window_end_hour")
        raise NoPlanPossibleError(
            "FASTING_UNSUITABLE",
            f"two meals a day, or less than {FASTING_WINDOW_HOURS} hours to eat in, do not suit this member",
            (*(("meals_per_day",) if few else ()), *(windows if short else ())),
        )


def _is_harmed_by_fasting(profile: Profile) -> bool:
    underweight = physiology.bmi(profile.weight_kg, profile.height_cm) < LOWEST_HEALTHY_BMI
    young = profile.age_years < NO_FASTING_BELOW_YEARS
    return underweight or young or bool(profile.conditions & NO_FASTING_WITH)
