"""EngineProcess: starts a worker as a child process, and speaks to it over a Unix socket (asyncio)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Self

from fitbox.engine.types import EngineSpec, Generation, GenerationRequest, TokenChunk


class EngineProcess:
    """One worker process: one base model, one adapter version, for its whole life."""

    spec: EngineSpec

    @classmethod
    async def start(cls, spec: EngineSpec, *, timeout_seconds: float = 120.0) -> Self:
        """Start a worker and wait until it is loaded. Raises EngineStartError with the end of its log."""
        raise NotImplementedError

    async def generate(self, request: GenerationRequest) -> Generation:
        """The whole text. Cancelling the awaiting task frees the worker's slot within a decode step.

        Raises EngineDiedError when the worker ends before the generation does.
        """
        raise NotImplementedError

    def stream(self, request: GenerationRequest) -> AsyncIterator[TokenChunk | Generation]:
        """Chunks as they are decoded, then the Generation as the last item. Errors as :meth:`generate`."""
        raise NotImplementedError

    async def stop(self, *, drain_seconds: float = 0.0) -> None:
        """Wait up to ``drain_seconds`` for generations in flight, then end the process and reap it."""
        raise NotImplementedError
