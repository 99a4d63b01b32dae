"""The data folder brought into the ledger: scans at a steady pace, then whole files read one after the other.

Scans keep their distance whatever happens: were each event of a storm to cause one, "unchanged in three
scans" would mean a millisecond, and a slow writer's half a file would look whole. For the same reason a file
is read only while it is still the one that was seen to be stable, and what was read counts only if it still
is afterwards.
"""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from fitbox_trainer.daemon.hooks import Hooks
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import Content, FileStatus
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.daemon.watcher import (
    Action,
    Ingest,
    Refuse,
    Signature,
    Snapshot,
    WatchMode,
    Withdraw,
    reconcile,
    scan,
    signature_of,
)
from fitbox_trainer.intake.files import FileChangedError

FILES_PER_TICK = 64
"""A storm of files is read in parts, so that runs and calls go on in between."""
UNREADABLE_PAUSE_SECONDS = 30.0
"""A file that the system does not let us read is tried again after this."""
_FAULTS_OF_OURS = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS),
        *(errno.EMFILE, errno.ENFILE, errno.ENOMEM),
    }
)
"""What a full disk or an exhausted system says while a file is read: nothing is wrong with the file."""


class Report(Protocol):
    """What intake says about one file."""

    @property
    def digest(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def rows_accepted(self) -> int: ...
    @property
    def rows_rejected(self) -> int: ...
    @property
    def rows_duplicate(self) -> int: ...
    @property
    def members(self) -> Path | None: ...


IngestFile = Callable[[Path, Path], Report]
"""``ingest(path, store)``: copies and reads one file; raises OSError only."""


class Inbox:
    """The data folder of one daemon."""

    def __init__(
        self,
        settings: TrainerSettings,
        ledger: Ledger,
        ingest: IngestFile,
        hooks: Hooks,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._ingest = ingest
        self._hooks = hooks
        self._monotonic = monotonic
        self.mode = WatchMode.EVENTS
        """How changes are noticed, which says how often a quiet folder is scanned."""
        self._scans: deque[Snapshot] = deque(maxlen=settings.stable_scans)
        self._scanned_at: float | None = None
        self._settling = True
        self._hinted = False
        self._todo: deque[Action] = deque()
        self._unreadable: dict[Action, float] = {}

    @property
    def is_settled(self) -> bool:
        """Whether the ledger holds the folder as it is: nothing is being written, nothing waits."""
        return not (self._settling or self._hinted or self._todo)

    @property
    def has_backlog(self) -> bool:
        """Whether whole files wait to be read, or the folder was not looked at long enough to know."""
        return bool(self._todo) or len(self._scans) < self._settings.stable_scans

    def hint(self) -> None:
        """Something in the folder may have changed."""
        self._hinted = True

    def pause(self) -> float:
        """Seconds until :meth:`look` has something to do even without a hint."""
        if self._todo or self._scanned_at is None:
            return 0.0
        quiet = (
            self._settings.rescan_seconds if self.mode is WatchMode.EVENTS else self._settings.poll_seconds
        )
        pause = quiet if self.is_settled else self._settings.scan_seconds
        return max(0.0, self._scanned_at + pause - self._monotonic())

    async def look(self) -> None:
        """Scan the folder if it is time to, and read the next whole files.

        Raises:
            OSError: the folder is missing, or our disk is full; nothing is forgotten, call again.
            sqlite3.OperationalError: the same of the ledger.
        """
        if not self._todo and self.pause() <= 0:
            await self._scan()
        for _ in range(min(FILES_PER_TICK, len(self._todo))):
            action = self._todo.popleft()
            try:
                await self._take(action)
            except BaseException:
                self._todo.append(action)  # at the end, so that one file cannot be in the way of all
                raise

    async def _scan(self) -> None:
        self._hinted = False  # before the look, so that a change during it is looked at again
        self._scanned_at = self._monotonic()
        self._settling = True
        self._scans.append(await asyncio.to_thread(scan, self._settings.data))
        known = self._ledger.known_signatures()
        found = reconcile(tuple(self._scans), known, stable_scans=self._settings.stable_scans)
        now = self._monotonic()
        self._unreadable = {file: until for file, until in self._unreadable.items() if until > now}
        self._todo.extend(action for action in found.actions if action not in self._unreadable)
        self._settling = found.settling

    async def _take(self, action: Action) -> None:
        match action:
            case Ingest():
                await self._read(action)
            case Withdraw(name):
                if await asyncio.to_thread(os.path.lexists, self._settings.data / name):
                    self._settling = True  # back since the scan
                    return
                self._ledger.withdraw_file(name)
                self._hooks.file_withdrawn(name)
            case Refuse(name, signature, reason):
                self._ledger.refuse_file(name, signature, reason)
                self._hooks.file_refused(name, reason)

    async def _read(self, file: Ingest) -> None:
        try:
            report = await asyncio.to_thread(self._read_unchanged, file)
        except (FileNotFoundError, FileChangedError):
            self._settling = True  # gone or growing: look again soon
            return
        except OSError as error:
            if error.errno in _FAULTS_OF_OURS:
                raise
            self._unreadable[file] = self._monotonic() + UNREADABLE_PAUSE_SECONDS
            self._hooks.trouble(f"reading {file.name}", error)
            return
        except Exception as error:  # noqa: BLE001  # a file that finds a fault in us must not stop the others
            reason = f"reading it failed with {type(error).__name__}: {error}"
            self._ledger.refuse_file(file.name, file.signature, reason)
            self._hooks.trouble(f"reading {file.name}", error)
            return
        status = FileStatus(str(report.status))
        reason = report.reason or "" if status is FileStatus.REJECTED else ""
        if not report.digest:  # refused without reading it, for instance a link that took the file's place
            self._ledger.refuse_file(file.name, file.signature, reason)
            self._hooks.file_refused(file.name, reason)
            return
        content = Content(
            digest=report.digest,
            status=status,
            reason=reason,
            rows_accepted=report.rows_accepted,
            rows_rejected=report.rows_rejected,
            rows_duplicate=report.rows_duplicate,
            members_file=report.members or Path(),
        )
        new = self._ledger.record_content(file.name, file.signature, content)
        self._hooks.file_read(file.name, content, new=new)

    def _read_unchanged(self, file: Ingest) -> Report:
        path = self._settings.data / file.name
        _require(path, file.signature)
        report = self._ingest(path, self._settings.work_dir)
        _require(path, file.signature)
        return report


def _require(path: Path, signature: Signature) -> None:
    if signature_of(path.lstat()) != signature:
        raise FileChangedError(f"{path.name} changed since it was seen to be whole")
