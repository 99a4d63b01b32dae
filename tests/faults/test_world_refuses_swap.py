"""The world refuses a server what it needs for a swap: it serves on with what it has, and says why."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from fitbox_server import setbacks, supervisor
from fitbox_server.hooks import Hooks, SwapOutcome
from fitbox_server.supervisor import Watchdog
from fitbox_server.versions import VersionState

from fitbox.errors import EngineStartError
from tests import fakes
from tests.examples import every
from tests.swap_bench import SETTINGS, Bench, SwapSettings


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Tracebacks take a while to be laid out."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A models folder with a base model; what may pass is tried again after some milliseconds."""
    monkeypatch.setattr(setbacks, "FIRST_PAUSE_SECONDS", 0.01)
    return Bench(tmp_path / "models")


ERRORS = [
    OSError(errno.EMFILE, "too many open files"),
    OSError(errno.ENOMEM, "cannot allocate memory"),
    OSError(errno.EACCES, "permission denied"),
    OSError(errno.ESTALE, "stale file handle"),
    OSError(errno.EIO, "input/output error"),
    MemoryError(),
    RuntimeError("can't start new thread"),
]
WRONG = [
    RecursionError("nested"),
    TypeError("null"),
    OverflowError("too large"),
    ZeroDivisionError(),
    KeyError("x"),
]


def failing(step: str, bench: Bench, patch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let one step of a swap fail from now on."""

    def refuse(*_: object, **__: object) -> None:
        raise error

    async def later(*_: object, **__: object) -> None:
        raise error

    match step:
        case "look":
            patch.setattr(bench.loader, "look_at", later)
        case "hold":
            patch.setattr(bench.view, "hold", refuse)
        case "get":
            patch.setattr(bench.view, "get", refuse)
        case "verify":
            patch.setattr(bench.view, "verify", refuse)
        case "start":
            patch.setattr(bench.launcher, "refuse", error)
        case "warm":
            patch.setattr(bench.loader, "warm", later)


@pytest.mark.parametrize("step", ["hold", "get", "verify", "start", "warm"])
@pytest.mark.parametrize("error", every(3, ERRORS), ids=lambda error: f"{type(error).__name__} {error}"[:24])
async def test_what_is_lacking_for_a_swap_is_tried_again_until_it_is_there(
    step: str, error: Exception, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old version serves meanwhile, and the registry keeps naming the new one."""
    async with bench.running() as serving:
        with monkeypatch.context() as patch:
            failing(step, bench, patch, error)
            name = bench.publish(1)
            await bench.until(lambda: bench.state(name) is VersionState.BAD)
            await bench.looks()
            assert serving.ready
            assert serving.serving.version == "base"
        await bench.until_serving(name)
        assert bench.registry.active().version == name


@pytest.mark.parametrize("step", ["look", "hold", "get", "verify", "start", "warm"])
@pytest.mark.parametrize("error", every(3, WRONG), ids=lambda error: type(error).__name__)
async def test_what_nobody_expected_marks_the_version_bad_and_no_more(
    step: str, error: Exception, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a version's files make our code raise, the server lives and is asked for another one."""
    async with bench.running() as serving:
        with monkeypatch.context() as patch:
            failing(step, bench, patch, error)
            name = bench.publish(1)
            if step == "look":
                await bench.looks()
            else:
                await bench.until(lambda: bench.state(name) is VersionState.BAD)
                assert bench.hooks.outcomes[-1][2] == "unexpected"
            assert serving.ready
        await bench.until_serving(bench.publish(2))


async def test_a_start_falls_back_whatever_the_active_version_makes_it_raise(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart must not depend on the newest version being sound."""
    good, bad = bench.publish(1), bench.publish(2)
    real = bench.view.verify

    def verify(version: Any) -> None:
        if version.name == bad:
            raise RecursionError("nested")
        real(version)

    monkeypatch.setattr(bench.view, "verify", verify)
    async with bench.running() as serving:
        assert serving.serving.version == good


@pytest.mark.parametrize("refused", ["rollback", "active"])
@pytest.mark.parametrize(
    "error",
    [PermissionError(errno.EACCES, "denied"), OSError(errno.EROFS, "read-only"), ValueError("?")],
    ids=repr,
)
async def test_a_registry_that_cannot_be_rolled_back_is_one_warning(
    refused: str, error: Exception, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``models/`` is usually mounted read-only for serving: the old version serves on all the same."""
    async with bench.running() as serving:
        name = bench.publish(1)
        await bench.until_serving(name)

        def refuse(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(bench.view, refused, refuse)
        with structlog.testing.capture_logs() as lines:
            bench.judge(False, False, False)
            await bench.looks(5)
        assert serving.serving.version == "base"
        assert [line["event"] for line in lines].count("registry_not_rolled_back") == 1


@pytest.mark.parametrize("error", [*ERRORS, EngineStartError("no"), KeyError("x")], ids=repr)
async def test_a_worker_is_brought_back_whatever_refuses_at_first(error: Exception, bench: Bench) -> None:
    """The supervisor never ends by an exception."""
    async with bench.running() as serving:
        bench.launcher.refuse = error
        bench.launcher.workers[0].die()
        await bench.until(lambda: bench.launcher.starts >= 3)
        bench.launcher.refuse = None
        await bench.until(lambda: serving.ready)
        assert bench.hooks.restarted == ["base"]


async def test_the_pause_between_restarts_grows_however_long_the_worker_lived(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A launcher that fails at once must not be asked thousands of times a second."""
    pauses: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await real(0)
        if len(pauses) == 12:
            bench.launcher.refuse = None

    monkeypatch.setattr(supervisor, "STABLE_SECONDS", 0.0)  # every life counts as a long one
    async with bench.running() as serving:
        bench.launcher.refuse = EngineStartError("no")
        with monkeypatch.context() as patch:
            patch.setattr(supervisor.asyncio, "sleep", sleep)
            bench.launcher.workers[0].die()
            await bench.until(lambda: bench.hooks.restarted)
        assert pauses[0] == 0
        assert pauses[1:] == sorted(pauses[1:])
        assert pauses[1] > 0
        assert pauses[-1] == pytest.approx(min(30.0, SETTINGS.restart_backoff_seconds * 2**10))
        await bench.until(lambda: serving.ready)


async def test_a_worker_that_hangs_is_not_ready_then_replaced(tmp_path: Path) -> None:
    """Readiness follows the pings; a fake that answers nothing stands for any reason to hang."""
    settings = SwapSettings(**{**vars(SETTINGS), "watchdog": Watchdog(0.001, 0.01, 3)})
    bench = Bench(tmp_path / "models", settings)
    async with bench.running() as serving:
        bench.launcher.loads.clear()
        bench.launcher.workers[0].hangs = True
        await bench.until(lambda: not serving.ready)
        await bench.until(lambda: bench.hooks.hung == ["base"])
        bench.launcher.loads.set()
        await bench.until(lambda: serving.ready)
        assert bench.hooks.restarted == ["base"]


async def test_a_version_that_hangs_in_its_trial_is_rolled_back(tmp_path: Path) -> None:
    """As one that crashes."""
    settings = SwapSettings(**{**vars(SETTINGS), "watchdog": Watchdog(0.001, 0.01, 3)})
    bench = Bench(tmp_path / "models", settings)
    async with bench.running() as serving:
        name = bench.publish(1)
        await bench.until_serving(name)
        bench.launcher.workers[-1].hangs = True
        await bench.until_serving("base")
        assert serving.ready
        assert bench.hooks.outcomes[-1] == (name, SwapOutcome.ROLLED_BACK, "worker_crashed")


async def test_a_worker_that_cannot_be_stopped_does_not_keep_the_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shutdown ends every worker that it can, and says what it could not."""
    async with bench.running():
        await bench.until_serving(bench.publish(1))
        stubborn = bench.launcher.workers[0]

        async def refuse(*, drain_seconds: float = 0.0) -> None:
            stubborn.die()
            raise OSError(errno.EIO, "input/output error")

        monkeypatch.setattr(stubborn, "stop", refuse)
        with structlog.testing.capture_logs() as lines:
            await bench.serving.close()
        assert bench.launcher.alive == []
        assert "version_not_stopped" in [line["event"] for line in lines]


async def test_a_hook_that_raises_is_logged_and_harms_nobody(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever listens: metrics on a full disk must not decide what serves."""

    class Broken(Hooks):
        def swap_phase(self, *_: object) -> None:
            raise OSError(errno.ENOSPC, "no space left")

        def swap_finished(self, *_: object) -> None:
            raise KeyError("label")

        def serving(self, *_: object) -> None:
            raise ValueError("digest")

    bench.serving._hooks = bench.loader._hooks = Broken()
    with structlog.testing.capture_logs() as lines:
        async with bench.running() as serving:
            name = bench.publish(1)
            await bench.until_serving(name)
            assert serving.ready
    assert {line["hook"].rpartition(".")[2] for line in lines if line["event"] == "hook_failed"} >= {
        "swap_phase",
        "swap_finished",
        "serving",
    }


@pytest.mark.parametrize("text", ["\udcff.safetensors", "x" * 2_000_000])
async def test_a_reason_can_be_shown_whatever_a_file_is_called(
    text: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bad version must not fail the lists that it appears in."""
    async with bench.running() as serving:
        failing("verify", bench, monkeypatch, OSError(errno.EIO, text))
        name = bench.publish(1)
        await bench.until(lambda: bench.state(name) is VersionState.BAD)
        reason = serving.states()[name].reason
        assert len(reason.encode("utf-8")) < 2000


def test_the_versions_that_failed_are_remembered_up_to_a_bound() -> None:
    """However many there were."""
    kept = setbacks.Setbacks(lambda: 0.0)
    for number in range(1000):
        kept.record(f"v{number}", setbacks.Failure("file_altered", "altered"), None)
    assert len(list(kept)) == 256
    assert kept.get("v999") is not None


def test_nothing_of_the_folder_is_needed_to_look_at_it(bench: Bench) -> None:
    """A folder that cannot be listed looks like its error, which changes when that passes."""
    version = fakes.publish(bench.registry, 1)
    looks = [asyncio.run(bench.loader.look_at(name)) for name in (version.name, "v000009-00000000")]
    assert looks[1] == errno.ENOENT
    os.utime(version.path / "manifest.json")
    (version.path / "manifest.json").write_bytes(b"{}")
    assert asyncio.run(bench.loader.look_at(version.name)) != looks[0]
