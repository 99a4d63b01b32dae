"""The worker process: one loop that feeds an engine from a socket.

Run as ``python -m fitbox_server.engines.worker --fd N --parent PID --spec JSON`` by
:class:`fitbox.engine.process.EngineProcess`.

One thread owns everything, so there is no state to lock: drain the inbox, add, step, flush. Only grammars are
compiled in another (:mod:`fitbox_server.engines.compiling`), in libraries that release the interpreter lock
meanwhile.

The socket is the worker's life. SIGINT and SIGTERM are ignored, because a terminal or a service manager sends
them to the whole group, and the parent still wants the replies in flight; it ends the worker by closing the
socket. A parent that dies takes the worker with it, through the same end of stream or, while the worker is
loading, by a signal.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import os
import signal
import socket
import sys
import time
import traceback
from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import NoReturn

from fitbox.engine.types import EngineSpec, GenerationRequest
from fitbox.engine.wire import (
    LOAD_LACKED,
    PROTOCOL_VERSION,
    Cancel,
    Chunk,
    Done,
    Failed,
    Frame,
    Ping,
    Pong,
    Ready,
    Submit,
    WorkerStats,
    decode_spec,
)
from fitbox.errors import EngineError, FitBoxError
from fitbox_server.engines.channel import Channel, ParentGoneError
from fitbox_server.engines.compiling import Compiled, Compiling
from fitbox_server.engines.protocol import Engine, Event, Finished, RequestRefusedError, load

ADMISSION_SECONDS = 0.05
"""Time that adding requests may take before the next step, where the last step took less, so that a burst of
them slows the texts that are being decoded to half speed, and no more."""

_PR_SET_PDEATHSIG = 1


class ExitCode(IntEnum):
    """How a worker ended, for the parent's log."""

    PARENT_GONE = 0
    """The socket was closed: the ordinary end."""
    LOAD_FAILED = 10
    """The engine did not load: a broken artefact, a missing library."""
    STEP_FAILED = 11
    """A decode step raised. Its pipeline is unusable from then on, so the parent starts another worker."""
    PROTOCOL_ERROR = 12
    """The parent sent bytes that are no frame."""
    LOAD_LACKED = LOAD_LACKED
    """The engine did not load for want of memory, descriptors or a file: it may another time."""


@dataclass
class _Request:
    """One request of the parent's, from its submit to its last frame. Times in seconds, monotonic."""

    request: GenerationRequest
    arrived: float
    first_token: float | None = None
    compile_seconds: float = 0.0


class Worker:
    """An engine and the requests on their way through it::

        submit -> (compile) -> ready -> joining -> decoding -> done

    Nothing joins while a grammar is compiled, and nothing is compiled while somebody joins: an engine that
    keeps the compiled grammars itself looks for one in the step in which its request joins, and need not be
    safe against the other thread there. What decodes already goes on all the while.
    """

    def __init__(self, engine: Engine, channel: Channel) -> None:
        self._engine, self._channel = engine, channel
        self._compiling = Compiling(engine.compile)
        self._requests: dict[int, _Request] = {}
        self._ready: deque[int] = deque()
        self._joining: set[int] = set()
        self._grammars_turn = False
        """To go before those that are ready: else a stream of these would leave no gap for a grammar."""
        self._generated_tokens = 0
        self._step_seconds = 0.0

    def run(self) -> NoReturn:
        """Serve until the parent closes the socket (ParentGoneError) or a step raises."""
        try:
            while True:
                for frame in self._channel.receive(self._compiling.fileno(), block=not self._has_work):
                    self._take(frame)
                self._admit()
                if self._engine.has_work:
                    self._step()
                self._channel.flush()
        finally:
            self._compiling.close()

    @property
    def _has_work(self) -> bool:
        return bool(self._engine.has_work or (self._ready and not self._compiling.busy))

    def _take(self, frame: Frame) -> None:
        match frame:
            case Submit(id=number, request=request):
                self._requests[number] = _Request(request, arrived=time.monotonic())
                self._ready.append(number)
            case Cancel(id=number):
                if self._requests.pop(number, None) is not None:
                    self._compiling.cancel(number)
                    self._engine.cancel(number)
            case Ping():
                self._channel.queue(Pong(nonce=frame.nonce, stats=self._stats()))
            case _:
                raise EngineError(f"a worker takes no {frame.type} frame")

    def _admit(self) -> None:
        """Those that are ready join, and the next grammar is compiled, in turns."""
        if (compiled := self._compiling.take()) is not None:
            self._compiled(compiled)
        if not self._engine.has_work:
            self._joining.clear()  # cancelled before their first step
        if self._compiling.busy or (self._grammars_turn and self._joining):
            return
        if not self._grammars_turn:
            self._join_ready()
        if not self._joining:
            self._compiling.begin(gently=self._engine.has_work)
        self._grammars_turn = bool(self._compiling) and not self._compiling.busy

    def _join_ready(self) -> None:
        """For about as long as a step takes, and at least one."""
        deadline = time.monotonic() + max(ADMISSION_SECONDS, self._step_seconds)
        while self._ready:
            self._join(self._ready.popleft())
            if time.monotonic() >= deadline:
                return

    def _compiled(self, compiled: Compiled) -> None:
        self._requests[compiled.request_id].compile_seconds = compiled.seconds
        match compiled.error:
            case None:
                self._ready.append(compiled.request_id)
            case RequestRefusedError() as error:
                self._report(Failed(id=compiled.request_id, code=error.code, message=str(error)))
            case error:
                raise error

    def _join(self, number: int) -> None:
        if number not in self._requests:
            return  # cancelled
        request = self._requests[number].request
        if request.grammar is not None and not self._engine.knows(request.grammar):
            self._compiling.put(number, request.client, request.grammar)
            return
        try:
            self._engine.add(number, request)
        except RequestRefusedError as error:
            self._report(Failed(id=number, code=error.code, message=str(error)))
        else:
            self._joining.add(number)

    def _step(self) -> None:
        started = time.monotonic()
        for event in self._engine.step():
            self._report(event)
        self._step_seconds = time.monotonic() - started
        self._joining = {number for number in self._joining if self._joins(number)}

    def _joins(self, number: int) -> bool:
        """Whether a request has yet to decode its first token."""
        return number in self._requests and self._requests[number].first_token is None

    def _report(self, event: Event) -> None:
        match event:
            case Chunk():
                request = self._requests[event.id]
                request.first_token = request.first_token or time.monotonic()
                self._generated_tokens += event.tokens
                self._channel.queue(event)
            case Finished():
                request, now = self._requests.pop(event.id), time.monotonic()
                self._channel.queue(
                    Done(
                        id=event.id,
                        finish_reason=event.finish_reason,
                        prompt_tokens=event.prompt_tokens,
                        completion_tokens=event.completion_tokens,
                        ttft_seconds=(request.first_token or now) - request.arrived,
                        total_seconds=now - request.arrived,
                        compile_seconds=request.compile_seconds,
                    )
                )
            case Failed():
                del self._requests[event.id]
                self._channel.queue(event)

    def _stats(self) -> WorkerStats:
        return WorkerStats(
            running=self._engine.running,
            waiting=len(self._requests) - self._engine.running,
            cache_usage=self._engine.cache_usage,
            generated_tokens=self._generated_tokens,
            compiling=len(self._compiling),
            compile_seconds=self._compiling.seconds,
            resident_bytes=_resident_bytes(),
            device_bytes=_device_bytes(),
        )


def _resident_bytes() -> int:
    """See proc(5), statm. 0 where the system has no such file."""
    try:
        with Path("/proc/self/statm").open(encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _device_bytes() -> int:
    """Of every engine that uses torch, without importing it for one that does not."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return 0
    return int(torch.cuda.memory_reserved())


def serve(spec: EngineSpec, connection: socket.socket) -> ExitCode:
    """Load the engine, say so, and serve until the end; what goes wrong is printed for the parent's log."""
    started = time.monotonic()
    try:
        engine = load(spec)
    except FitBoxError as error:
        print(error, file=sys.stderr)  # noqa: T201 - this is the log
        return ExitCode.LOAD_FAILED
    except Exception as error:  # noqa: BLE001 - it fails in as many ways as the library has
        traceback.print_exc()
        return ExitCode.LOAD_LACKED if _lacks(error) else ExitCode.LOAD_FAILED
    # A full collection over what the libraries brought stops every text for up to 0.1 s.
    gc.collect()
    gc.freeze()
    channel = Channel(connection)
    channel.queue(
        Ready(
            protocol=PROTOCOL_VERSION,
            engine=engine.name,
            pid=os.getpid(),
            load_seconds=time.monotonic() - started,
            context_tokens=engine.context_tokens,
        )
    )
    try:
        channel.flush()
        Worker(engine, channel).run()
    except ParentGoneError:
        engine.close()
        return ExitCode.PARENT_GONE
    except EngineError:
        traceback.print_exc()  # ours, so it quotes nothing
        return ExitCode.PROTOCOL_ERROR
    except Exception as error:  # noqa: BLE001 - likewise; any of them poisons the pipeline
        print_fault(error)
        return ExitCode.STEP_FAILED


def _lacks(error: Exception) -> bool:
    """Whether the machine was at fault. GPU libraries have errors of their own for memory."""
    return isinstance(error, MemoryError | OSError) or "out of memory" in str(error).lower()


def print_fault(error: Exception) -> None:
    """Kind and place of an error, for the parent's log; its message may quote what a member asked for."""
    traceback.print_tb(error.__traceback__)
    print(f"{type(error).__name__} (its message may quote a request, so it is withheld)", file=sys.stderr)  # noqa: T201


def main(arguments: list[str] | None = None) -> None:
    """Entry point; ends the process."""
    parser = argparse.ArgumentParser(description="FitBox engine worker; started by the server, not by hand.")
    parser.add_argument("--fd", type=int, required=True, help="inherited socket")
    parser.add_argument("--parent", type=int, required=True, help="process to end with")
    parser.add_argument("--spec", required=True, help="engine spec, JSON")
    options = parser.parse_args(arguments)
    _die_with_parent(options.parent)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    connection = socket.socket(fileno=options.fd)
    connection.set_inheritable(False)  # what an engine starts has no business with it
    code = serve(decode_spec(options.spec), connection)
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: tearing down native thread pools takes time and can fail, and there is nothing left to
    # save; the kernel reclaims the memory at once.
    os._exit(code)


def _die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGKILL when the parent dies: while a model loads, nobody reads the socket. Linux
    only."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            os._exit(ExitCode.PARENT_GONE)


if __name__ == "__main__":
    main()
