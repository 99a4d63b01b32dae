"""One recommendation: the model's text, the second attempt, the planner, and what is reported of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fitbox_server.active import Serving, SwapSettings
from fitbox_server.admission import Admission
from fitbox_server.hooks import Hooks
from fitbox_server.loader import Loader, WorkerSettings
from fitbox_server.recommend import Call, Decoding, Recommender, derived_seed, request_seed
from fitbox_server.reply_cache import ReplyCache
from fitbox_server.wanted import Wanted
from hypothesis import given
from hypothesis import strategies as st

from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest
from fitbox.errors import EngineDiedError, EngineRefusedError
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

    def generated(self, task: TaskName, version: str, tokens: int) -> None:
        self.tokens += tokens

    def attempt_failed(self, task: TaskName, version: str, reason: str) -> None:
        self.failures.append(reason)

    def plan_made(self, task: TaskName, source: PlanSource) -> None:
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
            TASKS, serving, admission, hooks, ReplyCache(0, hooks), temperature=0.0, retry_temperature=0.7
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
            Call(TaskName.ADVICE, fakes.MEMBER, Decoding(temperature=1.2, seed=seed))
        )
    samplings = [request.sampling for request in kitchen.requests]
    assert {sampling.temperature for sampling in samplings} == {1.2}
    assert samplings[0] == samplings[1] != samplings[2]


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
