"""Child: a worker as the operating system has it, a group of processes with a log and an end.

Everything here is bounded. A worker may leave a process behind that keeps the log's pipe open (a rank of a
tensor-parallel engine), and a process in an uninterruptible wait (a stuck driver) survives even SIGKILL;
whoever waits for its end waits for some seconds and no longer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Self

from fitbox.errors import EngineStartError

_LOG_TAIL_BYTES = 8192
_READ_BYTES = 65536
_KILLED_SECONDS = 5.0
"""How long a process may take to end after SIGKILL before it is given up."""
_LOG_SECONDS = 1.0
"""How long the log of a process that has ended is still read."""

_log = logging.getLogger(__name__)


class Child:
    """A running process and the group that it leads. Made by :meth:`spawn`."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        output: asyncio.StreamReader,
        pipe: asyncio.ReadTransport,
    ) -> None:
        self.pid = process.pid
        self._process, self._pipe = process, pipe
        self._tail = b""
        self._ended = asyncio.create_task(process.wait())
        self._logged = asyncio.create_task(self._collect(output))

    @classmethod
    async def spawn(cls, command: Sequence[str], *, descriptor: int, environment: Mapping[str, str]) -> Self:
        """Start ``command`` in a group of its own; it inherits ``descriptor``.

        Raises EngineStartError where the operating system refuses: no memory, process or descriptor is left,
        or the program cannot be run.
        """
        output = asyncio.StreamReader()
        with refusals_typed(), contextlib.ExitStack() as undo:
            descriptor_of_log, theirs = os.pipe()
            log = undo.enter_context(os.fdopen(descriptor_of_log, "rb", buffering=0))
            with os.fdopen(theirs, "wb", buffering=0):
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=theirs,
                    stderr=asyncio.subprocess.STDOUT,
                    pass_fds=(descriptor,),
                    env=environment,
                    start_new_session=True,
                )
            undo.callback(_kill_group, process.pid)
            pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(output), log
            )
            undo.pop_all()
        return cls(process, output, pipe)

    @property
    def exit_code(self) -> int | None:
        """``None`` while it runs, or where it could not be ended; negative for a signal."""
        return self._process.returncode

    @property
    def log_tail(self) -> str:
        """The last few KiB that it wrote to stdout and stderr."""
        return self._tail.decode(errors="replace").strip()

    def on_end(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` once the process has ended."""
        self._ended.add_done_callback(lambda _: callback())

    async def settle(self, seconds: float) -> None:
        """Wait until it has ended and its log is read to the end, or for ``seconds``."""
        await asyncio.wait({self._ended, self._logged}, timeout=seconds)

    def kill(self) -> None:
        """SIGKILL to it and whatever it started."""
        _kill_group(self.pid)

    async def end(self, *, patience_seconds: float) -> None:
        """Wait for the end, kill after ``patience_seconds``, and put everything away.

        Returns in any case; a process that even SIGKILL does not end is left to the kernel and logged.
        """
        await asyncio.wait({self._ended}, timeout=patience_seconds)
        self.kill()  # what it started goes too
        await asyncio.wait({self._ended}, timeout=_KILLED_SECONDS)
        if not self._ended.done():
            _log.error("process %d of a worker does not end, even by SIGKILL", self.pid)
            self._ended.cancel()
        await asyncio.wait({self._logged}, timeout=_LOG_SECONDS)
        self._logged.cancel()
        await asyncio.gather(self._ended, self._logged, return_exceptions=True)
        self._pipe.close()

    async def _collect(self, output: asyncio.StreamReader) -> None:
        while data := await output.read(_READ_BYTES):
            self._tail = (self._tail + data)[-_LOG_TAIL_BYTES:]
            _log.debug("worker %d: %s", self.pid, data.decode(errors="replace").rstrip())


@contextlib.contextmanager
def refusals_typed() -> Iterator[None]:
    """Turn what the operating system refuses into EngineStartError; it may pass."""
    try:
        yield
    except (OSError, MemoryError) as error:
        raise EngineStartError(f"no worker can be started: {error}", passing=True) from error
    except RuntimeError as error:
        # asyncio waits for a child in a thread of its own, and there may be none left (EAGAIN).
        if "can't start new thread" not in str(error):
            raise
        raise EngineStartError(f"no worker can be started: {error}", passing=True) from error


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
