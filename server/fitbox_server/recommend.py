"""One recommendation: profile -> constrain -> generate -> parse -> finish -> check, and what if it fails.

A text that fails is generated once more with another seed; if that fails too, the expert planner answers, and
the reply says so. Nothing leaves the server unchecked, and nothing is replaced silently.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from fitbox.assessment import Assessment
from fitbox.chat import Message
from fitbox.engine.types import FinishReason, Generation, GenerationRequest, Sampling
from fitbox.errors import (
    EngineDiedError,
    EngineError,
    EngineRefusedError,
    PlanInfeasibleError,
    PlanTextError,
)
from fitbox.plan import PlanSource
from fitbox.profile import Profile
from fitbox.tasks import Task, TaskName
from fitbox_server.active import Serving
from fitbox_server.admission import Admission, Caller
from fitbox_server.hooks import Hooks
from fitbox_server.reply_cache import Key
from fitbox_server.versions import Identity, LoadedVersion

_log = structlog.get_logger(__name__)

OnText = Callable[[str], Awaitable[None]]
ATTEMPTS = 2
CHARACTERS_PER_TOKEN = 4
"""Of English text in the vocabularies of Llama models, about; a prompt's cost need not be more exact."""
_FAILURES: Mapping[type[Exception], str] = {
    PlanTextError: "text_invalid",
    PlanInfeasibleError: "infeasible",
}


@dataclass(frozen=True)
class Decoding:
    """How the caller wants the model to decode; ``None`` leaves it to the server."""

    temperature: float | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Recommendation:
    """A checked plan and where it came from. Times are seconds since the request got its slot."""

    plan: Any
    """WorkoutPlan, NutritionPlan or Advice."""
    assessment: Assessment
    identity: Identity
    engine: str
    source: PlanSource
    attempts: int
    prompt_tokens: int
    completion_tokens: int
    ttft_seconds: float
    elapsed_seconds: float


class Recommender:
    """Answers requests with whatever version serves when they are admitted.

    Args:
        tasks: The implementation of each kind of recommendation.
        serving: Leases versions.
        admission: Gives slots.
        hooks: Told of tokens, attempts and sources.
        temperature: Of the first attempt, where the caller sets none.
        retry_temperature: Of the second attempt at least: greedy decoding would only repeat the first.
    """

    def __init__(
        self,
        tasks: Mapping[TaskName, Task],
        serving: Serving,
        admission: Admission,
        hooks: Hooks,
        *,
        temperature: float,
        retry_temperature: float,
    ) -> None:
        self._tasks, self._serving, self._admission, self._hooks = tasks, serving, admission, hooks
        self._temperature, self._retry_temperature = temperature, retry_temperature

    async def recommend(
        self,
        name: TaskName,
        profile: Profile,
        decoding: Decoding,
        *,
        caller: Caller = Caller(),  # noqa: B008 - frozen
        on_text: OnText | None = None,
    ) -> Recommendation:
        """A checked plan for one member.

        ``on_text`` gets the first attempt's text as it is decoded, unchecked.

        Raises:
            NoPlanPossibleError: the member's constraints leave nothing to recommend.
            OverloadedError: admission refused.
            DeadlinePassedError: the caller's deadline passed before anything was generated.
            EngineDiedError: the worker ended; the call may be repeated.
        """
        task = self._tasks[name]
        seed = request_seed(name, profile) if decoding.seed is None else decoding.seed
        async with self._admission.enter(caller) as place:
            # In threads, because a grammar or a portion solver would hold up every other call of this loop.
            constraints, messages, grammar = await asyncio.to_thread(_prepared, task, profile)
            await place.start(prompt_tokens(messages) + task.max_new_tokens)
            with self._serving.lease() as version:
                run = _Run(task, constraints, version, self._hooks, on_text)
                for attempt in range(ATTEMPTS):
                    sampling = self._sampling(decoding, seed, attempt)
                    request = GenerationRequest(
                        messages, task.max_new_tokens, grammar, sampling, client=caller.client
                    )
                    try:
                        plan = await run.attempt(request)
                    except EngineRefusedError as error:
                        # Not the version's fault, and a second attempt would be refused as well.
                        run.failed("engine_refused", error)
                        break
                    self._serving.judge(version, accepted=plan is not None)
                    if plan is not None:
                        return self._finished(run, plan, PlanSource.MODEL)
                draft = await asyncio.to_thread(task.plan, constraints, derived_seed(seed, ATTEMPTS))
                plan = await asyncio.to_thread(task.finish, draft, constraints)
                return self._finished(run, plan, PlanSource.PLANNER)

    def cache_key(self, name: TaskName, profile: Profile, decoding: Decoding) -> Key | None:
        """The key under which a reply may be kept, with the version that serves now.

        ``None`` for sampled requests, and before a version is loaded.
        """
        if self._sampling(decoding, 0, 0).temperature > 0:
            return None
        try:
            identity = self._serving.serving
        except EngineDiedError:
            return None
        return Key(identity.version, identity.digest, canonical_request(name, profile), decoding.seed)

    def _sampling(self, decoding: Decoding, seed: int, attempt: int) -> Sampling:
        temperature = self._temperature if decoding.temperature is None else decoding.temperature
        if attempt > 0:
            temperature = max(temperature, self._retry_temperature)
        return Sampling(temperature=temperature, seed=derived_seed(seed, attempt))

    def _finished(self, run: _Run, plan: Any, source: PlanSource) -> Recommendation:
        self._hooks.plan_made(run.task.name, source)
        return Recommendation(
            plan=plan,
            assessment=run.constraints.assessment,
            identity=run.version.identity,
            engine=run.version.worker.ready.engine,
            source=source,
            attempts=run.attempts,
            prompt_tokens=run.prompt_tokens,
            completion_tokens=run.completion_tokens,
            ttft_seconds=run.ttft_seconds,
            elapsed_seconds=time.perf_counter() - run.started,
        )


class _Run:
    """The attempts of one request, all by one version."""

    def __init__(
        self, task: Task, constraints: Any, version: LoadedVersion, hooks: Hooks, on_text: OnText | None
    ) -> None:
        self.task, self.constraints, self.version = task, constraints, version
        self.started = time.perf_counter()
        self.attempts = self.prompt_tokens = self.completion_tokens = 0
        self.ttft_seconds = 0.0
        self._hooks, self._on_text = hooks, on_text

    async def attempt(self, request: GenerationRequest) -> Any | None:
        """A plan, or ``None`` where the text was not good enough.

        Raises:
            EngineDiedError: the worker ended.
            EngineRefusedError: the engine cannot take this request.
        """
        self.attempts += 1
        try:
            generation = await self._generate(request)
            if generation.finish_reason is FinishReason.LENGTH:
                self.failed("text_cut", None)
                return None
            plan = await asyncio.to_thread(self._finish, generation.text)
            violations = self.task.check(plan, self.constraints)
        except (EngineDiedError, EngineRefusedError):
            raise
        except (EngineError, PlanTextError, PlanInfeasibleError) as error:
            self.failed(_FAILURES.get(type(error), "engine_failed"), error)
            return None
        if violations:
            self.failed(f"violation_{violations[0].code.lower()}", None)
            return None
        return plan

    def _finish(self, text: str) -> Any:
        return self.task.finish(self.task.parse(text, self.constraints), self.constraints)

    def failed(self, reason: str, error: Exception | None) -> None:
        """Tell of an attempt that gave no plan."""
        self._hooks.attempt_failed(self.task.name, self.version.name, reason)
        # The reason alone: an error's message may quote what was generated for a member.
        kind = None if error is None else type(error).__name__
        _log.warning(
            "attempt_failed", task=self.task.name.value, version=self.version.name, reason=reason, error=kind
        )

    async def _generate(self, request: GenerationRequest) -> Generation:
        before = time.perf_counter() - self.started
        if self._on_text is not None and self.attempts == 1:
            generation = await self._streamed(request, self._on_text)
        else:
            generation = await self.version.worker.generate(request)
        if self.attempts == 1:
            self.ttft_seconds = before + generation.ttft_seconds
            self._hooks.first_token(self.task.name, self.ttft_seconds)
        self.prompt_tokens += generation.prompt_tokens
        self.completion_tokens += generation.completion_tokens
        self._hooks.generated(self.task.name, self.version.name, generation.completion_tokens)
        return generation

    async def _streamed(self, request: GenerationRequest, on_text: OnText) -> Generation:
        # Closed here and now, so that a client that goes away frees the worker's slot at once.
        async with contextlib.aclosing(self.version.worker.stream(request)) as items:
            async for item in items:
                if isinstance(item, Generation):
                    return item
                await on_text(item.text)
        raise EngineDiedError("the stream ended without its generation")


def _prepared(task: Task, profile: Profile) -> tuple[Any, tuple[Message, ...], str]:
    """Constraints, prompt and grammar. Raises NoPlanPossibleError."""
    constraints = task.constrain(profile)
    return constraints, task.messages(constraints), task.grammar(constraints)


def prompt_tokens(messages: Iterable[Message]) -> int:
    """About how many tokens a prompt takes; the front has no tokenizer."""
    return sum(len(message.content) for message in messages) // CHARACTERS_PER_TOKEN


def canonical_request(name: TaskName, profile: Profile) -> bytes:
    """A SHA-256 that equal requests share, in whatever order their lists came."""
    values = {
        key: sorted(value) if isinstance(value, list) else value
        for key, value in profile.model_dump(mode="json").items()
    }
    return hashlib.sha256(json.dumps([name.value, values], sort_keys=True).encode()).digest()


def request_seed(name: TaskName, profile: Profile) -> int:
    """The seed of a request that brings none: equal requests get equal replies from one version."""
    return int.from_bytes(canonical_request(name, profile)[:8], "big")


def derived_seed(seed: int, attempt: int) -> int:
    """The seed of one attempt: 31 bits, which every engine accepts."""
    digest = hashlib.sha256(f"{seed}/{attempt}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
