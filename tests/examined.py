"""Plans made by hand for the rulers, and where files of others may lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fitbox_trainer.examine.rulers.case import Case, Figures

from fitbox import i18n
from fitbox.exercises import Mode, exercises
from fitbox.foods import foods
from fitbox.plan import (
    Advice,
    ExercisePrescription,
    FoodPortion,
    Meal,
    NutritionPlan,
    Session,
    Tip,
    WorkoutPlan,
)
from fitbox.profile import Goal, Language, Profile, Sex

FIGURES = Figures(2000, 120, 28, 2.0, -0.4, ((100, 115), (116, 135), (136, 150), (151, 165), (166, 185)))
KNOWN = frozenset({"Eat 2000 kcal a day to lose fat, not muscle.", "Stop a set when your form breaks."})


def outside(name: str) -> Path:
    """A file that is not part of this project, in the folder that ``FITBOX_OUTSIDE_DATA`` names.

    Skips the test where it is not there.
    """
    path = Path(os.environ.get("FITBOX_OUTSIDE_DATA", "/nowhere")) / name
    if not path.is_file():
        pytest.skip(f"{name} is not part of this project; FITBOX_OUTSIDE_DATA names the folder that has it")
    return path


def case(
    week: WorkoutPlan | None = None,
    days: tuple[NutritionPlan, ...] = (),
    tips: tuple[str, ...] = (),
    *,
    goal: Goal = Goal.MAINTENANCE,
    referred: bool = False,
    figures: Figures = FIGURES,
    known: frozenset[str] = KNOWN,
    **profile: object,
) -> Case:
    """A member with these plans; anything else about the member by name."""
    values: dict[str, object] = {"age_years": 30, "sex": Sex.FEMALE, "weight_kg": 65, "height_cm": 170}
    return Case(
        member_id="m",
        profile=Profile.model_validate(values | profile),
        goal=goal,
        referred=referred,
        figures=figures,
        known_sentences=known,
        week=week,
        days=days,
        advice=Advice(tuple(Tip("Energy", text) for text in tips), ()) if tips else None,
    )


def line(exercise_id: str, sets: int = 3, amount: int = 10, zone: int | None = None) -> ExercisePrescription:
    """One line; ``amount`` in whatever the exercise is counted in."""
    exercise = exercises()[exercise_id]
    return ExercisePrescription(
        exercise_id=exercise_id,
        name=exercise.name_en,
        sets=sets,
        repetitions=amount if exercise.mode is Mode.REPS else None,
        hold_seconds=amount if exercise.mode is Mode.HOLD else None,
        duration_minutes=amount if exercise.mode is Mode.CARDIO else None,
        rest_seconds=60,
        heart_rate_zone=zone,
        muscles=(),
    )


def week(*days: tuple[int, tuple[ExercisePrescription, ...]], minutes: int = 60) -> WorkoutPlan:
    """A week by day of the week (Monday 0) and lines."""
    return WorkoutPlan(
        tuple(
            Session(
                day=number,
                weekday=i18n.text(Language.EN, f"weekday.{i18n.WEEKDAYS[day]}"),
                focus="",
                exercises=lines,
                warm_up_minutes=5,
                total_minutes=minutes,
            )
            for number, (day, lines) in enumerate(days, start=1)
        ),
        {},
        "",
        (),
    )


def day(**meals: dict[str, int]) -> NutritionPlan:
    """A day of eating: grams by food id, by name of the meal (``lunch=``)."""
    planned = tuple(
        Meal(
            i18n.text(Language.EN, f"meal.{name}"),
            tuple(_portion(food_id, grams) for food_id, grams in portions.items()),
            0.0,
        )
        for name, portions in meals.items()
    )
    eaten = [one for meal in planned for one in meal.portions]
    fibre = sum(foods()[one.food_id].fibre_g * one.grams / 100 for one in eaten)
    kcal = sum(one.kcal for one in eaten)
    return NutritionPlan(
        planned,
        kcal,
        kcal,
        sum(one.protein_g for one in eaten),
        sum(one.carbohydrate_g for one in eaten),
        sum(one.fat_g for one in eaten),
        fibre,
        2.0,
        (),
    )


def _portion(food_id: str, grams: int) -> FoodPortion:
    food = foods()[food_id]
    part = grams / 100
    return FoodPortion(
        food_id,
        food.name_en,
        grams,
        food.kcal * part,
        food.protein_g * part,
        food.carbohydrate_g * part,
        food.fat_g * part,
    )
