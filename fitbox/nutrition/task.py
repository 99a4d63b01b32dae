"""The nutrition task: a day of eating."""

from __future__ import annotations

from fitbox.nutrition import check, complete, constraints, finish, planner, prompt, sample, score, text
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.draft import NutritionDraft
from fitbox.plan import NutritionPlan
from fitbox.task import Task, TaskName

NutritionTask = Task[NutritionConstraints, NutritionDraft, NutritionPlan]

NUTRITION: NutritionTask = Task(
    name=TaskName.NUTRITION,
    max_new_tokens=256,  # six meals with the most foods and long names; a usual day of four meals takes 100
    constrain=constraints.constrain,
    messages=prompt.messages,
    grammar=text.grammar,
    parse=text.parse,
    render=text.render,
    plan=planner.plan_draft,
    random=sample.random_draft,
    finish=finish.finish,
    check=check.check,
    score=score.score,
    complete=complete.completed,
)
