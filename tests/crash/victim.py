"""``fitbox train`` in a process of its own, watched through its ledger, and killed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from fitbox_trainer.daemon.stages import ENDS
from fitbox_trainer.run.children import find_left_behind

from tests.scripted_training import Workshop

_COMMAND = (sys.executable, "-c", "import sys, typer; from fitbox_trainer.cli import train; typer.run(train)")


class Mode(StrEnum):
    """Who is killed."""

    DAEMON = "DAEMON"
    CHILD = "CHILD"
    """One process of the run; the daemon lives on."""
    ALL = "ALL"
    """The daemon and every process of the run, as when the machine loses power."""


class Victim:
    """One daemon process."""

    def __init__(self, workshop: Workshop, log: Path, *options: str) -> None:
        self._ledger = workshop.settings.work_dir / "ledger.sqlite3"
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [*_COMMAND, "--json", *options],
                env=workshop.environment(),
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def current(self) -> tuple[str, str] | None:
        """Run and stage that are worked on, as the ledger has them now."""
        return current(self._ledger)

    def processes(self) -> list[int]:
        """The daemon and every process of the current run."""
        run = self.current()
        return [self.process.pid, *(find_left_behind(run[0]) if run else ())]

    def kill(self, mode: Mode, chance: random.Random) -> Mode:
        """SIGKILL; waits for the daemon's end where it is meant. Returns who it was in fact."""
        daemon, *children = self.processes()
        if not children:
            mode = Mode.DAEMON
        if mode is Mode.DAEMON:
            victims = [daemon]
        else:
            victims = [chance.choice(children)] if mode is Mode.CHILD else [daemon, *children]
        for process in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        if daemon in victims:
            self.process.wait(timeout=60)
        return mode


def current(ledger: Path) -> tuple[str, str] | None:
    """Run and stage in a ledger that somebody else may be writing; ``None`` where there is none."""
    marks = ", ".join("?" * len(ENDS))
    query = f"SELECT run_id, stage FROM runs WHERE stage NOT IN ({marks}) ORDER BY number LIMIT 1"  # noqa: S608
    try:
        with contextlib.closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=5)) as db:
            row = db.execute(query, ENDS).fetchone()
    except sqlite3.Error:
        return None  # not made yet, or the disk is full
    return None if row is None else (row[0], row[1])


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll a condition that another process makes true; whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True
