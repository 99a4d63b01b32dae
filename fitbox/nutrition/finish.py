"""Draft -> plan: portions solved, everything summed, names in the member's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fitbox import i18n
from fitbox.foods import Food, foods
from fitbox.nutrition.ceilings import ceilings, floors
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.dishes import dish_name, dish_of
from fitbox.nutrition.draft import DraftMeal, NutritionDraft
from fitbox.nutrition.household import household_text
from fitbox.nutrition.nutrients import Nutrients
from fitbox.nutrition.solve import solve_portions
from fitbox.nutrition.texts import notes
from fitbox.nutrition.times import meal_times
from fitbox.nutrition.totals import nutrient_totals
from fitbox.plan import FoodPortion, Meal, NutritionPlan
from fitbox.profile import Language


def finish(draft: NutritionDraft, constraints: NutritionConstraints) -> NutritionPlan:
    """Solve the portions and build the plan.

    Raises:
        PlanInfeasibleError: these foods cannot meet the target within their portion bounds.
    """
    assessment = constraints.assessment
    merged = [merge_repeats(meal) for meal in draft.meals]
    chosen = [[foods()[food_id] for food_id in meal] for meal in merged]
    drafted = [grams for meal in merged for grams in meal.values()]
    solved = iter(
        solve_portions(
            chosen,
            drafted,
            assessment.target_kcal,
            assessment.macros,
            ceilings(constraints),
            floors(constraints),
        )
    )
    portions = [{food_id: next(solved) for food_id in meal} for meal in merged]
    return written(draft, portions, constraints)


def written(
    draft: NutritionDraft, portions: Sequence[Mapping[str, int]], constraints: NutritionConstraints
) -> NutritionPlan:
    """The plan of a day with these portions, grams by food for each meal."""
    assessment, language = constraints.assessment, constraints.profile.language
    times = meal_times(constraints.profile) or ("",) * len(draft.meals)
    meals = tuple(
        _meal(meal, [(foods()[food_id], grams) for food_id, grams in own.items()], language, time)
        for meal, own, time in zip(draft.meals, portions, times, strict=True)
    )
    eaten = [(foods()[portion.food_id], portion.grams) for meal in meals for portion in meal.portions]
    day = Nutrients.total(Nutrients.of(food, grams) for food, grams in eaten)
    nutrients = nutrient_totals(
        [[(foods()[portion.food_id], portion.grams) for portion in meal.portions] for meal in meals],
        constraints,
    )
    return NutritionPlan(
        meals=meals,
        target_kcal=assessment.target_kcal,
        total_kcal=round(day.kcal, 1),
        protein_g=round(day.protein_g, 1),
        carbohydrate_g=round(day.carbohydrate_g, 1),
        fat_g=round(day.fat_g, 1),
        fibre_g=round(day.fibre_g, 1),
        water_liters=assessment.water_liters,
        notes=notes(constraints, [food for food, _ in eaten], nutrients),
        nutrients=nutrients,
    )


def merge_repeats(meal: DraftMeal) -> dict[str, int]:
    """Grams by food: a food that a meal names twice is one portion."""
    portions: dict[str, int] = {}
    for item in meal.items:
        portions[item.food_id] = portions.get(item.food_id, 0) + item.grams
    return portions


def _meal(meal: DraftMeal, portions: list[tuple[Food, int]], language: Language, time: str) -> Meal:
    lines = tuple(_portion(food, grams, language) for food, grams in portions)
    eaten = [food.id for food, _ in portions]
    dish = dish_of(meal.name.role, eaten)
    return Meal(
        name=i18n.text(language, f"meal.{meal.name}"),
        portions=lines,
        kcal=round(sum(line.kcal for line in lines), 1),
        dish=dish_name(dish, eaten, language) if dish else "",
        time=time,
    )


def _portion(food: Food, grams: int, language: Language) -> FoodPortion:
    supplied = Nutrients.of(food, grams)
    return FoodPortion(
        food_id=food.id,
        name=food.name(language),
        grams=grams,
        kcal=round(supplied.kcal, 1),
        protein_g=round(supplied.protein_g, 1),
        carbohydrate_g=round(supplied.carbohydrate_g, 1),
        fat_g=round(supplied.fat_g, 1),
        household_measure=household_text(food.id, grams, language),
    )
