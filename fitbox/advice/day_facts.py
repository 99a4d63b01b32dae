"""What there is to say of a day of eating. No grams and no calories: the plan has them already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fitbox.advice.facts import TEXTS, About, Fact, opening
from fitbox.food_nutrients import Nutrient
from fitbox.foods import Category, Food, foods
from fitbox.i18n import text
from fitbox.plan import FoodPortion, Meal, NutritionPlan
from fitbox.profile import Language

MEALS = ("breakfast", "morning_snack", "lunch", "afternoon_snack", "dinner", "evening_snack")
MAIN_MEALS = ("breakfast", "lunch", "dinner")
LUNCH = "lunch"
PLATES = ("lunch", "dinner")
SOURCES = frozenset(
    {
        *(Category.MEAT, Category.POULTRY, Category.FISH, Category.SEAFOOD, Category.EGG, Category.DAIRY),
        *(Category.PLANT_PROTEIN, Category.LEGUME),
    }
)
"""Of protein: bread has some too, but nobody eats it for that."""
FEWEST_PROTEIN_G = 8.0
"""A portion with less is not what a meal's protein comes from."""
FEWEST_FIBRE_G = 3.0
"""A portion with less is no source of fibre: 3 g in 100 g (Regulation (EC) No 1924/2006)."""
FEWEST_SODIUM_MG = 300.0
"""A portion with less has a small part of a day's 2 g (WHO, 2012, Guideline: sodium intake)."""
MOST_NUTRIENTS = 1
_NAMED = frozenset({Nutrient.CALCIUM, Nutrient.IRON, Nutrient.FOLATE, Nutrient.IODINE})
"""Nutrients of which another day may well bring more. Of vitamins B12 and D it may not, without animal foods
or sun, and potassium is not for everybody."""

_Portion = tuple[str, FoodPortion, Food]
"""With the key of its meal."""


def facts_of_day(plan: NutritionPlan, language: Language) -> tuple[Fact, ...]:
    """The facts of a finished day that is written in ``language``."""
    meals = _by_key(plan.meals, language)
    portions = [
        (key, portion, foods()[portion.food_id]) for key, meal in meals.items() for portion in meal.portions
    ]
    return (*_of_meals(meals, language), *_of_portions(portions, language), *_shortfalls(plan))


def _by_key(meals: Sequence[Meal], language: Language) -> dict[str, Meal]:
    keys = {text(language, f"meal.{key}"): key for key in MEALS}
    return {keys[meal.name]: meal for meal in meals if meal.name in keys}


def _of_meals(meals: Mapping[str, Meal], language: Language) -> Iterator[Fact]:
    main = {key: meal for key, meal in meals.items() if key in MAIN_MEALS}
    if main:
        key, meal = max(main.items(), key=lambda item: item[1].kcal)
        if meal.dish and meal.kcal >= max(one.kcal for one in meals.values()):
            yield Fact.of(About.LARGEST, the_meal=_the(key, language), dish=meal.dish)
        starchy = max(main, key=lambda key: sum(one.carbohydrate_g for one in main[key].portions))
        yield Fact.of(About.STARCH, the_meal=_the(starchy, language))
    if LUNCH in meals and meals[LUNCH].dish:
        yield Fact.of(About.LUNCH, dish=meals[LUNCH].dish)


def _of_portions(portions: Sequence[_Portion], language: Language) -> Iterator[Fact]:
    def said(about: About, one: _Portion) -> Fact:
        key, portion, _ = one
        return Fact.of(
            about,
            at_meal=TEXTS.text(language, f"at.{key}"),
            meal_opening=opening(TEXTS.text(language, f"at.{key}")),
            food=portion.name,
        )

    for key in PLATES:
        eaten = [one for one in portions if one[0] == key]
        sources = [one for one in eaten if one[2].category in SOURCES]
        best = max(sources, key=lambda one: one[1].protein_g, default=None)
        if best is not None and best[1].protein_g >= FEWEST_PROTEIN_G:
            yield said(About.PROTEIN, best)
        green = [one for one in eaten if one[2].category is Category.VEGETABLE]
        if green:
            yield said(About.VEGETABLES, max(green, key=lambda one: one[1].grams))
    if portions:
        fibrous = max(portions, key=lambda one: one[2].fibre_g * one[1].grams)
        if fibrous[2].fibre_g * fibrous[1].grams / 100 >= FEWEST_FIBRE_G:
            yield said(About.FIBRE, fibrous)
        salty = max((one for one in portions if one[0] in PLATES), key=_sodium_mg, default=None)
        if salty is not None and _sodium_mg(salty) >= FEWEST_SODIUM_MG:
            yield said(About.SALTY, salty)


def _shortfalls(plan: NutritionPlan) -> Iterator[Fact]:
    short = [
        one
        for one in plan.nutrients
        if one.met is False and one.lower and one.amount < one.lower and one.code in _NAMED
    ]
    short.sort(key=lambda one: one.amount / (one.lower or 1.0))
    for one in short[:MOST_NUTRIENTS]:
        yield Fact.of(About.SHORT, nutrient=one.name)


def _sodium_mg(one: _Portion) -> float:
    return one[2].nutrients.get(Nutrient.SODIUM, 0.0) * one[1].grams / 100


def _the(key: str, language: Language) -> str:
    return TEXTS.text(language, f"the.{key}")
