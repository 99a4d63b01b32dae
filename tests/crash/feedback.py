"""``python -m tests.crash.feedback --kills 100``: SIGKILL of who takes feedback; the last line is JSON.

Each process takes events through the journal, with tiny segments, and says on a pipe which are acknowledged.
It is killed after a number of them that is drawn from ``--seed``; where it is at that moment is up to the
machine: in a transaction, between the two of a segment, in the middle of the segment's file. The next one
sends again what was not acknowledged, and some of what was, as clients do. In the end every acknowledged
event must stand once in the closed segments, and none twice. Exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import json
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

from fitbox_server.feedback.journal import Journal

from fitbox.feedback.records import EVENT_ID
from tests import feedback_made as made

SEGMENT_EVENTS = 5
TOGETHER = 8
"""Calls in flight."""
MOST_ACKNOWLEDGED = 60
"""Of one process, before it is killed."""


async def take(folder: Path, first: int, pipe: int) -> None:
    """Take events from number ``first`` on, for ever; each acknowledged number is a line on the pipe."""
    journal = Journal(lambda: made.store(folder, events=SEGMENT_EVENTS), most_waiting=1000)
    await journal.start()
    numbers = iter(range(first, sys.maxsize))

    async def send() -> None:
        for number in numbers:
            await journal.add(made.submission(made.record(number)))
            os.write(pipe, f"{number}\n".encode())

    await asyncio.gather(*(send() for _ in range(TOGETHER)))


def killed(folder: Path, first: int, after: int) -> set[int]:
    """The numbers that a process acknowledged before it was killed, at least ``after`` of them."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - it is killed
        os.close(read)
        with contextlib.suppress(BaseException):
            asyncio.run(take(folder, first, write))
        os._exit(1)
    os.close(write)
    found: set[int] = set()
    with os.fdopen(read) as lines:
        for line in lines:
            found.add(int(line))
            if len(found) == after:
                os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError("the process ended by itself")
    return found


def kept(folder: Path) -> Counter[str]:
    """How often each event stands in closed segments."""
    found: Counter[str] = Counter()
    for path in folder.glob("*.csv"):
        with path.open(newline="") as file:
            found.update(row[EVENT_ID] for row in csv.DictReader(file))
    return found


def run(folder: Path, kills: int, chance: random.Random) -> dict[str, int]:
    """Kill so often, then count."""
    acknowledged: set[int] = set()
    first = 0
    for _ in range(kills):
        acknowledged |= killed(folder, first, chance.randint(1, MOST_ACKNOWLEDGED))
        unsent = next(number for number in range(first, sys.maxsize) if number not in acknowledged)
        first = max(0, unsent - chance.randint(0, 3))
    store = made.store(folder, events=SEGMENT_EVENTS)
    while store.close_segment(force=True) is not None:
        pass
    waiting = store.waiting()
    store.close()
    found = kept(folder)
    return {
        "kills": kills,
        "acknowledged": len(acknowledged),
        "kept": len(found),
        "lost": sum(f"{number:032x}" not in found for number in acknowledged),
        "doubled": sum(count - 1 for count in found.values()),
        "waiting": waiting,
        "segments": len(list(folder.glob("*.csv"))),
    }


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="tests.crash.feedback", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="fitbox-feedback-"))
    try:
        figures = run(root / "feedback", options.kills, random.Random(options.seed))
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print(json.dumps(figures | {"seed": options.seed}))  # noqa: T201  # a program
    return 1 if figures["lost"] or figures["doubled"] or figures["waiting"] else 0


if __name__ == "__main__":
    sys.exit(main())
