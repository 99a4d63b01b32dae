"""``python -m fitbox_trainer.run.supervise``: stands between the daemon and one child process.

A daemon that is killed can clean up nothing, and the death signal of Linux reaches only direct children,
not what a launcher starts in turn. So a tiny process (standard library only, no threads of others'
making) owns the process group of the child. It ends the whole group when the child ends, when it is asked
to, and when its standard input closes, which the kernel does for a daemon that died in any way at all.

With ``--max-memory-mib`` it also ends the child with all its descendants when together they hold more than
that in memory that cannot be given back: anonymous and shared pages, not the cached pages of files. A limit
of the kernel would not do: RLIMIT_AS and RLIMIT_DATA count what is reserved, of which torch has many times
what it uses, and a cgroup needs rights that a user seldom has.

A session of its own is also a group of its own to Linux's scheduler, where niceness counts within a group
only (sched(7), autogroup); so the group is made nice too.

Usage: ``supervise --nice N [--idle-time-only] --grace SECONDS --log FILE [--max-memory-mib M] --
COMMAND...``. Exits with the child's code, 128 + signal, or 3 where it held too much memory.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

OUT_OF_MEMORY = 3
"""Exit code, the same as a child's own."""
MEMORY_LOOK_SECONDS = 0.1
MOST_NICE = 19


def main(arguments: list[str]) -> int:
    """Run one command to its end and return its exit code."""
    parser = argparse.ArgumentParser(prog="fitbox_trainer.run.supervise")
    parser.add_argument("--nice", type=int, default=0)
    parser.add_argument("--idle-time-only", action="store_true")
    parser.add_argument("--grace", type=float, default=10.0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--max-memory-mib", type=int)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)

    # Ctrl-C goes to every process of a terminal; the daemon decides what ends and when.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Handled before there is a child, so that no moment is left in which a signal would orphan it.
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    os.nice(options.nice)
    if options.idle_time_only and hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if select.select([0], [], [], 0)[0] and not os.read(0, 4096):
        return 128 + signal.SIGTERM  # the daemon died before we could start: a next one may be at work
    with options.log.open("ab") as log:
        child = subprocess.Popen(
            options.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    with contextlib.suppress(OSError):  # a kernel without groups, or the child has ended
        group_niceness = MOST_NICE if options.idle_time_only else options.nice
        Path(f"/proc/{child.pid}/autogroup").write_text(str(group_niceness))
    threading.Thread(target=_set_when_input_closes, args=(stop,), daemon=True).start()
    threading.Thread(target=_stop_when_set, args=(stop, child.pid, options.grace), daemon=True).start()
    too_much = threading.Event()
    if options.max_memory_mib is not None:
        watch = (child.pid, options.max_memory_mib, options.log, too_much)
        threading.Thread(target=_kill_above, args=watch, daemon=True).start()
    code = child.wait()
    _signal_group(child.pid, signal.SIGKILL)  # what a launcher left behind
    if too_much.is_set() and code != 0:
        return OUT_OF_MEMORY
    return code if code >= 0 else 128 - code


def _kill_above(root: int, limit_mib: int, log: Path, too_much: threading.Event) -> None:
    """Look at the memory of a process and its descendants until it is too much; then say so in the log and
    kill them all."""
    while (held := memory_mib(family := processes_under(root))) <= limit_mib:
        time.sleep(MEMORY_LOOK_SECONDS)
    too_much.set()
    with contextlib.suppress(OSError), log.open("a") as file:
        file.write(f"\nout of memory: held {held} MiB; {limit_mib} MiB are allowed\n")
    for pid in family:  # a launcher gives each of its workers a group of its own
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    _signal_group(root, signal.SIGKILL)


def processes_under(root: int, *, proc: Path = Path("/proc")) -> tuple[int, ...]:
    """A process, its group, and every descendant of either that its parents have not left behind."""
    parents: dict[int, int] = {}
    family = {root}
    for folder in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # ended meanwhile
            # The name, in parentheses, may hold spaces; after it: state, parent, process group.
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            parents[int(folder.name)] = int(fields[1])
            if int(fields[2]) == root:
                family.add(int(folder.name))
    found = 0
    while found < len(family):
        found = len(family)
        family |= {pid for pid, parent in parents.items() if parent in family}
    return tuple(sorted(family))


def memory_mib(pids: tuple[int, ...], *, proc: Path = Path("/proc")) -> int:
    """MiB of anonymous and shared memory of these processes; those that have ended hold nothing."""
    kib = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError, IndexError):
            kib += _unreclaimable_kib((proc / str(pid) / "status").read_text(errors="replace"))
    return kib // 1024


def _unreclaimable_kib(status: str) -> int:
    lines = (line.split() for line in status.splitlines())
    return sum(int(line[1]) for line in lines if line and line[0] in {"RssAnon:", "RssShmem:"})


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
