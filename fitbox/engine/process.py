"""EngineProcess: starts a worker as a child process, and speaks to it over a Unix socket (asyncio).

The socket is one half of a ``socketpair`` that the child inherits. There is no path to choose, protect or
clean up, nobody else can connect, and neither side can outlive the other unnoticed: when one ends, however it
ends, the kernel closes its half and the other reads the end of the stream.

One task reads all frames and hands them to the calls in flight. It never waits for a caller: what a slow
reader has not taken yet is merged into one piece, so a call holds at most its own text in memory and cannot
stall another call. At the worker's end the calls are failed first; what the operating system still has to do
(:mod:`fitbox.engine.child`) holds nobody up.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import socket
from collections.abc import AsyncGenerator
from typing import Self

from fitbox.engine import priority
from fitbox.engine.calls import Call, result
from fitbox.engine.child import Child, refusals_typed
from fitbox.engine.kinds import by_name
from fitbox.engine.types import EngineSpec, Generation, GenerationRequest, TokenChunk
from fitbox.engine.wire import (
    LOAD_LACKED,
    PROTOCOL_VERSION,
    Cancel,
    Chunk,
    Done,
    Failed,
    Frame,
    FrameDecoder,
    Ping,
    Pong,
    Ready,
    Submit,
    WorkerStats,
    encode,
    encode_spec,
)
from fitbox.errors import (
    ConfigurationError,
    DeadlinePassedError,
    EngineDiedError,
    EngineError,
    EngineStartError,
)

WORKER_MODULE = "fitbox_server.engines.worker"
"""Started by name: the domain does not import the server, and a worker needs an interpreter of its own
anyway."""

_EXIT_SECONDS = 5.0
"""How long a worker may take to end by itself after its socket closed, before it is killed."""
_LAST_WORDS_SECONDS = 0.2
"""How long the calls of a worker that closed its socket wait for its exit code and the end of its log, which
usually come with it."""
_READ_BYTES = 65536
_IDLE_SECONDS = 20.0
"""How long a worker that starts gently waits for idle time before it competes for the processors."""

_log = logging.getLogger(__name__)


class EngineProcess:
    """One worker process: one base model, one adapter version, for its whole life. Made by :meth:`start`."""

    def __init__(
        self, spec: EngineSpec, child: Child, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.spec = spec
        self.pid = child.pid
        self.on_exit = asyncio.Event()
        """Set once the process has ended and every call in flight has been failed."""
        self.stats = WorkerStats()
        """As of the last :meth:`ping`."""
        self._child, self._reader, self._writer = child, reader, writer
        self._hasten: asyncio.TimerHandle | None = None
        self._gentle = False
        self._calls: dict[int, Call] = {}
        self._pongs: dict[int, asyncio.Future[WorkerStats]] = {}
        self._ids = itertools.count(1)
        self._ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = self._closed = False
        self._watch_task = asyncio.create_task(self._watch())
        child.on_end(self._read_out)

    @classmethod
    async def start(cls, spec: EngineSpec, *, timeout_seconds: float = 120.0) -> Self:
        """Start a worker and wait until it is loaded.

        Raises EngineStartError, with the end of its log where there is one; ``passing`` where the machine
        lacked something (memory, descriptors, processes, time).
        """
        gentle = spec.nice > 0 and priority.can_restore()
        with refusals_typed():
            child, reader, writer = await _connected(spec, gentle=gentle)
        worker = cls(spec, child, reader, writer)
        try:
            if gentle:
                worker._start_gently()
            await worker._wait_ready(timeout_seconds)
        except BaseException:
            await asyncio.shield(worker.kill())
            raise
        return worker

    @property
    def ready(self) -> Ready:
        """What the worker said of itself when it was loaded."""
        return self._ready.result()

    @property
    def alive(self) -> bool:
        """Whether it takes calls: it has not ended, and nobody has told it to."""
        return not (self._stopping or self._closed)

    @property
    def exit_code(self) -> int | None:
        """Known from :attr:`on_exit` on, unless even SIGKILL did not end it; negative for a signal, otherwise
        see ``fitbox_server.engines.worker``."""
        return self._child.exit_code

    def promote(self) -> None:
        """Give a worker that started gently our own priority, before it serves."""
        if self._hasten is not None:
            self._hasten.cancel()
            self._hasten = None
        if self._gentle:
            # Tried again with the next ping where the machine refuses it now.
            self._gentle = not _allowed(priority.restore, self.pid)

    @property
    def in_flight(self) -> int:
        """Calls that wait for the worker."""
        return len(self._calls)

    @property
    def log_tail(self) -> str:
        """The last few KiB that the worker wrote to stdout and stderr."""
        return self._child.log_tail

    async def generate(self, request: GenerationRequest) -> Generation:
        """The whole text. Cancelling the awaiting task frees the worker's slot within a decode step.

        Raises EngineDiedError when the worker ends before the generation does, EngineRefusedError for a
        request that the engine refuses (a grammar that does not parse, a prompt that is too long), and
        DeadlinePassedError for one that takes longer than ``spec.generation_seconds``.
        """
        async with contextlib.aclosing(self.stream(request)) as items:
            async for item in items:
                if isinstance(item, Generation):
                    return item
        raise AssertionError("a stream ends with its Generation or raises")

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[TokenChunk | Generation, None]:
        """Chunks as they are decoded, then the Generation as the last item. Errors as :meth:`generate`.

        A caller that stops early closes the generator (``contextlib.aclosing``) to free the slot at once.
        """
        if not self.alive:
            raise EngineDiedError(f"worker {self.pid} of {self.spec.adapter_version} has been stopped")
        call_id, call = next(self._ids), Call()
        self._calls[call_id] = call
        self._idle.clear()
        ceiling = self._ceiling(call)
        parts: list[str] = []
        try:
            await self._send(Submit(id=call_id, request=request))
            while True:
                await call.news.wait()
                chunk = call.take()
                if chunk.text:
                    parts.append(chunk.text)
                    yield chunk
                # Text that arrived while the caller had the chunk goes first.
                if call.end is not None and not call.text:
                    break
            yield result(call.end, "".join(parts))
        finally:
            if ceiling is not None:
                ceiling.cancel()
            self._forget(call_id, call)

    async def ping(self, *, timeout_seconds: float = 5.0) -> WorkerStats:
        """Fresh statistics. Raises EngineDiedError, and TimeoutError when the worker does not answer in
        time."""
        nonce = next(self._ids)
        pong = self._pongs[nonce] = asyncio.get_running_loop().create_future()
        try:
            if self._closed:
                raise EngineDiedError(f"worker {self.pid} has ended")
            async with asyncio.timeout(timeout_seconds):
                await self._send(Ping(nonce=nonce))
                self.stats = await pong
            if self._gentle and self._hasten is None:
                self.promote()
            return self.stats
        finally:
            del self._pongs[nonce]

    async def stop(self, *, drain_seconds: float = 0.0) -> None:
        """Wait up to ``drain_seconds`` for generations in flight, then end the process and reap it.

        New calls are refused from the first moment on. Calls that the drain leaves behind get
        EngineDiedError. Calling it again, or after the worker died, is allowed.
        """
        self._stopping = True
        if drain_seconds > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(drain_seconds):
                    await self._idle.wait()
        await self._end(patience_seconds=_EXIT_SECONDS)

    async def kill(self) -> None:
        """End the process at once: for a worker that does not answer pings."""
        await self._end(patience_seconds=0.0)

    def _start_gently(self) -> None:
        self._gentle = True
        _allowed(priority.lower, self.pid, self.spec.nice)
        loop = asyncio.get_running_loop()
        self._hasten = loop.call_later(_IDLE_SECONDS, _allowed, priority.hasten, self.pid)

    async def _wait_ready(self, timeout_seconds: float) -> None:
        name = f"{self.spec.engine} worker of {self.spec.adapter_version}"
        try:
            async with asyncio.timeout(timeout_seconds):
                ready = await asyncio.shield(self._ready)
        except TimeoutError:
            raise EngineStartError(
                f"{name} was not ready after {timeout_seconds:g} s; its log ends: {self.log_tail}",
                passing=True,
            ) from None
        except EngineDiedError as error:
            raise EngineStartError(f"{name} did not start: {error}", passing=error.passing) from None
        if ready.protocol != PROTOCOL_VERSION:
            raise EngineStartError(f"{name} speaks protocol {ready.protocol}, not {PROTOCOL_VERSION}")

    async def _watch(self) -> None:
        """Read frames until the worker's end, fail whatever is still in flight, then see the process off."""
        decoder = FrameDecoder()
        reason = ""
        try:
            while data := await self._reader.read(_READ_BYTES):
                for frame in decoder.feed(data):
                    self._route(frame)
        except (OSError, EngineError) as error:
            reason = f" ({error})"
        except Exception as error:  # noqa: BLE001 - whatever it is, calls must not wait for a reader that has ended
            _log.exception("reading from worker %d failed", self.pid)
            reason = f" ({type(error).__name__})"
        self._closed = True
        self._writer.transport.abort()
        try:
            await self._child.settle(_LAST_WORDS_SECONDS)
            self._fail_calls(self._death(reason))
            if self._hasten is not None:
                self._hasten.cancel()  # its number may soon be another process's
            await self._child.end(patience_seconds=_EXIT_SECONDS)
        finally:
            if not self._ready.done():
                self._ready.set_exception(self._death(reason))
                self._ready.exception()  # marks it as seen: a start that was cancelled awaits it no more
            self.on_exit.set()

    def _read_out(self) -> None:
        """The process has ended, but its socket may stay open in a child that it left."""
        asyncio.get_running_loop().call_later(_LAST_WORDS_SECONDS, self._writer.transport.abort)

    def _death(self, reason: str) -> EngineDiedError:
        code = self.exit_code
        message = f"worker {self.pid} of {self.spec.adapter_version} " + (
            "closed its socket" if code is None else f"ended with code {code}"
        )
        if not self._stopping:
            reason += f"; its log ends: {self.log_tail}"
        # Somebody else's SIGKILL is how Linux ends a process when memory runs out (oom_kill(9) has no other).
        return EngineDiedError(message + reason, passing=code in (None, -9, LOAD_LACKED))

    def _route(self, frame: Frame) -> None:
        match frame:
            case Chunk() if frame.id in self._calls:
                self._calls[frame.id].add(frame)
            case Done() | Failed() if frame.id in self._calls:
                self._calls[frame.id].finish(frame)
            case Pong() if frame.nonce in self._pongs and not self._pongs[frame.nonce].done():
                self._pongs[frame.nonce].set_result(frame.stats)
            case Ready() if not self._ready.done():
                self._ready.set_result(frame)
            case _:
                pass  # the rest of a call that was cancelled

    def _fail_calls(self, error: EngineDiedError) -> None:
        for call in self._calls.values():
            call.finish(error)
        for pong in self._pongs.values():
            if not pong.done():
                pong.set_exception(error)

    def _ceiling(self, call: Call) -> asyncio.TimerHandle | None:
        """Ends a generation that nobody else ends: without a deadline a caller might wait for ever."""
        seconds = self.spec.generation_seconds
        if seconds is None:
            return None
        error = DeadlinePassedError(f"a text took longer than {seconds:g} s")
        return asyncio.get_running_loop().call_later(seconds, call.finish, error)

    def _forget(self, call_id: int, call: Call) -> None:
        del self._calls[call_id]
        if not self._calls:
            self._idle.set()
        if not isinstance(call.end, Done | Failed) and not self._closed:
            self._writer.write(encode(Cancel(id=call_id)))

    async def _send(self, frame: Submit | Ping) -> None:
        """Write and wait while the socket is full; a dead worker shows in :meth:`_watch`, which fails the
        call."""
        self._writer.write(encode(frame))
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    async def _end(self, *, patience_seconds: float) -> None:
        self._stopping = True
        self._writer.close()  # the worker reads the end of the stream, and ends
        try:
            async with asyncio.timeout(patience_seconds):
                await self.on_exit.wait()
        except TimeoutError:
            self._child.kill()
            self._writer.transport.abort()  # whether that ends it or not, nothing more is read or written
        await asyncio.shield(self._watch_task)


async def _connected(
    spec: EngineSpec, *, gentle: bool
) -> tuple[Child, asyncio.StreamReader, asyncio.StreamWriter]:
    """A new process and our end of its socket."""
    try:
        python = by_name(spec.engine).python(os.environ)
    except ConfigurationError as error:
        raise EngineStartError(str(error)) from None
    ours, theirs = socket.socketpair()
    with contextlib.ExitStack() as undo:
        undo.enter_context(ours)
        with theirs:
            child = await Child.spawn(
                [
                    *(priority.launcher() if gentle else ()),
                    python,
                    *("-m", WORKER_MODULE, "--fd", str(theirs.fileno()), "--parent", str(os.getpid())),
                    *("--spec", encode_spec(spec)),
                ],
                descriptor=theirs.fileno(),
                environment=_environment(spec),
            )
        try:
            reader, writer = await asyncio.open_unix_connection(sock=ours)
        except BaseException:
            await asyncio.shield(child.end(patience_seconds=0.0))
            raise
        undo.pop_all()
    return child, reader, writer


def _allowed(change: priority.Change, *arguments: int) -> bool:
    """Whether a change of priority was possible: without it a worker is slower, or disturbs, and no more."""
    try:
        change(*arguments)
    except OSError as error:
        _log.warning("the priority of worker %d stays as it is: %s", arguments[0], error)
        return False
    return True


def _environment(spec: EngineSpec) -> dict[str, str]:
    """Ours, with no model hub, the worker's GPU, and the thread limit for what reads it only there."""
    env = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
    # Threads of torch that wait by spinning stop each other as soon as anything else wants a core.
    env.setdefault("OMP_WAIT_POLICY", "passive")
    if spec.threads is not None:
        env["OMP_NUM_THREADS"] = str(spec.threads)
    if spec.device:
        env["CUDA_VISIBLE_DEVICES"] = spec.device
    return env
