"""Replies kept by exact match: (version, its digest, the canonical request, and how it is decoded).

One version answers equal requests equally, sampled ones too, for their seeds follow from the request; so the
second may have the first's reply. What might come out otherwise another time is not kept: a second attempt, a
planner's reply, one chosen from fewer candidates than the key says. The
version is part of the key, so a swap changes every key and no reply outlives its version's service. A hit
costs neither a slot nor a token; its provenance, with the time when it was made, is that of the first reply.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from fitbox.advice.given import GivenPlans
from fitbox.overrides.values import Overrides
from fitbox.workout.facts import TrainingFacts
from fitbox_server.hooks import Hooks

_ENTRY_BYTES = 200
"""Keys and bookkeeping of an entry, about."""


@dataclass(frozen=True)
class Key:
    """What must be equal for a reply to be used again."""

    version: str
    digest: str
    """Of the version; empty for the base model, which is one for the server's whole life."""
    request: bytes
    """See :func:`fitbox.decoding.canonical_request`."""
    seed: int | None
    """The request's own; ``None`` where it follows from the contents."""
    temperature: float = 0.0
    candidates: int = 1
    alternative: int = 0
    avoid: frozenset[str] = frozenset()
    overrides: Overrides | None = None
    facts: TrainingFacts | None = None
    plans: GivenPlans | None = None
    """That an advice is about."""


class ReplyCache:
    """Serialised replies, the least recently used dropped first. One event loop, no locks.

    Args:
        max_bytes: Bound of everything that is kept; 0 keeps nothing and looks nothing up.
        hooks: Told of every look-up.
    """

    def __init__(self, max_bytes: int, hooks: Hooks) -> None:
        self._max_bytes, self._hooks = max_bytes, hooks
        self._replies: OrderedDict[Key, bytes] = OrderedDict()
        self._bytes = 0

    @property
    def enabled(self) -> bool:
        """Whether anything may be kept."""
        return self._max_bytes > 0

    @property
    def kept_bytes(self) -> int:
        """Of the entries, overhead included."""
        return self._bytes

    def get(self, key: Key) -> bytes | None:
        """The reply, or ``None``."""
        found = self._replies.get(key)
        if found is not None:
            self._replies.move_to_end(key)
        self._hooks.reply_cache(hit=found is not None, kept_bytes=self._bytes)
        return found

    def put(self, key: Key, reply: bytes) -> None:
        """Keep a reply; one that is larger than the whole cache is not kept."""
        size = len(reply) + _ENTRY_BYTES
        if size > self._max_bytes:
            return
        self._drop(key)
        self._replies[key] = reply
        self._bytes += size
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._replies)))

    def _drop(self, key: Key) -> None:
        if (reply := self._replies.pop(key, None)) is not None:
            self._bytes -= len(reply) + _ENTRY_BYTES
