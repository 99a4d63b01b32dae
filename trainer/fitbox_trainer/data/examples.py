"""Training examples: members -> chat messages and target text -> token ids with the prompt masked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from fitbox.advice.constraints import allowing
from fitbox.advice.vocabulary import NOTHING, Vocabulary
from fitbox.chat import ChatTokenizer, Message, token_ids
from fitbox.errors import (
    DatasetError,
    InvalidProfileError,
    NoPlanPossibleError,
    PlanInfeasibleError,
)
from fitbox.profile import Profile, validate_profile
from fitbox.tasks import Task, TaskName, task
from fitbox_trainer.data.coach import CoachTextError, read_coach_text
from fitbox_trainer.data.given_plans import advised, draft, is_advised_alone, plan_seed
from fitbox_trainer.data.histories import Planned, with_drawn_history

COACH = "coach"
PLANNER = "planner"
PURPOSE = "plan"
"""Of the planner's drafts that are targets."""


@dataclass(frozen=True)
class Member:
    """One accepted row: who, and the coach's own texts where the file had any."""

    member_id: str
    profile: Profile
    targets: Mapping[TaskName, str]
    waiting: Mapping[TaskName, str] = field(default_factory=dict)
    """Texts that become targets once a second person has released their sentences."""


@dataclass(frozen=True)
class Example:
    """One conversation to learn. ``source`` is ``coach`` or ``planner``."""

    member_id: str
    task: TaskName
    messages: tuple[Message, ...]
    target: str
    source: str


@dataclass(frozen=True)
class Encoded:
    """Token ids of a whole conversation; the first ``prompt_tokens`` carry no loss."""

    example: Example
    token_ids: tuple[int, ...]
    prompt_tokens: int

    @property
    def completion_tokens(self) -> int:
        """Tokens that carry loss, the end-of-turn token included."""
        return len(self.token_ids) - self.prompt_tokens


class Tokenizer(ChatTokenizer, Protocol):
    """The part of a transformers tokenizer that encoding needs."""

    eos_token_id: int


def read_members(paths: Iterable[Path]) -> tuple[Member, ...]:
    """Members of all files, in order, each id once (the one with the most targets, then the first).

    Raises:
        DatasetError: a line that is not JSON, or not a member; names the file and the line.
    """
    members: dict[str, Member] = {}
    for path in paths:
        for where, line in _lines(path):
            member = _member(line, where)
            known = members.setdefault(member.member_id, member)
            if len(member.targets) + len(member.waiting) > len(known.targets) + len(known.waiting):
                members[member.member_id] = member
    return tuple(members.values())


def member_ids(path: Path) -> frozenset[str]:
    """The ids in a file of members, read line by line.

    Raises:
        DatasetError: as :func:`read_members`.
    """
    found = set()
    for where, line in _lines(path):
        try:
            found.add(str(json.loads(line)["member_id"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise DatasetError(f"{where}: not a member: {error}") from None
    return frozenset(found)


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Lines that are not empty, each with its place."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield f"{path.name}:{number}", line


def _member(line: bytes, where: str) -> Member:
    try:
        values = json.loads(line)
        texts = [
            {TaskName(name): str(text) for name, text in (values.get(kind) or {}).items() if text}
            for kind in ("targets", "waiting")
        ]
        return Member(str(values["member_id"]), validate_profile(values["profile"]), *texts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidProfileError) as error:
        raise DatasetError(f"{where}: not a member: {error}") from None


def constraints_of(
    member: Member, implementation: Task[Any, Any, Any], vocabulary: Vocabulary = NOTHING
) -> Any:
    """The constraints that a member's example is made within, before a history is drawn.

    Raises:
        NoPlanPossibleError: the task leaves the member nothing to recommend.
    """
    constraints = allowing(implementation.constrain(member.profile), vocabulary)
    if is_advised_alone(member.member_id):
        return constraints
    return advised(constraints, member.member_id, PURPOSE)


def build_example(
    member: Member, implementation: Task[Any, Any, Any], vocabulary: Vocabulary = NOTHING
) -> Example | None:
    """The example of one member and task; ``None`` where the task leaves the member nothing to recommend.

    A coach's text is the target if it parses, can be finished and violates nothing; otherwise the expert
    planner writes it, seeded by the member id, so that the same data always gives the same examples; then a
    share of the members who have no history get one (:mod:`fitbox_trainer.data.histories`).
    Sentences of ``vocabulary`` are those that were released when the run began. Most advice is about the
    planner's week and day for the same member, without a drawn history.
    """
    try:
        constraints = constraints_of(member, implementation, vocabulary)
        coach = _coach_target(member, implementation, constraints)
        if coach is None and isinstance(constraints, Planned):
            constraints = with_drawn_history(constraints, member.member_id)
        target = coach or _planned(implementation, constraints, member.member_id)
    except (NoPlanPossibleError, PlanInfeasibleError):
        return None
    return Example(
        member_id=member.member_id,
        task=implementation.name,
        messages=tuple(implementation.messages(constraints)),
        target=target,
        source=COACH if coach else PLANNER,
    )


@dataclass(frozen=True)
class Recipe:
    """What examples are planned from: nothing else decides them, so they may be planned anywhere.

    Slot ``i`` is member ``i // tasks`` and task ``i % tasks``.
    """

    members: tuple[Member, ...]
    tasks: tuple[TaskName, ...]
    vocabulary: Vocabulary = NOTHING

    def plan(self, slot: int) -> Example | None:
        """The example of a slot; ``None`` where nothing can be recommended."""
        member, number = divmod(slot, len(self.tasks))
        return build_example(self.members[member], task(self.tasks[number]), self.vocabulary)


class ExampleSet:
    """The examples of all members and tasks, each planned and encoded when it is first asked for.

    Planning takes about as long as a few tokens of training, so a run with a time budget must not plan what
    it will never see. Slot ``i`` is member ``i // tasks`` and task ``i % tasks``.
    """

    def __init__(
        self,
        members: Sequence[Member],
        tasks: Sequence[TaskName],
        tokenizer: Tokenizer,
        *,
        max_length: int,
        vocabulary: Vocabulary = NOTHING,
    ) -> None:
        self.recipe = Recipe(tuple(members), tuple(tasks), vocabulary)
        self.plan: Callable[[int], Example | None] = self.recipe.plan
        self._tokenizer = tokenizer
        self._max_length = max_length
        self._built: dict[int, Encoded | None] = {}
        self.too_long = 0
        """Examples left out so far because they are longer than ``max_length`` tokens."""

    def __len__(self) -> int:
        return len(self.recipe.members) * len(self.recipe.tasks)

    @property
    def task_names(self) -> list[TaskName]:
        """The task of every slot."""
        return [name for _ in self.recipe.members for name in self.recipe.tasks]

    @property
    def built(self) -> list[Encoded]:
        """What was asked for so far."""
        return [example for example in self._built.values() if example is not None]

    def missing(self, slots: Iterable[int]) -> list[int]:
        """Those of ``slots`` that nobody asked for yet, each once, in order."""
        return [slot for slot in dict.fromkeys(slots) if slot not in self._built]

    def take(self, built: Mapping[int, Encoded | None], too_long: int) -> None:
        """Keep what another process has built, ``too_long`` of it left out for its length."""
        self._built.update(built)
        self.too_long += too_long

    def get(self, slot: int) -> Encoded | None:
        """The encoded example of a slot; ``None`` where nothing can be recommended or it is too long."""
        if slot not in self._built:
            self._built[slot] = self._build(slot)
        return self._built[slot]

    def _build(self, slot: int) -> Encoded | None:
        example = self.plan(slot)
        if example is None:
            return None
        encoded = encode(example, self._tokenizer)
        if len(encoded.token_ids) > self._max_length:
            self.too_long += 1
            return None
        return encoded


def _planned(implementation: Task[Any, Any, Any], constraints: Any, member_id: str) -> str:
    seed = plan_seed(member_id, PURPOSE, implementation.name)
    if implementation.name is TaskName.ADVICE:
        return str(implementation.render(implementation.plan(constraints, seed)))
    return str(implementation.render(draft(implementation.name, constraints.profile, seed)))


def _coach_target(member: Member, implementation: Task[Any, Any, Any], constraints: Any) -> str | None:
    """The coach's text, judged again: what was allowed when the file came in may not be any more."""
    text = member.targets.get(implementation.name) or member.waiting.get(implementation.name)
    try:
        return read_coach_text(implementation, text, constraints) if text else None
    except CoachTextError:
        return None


def encode(example: Example, tokenizer: Tokenizer) -> Encoded:
    """Apply the tokenizer's own chat template; the completion ends with the end-of-turn token.

    Raises:
        DatasetError: the template writes an assistant turn that does not continue the generation prompt.
    """
    prompt = token_ids(tokenizer, example.messages)
    answered = (*example.messages, Message("assistant", example.target))
    whole = token_ids(tokenizer, answered, add_generation_prompt=False)
    if whole[: len(prompt)] != prompt:
        raise DatasetError("the chat template's assistant turn does not continue its generation prompt")
    # Templates may add a line break after the end token; generation stops before it.
    while whole and whole[-1] != tokenizer.eos_token_id:
        whole.pop()
    if len(whole) <= len(prompt):
        raise DatasetError("the chat template does not end an assistant turn with the end-of-sequence token")
    return Encoded(example, tuple(whole), len(prompt))
