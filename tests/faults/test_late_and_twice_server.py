"""Late, twice, out of order, on the server's side: versions that arrive after their name, two servers on one
registry, clocks that jump, deletion beside activation."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from fitbox_server import setbacks, wanted
from fitbox_server.versions import VersionState

from fitbox.errors import AdapterInvalidError, AdapterNotFoundError, EngineStartError
from fitbox.registry import AdapterVersion
from tests import fakes
from tests.swap_bench import Bench

NEVER = 3600.0


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Tracebacks take a while to be laid out."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A models folder with a base model; a version that failed is tried again when its folder changes."""
    monkeypatch.setattr(setbacks, "FIRST_PAUSE_SECONDS", NEVER)
    monkeypatch.setattr(setbacks, "LONGEST_PAUSE_SECONDS", NEVER)
    return Bench(tmp_path / "models")


def elsewhere(bench: Bench, tmp_path: Path, seed: int = 1) -> AdapterVersion:
    """A version that a trainer published on another machine, and that nobody has copied yet."""
    trainer = fakes.write_models(tmp_path / "trainer")
    version = fakes.publish(trainer, seed)
    trainer.activate(version.name, reason="trained")
    return version


def name_active(bench: Bench, name: str, previous: str | None = None) -> None:
    """``active.json`` as it comes by a copy, before or after what it names."""
    values = {"version": name, "previous": previous, "since": "", "reason": "copied", "pinned": False}
    temporary = bench.registry.root / ".copied"
    temporary.write_text(json.dumps(values))
    temporary.replace(bench.registry.root / "active.json")


def copy(version: AdapterVersion, bench: Bench) -> Path:
    """Copy a version into the server's registry."""
    target = bench.registry.root / "adapters" / version.name
    shutil.copytree(version.path, target, dirs_exist_ok=True)
    return target


def cut_short(folder: Path) -> None:
    """Half of the weights have arrived."""
    weights = folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])


def unfinished(folder: Path) -> None:
    """The manifest is still being written."""
    manifest = folder / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:100])


ARRIVALS: dict[str, Callable[[Path], object]] = {
    "nothing": lambda folder: shutil.rmtree(folder),
    "an empty folder": lambda folder: [each.unlink() for each in folder.iterdir()],
    "all but the manifest": lambda folder: (folder / "manifest.json").unlink(),
    "all but the weights": lambda folder: (folder / "adapter_model.safetensors").unlink(),
    "weights that are still short": cut_short,
    "a manifest that is still short": unfinished,
}


@pytest.mark.parametrize("what", ARRIVALS)
async def test_a_version_that_arrives_after_its_name_serves_once_it_is_whole(
    what: str, bench: Bench, tmp_path: Path
) -> None:
    """``models/`` may be brought by rsync or an object store; the old version serves until then."""
    version = elsewhere(bench, tmp_path)
    async with bench.running() as serving:
        ARRIVALS[what](copy(version, bench))
        name_active(bench, version.name)
        await bench.until(lambda: bench.state(version.name) is VersionState.BAD)
        await bench.looks(5)
        assert serving.serving.version == "base"
        copy(version, bench)
        await bench.until_serving(version.name)
        assert bench.registry.active().version == version.name, "what may pass leaves the registry alone"


async def test_a_server_that_starts_before_its_version_has_arrived_follows_later(
    bench: Bench, tmp_path: Path
) -> None:
    """It starts with what it has."""
    version = elsewhere(bench, tmp_path)
    name_active(bench, version.name)
    async with bench.running() as serving:
        assert serving.serving.version == "base"
        copy(version, bench)
        await bench.until_serving(version.name)


async def test_a_folder_that_is_still_being_written_is_not_read_again_and_again(
    bench: Bench, tmp_path: Path
) -> None:
    """It is tried once it has come to rest, not with every file that arrives."""
    version = elsewhere(bench, tmp_path)
    async with bench.running() as serving:
        name_active(bench, version.name)
        await bench.until(lambda: bench.state(version.name) is VersionState.BAD)
        tries = len(bench.hooks.outcomes)
        real, number = bench.loader.look_at, 0

        async def ever_new(name: str) -> object:
            nonlocal number
            number += 1
            return await real(name), number

        bench.loader.look_at = ever_new  # type: ignore[method-assign]
        copy(version, bench)
        await bench.looks(10)
        assert len(bench.hooks.outcomes) == tries
        bench.loader.look_at = real  # type: ignore[method-assign]
        await bench.until(lambda: serving.serving.version == version.name)


async def test_what_passes_without_a_change_of_files_is_tried_with_a_growing_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that found no memory finds some later."""
    monkeypatch.setattr(setbacks, "FIRST_PAUSE_SECONDS", 0.001)
    bench = Bench(tmp_path / "models")
    async with bench.running():
        bench.launcher.refuse = EngineStartError("no memory", passing=True)
        name = bench.publish(1)
        starts = bench.launcher.starts
        await bench.until(lambda: bench.launcher.starts >= starts + 4)
        bench.launcher.refuse = None
        await bench.until_serving(name)


def test_the_pause_between_tries_grows_and_is_bounded() -> None:
    """From a second to five minutes."""
    now = 0.0
    kept = setbacks.Setbacks(lambda: now)
    pauses = []
    for _ in range(12):
        kept.record("v1", setbacks.Failure("unreadable", "no", passing=True), "same")
        begun = now
        while not kept.may_try("v1", "same"):
            now += 0.5
        pauses.append(now - begun)
    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert pauses[-1] == 300.0


async def test_what_is_wrong_for_good_stays_bad_and_leaves_the_registry(bench: Bench) -> None:
    """Altered weights do not get better; the registry names what serves, for the gate compares with it."""
    async with bench.running() as serving:
        good = bench.publish(1)
        await bench.until_serving(good)
        version = fakes.publish(bench.registry, 2)
        weights = version.path / "adapter_model.safetensors"
        content = weights.read_bytes()
        weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        name_active(bench, version.name, previous=good)
        await bench.until(lambda: bench.state(version.name) is VersionState.BAD)
        await bench.until(lambda: bench.registry.active().version == good)
        assert "not the published file" in bench.registry.active().reason
        name_active(bench, version.name, previous=good)
        weights.touch()
        await bench.looks(10)
        assert serving.serving.version == good
        assert len([one for one in bench.hooks.outcomes if one[0] == version.name]) == 1


async def test_a_version_that_does_not_load_goes_back_by_the_path_of_a_failed_trial(bench: Bench) -> None:
    """Or it would stay what every later candidate is measured against."""
    async with bench.running():
        good = bench.publish(1)
        await bench.until_serving(good)
        bad = fakes.publish(bench.registry, 2)
        bench.launcher.fail.add(bad.name)
        bench.registry.activate(bad.name, reason="trained")
        await bench.until(lambda: bench.registry.active().version == good)
        assert "does not load" in bench.registry.active().reason


async def test_two_versions_that_do_not_load_do_not_send_the_registry_to_and_fro(bench: Bench) -> None:
    """The registry goes back only to what serves."""
    first, second = bench.publish(1), bench.publish(2)
    bench.launcher.fail.update({first, second})
    async with bench.running() as serving:
        assert serving.serving.version == "base"
        await bench.looks(10)
        assert bench.registry.active().version == second


async def test_a_version_for_another_base_model_is_not_taken_from_the_server_that_fits_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers on one registry: what one cannot use, the other may be serving."""
    bench = Bench(tmp_path / "models")
    version = fakes.publish(bench.registry, 1)

    def misfit(_: AdapterVersion) -> None:
        raise AdapterInvalidError("base_mismatch", "trained on another")

    monkeypatch.setattr(bench.view, "verify", misfit)
    async with bench.running() as serving:
        name_active(bench, version.name)
        await bench.until(lambda: bench.state(version.name) is VersionState.BAD)
        await bench.looks(5)
        assert serving.serving.version == "base"
        assert bench.registry.active().version == version.name


async def test_two_servers_follow_one_registry_and_one_rollback_serves_both(tmp_path: Path) -> None:
    """The second server finds the registry rolled back, and does not roll it back once more."""
    bench, other = Bench(tmp_path / "models"), Bench(tmp_path / "models")
    async with bench.running() as serving, other.running() as second:
        good = bench.publish(1)
        await bench.until_serving(good)
        await other.until_serving(good)
        bad = bench.publish(2)
        await bench.until_serving(bad)
        await other.until_serving(bad)
        bench.judge(False, False, False)
        other.judge(False, False, False)
        await bench.until(lambda: bench.registry.active().version == good)
        await bench.looks(5)
        await other.looks(5)
        assert bench.registry.active().version == good
        assert serving.serving.version == second.serving.version == good


async def test_a_failed_trial_does_not_undo_what_was_published_meanwhile(bench: Bench) -> None:
    """The trainer's next version may come between the failure and the look that follows."""
    async with bench.running():
        bad = bench.publish(1)
        await bench.until_serving(bad)
        newer = fakes.publish(bench.registry, 2)
        bench.judge(False, False, False)
        bench.registry.activate(newer.name, reason="trained")
        await bench.until_serving(newer.name)
        assert bench.registry.active().version == newer.name


@pytest.mark.parametrize("jump", [-1e6, 1e6])
async def test_a_clock_that_jumps_moves_no_trial_and_no_pause(
    jump: float, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that waits counts on the monotonic clock; only times for people come from the other one."""
    real = time.time
    async with bench.running() as serving:
        monkeypatch.setattr(wanted.time, "time", lambda: real() + jump)
        name = bench.publish(1)
        await bench.until_serving(name)
        await bench.looks(5)
        assert bench.state("base") is VersionState.STANDBY
        bench.launcher.workers[-1].die()
        await bench.until_serving("base")
        assert serving.ready


async def test_a_version_that_is_deleted_between_its_naming_and_its_loading_harms_nobody(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retention beside activation: the old version serves, and the next one is followed."""
    async with bench.running() as serving:
        real = bench.view.hold

        def gone(version: AdapterVersion) -> None:
            shutil.rmtree(version.path)
            raise AdapterNotFoundError("deleted")

        monkeypatch.setattr(bench.view, "hold", gone)
        name = bench.publish(1)
        await bench.until(lambda: bench.state(name) is VersionState.BAD)
        assert serving.ready
        monkeypatch.setattr(bench.view, "hold", real)
        await bench.until_serving(bench.publish(2))


async def test_a_version_whose_folder_goes_while_it_serves_serves_on(bench: Bench) -> None:
    """Its worker has read what it needs; a change of the registry is followed as before."""
    async with bench.running() as serving:
        name = bench.publish(1)
        await bench.until_serving(name)
        shutil.rmtree(bench.registry.root / "adapters" / name)
        await bench.looks(5)
        assert serving.ready
        assert serving.serving.version == name
        await bench.until_serving(bench.publish(2))


async def test_an_activation_that_comes_twice_at_once_is_one_swap(bench: Bench) -> None:
    """Two operators press the same button."""
    async with bench.running() as serving:
        version = fakes.publish(bench.registry, 1)
        bench.registry.activate(version.name, reason="one")
        bench.registry.activate(version.name, reason="two")
        await asyncio.gather(serving.settle(version.name), serving.settle(version.name))
        assert bench.launcher.starts == 2


async def test_models_that_go_away_and_come_back_are_followed_again(bench: Bench) -> None:
    """A mount that is away for a while: one warning, and what serves serves on."""
    async with bench.running() as serving:
        root, away = bench.registry.root, bench.registry.root.with_name("away")
        name = bench.publish(1)
        await bench.until_serving(name)
        bench.judge(True, True, True)
        root.rename(away)
        root.write_text("a file where the mount was")
        with structlog.testing.capture_logs() as lines:
            await bench.looks(10)
        assert serving.serving.version == name
        assert [line["event"] for line in lines].count("look_failed") <= 1
        root.unlink()
        away.rename(root)
        await bench.until_serving(bench.publish(2))
