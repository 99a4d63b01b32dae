"""Texts that a version generates for one request, and what became of each."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping

import structlog

from fitbox.engine.types import FinishReason, Generation, GenerationRequest
from fitbox.errors import (
    DeadlinePassedError,
    EngineDiedError,
    EngineError,
    EngineRefusedError,
    PlanInfeasibleError,
    PlanTextError,
)
from fitbox.plan import Plan
from fitbox.task import Prepared, TaskName
from fitbox_server.hooks import Hooks
from fitbox_server.versions import LoadedVersion

_log = structlog.get_logger(__name__)

OnText = Callable[[str], None]
"""Told of text as it is decoded. It must not wait: the engine's slot is held meanwhile."""
_FAILURES: Mapping[type[Exception], str] = {
    PlanTextError: "text_invalid",
    PlanInfeasibleError: "infeasible",
}


class Attempts:
    """What one version wrote for one request, text after text."""

    def __init__(
        self, task: TaskName, prepared: Prepared, version: LoadedVersion, hooks: Hooks, on_text: OnText | None
    ) -> None:
        self.task, self.prepared, self.version = task, prepared, version
        self.started = time.perf_counter()
        self.count = self.prompt_tokens = self.completion_tokens = 0
        self.ttft_seconds = 0.0
        self._hooks, self._on_text = hooks, on_text

    async def attempt(self, request: GenerationRequest) -> Plan | None:
        """A plan, or ``None`` where the text was not good enough.

        Raises:
            DeadlinePassedError: the text took longer than any may.
            EngineDiedError: the worker ended.
            EngineRefusedError: the engine cannot take this request.
        """
        self.count += 1
        try:
            generation = await self._generate(request)
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
        return checked.plan

    def failed(self, reason: str, error: Exception | None) -> None:
        """Tell of an attempt that gave no plan."""
        self._hooks.attempt_failed(self.task, self.version.name, reason)
        # The reason alone: an error's message may quote what was generated for a member.
        kind = None if error is None else type(error).__name__
        _log.warning(
            "attempt_failed", task=self.task.value, version=self.version.name, reason=reason, error=kind
        )

    async def _generate(self, request: GenerationRequest) -> Generation:
        before = time.perf_counter() - self.started
        if self._on_text is not None and self.count == 1:
            generation = await self._streamed(request, self._on_text)
        else:
            generation = await self.version.worker.generate(request)
        if self.count == 1:
            self.ttft_seconds = before + generation.ttft_seconds
            self._hooks.first_token(self.task, self.ttft_seconds)
        self.prompt_tokens += generation.prompt_tokens
        self.completion_tokens += generation.completion_tokens
        self._hooks.generated(self.task, self.version.name, generation.completion_tokens)
        return generation

    async def _streamed(self, request: GenerationRequest, on_text: OnText) -> Generation:
        # Closed here and now, so that a client that goes away frees the worker's slot at once.
        async with contextlib.aclosing(self.version.worker.stream(request)) as items:
            async for item in items:
                if isinstance(item, Generation):
                    return item
                on_text(item.text)
        raise EngineDiedError("the stream ended without its generation")
