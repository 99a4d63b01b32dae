"""NutritionTask: a day of eating, behind the interface that all tasks share."""

from __future__ import annotations

from collections.abc import Mapping

from fitbox.chat import Message
from fitbox.nutrition import check, finish, planner, prompt, sample, score, text
from fitbox.nutrition.constraints import NutritionConstraints, constrain
from fitbox.nutrition.draft import NutritionDraft
from fitbox.plan import NutritionPlan
from fitbox.profile import Profile
from fitbox.tasks import TaskName, Violation


class NutritionTask:
    """Implements :class:`fitbox.tasks.Task`; each method is documented there."""

    name = TaskName.NUTRITION
    max_new_tokens = 256
    """Six meals with the most foods and long names; a usual day of four meals takes 100."""

    def constrain(self, profile: Profile) -> NutritionConstraints:
        return constrain(profile)

    def messages(self, constraints: NutritionConstraints) -> tuple[Message, ...]:
        return prompt.messages(constraints)

    def grammar(self, constraints: NutritionConstraints) -> str:
        return text.grammar(constraints)

    def parse(self, text_: str, constraints: NutritionConstraints) -> NutritionDraft:
        return text.parse(text_, constraints)

    def render(self, draft: NutritionDraft) -> str:
        return text.render(draft)

    def plan(self, constraints: NutritionConstraints, seed: int) -> NutritionDraft:
        return planner.plan_draft(constraints, seed)

    def random(self, constraints: NutritionConstraints, seed: int) -> NutritionDraft:
        return sample.random_draft(constraints, seed)

    def finish(self, draft: NutritionDraft, constraints: NutritionConstraints) -> NutritionPlan:
        return finish.finish(draft, constraints)

    def check(self, plan: NutritionPlan, constraints: NutritionConstraints) -> tuple[Violation, ...]:
        return check.check(plan, constraints)

    def score(self, draft: NutritionDraft, constraints: NutritionConstraints) -> Mapping[str, float]:
        return score.score(draft, constraints)
