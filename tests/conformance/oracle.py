"""What a version must answer: the stub's text is a formula, a real engine's was decoded beforehand, alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from fitbox_server.engines.scripted import advice_text, prompt_digest
from fitbox_server.recommend import derived_seed

from fitbox.engine.types import GenerationRequest
from fitbox.profile import Goal, Level, Profile, Sex
from fitbox.tasks import TaskName, task


def member(number: int) -> Profile:
    """One of any number of members, all different up to 3,600; their prompts begin alike."""
    return Profile(
        age_years=20 + number % 50,
        sex=Sex.FEMALE if number % 2 else Sex.MALE,
        weight_kg=60 + number % 36,
        height_cm=160 + number % 30,
        level=list(Level)[number % 3],
        goal=list(Goal)[number % 5],
    )


@cache
def advice_request(number: int) -> GenerationRequest:
    """What the engine is asked for this member's advice: greedy, within the grammar."""
    advice = task(TaskName.ADVICE)
    constraints = advice.constrain(member(number))
    return GenerationRequest(advice.messages(constraints), advice.max_new_tokens, advice.grammar(constraints))


class Oracle(Protocol):
    """Knows what a version must answer. It travels to the load processes, so it can be pickled."""

    distinct: bool
    """Whether replies to different seeds differ, so that one that comes twice is a duplicate."""

    def text(self, version: str, number: int, seed: int) -> str | None:
        """The text that ``version`` decodes for a member; ``None`` for a version that must not serve."""


@dataclass(frozen=True)
class StubOracle:
    """Of the scripted engine with ``texts=advice``."""

    versions: frozenset[str]
    distinct: bool = True

    def text(self, version: str, number: int, seed: int) -> str | None:
        """See Oracle."""
        prompt = _prompt(number)
        return advice_text(version, prompt, derived_seed(seed, 0)) if version in self.versions else None


@dataclass(frozen=True)
class AnyOracle:
    """Likewise, where versions are published while the calls go on: any may serve."""

    distinct: bool = True

    def text(self, version: str, number: int, seed: int) -> str | None:
        """See Oracle."""
        return advice_text(version, _prompt(number), derived_seed(seed, 0))


@dataclass(frozen=True)
class TableOracle:
    """Of an engine whose greedy texts were decoded offline, by version and member."""

    texts: Mapping[tuple[str, int], str]
    distinct: bool = False

    def text(self, version: str, number: int, seed: int) -> str | None:
        """See Oracle."""
        return self.texts.get((version, number))


@cache
def _prompt(number: int) -> str:
    advice = task(TaskName.ADVICE)
    return prompt_digest(advice.messages(advice.constrain(member(number))))
