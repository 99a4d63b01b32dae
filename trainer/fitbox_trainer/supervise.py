"""``python -m fitbox_trainer.supervise``: stands between the daemon and one child process.

A daemon that is killed can clean up nothing, and the death signal of Linux reaches only direct children,
not what a launcher starts in turn. So a tiny process (standard library only, no threads of others'
making) owns the process group of the child. It ends the whole group when the child ends, when it is asked
to, and when its standard input closes, which the kernel does for a daemon that died in any way at all.

Usage: ``supervise --nice N --grace SECONDS --log FILE -- COMMAND...``. Exits with the child's code, or
128 + signal.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run one command to its end and return its exit code."""
    parser = argparse.ArgumentParser(prog="fitbox_trainer.supervise")
    parser.add_argument("--nice", type=int, default=0)
    parser.add_argument("--grace", type=float, default=10.0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)

    # Ctrl-C goes to every process of a terminal; the daemon decides what ends and when.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Handled before there is a child, so that no moment is left in which a signal would orphan it.
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    os.nice(options.nice)
    with options.log.open("ab") as log:
        child = subprocess.Popen(
            options.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    threading.Thread(target=_set_when_input_closes, args=(stop,), daemon=True).start()
    threading.Thread(target=_stop_when_set, args=(stop, child.pid, options.grace), daemon=True).start()
    code = child.wait()
    _signal_group(child.pid, signal.SIGKILL)  # what a launcher left behind
    return code if code >= 0 else 128 - code


def _set_when_input_closes(stop: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    stop.set()


def _stop_when_set(stop: threading.Event, group: int, grace_seconds: float) -> None:
    stop.wait()
    _stop_group(group, grace_seconds)


def _stop_group(group: int, grace_seconds: float) -> None:
    _signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while time.monotonic() < deadline and _signal_group(group, 0):
        time.sleep(0.02)
    _signal_group(group, signal.SIGKILL)


def _signal_group(group: int, signal_number: int) -> bool:
    """Send a signal to the group; whether there was anybody to send it to."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal_number)
        return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
