"""Child processes: why they ended, that nothing is left of them, and what they report."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fitbox_trainer.run.children import (
    RUN_VARIABLE,
    Cause,
    Child,
    ending,
    find_left_behind,
    kill_left_behind,
)
from fitbox_trainer.run.exit_codes import ExitCode
from fitbox_trainer.run.progress import Progress, ProgressReader
from fitbox_trainer.run.supervise import memory_mib, processes_under

pytestmark = pytest.mark.slow

# Starts a grandchild that ignores SIGTERM, says so, and waits.
STUBBORN = """
import subprocess, sys, time
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
code += "print('up', flush=True); time.sleep(99)"
subprocess.Popen([sys.executable, "-c", code])
time.sleep(99)
"""


async def start(
    tmp_path: Path,
    code: str,
    run_id: str = "run-x",
    *,
    nice: int = 0,
    idle_time_only: bool = False,
    max_memory_mib: int | None = None,
) -> Child:
    """A child that runs Python code."""
    return await Child.start(
        [sys.executable, "-c", code],
        run_id=run_id,
        log=tmp_path / "log",
        nice=nice,
        idle_time_only=idle_time_only,
        threads=1,
        stop_grace_seconds=0.2,
        max_memory_mib=max_memory_mib,
    )


def test_a_crash_on_a_full_disk_is_the_disks_even_if_nothing_could_be_written() -> None:
    """There may be no room for the child's last words; success stays success."""
    assert ending(1, Progress(), "", free_bytes=4096).cause is Cause.DISK_FULL
    assert ending(1, Progress(), "", free_bytes=1 << 30).cause is Cause.CRASHED
    assert ending(0, Progress(), "", free_bytes=4096).cause is Cause.DONE


async def log_shows(tmp_path: Path, text: str) -> None:
    """Wait until a process that we cannot await has written its line."""
    async with asyncio.timeout(30):
        while text not in ((tmp_path / "log").read_text() if (tmp_path / "log").exists() else ""):  # noqa: ASYNC110  # another process writes it
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("code", "progress", "log", "cause"),
    [
        (0, Progress(), "", Cause.DONE),
        (3, Progress(), "", Cause.OUT_OF_MEMORY),
        (4, Progress(), "", Cause.UNUSABLE_INPUT),
        (1, Progress(error="no rows", error_exit_code=4), "", Cause.UNUSABLE_INPUT),
        (
            1,
            Progress(),
            "Command '...' returned non-zero exit status 3.",
            Cause.OUT_OF_MEMORY,
        ),
        (
            1,
            Progress(),
            "Command '...' died with <Signals.SIGKILL: 9>.",
            Cause.OUT_OF_MEMORY,
        ),
        (
            1,
            Progress(),
            "  exitcode  : -9 (pid: 7)\n  traceback : Signal 9 (SIGKILL) received by PID 7\n====",
            Cause.OUT_OF_MEMORY,
        ),
        (1, Progress(), "  exitcode  : 5 (pid: 7)\n=====\n", Cause.DISK_FULL),
        (137, Progress(), "", Cause.OUT_OF_MEMORY),
        (1, Progress(), "torch.OutOfMemoryError: CUDA out of memory.", Cause.OUT_OF_MEMORY),
        (1, Progress(), "Traceback\nValueError: shapes", Cause.CRASHED),
        (139, Progress(), "", Cause.CRASHED),
        (1, Progress(error="OSError: [Errno 28] No space left on device"), "", Cause.DISK_FULL),
        (1, Progress(), "SafetensorError: I/O error: ... (os error 28)\nreturned 1", Cause.DISK_FULL),
    ],
)
def test_the_cause_of_an_end_is_found_behind_a_launcher(
    code: int, progress: Progress, log: str, cause: Cause
) -> None:
    """``accelerate launch`` answers 1 whatever its script answered."""
    assert ending(code, progress, log).cause is cause


def test_the_detail_is_what_a_person_should_read() -> None:
    """The child's own words, or the last line that it wrote."""
    assert ending(1, Progress(error="no rows", error_exit_code=4), "noise").detail == "no rows"
    assert (
        ending(1, Progress(), "Traceback\nValueError: shapes\n\n").detail == "exit code 1: ValueError: shapes"
    )


async def test_stopping_ends_the_whole_group_even_what_ignores_it(tmp_path: Path) -> None:
    """First asked, then killed, grandchildren included."""
    child = await start(tmp_path, STUBBORN)
    await log_shows(tmp_path, "up")
    assert len(find_left_behind("run-x")) == 3
    await child.stop()
    assert find_left_behind("run-x") == ()
    assert child.returncode == 128 + signal.SIGTERM


async def test_a_child_that_ends_leaves_no_grandchild(tmp_path: Path) -> None:
    """What a launcher left running is killed when the launcher is done."""
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])"
    child = await start(tmp_path, code)
    assert await child.wait() == 0
    assert find_left_behind("run-x") == ()


async def test_orphans_in_a_session_of_their_own_end_with_the_child(tmp_path: Path) -> None:
    """A launcher that dies leaves its workers to whoever supervises it."""
    sleep = "import time; print('up', flush=True); time.sleep(99)"
    start_worker = f"subprocess.Popen([sys.executable, '-c', {sleep!r}], start_new_session=True)"
    launcher = f"import subprocess, sys; {start_worker}; raise SystemExit(9)"
    child = await start(tmp_path, launcher)
    assert await child.wait() == 9
    assert find_left_behind("run-x") == ()


async def test_a_supervisor_whose_daemon_is_gone_ends_the_group(tmp_path: Path) -> None:
    """The kernel closes the daemon's end of the pipe, however the daemon died."""
    log = tmp_path / "log"
    command = [sys.executable, "-m", "fitbox_trainer.run.supervise", "--grace", "0.2", "--log", str(log)]
    supervisor = subprocess.Popen(  # noqa: ASYNC220  # plain, to hold the pipe ourselves
        [*command, "--", sys.executable, "-c", STUBBORN],
        stdin=subprocess.PIPE,
        env={**os.environ, RUN_VARIABLE: "run-y"},
        start_new_session=True,
    )
    await log_shows(tmp_path, "up")
    assert supervisor.stdin is not None
    supervisor.stdin.close()
    assert supervisor.wait(timeout=30) == 128 + signal.SIGTERM
    async with asyncio.timeout(30):  # a killed process takes a moment to be gone
        while find_left_behind("run-y"):  # noqa: ASYNC110  # nobody tells us
            await asyncio.sleep(0.01)


async def test_processes_of_a_killed_supervisor_are_found_and_killed(tmp_path: Path) -> None:
    """They carry the run in their environment; other runs are left alone."""
    child = await start(tmp_path, STUBBORN)
    other = await start(tmp_path, "import time; time.sleep(99)", run_id="run-other")
    await log_shows(tmp_path, "up")
    os.kill(child._process.pid, signal.SIGKILL)
    await child.wait()
    assert await kill_left_behind("run-x") == 2
    assert find_left_behind("run-x") == ()
    assert find_left_behind("run-other") != ()
    await other.stop()


async def test_a_group_that_holds_too_much_memory_ends_as_out_of_memory(tmp_path: Path) -> None:
    """Counted over all its processes, one in a session of its own, as a launcher's workers are; the reason
    of the attempt says how much it was."""
    hold = "import time; held = bytearray(b'x' * 2**20) * 120; time.sleep(600)"
    start_worker = f"subprocess.Popen([sys.executable, '-c', {hold!r}], start_new_session=True)"
    code = f"import subprocess, sys; {start_worker}; "
    child = await start(tmp_path, code + hold, max_memory_mib=200)
    async with asyncio.timeout(60):
        assert await child.wait() == ExitCode.OUT_OF_MEMORY
    ending = child.ending(Progress())
    assert ending.cause is Cause.OUT_OF_MEMORY
    assert "200 MiB are allowed" in ending.detail
    async with asyncio.timeout(30):  # a killed process takes a moment to be gone
        while find_left_behind("run-x"):  # noqa: ASYNC110  # nobody tells us
            await asyncio.sleep(0.01)


async def test_a_child_below_its_limit_is_left_alone(tmp_path: Path) -> None:
    """The limit changes nothing about its exit code."""
    child = await start(tmp_path, "raise SystemExit(7)", max_memory_mib=100_000)
    assert await child.wait() == 7


def group_niceness(pid: int) -> int | None:
    """Of the scheduler's group of a process; ``None`` where there are no such groups."""
    try:
        return int(Path(f"/proc/{pid}/autogroup").read_text().split()[-1])
    except OSError:
        return None


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="a policy of Linux")
async def test_a_child_may_be_told_to_run_in_idle_time_only(tmp_path: Path) -> None:
    """Itself and, where the kernel groups sessions, its session; what it starts inherits both."""
    code = "import os, time; print(os.getpid(), 'up', flush=True); time.sleep(99)"
    child = await start(tmp_path, code, nice=3, idle_time_only=True)
    try:
        await log_shows(tmp_path, "up")
        pid = int((tmp_path / "log").read_text().split()[0])
        assert os.sched_getscheduler(pid) == os.SCHED_IDLE
        async with asyncio.timeout(30):
            while group_niceness(pid) not in (19, None):  # noqa: ASYNC110  # the supervisor sets it
                await asyncio.sleep(0.01)
    finally:
        await child.stop()


def test_memory_counts_what_cannot_be_given_back(tmp_path: Path) -> None:
    """Anonymous and shared pages, whatever a process calls itself; pages of files do not count."""
    status = "Name:\tx\nVmRSS:\t9999999 kB\nRssAnon:\t 2048 kB\nRssFile:\t 777777 kB\nRssShmem:\t1024 kB\n"
    tree = {10: (1, 10), 11: (10, 10), 12: (11, 12), 13: (12, 13), 14: (1, 10), 20: (1, 20)}
    for pid, (parent, group) in tree.items():
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a) b) c) S {parent} {group} 5 0")
        (tmp_path / str(pid) / "status").write_text(status)
    (tmp_path / "15").mkdir()
    family = processes_under(10, proc=tmp_path)
    assert family == (10, 11, 12, 13, 14)
    assert memory_mib(family, proc=tmp_path) == 15
    assert memory_mib((99,), proc=tmp_path) == 0


def test_progress_is_followed_line_by_line(tmp_path: Path) -> None:
    """A half line waits for its rest; a torn line costs itself alone; what is left out stays."""
    path = tmp_path / "progress.jsonl"
    reader = ProgressReader(path)
    assert reader.read() == Progress()
    path.write_text('{"event": "stage", "stage": "train"}\n{"event": "step", "step": 1, "loss"')
    assert reader.read() == Progress(activity="train")
    with path.open("a") as file:
        file.write(': 0.5, "total_steps": 9}\n{"event": "st{"event": "step"}\n{"event": "step", "step": 2}\n')
    assert reader.read() == Progress(activity="train", step=2, total_steps=9, loss=0.5)
    with path.open("a") as file:
        file.write('{"event": "step", "loss": NaN}\n{"event": "error", "message": "why", "exit_code": 3}\n')
    assert reader.read() == Progress("train", 2, 9, 0.5, error="why", error_exit_code=3)
    assert ProgressReader(path, from_end=True).read() == Progress()
