"""The swap: which version serves, and what happens when anything on the way fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fitbox_server.changes import Changes
from fitbox_server.hooks import SwapOutcome, SwapPhase
from fitbox_server.versions import Change, VersionState

from fitbox.errors import (
    AdapterInvalidError,
    BaseModelError,
    EngineDiedError,
    EngineError,
    EngineStartError,
    RegistryError,
)
from tests import fakes
from tests.swap_bench import SETTINGS, WARM, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A models folder with a base model and no version."""
    return Bench(tmp_path / "models")


async def test_without_a_version_the_base_model_serves(bench: Bench) -> None:
    """Warmed up like any other."""
    async with bench.running() as serving:
        assert serving.ready
        assert serving.serving.version == "base"
        assert [worker.requests for worker in bench.launcher.workers] == [[WARM]]


async def test_an_activated_version_takes_over_and_the_old_one_goes(bench: Bench) -> None:
    """Every phase is timed; the old worker stays until the trial is over."""
    async with bench.running():
        name = bench.publish(1)
        await bench.until_serving(name)
        assert bench.state("base") is VersionState.STANDBY
        bench.judge(True, True, False)
        await bench.until(lambda: bench.launcher.alive == [name])
        assert set(bench.hooks.phases) == set(SwapPhase)
        assert bench.hooks.served == ["base", name]


async def test_a_request_keeps_its_version_to_its_end(bench: Bench) -> None:
    """The old worker lives as long as a request holds it, through any number of swaps."""
    async with bench.running() as serving:
        with serving.lease() as held:
            for seed in (1, 2):
                await bench.until_serving(bench.publish(seed))
            assert held.name == "base"
            assert held.state is VersionState.DRAINING
            assert not held.worker.on_exit.is_set()
        await bench.until(lambda: "base" not in bench.launcher.alive)


async def test_at_most_two_versions_stand_loaded_without_requests(bench: Bench) -> None:
    """Memory stays bounded however fast versions follow each other."""
    async with bench.running():
        for seed in range(1, 6):
            await bench.until_serving(bench.publish(seed))
        await bench.until(lambda: len(bench.launcher.alive) <= 2)


async def test_a_restarted_server_serves_what_was_active(bench: Bench) -> None:
    """The registry remembers."""
    name = bench.publish(1)
    async with bench.running() as serving:
        assert serving.serving.version == name
        assert serving.serving.evaluation_score == 0.75


async def test_without_adapters_the_base_model_serves_whatever_is_active(tmp_path: Path) -> None:
    """``--no-adapter``; asking for another version is refused and not forgotten."""
    bench = Bench(tmp_path / "models", use_adapter=False)
    name = bench.publish(1)
    async with bench.running() as serving:
        assert serving.serving.version == "base"
        with pytest.raises(AdapterInvalidError, match="base is to serve"):
            await serving.settle(name)


async def test_a_broken_version_is_marked_bad_and_never_loaded(bench: Bench) -> None:
    """Its reason is a metric label; it is not tried again by itself."""
    async with bench.running():
        name = bench.publish(1)
        weights = bench.registry.root / "adapters" / name / "adapter_model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1] + b"x")
        await bench.until(lambda: bench.state(name) is VersionState.BAD)
        for _ in range(3):
            await bench.serving.changes.next()
        assert bench.hooks.outcomes[1:] == [(name, SwapOutcome.VERIFY_FAILED, "file_altered")]
        assert bench.launcher.alive == ["base"]


async def test_a_version_that_does_not_load_leaves_the_old_one_serving(bench: Bench) -> None:
    """Until somebody asks for it explicitly."""
    async with bench.running() as serving:
        version = fakes.publish(bench.registry, 1)
        bench.launcher.fail.add(version.name)
        bench.registry.activate(version.name, reason="try")
        with pytest.raises(AdapterInvalidError) as caught:
            await serving.settle(version.name)
        assert caught.value.reason == "load_failed"
        assert serving.serving.version == "base"
        await bench.until(lambda: bench.registry.active().version is None)
        bench.launcher.fail.clear()
        bench.registry.activate(version.name, reason="try again")
        await serving.settle(version.name)
        assert serving.serving.version == version.name


async def test_a_version_that_cannot_answer_the_warm_up_never_serves(bench: Bench) -> None:
    """Its worker is stopped again."""
    async with bench.running():
        bench.launcher.script = lambda spec, request: (
            EngineError("refused") if spec.adapter is not None else "fine"
        )
        name = bench.publish(1)
        await bench.until(lambda: bench.state(name) is VersionState.BAD)
        assert bench.hooks.outcomes[-1] == (name, SwapOutcome.WARM_FAILED, "warm_failed")
        assert bench.launcher.alive == ["base"]


async def test_replies_that_all_fail_roll_back_at_once(bench: Bench) -> None:
    """The version that stood by takes over without a reload, and the registry follows."""
    async with bench.running():
        good = bench.publish(1)
        await bench.until_serving(good)
        bench.judge(True, True, True)
        bad = bench.publish(2)
        await bench.until_serving(bad)
        workers = len(bench.launcher.workers)
        bench.judge(False, False, False)
        assert bench.serving.serving.version == good
        assert len(bench.launcher.workers) == workers
        await bench.until(lambda: bench.registry.active().version == good)
        assert "replies" in bench.registry.active().reason
        assert bench.hooks.outcomes[-1] == (bad, SwapOutcome.ROLLED_BACK, "replies_failed")
        assert bench.state(bad) is VersionState.BAD
        await bench.until(lambda: bench.launcher.alive == [good])


async def test_some_good_replies_pass_the_trial(bench: Bench) -> None:
    """A model may err; a version that never succeeds is broken."""
    async with bench.running():
        name = bench.publish(1)
        await bench.until_serving(name)
        bench.judge(False, False, True)
        bench.judge(False, False, False)
        assert bench.serving.serving.version == name


async def test_rolling_back_to_something_that_never_worked_would_help_nobody(bench: Bench) -> None:
    """The new version stays when the old one did no better."""
    async with bench.running():
        bench.judge(False)
        name = bench.publish(1)
        await bench.until_serving(name)
        bench.judge(False, False, False)
        assert bench.serving.serving.version == name


async def test_a_rollback_during_the_trial_needs_no_load(bench: Bench) -> None:
    """The version that stands by is still there; an operator who regrets is served at once."""
    async with bench.running() as serving:
        name = bench.publish(1)
        await bench.until_serving(name)
        workers = len(bench.launcher.workers)
        bench.registry.rollback(reason="regret")
        await serving.settle("base")
        bench.registry.rollback(reason="or not")
        await serving.settle(name)
        assert len(bench.launcher.workers) == workers


async def test_a_crash_during_the_trial_rolls_back_at_once(bench: Bench) -> None:
    """Requests after the crash are answered by the old version."""
    async with bench.running() as serving:
        name = bench.publish(1)
        await bench.until_serving(name)
        bench.launcher.workers[-1].die()
        await bench.until_serving("base")
        assert serving.ready
        assert bench.hooks.outcomes[-1] == (name, SwapOutcome.ROLLED_BACK, "worker_crashed")
        await bench.until(lambda: bench.registry.active().version is None)


async def test_a_pinned_version_that_fails_is_not_served_although_the_pin_stays(bench: Bench) -> None:
    """The pin is an operator's word in the registry; serving broken replies is nobody's wish."""
    async with bench.running():
        version = fakes.publish(bench.registry, 1)
        bench.registry.activate(version.name, reason="pinned", pin=True)
        await bench.until_serving(version.name)
        bench.judge(False, False, False)
        await bench.until_serving("base")
        for _ in range(3):
            await bench.serving.changes.next()
        assert bench.registry.active().pinned
        assert bench.serving.serving.version == "base"


async def test_a_worker_that_dies_is_replaced_by_one_of_the_same_version(bench: Bench) -> None:
    """Calls in between get EngineDiedError, which clients may retry."""
    async with bench.running() as serving:
        bench.launcher.loads.clear()
        bench.launcher.workers[0].die()
        await bench.until(lambda: bench.state("base") is VersionState.RESTARTING)
        assert not serving.ready
        with pytest.raises(EngineDiedError), serving.lease():
            pytest.fail("no worker runs")
        bench.launcher.loads.set()
        await bench.until(lambda: serving.ready)
        assert bench.hooks.restarted == ["base"]


async def test_restarting_goes_on_until_it_succeeds(bench: Bench) -> None:
    """With a growing pause, but without giving up."""
    async with bench.running() as serving:
        bench.launcher.fail.add("base")
        bench.launcher.workers[0].die()
        await bench.until(lambda: bench.state("base") is VersionState.RESTARTING)
        bench.launcher.fail.clear()
        await bench.until(lambda: serving.ready)
        assert bench.hooks.restarted == ["base"]


async def test_a_new_version_takes_over_from_a_dead_one(bench: Bench) -> None:
    """A version that cannot be restarted does not hold up its successor."""
    async with bench.running() as serving:
        bench.launcher.fail.add("base")
        bench.launcher.workers[0].die()
        name = bench.publish(1)
        await bench.until(lambda: serving.ready)
        assert serving.serving.version == name


async def test_a_start_falls_back_to_the_previous_version(bench: Bench) -> None:
    """A broken active version must not keep a server down."""
    first, second = bench.publish(1), bench.publish(2)
    bench.launcher.fail.add(second)
    async with bench.running() as serving:
        assert serving.serving.version == first
        assert bench.state(second) is VersionState.BAD


async def test_a_start_fails_when_nothing_loads(bench: Bench) -> None:
    """The error names what was tried."""
    bench.launcher.fail.update({"base", bench.publish(1)})
    with pytest.raises(EngineStartError, match="base"):
        await bench.serving.start()


async def test_a_start_refuses_a_damaged_base_model(bench: Bench) -> None:
    """Every version stands on it."""
    (bench.registry.root / "base" / fakes.BASE_NAME / "hf" / "config.json").write_text("{}")
    with pytest.raises(BaseModelError, match="altered"):
        await bench.serving.start()


async def test_a_start_refuses_an_unreadable_active_json(bench: Bench) -> None:
    """Serving the base model instead would be a silent downgrade."""
    (bench.registry.root / "active.json").write_text("{")
    with pytest.raises(RegistryError):
        await bench.serving.start()


async def test_an_unreadable_active_json_changes_nothing_while_serving(bench: Bench) -> None:
    """The next good one is followed again."""
    async with bench.running() as serving:
        (bench.registry.root / "active.json").write_text("{")
        for _ in range(3):
            await serving.changes.next()
        assert serving.serving.version == "base"
        (bench.registry.root / "active.json").unlink()
        await bench.until_serving(bench.publish(1))


async def test_a_version_for_another_base_model_is_refused(bench: Bench) -> None:
    """It is whole, and fits its own base model, but not the one this server was started with."""
    fakes.write_base(bench.registry.root, "other-llama")
    other = bench.registry.base_model("other-llama")
    manifest = json.loads((other.path / "manifest.json").read_text())
    (other.path / "manifest.json").write_text(json.dumps({**manifest, "digest": "f" * 64}))
    version = bench.registry.publish(
        fakes.write_staging(bench.registry.root), metadata=fakes.metadata("f" * 64, base_model="other-llama")
    )
    async with bench.running():
        bench.registry.activate(version.name, reason="try")
        await bench.until(lambda: bench.state(version.name) is VersionState.BAD)
        assert bench.hooks.outcomes[-1][2] == "base_mismatch"


async def test_watchers_see_every_state_in_order(bench: Bench) -> None:
    """Loading, active, and what becomes of the old one."""
    async with bench.running() as serving:
        with serving.changes.watch() as queue:
            name = bench.publish(1)
            await bench.until_serving(name)
            bench.judge(True, True, True)
            await bench.until(lambda: bench.launcher.alive == [name])
            await bench.until(lambda: "base" not in serving.states())
            seen = [queue.get_nowait() for _ in range(queue.qsize())]
        assert [(change.version, change.state) for change in seen if change] == [
            (name, VersionState.LOADING),
            (name, VersionState.ACTIVE),
            ("base", VersionState.STANDBY),
            ("base", VersionState.DRAINING),
            ("base", VersionState.PUBLISHED),
        ]


async def test_settling_on_a_version_that_was_superseded_says_so(bench: Bench) -> None:
    """Whoever waits is told instead of waiting for ever."""
    async with bench.running() as serving:
        first = bench.publish(1)
        second = bench.publish(2)
        await bench.until_serving(second)
        with pytest.raises(AdapterInvalidError) as caught:
            await serving.settle(first)
        assert caught.value.reason == "superseded"


def test_a_watcher_that_lags_is_dropped_and_told() -> None:
    """A slow reader costs bounded memory."""
    changes = Changes()
    with changes.watch() as queue:
        for index in range(1000):
            changes.tell(Change(str(index), VersionState.ACTIVE))
        items = [queue.get_nowait() for _ in range(queue.qsize())]
    assert items[-1] is None
    assert len(items) < 300


async def test_the_files_of_a_loaded_version_cannot_be_deleted(bench: Bench) -> None:
    """Retention waits for a server that lags behind the registry, and only for as long as it does."""
    first = bench.publish(1)
    files = bench.registry.get(first)
    async with bench.running():
        await bench.until_serving(first)
        bench.launcher.loads.clear()
        bench.publish(2)
        last = bench.publish(3)
        assert not bench.registry.remove(files)
        bench.launcher.loads.set()
        await bench.until_serving(last)
        bench.judge(*[True] * SETTINGS.trial_replies)
        await bench.until(lambda: bench.state(first) is VersionState.PUBLISHED)
        assert bench.registry.remove(files)
