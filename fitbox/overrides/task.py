"""The task of a kind of override, as the coach wants it."""

from __future__ import annotations

from fitbox.nutrition.task import NutritionTask
from fitbox.overrides.nutrition import overridden_nutrition
from fitbox.overrides.values import NutritionOverrides, Overrides
from fitbox.overrides.workout import overridden_workout
from fitbox.workout.task import WorkoutTask


def overridden(overrides: Overrides) -> WorkoutTask | NutritionTask:
    """A week's or a day's task whose every plan keeps the coach's word.

    Its ``constrain`` raises InvalidProfileError for an override that is not of the member's envelope.
    """
    if isinstance(overrides, NutritionOverrides):
        return overridden_nutrition(overrides)
    return overridden_workout(overrides)
