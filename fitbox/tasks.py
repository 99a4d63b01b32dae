"""The table of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from fitbox.advice.constraints import allowing
from fitbox.advice.task import ADVICE, AdviceTask
from fitbox.advice.vocabulary import Vocabulary
from fitbox.nutrition.task import NUTRITION, NutritionTask
from fitbox.task import Task, TaskName
from fitbox.workout.task import WORKOUT, WorkoutTask

__all__ = ["TASKS", "AnyTask", "Task", "TaskName", "task", "taught"]

AnyTask = WorkoutTask | NutritionTask | AdviceTask

TASKS: Mapping[TaskName, AnyTask] = {
    TaskName.WORKOUT: WORKOUT,
    TaskName.NUTRITION: NUTRITION,
    TaskName.ADVICE: ADVICE,
}


def task(name: TaskName) -> AnyTask:
    """The task of that name."""
    return TASKS[name]


def taught(plain: AnyTask, vocabulary: Vocabulary) -> AnyTask:
    """The task for a version that may say these released sentences too."""
    if plain.name is not TaskName.ADVICE or not vocabulary.sentences:
        return plain
    advice = cast("AdviceTask", plain)
    return replace(advice, constrain=lambda profile: allowing(advice.constrain(profile), vocabulary))
