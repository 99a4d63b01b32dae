"""How much of each nutrient a day should hold, and how much it should not, by sex, age, state and condition.

Reference values hold for the mean over a week or more. A day that misses one is no mistake, but it says so.

======================  =====================================================================================
EFSA 2017               Dietary Reference Values for nutrients: summary report, EFSA Supporting Publications
                        2017:e15121: population reference intakes, or adequate intakes where there are none.
EFSA 2010               EFSA Journal 8(3):1461, fat: 20 to 35 % of energy; 8(3):1462, fibre: 25 g, for adults.
EFSA 2012b              EFSA Journal 10(2):2557, protein: 0.83 g/kg, up to 0.9 in growth; of the weight at a
                        body-mass index of 25 where it is more.
EFSA 2019               EFSA Journal 17(9):5778, sodium; the adequate intake is no more than WHO's limit.
EFSA 2005               EFSA Journal 193:1-19, potassium: no harm to healthy adults up to 5 to 6 g from food.
EFSA 2012, 2023         EFSA Journal 10(7):2814, calcium; 21(8):8145, vitamin D: tolerable upper intakes.
SCF 2002                Scientific Committee on Food, iodine: tolerable upper intake.
WHO 2012, 2015, 2023    Guidelines on sodium, on sugars, and on saturated and trans fatty acids, total fat
                        (30 % of energy) and carbohydrate (400 g of fruit and vegetables, 25 g of fibre).
DGA 2025                Dietary Guidelines for Americans 2025-2030 (January 2026): saturated fat at most 10 %
                        of energy, no meal with more than 10 g of added sugar (as the National CACFP
                        Association's summary of 8 January 2026 and the press report them; sodium below
                        2.3 g is wider than WHO's).
KDOQI 2020              Am J Kidney Dis 76(3 Suppl 1):S1-S107: potassium by the level in blood; 3 g is where
                        dietitians start. Above 4.7 g (Institute of Medicine, 2005) only with healthy kidneys:
                        ACE inhibitors, sartans and spironolactone hold potassium back.
======================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fitbox.food_nutrients import Nutrient
from fitbox.profile import Profile, Sex

SATURATED_FAT_SHARE = 0.10
FREE_SUGAR_SHARE = 0.10
"""Most of the day's energy (WHO 2023, 2015)."""

FAT_SHARES = 0.20, 0.30
"""Of the day's energy, least (EFSA 2010) and most (WHO 2023)."""

PROTEIN_G_PER_KG, PROTEIN_G_PER_KG_GROWING = 0.83, 0.9
REFERENCE_BMI = 25.0
FRUIT_VEGETABLES_G = 400.0

ADDED_SUGAR_G_PER_MEAL = 10.0
SODIUM_MG = 2000.0

POTASSIUM_MG = 6000.0
POTASSIUM_HELD_BACK_MG = 4700.0
POTASSIUM_KIDNEY_MG = 3000.0

MOST_FIBRE_G = 60.0
FIBRE_JUMP = 1.5
FIBRE_ALWAYS_ALLOWED_G = 40.0
"""Fibre has no upper intake level (EFSA 2010, EFSA Journal 8(3):1462), but a jump brings wind and cramps: a
day stays below one and a half times its target, where 40 g are always allowed and more than 60 g only as
target."""

KCAL_PER_G_FAT, KCAL_PER_G_SUGAR = 9.0, 4.0

MENOPAUSE_YEARS = 51
"""From here on iron is needed as by men (EFSA 2017 asks for the menopause, whose median age this is)."""

_HOLD_POTASSIUM_BACK = frozenset({"HYPERTENSION", "HEART_DISEASE", "DIABETES", "INSULIN", "BETA_BLOCKER"})
"""Conditions whose usual medicines, or whose kidneys, may hold potassium back."""
_KIDNEY = frozenset({"CHRONIC_KIDNEY_DISEASE", "KIDNEY_DISEASE", "DIALYSIS"})
"""By name, as are the life stages below, so that the table may know states before a profile can say them."""


@dataclass(frozen=True)
class Limits:
    """Amounts a day in the nutrient's unit; ``None``: there is no such limit."""

    lower: float | None
    upper: float | None
    source: str
    """Keys of this module's table."""


_AGES = (14, 15, 18, 25)
"""First years of the bands that the table below has columns for."""

_LOWER: Mapping[Nutrient, tuple[float, float, float, float]] = MappingProxyType(
    {
        Nutrient.FIBRE: (19, 21, 25, 25),
        Nutrient.POTASSIUM: (2700, 3500, 3500, 3500),
        Nutrient.CALCIUM: (1150, 1150, 1000, 950),
        Nutrient.VITAMIN_B12: (3.5, 4, 4, 4),
        Nutrient.VITAMIN_D: (15, 15, 15, 15),
        Nutrient.FOLATE: (270, 330, 330, 330),
        Nutrient.IODINE: (120, 130, 150, 150),
    }
)
"""EFSA 2017, by :data:`_AGES`."""

_LOWER_IN_STATE: Mapping[str, Mapping[Nutrient, float]] = MappingProxyType(
    {
        "PREGNANCY": MappingProxyType(
            {Nutrient.VITAMIN_B12: 4.5, Nutrient.FOLATE: 600, Nutrient.IODINE: 200, Nutrient.IRON: 16}
        ),
        "LACTATION": MappingProxyType(
            {
                Nutrient.VITAMIN_B12: 5,
                Nutrient.FOLATE: 500,
                Nutrient.IODINE: 200,
                Nutrient.IRON: 16,
                Nutrient.POTASSIUM: 4000,
            }
        ),
    }
)
"""EFSA 2017, what differs from other women of the same age."""


def reference_values(
    profile: Profile, target_kcal: float, fibre_target_g: float, meals: int
) -> Mapping[Nutrient, Limits]:
    """The limits of one member's day, for every nutrient that has any.

    Args:
        profile: Sex, age and conditions decide.
        target_kcal: Of the day; limits of fat and sugar are shares of it.
        fibre_target_g: What the plan aims at.
        meals: Of the day, snacks among them.
    """
    return {
        Nutrient.SODIUM: Limits(None, SODIUM_MG, "WHO 2012, EFSA 2019"),
        Nutrient.POTASSIUM: _potassium(profile),
        Nutrient.SATURATED_FAT: Limits(
            None, SATURATED_FAT_SHARE * target_kcal / KCAL_PER_G_FAT, "WHO 2023, DGA 2025"
        ),
        Nutrient.TOTAL_FAT: Limits(*_fat_g(target_kcal), "EFSA 2010, WHO 2023"),
        Nutrient.PROTEIN: Limits(_protein_g(profile), None, "EFSA 2012b"),
        Nutrient.FRUIT_VEGETABLES: Limits(FRUIT_VEGETABLES_G, None, "WHO 2023"),
        Nutrient.ADDED_SUGAR: Limits(None, ADDED_SUGAR_G_PER_MEAL * meals, "DGA 2025"),
        Nutrient.FREE_SUGAR: Limits(None, FREE_SUGAR_SHARE * target_kcal / KCAL_PER_G_SUGAR, "WHO 2015"),
        Nutrient.FIBRE: Limits(_lower(Nutrient.FIBRE, profile), most_fibre_g(fibre_target_g), "EFSA 2010"),
        Nutrient.CALCIUM: Limits(_lower(Nutrient.CALCIUM, profile), 2500, "EFSA 2017, EFSA 2012"),
        Nutrient.IRON: Limits(_iron(profile), None, "EFSA 2017"),
        Nutrient.VITAMIN_B12: Limits(_lower(Nutrient.VITAMIN_B12, profile), None, "EFSA 2017"),
        Nutrient.VITAMIN_D: Limits(_lower(Nutrient.VITAMIN_D, profile), 100, "EFSA 2017, EFSA 2023"),
        Nutrient.FOLATE: Limits(_lower(Nutrient.FOLATE, profile), None, "EFSA 2017"),
        Nutrient.IODINE: Limits(
            _lower(Nutrient.IODINE, profile), 500 if profile.age_years < 18 else 600, "EFSA 2017, SCF 2002"
        ),
    }


def _fat_g(target_kcal: float) -> tuple[float, float]:
    least, most = FAT_SHARES
    return least * target_kcal / KCAL_PER_G_FAT, most * target_kcal / KCAL_PER_G_FAT


def _protein_g(profile: Profile) -> float | None:
    """No floor with a kidney disease, where there is a ceiling instead."""
    if _names(profile) & _KIDNEY:
        return None
    per_kg = PROTEIN_G_PER_KG_GROWING if profile.age_years < 18 else PROTEIN_G_PER_KG
    return per_kg * min(profile.weight_kg, REFERENCE_BMI * (profile.height_cm / 100) ** 2)


def most_fibre_g(fibre_target_g: float) -> float:
    """Fibre that a day should not pass."""
    allowed = max(FIBRE_ALWAYS_ALLOWED_G, FIBRE_JUMP * fibre_target_g)
    return max(fibre_target_g, min(MOST_FIBRE_G, allowed))


def most_potassium_mg(profile: Profile) -> float:
    """Potassium that a day should not pass."""
    conditions = _names(profile)
    if conditions & _KIDNEY:
        return POTASSIUM_KIDNEY_MG
    return POTASSIUM_HELD_BACK_MG if conditions & _HOLD_POTASSIUM_BACK else POTASSIUM_MG


def _potassium(profile: Profile) -> Limits:
    if _names(profile) & _KIDNEY:
        return Limits(None, POTASSIUM_KIDNEY_MG, "KDOQI 2020")
    upper = most_potassium_mg(profile)
    source = "KDOQI 2020" if upper < POTASSIUM_MG else "EFSA 2005"
    return Limits(_lower(Nutrient.POTASSIUM, profile), upper, f"EFSA 2017, {source}")


def _iron(profile: Profile) -> float:
    if profile.sex is Sex.MALE:
        return 11
    if states := _states(profile, Nutrient.IRON):
        return max(states)
    if profile.age_years < 18:
        return 13
    return 16 if profile.age_years < MENOPAUSE_YEARS else 11


def _lower(nutrient: Nutrient, profile: Profile) -> float:
    band = sum(profile.age_years >= first for first in _AGES) - 1
    return max([_LOWER[nutrient][band], *_states(profile, nutrient)])


def _states(profile: Profile, nutrient: Nutrient) -> list[float]:
    names = _names(profile)
    return [
        values[nutrient] for state, values in _LOWER_IN_STATE.items() if state in names and nutrient in values
    ]


def _names(profile: Profile) -> frozenset[str]:
    return frozenset(condition.name for condition in profile.conditions)
