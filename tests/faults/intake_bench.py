"""An inbox over real files with the real intake, whose clock stands still unless told to go on."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from fitbox_trainer.daemon.inbox import Inbox, IngestFile
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.intake import ingest

from fitbox.errors import FitBoxError
from tests.scripted_training import Recorded

HEADER = "Age,Gender,Weight (kg),Height (m)\n"


def table(first_age: int = 30) -> str:
    """Three members who are in no other table."""
    return HEADER + "".join(f"{first_age + n},Male,80,1.80\n" for n in range(3))


class IntakeBench:
    """A data folder, a work folder, a ledger and an inbox."""

    def __init__(self, root: Path, read: IngestFile = ingest) -> None:
        self.now = 0.0
        self.data, self.work = root / "data", root / "work"
        self.data.mkdir(exist_ok=True)
        values: dict[str, Any] = {"data": self.data, "work": self.work, "models": root / "models"}
        self.settings = TrainerSettings(**values, scan_seconds=1.0, stable_scans=2)
        self.read = read
        self.recorded = Recorded()
        self.open()

    def open(self) -> None:
        """Begin, or begin again after an end."""
        self.ledger = Ledger(self.work / "ledger.sqlite3")
        self.inbox = Inbox(
            self.settings, self.ledger, self._ingest, self.recorded, monotonic=lambda: self.now
        )

    def _ingest(self, path: Path, store: Path) -> Any:
        return self.read(path, store)

    def close(self) -> None:
        self.ledger.close()

    async def look(self, times: int = 1) -> list[Exception]:
        """Look this often, as the daemon does: what it calls trouble is noted, all else is raised."""
        troubles: list[Exception] = []
        for _ in range(times):
            try:
                await self.inbox.look()
            except (OSError, FitBoxError) as error:
                troubles.append(error)
            self.now += 40.0
        return troubles

    def accepted(self) -> set[str]:
        """Names of the accepted files."""
        return set(self.ledger.sources())


CALLS = (
    *("os.open", "os.scandir", "os.fsync", "os.replace", "os.mkdir", "os.chmod", "os.fchmod", "os.lstat"),
    *("os.unlink", "os.stat", "os.fstat", "io.open"),
)
"""File calls that intake and inbox make through Python."""
REFUSALS = (
    *(errno.EMFILE, errno.ENOSPC, errno.EIO, errno.ESTALE, errno.EACCES, errno.ENOLCK, errno.ENOMEM),
    errno.EROFS,
)


@contextmanager
def failing_call(name: str, number: int, code: int) -> Iterator[Callable[[], int]]:
    """The call ``name`` fails with ``code`` the ``number``-th time (from 0), once. Gives the calls so far."""
    module, function = name.split(".")
    original = getattr(os if module == "os" else __import__(module), function)
    calls = 0

    def wrapped(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number + 1:
            raise OSError(code, os.strerror(code), str(arguments[0]) if arguments else None)
        return original(*arguments, **options)

    with mock.patch(name, wrapped):
        yield lambda: calls
