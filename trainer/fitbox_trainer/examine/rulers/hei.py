"""The Healthy Eating Index 2020 of a day: 13 components, 0 to 100 points.

Shams-White MM et al., 2023, J Acad Nutr Diet 123:1280-1288, with the standards of the National Cancer
Institute's table (ages 2 and older; the same as HEI-2015). Checked in the tests on the validation cases that
the package dietaryindex (Zhan JJ et al., 2024, Curr Dev Nutr 8:102755) publishes with their scores.

Two approximations: mono- and polyunsaturated fatty acids together are 0.95 of the fat less the saturated
ones (USDA's conversion factors lie between 0.945 and 0.956, USDA Agriculture Handbook 8), and one planned day
is scored as if it were the usual diet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fitbox.plan import NutritionPlan
from fitbox_trainer.examine.rulers.equivalents import OUNCES_A_CUP_OF_PULSES, Eaten, eaten
from fitbox_trainer.examine.rulers.nutrients import ENOUGH_KNOWN, Nutrient, NutrientTable

FATTY_ACIDS_OF_FAT = 0.95
KCAL_PER_G_SUGAR, KCAL_PER_G_FAT = 4.0, 9.0


@dataclass(frozen=True)
class Standard:
    """A component: points rise in a straight line from ``zero`` to ``full``, whichever is the larger."""

    points: float
    zero: float
    full: float

    def score(self, value: float) -> float:
        """Points for ``value``."""
        part = (value - self.zero) / (self.full - self.zero)
        return self.points * min(1.0, max(0.0, part))


STANDARDS: Mapping[str, Standard] = {
    "total_fruit": Standard(5, 0, 0.8),
    "whole_fruit": Standard(5, 0, 0.4),
    "total_vegetables": Standard(5, 0, 1.1),
    "greens_and_beans": Standard(5, 0, 0.2),
    "whole_grains": Standard(10, 0, 1.5),
    "dairy": Standard(10, 0, 1.3),
    "total_protein_foods": Standard(5, 0, 2.5),
    "seafood_and_plant_proteins": Standard(5, 0, 0.8),
    "fatty_acids": Standard(10, 1.2, 2.5),
    "refined_grains": Standard(10, 4.3, 1.8),
    "sodium": Standard(10, 2.0, 1.1),
    "added_sugars": Standard(10, 26, 6.5),
    "saturated_fats": Standard(10, 16, 8),
}
"""Cup and ounce equivalents a 1,000 kcal; fatty acids as a ratio; sodium in g a 1,000 kcal; added sugars and
saturated fats in percent of energy."""


def score(densities: Mapping[str, float]) -> dict[str, float]:
    """Points of every component, from densities in the units of :data:`STANDARDS`."""
    return {name: standard.score(densities[name]) for name, standard in STANDARDS.items()}


def densities(
    day: Eaten, *, kcal: float, fat_g: float, saturated_g: float, sodium_mg: float
) -> dict[str, float]:
    """Densities of a day in the units of :data:`STANDARDS`."""
    total, thousands = day.total, kcal / 1000
    pulses_oz = OUNCES_A_CUP_OF_PULSES * total.pulses_c
    plants_oz = total.seafood_oz + total.plant_protein_oz + pulses_oz
    unsaturated_g = max(0.0, FATTY_ACIDS_OF_FAT * fat_g - saturated_g)
    amounts = {
        "total_fruit": total.whole_fruit_c + total.juice_c,
        "whole_fruit": total.whole_fruit_c,
        "total_vegetables": total.dark_green_c + total.other_vegetable_c + total.pulses_c,
        "greens_and_beans": total.dark_green_c + total.pulses_c,
        "whole_grains": total.whole_grain_oz,
        "dairy": total.dairy_c,
        "total_protein_foods": total.meat_egg_oz + plants_oz,
        "seafood_and_plant_proteins": plants_oz,
        "refined_grains": total.refined_grain_oz,
        "sodium": sodium_mg / 1000,
    }
    return {name: value / thousands for name, value in amounts.items()} | {
        "fatty_acids": unsaturated_g / saturated_g if saturated_g > 0 else STANDARDS["fatty_acids"].full,
        "added_sugars": 100 * KCAL_PER_G_SUGAR * total.added_sugar_g / kcal,
        "saturated_fats": 100 * KCAL_PER_G_FAT * saturated_g / kcal,
    }


def of_day(day: NutritionPlan, table: NutrientTable) -> dict[str, float] | None:
    """Points by component; None where too much of the day is unknown."""
    counted = eaten(day)
    saturated = table.estimate(day, Nutrient.SATURATED_FAT_G)
    sodium = table.estimate(day, Nutrient.SODIUM_MG)
    if counted.coverage < ENOUGH_KNOWN or saturated is None or sodium is None or day.total_kcal <= 0:
        return None
    return score(
        densities(counted, kcal=day.total_kcal, fat_g=day.fat_g, saturated_g=saturated, sodium_mg=sodium)
    )
