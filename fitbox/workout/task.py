"""The workout task: a training week."""

from __future__ import annotations

from collections.abc import Mapping

from fitbox.chat import Message
from fitbox.plan import WorkoutPlan
from fitbox.profile import Profile
from fitbox.tasks import TaskName, Violation
from fitbox.workout import check, constraints, finish, planner, prompt, random_draft, score, text
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.draft import WorkoutDraft


class WorkoutTask:
    """Implements :class:`fitbox.tasks.Task`; each method is the function of the module it names."""

    name = TaskName.WORKOUT
    max_new_tokens = 400

    def constrain(self, profile: Profile) -> WorkoutConstraints:
        """See :func:`fitbox.workout.constraints.constrain`."""
        return constraints.constrain(profile)

    def messages(self, constraints: WorkoutConstraints) -> tuple[Message, ...]:
        """See :func:`fitbox.workout.prompt.messages`."""
        return prompt.messages(constraints)

    def grammar(self, constraints: WorkoutConstraints) -> str:
        """See :func:`fitbox.workout.text.grammar`."""
        return text.grammar(constraints)

    def parse(self, written: str, constraints: WorkoutConstraints) -> WorkoutDraft:
        """See :func:`fitbox.workout.text.parse`."""
        return text.parse(written, constraints)

    def render(self, draft: WorkoutDraft) -> str:
        """See :func:`fitbox.workout.text.render`."""
        return text.render(draft)

    def plan(self, constraints: WorkoutConstraints, seed: int) -> WorkoutDraft:
        """See :func:`fitbox.workout.planner.plan_week`."""
        return planner.plan_week(constraints, seed)

    def random(self, constraints: WorkoutConstraints, seed: int) -> WorkoutDraft:
        """See :func:`fitbox.workout.random_draft.random_draft`."""
        return random_draft.random_draft(constraints, seed)

    def finish(self, draft: WorkoutDraft, constraints: WorkoutConstraints) -> WorkoutPlan:
        """See :func:`fitbox.workout.finish.finish`."""
        return finish.finish(draft, constraints)

    def check(self, plan: WorkoutPlan, constraints: WorkoutConstraints) -> tuple[Violation, ...]:
        """See :func:`fitbox.workout.check.check`."""
        return check.check(plan, constraints)

    def score(self, draft: WorkoutDraft, constraints: WorkoutConstraints) -> Mapping[str, float]:
        """See :func:`fitbox.workout.score.score`."""
        return score.score(draft, constraints)
