"""A registry for the stub: a base model of a few thousand weights, and adapters that are only different."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fitbox.registry import BASE_VERSION, Registry
from tests import fakes
from tests.conformance.oracle import StubOracle

ENGINE = "scripted"
TEXT_OPTIONS: Mapping[str, str] = {"texts": "advice", "tokens": "8", "step_ms": "2"}
"""A text takes 16 ms at least, so that a swap finds some under way."""
ROOM: Mapping[str, object] = {
    "queue": 100_000,
    "in_flight": 64,
    "in_flight_tokens": 1 << 24,
    "max_concurrent_streams": 100_000,
    "max_calls": 200_000,
}
"""Nothing is refused: a part that counts failures wants to know of other failures. gRPC counts a stream until
the handler's objects are freed, so a client that keeps to the limit of streams can be refused at it."""


@dataclass(frozen=True)
class Stub:
    """A registry with versions, the oldest first."""

    registry: Registry
    versions: Sequence[str]

    @property
    def oracle(self) -> StubOracle:
        """What they answer."""
        return StubOracle(frozenset({BASE_VERSION, *self.versions}))


def make_stub(models: Path, versions: int = 2, *, active: bool = True) -> Stub:
    """Write a registry; the first version is active unless told otherwise."""
    registry = fakes.write_models(models)
    names = [fakes.publish(registry, seed).name for seed in range(1, versions + 1)]
    if active:
        registry.activate(names[0], reason="conformance")
    return Stub(registry, names)
