"""Texts that a version generates for one request, and what became of each."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence

import structlog

from fitbox.choosing import Rated, choose, items_of
from fitbox.engine.types import FinishReason, Generation, GenerationRequest
from fitbox.errors import (
    DeadlinePassedError,
    EngineDiedError,
    EngineError,
    EngineRefusedError,
    PlanInfeasibleError,
    PlanTextError,
    WorkerLostError,
)
from fitbox.task import Checked, Prepared, TaskName
from fitbox_server.hooks import Hooks
from fitbox_server.versions import LoadedVersion

_log = structlog.get_logger(__name__)

OnText = Callable[[str], None]
"""Told of text as it is decoded. It must not wait: the engine's slot is held meanwhile."""
_FAILURES: Mapping[type[Exception], str] = {
    PlanTextError: "text_invalid",
    PlanInfeasibleError: "infeasible",
    WorkerLostError: "worker_lost",
}


class Attempts:
    """What one version wrote for one request, text after text."""

    def __init__(
        self, task: TaskName, prepared: Prepared, version: LoadedVersion, hooks: Hooks, on_text: OnText | None
    ) -> None:
        self.task, self.prepared, self.version = task, prepared, version
        self.started = time.perf_counter()
        self.count = self.candidates = self.prompt_tokens = self.completion_tokens = 0
        self.ttft_seconds = 0.0
        self._hooks, self._on_text = hooks, on_text

    async def attempt(
        self, requests: Sequence[GenerationRequest], avoid: Collection[str] = ()
    ) -> Checked | None:
        """The best of the plans that these texts become, or ``None`` where none was good enough.

        Raises:
            DeadlinePassedError: a text took longer than any may.
            EngineDiedError: the worker ended.
            EngineRefusedError: the engine cannot take these requests.
        """
        self.count += 1
        self.candidates = len(requests)
        begun = asyncio.Event()
        if len(requests) == 1:
            checked = [await self._candidate(requests[0], begun, leads=True)]
        else:
            texts = [
                asyncio.ensure_future(self._candidate(request, begun, leads=position == 0))
                for position, request in enumerate(requests)
            ]
            try:
                checked = await asyncio.gather(*texts)
            finally:
                for text in texts:
                    text.cancel()
                await asyncio.gather(*texts, return_exceptions=True)
        rated = [None if one is None else Rated(one.quality, items_of(one.plan)) for one in checked]
        best = choose(rated, avoid)
        return None if best is None else checked[best]

    async def _candidate(
        self, request: GenerationRequest, begun: asyncio.Event, *, leads: bool
    ) -> Checked | None:
        """One text, read and checked; ``None`` where it is no plan that may be served."""
        try:
            if leads:
                generation = await self._lead(request, begun)
            else:
                # The first one's prompt, and its grammar, are then there to be shared.
                await begun.wait()
                generation = await self.version.worker.generate(request)
            self._account(generation, constrained=request.grammar is not None)
            if generation.finish_reason is FinishReason.LENGTH:
                self.failed("text_cut", None)
                return None
            checked = await asyncio.to_thread(self.prepared.read, generation.text)
        except (DeadlinePassedError, EngineDiedError, EngineRefusedError):
            raise
        except (EngineError, PlanTextError, PlanInfeasibleError) as error:
            self.failed(_FAILURES.get(type(error), "engine_failed"), error)
            return None
        if checked.violations:
            self.failed(f"violation_{checked.violations[0].code.lower()}", None)
            return None
        return checked

    def failed(self, reason: str, error: Exception | None) -> None:
        """Tell of an attempt that gave no plan."""
        self._hooks.attempt_failed(self.task, self.version.name, reason)
        # The reason alone: an error's message may quote what was generated for a member.
        kind = None if error is None else type(error).__name__
        _log.warning(
            "attempt_failed", task=self.task.value, version=self.version.name, reason=reason, error=kind
        )

    async def _lead(self, request: GenerationRequest, begun: asyncio.Event) -> Generation:
        """The first text of an attempt; ``begun`` is set once its prompt has been read, or it failed."""
        before, streamed = time.perf_counter() - self.started, self._on_text if self.count == 1 else None
        try:
            # Closed here and now, so that a client that goes away frees the worker's slot at once.
            async with contextlib.aclosing(self.version.worker.stream(request)) as items:
                async for item in items:
                    begun.set()
                    if isinstance(item, Generation):
                        if self.count == 1:
                            self.ttft_seconds = before + item.ttft_seconds
                            self._hooks.first_token(self.task, self.version.name, self.ttft_seconds)
                        return item
                    if streamed is not None:
                        streamed(item.text)
        finally:
            begun.set()
        raise EngineDiedError("the stream ended without its generation")

    def _account(self, generation: Generation, *, constrained: bool) -> None:
        self.prompt_tokens += generation.prompt_tokens
        self.completion_tokens += generation.completion_tokens
        self._hooks.generated(self.task, self.version.name, generation, constrained=constrained)
