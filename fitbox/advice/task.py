"""The advice task: the steps that training, serving and evaluation share, each in its own module."""

from __future__ import annotations

from collections.abc import Mapping

from fitbox.advice import check, constraints, finish, planner, prompt, sample, score, text
from fitbox.advice.constraints import AdviceConstraints
from fitbox.advice.text import AdviceDraft
from fitbox.chat import Message
from fitbox.plan import Advice
from fitbox.profile import Profile
from fitbox.tasks import TaskName, Violation


class AdviceTask:
    """Three to five short personal tips. Implements :class:`fitbox.tasks.Task`."""

    name = TaskName.ADVICE
    max_new_tokens = 256

    def constrain(self, profile: Profile) -> AdviceConstraints:
        """The envelope; advice is always possible."""
        return constraints.constrain(profile)

    def messages(self, constraints: AdviceConstraints) -> tuple[Message, ...]:
        """The chat prompt."""
        return prompt.messages(constraints)

    def grammar(self, constraints: AdviceConstraints) -> str:
        """EBNF of every allowed text."""
        return text.grammar(constraints)

    def parse(self, text_: str, constraints: AdviceConstraints) -> AdviceDraft:
        """Text -> draft. Raises PlanTextError."""
        return text.parse(text_, constraints)

    def render(self, draft: AdviceDraft) -> str:
        """Draft -> text."""
        return text.render(draft)

    def plan(self, constraints: AdviceConstraints, seed: int) -> AdviceDraft:
        """The expert planner's draft."""
        return planner.plan(constraints, seed)

    def random(self, constraints: AdviceConstraints, seed: int) -> AdviceDraft:
        """A random draft within the grammar."""
        return sample.random_draft(constraints, seed)

    def finish(self, draft: AdviceDraft, constraints: AdviceConstraints) -> Advice:
        """Draft -> advice with headings and notes."""
        return finish.finish(draft, constraints)

    def check(self, plan: Advice, constraints: AdviceConstraints) -> tuple[Violation, ...]:
        """Everything the envelope forbids."""
        return check.check(plan, constraints)

    def score(self, draft: AdviceDraft, constraints: AdviceConstraints) -> Mapping[str, float]:
        """Quality components."""
        return score.score(draft, constraints)
