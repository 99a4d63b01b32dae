"""The goal in force and the energy that serves it: derived, overridden where it would harm, and bounded."""

from __future__ import annotations

import math

from fitbox import physiology
from fitbox.conditions import recovers_from_birth
from fitbox.profile import Condition, Goal, Level, Profile, Sex, WorkoutType
from fitbox.safety import SafetyNote

DEFICIT_GOALS = frozenset({Goal.WEIGHT_LOSS, Goal.MODERATE_WEIGHT_LOSS})
"""Goals that ask for less energy than the member spends."""

GAINING_GOALS = frozenset({Goal.MUSCLE_GAIN, Goal.BULKING})
"""Goals that ask for more."""

KEEPING_GOALS = frozenset(Goal) - DEFICIT_GOALS - GAINING_GOALS
"""Goals under which weight stays."""

WEEKLY_CHANGE_FRACTION: dict[Goal, float] = {
    Goal.WEIGHT_LOSS: -0.0075,
    Goal.MODERATE_WEIGHT_LOSS: -0.005,
    Goal.MUSCLE_GAIN: 0.0025,
    Goal.BULKING: 0.005,
    **dict.fromkeys(KEEPING_GOALS, 0.0),
}
"""Weekly change as a fraction of body weight: loss of 0.5 to 1 % spares muscle (Garthe I et al., 2011, Int J
Sport Nutr Exerc Metab 21:97-104; Helms ER et al., 2014, J Int Soc Sports Nutr 11:20), gain of 0.25 to 0.5 %
adds little fat (Iraki J et al., 2019, Sports 7:154)."""

LARGEST_DEFICIT_KCAL = 1000.0
"""A day (NIH, 1998, Clinical Guidelines on Overweight and Obesity, publication 98-4083)."""

OVERWEIGHT_BMI = 25.0
"""WHO Technical Report Series 894, 2000."""

LOWEST_HEALTHY_BMI, WEEKS_AHEAD, SMALLEST_LOSS_KG = 18.5, 12, 0.1
"""A deficit kept up for so many weeks does not take a member below that BMI; what would be left of it is no
deficit below so many kg a week."""

LARGEST_SURPLUS_KCAL = 500.0
"""A day; more adds fat, not muscle (Slater GJ et al., 2019, Front Nutr 6:131)."""

KCAL_FLOOR: dict[Sex, int] = {Sex.FEMALE: 1200, Sex.MALE: 1500}
"""No target is below these without clinical supervision (NIH, 1998, as above)."""

EXCESS_FAT_PERCENT: dict[Sex, float] = {Sex.FEMALE: 35.0, Sex.MALE: 25.0}
"""Obesity by body fat (WHO Technical Report Series 854, 1995)."""
LEAN_FAT_PERCENT: dict[Sex, float] = {Sex.FEMALE: 25.0, Sex.MALE: 18.0}
"""Below these a high BMI is muscle rather than fat (Gallagher D et al., 2000, Am J Clin Nutr 72:694-701,
rounded)."""
BMI_THAT_IS_NEVER_MUSCLE = 35.0
"""From here a low body-fat reading is an error: it would need more lean mass than people build without drugs
(Kouri EM et al., 1995, Clin J Sport Med 5:223-228)."""


def derive_goal(profile: Profile) -> Goal:
    """The goal of a member whose file or request has none.

    First that applies (reasons in ``docs/physiology.md``): pregnancy keeps weight; underweight gains; excess
    fat loses, fast at BMI 30 and above; strength training builds muscle, and bulks when advanced and lean;
    everything else keeps weight. Body fat, where it is known, overrules BMI in both
    directions.
    """
    bmi = physiology.bmi(profile.weight_kg, profile.height_cm)
    if Condition.PREGNANCY in profile.conditions:
        return Goal.MAINTENANCE
    if bmi < LOWEST_HEALTHY_BMI:
        return Goal.MUSCLE_GAIN
    loss = _derived_loss(profile, bmi)
    if loss is not None and profile.age_years >= 18 and not _feeds_or_recovers(profile):
        return loss
    if profile.workout_type is WorkoutType.STRENGTH:
        grows = profile.level is Level.ADVANCED and is_lean(profile)
        return Goal.BULKING if grows else Goal.MUSCLE_GAIN
    return Goal.MAINTENANCE


def is_lean(profile: Profile) -> bool:
    """Whether measured body fat says that the weight is muscle, whatever the BMI."""
    fat = profile.body_fat_percent
    bmi = physiology.bmi(profile.weight_kg, profile.height_cm)
    return fat is not None and fat < LEAN_FAT_PERCENT[profile.sex] and bmi < BMI_THAT_IS_NEVER_MUSCLE


def _feeds_or_recovers(profile: Profile) -> bool:
    return Condition.LACTATION in profile.conditions or recovers_from_birth(profile)


def _derived_loss(profile: Profile, bmi: float) -> Goal | None:
    fat = profile.body_fat_percent
    if fat is None or bmi >= BMI_THAT_IS_NEVER_MUSCLE:
        return Goal.WEIGHT_LOSS if bmi >= 30 else Goal.MODERATE_WEIGHT_LOSS if bmi >= 25 else None
    if fat < LEAN_FAT_PERCENT[profile.sex]:
        return None
    if fat >= EXCESS_FAT_PERCENT[profile.sex] and bmi >= 25:
        return Goal.WEIGHT_LOSS if bmi >= 30 else Goal.MODERATE_WEIGHT_LOSS
    return Goal.MODERATE_WEIGHT_LOSS if bmi >= 30 else None


def goal_in_force(profile: Profile, bmi: float) -> tuple[Goal, tuple[SafetyNote, ...]]:
    """The requested or derived goal, unless it is unsafe; every reason is noted, not only the first."""
    wanted = profile.goal or derive_goal(profile)
    reasons = [SafetyNote.NO_DEFICIT_AFTER_BIRTH] if _feeds_or_recovers(profile) else []
    if Condition.PREGNANCY in profile.conditions:
        # Neither loss nor deliberate gain: weight in pregnancy is the clinician's to plan.
        kept = wanted if wanted in KEEPING_GOALS else Goal.MAINTENANCE
        return kept, (SafetyNote.NO_DEFICIT_PREGNANCY, *reasons)
    if wanted not in DEFICIT_GOALS:
        return wanted, tuple(reasons)
    if bmi < LOWEST_HEALTHY_BMI:
        reasons.append(SafetyNote.NO_DEFICIT_UNDERWEIGHT)
    if profile.age_years < 18:
        reasons.append(SafetyNote.NO_DEFICIT_UNDER_18)
    return (Goal.MAINTENANCE, tuple(reasons)) if reasons else (wanted, ())


def target_kcal(
    profile: Profile, goal: Goal, bmr: float, tdee: float
) -> tuple[float, Goal, tuple[SafetyNote, ...]]:
    """Daily energy, in whole tens of kcal, with the goal that remains once the floor has spoken."""
    weekly_kg = WEEKLY_CHANGE_FRACTION[goal] * profile.weight_kg
    notes: tuple[SafetyNote, ...] = ()
    largest_loss = _largest_weekly_loss_kg(profile)
    if goal in DEFICIT_GOALS and -weekly_kg > largest_loss:
        notes = (SafetyNote.DEFICIT_LIMITED,)
        weekly_kg = -largest_loss if largest_loss >= SMALLEST_LOSS_KG else 0.0
        goal = goal if weekly_kg else Goal.MAINTENANCE
    change = physiology.kcal_for_weekly_change(weekly_kg)
    wanted = tdee + min(max(change, -LARGEST_DEFICIT_KCAL), LARGEST_SURPLUS_KCAL)
    floor = float(KCAL_FLOOR[profile.sex])
    if LOWEST_HEALTHY_BMI <= physiology.bmi(profile.weight_kg, profile.height_cm) < OVERWEIGHT_BMI:
        floor = max(floor, bmr)
    if wanted >= floor:
        target = float(round(wanted, -1))
        # Rounding down may cross a limit by a few kcal.
        return (target if target >= floor and not notes else _up_to_ten(wanted)), goal, notes
    if goal in DEFICIT_GOALS and floor >= tdee:
        goal = Goal.MAINTENANCE
    return _up_to_ten(floor), goal, (*notes, SafetyNote.KCAL_FLOOR_APPLIED)


def _largest_weekly_loss_kg(profile: Profile) -> float:
    """What, kept up for :data:`WEEKS_AHEAD` weeks, ends at the lowest healthy weight."""
    lowest = physiology.weight_at_bmi(LOWEST_HEALTHY_BMI, profile.height_cm)
    return max(0.0, profile.weight_kg - lowest) / WEEKS_AHEAD


def _up_to_ten(kcal: float) -> float:
    return math.ceil(kcal / 10) * 10.0
