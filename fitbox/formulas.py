"""The formula behind every figure of a reply, and where it is published.

In words and names of the API, for people who check a plan; ``docs/physiology.md``, ``docs/workout.md`` and
``docs/nutrition.md`` give the reasons. A test holds this table against the fields that replies have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_CHOSEN = "chosen by the model or the planner among what the member's envelope allows"
_SUM = "sum over the portions of grams / 100 * the food's figure for 100 g"
_USDA = "docs/nutrition.md: the food catalog, in the conventions of USDA FoodData Central"
_RESISTANCE = "docs/workout.md, with the sources of each table"


_PREPARATION = "docs/workout.md; Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359"
_PROGRAMME = (
    "docs/workout.md; ACSM, 2026, Med Sci Sports Exerc 58:851-872; Bell L et al., 2023, Sports Med Open 9:87"
)
_PROGRAMME_FIELDS = {
    "number": "counts from 1",
    "lines.session": "the session's day",
    "lines.line": "the line's place in its session",
    "lines.sets": "the first week's; about half of them in a lighter week",
    "lines.repetitions": "the first week's, and the scheme's steps above them",
    "lines.hold_seconds": "the first week's, and the scheme's steps above them",
    "lines.duration_minutes": "the first week's, at most a tenth more each week",
    "lines.repetitions_in_reserve": "the first week's, and the scheme's change",
    "lines.rpe": "10 less repetitions_in_reserve; for endurance by zone",
    "lines.percent_of_maximum": "by repetitions and repetitions_in_reserve",
    "lines.load_change_percent": "the scheme's load steps of 2 to 10 %, against the first week",
    "lines.load_kg": (
        "the first week's and load_change_percent; at most what the known maximum allows with one "
        "repetition in reserve, or with all of them where care is due"
    ),
    "lines.load_lb": "as load_kg, in steps of 5 lb",
}


@dataclass(frozen=True)
class Formula:
    """How a figure is computed, and whose formula it is."""

    text: str
    source: str


ASSESSMENT: Mapping[str, Formula] = {
    "bmi": Formula("weight_kg / (height_cm / 100)^2", "WHO Technical Report Series 894, 2000"),
    "bmr_kcal": Formula(
        "10 * weight_kg + 6.25 * height_cm - 5 * age_years + (5 for men, -161 for women)",
        "Mifflin MD et al., 1990, Am J Clin Nutr 51:241-247",
    ),
    "tdee_kcal": Formula(
        "bmr_kcal * activity level: the week's hours, those of training at the type's METs, the others by job"
        " (1.4 to 2.0; 1.5 where it is not told), averaged; + 70, 260 or 500 by trimester, + 500 while"
        " breastfeeding, 400 from 26 weeks on",
        "FAO/WHO/UNU, 2004, Human Energy Requirements; Ainsworth BE et al., 2011, Med Sci Sports Exerc"
        " 43:1575-1581; EFSA, 2013, EFSA Journal 11(1):3005",
    ),
    "target_kcal": Formula(
        "tdee_kcal + 7700 / 7 * the goal's weekly share of weight_kg, at most 1000 below"
        " and 500 above, not below"
        " the floor by sex nor, at normal weight, below bmr_kcal; no deficit that leads below BMI 18.5 within"
        " twelve weeks; in tens",
        "NIH, 1998, publication 98-4083; Garthe I et al., 2011, Int J Sport Nutr Exerc"
        " Metab 21:97-104; Iraki J"
        " et al., 2019, Sports 7:154; Slater GJ et al., 2019, Front Nutr 6:131",
    ),
    "weekly_weight_change_kg": Formula(
        "(target_kcal - tdee_kcal) * 7 / 7700; 0 where the goal keeps the weight",
        "Wishnofsky M, 1958, Am J Clin Nutr 6:542-546; Hall KD, 2008, Int J Obes 32:573-576",
    ),
    "macros.protein_g": Formula(
        "the goal's grams a kg of adjusted weight, or of fat-free mass in a deficit for who is lean by"
        " measured body fat; 0.8 with kidney disease; at most 35 % of target_kcal",
        "Jäger R et al., 2017, J Int Soc Sports Nutr 14:20; Morton RW et al., 2018, Br J"
        " Sports Med 52:376-384;"
        " Helms ER et al., 2014, J Int Soc Sports Nutr 11:20; Krenitsky J, 2005, Nutr Clin Pract 20:468-473",
    ),
    "macros.carbohydrate_g": Formula(
        "(target_kcal - 4 * protein_g - 9 * fat_g) / 4",
        "Institute of Medicine, 2005, Dietary Reference Intakes",
    ),
    "macros.fat_g": Formula(
        "the goal's share of target_kcal / 9; less where carbohydrate would fall below 130 g"
        " (175 in pregnancy, 210 breastfeeding), at least 20 %",
        "Institute of Medicine, 2005, Dietary Reference Intakes",
    ),
    "macros.fibre_g": Formula(
        "14 * target_kcal / 1000", "Institute of Medicine, 2005, Dietary Reference Intakes"
    ),
    "max_heart_rate_bpm": Formula(
        "as measured, or 208 - 0.7 * age_years; 0 with a beta-blocker, which hides it",
        "Tanaka H, Monahan KD, Seals DR, 2001, J Am Coll Cardiol 37:153-156",
    ),
    "zones.number": Formula(
        "1 to 5, from the easiest", "Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359"
    ),
    "zones.low_bpm": Formula(
        "resting + (0.30, 0.40, 0.60, 0.75, 0.90) * (max_heart_rate_bpm - resting); 70"
        " where none was measured",
        "Karvonen MJ et al., 1957, Ann Med Exp Biol Fenn 35:307-315; Garber CE et al., 2011, Med Sci Sports"
        " Exerc 43:1334-1359; Ostchega Y et al., 2011, Natl Health Stat Report 41",
    ),
    "zones.high_bpm": Formula(
        "one below the next zone's low_bpm; max_heart_rate_bpm for the last",
        "Karvonen MJ et al., 1957, Ann Med Exp Biol Fenn 35:307-315",
    ),
    "water_liters": Formula(
        "0.8 * (2.5 for men, 2.0 for women, 0.3 more in pregnancy, 0.7 breastfeeding)"
        " + 0.5 * session_minutes / 60",
        "EFSA, 2010, EFSA Journal 8(3):1459; Sawka MN et al., 2007, Med Sci Sports Exerc 39:377-390",
    ),
}
"""By the path in ``assessment``."""

WORKOUT: Mapping[str, Formula] = {
    "sessions.day": Formula("counts from 1 within the week", _RESISTANCE),
    "sessions.warm_up_minutes": Formula(
        "3, 5, 8 or 10, by session_minutes", "Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359"
    ),
    "sessions.total_minutes": Formula(
        "warm_up_minutes + the lines' seconds / 60, rounded up: getting ready, sets, rests between them;"
        " + cool_down_minutes",
        "docs/workout.md",
    ),
    "sessions.exercises.sets": Formula(
        f"{_CHOSEN}; fewer where the session has no time for all", _RESISTANCE
    ),
    "sessions.exercises.repetitions": Formula(_CHOSEN, _RESISTANCE),
    "sessions.exercises.hold_seconds": Formula(_CHOSEN, _RESISTANCE),
    "sessions.exercises.duration_minutes": Formula(
        f"{_CHOSEN}; fewer where the session has no time for all",
        "Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359",
    ),
    "sessions.exercises.heart_rate_zone": Formula(
        f"{_CHOSEN}: up to the hardest zone that needs no clearance",
        "Riebe D et al., 2015, Med Sci Sports Exerc 47:2473-2479",
    ),
    "sessions.exercises.rest_seconds": Formula(
        "by joints, repetitions and kind: longer after heavy multi-joint sets, short after poses and holds",
        _RESISTANCE,
    ),
    "sessions.exercises.repetitions_in_reserve": Formula(
        "by level: 3, 2, 2; 4 for the growing and the older, 5 with some conditions",
        "ACSM, 2026, Med Sci Sports Exerc 58:851-872; Robinson ZP et al., 2024, Sports Med 54:2209-2231",
    ),
    "sessions.exercises.rpe": Formula(
        "10 less repetitions_in_reserve; for endurance by heart_rate_zone: 3, 5, 7, 8, 9",
        "Physical Activity Guidelines for Americans, 2018; Borg GAV, 1982, Med Sci Sports Exerc 14:377-381",
    ),
    "sessions.exercises.percent_of_maximum": Formula(
        "by repetitions and repetitions_in_reserve, for main lifts with a load", _RESISTANCE
    ),
    "sessions.exercises.load_kg": Formula(
        "percent_of_maximum / 100 * the known maximum, rounded down to steps that can be loaded", _RESISTANCE
    ),
    "sessions.exercises.load_lb": Formula(
        "percent_of_maximum / 100 * the known maximum, rounded down to 5 lb", _RESISTANCE
    ),
    "sessions.cool_down_minutes": Formula(
        "by session_minutes", "Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359"
    ),
    **{
        f"sessions.{part}.{name}": Formula(text, _PREPARATION)
        for part in ("warm_up", "cool_down")
        for name, text in (
            ("sets", "one, or as many as ramp up to the working load; two of a stretch"),
            ("repetitions", "fewer as the load comes near the working one"),
            ("duration_seconds", "30 s a drill or stretch; easy movement takes the rest of the minutes"),
            ("load_percent", "of the working load, rising with each ramp-up set; 0: no load"),
        )
    },
    **{f"programme.weeks.{name}": Formula(text, _PROGRAMME) for name, text in _PROGRAMME_FIELDS.items()},
    "moderate_minutes": Formula(
        "sum over the endurance lines of their minutes, vigorous ones counted twice",
        "WHO, 2020, Guidelines on physical activity and sedentary behaviour",
    ),
    "flexibility_days": Formula(
        "days with stretches or poses", "Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359"
    ),
    "balance_days": Formula(
        "days with balance drills", "WHO, 2020, Guidelines on physical activity and sedentary behaviour"
    ),
    "weekly_sets": Formula(
        "a set counts 1 for each primary muscle and 0.5 for each secondary one, strength exercises alone",
        "Pelland JC et al., 2024, SportRxiv 537",
    ),
}
"""By the path in a WorkoutPlan."""

NUTRITION: Mapping[str, Formula] = {
    "meals.portions.grams": Formula(
        "bounded least squares on the relative errors of energy and macros, near what was drafted; rounded to"
        " what can be weighed, then single steps until the energy is within 2 %",
        "Stark PB, Parker RL, 1995, Comput Stat 10:129-141",
    ),
    "meals.portions.kcal": Formula("grams / 100 * the food's kcal for 100 g", _USDA),
    "meals.portions.protein_g": Formula("grams / 100 * the food's protein for 100 g", _USDA),
    "meals.portions.carbohydrate_g": Formula("grams / 100 * the food's carbohydrate for 100 g", _USDA),
    "meals.portions.fat_g": Formula("grams / 100 * the food's fat for 100 g", _USDA),
    "meals.kcal": Formula("sum over the meal's portions", _USDA),
    "target_kcal": Formula("assessment.target_kcal", "see there"),
    "total_kcal": Formula(_SUM, _USDA),
    "protein_g": Formula(_SUM, _USDA),
    "carbohydrate_g": Formula(_SUM, _USDA),
    "fat_g": Formula(_SUM, _USDA),
    "fibre_g": Formula(_SUM, _USDA),
    "water_liters": Formula("assessment.water_liters", "see there"),
    "nutrients.amount": Formula(f"{_SUM}; a food whose figure nobody published counts as none", _USDA),
    "nutrients.lower": Formula("by nutrient, sex, age, pregnancy and condition", "nutrients.source"),
    "nutrients.upper": Formula("by nutrient, sex, age, pregnancy and condition", "nutrients.source"),
    "nutrients.with_usual_salt": Formula(
        "amount + grams / 100 * what is usually added to 100 g of the food: 230 mg to starch and pulses, "
        "130 to vegetables, 300 to meat and fish, 150 to eggs",
        _USDA,
    ),
    "nutrients.coverage": Formula("kcal of the foods whose figure is known / total_kcal", _USDA),
}
"""By the path in a NutritionPlan."""

ADVICE: Mapping[str, Formula] = {
    f"tips.text.{name}": Formula(text, ASSESSMENT[of].source if of in ASSESSMENT else "the profile")
    for name, text, of in (
        ("kcal", "assessment.target_kcal, or target_kj in tens", "target_kcal"),
        ("protein", "assessment.macros.protein_g, in whole grams", "macros.protein_g"),
        ("fibre", "assessment.macros.fibre_g, in whole grams", "macros.fibre_g"),
        ("water", "assessment.water_liters", "water_liters"),
        ("kilograms", "assessment.weekly_weight_change_kg, or in pounds", "weekly_weight_change_kg"),
        ("easy", "assessment.zones 2; an effort where the pulse is no guide", "zones.low_bpm"),
        ("hard", "assessment.zones 4", "zones.low_bpm"),
        ("meals", "profile.meals_per_day", ""),
        ("sessions", "profile.workout_days_per_week", ""),
        ("rest", "7 - profile.workout_days_per_week", ""),
    )
}
"""By the figure's name in a sentence of advice."""
