"""The demo's two processes, and the memory that all of them take together."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

import psutil


class DemoError(Exception):
    """The demo cannot go on; the message says why and where the log is."""


class Process:
    """A FitBox process that prints one JSON line when it is ready. Its output goes to a log file."""

    def __init__(self, name: str, arguments: list[str], log: Path) -> None:
        self.name, self.log = name, log
        with log.open("wb") as sink:
            self._popen = subprocess.Popen(
                [sys.executable, "-m", "fitbox_client", *arguments], stdout=subprocess.PIPE, stderr=sink
            )
        self.pid = self._popen.pid
        self.ready: dict[str, Any] = {}

    def wait_until_ready(self, timeout_seconds: float) -> Self:
        """Read the ready line. Raises DemoError when the process ends first or takes too long."""
        timer = threading.Timer(timeout_seconds, self._popen.kill)
        timer.start()
        try:
            assert self._popen.stdout is not None  # noqa: S101 - it was opened as a pipe above
            for line in self._popen.stdout:
                if line.startswith(b"{"):
                    self.ready = json.loads(line)
                    break
            else:
                tail = self.log.read_text(errors="replace")[-2000:]
                raise DemoError(f"the {self.name} did not become ready; the end of {self.log}:\n{tail}")
        finally:
            timer.cancel()
        # Nobody reads the pipe from here on; drain it so that the process never blocks on a full one.
        threading.Thread(target=self._popen.stdout.read, daemon=True).start()
        return self

    def stop(self, timeout_seconds: float = 60.0) -> int:
        """SIGTERM, then wait. Returns the exit code; kills only what does not end by itself."""
        if self._popen.poll() is None:
            self._popen.send_signal(signal.SIGTERM)
        try:
            return self._popen.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
            raise DemoError(
                f"the {self.name} did not stop within {timeout_seconds:.0f} s of SIGTERM"
            ) from None


class MemoryWatch:
    """Samples the memory of this process and all its descendants (PSS, so shared pages count once)."""

    def __init__(self, period_seconds: float = 1.0) -> None:
        self.peak_mib = 0.0
        self._period_seconds = period_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        own = psutil.Process()
        while not self._stop.wait(self._period_seconds):
            total = 0
            for process in [own, *own.children(recursive=True)]:
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:
                    continue  # it ended between listing and reading
            self.peak_mib = max(self.peak_mib, total / 2**20)


def left_running(pids: list[int], timeout_seconds: float = 10.0) -> list[str]:
    """Command lines of processes among ``pids`` that still run after a moment."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        alive = []
        for pid in pids:
            try:
                process = psutil.Process(pid)
                if process.status() != psutil.STATUS_ZOMBIE:
                    alive.append(" ".join(process.cmdline()[:6]))
            except psutil.NoSuchProcess:
                continue
        if not alive or time.monotonic() > deadline:
            return alive
        time.sleep(0.2)
