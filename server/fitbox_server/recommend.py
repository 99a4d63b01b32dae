"""One recommendation: profile -> constrain -> generate -> parse -> finish -> check, and what if it fails.

Several texts are generated at once, and the best of those that pass is taken. Where none does, as many are
generated once more with other seeds; if these fail too, the expert planner answers, and the reply says so.
Nothing leaves the server unchecked, and nothing is replaced silently.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import cast

from fitbox.advice.given import GivenPlans, advised
from fitbox.advice.vocabulary import NOTHING, Vocabulary
from fitbox.chat import Message
from fitbox.choosing import Rated, choose, items_of
from fitbox.decoding import canonical_request, derived_seed, generation_requests, request_seed, samplings
from fitbox.errors import EngineDiedError, EngineRefusedError
from fitbox.feedback.plans import Served, served_of
from fitbox.feedback.records import NamedReply
from fitbox.overrides.task import overridden
from fitbox.overrides.values import Overrides
from fitbox.plan import Plan, PlanSource
from fitbox.profile import Profile
from fitbox.reply import Provenance, Recommendation, told
from fitbox.rpc.messages import REPLIES, Reply, reply_to_proto
from fitbox.task import Prepared, TaskName
from fitbox.tasks import AnyTask
from fitbox.workout.facts import TrainingFacts
from fitbox.workout.known import with_facts
from fitbox.workout.task import WorkoutTask
from fitbox_server.active import Serving
from fitbox_server.admission import Admission, Caller
from fitbox_server.attempts import Attempts, OnText
from fitbox_server.decoding import DecodingPolicy, Wishes
from fitbox_server.hooks import Hooks, WaitingFor
from fitbox_server.reply_cache import Key, ReplyCache

ATTEMPTS = 2
CHARACTERS_PER_TOKEN = 4
"""Of English text in the vocabularies of Llama models, about; a prompt's cost need not be more exact."""


NameReply = Callable[[NamedReply, Served], str]


def _nameless(reply: NamedReply, served: Served) -> str:
    return ""


@dataclass(frozen=True)
class Call:
    """One recommendation that somebody asks for."""

    task: TaskName
    profile: Profile
    wishes: Wishes = field(default_factory=Wishes)
    request_id: str = ""
    caller: Caller = field(default_factory=Caller)
    overrides: Overrides | None = None
    facts: TrainingFacts | None = None
    """For a week alone."""
    plans: GivenPlans | None = None
    """That an advice is about."""


@dataclass
class _Waits:
    """How far a call has come, for whoever has to say why it was given up."""

    waiting_for: WaitingFor = WaitingFor.SLOT


class Recommender:
    """Answers calls with whatever version serves when they are admitted.

    Args:
        tasks: The implementation of each kind of recommendation.
        serving: Leases versions.
        admission: Gives slots.
        hooks: Told of tokens, attempts and sources.
        cache: Keeps replies by all that decides them.
        policy: How a reply is decoded where its caller leaves it open.
        name_reply: The id by which feedback names a reply; empty where none is taken.
    """

    def __init__(
        self,
        tasks: Mapping[TaskName, AnyTask],
        serving: Serving,
        admission: Admission,
        hooks: Hooks,
        cache: ReplyCache,
        policy: DecodingPolicy,
        name_reply: NameReply = _nameless,
    ) -> None:
        self._tasks, self._serving, self._admission, self._hooks = tasks, serving, admission, hooks
        self._cache, self._policy, self._name_reply = cache, policy, name_reply

    async def answer(self, call: Call, on_text: OnText | None = None) -> Reply:
        """The reply to a call: one that is kept, or a new one, which may then be kept.

        Raises:
            FitBoxError: as :meth:`recommend`.
        """
        key = self.cache_key(call, streamed=on_text is not None)
        if key is not None and (kept := self._cache.get(key)) is not None:
            reply = REPLIES[call.task].FromString(kept)
            reply.request_id = call.request_id
            return reply
        result = await self.recommend(call, on_text)
        reply = reply_to_proto(result)
        made = result.provenance
        # A later attempt or the planner may be due to a passing fault, and fewer candidates are due to load.
        whole = made.attempts == 1 and key is not None and made.candidates == key.candidates
        if key is not None and made.source is PlanSource.MODEL and whole:
            made_by = replace(key, version=made.adapter_version, digest=made.adapter_digest)
            self._cache.put(made_by, reply.SerializeToString())
        return reply

    async def recommend(self, call: Call, on_text: OnText | None = None) -> Recommendation[Plan]:
        """A checked plan for one member.

        ``on_text`` gets the first attempt's text as it is decoded, unchecked.

        Raises:
            NoPlanPossibleError: the member's constraints leave nothing to recommend.
            InvalidProfileError: the coach's overrides, or the plans to speak of, are not of the member's
                envelope.
            OverloadedError: admission refused.
            DeadlinePassedError: the caller's deadline passed before anything was generated.
            EngineDiedError: the worker ended; the call may be repeated.
        """
        asked_at, waits = time.perf_counter(), _Waits()
        try:
            return await self._recommended(call, on_text, asked_at, waits)
        except asyncio.CancelledError:
            self._hooks.cancelled(call.task, waits.waiting_for)
            raise

    async def _recommended(
        self, call: Call, on_text: OnText | None, asked_at: float, waits: _Waits
    ) -> Recommendation[Plan]:
        task, wishes = self._task(call), call.wishes
        seed = request_seed(call.task, call.profile) if wishes.seed is None else wishes.seed
        settled = self._policy.settle(call.task, wishes, streamed=on_text is not None)
        async with self._admission.enter(call.caller) as place:
            # In threads, because a grammar or a portion solver would hold up every other call of this loop.
            vocabulary = self._vocabulary()
            prepared = await asyncio.to_thread(task.prepare, call.profile, vocabulary)
            # Counted, not timed, so that equal load gives equal numbers; every candidate is paid for.
            count = self._policy.affordable(settled, self._admission.in_flight + self._admission.waiting + 1)
            await place.start(count * (prompt_tokens(prepared.messages) + task.max_new_tokens))
            waits.waiting_for = WaitingFor.TEXT
            with self._serving.lease() as version:
                if version.identity.vocabulary is not vocabulary:  # another version since the call was let in
                    vocabulary = version.identity.vocabulary
                    prepared = await asyncio.to_thread(task.prepare, call.profile, vocabulary)
                run = Attempts(call.task, prepared, version, self._hooks, on_text)
                decoding = settled.decoding
                for attempt in range(ATTEMPTS):
                    requests = generation_requests(
                        prepared.messages,
                        task.max_new_tokens,
                        prepared.grammar,
                        samplings(decoding, count, seed, attempt=attempt, alternative=wishes.alternative),
                        call.caller.client,
                    )
                    decoding = self._policy.again(decoding)
                    try:
                        chosen = await run.attempt(requests, wishes.avoid)
                    except EngineRefusedError as error:
                        # Not the version's fault, and a second attempt would be refused as well.
                        run.failed("engine_refused", error)
                        break
                    self._serving.judge(version, accepted=chosen is not None)
                    if chosen is not None:
                        return self._finished(
                            call, run, prepared, chosen.plan, PlanSource.MODEL, seed, asked_at
                        )
                plan = await asyncio.to_thread(planned, prepared, seed, count, wishes)
                return self._finished(call, run, prepared, plan, PlanSource.PLANNER, seed, asked_at)

    def cache_key(self, call: Call, *, streamed: bool = False) -> Key | None:
        """The key under which a reply may be kept, with the version that serves now.

        ``None`` before a version is loaded, and where nothing is kept.
        """
        if not self._cache.enabled:
            return None
        try:
            identity = self._serving.serving
        except EngineDiedError:
            return None
        settled = self._policy.settle(call.task, call.wishes, streamed=streamed)
        return Key(
            identity.version,
            identity.digest,
            canonical_request(call.task, call.profile),
            call.wishes.seed,
            settled.decoding.temperature,
            settled.count,
            call.wishes.alternative,
            call.wishes.avoid,
            call.overrides,
            call.facts,
            call.plans,
        )

    def _task(self, call: Call) -> AnyTask:
        if call.plans is not None:
            return advised(call.plans)
        task = self._tasks[call.task] if call.overrides is None else overridden(call.overrides)
        if call.facts is None:
            return task
        if call.task is not TaskName.WORKOUT:
            raise TypeError(f"{call.task} has no use for training facts")
        return with_facts(cast("WorkoutTask", task), call.facts)

    def _vocabulary(self) -> Vocabulary:
        """What the version that serves now may say beside the planner's sentences."""
        try:
            return self._serving.serving.vocabulary
        except EngineDiedError:
            return NOTHING

    def _finished(
        self,
        call: Call,
        run: Attempts,
        prepared: Prepared,
        plan: Plan,
        source: PlanSource,
        seed: int,
        asked_at: float,
    ) -> Recommendation[Plan]:
        identity, now = run.version.identity, datetime.now(UTC)
        self._hooks.plan_made(call.task, identity.version, source, time.perf_counter() - asked_at)
        named = NamedReply(call.task, call.profile, identity.version, identity.digest, source, seed, now)
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
            candidates=run.candidates,
            created_at=now,
            reply_id=self._name_reply(named, served_of(plan)),
        )
        assessment = told(prepared.assessment, call.profile.language)
        return Recommendation(call.request_id, plan, assessment, provenance)


def prompt_tokens(messages: Iterable[Message]) -> int:
    """About how many tokens a prompt takes; the front has no tokenizer."""
    return sum(len(message.content) for message in messages) // CHARACTERS_PER_TOKEN


def planned(prepared: Prepared, seed: int, count: int, wishes: Wishes) -> Plan:
    """The expert planner's plan: of as many as the model would have written, by the same rule."""
    plans = [
        prepared.planned(derived_seed(seed, ATTEMPTS, candidate, wishes.alternative))
        for candidate in range(count if wishes.avoid else 1)
    ]
    best = choose([Rated(1.0, items_of(plan)) for plan in plans], wishes.avoid)
    return plans[best or 0]
