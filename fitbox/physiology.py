"""Physiology: pure functions, one published formula each.

Nothing here decides anything; decisions (goals, overrides, notes) are in :mod:`fitbox.assessment`. Energy is
in kcal a day, weight in kg, height in cm, heart rate in beats a minute (bpm). ``docs/physiology.md`` lists
every formula, its source and why it was chosen over its rivals.
"""

from __future__ import annotations

from fitbox.profile import JobActivity, Sex, WorkoutType

KCAL_PER_G_PROTEIN = 4
KCAL_PER_G_CARBOHYDRATE = 4
KCAL_PER_G_FAT = 9

KCAL_PER_KG_BODY_WEIGHT = 7700
"""Energy of a kilogram of body weight gained or lost (Wishnofsky M, 1958, Am J Clin Nutr 6:542-546)."""

LIFESTYLE_PAL = 1.5
"""Physical activity level of a day without training: the boundary between seated work with and without some
moving about (Black AE et al., 1996, Eur J Clin Nutr 50:72-92). For members who do not say what they do all
day: halfway between a desk and a shop counter, so wrong by 7 % at most for either."""

JOB_PAL: dict[JobActivity, float] = {
    JobActivity.SEDENTARY: 1.4,
    JobActivity.STANDING: 1.6,
    JobActivity.MOVING: 1.8,
    JobActivity.HEAVY: 2.0,
}
"""The same for members who do: low active, moderately active, active and very active (EFSA Panel on Dietetic
Products, 2013, EFSA Journal 11(1):3005, within the ranges of FAO/WHO/UNU, 2004)."""

PREGNANCY_KCAL = {1: 70, 2: 260, 3: 500}
"""A day more, by trimester (EFSA, 2013, as above)."""

EXCLUSIVE_LACTATION_WEEKS, LACTATION_KCAL, LATER_LACTATION_KCAL = 26, 500, 400
"""A day more while milk is the child's only food, what the mother's own stores give already subtracted (EFSA,
2013, as above), and later, for which EFSA gives none (Institute of Medicine, 2005, Dietary Reference
Intakes)."""

SESSION_METS: dict[WorkoutType | None, float] = {
    WorkoutType.YOGA: 2.5,
    WorkoutType.STRENGTH: 5.0,
    WorkoutType.CARDIO: 7.0,
    WorkoutType.HIIT: 8.0,
    None: 5.0,
}
"""Metabolic equivalents of a session, rests included (Ainsworth BE et al., 2011, Med Sci Sports Exerc
43:1575-1581: Hatha yoga 2.5, weight training 3.5 to 6, jogging 7, vigorous circuit training 8)."""

ASSUMED_RESTING_HEART_RATE_BPM = 70
"""Used where none was measured: about the adult mean (Ostchega Y et al., 2011, Natl Health Stat Report
41)."""

ZONE_FRACTIONS = (0.30, 0.40, 0.60, 0.75, 0.90, 1.00)
"""Bounds of the five zones as fractions of the heart-rate reserve: light, moderate, vigorous (in two halves)
and near maximal, as in Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359."""


def bmi(weight_kg: float, height_cm: float) -> float:
    """Body-mass index in kg/m2 (Quetelet; WHO Technical Report Series 894, 2000)."""
    height_m = height_cm / 100
    return weight_kg / height_m**2


def weight_at_bmi(body_mass_index: float, height_cm: float) -> float:
    """Weight in kg that gives a body-mass index at a height."""
    return body_mass_index * (height_cm / 100) ** 2


def bmr_mifflin_st_jeor(sex: Sex, weight_kg: float, height_cm: float, age_years: int) -> float:
    """Resting energy expenditure (Mifflin MD et al., 1990, Am J Clin Nutr 51:241-247).

    Chosen because it predicts best in both normal-weight and obese adults (Frankenfield D et al., 2005, J Am
    Diet Assoc 105:775-789).
    """
    return 10 * weight_kg + 6.25 * height_cm - 5 * age_years + (5 if sex is Sex.MALE else -161)


def physical_activity_level(
    days_per_week: int,
    session_minutes: int,
    workout_type: WorkoutType | None,
    job_activity: JobActivity | None = None,
) -> float:
    """Total divided by resting energy expenditure, by the factorial method (FAO/WHO/UNU, 2004, Human Energy
    Requirements): the week's hours, each at its own multiple of the resting rate, averaged.

    Training hours replace hours of the rest of life: :data:`JOB_PAL`, or :data:`LIFESTYLE_PAL`.
    """
    lifestyle = LIFESTYLE_PAL if job_activity is None else JOB_PAL[job_activity]
    training_hours = days_per_week * session_minutes / 60
    return lifestyle + (SESSION_METS[workout_type] - lifestyle) * training_hours / (7 * 24)


def pregnancy_kcal(trimester: int | None) -> int:
    """Energy a day that a pregnancy takes; of an unknown trimester what any takes."""
    return PREGNANCY_KCAL[trimester or 1]


def lactation_kcal(weeks_postpartum: int | None) -> int:
    """Energy a day that breastfeeding takes; as much as while it is the only food where nothing is known."""
    recent = weeks_postpartum is None or weeks_postpartum < EXCLUSIVE_LACTATION_WEEKS
    return LACTATION_KCAL if recent else LATER_LACTATION_KCAL


def fat_free_mass_kg(weight_kg: float, body_fat_percent: float) -> float:
    """Weight without its fat (two-compartment model, Siri WE, 1961)."""
    return weight_kg * (1 - body_fat_percent / 100)


def adjusted_weight_kg(weight_kg: float, height_cm: float) -> float:
    """Weight to scale needs by: above BMI 25 only a quarter of the excess counts, since fat tissue needs
    little protein (Krenitsky J, 2005, Nutr Clin Pract 20:468-473). Equal to the weight at or below BMI 25.
    """
    reference = weight_at_bmi(25, height_cm)
    return weight_kg if weight_kg <= reference else reference + 0.25 * (weight_kg - reference)


def weekly_weight_change_kg(intake_kcal: float, tdee_kcal: float) -> float:
    """Expected change in the first weeks; adaptation slows it later (Hall KD, 2008, Int J Obes
    32:573-576)."""
    return (intake_kcal - tdee_kcal) * 7 / KCAL_PER_KG_BODY_WEIGHT


def kcal_for_weekly_change(change_kg: float) -> float:
    """The daily surplus (or, below zero, deficit) in kcal that changes weight by ``change_kg`` a week."""
    return change_kg * KCAL_PER_KG_BODY_WEIGHT / 7


def fibre_g(intake_kcal: float) -> float:
    """Adequate intake of fibre, 14 g per 1000 kcal (Institute of Medicine, 2005, Dietary Reference
    Intakes)."""
    return 14 * intake_kcal / 1000


def max_heart_rate_tanaka(age_years: int) -> int:
    """Age-predicted maximal heart rate (Tanaka H, Monahan KD, Seals DR, 2001, J Am Coll Cardiol
    37:153-156)."""
    return round(208 - 0.7 * age_years)


def target_heart_rate_karvonen(max_bpm: int, resting_bpm: int, fraction: float) -> int:
    """Heart rate at a fraction of the reserve (Karvonen MJ et al., 1957, Ann Med Exp Biol Fenn
    35:307-315)."""
    return round(resting_bpm + fraction * (max_bpm - resting_bpm))


def drinking_water_liters(
    sex: Sex, session_minutes: int, pregnant: bool = False, breastfeeding: bool = False
) -> float:
    """Liters to drink on a training day, to the tenth.

    Adequate intake of total water, 2.0 for women, 2.5 for men, 0.3 more in pregnancy and 0.7 while
    breastfeeding, of which drinks supply 80 % (EFSA Panel on Dietetic Products, 2010, EFSA Journal
    8(3):1459), plus 0.5 an hour of training (lower part of the 0.4 to 0.8 of Sawka MN et al., 2007, Med Sci
    Sports Exerc 39:377-390).
    """
    total_water = (2.5 if sex is Sex.MALE else 2.0) + (0.3 if pregnant else 0) + (0.7 if breastfeeding else 0)
    return round(0.8 * total_water + 0.5 * session_minutes / 60, 1)
