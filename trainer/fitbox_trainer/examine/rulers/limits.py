"""Share of planned days inside each limit that EFSA, WHO and the Dietary Guidelines for Americans set.

*Limits* are what a body says not to exceed or fall short of, the same for every adult; a day counts as
inside when it is inside all of them. *Reference values* describe a usual intake over weeks, or a range by
choice, and are reported beside: one planned day may be below one without fault.

Sources:

- WHO sodium: WHO, 2012, Guideline: sodium intake for adults and children (below 2 g).
- WHO potassium: WHO, 2012, Guideline: potassium intake (at least 3,510 mg).
- WHO saturated and total fat: WHO, 2023, Saturated fatty acid and trans-fatty acid intake, and Total fat
  intake for the prevention of unhealthy weight gain (10 % and 30 % of energy).
- WHO free sugars: WHO, 2015, Guideline: sugars intake (below 10 % of energy).
- WHO fruit, vegetables, fibre: WHO, 2023, Carbohydrate intake for adults and children (400 g, 25 g).
- EFSA fat, carbohydrate, fibre: EFSA NDA Panel, 2010, EFSA Journal 8(3):1461 and 1462 (20 to 35 % and 45 to
  60 % of energy, 25 g).
- EFSA protein: 2012, EFSA Journal 10(2):2557 (0.83 g/kg).
- EFSA upper levels: calcium 2,500 mg (2012, 10(7):2814), vitamin D 100 µg (2023, 21(8):8145), zinc 25 mg and
  iodine 600 µg (SCF, 2002), selenium 255 µg (2023, 21(1):7704), iron 40 mg as a safe level (2024,
  22(6):8819).
- EFSA dietary reference values (2017, summary report, EN-e15121): calcium, iron, zinc, magnesium, folate,
  vitamins B12 and D, iodine.
- DGA: USDA and HHS, 2026, Dietary Guidelines for Americans 2025-2030 (sodium below 2,300 mg, saturated fat at
  most 10 % of energy, at most 10 g of added sugar a meal; protein 1.2 to 1.6 g/kg as reference).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fitbox.foods import Category, CulinaryUse
from fitbox.plan import Meal, NutritionPlan
from fitbox.profile import Sex
from fitbox_trainer.examine.rulers.case import Case, portions
from fitbox_trainer.examine.rulers.equivalents import eaten, equivalents
from fitbox_trainer.examine.rulers.nutrients import Nutrient, NutrientTable

Measure = Callable[[Case, NutritionPlan, NutrientTable], float | None]
"""A day's value, None where it is unknown or the limit is not this member's."""


@dataclass(frozen=True)
class Limit:
    """A range of a day's value; both ends belong to it."""

    code: str
    body: str
    measure: Measure
    low: float = 0.0
    high: float = float("inf")
    reference: bool = False
    """Reported, and no part of the share of days inside all limits."""

    def holds(self, case: Case, day: NutritionPlan, table: NutrientTable) -> bool | None:
        """Whether a day is inside; None where nobody can tell."""
        value = self.measure(case, day, table)
        return None if value is None else self.low <= value <= self.high


def fruit_and_vegetables_g(day: NutritionPlan) -> float:
    """Grams as WHO counts them: no potatoes, no juice, no pulses."""
    counted = {Category.VEGETABLE, Category.FRUIT}
    return sum(
        one.grams
        for one, food in portions(day)
        if food.category in counted and food.culinary_use is not CulinaryUse.FAT
    )


def added_sugar_g(meal: Meal) -> float:
    """Added sugar of a meal in g."""
    found = ((one, equivalents().get(one.food_id)) for one in meal.portions)
    return sum(known.added_sugar_g * one.grams / 100 for one, known in found if known is not None)


def free_sugar_g(day: NutritionPlan, table: NutrientTable) -> float:
    """Added sugar, and all sugar of juices (WHO, 2015)."""
    juices = sum(
        (table.of(one.food_id, Nutrient.SUGARS_G) or 0.0) * one.grams / 100
        for one, food in portions(day)
        if food.culinary_use is CulinaryUse.DRINK and _is_juice(food.id)
    )
    return eaten(day).total.added_sugar_g + juices


def _is_juice(food_id: str) -> bool:
    known = equivalents().get(food_id)
    return known is not None and known.juice_c > 0


def _of(nutrient: Nutrient) -> Measure:
    return lambda case, day, table: table.estimate(day, nutrient)


def _percent_of_energy(grams: Callable[[NutritionPlan], float], kcal_per_g: float) -> Measure:
    def measure(case: Case, day: NutritionPlan, table: NutrientTable) -> float | None:
        return 100 * kcal_per_g * grams(day) / day.total_kcal if day.total_kcal > 0 else None

    return measure


def _saturated_percent(case: Case, day: NutritionPlan, table: NutrientTable) -> float | None:
    grams = table.estimate(day, Nutrient.SATURATED_FAT_G)
    return None if grams is None or day.total_kcal <= 0 else 900 * grams / day.total_kcal


def _potassium_floor(case: Case, day: NutritionPlan, table: NutrientTable) -> float | None:
    """A floor is no limit for kidneys that cannot excrete it."""
    if case.states("KIDNEY", "DIALYSIS"):
        return None
    return table.estimate(day, Nutrient.POTASSIUM_MG)


def _protein_per_kg(case: Case, day: NutritionPlan, table: NutrientTable) -> float | None:
    """By weight, at most that of a BMI of 25: reference weight is not fat."""
    if case.states("KIDNEY", "DIALYSIS"):
        return None
    return day.protein_g / min(case.profile.weight_kg, 25 * (case.profile.height_cm / 100) ** 2)


def _free_sugar_percent(case: Case, day: NutritionPlan, table: NutrientTable) -> float | None:
    return 400 * free_sugar_g(day, table) / day.total_kcal if day.total_kcal > 0 else None


def _most_added_sugar(case: Case, day: NutritionPlan, table: NutrientTable) -> float | None:
    return max((added_sugar_g(meal) for meal in day.meals), default=0.0)


def _part_of(nutrient: Nutrient, need: Callable[[Case], float]) -> Measure:
    """A day's amount as a part of what this member needs."""

    def measure(case: Case, day: NutritionPlan, table: NutrientTable) -> float | None:
        amount = table.estimate(day, nutrient)
        return None if amount is None else amount / need(case)

    return measure


def _pregnant(case: Case) -> bool:
    return case.states("PREGNANCY")


def _calcium_mg(case: Case) -> float:
    age = case.profile.age_years
    return 1150.0 if age < 18 else 1000.0 if age < 25 else 950.0


def _iron_mg(case: Case) -> float:
    bleeds = case.profile.sex is Sex.FEMALE and case.profile.age_years < 51
    return 16.0 if bleeds else 11.0


def _magnesium_mg(case: Case) -> float:
    return 350.0 if case.profile.sex is Sex.MALE else 300.0


def _folate_ug(case: Case) -> float:
    return 600.0 if _pregnant(case) else 330.0


def _b12_ug(case: Case) -> float:
    return 4.5 if _pregnant(case) else 4.0


def _iodine_ug(case: Case) -> float:
    return 200.0 if _pregnant(case) else 150.0


LIMITS: tuple[Limit, ...] = (
    Limit("who_sodium", "WHO", _of(Nutrient.SODIUM_MG), high=2000),
    Limit("who_potassium", "WHO", _potassium_floor, low=3510),
    Limit("who_saturated_fat", "WHO", _saturated_percent, high=10),
    Limit("who_total_fat", "WHO", _percent_of_energy(lambda day: day.fat_g, 9), high=30),
    Limit("who_free_sugars", "WHO", _free_sugar_percent, high=10),
    Limit("who_fruit_vegetables", "WHO", lambda case, day, table: fruit_and_vegetables_g(day), low=400),
    Limit("who_fibre", "WHO", lambda case, day, table: day.fibre_g, low=25),
    Limit("efsa_fat", "EFSA", _percent_of_energy(lambda day: day.fat_g, 9), low=20, high=35),
    Limit("efsa_fibre", "EFSA", lambda case, day, table: day.fibre_g, low=25),
    Limit("efsa_protein", "EFSA", _protein_per_kg, low=0.83),
    Limit("efsa_calcium_upper", "EFSA", _of(Nutrient.CALCIUM_MG), high=2500),
    Limit("efsa_vitamin_d_upper", "EFSA", _of(Nutrient.VITAMIN_D_UG), high=100),
    Limit("efsa_zinc_upper", "EFSA", _of(Nutrient.ZINC_MG), high=25),
    Limit("efsa_iodine_upper", "EFSA", _of(Nutrient.IODINE_UG), high=600),
    Limit("efsa_selenium_upper", "EFSA", _of(Nutrient.SELENIUM_UG), high=255),
    Limit("efsa_iron_safe", "EFSA", _of(Nutrient.IRON_MG), high=40),
    Limit("dga_sodium", "DGA", _of(Nutrient.SODIUM_MG), high=2300),
    Limit("dga_saturated_fat", "DGA", _saturated_percent, high=10),
    Limit("dga_added_sugar_a_meal", "DGA", _most_added_sugar, high=10),
    Limit(
        "efsa_carbohydrate_range",
        "EFSA",
        _percent_of_energy(lambda day: day.carbohydrate_g, 4),
        low=45,
        high=60,
        reference=True,
    ),
    Limit("dga_protein_range", "DGA", _protein_per_kg, low=1.2, high=1.6, reference=True),
    Limit("efsa_calcium", "EFSA", _part_of(Nutrient.CALCIUM_MG, _calcium_mg), low=1, reference=True),
    Limit("efsa_iron", "EFSA", _part_of(Nutrient.IRON_MG, _iron_mg), low=1, reference=True),
    Limit("efsa_magnesium", "EFSA", _part_of(Nutrient.MAGNESIUM_MG, _magnesium_mg), low=1, reference=True),
    Limit("efsa_folate", "EFSA", _part_of(Nutrient.FOLATE_UG, _folate_ug), low=1, reference=True),
    Limit("efsa_vitamin_b12", "EFSA", _part_of(Nutrient.VITAMIN_B12_UG, _b12_ug), low=1, reference=True),
    Limit(
        "efsa_vitamin_d", "EFSA", _part_of(Nutrient.VITAMIN_D_UG, lambda case: 15.0), low=1, reference=True
    ),
    Limit("efsa_iodine", "EFSA", _part_of(Nutrient.IODINE_UG, _iodine_ug), low=1, reference=True),
)


@dataclass(frozen=True)
class Inside:
    """How many days were judged by a limit, and how many of them are inside."""

    limit: Limit
    judged: int
    inside: int

    @property
    def share(self) -> float | None:
        """Of the days that could be judged."""
        return self.inside / self.judged if self.judged else None


def judge(day: NutritionPlan, case: Case, table: NutrientTable) -> dict[str, bool | None]:
    """Every limit on one day; None where nobody can tell."""
    return {limit.code: limit.holds(case, day, table) for limit in LIMITS}


def judgeable(day: NutritionPlan, table: NutrientTable) -> bool:
    """Whether enough is known of a day to say that it is inside all limits."""
    needed = (Nutrient.SODIUM_MG, Nutrient.POTASSIUM_MG, Nutrient.SATURATED_FAT_G)
    return all(table.estimate(day, nutrient) is not None for nutrient in needed)


def counted(judged: Mapping[str, bool | None]) -> list[bool]:
    """The verdicts of one day that count: limits that could be judged."""
    named = {limit.code for limit in LIMITS if not limit.reference}
    return [held for code, held in judged.items() if code in named and held is not None]


def tally(days: Sequence[Mapping[str, bool | None]]) -> tuple[Inside, ...]:
    """All days by limit."""
    return tuple(
        Inside(
            limit,
            sum(day[limit.code] is not None for day in days),
            sum(day[limit.code] is True for day in days),
        )
        for limit in LIMITS
    )
