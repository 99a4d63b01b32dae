"""The table of tasks."""

from __future__ import annotations

from collections.abc import Mapping

from fitbox.advice.task import ADVICE, AdviceTask
from fitbox.nutrition.task import NUTRITION, NutritionTask
from fitbox.task import Task, TaskName
from fitbox.workout.task import WORKOUT, WorkoutTask

__all__ = ["TASKS", "AnyTask", "Task", "TaskName", "task"]

AnyTask = WorkoutTask | NutritionTask | AdviceTask

TASKS: Mapping[TaskName, AnyTask] = {
    TaskName.WORKOUT: WORKOUT,
    TaskName.NUTRITION: NUTRITION,
    TaskName.ADVICE: ADVICE,
}


def task(name: TaskName) -> AnyTask:
    """The task of that name."""
    return TASKS[name]
