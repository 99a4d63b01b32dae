"""Arms: who chooses the plans. Each gives one judged outcome an item, so that arms can be compared item by
item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fitbox.errors import PlanInfeasibleError, PlanTextError
from fitbox.plan import NutritionPlan
from fitbox_trainer.data.split import seed_of
from fitbox_trainer.evaluation.decode import Decoded, Text
from fitbox_trainer.evaluation.items import Item


@dataclass(frozen=True)
class Outcome:
    """One arm's answer for one item. What is not a whole plan has quality 0."""

    quality: float
    """The task's quality score, 0 to 1."""
    parsed: bool
    """Whether the text is a whole plan in the format."""
    feasible: bool
    """Whether portions and sets could be fitted to the targets."""
    violations: tuple[str, ...]
    """Codes of what the member's constraints forbid."""
    text: str
    answered: bool = True
    """Whether there was an answer at all: False where the engine refused the request."""
    measures: Mapping[str, float] = field(default_factory=dict)
    """The task's components, and raw measures under ``raw_``."""
    kcal_error: float | None = None
    """Of a finished day of eating: relative distance from the target."""
    tokens: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Arm:
    """All outcomes of one arm, in the order of the items. ``seconds`` is the wall time of an engine's
    texts.
    """

    name: str
    outcomes: tuple[Outcome, ...]
    seconds: float | None = None

    @property
    def scores(self) -> list[float]:
        """Quality of every item."""
        return [outcome.quality for outcome in self.outcomes]

    @property
    def unanswered(self) -> int:
        """Items without an answer."""
        return sum(not outcome.answered for outcome in self.outcomes)

    @property
    def whole(self) -> bool:
        """Whether every item was answered."""
        return self.unanswered == 0


def planner_arm(items: Sequence[Item]) -> Arm:
    """The expert planner: it writes the training targets, so it is the ceiling."""
    return _drafted("planner", items, lambda item, seed: item.task.plan(item.constraints, seed))


def random_arm(items: Sequence[Item]) -> Arm:
    """Drafts drawn at random from what the grammar allows: the floor."""
    return _drafted("random", items, lambda item, seed: item.task.random(item.constraints, seed))


def decoded_arm(name: str, items: Sequence[Item], decoded: Decoded) -> Arm:
    """Texts of an engine."""
    outcomes = (_judge_text(item, text) for item, text in zip(items, decoded.texts, strict=True))
    return Arm(name, tuple(outcomes), decoded.seconds)


def _drafted(name: str, items: Sequence[Item], draw: Callable[[Item, int], Any]) -> Arm:
    outcomes = []
    for item in items:
        draft = draw(item, seed_of(item.member.member_id, f"{name} arm {item.task.name}"))
        outcomes.append(_judge(item, draft, item.task.render(draft)))
    return Arm(name, tuple(outcomes))


def _judge_text(item: Item, text: Text) -> Outcome:
    if not text.answered:
        return Outcome(0.0, False, False, (), "", answered=False, tokens=0, seconds=text.seconds)
    try:
        if not text.whole:
            raise PlanTextError("cut at the token limit")
        draft = item.task.parse(text.text, item.constraints)
    except PlanTextError:
        return Outcome(0.0, False, False, (), text.text, tokens=text.tokens, seconds=text.seconds)
    return _judge(item, draft, text.text, tokens=text.tokens, seconds=text.seconds)


def _judge(
    item: Item, draft: Any, text: str, *, tokens: int | None = None, seconds: float | None = None
) -> Outcome:
    measures = dict(item.task.score(draft, item.constraints))
    quality = measures.pop("quality")
    try:
        plan = item.task.finish(draft, item.constraints)
    except PlanInfeasibleError:
        # The server would ask again: nothing that could not be finished reaches a member, or earns a score.
        return Outcome(0.0, True, False, (), text, measures=measures, tokens=tokens, seconds=seconds)
    return Outcome(
        quality=quality,
        parsed=True,
        feasible=True,
        violations=tuple(violation.code for violation in item.task.check(plan, item.constraints)),
        text=text,
        measures=measures,
        kcal_error=_kcal_error(plan),
        tokens=tokens,
        seconds=seconds,
    )


def _kcal_error(plan: Any) -> float | None:
    if isinstance(plan, NutritionPlan) and plan.target_kcal > 0:
        return abs(plan.total_kcal - plan.target_kcal) / plan.target_kcal
    return None
