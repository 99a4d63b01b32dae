"""Lower CPU priority while a model loads, so that a swap does not slow the version that serves.

Niceness belongs to a thread on Linux, new threads inherit it, and raising priority again needs a privilege. A
worker that could not come back would serve at low priority for its whole life, which is worse than a short
disturbance, so the priority is lowered only where it can be restored.
"""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

_CAP_SYS_NICE = 1 << 23
_NICE_RLIMIT_ZERO = 20
"""``RLIMIT_NICE`` counts from 20 downwards: a limit of 20 allows niceness 0 (setrlimit(2))."""


@contextlib.contextmanager
def lowered_priority(niceness: int) -> Iterator[None]:
    """Add ``niceness`` to this process for the duration of the block, threads started inside it included."""
    if niceness <= 0 or not _can_restore():
        yield
        return
    before = os.getpriority(os.PRIO_PROCESS, 0)
    _set_all_threads(before + niceness)
    try:
        yield
    finally:
        _set_all_threads(before)


def _set_all_threads(niceness: int) -> None:
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(ProcessLookupError):  # a thread that ended meanwhile
            os.setpriority(os.PRIO_PROCESS, int(task.name), niceness)


def _can_restore() -> bool:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False  # not Linux
    capabilities = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    allowed_by_limit = resource.getrlimit(resource.RLIMIT_NICE)[0] >= _NICE_RLIMIT_ZERO
    return bool(int(capabilities, 16) & _CAP_SYS_NICE) or allowed_by_limit
