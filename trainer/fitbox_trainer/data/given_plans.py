"""The planner's week and day for a member, which the member's advice is about.

Drafts are kept, since a member's week is a training target and what the advice's example speaks of: planning
it twice would be most of what an example costs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fitbox.advice.constraints import AdviceConstraints, about
from fitbox.advice.own_plan import OwnPlan
from fitbox.errors import NoPlanPossibleError, PlanInfeasibleError
from fitbox.plan import NutritionPlan, Plan, WorkoutPlan
from fitbox.profile import Profile
from fitbox.tasks import TaskName, task
from fitbox_trainer.data.split import seed_of

KEPT_DRAFTS = 8192
ADVISED_ALONE = 4
"""One training example of advice in so many has no plans: callers may send none."""


@lru_cache(maxsize=KEPT_DRAFTS)
def draft(name: TaskName, profile: Profile, seed: int) -> Any:
    """The planner's draft of a week or a day.

    Raises:
        NoPlanPossibleError: the member's envelope leaves none.
    """
    implementation: Any = task(name)
    return implementation.plan(implementation.constrain(profile), seed)


@lru_cache(maxsize=KEPT_DRAFTS)
def own_plan(profile: Profile, member_id: str, purpose: str) -> OwnPlan:
    """What an advice may say of the plans drafted for ``purpose``; nothing of one that cannot be made."""
    made = plans(profile, member_id, purpose)
    return OwnPlan.of(
        next((one for one in made if isinstance(one, WorkoutPlan)), None),
        next((one for one in made if isinstance(one, NutritionPlan)), None),
        profile.language,
    )


def plans(profile: Profile, member_id: str, purpose: str) -> tuple[Plan, ...]:
    """The planner's week and day, as far as they can be made."""
    made: list[Plan] = []
    for name in (TaskName.WORKOUT, TaskName.NUTRITION):
        implementation: Any = task(name)
        try:
            drafted = draft(name, profile, plan_seed(member_id, purpose, name))
            made.append(implementation.finish(drafted, implementation.constrain(profile)))
        except (NoPlanPossibleError, PlanInfeasibleError):
            continue
    return tuple(made)


def plan_seed(member_id: str, purpose: str, name: TaskName) -> int:
    """The seed of a draft: for each member, purpose and task another."""
    return seed_of(member_id, f"{purpose} {name}")


def is_advised_alone(member_id: str) -> bool:
    """Whether a member's advice is learnt without plans."""
    return seed_of(member_id, "advice alone") % ADVISED_ALONE == 0


def advised(constraints: Any, member_id: str, purpose: str) -> Any:
    """The constraints of any task, those of an advice for a member who was given the planner's plans."""
    if isinstance(constraints, AdviceConstraints):
        return about(constraints, own_plan(constraints.profile, member_id, purpose))
    return constraints
