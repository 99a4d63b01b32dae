"""Faults that a dietitian found in planned days. Figures of nutrients are those of :mod:`.nutrients`.

Calcium below 700 mg, vitamin B12 below 2.4 µg and vitamin D below 5 µg are what the reading called short;
fibre above 60 g or one and a half times 14 g a 1,000 kcal is a jump that guts complain of (Institute of
Medicine, 2005, Dietary Reference Intakes); 4.7 g of potassium is the adequate intake of the same body (2005),
which kidneys, or hearts on an ACE inhibitor, may not clear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fitbox.foods import Category, CulinaryUse, Food, foods
from fitbox.plan import FoodPortion, NutritionPlan
from fitbox_trainer.examine.rulers.case import Case, has_field, main_items, main_meals, portions
from fitbox_trainer.examine.rulers.checks import About, Check, Severity
from fitbox_trainer.examine.rulers.nutrients import Nutrient, NutrientTable

FIBRE_G_A_1000_KCAL = 14.0
POTASSIUM_MG = 4700.0
MILKS = frozenset({CulinaryUse.MILK, CulinaryUse.DRINK})
MEASURED_SHARE = 0.8
"""Of the portions: a pinch or a leftover has no household measure."""
STARCHES = frozenset({CulinaryUse.STARCH, CulinaryUse.LEGUME})
FLESH = frozenset({Category.MEAT, Category.POULTRY, Category.FISH, Category.SEAFOOD})


def shared_items(day: NutritionPlan, case: Case) -> set[str]:
    """Ids of what lunch and dinner share beside fats, sauces and drinks; none where leftovers are named."""
    meals = main_meals(day, case.language)
    if len(meals) != 2 or any(has_field(meal, "leftover") for meal in meals):
        return set()
    return main_items(meals[0]) & main_items(meals[1])


def _any_day(fault: Callable[[Case, NutritionPlan], str]) -> Callable[[Case], str]:
    return lambda case: "; ".join(found for day in case.days if (found := fault(case, day)))


def _shares(least: int) -> Callable[[Case], str]:
    def fault(case: Case, day: NutritionPlan) -> str:
        shared = shared_items(day, case)
        return ", ".join(sorted(shared)) if len(shared) >= least else ""

    return _any_day(fault)


def _portion(which: Callable[[FoodPortion, Food], bool]) -> Callable[[Case], str]:
    def fault(case: Case, day: NutritionPlan) -> str:
        return ", ".join(f"{one.grams} g {food.name_en}" for one, food in portions(day) if which(one, food))

    return _any_day(fault)


def _small_flesh(case: Case, day: NutritionPlan) -> str:
    found = [
        (one, foods()[one.food_id])
        for meal in main_meals(day, case.language)
        for one in meal.portions
        if foods()[one.food_id].category in FLESH
    ]
    return ", ".join(
        f"{one.grams} g {food.name_en}"
        for one, food in found
        if one.grams <= 55 and food.culinary_use is CulinaryUse.PROTEIN
    )


def _fibre_above_60(case: Case, day: NutritionPlan) -> str:
    return f"{day.fibre_g:.0f} g" if day.fibre_g > 60 else ""


def _fibre_far_above(case: Case, day: NutritionPlan) -> str:
    target = FIBRE_G_A_1000_KCAL * day.total_kcal / 1000
    return f"{day.fibre_g:.0f} g, {day.fibre_g / target:.1f} x" if day.fibre_g > 1.5 * target else ""


def _no_kitchen_words(case: Case) -> str:
    """Portions in grams alone, or meals without a dish or a way to make it."""
    for day in case.days:
        told = [has_field(one, "household", "measure", "pieces") for one, _ in portions(day)]
        measured = sum(told) >= MEASURED_SHARE * len(told)
        named = sum(has_field(meal, "dish", "preparation", "recipe") for meal in day.meals)
        cooked = named >= len(day.meals) / 2
        if not measured or not cooked:
            return "grams alone" if not measured else "no dish"
    return ""


PLAIN_CHECKS: tuple[Check, ...] = (
    Check("lunch_dinner_share_one", About.NUTRITION, Severity.IMPRACTICAL, _shares(1)),
    Check("lunch_dinner_share_two", About.NUTRITION, Severity.IMPRACTICAL, _shares(2)),
    Check("fibre_above_60_g", About.NUTRITION, Severity.WRONG, _any_day(_fibre_above_60)),
    Check("fibre_far_above_target", About.NUTRITION, Severity.WRONG, _any_day(_fibre_far_above)),
    Check(
        "starch_portion_400_g",
        About.NUTRITION,
        Severity.IMPRACTICAL,
        _portion(lambda one, food: food.culinary_use in STARCHES and one.grams >= 400),
    ),
    Check(
        "vegetable_portion_250_g",
        About.NUTRITION,
        Severity.IMPRACTICAL,
        _portion(lambda one, food: food.culinary_use is CulinaryUse.VEGETABLE and one.grams >= 250),
    ),
    Check(
        "bread_portion_150_g",
        About.NUTRITION,
        Severity.IMPRACTICAL,
        _portion(lambda one, food: food.culinary_use is CulinaryUse.BREAD and one.grams >= 150),
    ),
    Check(
        "drink_portion_400_g",
        About.NUTRITION,
        Severity.IMPRACTICAL,
        _portion(lambda one, food: food.culinary_use in MILKS and one.grams >= 400),
    ),
    Check("meat_portion_55_g", About.NUTRITION, Severity.IMPRACTICAL, _any_day(_small_flesh)),
    Check(
        "protein_powder",
        About.NUTRITION,
        Severity.DULL,
        _portion(lambda one, food: food.culinary_use is CulinaryUse.POWDER),
    ),
    Check("no_measure_or_dish", About.NUTRITION, Severity.IMPRACTICAL, _no_kitchen_words),
)
"""What needs no table of nutrients."""


def nutrient_checks(table: NutrientTable) -> Sequence[Check]:
    """What needs one. A day of which too little is known has no fault."""

    def amount(code: str, nutrient: Nutrient, low: float, high: float, severity: Severity) -> Check:
        def fault(case: Case, day: NutritionPlan) -> str:
            value = table.estimate(day, nutrient)
            return "" if value is None or low <= value <= high else f"{value:.4g} {nutrient.value}"

        return Check(code, About.NUTRITION, severity, _any_day(fault))

    def saturated(case: Case, day: NutritionPlan) -> str:
        grams = table.estimate(day, Nutrient.SATURATED_FAT_G)
        percent = 900 * (grams or 0.0) / max(1.0, day.total_kcal)
        return f"{percent:.1f} %" if percent > 10 else ""

    endless = float("inf")
    return (
        amount("potassium_above_4700_mg", Nutrient.POTASSIUM_MG, 0, POTASSIUM_MG, Severity.WRONG),
        amount("calcium_under_700_mg", Nutrient.CALCIUM_MG, 700, endless, Severity.WRONG),
        amount("vitamin_b12_under_2_4_ug", Nutrient.VITAMIN_B12_UG, 2.4, endless, Severity.WRONG),
        amount("vitamin_d_under_5_ug", Nutrient.VITAMIN_D_UG, 5, endless, Severity.WRONG),
        amount("sodium_above_2_g", Nutrient.SODIUM_MG, 0, 2000, Severity.WRONG),
        Check("saturated_fat_above_10_percent", About.NUTRITION, Severity.WRONG, _any_day(saturated)),
    )
