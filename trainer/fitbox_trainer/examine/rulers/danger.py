"""Faults that may harm a member: what a physiotherapist or a physician would stop a plan for.

Sources beside the reading: Regulation (EU) No 1169/2011, Annex II (allergens; what jars of composite sauces
commonly declare); Riebe D et al. (ACSM), 2015, Med Sci Sports Exerc 47:2473-2479 (no vigorous work without
clearance); ACOG Committee Opinion 804, 2020; Wonisch M et al., 2003, Eur J Cardiovasc Prev Rehabil 10:296-301
(under a beta-blocker a pulse prescribes nothing, effort does); American Academy of Pediatrics, 2016,
Pediatrics 138:e20161860 (no protein supplements for adolescents); EFSA NDA Panel, 2015, EFSA Journal
13(5):4102 and 2014, 12(7):3893 (folate and iodine in pregnancy); KDOQI, 2020, Am J Kidney Dis 76(3 Suppl 1)
(protein and potassium in kidney disease).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fitbox.exercises import Impact
from fitbox.foods import Category, CulinaryUse
from fitbox.profile import Allergen, Condition, Diet, Goal
from fitbox_trainer.examine.rulers.case import Case, has_field, lines, portions
from fitbox_trainer.examine.rulers.checks import About, Check, Severity
from fitbox_trainer.examine.rulers.nutrients import Nutrient, NutrientTable
from fitbox_trainer.examine.rulers.nutrition_checks import POTASSIUM_MG
from fitbox_trainer.examine.rulers.workout_checks import INTENSITY

LOSING = frozenset({Goal.WEIGHT_LOSS, Goal.MODERATE_WEIGHT_LOSS})
HARD_PUSH_UPS = frozenset(
    {"push_up", "wide_push_up", "diamond_push_up", "archer_push_up", "decline_push_up", "strap_push_up"}
    | {"ball_push_up", "pike_push_up", "handstand_push_up", "plank_push_up"}
)
JOINTS = frozenset({Condition.KNEE, Condition.HIP, Condition.ANKLE, Condition.LOWER_BACK})
IN_JARS: Mapping[str, frozenset[Allergen]] = {
    "curry_sauce": frozenset(
        {Allergen.GLUTEN, Allergen.MILK, Allergen.NUTS, Allergen.CELERY, Allergen.MUSTARD}
    ),
    "pesto": frozenset({Allergen.MILK, Allergen.NUTS}),
    "tomato_sauce": frozenset({Allergen.CELERY}),
    "vinaigrette": frozenset({Allergen.MUSTARD, Allergen.SULPHITES}),
    "mayonnaise": frozenset({Allergen.EGGS, Allergen.MUSTARD}),
    "soy_sauce": frozenset({Allergen.SOYBEANS, Allergen.GLUTEN}),
    "tzatziki": frozenset({Allergen.MILK}),
    "hummus": frozenset({Allergen.SESAME}),
    "tomato_soup": frozenset({Allergen.CELERY, Allergen.GLUTEN, Allergen.MILK}),
    "beef_stew": frozenset({Allergen.CELERY, Allergen.GLUTEN}),
}
"""What jars and ready dishes hold often enough that an allergic person must not be sent to one unread."""
FORBIDDEN: Mapping[Diet, frozenset[Category]] = {
    Diet.VEGAN: frozenset(
        {Category.MEAT, Category.POULTRY, Category.FISH, Category.SEAFOOD, Category.EGG, Category.DAIRY}
    ),
    Diet.VEGETARIAN: frozenset({Category.MEAT, Category.POULTRY, Category.FISH, Category.SEAFOOD}),
    Diet.PESCATARIAN: frozenset({Category.MEAT, Category.POULTRY}),
}
SALTY_PORTION_MG = 500.0
"""Sodium of one portion that a member with high blood pressure is promised not to get."""
MOST_PROTEIN_G_A_KG = 2.2
"""Of reference weight, for whoever carries much fat."""


def _allergens(case: Case) -> str:
    found = []
    for day in case.days:
        for one, food in portions(day):
            held = food.allergens | IN_JARS.get(food.id, frozenset())
            found += [f"{one.food_id} ({', '.join(sorted(held & case.profile.allergies))})"] * bool(
                held & case.profile.allergies
            )
    return ", ".join(found)


def _diet(case: Case) -> str:
    banned = FORBIDDEN.get(case.profile.diet, frozenset())
    return ", ".join(
        one.food_id for day in case.days for one, food in portions(day) if food.category in banned
    )


def _contraindicated_lifts(case: Case) -> str:
    hurt = case.profile.conditions
    return ", ".join(line.exercise.id for line in lines(case) if line.exercise.contraindications & hurt)


def _contraindicated_foods(case: Case) -> str:
    hurt = case.profile.conditions
    found = [one.food_id for day in case.days for one, food in portions(day) if food.contraindications & hurt]
    return ", ".join(found)


def _powder(case: Case) -> str:
    return ", ".join(
        one.food_id
        for day in case.days
        for one, food in portions(day)
        if food.culinary_use is CulinaryUse.POWDER
    )


def _impact(case: Case) -> str:
    return ", ".join(line.exercise.id for line in lines(case) if line.exercise.impact is Impact.HIGH)


def _spares_joints(case: Case) -> bool:
    fragile = {Condition.OSTEOPOROSIS, Condition.PREGNANCY} | JOINTS
    old = case.profile.age_years >= 65
    return old or case.bmi >= 30 or case.bmi < 17 or bool(case.profile.conditions & fragile)


def _push_ups(case: Case) -> str:
    return ", ".join(line.exercise.id for line in lines(case) if line.exercise.id in HARD_PUSH_UPS)


def _too_hard(case: Case) -> str:
    return ", ".join(
        f"{line.exercise.id} zone {line.prescription.heart_rate_zone}"
        for line in lines(case)
        if (line.prescription.heart_rate_zone or 0) >= 3
    )


def _pulse_alone(case: Case) -> str:
    zoned = any(line.prescription.heart_rate_zone is not None for line in lines(case))
    said = any(has_field(line.prescription, *INTENSITY) for line in lines(case))
    effort = case.says("rpe", "talk", "effort", "parler", "exertion")
    return "zones, and no word of effort" if zoned and not said and not effort else ""


def _heart(case: Case) -> bool:
    return case.states("HEART", "HYPERTENSION", "BETA_BLOCKER")


def _not_referred(case: Case) -> str:
    return "" if case.referred else f"BMI {case.bmi:.1f}, no referral"


def _wants_less_and_is_thin(case: Case) -> bool:
    return case.profile.goal in LOSING and case.bmi < 18.5


def _led_into_thinness(case: Case) -> bool:
    return case.goal in LOSING and case.bmi < 20


def _loses_while_thin(case: Case) -> str:
    losing = case.figures.weekly_change_kg < 0
    return f"BMI {case.bmi:.1f} at {case.figures.weekly_change_kg:+.2f} kg a week" if losing else ""


def _no_supplement_line(case: Case) -> str:
    folate = case.says("folate", "folic", "folique")
    iodine = case.says("iodine", "iode")
    return "" if folate and iodine else "no line on folate and iodine"


def _too_much_protein(case: Case) -> str:
    reference_kg = 25 * (case.profile.height_cm / 100) ** 2
    found = [day.protein_g / reference_kg for day in case.days]
    worst = max(found, default=0.0)
    return f"{worst:.1f} g/kg of reference weight" if worst > MOST_PROTEIN_G_A_KG else ""


def _protein_for_kidneys(case: Case) -> str:
    limit = 1.3 if case.states("DIALYSIS") else 0.9
    worst = max((day.protein_g / case.profile.weight_kg for day in case.days), default=0.0)
    return f"{worst:.1f} g/kg" if worst > limit else ""


def _deficit(case: Case) -> str:
    return "a deficit" if case.goal in LOSING else ""


def _check(
    code: str,
    about: About,
    fault: Callable[[Case], str],
    concerns: Callable[[Case], bool] = lambda case: True,
    severity: Severity = Severity.DANGEROUS,
) -> Check:
    return Check(code, about, severity, fault, concerns)


DANGERS: tuple[Check, ...] = (
    _check("allergen", About.NUTRITION, _allergens, lambda case: bool(case.profile.allergies)),
    _check("diet_broken", About.NUTRITION, _diet, lambda case: case.profile.diet in FORBIDDEN),
    _check(
        "contraindicated_exercise",
        About.WORKOUT,
        _contraindicated_lifts,
        lambda case: bool(case.profile.conditions),
    ),
    _check(
        "contraindicated_food",
        About.NUTRITION,
        _contraindicated_foods,
        lambda case: bool(case.profile.conditions),
    ),
    _check(
        "powder_for_minor_or_pregnant",
        About.NUTRITION,
        _powder,
        lambda case: case.profile.age_years < 18 or case.states("PREGNANCY"),
    ),
    _check("jumps", About.WORKOUT, _impact, _spares_joints),
    _check("push_ups_for_the_frail", About.WORKOUT, _push_ups, lambda case: case.profile.age_years >= 75),
    _check(
        "vigorous_without_clearance",
        About.WORKOUT,
        _too_hard,
        lambda case: case.states("HEART", "HYPERTENSION", "PREGNANCY"),
    ),
    _check("pulse_alone", About.WORKOUT, _pulse_alone, _heart),
    _check("thin_and_not_referred", About.NUTRITION, _not_referred, _wants_less_and_is_thin),
    _check("led_into_thinness", About.NUTRITION, _not_referred, _led_into_thinness),
    _check("loses_while_thin", About.NUTRITION, _loses_while_thin, lambda case: case.bmi < 18.5),
    _check("deficit_with_eating_disorder", About.NUTRITION, _deficit, lambda case: case.states("EATING")),
    _check(
        "protein_for_kidneys",
        About.NUTRITION,
        _protein_for_kidneys,
        lambda case: case.states("KIDNEY", "DIALYSIS"),
    ),
    _check(
        "pregnancy_without_supplements",
        About.NUTRITION,
        _no_supplement_line,
        lambda case: case.states("PREGNANCY"),
        Severity.WRONG,
    ),
    _check(
        "protein_for_obese", About.NUTRITION, _too_much_protein, lambda case: case.bmi >= 30, Severity.WRONG
    ),
)
"""What needs no table of nutrients. The list ends with what is wrong rather than dangerous."""


def nutrient_dangers(table: NutrientTable) -> Sequence[Check]:
    """What needs one."""

    def potassium(case: Case) -> str:
        found = [table.estimate(day, Nutrient.POTASSIUM_MG) for day in case.days]
        worst = max((one for one in found if one is not None), default=0.0)
        return f"{worst:.0f} mg" if worst > POTASSIUM_MG else ""

    def salty(case: Case) -> str:
        return ", ".join(
            f"{one.grams} g {one.food_id}"
            for day in case.days
            for one, _ in portions(day)
            if (table.of(one.food_id, Nutrient.SODIUM_MG) or 0.0) * one.grams / 100 >= SALTY_PORTION_MG
        )

    return (
        _check(
            "potassium_with_heart_or_kidney",
            About.NUTRITION,
            potassium,
            lambda case: case.states("HEART", "HYPERTENSION", "KIDNEY", "DIALYSIS"),
        ),
        _check(
            "salty_portion_with_hypertension",
            About.NUTRITION,
            salty,
            lambda case: case.states("HYPERTENSION", "HEART"),
            Severity.WRONG,
        ),
    )
