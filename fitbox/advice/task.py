"""The advice task: three to five short personal tips."""

from __future__ import annotations

from fitbox.advice import check, constraints, finish, planner, prompt, sample, score, text
from fitbox.advice.constraints import AdviceConstraints
from fitbox.advice.text import AdviceDraft
from fitbox.plan import Advice
from fitbox.task import Task, TaskName

AdviceTask = Task[AdviceConstraints, AdviceDraft, Advice]

ADVICE: AdviceTask = Task(
    name=TaskName.ADVICE,
    max_new_tokens=320,
    constrain=constraints.constrain,
    messages=prompt.messages,
    grammar=text.grammar,
    parse=text.parse,
    render=text.render,
    plan=planner.plan,
    random=sample.random_draft,
    finish=finish.finish,
    check=check.check,
    score=score.score,
    allow=constraints.with_vocabulary,
)
