"""Arms: who chooses the plans. Each gives one judged outcome an item, so that arms can be compared item by
item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fitbox.choosing import Rated, choose, items_of
from fitbox.decoding import DECODING, Decoding
from fitbox.errors import PlanInfeasibleError, PlanTextError
from fitbox.plan import NutritionPlan
from fitbox_trainer.data.split import seed_of
from fitbox_trainer.evaluation.decode import Decoded, Text, by_item
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
    """Of all candidates together."""
    seconds: float | None = None
    """Of the one that took longest."""
    chosen_from: int = 1
    """Candidates."""
    dropped: int = 0
    """Of these, texts that were no plan, or one with violations."""
    items: frozenset[str] = frozenset()
    """Foods, exercises or sentences of the finished plan."""


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


def decoded_arm(name: str, items: Sequence[Item], decoded: Decoded, decoding: Decoding = DECODING) -> Arm:
    """Texts of an engine: of each item's candidates the one that the server would take."""
    outcomes = (
        _best([_judge_text(item, text) for text in texts])
        for item, texts in zip(items, by_item(items, decoded, decoding), strict=True)
    )
    return Arm(name, tuple(outcomes), decoded.seconds)


def _best(candidates: Sequence[Outcome]) -> Outcome:
    """The chosen one, or the first where none could be served."""
    rated = [
        Rated(one.quality, one.items, safe=not one.violations) if one.parsed and one.feasible else None
        for one in candidates
    ]
    best = candidates[choose(rated) or 0]
    return replace(
        best,
        answered=all(one.answered for one in candidates),
        tokens=sum(one.tokens or 0 for one in candidates),
        seconds=max(one.seconds or 0.0 for one in candidates),
        chosen_from=len(candidates),
        dropped=sum(one is None or not one.safe for one in rated),
    )


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
        plan = item.task.finish(item.task.complete(draft, item.constraints), item.constraints)
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
        items=items_of(plan),
    )


def _kcal_error(plan: Any) -> float | None:
    if isinstance(plan, NutritionPlan) and plan.target_kcal > 0:
        return abs(plan.total_kcal - plan.target_kcal) / plan.target_kcal
    return None
