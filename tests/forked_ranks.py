"""``python -m tests.forked_ranks RUN PROCESSES [RUN PROCESSES ...]``: trains run folders one after the other.

Each with so many processes, which are forked from this one: what takes long, the imports, is done once. Exit
code 1 where a process of a run failed, or did not end in ``SECONDS``.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

from accelerate import Accelerator  # noqa: F401 - imported once, for all who are forked
from fitbox_trainer.finetune import run
from fitbox_trainer.run.ending import run_stage
from fitbox_trainer.run.folder import RunFolder

SECONDS = 120.0


def train(folder: Path, processes: int) -> list[int]:
    """Exit codes by rank; -9 of those that had to be killed."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    children = [_fork(folder, processes, rank, port) for rank in range(processes)]
    ends_at = time.monotonic() + SECONDS
    codes: dict[int, int] = {}
    while len(codes) < processes:
        late = time.monotonic() > ends_at
        for pid in children:
            if pid in codes:
                continue
            if late:
                os.kill(pid, signal.SIGKILL)
            ended, status = os.waitpid(pid, 0 if late else os.WNOHANG)
            if ended:
                codes[pid] = os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    return [codes[pid] for pid in children]


def _fork(folder: Path, processes: int, rank: int, port: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    if processes > 1:
        os.environ |= {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(processes),
            "LOCAL_WORLD_SIZE": str(processes),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
    started, of = time.monotonic(), RunFolder(folder)
    try:
        os._exit(run_stage(of, lambda: run.run(of, process_started=started)))
    finally:
        os._exit(1)  # whatever happens, it never becomes a second parent


def main(arguments: list[str]) -> int:
    """One run after the other."""
    failed = False
    for folder, processes in zip(arguments[::2], arguments[1::2], strict=True):
        codes = train(Path(folder), int(processes))
        print(folder, processes, codes, flush=True)  # noqa: T201 - its whole output
        failed |= any(codes)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
