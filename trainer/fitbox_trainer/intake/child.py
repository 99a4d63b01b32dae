"""``python -m fitbox_trainer.intake.child``: reads one CSV file after the other for the daemon.

A process of its own, so that a file which needs more memory than there is, or which finds a fault in a
library, ends this process and not the daemon. Requests and replies are lines of JSON on standard input and
output; ``ready`` comes first. It ends itself when it holds too much memory, when a file takes too long, and
when the daemon is gone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from fitbox_trainer.run.supervise import memory_mib

TOO_MUCH_MEMORY = 3
"""Exit code: the file needs more than ``--max-memory-mib``."""
TOO_LONG = 5
"""Exit code: the file needs more than ``--max-seconds``."""
_LOOK_SECONDS = 0.1
_KILLED_FIRST = 800
"""Of 1000: what the kernel ends when there is no memory left, rather than the daemon or a server."""


def main(arguments: list[str]) -> int:
    """Answer requests until standard input ends."""
    parser = argparse.ArgumentParser(prog="fitbox_trainer.intake.child")
    parser.add_argument("--max-memory-mib", type=int, required=True)
    parser.add_argument("--max-seconds", type=float, required=True)
    options = parser.parse_args(arguments)
    watch = _Watch(options.max_memory_mib, options.max_seconds)
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints belongs into the log
    with contextlib.suppress(OSError):  # no Linux, or not allowed
        Path("/proc/self/oom_score_adj").write_text(str(_KILLED_FIRST))
    from fitbox_trainer.intake.pipeline import ingest  # heavy: a data-frame library

    _say(replies, {"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        dataset = request["dataset"]
        watch.begin()
        try:
            found = ingest(
                Path(request["path"]), Path(request["store"]), dataset=Path(dataset) if dataset else None
            )
            reply: dict[str, Any] = {"report": found.to_values()}
        except OSError as error:
            reply = {"errno": error.errno, "message": str(error), "changed": type(error).__name__}
        watch.end()
        _say(replies, reply)
    return 0


class _Watch:
    """Ends the process where one file takes more than it may, or nobody is there to hear of it."""

    def __init__(self, max_memory_mib: int, max_seconds: float) -> None:
        self._max_memory_mib = max_memory_mib
        self._max_seconds = max_seconds
        self._parent = os.getppid()
        self._until: float | None = None
        threading.Thread(target=self._look, daemon=True).start()

    def begin(self) -> None:
        self._until = time.monotonic() + self._max_seconds

    def end(self) -> None:
        self._until = None

    def _look(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            until = self._until
            if os.getppid() != self._parent:
                os._exit(0)
            if memory_mib((os.getpid(),)) > self._max_memory_mib:
                os._exit(TOO_MUCH_MEMORY)
            if until is not None and time.monotonic() > until:
                os._exit(TOO_LONG)


def _say(replies: TextIO, values: dict[str, Any]) -> None:
    replies.write(json.dumps(values) + "\n")
    replies.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
