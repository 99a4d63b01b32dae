"""Intake in a process of its own: one that stays for many files, and is started anew when a file ended it."""

from __future__ import annotations

import contextlib
import errno
import json
import select
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

from fitbox.errors import FitBoxError
from fitbox.files import parse_object
from fitbox_trainer.intake.child import TOO_LONG, TOO_MUCH_MEMORY
from fitbox_trainer.intake.files import FileChangedError
from fitbox_trainer.intake.report import IntakeReport

MAX_MEMORY_MIB = 3072
"""Memory that reading one file may take where the settings allow training as much or do not say."""
LEAST_MEMORY_MIB = 512
"""But not less: the libraries alone take a part of it, and a batch another."""
MAX_SECONDS = 1800.0
"""Time that reading one file may take."""
_START_SECONDS = 120.0
_GRACE_SECONDS = 30.0
_END_SECONDS = 5.0


class ReaderDiedError(FitBoxError):
    """The process that read a file ended before it was done; ``certain``: because of the file."""

    def __init__(self, message: str, *, certain: bool) -> None:
        self.certain = certain
        super().__init__(message)


class Reader:
    """Reads files one at a time, each call in whatever thread. The process starts with the first file."""

    def __init__(self, max_memory_mib: int | None = None, max_seconds: float = MAX_SECONDS) -> None:
        self._max_memory_mib = max(LEAST_MEMORY_MIB, min(max_memory_mib or MAX_MEMORY_MIB, MAX_MEMORY_MIB))
        self._max_seconds = max_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the process; it writes nothing that is not whole."""
        self._end()

    def ingest(self, path: Path, store: Path, *, dataset: Path | None = None) -> IntakeReport:
        """:func:`fitbox_trainer.intake.pipeline.ingest` over there.

        Raises:
            FileChangedError: the file changed while it was read; try again later.
            OSError: the file is gone or unreadable, the store cannot be written, or no process can be had.
            ReaderDiedError: the process ended over this file.
        """
        with self._lock:
            process = self._running()
            request = {"path": str(path), "store": str(store), "dataset": str(dataset) if dataset else None}
            try:
                _pipe(process.stdin).write(json.dumps(request).encode() + b"\n")
                _pipe(process.stdin).flush()
                line = self._line(process, self._max_seconds + _GRACE_SECONDS)
            except BrokenPipeError:
                line = b""
            if not line:
                raise self._died(process)
        reply: dict[str, Any] = parse_object(line, "the reader's reply", nan=True)
        if "report" in reply:
            return IntakeReport.from_values(reply["report"])
        if reply["changed"] == FileChangedError.__name__:
            raise FileChangedError(reply["message"])
        raise OSError(reply["errno"] or errno.EIO, reply["message"])

    def _running(self) -> subprocess.Popen[bytes]:
        process = self._process
        if process is not None and process.poll() is None:
            return process
        self._end()
        command = [sys.executable, "-m", "fitbox_trainer.intake.child"]
        command += ["--max-memory-mib", str(self._max_memory_mib), "--max-seconds", str(self._max_seconds)]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._process = process
        if not self._line(process, _START_SECONDS):
            self._end()
            raise OSError(errno.EAGAIN, "the process that reads CSV files did not start; its output says why")
        return process

    def _line(self, process: subprocess.Popen[bytes], seconds: float) -> bytes:
        """The next line, or nothing where none comes in time or ever."""
        output = _pipe(process.stdout)
        ready, _, _ = select.select([output], [], [], seconds)
        return output.readline() if ready else b""

    def _died(self, process: subprocess.Popen[bytes]) -> ReaderDiedError:
        try:
            code = process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:  # it hangs
            process.kill()
            process.wait()
            code = TOO_LONG
        self._end()
        if code == TOO_MUCH_MEMORY:
            return ReaderDiedError(
                f"reading it takes more than {self._max_memory_mib} MiB of memory; split it into "
                "smaller files",
                certain=True,
            )
        if code == TOO_LONG:
            return ReaderDiedError(
                f"reading it takes more than {self._max_seconds:g} seconds; split it into smaller files",
                certain=True,
            )
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return ReaderDiedError(f"the process that read it ended with {how}", certain=False)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - asked for when it was started
    return pipe
