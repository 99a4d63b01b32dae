"""The worker process: one loop that feeds an engine from a socket.

Run as ``python -m fitbox_server.engines.worker --fd N --parent PID --spec JSON`` by
:class:`fitbox.engine.process.EngineProcess`.

It is single-threaded on purpose. OpenVINO's ``step()`` holds the interpreter lock, so a second thread would
gain nothing, and with one owner there is no state to lock: drain the inbox, add, step, flush.

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
import select
import signal
import socket
import sys
import time
import traceback
from collections import deque
from dataclasses import dataclass
from enum import IntEnum
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
    FrameDecoder,
    Ping,
    Pong,
    Ready,
    Submit,
    WorkerStats,
    decode_spec,
    encode,
)
from fitbox.errors import EngineError, FitBoxError
from fitbox_server.engines.protocol import Engine, Event, Finished, RequestRefusedError, load

ADMISSION_SECONDS = 0.05
"""Time that adding requests may take before the next step, where the last step took less: each new grammar
costs some 25 ms to compile, so a burst of them slows the texts that are being decoded to half speed, and no
more."""

_READ_BYTES = 65536
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


class ParentGoneError(Exception):
    """The other side of the socket is closed."""


class Channel:
    """Frames over the inherited socket. Blocking writes are the back-pressure: a parent that stops, stops
    us."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._decoder = FrameDecoder()
        self._outbox = bytearray()

    def receive(self, *, block: bool) -> list[Frame]:
        """What has arrived. Raises ParentGoneError at the end of the stream."""
        if not block and not select.select([self._connection], [], [], 0)[0]:
            return []
        try:
            data = self._connection.recv(_READ_BYTES)
        except ConnectionError:
            data = b""
        if not data:
            raise ParentGoneError
        return self._decoder.feed(data)

    def queue(self, frame: Frame) -> None:
        """Keep a frame for the next flush: one system call a step, not one a request."""
        self._outbox += encode(frame)

    def flush(self) -> None:
        """Send what is queued. Raises ParentGoneError."""
        try:
            self._connection.sendall(self._outbox)
        except ConnectionError:
            raise ParentGoneError from None
        self._outbox.clear()


@dataclass
class _Clock:
    """When a request arrived, and when its first token was decoded (seconds, monotonic)."""

    arrived: float
    first_token: float | None = None


class Worker:
    """An engine, the requests that wait for it, and their clocks."""

    def __init__(self, engine: Engine, channel: Channel) -> None:
        self._engine, self._channel = engine, channel
        self._waiting: deque[tuple[int, GenerationRequest]] = deque()
        self._clocks: dict[int, _Clock] = {}
        self._generated_tokens = 0
        self._step_seconds = 0.0

    def run(self) -> NoReturn:
        """Serve until the parent closes the socket (ParentGoneError) or a step raises."""
        while True:
            for frame in self._channel.receive(block=not self._waiting and not self._engine.has_work):
                self._take(frame)
            self._admit()
            if self._engine.has_work:
                started = time.monotonic()
                for event in self._engine.step():
                    self._report(event)
                self._step_seconds = time.monotonic() - started
            self._channel.flush()

    def _take(self, frame: Frame) -> None:
        match frame:
            case Submit():
                self._clocks[frame.id] = _Clock(arrived=time.monotonic())
                self._waiting.append((frame.id, frame.request))
            case Cancel():
                self._waiting = deque(item for item in self._waiting if item[0] != frame.id)
                self._engine.cancel(frame.id)
                self._clocks.pop(frame.id, None)
            case Ping():
                self._channel.queue(Pong(nonce=frame.nonce, stats=self._stats()))
            case _:
                raise EngineError(f"a worker takes no {frame.type} frame")

    def _admit(self) -> None:
        """Add requests for about as long as a step takes, at least one."""
        deadline = time.monotonic() + max(ADMISSION_SECONDS, self._step_seconds)
        while self._waiting:
            request_id, request = self._waiting.popleft()
            try:
                self._engine.add(request_id, request)
            except RequestRefusedError as error:
                self._report(Failed(id=request_id, code=error.code, message=str(error)))
            if time.monotonic() >= deadline:
                return

    def _report(self, event: Event) -> None:
        match event:
            case Chunk():
                clock = self._clocks[event.id]
                clock.first_token = clock.first_token or time.monotonic()
                self._generated_tokens += event.tokens
                self._channel.queue(event)
            case Finished():
                clock, now = self._clocks.pop(event.id), time.monotonic()
                self._channel.queue(
                    Done(
                        id=event.id,
                        finish_reason=event.finish_reason,
                        prompt_tokens=event.prompt_tokens,
                        completion_tokens=event.completion_tokens,
                        ttft_seconds=(clock.first_token or now) - clock.arrived,
                        total_seconds=now - clock.arrived,
                    )
                )
            case Failed():
                del self._clocks[event.id]
                self._channel.queue(event)

    def _stats(self) -> WorkerStats:
        return WorkerStats(
            running=self._engine.running,
            waiting=len(self._waiting),
            cache_usage=self._engine.cache_usage,
            generated_tokens=self._generated_tokens,
        )


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
