"""What is evaluated: plans asked for on behalf of members, the same for every arm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fitbox.advice.constraints import allowing
from fitbox.advice.vocabulary import NOTHING, Vocabulary
from fitbox.errors import NoPlanPossibleError
from fitbox.tasks import Task, TaskName, task
from fitbox_trainer.data.examples import Member
from fitbox_trainer.data.given_plans import advised
from fitbox_trainer.data.split import is_held_out, member_hash

PURPOSE = "planner arm"
"""Of the drafts that advice is about: the planner's arm draws with these seeds."""


@dataclass(frozen=True)
class Item:
    """One plan to ask for: a member and a task, with the slices it belongs to."""

    member: Member
    task: Task[Any, Any, Any]
    constraints: Any
    slices: dict[str, str]


def held_out(members: Iterable[Member], share: float) -> tuple[Member, ...]:
    """The members that no training sees."""
    return tuple(member for member in members if is_held_out(member.member_id, share))


def choose_members(members: Iterable[Member], *, count: int, held_out_share: float) -> tuple[Member, ...]:
    """At most ``count`` members in a fixed random order, those held out of training before the others."""
    ordered = sorted(
        members,
        key=lambda member: (
            not is_held_out(member.member_id, held_out_share),
            member_hash(member.member_id, "fitbox evaluation order"),
        ),
    )
    return tuple(ordered[:count])


def make_items(
    members: Sequence[Member],
    tasks: Sequence[TaskName] = tuple(TaskName),
    vocabulary: Vocabulary = NOTHING,
) -> tuple[Item, ...]:
    """One item a member and task, without those to whom nothing can be recommended.

    ``vocabulary`` is the candidate's: what it was taught to say beside the planner's sentences. Every arm is
    asked for advice about the same plans: those of the planner's arm.
    """
    items = []
    for member in members:
        for name in tasks:
            implementation = task(name)
            try:
                constraints = allowing(implementation.constrain(member.profile), vocabulary)
                constraints = advised(constraints, member.member_id, PURPOSE)
            except NoPlanPossibleError:
                continue
            items.append(Item(member, implementation, constraints, _slices(member, name, constraints)))
    return tuple(items)


def _slices(member: Member, name: TaskName, constraints: Any) -> dict[str, str]:
    profile, assessment = member.profile, constraints.assessment
    return {
        "task": name.value,
        "sex": profile.sex.value,
        "goal": assessment.goal.value,
        "bmi_class": assessment.bmi_class.value,
        "level": profile.level.value,
        "diet": profile.diet.value,
        "language": profile.language.value,
    }
