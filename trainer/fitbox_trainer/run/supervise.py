"""``python -m fitbox_trainer.run.supervise``: stands between the daemon and one child process.

A daemon that is killed can clean up nothing, and the death signal of Linux reaches only direct children,
not what a launcher starts in turn. So a tiny process (standard library only, one thread) owns the process
group of the child. It ends the whole group when the child ends, when it is asked to, and when its standard
input closes, which the kernel does for a daemon that died in any way at all. What the child's descendants
leave behind is handed to it by the kernel (PR_SET_CHILD_SUBREAPER, prctl(2)), groups of their own or not, and
ended as well.

With ``--max-memory-mib`` it also ends the child with all its descendants when together they hold more than
that in memory that cannot be given back: anonymous and shared pages, not the cached pages of files. A limit
of the kernel would not do: RLIMIT_AS and RLIMIT_DATA count what is reserved, of which torch has many times
what it uses, and a cgroup needs rights that a user seldom has.

A session of its own is also a group of its own to Linux's scheduler, where niceness counts within a group
only (sched(7), autogroup); so the group is made nice too.

Usage: ``supervise --nice N [--idle-time-only] --grace SECONDS --log FILE [--max-memory-mib M] --
COMMAND...``. Exits with the child's code, 128 + signal, OUT_OF_MEMORY where it held too much, or NOT_STARTED
where the operating system did not start it.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from fitbox_trainer.run.exit_codes import ExitCode

MEMORY_LOOK_SECONDS = 0.1
MOST_NICE = 19
_LAST_SECONDS = 5.0
"""Descendants that were killed may take so long to be gone."""
_PR_SET_CHILD_SUBREAPER = 36


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

    # Before there is a child, so that no moment is left in which a signal would orphan it.
    signals = _Signals()
    _go_back_of_the_queue(options.nice, idle_time_only=options.idle_time_only)
    if signals.stop_requested or _has_closed(0):
        return 128 + signal.SIGTERM  # the daemon died before we could start: a next one may be at work
    try:
        child = _start(options.command, options.log)
    except (OSError, subprocess.SubprocessError, MemoryError) as error:
        _say(options.log, f"{options.command[0]} cannot be started: {error}")
        return ExitCode.NOT_STARTED
    with contextlib.suppress(OSError):  # a kernel without groups, or the child has ended
        group_niceness = MOST_NICE if options.idle_time_only else options.nice
        Path(f"/proc/{child.pid}/autogroup").write_text(str(group_niceness))
    too_much = _watch(child, signals, options.grace, options.max_memory_mib, options.log)
    _signal_group(child.pid, signal.SIGKILL)  # what a launcher left behind
    _end_descendants()
    if too_much and child.returncode != 0:
        return ExitCode.OUT_OF_MEMORY
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _watch(
    child: subprocess.Popen[bytes], signals: _Signals, grace: float, limit_mib: int | None, log: Path
) -> bool:
    """Until the child has ended: end its group when asked to, its family when it holds too much memory.

    Returns whether it held too much.
    """
    inputs = [0, signals.descriptor]
    deadline: float | None = None
    too_much = False
    while child.poll() is None:
        pause = MEMORY_LOOK_SECONDS if limit_mib is not None or deadline is not None else None
        ready = select.select(inputs, [], [], pause)[0]
        if signals.descriptor in ready:
            signals.clear()
        if 0 in ready and _has_closed(0):
            inputs.remove(0)
            signals.stop_requested = True
        if signals.stop_requested and deadline is None:
            deadline = time.monotonic() + grace
            _signal_group(child.pid, signal.SIGTERM)
        if deadline is not None and time.monotonic() >= deadline:
            _kill_family(child.pid)
        if limit_mib is not None and not too_much:
            held = memory_mib(processes_under(child.pid))
            if held > limit_mib:
                too_much = True
                _say(log, f"out of memory: held {held} MiB; {limit_mib} MiB are allowed")
        if too_much:
            _kill_family(child.pid)
    return too_much


class _Signals:
    """SIGTERM asks for the end, and SIGCHLD wakes whoever waits for the descriptor; Ctrl-C goes to every
    process of a terminal, and the daemon decides what ends and when."""

    def __init__(self) -> None:
        self.stop_requested = False
        self.descriptor, writing = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def clear(self) -> None:
        """Take what woke us."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self.descriptor, 4096):
                pass

    def _stop(self, *_: object) -> None:
        self.stop_requested = True


def _go_back_of_the_queue(niceness: int, *, idle_time_only: bool) -> None:
    """As nice as asked; a container that forbids it runs the child all the same."""
    with contextlib.suppress(OSError):
        os.nice(niceness)
    if idle_time_only and hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _start(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=descriptor, stderr=descriptor, start_new_session=True
        )
    finally:
        os.close(descriptor)


def _say(log: Path, line: str) -> None:
    """A line in the child's log, else in ours."""
    try:
        with log.open("a") as file:
            file.write(f"\n{line}\n")
    except OSError:
        print(line, file=sys.stderr)  # noqa: T201 - there is no other place


def _has_closed(descriptor: int) -> bool:
    """Whether an input has come to its end; what is written to it is thrown away."""
    try:
        while select.select([descriptor], [], [], 0)[0]:
            if not os.read(descriptor, 4096):
                return True
    except OSError:
        return True  # whoever held the other end is gone
    return False


def _kill_family(root: int) -> None:
    """A launcher gives each of its workers a group of its own."""
    for pid in processes_under(root):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    _signal_group(root, signal.SIGKILL)


def _end_descendants() -> None:
    """Kill what is left below us, and wait for it a moment."""
    own = os.getpid()
    deadline = time.monotonic() + _LAST_SECONDS
    while (left := [pid for pid in processes_under(own) if pid != own]) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)


def processes_under(root: int, *, proc: Path = Path("/proc")) -> tuple[int, ...]:
    """A process, its group, and every descendant of either that its parents have not left behind."""
    parents: dict[int, int] = {}
    family = {root}
    folders: list[Path] = []
    with contextlib.suppress(OSError):  # not to be listed now; the next look may go well
        folders = list(proc.glob("[0-9]*"))
    for folder in folders:
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


def _signal_group(group: int, signal_number: int) -> bool:
    """Send a signal to the group; whether there was anybody to send it to."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal_number)
        return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
