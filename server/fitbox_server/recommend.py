"""One recommendation: profile -> constrain -> generate -> parse -> finish -> check, and what if it fails.

A text that fails is generated once more with another seed; if that fails too, the expert planner answers, and
the reply says so. Nothing leaves the server unchecked, and nothing is replaced silently.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fitbox.advice.vocabulary import NOTHING, Vocabulary
from fitbox.chat import Message
from fitbox.engine.types import GenerationRequest, Sampling
from fitbox.errors import EngineDiedError, EngineRefusedError
from fitbox.plan import Plan, PlanSource
from fitbox.profile import Profile
from fitbox.reply import Provenance, Recommendation, told
from fitbox.rpc.messages import REPLIES, Reply, reply_to_proto
from fitbox.task import Prepared, TaskName
from fitbox.tasks import AnyTask
from fitbox_server.active import Serving
from fitbox_server.admission import Admission, Caller
from fitbox_server.attempts import Attempts, OnText
from fitbox_server.hooks import Hooks
from fitbox_server.reply_cache import Key, ReplyCache

ATTEMPTS = 2
CHARACTERS_PER_TOKEN = 4
"""Of English text in the vocabularies of Llama models, about; a prompt's cost need not be more exact."""


@dataclass(frozen=True)
class Decoding:
    """How the caller wants the model to decode; ``None`` leaves it to the server."""

    temperature: float | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Call:
    """One recommendation that somebody asks for."""

    task: TaskName
    profile: Profile
    decoding: Decoding = field(default_factory=Decoding)
    request_id: str = ""
    caller: Caller = field(default_factory=Caller)


class Recommender:
    """Answers calls with whatever version serves when they are admitted.

    Args:
        tasks: The implementation of each kind of recommendation.
        serving: Leases versions.
        admission: Gives slots.
        hooks: Told of tokens, attempts and sources.
        cache: Keeps replies to greedy requests by their contents.
        temperature: Of the first attempt, where the caller sets none.
        retry_temperature: Of the second attempt at least: greedy decoding would only repeat the first.
    """

    def __init__(
        self,
        tasks: Mapping[TaskName, AnyTask],
        serving: Serving,
        admission: Admission,
        hooks: Hooks,
        cache: ReplyCache,
        *,
        temperature: float,
        retry_temperature: float,
    ) -> None:
        self._tasks, self._serving, self._admission, self._hooks = tasks, serving, admission, hooks
        self._cache = cache
        self._temperature, self._retry_temperature = temperature, retry_temperature

    async def answer(self, call: Call, on_text: OnText | None = None) -> Reply:
        """The reply to a call: one that is kept, or a new one, which may then be kept.

        Raises:
            FitBoxError: as :meth:`recommend`.
        """
        key = self.cache_key(call)
        if key is not None and (kept := self._cache.get(key)) is not None:
            reply = REPLIES[call.task].FromString(kept)
            reply.request_id = call.request_id
            return reply
        result = await self.recommend(call, on_text)
        reply = reply_to_proto(result)
        made = result.provenance
        # A second attempt was sampled, and a planner's reply may be due to a passing fault.
        if key is not None and made.source is PlanSource.MODEL and made.attempts == 1:
            made_by = Key(made.adapter_version, made.adapter_digest, key.request, key.seed)
            self._cache.put(made_by, reply.SerializeToString())
        return reply

    async def recommend(self, call: Call, on_text: OnText | None = None) -> Recommendation[Plan]:
        """A checked plan for one member.

        ``on_text`` gets the first attempt's text as it is decoded, unchecked.

        Raises:
            NoPlanPossibleError: the member's constraints leave nothing to recommend.
            OverloadedError: admission refused.
            DeadlinePassedError: the caller's deadline passed before anything was generated.
            EngineDiedError: the worker ended; the call may be repeated.
        """
        task, decoding = self._tasks[call.task], call.decoding
        seed = request_seed(call.task, call.profile) if decoding.seed is None else decoding.seed
        async with self._admission.enter(call.caller) as place:
            # In threads, because a grammar or a portion solver would hold up every other call of this loop.
            vocabulary = self._vocabulary()
            prepared = await asyncio.to_thread(task.prepare, call.profile, vocabulary)
            await place.start(prompt_tokens(prepared.messages) + task.max_new_tokens)
            with self._serving.lease() as version:
                if version.identity.vocabulary is not vocabulary:  # another version since the call was let in
                    vocabulary = version.identity.vocabulary
                    prepared = await asyncio.to_thread(task.prepare, call.profile, vocabulary)
                run = Attempts(call.task, prepared, version, self._hooks, on_text)
                for attempt in range(ATTEMPTS):
                    sampling = self._sampling(decoding, seed, attempt)
                    request = GenerationRequest(
                        prepared.messages,
                        task.max_new_tokens,
                        prepared.grammar,
                        sampling,
                        client=call.caller.client,
                    )
                    try:
                        plan = await run.attempt(request)
                    except EngineRefusedError as error:
                        # Not the version's fault, and a second attempt would be refused as well.
                        run.failed("engine_refused", error)
                        break
                    self._serving.judge(version, accepted=plan is not None)
                    if plan is not None:
                        return self._finished(call, run, prepared, plan, PlanSource.MODEL)
                plan = await asyncio.to_thread(prepared.planned, derived_seed(seed, ATTEMPTS))
                return self._finished(call, run, prepared, plan, PlanSource.PLANNER)

    def cache_key(self, call: Call) -> Key | None:
        """The key under which a reply may be kept, with the version that serves now.

        ``None`` for sampled requests, before a version is loaded, and where nothing is kept.
        """
        if not self._cache.enabled or self._sampling(call.decoding, 0, 0).temperature > 0:
            return None
        try:
            identity = self._serving.serving
        except EngineDiedError:
            return None
        contents = canonical_request(call.task, call.profile)
        return Key(identity.version, identity.digest, contents, call.decoding.seed)

    def _vocabulary(self) -> Vocabulary:
        """What the version that serves now may say beside the planner's sentences."""
        try:
            return self._serving.serving.vocabulary
        except EngineDiedError:
            return NOTHING

    def _sampling(self, decoding: Decoding, seed: int, attempt: int) -> Sampling:
        temperature = self._temperature if decoding.temperature is None else decoding.temperature
        if attempt > 0:
            temperature = max(temperature, self._retry_temperature)
        return Sampling(temperature=temperature, seed=derived_seed(seed, attempt))

    def _finished(
        self, call: Call, run: Attempts, prepared: Prepared, plan: Plan, source: PlanSource
    ) -> Recommendation[Plan]:
        self._hooks.plan_made(call.task, source)
        identity = run.version.identity
        provenance = Provenance(
            adapter_version=identity.version,
            adapter_digest=identity.digest,
            dataset_digest=identity.dataset_digest,
            base_model=identity.base_model,
            engine=run.version.worker.ready.engine,
            evaluation_score=identity.evaluation_score,
            source=source,
            prompt_tokens=run.prompt_tokens,
            completion_tokens=run.completion_tokens,
            elapsed_seconds=time.perf_counter() - run.started,
            time_to_first_token_seconds=run.ttft_seconds,
            attempts=run.count,
            created_at=datetime.now(UTC),
        )
        assessment = told(prepared.assessment, call.profile.language)
        return Recommendation(call.request_id, plan, assessment, provenance)


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
