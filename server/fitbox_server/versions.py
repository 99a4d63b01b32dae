"""One loaded version: its identity, its worker, and the requests that hold it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from fitbox.advice.vocabulary import NOTHING, Vocabulary
from fitbox.engine.types import EngineSpec, Generation, GenerationRequest, TokenChunk
from fitbox.engine.wire import Ready
from fitbox.registry import Hold


class VersionState(StrEnum):
    """Life of a version on this server. Only :class:`fitbox_server.active.Serving` moves one on."""

    PUBLISHED = "PUBLISHED"
    """In the registry, not loaded."""
    LOADING = "LOADING"
    """Being verified, loaded and warmed beside the version that serves."""
    ACTIVE = "ACTIVE"
    """New requests go to it."""
    RESTARTING = "RESTARTING"
    """New requests go to it, but its worker died: they get UNAVAILABLE until the new one is loaded."""
    STANDBY = "STANDBY"
    """It served before and stays loaded while its successor is on trial."""
    DRAINING = "DRAINING"
    """It finishes the requests that it admitted, then its worker exits."""
    BAD = "BAD"
    """It failed verification, loading, warming or its trial. What may pass is tried again by itself (see
    :mod:`fitbox_server.setbacks`), the rest only by an explicit activation."""


class Worker(Protocol):
    """What the server needs of :class:`fitbox.engine.process.EngineProcess`."""

    @property
    def ready(self) -> Ready:
        """What the worker said of itself when it was loaded."""

    @property
    def on_exit(self) -> asyncio.Event:
        """Set once the process has ended."""

    @property
    def alive(self) -> bool:
        """Whether it takes calls."""

    @property
    def exit_code(self) -> int | None:
        """Of a process that has ended; negative for a signal."""

    @property
    def log_tail(self) -> str:
        """The end of what it wrote."""

    async def ping(self, *, timeout_seconds: float) -> object:
        """Return once it answers, with its :class:`~fitbox.engine.wire.WorkerStats` where it has any. Raises
        EngineDiedError, TimeoutError."""

    async def kill(self) -> None:
        """End the process at once."""

    async def generate(self, request: GenerationRequest) -> Generation:
        """The whole text. Raises EngineDiedError, EngineError."""

    def stream(self, request: GenerationRequest) -> AsyncGenerator[TokenChunk | Generation, None]:
        """Chunks, then the Generation."""

    def promote(self) -> None:
        """Give it the priority of a worker that serves."""

    async def stop(self, *, drain_seconds: float = 0.0) -> None:
        """End the process."""


class Launch(Protocol):
    """Starts a worker, as ``EngineProcess.start`` does."""

    async def __call__(self, spec: EngineSpec, *, timeout_seconds: float) -> Worker:
        """A loaded worker. Raises EngineStartError."""


@dataclass(frozen=True)
class Identity:
    """What a reply says about the version that made it."""

    version: str
    """``v000007-3f9a1c2b`` or ``base``."""
    digest: str
    """Empty for the base model."""
    dataset_digest: str
    evaluation_score: float | None
    base_model: str
    adapter: Path | None
    vocabulary: Vocabulary = NOTHING
    """Sentences that it was taught beside the planner's; it may say these, and no other version's."""


@dataclass(eq=False)
class LoadedVersion:
    """A version with a worker. Mutable, and owned by Serving; requests only read it."""

    identity: Identity
    worker: Worker
    state: VersionState = VersionState.LOADING
    answers: bool = True
    """Whether the worker answered its last ping."""
    leases: int = 0
    """Requests that were admitted to it and have not ended."""
    accepted: int = 0
    """Generated texts that passed their checks."""
    failed: int = 0
    """Generated texts that did not."""
    hold: Hold | None = None
    """Keeps its files from being deleted: a worker that dies is started from them again."""
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while no request holds it."""

    def __post_init__(self) -> None:
        self.idle.set()

    async def stop(self) -> None:
        """End its worker, and let its files go."""
        try:
            await self.worker.stop()
        finally:
            if self.hold is not None:
                self.hold.close()

    @property
    def name(self) -> str:
        """The version's name."""
        return self.identity.version

    @property
    def proved_useless(self) -> bool:
        """It answered, and never well: going back to it would help nobody."""
        return self.failed > 0 and self.accepted == 0


@dataclass(frozen=True)
class Change:
    """A version went into a state."""

    version: str
    state: VersionState
    reason: str = ""
