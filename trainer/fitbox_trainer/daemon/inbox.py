"""The data folder brought into the ledger: scans at a steady pace, then whole files read one after the other.

Scans keep their distance whatever happens: were each event of a storm to cause one, "unchanged in three
scans" would mean a millisecond, and a slow writer's half a file would look whole. For the same reason a file
is read only while it is still the one that was seen to be stable, and what was read counts only if it still
is afterwards.
"""

from __future__ import annotations

import errno
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from fitbox.files import shown
from fitbox_trainer.daemon.hooks import Hooks
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import Content, FileStatus
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.daemon.threads import in_thread
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
from fitbox_trainer.intake.process import ReaderDiedError
from fitbox_trainer.intake.report import ContentKind

FILES_PER_TICK = 64
"""A storm of files is read in parts, so that runs and calls go on in between."""
UNREADABLE_PAUSE_SECONDS = 30.0
"""A file that the system does not let us read is tried again after this."""
MAX_READ_ATTEMPTS = 3
"""A file whose readers ended so often before they were done is refused."""
LARGE_FILE_BYTES = 4 << 20
"""Reading a file of this size is written down before it begins, since it may end the daemon as well; with a
smaller one it can only end its reader, which is written down then."""
_FAULTS_OF_OURS = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS),
        *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN),
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
    @property
    def kind(self) -> ContentKind: ...
    @property
    def rejected_cells(self) -> Mapping[tuple[str, str], int]: ...


IngestFile = Callable[[Path, Path], Report]
"""``ingest(path, store)``: copies and reads one file; raises OSError or ReaderDiedError only."""


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
        self._unreadable: dict[Action | str, float] = {}

    @property
    def is_settled(self) -> bool:
        """Whether the ledger holds the folder as it is: nothing is being written, nothing waits."""
        return not (self._settling or self._hinted or self._todo)

    @property
    def waiting(self) -> int:
        """Whole files that are to be read."""
        return sum(isinstance(action, Ingest) for action in self._todo)

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
            LedgerError: the same of the ledger.
        """
        if not self._todo and self.pause() <= 0:
            await self._scan()
        for _ in range(min(FILES_PER_TICK, len(self._todo))):
            action = self._todo.popleft()
            try:
                await self._take(action)
            except OSError as error:
                self._todo.append(action)  # at the end, so that one file cannot be in the way of all
                what = f"{error.strerror or error} ({action.name} waits; it is tried again)"
                raise OSError(error.errno or errno.EIO, what) from error
            except BaseException:
                self._todo.append(action)
                raise

    async def _scan(self) -> None:
        self._hinted = False  # before the look, so that a change during it is looked at again
        self._scanned_at = self._monotonic()
        self._settling = True
        self._scans.append(await in_thread(scan, self._settings.data))
        known = self._ledger.known_signatures()
        found = reconcile(tuple(self._scans), known, stable_scans=self._settings.stable_scans)
        now = self._monotonic()
        self._unreadable = {file: until for file, until in self._unreadable.items() if until > now}
        self._say_unseen()
        ready = [action for action in found.actions if action not in self._unreadable]
        unread = self._ledger.unread()  # what ended its reader goes last
        self._todo.extend(
            sorted(ready, key=lambda action: isinstance(action, Ingest) and action.name in unread)
        )
        self._settling = found.settling

    def _say_unseen(self) -> None:
        for name, entry in self._scans[-1].items():
            if entry.trouble is not None and name not in self._unreadable:
                self._unreadable[name] = self._monotonic() + UNREADABLE_PAUSE_SECONDS
                self._hooks.trouble(f"looking at {name}", entry.trouble)

    async def _take(self, action: Action) -> None:
        match action:
            case Ingest():
                await self._read(action)
            case Withdraw(name):
                if await in_thread(self._is_there, name):
                    self._settling = True  # back since the scan
                    return
                self._ledger.withdraw_file(name)
                self._hooks.file_withdrawn(name)
            case Refuse(name, signature, reason):
                self._ledger.refuse_file(name, signature, reason)
                self._hooks.file_refused(name, reason)

    async def _read(self, file: Ingest) -> None:
        attempts = 0
        counted = file.signature.size >= LARGE_FILE_BYTES or file.name in self._ledger.unread()
        if counted:
            attempts = self._ledger.begin_reading(file.name, file.signature)
            if attempts >= MAX_READ_ATTEMPTS:
                self._refuse(file, f"{attempts} times reading it ended before it was done")
                return
        try:
            report = await in_thread(self._read_unchanged, file)
        except ReaderDiedError as error:
            if not counted:
                attempts = self._ledger.begin_reading(file.name, file.signature)
            self._hooks.trouble(f"reading {file.name}", error)
            if error.certain or attempts + 1 >= MAX_READ_ATTEMPTS:
                self._refuse(file, str(error))
            else:
                self._unreadable[file] = self._monotonic() + UNREADABLE_PAUSE_SECONDS
            return
        except (FileNotFoundError, FileChangedError):
            self._settling = True  # gone or growing: look again soon
            self._ledger.end_reading(file.name)
            return
        except OSError as error:
            self._ledger.end_reading(file.name)
            if error.errno in _FAULTS_OF_OURS:
                raise
            self._unreadable[file] = self._monotonic() + UNREADABLE_PAUSE_SECONDS
            self._hooks.trouble(f"reading {file.name}", error)
            return
        except Exception as error:  # noqa: BLE001  # a file that finds a fault in us must not stop the others
            self._hooks.trouble(f"reading {file.name}", error)
            self._refuse(file, f"reading it failed with {type(error).__name__}: {shown(str(error))}")
            return
        status = FileStatus(str(report.status))
        reason = report.reason or "" if status is FileStatus.REJECTED else ""
        if not report.digest:  # refused without reading it, for instance a link that took the file's place
            self._refuse(file, reason)
            return
        content = Content(
            digest=report.digest,
            status=status,
            reason=reason,
            rows_accepted=report.rows_accepted,
            rows_rejected=report.rows_rejected,
            rows_duplicate=report.rows_duplicate,
            members_file=report.members or Path(),
            kind=report.kind,
            rejected_cells=report.rejected_cells,
        )
        new = self._ledger.record_content(file.name, file.signature, content)
        self._hooks.file_read(file.name, content, new=new)

    def _refuse(self, file: Ingest, reason: str) -> None:
        self._ledger.refuse_file(file.name, file.signature, reason)
        self._hooks.file_refused(file.name, reason)

    def _read_unchanged(self, file: Ingest) -> Report:
        path = self._path(file.name)
        _require(path, file.signature)
        report = self._ingest(path, self._settings.work_dir)
        _require(path, file.signature)
        return report

    def _is_there(self, name: str) -> bool:
        try:
            self._path(name).lstat()
        except FileNotFoundError:
            return False
        return True

    def _path(self, name: str) -> Path:
        """Where a name is on the disk; names of the ledger are text, and not every name there is."""
        entry = self._scans[-1].get(name) if self._scans else None
        return self._settings.data / ((entry.on_disk if entry else None) or name)


def _require(path: Path, signature: Signature) -> None:
    if signature_of(path.lstat()) != signature:
        raise FileChangedError(f"{shown(path.name)} changed since it was seen to be whole")
