"""The workout task: a training week."""

from __future__ import annotations

from fitbox.plan import WorkoutPlan
from fitbox.task import Task, TaskName
from fitbox.workout import check, constraints, finish, planner, prompt, random_draft, score, text
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.draft import WorkoutDraft

WorkoutTask = Task[WorkoutConstraints, WorkoutDraft, WorkoutPlan]

WORKOUT: WorkoutTask = Task(
    name=TaskName.WORKOUT,
    max_new_tokens=600,
    constrain=constraints.constrain,
    messages=prompt.messages,
    grammar=text.grammar,
    parse=text.parse,
    render=text.render,
    plan=planner.plan_week,
    random=random_draft.random_draft,
    finish=finish.finish,
    check=check.check,
    score=score.score,
)
