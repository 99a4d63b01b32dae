"""Assessment: every number and safety decision that follows from a Profile, computed once for all tasks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from fitbox import physiology
from fitbox.conditions import for_exercise, pulse_is_a_guide, recovers_from_birth
from fitbox.profile import Condition, Goal, Level, Profile, Sex, WorkoutType


class BmiClass(StrEnum):
    """WHO classes of body-mass index (WHO Technical Report Series 894, 2000)."""

    UNDERWEIGHT = "UNDERWEIGHT"
    NORMAL = "NORMAL"
    OVERWEIGHT = "OVERWEIGHT"
    OBESE_I = "OBESE_I"
    OBESE_II = "OBESE_II"
    OBESE_III = "OBESE_III"


class SafetyNote(StrEnum):
    """Why a request was answered more carefully than asked; texts in both languages are in
    ``fitbox.i18n``."""

    NO_DEFICIT_UNDERWEIGHT = "NO_DEFICIT_UNDERWEIGHT"
    NO_DEFICIT_UNDER_18 = "NO_DEFICIT_UNDER_18"
    NO_DEFICIT_PREGNANCY = "NO_DEFICIT_PREGNANCY"
    NO_DEFICIT_AFTER_BIRTH = "NO_DEFICIT_AFTER_BIRTH"
    DEFICIT_LIMITED = "DEFICIT_LIMITED"
    """The plan would otherwise take the member below BMI 18.5."""
    KCAL_FLOOR_APPLIED = "KCAL_FLOOR_APPLIED"
    REFER_TO_CLINICIAN = "REFER_TO_CLINICIAN"
    INTENSITY_LIMITED = "INTENSITY_LIMITED"
    AGE_PREDICTED_HEART_RATE = "AGE_PREDICTED_HEART_RATE"
    EFFORT_NOT_PULSE = "EFFORT_NOT_PULSE"
    HYPOGLYCAEMIA = "HYPOGLYCAEMIA"
    BLEEDING = "BLEEDING"
    AFTER_BIRTH = "AFTER_BIRTH"
    PROTEIN_LIMITED = "PROTEIN_LIMITED"


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
    """0 where the pulse is no guide to the member's effort; then there are no zones either."""
    zones: tuple[HeartRateZone, ...]
    water_liters: float
    safety_notes: tuple[SafetyNote, ...]


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

LOWEST_HEALTHY_BMI, WEEKS_AHEAD, SMALLEST_LOSS_KG = 18.5, 12, 0.1
"""A deficit kept up for so many weeks does not take a member below that BMI; what would be left of it is no
deficit below so many kg a week."""

LARGEST_SURPLUS_KCAL = 500.0
"""A day; more adds fat, not muscle (Slater GJ et al., 2019, Front Nutr 6:131)."""

KCAL_FLOOR: dict[Sex, int] = {Sex.FEMALE: 1200, Sex.MALE: 1500}
"""No target is below these without clinical supervision (NIH, 1998, as above)."""

PROTEIN_PER_KG_FAT_FREE: dict[Goal, float] = {Goal.WEIGHT_LOSS: 2.6, Goal.MODERATE_WEIGHT_LOSS: 2.3}
"""Grams in a deficit for members who are lean by measured body fat: within the 2.3 to 3.1 of Helms ER et al.,
2014, as above, who studied nobody else."""

PROTEIN_PER_KG: dict[Goal, float] = {
    Goal.WEIGHT_LOSS: 1.8,
    Goal.MODERATE_WEIGHT_LOSS: 1.6,
    Goal.MAINTENANCE: 1.4,
    Goal.MUSCLE_GAIN: 1.8,
    Goal.BULKING: 1.8,
    Goal.ENDURANCE: 1.6,
    Goal.SPORT: 1.6,
    Goal.GENERAL_HEALTH: 1.2,
}
"""Grams per kg of adjusted weight: 1.4 to 2.0 for people who train (Jäger R et al., 2017, J Int Soc Sports
Nutr 14:20), at least 1.6 to build muscle (Morton RW et al., 2018, Br J Sports Med 52:376-384) and about as
much for endurance (Kato H et al., 2016, PLoS One 11:e0157406); 1.2 is the least for active adults (Thomas DT
et al., 2016, Med Sci Sports Exerc 48:543-568). More than what pregnancy and lactation add to the need of 0.83
(EFSA, 2012, EFSA Journal 10(2):2557)."""

KIDNEY_PROTEIN_PER_KG = 0.8
"""Grams per kg of adjusted weight with chronic kidney disease (KDIGO, 2024, Kidney Int 105:S117-S314)."""

LARGEST_PROTEIN_SHARE, FAT_SHARES, SMALLEST_CARBOHYDRATE_G = 0.35, (0.20, 0.35), 130
CARBOHYDRATE_G_WITH: dict[Condition, int] = {Condition.PREGNANCY: 175, Condition.LACTATION: 210}
"""Shares of energy, and the adequate carbohydrate (Institute of Medicine, 2005, Dietary Reference
Intakes)."""

FAT_SHARE: dict[Goal, float] = {
    Goal.WEIGHT_LOSS: 0.25,
    Goal.MODERATE_WEIGHT_LOSS: 0.28,
    Goal.MAINTENANCE: 0.30,
    Goal.MUSCLE_GAIN: 0.25,
    Goal.BULKING: 0.25,
    Goal.ENDURANCE: 0.25,
    Goal.SPORT: 0.28,
    Goal.GENERAL_HEALTH: 0.30,
}
"""Preferred share of energy: more carbohydrate where training volume or protein needs the room."""

HIGHEST_ZONE_WITH: dict[Condition, int] = {
    Condition.HEART_DISEASE: 2,
    Condition.HYPERTENSION: 2,
    Condition.DIABETES: 2,
    Condition.PREGNANCY: 2,
    Condition.BETA_BLOCKER: 2,
    Condition.ANTICOAGULANT: 2,
    Condition.ASTHMA: 3,
}
"""Without clearance, known cardiovascular, metabolic or renal disease means moderate at most, and a medicine
for the heart or against clotting tells of one (Riebe D et al., 2015, Med Sci Sports Exerc 47:2473-2479); in
pregnancy and soon after moderate (ACOG Committee Opinion 804, 2020); asthma spares the hardest work."""

HIGHEST_ZONE_OBESE_III = 2
RESTING_HEART_RATE_TO_REFER_BPM = 100
"""Above it, tachycardia at rest: somebody who may diagnose should look (we do not)."""
BMI_TO_REFER_BELOW, BMI_TO_REFER_FROM = 17.0, 40.0
"""Moderate thinness (WHO Technical Report Series 854, 1995) and obesity class III (894, 2000). Who wants to
lose weight is referred below :data:`LOWEST_HEALTHY_BMI` already."""

EXCESS_FAT_PERCENT: dict[Sex, float] = {Sex.FEMALE: 35.0, Sex.MALE: 25.0}
"""Obesity by body fat (WHO Technical Report Series 854, 1995)."""
LEAN_FAT_PERCENT: dict[Sex, float] = {Sex.FEMALE: 25.0, Sex.MALE: 18.0}
"""Below these a high BMI is muscle rather than fat (Gallagher D et al., 2000, Am J Clin Nutr 72:694-701,
rounded)."""
BMI_THAT_IS_NEVER_MUSCLE = 35.0
"""From here a low body-fat reading is an error: it would need more lean mass than people build without drugs
(Kouri EM et al., 1995, Clin J Sport Med 5:223-228)."""


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
    if bmi < 18.5:
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


def highest_zone(profile: Profile) -> int:
    """The hardest heart-rate zone, 2 to 5, that may be prescribed without a clinician's clearance."""
    limits = [HIGHEST_ZONE_WITH.get(condition, 5) for condition in for_exercise(profile)]
    if physiology.bmi(profile.weight_kg, profile.height_cm) >= BMI_TO_REFER_FROM:
        limits.append(HIGHEST_ZONE_OBESE_III)
    return min(limits, default=5)


def assess(profile: Profile) -> Assessment:
    """Compute everything that has a formula. Pure; never fails for a valid profile."""
    bmi = physiology.bmi(profile.weight_kg, profile.height_cm)
    bmr = physiology.bmr_mifflin_st_jeor(profile.sex, profile.weight_kg, profile.height_cm, profile.age_years)
    tdee = _tdee_kcal(profile, bmr)
    goal, goal_notes = _goal_in_force(profile, bmi)
    target, goal, energy_notes = _target_kcal(profile, goal, classify_bmi(bmi), bmr, tdee)
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
        macros=_macros(profile, goal, target),
        max_heart_rate_bpm=max_heart_rate if guided else 0,
        zones=_zones(max_heart_rate, profile.resting_heart_rate_bpm) if guided else (),
        water_liters=physiology.drinking_water_liters(
            profile.sex,
            profile.session_minutes,
            pregnant=Condition.PREGNANCY in profile.conditions,
            breastfeeding=Condition.LACTATION in profile.conditions,
        ),
        safety_notes=early_notes + _other_notes(profile, bmi, early_notes),
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


def _goal_in_force(profile: Profile, bmi: float) -> tuple[Goal, tuple[SafetyNote, ...]]:
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


def _target_kcal(
    profile: Profile, goal: Goal, bmi_class: BmiClass, bmr: float, tdee: float
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
    if bmi_class is BmiClass.NORMAL:
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


def _macros(profile: Profile, goal: Goal, target_kcal: float) -> Macros:
    """Protein first, then fat, carbohydrate takes the rest, so that 4/4/9 sums to the target exactly."""
    wanted_protein = _protein_g(profile, goal)
    largest_protein = LARGEST_PROTEIN_SHARE * target_kcal / physiology.KCAL_PER_G_PROTEIN
    protein = min(round(wanted_protein), math.floor(largest_protein))
    left_kcal = target_kcal - physiology.KCAL_PER_G_PROTEIN * protein
    # Small targets: fat gives way to the brain's carbohydrate, but not below its own minimum.
    room = (
        left_kcal - physiology.KCAL_PER_G_CARBOHYDRATE * _smallest_carbohydrate_g(profile)
    ) / physiology.KCAL_PER_G_FAT
    fat = min(round(FAT_SHARE[goal] * target_kcal / physiology.KCAL_PER_G_FAT), math.floor(room))
    fat = max(fat, math.ceil(FAT_SHARES[0] * target_kcal / physiology.KCAL_PER_G_FAT))
    carbohydrate = (left_kcal - physiology.KCAL_PER_G_FAT * fat) / physiology.KCAL_PER_G_CARBOHYDRATE
    return Macros(float(protein), carbohydrate, float(fat), float(round(physiology.fibre_g(target_kcal))))


def _protein_g(profile: Profile, goal: Goal) -> float:
    """By fat-free mass for the lean in a deficit; for all others by a weight of which fat counts little."""
    adjusted = physiology.adjusted_weight_kg(profile.weight_kg, profile.height_cm)
    if Condition.KIDNEY_DISEASE in profile.conditions:
        return KIDNEY_PROTEIN_PER_KG * adjusted
    if is_lean(profile) and profile.body_fat_percent is not None:
        if goal in DEFICIT_GOALS:
            fat_free = physiology.fat_free_mass_kg(profile.weight_kg, profile.body_fat_percent)
            return PROTEIN_PER_KG_FAT_FREE[goal] * fat_free
        return PROTEIN_PER_KG[goal] * profile.weight_kg
    return PROTEIN_PER_KG[goal] * adjusted


def _smallest_carbohydrate_g(profile: Profile) -> int:
    more = [grams for one, grams in CARBOHYDRATE_G_WITH.items() if one in profile.conditions]
    return max([SMALLEST_CARBOHYDRATE_G, *more])


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


_NOTES_WITH: dict[Condition, SafetyNote] = {
    Condition.BETA_BLOCKER: SafetyNote.EFFORT_NOT_PULSE,
    Condition.INSULIN: SafetyNote.HYPOGLYCAEMIA,
    Condition.ANTICOAGULANT: SafetyNote.BLEEDING,
    Condition.KIDNEY_DISEASE: SafetyNote.PROTEIN_LIMITED,
}
_REFERS = frozenset({SafetyNote.NO_DEFICIT_UNDERWEIGHT, SafetyNote.DEFICIT_LIMITED})


def _other_notes(profile: Profile, bmi: float, earlier: tuple[SafetyNote, ...]) -> tuple[SafetyNote, ...]:
    notes = []
    resting = profile.resting_heart_rate_bpm
    if (
        profile.conditions
        or not BMI_TO_REFER_BELOW <= bmi < BMI_TO_REFER_FROM
        or (resting is not None and resting > RESTING_HEART_RATE_TO_REFER_BPM)
        or _REFERS & set(earlier)
    ):
        notes.append(SafetyNote.REFER_TO_CLINICIAN)
    if highest_zone(profile) < 5:
        notes.append(SafetyNote.INTENSITY_LIMITED)
    if profile.max_heart_rate_bpm is None and pulse_is_a_guide(profile):
        notes.append(SafetyNote.AGE_PREDICTED_HEART_RATE)
    if recovers_from_birth(profile):
        notes.append(SafetyNote.AFTER_BIRTH)
    return (*notes, *(note for one, note in _NOTES_WITH.items() if one in profile.conditions))
