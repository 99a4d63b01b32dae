"""CPU priority of a worker that starts beside one that serves, so that a swap does not slow the replies.

Niceness is not enough: Linux lets a nice task finish its slice of some milliseconds before a task that woke
up, and a reply wakes four processes one after another. A task of the policy ``SCHED_IDLE`` gives way at once
(sched(7)); ``docs/log.md`` has the figures. But on a machine without idle time it hardly gets on, so it is
only nice after a while.

Policy and niceness belong to a thread on Linux, new threads inherit them, and raising priority again needs a
privilege. A worker that could not come back would serve at low priority for its whole life, which is worse
than a short disturbance, so the priority is lowered only where it can be restored.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

Change = Callable[..., None]
"""One of :func:`lower`, :func:`hasten` and :func:`restore`; each raises OSError where it is refused."""

_CAP_SYS_NICE = 1 << 23
_NICE_RLIMIT_ZERO = 20
"""``RLIMIT_NICE`` counts from 20 downwards: a limit of 20 allows niceness 0 (setrlimit(2))."""


def can_restore() -> bool:
    """Whether the priority of a child of ours may be raised to our own again."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False  # not Linux
    capabilities = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    allowed_by_limit = resource.getrlimit(resource.RLIMIT_NICE)[0] >= _NICE_RLIMIT_ZERO
    return bool(int(capabilities, 16) & _CAP_SYS_NICE) or allowed_by_limit


def launcher() -> tuple[str, ...]:
    """Words before a command that make it run in idle time from its first instruction on (chrt(1)).

    Empty where there is no ``chrt``: then :func:`lower` comes some milliseconds late.
    """
    chrt = shutil.which("chrt")
    return (chrt, "--idle", "0") if chrt is not None else ()


def lower(pid: int, niceness: int) -> None:
    """Let a process run in idle time only; ``niceness`` is what it adds to ours from :func:`hasten` on."""
    added = os.getpriority(os.PRIO_PROCESS, 0) + niceness
    _each_thread(pid, lambda thread: os.setpriority(os.PRIO_PROCESS, thread, added))
    _each_thread(pid, lambda thread: os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0)))


def hasten(pid: int) -> None:
    """Let a process that was lowered compete for time, as a nice one."""
    _each_thread(pid, lambda thread: os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0)))


def restore(pid: int) -> None:
    """Give a process that was lowered the priority that we have."""
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    hasten(pid)
    _each_thread(pid, lambda thread: os.setpriority(os.PRIO_PROCESS, thread, ours))


def _each_thread(pid: int, change: Callable[[int], None]) -> None:
    """Until no thread is left that another one started before it was changed itself."""
    changed: set[int] = set()
    with contextlib.suppress(FileNotFoundError):  # the process ended; whoever waits for it finds out
        while threads := {int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()} - changed:
            for thread in threads:
                with contextlib.suppress(ProcessLookupError):
                    change(thread)
            changed |= threads
