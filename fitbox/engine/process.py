"""EngineProcess: starts a worker as a child process, and speaks to it over a Unix socket (asyncio).

The socket is one half of a ``socketpair`` that the child inherits. There is no path to choose, protect or
clean up, nobody else can connect, and neither side can outlive the other unnoticed: when one ends, however it
ends, the kernel closes its half and the other reads the end of the stream.

One task reads all frames and hands them to the calls in flight. It never waits for a caller: what a slow
reader has not taken yet is merged into one piece, so a call holds at most its own text in memory and cannot
stall another call.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Self, cast

from fitbox.engine import priority
from fitbox.engine.kinds import by_name
from fitbox.engine.types import EngineSpec, Generation, GenerationRequest, TokenChunk
from fitbox.engine.wire import (
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
from fitbox.errors import EngineDiedError, EngineError, EngineRefusedError, EngineStartError

WORKER_MODULE = "fitbox_server.engines.worker"
"""Started by name: the domain does not import the server, and a worker needs an interpreter of its own
anyway."""

_LOG_TAIL_BYTES = 8192
_EXIT_SECONDS = 5.0
"""How long a worker may take to end by itself after its socket closed, before it is killed."""
_READ_BYTES = 65536
_IDLE_SECONDS = 20.0
"""How long a worker that starts gently waits for idle time before it competes for the processors."""

_log = logging.getLogger(__name__)


@dataclass
class _Call:
    """One generation in flight: text that its caller has not taken yet, and how it ended."""

    text: str = ""
    tokens: int = 0
    end: Done | Failed | EngineDiedError | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, chunk: Chunk) -> None:
        self.text += chunk.text
        self.tokens += chunk.tokens
        if self.text:
            self.news.set()

    def finish(self, end: Done | Failed | EngineDiedError) -> None:
        self.end = end
        self.news.set()

    def take(self) -> TokenChunk:
        chunk = TokenChunk(text=self.text, tokens=self.tokens)
        self.text, self.tokens = "", 0
        self.news.clear()
        return chunk


class EngineProcess:
    """One worker process: one base model, one adapter version, for its whole life. Made by :meth:`start`."""

    def __init__(
        self,
        spec: EngineSpec,
        process: asyncio.subprocess.Process,
        output: asyncio.StreamReader,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.spec = spec
        self.pid = process.pid
        self.exit_code: int | None = None
        """Set when the process has ended; negative for a signal, otherwise see
        ``fitbox_server.engines.worker``."""
        self.on_exit = asyncio.Event()
        """Set once the process has ended and every call in flight has been failed."""
        self.stats = WorkerStats()
        """As of the last :meth:`ping`."""
        self._process, self._reader, self._writer = process, reader, writer
        self._hasten: asyncio.TimerHandle | None = None
        self._calls: dict[int, _Call] = {}
        self._pongs: dict[int, asyncio.Future[WorkerStats]] = {}
        self._ids = itertools.count(1)
        self._ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._log_tail = b""
        self._log_task = asyncio.create_task(self._collect_log(output))
        self._watch_task = asyncio.create_task(self._watch())

    @classmethod
    async def start(cls, spec: EngineSpec, *, timeout_seconds: float = 120.0) -> Self:
        """Start a worker and wait until it is loaded. Raises EngineStartError with the end of its log."""
        ours, theirs = socket.socketpair()
        gentle = spec.nice > 0 and priority.can_restore()
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *(priority.launcher() if gentle else ()),
                    by_name(spec.engine).python(os.environ),
                    *("-m", WORKER_MODULE, "--fd", str(theirs.fileno()), "--parent", str(os.getpid())),
                    *("--spec", encode_spec(spec)),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT,
                    pass_fds=(theirs.fileno(),),
                    env=_environment(spec),
                )
            if gentle:
                priority.lower(process.pid, spec.nice)
            output = cast("asyncio.StreamReader", process.stdout)  # there is one, for it is a pipe
            reader, writer = await asyncio.open_unix_connection(sock=ours)
        except BaseException:
            ours.close()
            raise
        worker = cls(spec, process, output, reader, writer)
        if gentle:
            loop = asyncio.get_running_loop()
            worker._hasten = loop.call_later(_IDLE_SECONDS, priority.hasten, process.pid)
        try:
            await worker._wait_ready(timeout_seconds)
        except BaseException:
            await asyncio.shield(worker.kill())
            raise
        return worker

    @property
    def ready(self) -> Ready:
        """What the worker said of itself when it was loaded."""
        return self._ready.result()

    def promote(self) -> None:
        """Give a worker that started gently our own priority, before it serves."""
        if self._hasten is not None:
            self._hasten.cancel()
            self._hasten = None
            priority.restore(self.pid)

    @property
    def in_flight(self) -> int:
        """Calls that wait for the worker."""
        return len(self._calls)

    @property
    def log_tail(self) -> str:
        """The last few KiB that the worker wrote to stdout and stderr."""
        return self._log_tail.decode(errors="replace").strip()

    async def generate(self, request: GenerationRequest) -> Generation:
        """The whole text. Cancelling the awaiting task frees the worker's slot within a decode step.

        Raises EngineDiedError when the worker ends before the generation does, and EngineRefusedError for a
        request that the engine refuses (a grammar that does not parse, a prompt that is too long).
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
        if self._stopping or self.on_exit.is_set():
            raise EngineDiedError(f"worker {self.pid} of {self.spec.adapter_version} has been stopped")
        call_id, call = next(self._ids), _Call()
        self._calls[call_id] = call
        self._idle.clear()
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
            yield _result(call.end, "".join(parts))
        finally:
            self._forget(call_id, call)

    async def ping(self, *, timeout_seconds: float = 5.0) -> WorkerStats:
        """Fresh statistics. Raises EngineDiedError, and TimeoutError when the worker does not answer in
        time."""
        nonce = next(self._ids)
        pong = self._pongs[nonce] = asyncio.get_running_loop().create_future()
        try:
            if self.on_exit.is_set():
                raise EngineDiedError(f"worker {self.pid} has ended")
            await self._send(Ping(nonce=nonce))
            async with asyncio.timeout(timeout_seconds):
                self.stats = await pong
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

    async def _wait_ready(self, timeout_seconds: float) -> None:
        name = f"{self.spec.engine} worker of {self.spec.adapter_version}"
        try:
            async with asyncio.timeout(timeout_seconds):
                ready = await asyncio.shield(self._ready)
        except TimeoutError:
            raise EngineStartError(
                f"{name} was not ready after {timeout_seconds:g} s; its log ends: {self.log_tail}"
            ) from None
        except EngineDiedError as error:
            raise EngineStartError(f"{name} did not start: {error}") from None
        if ready.protocol != PROTOCOL_VERSION:
            raise EngineStartError(f"{name} speaks protocol {ready.protocol}, not {PROTOCOL_VERSION}")

    async def _watch(self) -> None:
        """Read frames until the worker's end, then fail whatever is still in flight."""
        decoder = FrameDecoder()
        reason = ""
        try:
            while data := await self._reader.read(_READ_BYTES):
                for frame in decoder.feed(data):
                    self._route(frame)
        except (ConnectionError, EngineError) as error:
            reason = f" ({error})"
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            async with asyncio.timeout(_EXIT_SECONDS):
                await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()
        self.exit_code = await self._process.wait()
        await self._log_task
        message = f"worker {self.pid} of {self.spec.adapter_version} ended with code {self.exit_code}{reason}"
        if not self._stopping:
            message += f"; its log ends: {self.log_tail}"
        self._fail_all(EngineDiedError(message))
        if self._hasten is not None:
            self._hasten.cancel()  # its number may soon be another process's
        self._writer.close()
        self.on_exit.set()

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

    def _fail_all(self, error: EngineDiedError) -> None:
        for call in self._calls.values():
            if call.end is None:
                call.finish(error)
        for pong in self._pongs.values():
            if not pong.done():
                pong.set_exception(error)
        if not self._ready.done():
            self._ready.set_exception(error)
            self._ready.exception()  # marks it as seen: a start that was cancelled awaits it no more

    def _forget(self, call_id: int, call: _Call) -> None:
        del self._calls[call_id]
        if not self._calls:
            self._idle.set()
        if call.end is None and not self.on_exit.is_set():
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
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await self._watch_task

    async def _collect_log(self, output: asyncio.StreamReader) -> None:
        while data := await output.read(_READ_BYTES):
            self._log_tail = (self._log_tail + data)[-_LOG_TAIL_BYTES:]
            _log.debug("worker %d: %s", self.pid, data.decode(errors="replace").rstrip())


def _result(end: Done | Failed | EngineDiedError, text: str) -> Generation:
    match end:
        case Done():
            return Generation(
                text=text,
                finish_reason=end.finish_reason,
                prompt_tokens=end.prompt_tokens,
                completion_tokens=end.completion_tokens,
                ttft_seconds=end.ttft_seconds,
                total_seconds=end.total_seconds,
                compile_seconds=end.compile_seconds,
            )
        case Failed():
            raise EngineRefusedError(end.code, end.message)
        case EngineDiedError():
            # A copy: one error object raised in many tasks would collect all their tracebacks.
            raise EngineDiedError(str(end))


def _environment(spec: EngineSpec) -> dict[str, str]:
    """The worker's environment: ours, no model hub, and the thread limit for what reads it only there."""
    env = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
    # Threads of torch that wait by spinning stop each other as soon as anything else wants a core.
    env.setdefault("OMP_WAIT_POLICY", "passive")
    if spec.threads is not None:
        env["OMP_NUM_THREADS"] = str(spec.threads)
    return env
