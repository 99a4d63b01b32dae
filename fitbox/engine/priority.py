"""Lower CPU priority while a worker starts, so that a swap does not slow the version that serves.

The parent lowers it as soon as the process exists, for importing libraries takes as long as a small model's
load; the worker goes back once it is loaded. Niceness belongs to a thread on Linux, new threads inherit it,
and raising priority again needs a privilege. A worker that could not come back would serve at low priority
for its whole life, which is worse than a short disturbance, so the priority is lowered only where it can be
restored.
"""

from __future__ import annotations

import contextlib
import os
import resource
from pathlib import Path

_CAP_SYS_NICE = 1 << 23
_NICE_RLIMIT_ZERO = 20
"""``RLIMIT_NICE`` counts from 20 downwards: a limit of 20 allows niceness 0 (setrlimit(2))."""


def can_restore() -> bool:
    """Whether a process of ours that was made nicer may go back by itself."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False  # not Linux
    capabilities = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    allowed_by_limit = resource.getrlimit(resource.RLIMIT_NICE)[0] >= _NICE_RLIMIT_ZERO
    return bool(int(capabilities, 16) & _CAP_SYS_NICE) or allowed_by_limit


def niceness() -> int:
    """Of the calling thread."""
    return os.getpriority(os.PRIO_PROCESS, 0)


def make_nicer(pid: int, by: int) -> None:
    """Lower the priority of a process that has just been started, which so has one thread."""
    with contextlib.suppress(ProcessLookupError):  # it ended at once; whoever waits for it finds out
        os.setpriority(os.PRIO_PROCESS, pid, niceness() + by)


def set_own(value: int) -> None:
    """Set the niceness of every thread of this process; those that a library started meanwhile included."""
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(ProcessLookupError):  # a thread that ended meanwhile
            os.setpriority(os.PRIO_PROCESS, int(task.name), value)
