"""What a kind of recommendation is: one record of pure functions that training, serving and evaluation share.

A request goes through the same steps everywhere::

    profile -> constrain -> messages + grammar -> (engine) text -> parse -> finish -> check -> plan
                                                        examples: render(draft of the expert planner)

The records themselves are in :mod:`fitbox.tasks`; the modules that they are made of import this one alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from fitbox.advice.vocabulary import NOTHING, Vocabulary
from fitbox.assessment import Assessment
from fitbox.chat import Message
from fitbox.plan import Plan, PlanT
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


class Constraints(Protocol):
    """What the safety envelopes of all tasks have in common; each is frozen."""

    @property
    def profile(self) -> Profile:
        """Whose envelope it is."""

    @property
    def assessment(self) -> Assessment:
        """Everything that follows from the profile by formula."""

    @property
    def key(self) -> str:
        """Equal keys have equal grammars."""


ConstraintsT = TypeVar("ConstraintsT", bound=Constraints)
DraftT = TypeVar("DraftT")


@dataclass(frozen=True)
class Checked:
    """A finished plan, and everything in it that the member's constraints forbid."""

    plan: Plan
    violations: tuple[Violation, ...]
    quality: float
    """The task's score of its draft."""


@dataclass(frozen=True)
class Prepared:
    """One member before one task: all that a server needs, whatever types the task works with inside."""

    assessment: Assessment
    messages: tuple[Message, ...]
    grammar: str
    read: Callable[[str], Checked]
    """Text -> plan. Raises PlanTextError, PlanInfeasibleError."""
    planned: Callable[[int], Plan]
    """Seed -> the expert planner's plan."""


def _as_it_is(draft: DraftT, constraints: ConstraintsT) -> DraftT:
    return draft


def _as_they_are(constraints: ConstraintsT, vocabulary: Vocabulary) -> ConstraintsT:
    return constraints


@dataclass(frozen=True)
class Task(Generic[ConstraintsT, DraftT, PlanT]):
    """One kind of recommendation. Every function is pure; constraints, draft and plan are frozen.

    A *draft* is what the model (or the planner) chose, nothing computed; a *plan* is the draft after the
    numbers that have a formula were computed and fitted, ready to convert into a reply.
    """

    name: TaskName
    max_new_tokens: int
    """Bound of the tokens that a text takes in practice; a longer one is cut, and so a failed reply."""
    constrain: Callable[[Profile], ConstraintsT]
    """The safety envelope. Raises NoPlanPossibleError where nothing is left to recommend."""
    messages: Callable[[ConstraintsT], tuple[Message, ...]]
    """The chat prompt: system and user message. No text typed by a client is in it."""
    grammar: Callable[[ConstraintsT], str]
    """EBNF (xgrammar dialect, root rule ``root``) that every allowed text, and no other, satisfies."""
    parse: Callable[[str, ConstraintsT], DraftT]
    """Text -> draft. Raises PlanTextError for anything that ``grammar`` would not produce in full."""
    render: Callable[[DraftT], str]
    """Draft -> text; ``parse(render(d), c) == d`` for every draft the grammar allows."""
    plan: Callable[[ConstraintsT, int], DraftT]
    """The expert planner: a draft, deterministic for the seed; training target and fallback."""
    random: Callable[[ConstraintsT, int], DraftT]
    """A draft drawn at random from what the grammar allows: the floor that evaluations compare with."""
    finish: Callable[[DraftT, ConstraintsT], PlanT]
    """Draft -> plan: portions solved, sets fitted to the time. Raises PlanInfeasibleError."""
    check: Callable[[PlanT, ConstraintsT], tuple[Violation, ...]]
    """Everything in the plan that the constraints forbid; empty for whatever the grammar allows."""
    score: Callable[[DraftT, ConstraintsT], Mapping[str, float]]
    """Quality components, each in [0, 1] (1 is best), plus raw measures prefixed ``raw_``; never raises.

    Key ``quality`` is the weighted score; weights and reasons are in ``docs/quality.md``.
    """

    complete: Callable[[DraftT, ConstraintsT], DraftT] = _as_it_is
    """A model's draft -> one that can be finished, with the least change; others are finished as they are,
    since a coach, or who exchanges one item, means what is written."""
    allow: Callable[[ConstraintsT, Vocabulary], ConstraintsT] = _as_they_are
    """What a version's own vocabulary adds to the envelope; most tasks have none."""

    def prepare(self, profile: Profile, vocabulary: Vocabulary = NOTHING) -> Prepared:
        """Constraints, prompt and grammar of a member, for a version that may say ``vocabulary`` too.

        Raises:
            NoPlanPossibleError: nothing is left to recommend.
        """
        constraints = self.allow(self.constrain(profile), vocabulary)

        def read(text: str) -> Checked:
            draft = self.parse(text, constraints)
            plan = self.finish(self.complete(draft, constraints), constraints)
            return Checked(plan, self.check(plan, constraints), self.score(draft, constraints)["quality"])

        def planned(seed: int) -> Plan:
            return self.finish(self.plan(constraints, seed), constraints)

        return Prepared(
            constraints.assessment, self.messages(constraints), self.grammar(constraints), read, planned
        )
