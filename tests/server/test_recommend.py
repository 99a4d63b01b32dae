"""One recommendation: the model's text, the second attempt, the planner, and what is reported of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from fitbox_server.active import Serving, SwapSettings
from fitbox_server.admission import Admission
from fitbox_server.decoding import DecodingPolicy, Wishes
from fitbox_server.hooks import Hooks
from fitbox_server.loader import Loader, WorkerSettings
from fitbox_server.recommend import Call, Recommender
from fitbox_server.reply_cache import ReplyCache
from fitbox_server.wanted import Wanted
from hypothesis import given
from hypothesis import strategies as st

from fitbox.choosing import items_of, repeated
from fitbox.decoding import Decoding, derived_seed, request_seed
from fitbox.engine.types import EngineSpec, FinishReason, Generation, GenerationRequest
from fitbox.errors import EngineDiedError, EngineRefusedError
from fitbox.nutrition.task import NUTRITION
from fitbox.plan import PlanSource
from fitbox.profile import Profile
from fitbox.tasks import TASKS, TaskName, task
from tests import fakes


@dataclass
class Recorder(Hooks):
    """Remembers what was generated and why it failed."""

    tokens: int = 0
    failures: list[str] = field(default_factory=list)
    sources: list[PlanSource] = field(default_factory=list)

    def generated(
        self, task: TaskName, version: str, generation: Generation, *, constrained: bool = True
    ) -> None:
        self.tokens += generation.completion_tokens

    def attempt_failed(self, task: TaskName, version: str, reason: str) -> None:
        self.failures.append(reason)

    def plan_made(self, task: TaskName, version: str, source: PlanSource, seconds: float) -> None:
        self.sources.append(source)


@dataclass
class Kitchen:
    """A recommender on a fake worker."""

    launcher: fakes.FakeLauncher
    hooks: Recorder
    admission: Admission
    recommender: Recommender

    @property
    def requests(self) -> list[GenerationRequest]:
        """What the worker was asked."""
        return self.launcher.workers[0].requests


@pytest.fixture
async def kitchen(tmp_path: Path) -> AsyncIterator[Kitchen]:
    """Serves the base model with a worker that answers as the planner would."""
    registry = fakes.write_models(tmp_path / "models")
    launcher, hooks = fakes.FakeLauncher(lambda spec, request: fakes.model_text(request)), Recorder()
    base = registry.base_model(fakes.BASE_NAME)
    loader = Loader(registry, base, launcher, [], WorkerSettings(engine="scripted"), hooks)
    wanted = Wanted(registry, use_adapter=True, hooks=hooks)
    serving = Serving(wanted, loader, SwapSettings(), hooks)
    admission = Admission(in_flight=4, queue=4, hooks=hooks)
    await serving.start()
    yield Kitchen(
        launcher,
        hooks,
        admission,
        Recommender(
            TASKS,
            serving,
            admission,
            hooks,
            ReplyCache(0, hooks),
            DecodingPolicy(Decoding(temperature=0.0)),
        ),
    )
    await serving.close()


def failing(times: int, answer: str | Exception = "no plan") -> fakes.Script:
    """A script whose first answers are bad."""
    left = iter([answer] * times)

    def script(spec: EngineSpec, request: GenerationRequest) -> str | Exception:
        return next(left, None) or fakes.model_text(request)

    return script


@pytest.mark.parametrize("name", TaskName)
async def test_a_good_text_becomes_the_plan(kitchen: Kitchen, name: TaskName) -> None:
    """One attempt, greedy, from the model."""
    result = await kitchen.recommender.recommend(Call(name, fakes.MEMBER))
    assert (result.provenance.source, result.provenance.attempts) == (PlanSource.MODEL, 1)
    assert (result.provenance.adapter_version, result.provenance.engine) == ("base", "fake 1")
    assert kitchen.requests[0].sampling.temperature == 0.0
    assert kitchen.requests[0].grammar
    assert result.provenance.completion_tokens == kitchen.hooks.tokens > 0


async def test_a_bad_text_is_generated_once_more_with_another_seed(kitchen: Kitchen) -> None:
    """Greedy decoding would only repeat itself, so the second attempt samples."""
    kitchen.launcher.script = failing(1)
    result = await kitchen.recommender.recommend(Call(TaskName.ADVICE, fakes.MEMBER))
    assert (result.provenance.source, result.provenance.attempts) == (PlanSource.MODEL, 2)
    first, second = (request.sampling for request in kitchen.requests)
    assert second.temperature == 0.7
    assert first.seed != second.seed
    assert kitchen.hooks.failures == ["text_invalid"]


@pytest.mark.parametrize("name", TaskName)
async def test_two_bad_texts_are_answered_by_the_planner_and_said_so(
    kitchen: Kitchen, name: TaskName
) -> None:
    """Never silently: the source says so."""
    kitchen.launcher.script = failing(2)
    result = await kitchen.recommender.recommend(Call(name, fakes.MEMBER))
    assert (result.provenance.source, result.provenance.attempts) == (PlanSource.PLANNER, 2)
    implementation = task(name)
    assert implementation.check(result.plan, implementation.constrain(fakes.MEMBER)) == ()
    assert kitchen.hooks.sources == [PlanSource.PLANNER]


async def test_a_text_that_was_cut_is_no_plan(kitchen: Kitchen) -> None:
    """Even where its beginning would parse."""
    kitchen.launcher.finish_reason = FinishReason.LENGTH
    result = await kitchen.recommender.recommend(Call(TaskName.ADVICE, fakes.MEMBER))
    assert result.provenance.source is PlanSource.PLANNER
    assert kitchen.hooks.failures == ["text_cut"] * 2


async def test_a_request_that_the_engine_refuses_is_answered_by_the_planner(kitchen: Kitchen) -> None:
    """A grammar that does not compile is our fault, not the member's; a second attempt would not help."""
    kitchen.launcher.script = failing(2, EngineRefusedError("bad_grammar", "line 1"))
    result = await kitchen.recommender.recommend(Call(TaskName.WORKOUT, fakes.MEMBER))
    assert (result.provenance.source, result.provenance.attempts) == (PlanSource.PLANNER, 1)
    assert kitchen.hooks.failures == ["engine_refused"]


async def test_a_dead_worker_is_not_papered_over(kitchen: Kitchen) -> None:
    """The caller may repeat the call; the slot is free again."""
    kitchen.launcher.script = failing(1, EngineDiedError("dead"))
    with pytest.raises(EngineDiedError):
        await kitchen.recommender.recommend(Call(TaskName.ADVICE, fakes.MEMBER))
    assert kitchen.admission.in_flight == 0


async def test_a_cancelled_call_frees_its_slot_and_the_workers(kitchen: Kitchen) -> None:
    """Nothing goes on for a client that has left."""
    kitchen.launcher.gate.clear()
    worker = kitchen.launcher.workers[0]
    call = asyncio.create_task(kitchen.recommender.recommend(Call(TaskName.ADVICE, fakes.MEMBER)))
    async with asyncio.timeout(10):
        while worker.in_flight == 0:  # noqa: ASYNC110 - the fake worker has no event for it
            await asyncio.sleep(0.001)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (kitchen.admission.in_flight, worker.in_flight) == (0, 0)


async def test_the_first_attempt_is_streamed_and_no_other(kitchen: Kitchen) -> None:
    """Text that turned out bad is superseded by the result."""
    pieces: list[str] = []

    def collect(text: str) -> None:
        pieces.append(text)

    kitchen.launcher.script = failing(1, "not\nadvice\n")
    result = await kitchen.recommender.recommend(Call(TaskName.ADVICE, fakes.MEMBER), collect)
    assert result.provenance.attempts == 2
    assert "".join(pieces) == "not\nadvice\n"


async def test_the_callers_temperature_and_seed_are_used(kitchen: Kitchen) -> None:
    """Equal seeds give equal samplings, other seeds others."""
    for seed in (1, 1, 2):
        await kitchen.recommender.recommend(
            Call(TaskName.ADVICE, fakes.MEMBER, Wishes(temperature=1.2, seed=seed))
        )
    samplings = [request.sampling for request in kitchen.requests]
    assert {sampling.temperature for sampling in samplings} == {1.2}
    assert samplings[0] == samplings[1] != samplings[2]


@dataclass
class Bench:
    """A worker of several minds: each text is a planner's of its own, or the next scripted one."""

    left: list[str | Exception] = field(default_factory=list)

    def __call__(self, spec: EngineSpec, request: GenerationRequest) -> str | Exception:
        return self.left.pop(0) if self.left else fakes.model_text(request, seed=request.sampling.seed)


SAMPLED = Wishes(temperature=0.8, candidates=4)


@pytest.mark.slow
async def test_the_best_of_several_texts_becomes_the_plan(kitchen: Kitchen) -> None:
    """Of equal prompts with seeds of their own; the reply says how many there were and what they took."""
    kitchen.launcher.script = Bench()
    result = await kitchen.recommender.recommend(Call(TaskName.NUTRITION, fakes.MEMBER, SAMPLED))
    assert (result.provenance.attempts, result.provenance.candidates) == (1, 4)
    seeds = [request.sampling.seed for request in kitchen.requests]
    assert len(set(seeds)) == 4
    assert seeds[0] == derived_seed(request_seed(TaskName.NUTRITION, fakes.MEMBER), 0)
    assert len({request.messages for request in kitchen.requests}) == 1
    assert result.provenance.completion_tokens == kitchen.hooks.tokens
    constraints = NUTRITION.constrain(fakes.MEMBER)
    drafts = [NUTRITION.plan(constraints, seed) for seed in seeds]
    best = max(drafts, key=lambda draft: NUTRITION.score(draft, constraints)["quality"])
    assert result.plan == NUTRITION.finish(best, constraints)


async def test_a_text_that_is_no_plan_leaves_the_others(kitchen: Kitchen) -> None:
    """It is told of, and no second attempt is made."""
    kitchen.launcher.script = Bench(["no plan"])
    result = await kitchen.recommender.recommend(Call(TaskName.NUTRITION, fakes.MEMBER, SAMPLED))
    assert (result.provenance.attempts, result.provenance.source) == (1, PlanSource.MODEL)
    assert kitchen.hooks.failures == ["text_invalid"]


async def test_only_when_every_text_fails_there_is_a_second_attempt(kitchen: Kitchen) -> None:
    """With as many texts again, and then the planner."""
    kitchen.launcher.script = Bench(["no plan"] * 8)
    result = await kitchen.recommender.recommend(Call(TaskName.NUTRITION, fakes.MEMBER, SAMPLED))
    assert (result.provenance.attempts, result.provenance.source) == (2, PlanSource.PLANNER)
    assert len(kitchen.requests) == 8
    assert len({request.sampling.seed for request in kitchen.requests}) == 8


async def test_the_others_wait_until_the_first_has_read_the_prompt(kitchen: Kitchen) -> None:
    """So that they find it in the prefix cache, and its grammar compiled."""
    kitchen.launcher.gate.clear()
    worker = kitchen.launcher.workers[0]
    call = asyncio.create_task(kitchen.recommender.recommend(Call(TaskName.NUTRITION, fakes.MEMBER, SAMPLED)))
    async with asyncio.timeout(10):
        while worker.in_flight == 0:  # noqa: ASYNC110 - the fake worker has no event for it
            await asyncio.sleep(0.001)
    await asyncio.sleep(0)
    assert len(worker.requests) == 1
    kitchen.launcher.gate.set()
    await call
    assert (len(worker.requests), worker.in_flight) == (4, 0)


async def test_a_worker_that_dies_ends_every_candidate(kitchen: Kitchen) -> None:
    """Nothing of the call is left in the worker, and its slot is free."""
    kitchen.launcher.script = Bench(["no plan", EngineDiedError("dead")])
    with pytest.raises(EngineDiedError):
        await kitchen.recommender.recommend(Call(TaskName.NUTRITION, fakes.MEMBER, SAMPLED))
    assert (kitchen.admission.in_flight, kitchen.launcher.workers[0].in_flight) == (0, 0)


@pytest.mark.slow
async def test_every_candidate_is_paid_for(kitchen: Kitchen) -> None:
    """In tokens: the share of whoever asks for four is used up four times as fast."""
    costs = []
    for candidates in (1, 4):
        kitchen.launcher.gate.clear()
        wishes = Wishes(temperature=0.8, candidates=candidates)
        call = asyncio.create_task(
            kitchen.recommender.recommend(Call(TaskName.NUTRITION, fakes.MEMBER, wishes))
        )
        async with asyncio.timeout(10):
            while not kitchen.admission.tokens_in_flight:  # noqa: ASYNC110 - likewise
                await asyncio.sleep(0.001)
        costs.append(kitchen.admission.tokens_in_flight)
        kitchen.launcher.gate.set()
        await call
    assert costs[1] == 4 * costs[0]


async def test_a_stream_has_one_candidate(kitchen: Kitchen) -> None:
    """What its reader has read is what the reply says."""
    call = Call(TaskName.ADVICE, fakes.MEMBER, Wishes(temperature=0.8))
    result = await kitchen.recommender.recommend(call, lambda text: None)
    assert result.provenance.candidates == len(kitchen.requests) == 1


@pytest.mark.slow
async def test_another_one_differs_and_repeats(kitchen: Kitchen) -> None:
    """The same number gives the same plan, another number another."""
    kitchen.launcher.script = Bench()
    plans = [
        (
            await kitchen.recommender.recommend(
                Call(TaskName.NUTRITION, fakes.MEMBER, replace(SAMPLED, alternative=alternative))
            )
        ).plan
        for alternative in (0, 1, 1, 2)
    ]
    assert plans[1] == plans[2]
    assert len({items_of(plan) for plan in plans}) == 3


@pytest.mark.slow
async def test_what_the_member_had_counts_against_a_candidate(kitchen: Kitchen) -> None:
    """Of two equally good ones, the other is taken; the planner chooses by the same rule."""
    kitchen.launcher.script = Bench()
    first = await kitchen.recommender.recommend(Call(TaskName.NUTRITION, fakes.MEMBER, SAMPLED))
    had = items_of(first.plan)
    again = replace(SAMPLED, avoid=had)
    other = await kitchen.recommender.recommend(Call(TaskName.NUTRITION, fakes.MEMBER, again))
    assert repeated(items_of(other.plan), had) < 0.5
    kitchen.launcher.script = Bench(["no plan"] * 8)
    planned = await kitchen.recommender.recommend(Call(TaskName.NUTRITION, fakes.MEMBER, again))
    assert repeated(items_of(planned.plan), had) < 0.5


@pytest.mark.parametrize(
    ("wishes", "requests", "expected"),
    [
        (Wishes(), 1, 3),
        (Wishes(), 5, 3),
        (Wishes(), 8, 2),
        (Wishes(), 32, 1),
        (Wishes(seed=1), 32, 3),
        (Wishes(candidates=8), 32, 8),
        (Wishes(temperature=0.0), 1, 1),
    ],
)
def test_a_busy_server_writes_fewer_candidates(wishes: Wishes, requests: int, expected: int) -> None:
    """By the count of requests alone; whoever names a number or a seed gets it, and pays for it."""
    policy = DecodingPolicy()
    assert policy.affordable(policy.settle(TaskName.WORKOUT, wishes), requests) == expected


def test_advice_is_written_once() -> None:
    """Unless its caller asks for more; so a stream and a call say the same."""
    policy = DecodingPolicy()
    assert policy.settle(TaskName.ADVICE, Wishes()).count == 1
    assert policy.settle(TaskName.ADVICE, Wishes(candidates=2)).count == 2


def test_a_greedy_server_samples_another_one() -> None:
    """Its own text would only come again."""
    policy = DecodingPolicy(Decoding(temperature=0.0))
    assert policy.settle(TaskName.WORKOUT, Wishes()).decoding.temperature == 0
    assert policy.settle(TaskName.WORKOUT, Wishes(alternative=1)).decoding.temperature == 0.7
    assert policy.settle(TaskName.WORKOUT, Wishes(candidates=2)).decoding.temperature == 0.7


def test_equal_requests_have_equal_seeds() -> None:
    """Whatever the order of sets in memory."""
    one = fakes.MEMBER.model_copy(update={"disliked_foods": frozenset(["rice", "tofu", "milk", "oats"])})
    other = Profile.model_validate_json(one.model_dump_json())
    assert request_seed(TaskName.ADVICE, one) == request_seed(TaskName.ADVICE, other)
    assert request_seed(TaskName.ADVICE, one) != request_seed(TaskName.WORKOUT, one)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 3))
def test_derived_seeds_fit_every_engine(seed: int, attempt: int) -> None:
    """31 bits, and another one for each attempt."""
    assert 0 <= derived_seed(seed, attempt) < 2**31
