"""Protein, carbohydrate, fat and fibre of a day whose energy is settled."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fitbox import physiology
from fitbox.goals import DEFICIT_GOALS, is_lean
from fitbox.profile import Condition, Goal, Profile


@dataclass(frozen=True)
class Macros:
    """Daily targets in grams."""

    protein_g: float
    carbohydrate_g: float
    fat_g: float
    fibre_g: float


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
    Goal.MAINTENANCE: 0.28,
    Goal.MUSCLE_GAIN: 0.25,
    Goal.BULKING: 0.25,
    Goal.ENDURANCE: 0.25,
    Goal.SPORT: 0.28,
    Goal.GENERAL_HEALTH: 0.28,
}
"""Preferred share of energy, below the 30 % of WHO, 2023, Total fat intake: more carbohydrate where training
volume or protein needs the room."""


def macros_for(profile: Profile, goal: Goal, target_kcal: float) -> Macros:
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
