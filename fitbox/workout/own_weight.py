"""Whose body is too heavy, too old or too strong for an exercise that lifts it.

Pull-ups, dips and push-ups cannot be made lighter on a bad day. Who may be asked for them is decided here, in
the envelope, and so for every text that a model can write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from fitbox import physiology
from fitbox.assessment import LEAN_FAT_PERCENT
from fitbox.exercises import Exercise, Mode, Pattern
from fitbox.profile import Condition, Equipment, Level, Profile, Sex

ALL, MOST, HALF = 100, 65, 50
"""Pull-ups; a full push-up; one on the knees (Ebben WP et al., 2011, J Strength Cond Res 25:2891-2894)."""

OLDER_YEARS, FRAIL_YEARS = 65, 75
"""From 75 on, falls, fractures and low grip strength are common enough to plan for them in everybody
(Montero- Odasso M et al., 2022, Age Ageing 51:afac205; Fragala MS et al., 2019, J Strength Cond Res
33:2019-2052)."""

HEAVY_KG, HEAVY_BMI, VERY_HEAVY_BMI = 120, 30, 35
"""From here the own body is a load that few novices lift once: pull-up performance falls with weight and with
fat (Sanchez-Moreno M et al., 2016, J Sports Med Phys Fitness 56:825-833)."""

LAST_TRIMESTER = 3
"""When the belly shifts what one stands over, and ligaments give (ACOG 804, 2020, Obstet Gynecol
135:e178-e188): nothing that lunges on one leg without a hold."""

_FLOOR_PRESSES = frozenset({"floor_press", "kettlebell_floor_press"})
"""Nobody frail should have to get down to the floor with weights, and up again."""

LIGHT_ENOUGH = 3
"""So many loaded exercises of a movement make its unloaded ones superfluous for a trained member."""

_STRENGTH_MOVES = frozenset(
    {
        Pattern.SQUAT,
        Pattern.HINGE,
        Pattern.LUNGE,
        Pattern.HORIZONTAL_PUSH,
        Pattern.VERTICAL_PUSH,
        Pattern.HORIZONTAL_PULL,
        Pattern.VERTICAL_PULL,
        Pattern.ISOLATION_PUSH,
        Pattern.ISOLATION_PULL,
        Pattern.ISOLATION_LEGS,
    }
)


def most_own_weight_percent(profile: Profile) -> int:
    """The largest ``own_weight_percent`` of an exercise that this member may be asked for."""
    limits = [ALL]
    novice = profile.level is Level.BEGINNER
    if profile.age_years >= FRAIL_YEARS:
        limits.append(HALF)
    elif profile.age_years >= OLDER_YEARS:
        limits.append(HALF if novice else MOST)
    bmi = physiology.bmi(profile.weight_kg, profile.height_cm)
    if bmi >= HEAVY_BMI or profile.weight_kg >= HEAVY_KG:
        strong = not novice and (bmi < VERY_HEAVY_BMI or is_lean(profile))
        limits.append(MOST if strong else HALF)
    if novice:
        limits.append(HALF if profile.sex is Sex.FEMALE else MOST)
    return min(limits)


def is_lean(profile: Profile) -> bool:
    """Whether a measured body fat says that a high weight is muscle."""
    fat = profile.body_fat_percent
    return fat is not None and fat < LEAN_FAT_PERCENT[profile.sex]


def is_frail(profile: Profile) -> bool:
    """Whether exercises are chosen as for brittle bones, which nobody measured, and for hands that an empty
    bar of 20 kg is too much for."""
    return profile.age_years >= FRAIL_YEARS


def too_much(exercise: Exercise, profile: Profile) -> bool:
    """Whether the member's own body forbids the exercise."""
    if exercise.own_weight_percent > most_own_weight_percent(profile):
        return True
    lunges = exercise.pattern is Pattern.LUNGE and Equipment.BOX not in exercise.equipment
    if lunges and (is_frail(profile) or profile.pregnancy_trimester == LAST_TRIMESTER):
        return True
    return is_frail(profile) and (
        Condition.OSTEOPOROSIS in exercise.contraindications
        or Equipment.BARBELL in exercise.equipment
        or exercise.id in _FLOOR_PRESSES
    )


def too_light(allowed: Iterable[Exercise], profile: Profile) -> frozenset[str]:
    """Ids of what teaches a trained adult nothing beside the loads at hand: push-ups where there is a bench
    and a bar or dumbbells, squats without weight beside those with it.

    Sets of few repetitions far from failure neither strengthen nor grow (ACSM, 2026, Med Sci Sports Exerc
    58:851-872: high effort, heavy loads for strength).
    """
    if profile.level is Level.BEGINNER:
        return frozenset()
    menu = tuple(allowed)
    loaded = Counter(e.pattern for e in menu if e.loadable)
    pressed = any(
        e.pattern is Pattern.HORIZONTAL_PUSH
        and Equipment.BENCH in e.equipment
        and e.equipment & {Equipment.BARBELL, Equipment.DUMBBELL}
        for e in menu
    )
    return frozenset(
        e.id
        for e in menu
        if e.mode is Mode.REPS
        and (
            (
                e.pattern in _STRENGTH_MOVES
                and not e.equipment
                and e.level is Level.BEGINNER
                and loaded[e.pattern] >= LIGHT_ENOUGH
            )
            or (pressed and e.pattern is Pattern.HORIZONTAL_PUSH and 0 < e.own_weight_percent < ALL)
        )
    )
