"""Several workers as one: calls are spread, a death costs its own texts, a swap flips once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fitbox_client.errors import ServerUnavailableError
from fitbox_server.backoff import Backoff
from fitbox_server.hooks import Hooks
from fitbox_server.several import Launcher, Several
from fitbox_server.supervisor import Watchdog

from fitbox.chat import Message
from fitbox.engine.kinds import visible_gpus
from fitbox.engine.process import _environment
from fitbox.engine.types import EngineSpec, GenerationRequest
from fitbox.errors import EngineDiedError, EngineStartError, WorkerLostError
from fitbox.v1 import recommendation_pb2
from tests import fakes
from tests.served import PROFILE, Served, error_of, until

SPEC = EngineSpec("scripted", Path("base"), None, "v000001-00000000")
REQUEST = GenerationRequest((Message("user", "hello"),), 16)
SOON = Watchdog(ping_seconds=0.01, miss_seconds=0.05, misses=2)


class Counting(Hooks):
    """Counts what the server is told of workers."""

    def __init__(self) -> None:
        self.restarted = self.hung = 0

    def worker_restarted(self, version: str) -> None:
        """One more."""
        self.restarted += 1

    def worker_hung(self, version: str) -> None:
        """One more."""
        self.hung += 1


@pytest.fixture
async def several() -> AsyncIterator[Callable[..., Any]]:
    """Starts so many workers as one, on fakes."""
    begun: list[Several] = []

    async def make(fake: fakes.FakeLauncher, count: int = 2, hooks: Hooks | None = None) -> Several:
        launcher = Launcher(
            fake, [str(at) for at in range(count)], SOON, Backoff(0.001, 0.01), hooks or Hooks()
        )
        one = await launcher(SPEC, timeout_seconds=5.0)
        assert isinstance(one, Several)
        begun.append(one)
        return one

    yield make
    for one in begun:
        await one.stop()


async def test_calls_go_to_the_worker_that_has_the_fewest(several: Callable[..., Any]) -> None:
    """Six calls that wait are three on each of two, and the seventh follows the one that ended."""
    fake = fakes.FakeLauncher()
    both = await several(fake)
    both.promote()
    fake.gate.clear()
    calls = [asyncio.create_task(both.generate(REQUEST)) for _ in range(6)]
    await until(lambda: sum(worker.in_flight for worker in fake.workers) == 6)
    assert [worker.in_flight for worker in fake.workers] == [3, 3]
    assert all(worker.promoted for worker in fake.workers)
    fake.gate.set()
    await asyncio.gather(*calls)


async def test_before_it_is_promoted_every_worker_is_warmed(several: Callable[..., Any]) -> None:
    """A request of the warm-up reaches all of them, so that no member waits for a device's first kernels."""
    fake = fakes.FakeLauncher()
    both = await several(fake, 3)
    assert (await both.generate(REQUEST)).text == SPEC.adapter_version
    assert [len(worker.requests) for worker in fake.workers] == [1, 1, 1]


async def test_each_worker_has_a_device_of_its_own(several: Callable[..., Any]) -> None:
    """And each names one alone."""
    fake = fakes.FakeLauncher()
    await several(fake, 4)
    assert [worker.spec.device for worker in fake.workers] == ["0", "1", "2", "3"]


async def test_a_death_costs_the_texts_of_that_worker_and_it_is_brought_back(
    several: Callable[..., Any],
) -> None:
    """Those of the other end well, and it takes all new ones until there are two again."""
    fake, hooks = fakes.FakeLauncher(), Counting()
    both = await several(fake, hooks=hooks)
    both.promote()
    fake.gate.clear()
    calls = [asyncio.create_task(both.generate(REQUEST)) for _ in range(4)]
    await until(lambda: sum(worker.in_flight for worker in fake.workers) == 4)
    fake.workers[0].die()
    assert both.alive
    fake.gate.set()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(end, WorkerLostError) for end in ends) == 2
    assert sum(not isinstance(end, BaseException) for end in ends) == 2
    await until(lambda: hooks.restarted == 1)
    assert not both.on_exit.is_set()
    assert [worker.spec.device for worker in fake.workers if worker.alive] == ["1", "0"]
    assert fake.workers[-1].spec.nice == 0


async def test_a_worker_that_hangs_is_passed_over_then_killed_and_replaced(
    several: Callable[..., Any],
) -> None:
    """Nobody waits for it while another answers."""
    fake, hooks = fakes.FakeLauncher(), Counting()
    both = await several(fake, hooks=hooks)
    both.promote()
    fake.workers[0].hangs = True
    await until(lambda: hooks.restarted == 1)
    assert hooks.hung == 1
    assert not fake.workers[0].alive
    await both.ping(timeout_seconds=1.0)


async def test_when_the_last_one_has_ended_all_of_it_has(several: Callable[..., Any]) -> None:
    """Whoever keeps the whole then starts it again; nothing is left behind that would."""
    fake = fakes.FakeLauncher()
    both = await several(fake)
    both.promote()
    fake.refuse = EngineStartError("no memory", passing=True)
    for worker in fake.workers:
        worker.die()
    await asyncio.wait_for(both.on_exit.wait(), 10)
    assert not both.alive
    assert both.exit_code == fake.workers[1].exit_code
    with pytest.raises(EngineDiedError):
        await both.generate(REQUEST)
    with pytest.raises(EngineDiedError):
        await both.ping(timeout_seconds=1.0)


async def test_a_device_that_refuses_is_left_out_and_tried_again(several: Callable[..., Any]) -> None:
    """A lost GPU keeps no version from serving on the others."""
    fake, lost = fakes.FakeLauncher(), {"1"}

    async def launch(spec: EngineSpec, *, timeout_seconds: float) -> fakes.FakeWorker:
        if spec.device in lost:
            raise EngineStartError("device not ready", passing=True)
        return await fake(spec, timeout_seconds=timeout_seconds)

    both = await several(launch)
    both.promote()
    assert [worker.spec.device for worker in fake.workers] == ["0"]
    await both.generate(REQUEST)
    lost.clear()
    await until(lambda: len(fake.workers) == 2)
    assert fake.workers[1].spec.device == "1"


async def test_a_version_that_loads_nowhere_says_why(several: Callable[..., Any]) -> None:
    """By the first one's reason, as with one worker."""
    fake = fakes.FakeLauncher()
    fake.fail.add(SPEC.adapter_version)
    with pytest.raises(EngineStartError, match="does not load"):
        await several(fake)
    assert fake.starts == 2


async def test_a_start_that_is_cancelled_leaves_no_worker(several: Callable[..., Any]) -> None:
    """Nor does a fault of ours in one of the starts."""
    fake = fakes.FakeLauncher()

    async def launch(spec: EngineSpec, *, timeout_seconds: float) -> fakes.FakeWorker:
        if spec.device == "1":
            raise RuntimeError("a fault of ours")
        return await fake(spec, timeout_seconds=timeout_seconds)

    with pytest.raises(RuntimeError, match="a fault of ours"):
        await several(launch)
    assert fake.alive == []


async def test_a_swap_over_several_workers_flips_once(start: Callable[..., Any]) -> None:
    """Both of the new version's workers are loaded and warmed before the one flip; then the old ones end."""
    served: Served = await start(workers=2, trial_replies=0)
    version = fakes.publish(served.registry)
    served.registry.activate(version.name, reason="try")
    await until(lambda: served.launcher.alive == [version.name] * 2)
    replies = await asyncio.gather(*(served.advice() for _ in range(8)))
    assert {reply.provenance.adapter_version for reply in replies} == {version.name}
    new = [worker for worker in served.launcher.workers if worker.spec.adapter_version == version.name]
    warmed = len(new[0].requests) + len(new[1].requests) - 8
    assert warmed == 2 * 3
    assert min(len(worker.requests) for worker in new) == 3 + 4


async def test_a_death_costs_no_call_whose_texts_another_worker_can_write(start: Callable[..., Any]) -> None:
    """A candidate that is lost is one less to choose from; a call that lost its only one asks again."""
    served: Served = await start(workers=2)
    served.launcher.gate.clear()
    several = recommendation_pb2.DecodingOptions(temperature=1.0, candidates=3)
    one = recommendation_pb2.DecodingOptions(temperature=0.0)
    before = sum(len(worker.requests) for worker in served.launcher.workers)
    calls = [asyncio.create_task(served.advice(decoding=decoding)) for decoding in (several, one, one)]
    await until(lambda: sum(worker.in_flight for worker in served.launcher.workers) == 3)
    served.launcher.workers[0].die()
    served.launcher.gate.set()
    replies = await asyncio.gather(*calls)
    assert {reply.provenance.adapter_version for reply in replies} == {"base"}
    assert sum(len(worker.requests) for worker in served.launcher.workers) > before + 3


async def test_a_server_goes_on_while_one_of_two_workers_is_gone(start: Callable[..., Any]) -> None:
    """Every call is answered, health stays, and the count of restarts says what happened."""
    served: Served = await start(workers=2)
    served.launcher.workers[0].die()
    for _ in range(4):
        assert (await served.advice()).provenance.adapter_version == "base"
    await until(lambda: served.metrics()["fitbox_worker_restarts_total", frozenset()] == 1)
    assert len(served.launcher.alive) == 2


async def test_a_server_whose_workers_all_died_starts_them_again(start: Callable[..., Any]) -> None:
    """As it does with one; a call meanwhile is refused as one that may be repeated."""
    served: Served = await start(workers=2, restart_backoff_seconds=0.01)
    served.launcher.loads.clear()
    for worker in list(served.launcher.workers):
        worker.die()
    request = recommendation_pb2.RecommendAdviceRequest(profile=PROFILE)
    assert isinstance(await error_of(served.recommend.RecommendAdvice(request)), ServerUnavailableError)
    served.launcher.loads.set()
    await until(lambda: len(served.launcher.alive) == 2)
    assert (await served.advice()).provenance.adapter_version == "base"


def test_a_worker_of_a_device_sees_that_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one without sees what its parent does."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    assert _environment(replace(SPEC, device="7"))["CUDA_VISIBLE_DEVICES"] == "7"
    assert _environment(SPEC)["CUDA_VISIBLE_DEVICES"] == "4,7"


@pytest.mark.parametrize(
    ("present", "visible", "seen"),
    [
        (0, None, ()),
        (2, None, ("0", "1")),
        (2, "", ()),
        (2, "-1", ()),
        (4, "2, 3", ("2", "3")),
        (4, "1,-1,2", ("1",)),
        (0, "0", ()),
    ],
)
def test_gpus_are_what_a_process_would_see(
    tmp_path: Path, present: int, visible: str | None, seen: tuple[str, ...]
) -> None:
    """By the device files and by what CUDA is told."""
    for number in range(present):
        (tmp_path / f"nvidia{number}").touch()
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    assert visible_gpus(tmp_path, environment) == seen


async def test_what_several_do_is_what_each_does_together(several: Callable[..., Any]) -> None:
    """Texts and memory add up; of the caches, which are alike, a mean part is in use."""
    fake = fakes.FakeLauncher()
    both = await several(fake)
    both.promote()
    fake.gate.clear()
    calls = [asyncio.create_task(both.generate(REQUEST)) for _ in range(6)]
    async with asyncio.timeout(10):
        while (stats := await both.ping(timeout_seconds=5.0)).running < 6:  # noqa: ASYNC110 - asked again
            await asyncio.sleep(0.005)
    assert (stats.running, stats.cache_usage, stats.resident_bytes) == (6, 0.25, 2 << 20)
    fake.gate.set()
    await asyncio.gather(*calls)
