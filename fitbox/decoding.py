"""How the model's texts are decoded: the same for the server, the evaluation and the gate.

Greedy decoding of a small model collapses: it knows a few foods best and gives them to everybody. So several
texts are sampled for a request, its *candidates*, and the best of them is taken (:mod:`fitbox.choosing`).
Everything that decides them follows from the request: asked again, it gets the same ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from fitbox.chat import Message
from fitbox.engine.types import GenerationRequest, Sampling
from fitbox.profile import Profile
from fitbox.task import TaskName

TEMPERATURE = 1.0
"""Of a request that names none; ``docs/api.md`` has the figures."""
CANDIDATES = 3
"""Texts of a request that names no number; ``docs/api.md`` has the curve."""
MOST_CANDIDATES = 8
"""Beyond it each further text gains little and costs as much as the first."""
MIN_P = 0.05
"""Tokens less than a twentieth as likely as the likeliest are not drawn: the tail of a small model is noise
(Nguyen M et al., 2025, Turning Up the Heat: Min-p Sampling, ICLR)."""


@dataclass(frozen=True)
class Decoding:
    """How many texts, and how each is sampled. ``temperature`` 0 is greedy, and then one text is all there
    is."""

    temperature: float = TEMPERATURE
    candidates: int = CANDIDATES
    min_p: float = MIN_P

    def count(self, task: TaskName) -> int:
        """Texts of one reply. Advice is made of sentences that were reviewed one by one: a second one is
        another, not a better."""
        return 1 if self.temperature == 0 or task is TaskName.ADVICE else self.candidates


DECODING = Decoding()
"""What a server decodes with that nobody told otherwise, and what versions are judged by."""


def samplings(
    decoding: Decoding, count: int, seed: int, *, attempt: int = 0, alternative: int = 0
) -> Iterator[Sampling]:
    """How each of ``count`` candidates is sampled; all differ in their seed alone."""
    for candidate in range(count):
        yield Sampling(
            temperature=decoding.temperature,
            min_p=decoding.min_p if decoding.temperature else 0.0,
            seed=derived_seed(seed, attempt, candidate, alternative),
        )


def generation_requests(
    messages: tuple[Message, ...],
    max_new_tokens: int,
    grammar: str,
    sampled: Iterator[Sampling],
    client: str = "",
) -> tuple[GenerationRequest, ...]:
    """The candidates of one prompt, as an engine is asked for them."""
    return tuple(
        GenerationRequest(messages, max_new_tokens, grammar, sampling, client=client) for sampling in sampled
    )


def canonical_request(name: TaskName, profile: Profile) -> bytes:
    """A SHA-256 that equal requests share, in whatever order their lists came."""
    values = {
        key: sorted(value) if isinstance(getattr(profile, key), frozenset) else value
        for key, value in profile.model_dump(mode="json", exclude=_unsaid(profile)).items()
    }
    return hashlib.sha256(json.dumps([name.value, values], sort_keys=True).encode()).digest()


def _unsaid(profile: Profile) -> set[str]:
    """An empty history is left out, so that seeds are what they were before there was one."""
    return set() if profile.history else {"history"}


def request_seed(name: TaskName, profile: Profile) -> int:
    """The seed of a request that brings none: equal requests get equal replies from one version."""
    return int.from_bytes(canonical_request(name, profile)[:8], "big")


def derived_seed(seed: int, attempt: int, candidate: int = 0, alternative: int = 0) -> int:
    """The seed of one text: 31 bits, which every engine accepts."""
    which = f"/{candidate}/{alternative}" if candidate or alternative else ""
    digest = hashlib.sha256(f"{seed}/{attempt}{which}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
