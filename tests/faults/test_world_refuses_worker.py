"""The world refuses a worker descriptors, memory, processes; or it hangs, or leaves children."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import errno
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from fitbox_server.backoff import Backoff
from fitbox_server.supervisor import Watchdog

from fitbox.chat import Message
from fitbox.engine import child, process
from fitbox.engine.process import EngineProcess
from fitbox.engine.types import EngineSpec, GenerationRequest
from fitbox.errors import DeadlinePassedError, EngineDiedError, EngineStartError

REFUSALS = [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.EACCES]
REQUEST = GenerationRequest((Message("user", "hello"),), 100_000)


@pytest.fixture
def spec(tmp_path: Path) -> EngineSpec:
    """A scripted worker."""
    return EngineSpec("scripted", tmp_path, None, "base")


@pytest.fixture
async def endless(spec: EngineSpec, tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Starts workers whose texts never end."""
    texts = tmp_path / "endless.json"
    texts.write_text('{"any": "' + "x" * 100_000 + '"}')
    options = (("tokens", "100000"), ("step_ms", "2"), ("replies_file", str(texts)))
    async with contextlib.AsyncExitStack() as stack:

        async def start(**changes: Any) -> EngineProcess:
            values = {**vars(spec), "options": options, **changes}
            worker = await EngineProcess.start(EngineSpec(**values), timeout_seconds=60)
            stack.push_async_callback(worker.stop)
            return worker

        yield start


def descriptors() -> set[str]:
    """What this process has open, apart from what asyncio and the interpreter keep for themselves."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if stat.S_IFMT(entry.stat().st_mode) in (stat.S_IFIFO, stat.S_IFSOCK):
                found.add(entry.name)
    return found


SITES = ["pipe", "socketpair", "spawn", "read pipe", "connect"]


def refuse(patch: pytest.MonkeyPatch, site: str, error: Exception) -> None:
    """Let one of the calls that a start makes fail, each time."""

    def sync(*_: object, **__: object) -> None:
        raise error

    async def later(*_: object, **__: object) -> None:
        raise error

    match site:
        case "pipe":
            patch.setattr(child.os, "pipe", sync)
        case "socketpair":
            patch.setattr(process.socket, "socketpair", sync)
        case "spawn":
            patch.setattr(child.asyncio, "create_subprocess_exec", later)
        case "read pipe":
            patch.setattr(asyncio.get_running_loop(), "connect_read_pipe", later)
        case "connect":
            patch.setattr(process.asyncio, "open_unix_connection", later)


@pytest.mark.parametrize("site", SITES)
async def test_every_refusal_of_a_start_is_typed_and_leaves_nothing_behind(
    site: str, spec: EngineSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the operating system refuses, and wherever: it may pass, so the error says so."""
    others = {child.pid for child in psutil.Process().children(recursive=True)}  # of tests in this process
    for code in REFUSALS if site != "read pipe" else REFUSALS[:1]:
        before = descriptors()
        with monkeypatch.context() as patch:
            refuse(patch, site, OSError(code, os.strerror(code)))
            with pytest.raises(EngineStartError) as caught:
                await EngineProcess.start(spec, timeout_seconds=60)
        assert caught.value.passing, errno.errorcode[code]
        async with asyncio.timeout(30):
            while {child.pid for child in psutil.Process().children(recursive=True)} - others:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert descriptors() - before == set()  # an earlier test may still close its own


async def test_a_machine_without_threads_is_a_typed_error_too(
    spec: EngineSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """asyncio starts a thread for each child and passes on what Python says when it gets none."""
    refuse(monkeypatch, "spawn", RuntimeError("can't start new thread"))
    with pytest.raises(EngineStartError) as caught:
        await EngineProcess.start(spec)
    assert caught.value.passing


async def test_an_interpreter_that_is_not_there_is_a_typed_error(
    spec: EngineSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting with a wrong path; the message names it."""
    monkeypatch.setenv("FITBOX_VLLM_PYTHON", "/no/such/python")
    with pytest.raises(EngineStartError, match="/no/such/python"):
        await EngineProcess.start(EngineSpec(**{**vars(spec), "engine": "vllm"}))


async def test_a_priority_that_cannot_be_changed_does_not_fail_a_start(
    spec: EngineSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker at another priority is slower or disturbs, and no more; the next ping tries again."""
    refused: list[int] = []

    def refuse_it(pid: int, *_: int) -> None:
        refused.append(pid)
        raise PermissionError(errno.EPERM, "not permitted")

    monkeypatch.setattr(process.priority, "can_restore", lambda: True)
    for name in ("lower", "hasten", "restore"):
        monkeypatch.setattr(process.priority, name, refuse_it)
    worker = await EngineProcess.start(EngineSpec(**{**vars(spec), "nice": 3}), timeout_seconds=60)
    try:
        worker.promote()
        tries = len(refused)
        await worker.ping()
        assert len(refused) == tries + 1
    finally:
        await worker.stop()


@pytest.mark.slow
async def test_a_child_that_keeps_the_log_open_holds_up_neither_calls_nor_the_end(
    endless: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rank of a tensor-parallel engine outlives its leader; the whole group is killed."""
    left = tmp_path / "left"
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nsleep 1000 &\necho $! > {left}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    kind = dataclasses.replace(process.by_name("scripted"), python=lambda environment: str(python))
    monkeypatch.setattr(process, "by_name", lambda engine: kind)
    worker = await endless()
    call = asyncio.create_task(worker.generate(REQUEST))
    await asyncio.sleep(0)
    os.kill(worker.pid, signal.SIGKILL)
    async with asyncio.timeout(30):
        with pytest.raises(EngineDiedError):
            await call
        await worker.on_exit.wait()
        await worker.stop()
    assert worker.exit_code == -signal.SIGKILL
    grandchild = int(left.read_text())
    async with asyncio.timeout(30):
        while psutil.pid_exists(grandchild):
            if psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE:
                break
            await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_a_worker_that_hangs_is_found_out_and_killed(endless: Callable[..., Any]) -> None:
    """SIGSTOP, as a stuck driver would; its calls end with the error that says "again"."""
    worker = await endless()
    call = asyncio.create_task(worker.generate(REQUEST))
    told: list[bool] = []
    watch = asyncio.create_task(Watchdog(0.01, 0.2, 3).watch(worker, told.append))
    await worker.ping()
    os.kill(worker.pid, signal.SIGSTOP)
    async with asyncio.timeout(60):
        assert await watch
        with pytest.raises(EngineDiedError):
            await call
    assert told == [False]
    assert worker.on_exit.is_set()


async def test_a_worker_that_was_only_slow_is_left_alone(endless: Callable[..., Any]) -> None:
    """One miss is told, and so is the next answer."""
    worker = await endless()
    told: list[bool] = []
    again = asyncio.Event()

    def tell(answers: bool) -> None:
        told.append(answers)
        os.kill(worker.pid, signal.SIGCONT)
        if answers:
            again.set()

    watch = asyncio.create_task(Watchdog(0.01, 0.2, 1000).watch(worker, tell))
    os.kill(worker.pid, signal.SIGSTOP)
    async with asyncio.timeout(60):
        await again.wait()
        await worker.stop()
        assert not await watch
    assert told == [False, True]


async def test_no_generation_lasts_for_ever(endless: Callable[..., Any]) -> None:
    """A caller without a deadline gets one all the same, and the slot is freed."""
    worker = await endless(generation_seconds=0.05)
    with pytest.raises(DeadlinePassedError):
        await worker.generate(REQUEST)
    assert worker.in_flight == 0
    async with asyncio.timeout(30):
        while (await worker.ping()).running:
            pass


def test_pauses_grow_to_a_bound_and_begin_anew() -> None:
    """None before the first try, so a worker that dies once is back at once."""
    backoff = Backoff(0.2, 30.0)
    pauses = []
    for _ in range(12):
        pauses.append(backoff.pause_seconds)
        backoff = backoff.failed()
    assert pauses[:5] == [0.0, 0.2, 0.4, 0.8, 1.6]
    assert pauses[-1] == 30.0
    for _ in range(5000):
        backoff = backoff.failed()
    assert backoff.pause_seconds == 30.0
    assert backoff.reset().pause_seconds == 0.0


def test_an_engine_whose_steps_are_long_by_nature_gets_more_time() -> None:
    """Its kind says how much; a setting overrides it."""
    assert Watchdog.lasting(process.by_name("openvino").hang_seconds) == Watchdog(1.0, 3.0, 7)
    assert Watchdog.lasting(process.by_name("torch").hang_seconds) == Watchdog(1.0, 3.0, 40)
    assert Watchdog.lasting(0.5) == Watchdog(0.5, 0.5, 1)
