"""EngineProcess with real child processes: start, stream, cancel, die, stop. The scripted engine stands
in."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from fitbox_server.engines.scripted import reply
from fitbox_server.engines.worker import ExitCode

from fitbox.chat import Message
from fitbox.engine import priority, process
from fitbox.engine.process import WORKER_MODULE, EngineProcess
from fitbox.engine.types import EngineSpec, FinishReason, Generation, GenerationRequest, TokenChunk
from fitbox.engine.wire import encode_spec
from fitbox.errors import EngineDiedError, EngineStartError

pytestmark = pytest.mark.integration

ENDLESS = {"tokens": "100000", "step_ms": "2", "replies_file": "endless"}
"""Options of a worker whose replies never end within a test."""

Start = Callable[..., Awaitable[EngineProcess]]


def request(text: str = "hello", *, max_new_tokens: int = 100_000) -> GenerationRequest:
    return GenerationRequest(messages=(Message("user", text),), max_new_tokens=max_new_tokens)


@pytest.fixture
async def start(scripted_spec: EngineSpec, tmp_path: Path) -> AsyncIterator[Start]:
    """Start scripted workers with the given options; all are stopped at the end."""
    async with contextlib.AsyncExitStack() as stack:

        async def begin(**options: str) -> EngineProcess:
            if options.get("replies_file") == "endless":
                path = tmp_path / "endless.json"
                path.write_text('{"any": "' + "x" * 100_000 + '"}')
                options["replies_file"] = str(path)
            spec = dataclasses.replace(scripted_spec, options=tuple(options.items()))
            worker = await EngineProcess.start(spec, timeout_seconds=60)
            stack.push_async_callback(worker.stop)
            return worker

        yield begin


async def first_chunk(worker: EngineProcess) -> None:
    """Return once a generation of its own has surely begun, and leave it."""
    async with contextlib.aclosing(worker.stream(request("probe"))) as items:
        async for _ in items:
            return


async def idle(worker: EngineProcess) -> None:
    """Wait until the worker says that it runs nothing: a ping is answered between two steps."""
    while (await worker.ping()).running:
        pass


async def test_a_generation_arrives_whole(start: Start) -> None:
    """Text, counts and times."""
    worker = await start(tokens="5")
    generation = await worker.generate(request())
    assert generation.text == reply("base", request())
    assert generation.finish_reason is FinishReason.STOP
    assert generation.completion_tokens == 5
    assert 0 <= generation.ttft_seconds <= generation.total_seconds


async def test_streamed_chunks_join_to_the_text(start: Start) -> None:
    """And the generation is the last item."""
    worker = await start()
    *chunks, end = [item async for item in worker.stream(request())]
    assert isinstance(end, Generation)
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, TokenChunk)) == end.text


async def test_a_reader_that_is_slow_gets_everything_and_delays_nobody(start: Start) -> None:
    """What it has not taken is merged, and other calls finish meanwhile."""
    worker = await start(tokens="64")
    items = worker.stream(request("slow"))
    chunks = [await anext(items)]
    await worker.generate(request("quick"))
    rest = [item async for item in items]
    assert len(rest) < 64
    text = "".join(item.text for item in [*chunks, *rest] if isinstance(item, TokenChunk))
    assert text == reply("base", request("slow"))


async def test_many_calls_at_once_get_their_own_texts(start: Start) -> None:
    """Far more than the batch holds."""
    worker = await start()
    requests = [request(f"member {number}") for number in range(200)]
    generations = await asyncio.gather(*(worker.generate(item) for item in requests))
    assert [generation.text for generation in generations] == [reply("base", item) for item in requests]
    assert worker.in_flight == 0


async def test_cancelling_a_call_frees_its_slot(start: Start) -> None:
    """The worker would otherwise decode for hours."""
    worker = await start(**ENDLESS)
    call = asyncio.create_task(worker.generate(request()))
    await first_chunk(worker)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await idle(worker)
    assert worker.in_flight == 0


async def test_leaving_a_stream_frees_its_slot(start: Start) -> None:
    """Closing the generator is enough."""
    worker = await start(**ENDLESS)
    await first_chunk(worker)
    await idle(worker)
    assert worker.in_flight == 0


async def test_the_death_of_a_worker_fails_every_call_in_flight(start: Start) -> None:
    """At once, with the error that says "retry", and later calls likewise."""
    worker = await start(**ENDLESS)
    calls = [asyncio.create_task(worker.generate(request(str(number)))) for number in range(8)]
    await first_chunk(worker)
    os.kill(worker.pid, signal.SIGKILL)
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(result) for result in results} == {EngineDiedError}
    await worker.on_exit.wait()
    assert worker.exit_code == -signal.SIGKILL
    with pytest.raises(EngineDiedError):
        await worker.generate(request())
    with pytest.raises(EngineDiedError):
        await worker.ping()


async def test_an_engine_that_breaks_ends_its_worker_with_a_named_code(start: Start) -> None:
    """The error quotes the log, so that an operator knows why."""
    worker = await start(crash_after="2")
    await worker.generate(request())
    with pytest.raises(EngineDiedError, match="RuntimeError"):
        await worker.generate(request())
    await worker.on_exit.wait()
    assert worker.exit_code == ExitCode.STEP_FAILED


async def pings_forever(worker: EngineProcess) -> None:
    """Ping until one is not answered: the first may still be, before the worker takes the step that hangs."""
    while True:
        await worker.ping(timeout_seconds=0.2)


async def test_a_worker_that_hangs_does_not_answer_pings(start: Start) -> None:
    """Alive and useless: the caller sees a timeout, and stop still ends it."""
    worker = await start(hang_after="1")
    await worker.generate(request())
    call = asyncio.create_task(worker.generate(request()))
    with pytest.raises(TimeoutError):
        await pings_forever(worker)
    await worker.kill()
    with pytest.raises(EngineDiedError):
        await call
    assert worker.exit_code == -signal.SIGKILL


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"crash": "load"}, "scripted to fail while loading"),
        ({"crash": "start"}, "ended with code -9"),
        ({"nonsense": "1"}, "no option nonsense"),
    ],
)
async def test_a_worker_that_cannot_start_says_why(
    start: Start, options: dict[str, str], reason: str
) -> None:
    """EngineStartError carries the end of the worker's log."""
    with pytest.raises(EngineStartError, match=reason):
        await start(**options)


async def test_an_unknown_engine_is_refused(scripted_spec: EngineSpec) -> None:
    """With the names of those there are."""
    with pytest.raises(EngineStartError, match="openvino"):
        await EngineProcess.start(dataclasses.replace(scripted_spec, engine="abacus"))


async def test_a_start_that_takes_too_long_is_given_up(scripted_spec: EngineSpec) -> None:
    """And its process is reaped."""
    spec = dataclasses.replace(scripted_spec, options=(("load_ms", "600000"),))
    with pytest.raises(EngineStartError, match="not ready after"):
        await EngineProcess.start(spec, timeout_seconds=0.3)


async def test_stopping_waits_for_the_calls_in_flight(start: Start) -> None:
    """Within the drain time; new calls are refused from the first moment on."""
    worker = await start(tokens="50", step_ms="2")
    call = asyncio.create_task(worker.generate(request()))
    await asyncio.sleep(0)
    stop = asyncio.create_task(worker.stop(drain_seconds=60))
    await asyncio.sleep(0)
    with pytest.raises(EngineDiedError, match="stopped"):
        await worker.generate(request())
    assert (await call).text == reply("base", request())
    await stop
    assert worker.exit_code == ExitCode.PARENT_GONE


async def test_stopping_without_time_fails_what_is_left(start: Start) -> None:
    """Nothing waits for ever, and stopping twice is harmless."""
    worker = await start(**ENDLESS)
    call = asyncio.create_task(worker.generate(request()))
    await first_chunk(worker)
    await worker.stop()
    with pytest.raises(EngineDiedError):
        await call
    await worker.stop()


async def test_a_worker_ignores_the_signals_meant_for_its_parent(start: Start) -> None:
    """A terminal's Ctrl-C and a service manager's SIGTERM reach the whole group; the replies go on."""
    worker = await start(tokens="50", step_ms="2")
    call = asyncio.create_task(worker.generate(request()))
    await asyncio.sleep(0)
    os.kill(worker.pid, signal.SIGINT)
    os.kill(worker.pid, signal.SIGTERM)
    assert (await call).text == reply("base", request())


DOOMED_PARENT = """
import asyncio, sys
from fitbox.engine.process import EngineProcess
from fitbox.engine.wire import decode_spec
async def main():
    worker = await EngineProcess.start(decode_spec(sys.argv[1]))
    print(worker.pid, flush=True)
    await worker.on_exit.wait()
asyncio.run(main())
"""


def test_the_death_of_the_parent_ends_the_worker(scripted_spec: EngineSpec) -> None:
    """SIGKILL leaves the parent no chance to clean up, so the worker must notice by itself."""
    command = [sys.executable, "-c", DOOMED_PARENT, encode_spec(scripted_spec)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    try:
        ended, _, _ = select.select([worker], [], [], 30)
        assert ended, "the worker outlived its parent"
    finally:
        os.close(worker)


def test_a_worker_whose_parent_is_gone_before_it_looks_does_not_load(scripted_spec: EngineSpec) -> None:
    """The gap between the fork and the request for a signal at the parent's death."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [sys.executable, "-m", WORKER_MODULE, "--fd", str(theirs.fileno()), "--parent", "1"]
        command += ["--spec", encode_spec(scripted_spec)]
        run = subprocess.run(command, pass_fds=(theirs.fileno(),), timeout=60, check=False)
        theirs.close()
        assert run.returncode == ExitCode.PARENT_GONE
        assert ours.recv(1) == b"", "it was loaded all the same"


@pytest.mark.skipif(not priority.can_restore(), reason="no process of ours may raise its priority again")
async def test_a_worker_that_starts_gently_serves_at_our_own_priority_once_it_is_promoted(
    scripted_spec: EngineSpec,
) -> None:
    """In idle time until then; every thread, for libraries start some while they load."""
    worker = await EngineProcess.start(dataclasses.replace(scripted_spec, nice=3), timeout_seconds=60)
    try:
        assert _priorities(worker.pid) == {(os.SCHED_IDLE, os.getpriority(os.PRIO_PROCESS, 0) + 3)}
        worker.promote()
        assert _priorities(worker.pid) == {(os.SCHED_OTHER, os.getpriority(os.PRIO_PROCESS, 0))}
    finally:
        await worker.stop()


@pytest.mark.skipif(not priority.can_restore(), reason="no process of ours may raise its priority again")
async def test_a_worker_that_gets_no_idle_time_is_only_nice_after_a_while(
    scripted_spec: EngineSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or it would never be loaded on a machine that is always busy."""
    monkeypatch.setattr(process, "_IDLE_SECONDS", 1.0)
    worker = await EngineProcess.start(dataclasses.replace(scripted_spec, nice=3), timeout_seconds=60)
    try:
        async with asyncio.timeout(30):
            expected = {(os.SCHED_OTHER, os.getpriority(os.PRIO_PROCESS, 0) + 3)}
            while _priorities(worker.pid) != expected:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.02)
    finally:
        await worker.stop()


def _priorities(pid: int) -> set[tuple[int, int]]:
    """Policy and niceness of each thread of a process."""
    threads = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
    return {(os.sched_getscheduler(one), os.getpriority(os.PRIO_PROCESS, one)) for one in threads}
