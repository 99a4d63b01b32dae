"""Three recommendation tasks behind one interface: training, serving and evaluation cannot differ.

A request goes through the same steps everywhere::

    profile -> constrain -> messages + grammar -> (engine) text -> parse -> finish -> check -> plan
                                                        examples: render(draft of the expert planner)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from fitbox.chat import Message
from fitbox.profile import Profile


class TaskName(StrEnum):
    """Names of the tasks, as metric labels and training records use them."""

    WORKOUT = "workout"
    NUTRITION = "nutrition"
    ADVICE = "advice"


@dataclass(frozen=True)
class Violation:
    """A plan contains what the member's constraints forbid. ``code`` is stable, ``detail`` names the item."""

    code: str
    detail: str


class Task(Protocol):
    """One kind of recommendation. All methods are pure; constraints, draft and plan are frozen.

    A *draft* is what the model (or the planner) chose, nothing computed; a *plan* is the draft after the
    numbers that have a formula were computed and fitted, ready to convert into a reply.
    """

    name: TaskName
    max_new_tokens: int
    """Bound of the tokens that a text takes in practice; a longer one is cut, and so a failed reply."""

    def constrain(self, profile: Profile) -> Any:
        """The safety envelope. Raises NoPlanPossibleError where nothing is left to recommend.

        The result has ``.profile``, ``.assessment`` and ``.key`` (str: equal keys have equal grammars).
        """

    def messages(self, constraints: Any) -> tuple[Message, ...]:
        """The chat prompt: system and user message. No text typed by a client is in it."""

    def grammar(self, constraints: Any) -> str:
        """EBNF (xgrammar dialect, root rule ``root``) that every allowed text, and no other, satisfies."""

    def parse(self, text: str, constraints: Any) -> Any:
        """Text -> draft. Raises PlanTextError for anything that :meth:`grammar` would not produce in full."""

    def render(self, draft: Any) -> str:
        """Draft -> text; ``parse(render(d), c) == d`` for every draft the grammar allows."""

    def plan(self, constraints: Any, seed: int) -> Any:
        """The expert planner: a draft, deterministic for ``seed``; training target and fallback."""

    def random(self, constraints: Any, seed: int) -> Any:
        """A draft drawn at random from what the grammar allows: the floor that evaluations compare with."""

    def finish(self, draft: Any, constraints: Any) -> Any:
        """Draft -> plan: portions solved, sets fitted to the time. Raises PlanInfeasibleError."""

    def check(self, plan: Any, constraints: Any) -> tuple[Violation, ...]:
        """Everything in the plan that the constraints forbid; empty for whatever the grammar allows."""

    def score(self, draft: Any, constraints: Any) -> Mapping[str, float]:
        """Quality components, each in [0, 1] (1 is best), plus raw measures prefixed ``raw_``; never raises.

        Key ``quality`` is the weighted score; weights and reasons are in ``docs/quality.md``.
        """


def task(name: TaskName) -> Task:
    """The implementation of a task."""
    from fitbox.advice.task import AdviceTask
    from fitbox.nutrition.task import NutritionTask
    from fitbox.workout.task import WorkoutTask

    match name:
        case TaskName.WORKOUT:
            return WorkoutTask()
        case TaskName.NUTRITION:
            return NutritionTask()
        case TaskName.ADVICE:
            return AdviceTask()
