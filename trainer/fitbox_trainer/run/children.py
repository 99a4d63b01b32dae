"""Child processes of the daemon: started, followed, stopped, and never left behind."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import io
import os
import re
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

from fitbox.errors import ChildStartError
from fitbox_trainer.run.ending import DISK_WORDS, MEMORY_WORDS
from fitbox_trainer.run.exit_codes import ExitCode
from fitbox_trainer.run.progress import Progress

RUN_VARIABLE = "FITBOX_TRAINER_CHILD_OF"
"""Environment variable that every process of a run inherits: it finds those that a crash left behind."""

PRIVATE_UMASK = 0o077
"""What a child writes of members is for nobody else."""
_LOG_TAIL_BYTES = 16_384
_LOW_DISK_BYTES = 16 << 20
"""With less than this left, a child that crashed most likely could not even say why."""
_LAUNCHER_STATUS = re.compile(r"(?:returned non-zero exit status |^ *exitcode *: )(\d+)", re.MULTILINE)
_LAUNCHER_SIGNAL = re.compile(r".*(?:died with <Signals\.SIGKILL|Signal 9 \(SIGKILL\)).*")
"""What ``accelerate launch`` and ``torchrun`` print of a process that ended, or was killed."""
_PASSING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC, errno.EDQUOT})
"""What the operating system refuses for want of something that others may give back."""
_STOP_SECONDS = 10.0
"""A supervisor may take so long to end after the grace that it gives, before it is killed too."""


class Cause(StrEnum):
    """Why a child ended."""

    DONE = "DONE"
    """It did its work."""
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    """A smaller micro-batch may fit."""
    UNUSABLE_INPUT = "UNUSABLE_INPUT"
    """Its data or configuration cannot work."""
    DISK_FULL = "DISK_FULL"
    """It could not write; nothing is wrong with the run, which waits for space."""
    NOT_STARTED = "NOT_STARTED"
    """The operating system started no process for it."""
    CRASHED = "CRASHED"
    """Anything else."""


@dataclass(frozen=True)
class Ending:
    """How a child ended, with what a person should read."""

    cause: Cause
    detail: str


class Child:
    """One supervised command. ``done`` is set when it and everything it started have ended."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        leash: io.FileIO,
        run_id: str,
        log: Path,
        stop_grace_seconds: float,
    ) -> None:
        self._process = process
        self._leash = leash
        """Our end of the supervisor's input: whatever closes it, our own death too, ends the supervisor."""
        self._run_id = run_id
        self._log = log
        self._stop_grace_seconds = stop_grace_seconds

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        *,
        run_id: str,
        log: Path,
        nice: int,
        idle_time_only: bool,
        threads: int | None,
        stop_grace_seconds: float,
        max_memory_mib: int | None = None,
        private: bool = True,
    ) -> Child:
        """Start ``command`` under a supervisor; its output goes to the end of ``log``.

        A group that holds more than ``max_memory_mib`` ends as OUT_OF_MEMORY. What a ``private`` child writes
        is for its user alone, unless it says otherwise.

        Raises:
            ChildStartError: the operating system starts no process.
        """
        supervisor = supervised(
            command,
            log=log,
            nice=nice,
            idle_time_only=idle_time_only,
            stop_grace_seconds=stop_grace_seconds,
            max_memory_mib=max_memory_mib,
        )
        try:
            # A pipe of our own. It is never written to: that it closes is the message. One of asyncio's would
            # be connected after the start, and where that fails CPython 3.11 waits for ever.
            theirs, ours = os.pipe()
            with io.FileIO(theirs), contextlib.ExitStack() as undo:
                leash = undo.enter_context(io.FileIO(ours, "wb"))
                process = await asyncio.create_subprocess_exec(
                    *supervisor,
                    stdin=theirs,
                    env=child_environment(run_id, threads),
                    start_new_session=True,
                    umask=PRIVATE_UMASK if private else -1,
                )
                undo.pop_all()
        except (OSError, RuntimeError) as error:  # RuntimeError: no thread to watch it with
            raise start_error(command, error) from error
        return cls(process, leash, run_id, log, stop_grace_seconds)

    @property
    def returncode(self) -> int | None:
        """Exit code, or ``None`` while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait for the end; returns the exit code."""
        code = await self._process.wait()
        self._leash.close()
        return code

    async def stop(self) -> None:
        """Ask the whole group to end, kill what does not in time, and wait for it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(self._stop_grace_seconds + _STOP_SECONDS):
                await self.wait()
        except TimeoutError:  # it was stopped, or waits for a disk that is gone
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            with contextlib.suppress(OSError):  # who comes next looks again
                await kill_left_behind(self._run_id)
            await self.wait()

    def ending(self, progress: Progress) -> Ending:
        """Why it ended; only after :attr:`returncode` is set."""
        code = self._process.returncode or 0
        try:
            free: int | None = shutil.disk_usage(self._log.parent).free
        except OSError:
            free = None  # nobody can say
        return ending(code, progress, read_tail(self._log), free_bytes=free)


def supervised(
    command: Sequence[str],
    *,
    log: Path,
    nice: int = 0,
    idle_time_only: bool = False,
    stop_grace_seconds: float = 10.0,
    max_memory_mib: int | None = None,
) -> list[str]:
    """``command`` under :mod:`fitbox_trainer.run.supervise`. Start it with a pipe as its input, which ends it
    when it closes, and in a session of its own."""
    supervisor = [sys.executable, "-m", "fitbox_trainer.run.supervise", "--nice", str(nice)]
    supervisor += ["--grace", str(stop_grace_seconds), "--log", str(log)]
    if idle_time_only:
        supervisor.append("--idle-time-only")
    if max_memory_mib is not None:
        supervisor += ["--max-memory-mib", str(max_memory_mib)]
    return [*supervisor, "--", *command]


def start_error(command: Sequence[str], error: Exception) -> ChildStartError:
    """What the operating system said when it was asked to start a command, as an error of ours."""
    passing = not isinstance(error, OSError) or error.errno in _PASSING
    return ChildStartError(f"{command[0]} cannot be started: {error}", passing=passing)


def ending(code: int, progress: Progress, log_tail: str, *, free_bytes: int | None = None) -> Ending:
    """Find the cause behind an exit code.

    ``accelerate launch`` turns every failure of its script into 1, so the script's own last words come first:
    its error event, then the status that the launcher prints, then what is known of disk and memory errors.
    """
    if code == 0:
        return Ending(Cause.DONE, "")
    printed = _LAUNCHER_STATUS.findall(log_tail)
    real = progress.error_exit_code or (int(printed[-1][-9:]) if printed else code)
    told = [line for line in log_tail.splitlines() if any(map(str.isalnum, line))]  # no ruled lines
    killed_by = _LAUNCHER_SIGNAL.search(log_tail)
    # A process that was killed comes first: the error of another that lost its peer only follows from it.
    words = [killed_by[0].strip()[:500]] if killed_by else []
    words += [progress.error] if progress.error else []
    detail = "; ".join(words) or (told[-1].strip()[:500] if told else "")
    if real == ExitCode.UNUSABLE_INPUT:
        return Ending(Cause.UNUSABLE_INPUT, detail)
    if (
        real == ExitCode.DISK_FULL
        or DISK_WORDS.search(f"{progress.error}\n{log_tail}")
        or (free_bytes is not None and free_bytes < _LOW_DISK_BYTES)
    ):
        return Ending(Cause.DISK_FULL, detail or "the disk is full")
    if real == ExitCode.NOT_STARTED:
        return Ending(Cause.NOT_STARTED, detail)
    killed = real == 128 + signal.SIGKILL or killed_by is not None
    if real == ExitCode.OUT_OF_MEMORY or killed or MEMORY_WORDS.search(log_tail):
        # A kill that we did not send is nearly always the kernel's out-of-memory killer.
        return Ending(Cause.OUT_OF_MEMORY, detail or "killed")
    return Ending(Cause.CRASHED, f"exit code {real}: {detail}" if detail else f"exit code {real}")


def child_environment(run_id: str, threads: int | None) -> dict[str, str]:
    """Our environment, marked with the run, and with thread pools capped."""
    count = str(threads or len(os.sched_getaffinity(0)))
    return {
        **os.environ,
        RUN_VARIABLE: run_id,
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "POLARS_MAX_THREADS": count,
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONUNBUFFERED": "1",
    }


def find_left_behind(run_id: str) -> tuple[int, ...]:
    """Process ids whose environment says that they belong to a run.

    Raises:
        OSError: the operating system does not let us look now.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # ended meanwhile, or another user's
            try:
                environment = process.environ()
            except OSError as error:
                if error.errno in _PASSING:  # then nobody knows, which is not the same as that there is none
                    raise
                continue
            if environment.get(RUN_VARIABLE) == run_id:
                found.append(int(process.pid))
    return tuple(sorted(found))


async def kill_left_behind(run_id: str, *, timeout_seconds: float = 10.0) -> int:
    """Kill what a crash left of a run, so that only we write to its folder. Returns how many there were.

    Raises:
        OSError: the operating system does not let us look now.
    """
    first = find_left_behind(run_id)
    deadline = asyncio.get_running_loop().time() + timeout_seconds
    left = first
    while left and asyncio.get_running_loop().time() < deadline:
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.02)
        left = find_left_behind(run_id)
    return len(first)


def read_tail(path: Path, limit: int = _LOG_TAIL_BYTES) -> str:
    """The end of a log, or nothing where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - limit))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
