"""Forks a process that trains for every run folder named on standard input.

The libraries are imported once, which takes ten times as long as training a tiny model; what a child does
from then on is what ``python -m fitbox_trainer.finetune`` does. One JSON line a run: ``code``, as
:func:`os.waitstatus_to_exitcode` gives it, or ``null`` where it did not end in time.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from fitbox_trainer.finetune import __main__ as command
from fitbox_trainer.finetune import run  # noqa: F401  # imported here, for all children

SECONDS = 120.0


def main() -> None:
    """Until standard input ends."""
    for line in sys.stdin:
        folder = Path(line.strip())
        child = os.fork()
        if child == 0:
            _be_the_child(folder)
        print(json.dumps({"code": _waited(child)}), flush=True)  # noqa: T201  # it is a program


def _be_the_child(folder: Path) -> None:
    """Never returns."""
    log = os.open(folder.with_suffix(".log"), os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 1
    try:
        code = command.main(["--run-dir", str(folder)])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _waited(child: int) -> int | None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


if __name__ == "__main__":
    main()
