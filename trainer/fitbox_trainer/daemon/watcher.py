"""Which files of the data folder are ready, gone or unusable.

Events are hints, the folder is the truth: :func:`reconcile` compares the last few scans with what the ledger
knows, and any lost, doubled or reordered event can only change *when* that happens. Where the kernel reports
no events (network file systems, exhausted inotify watches) the same scan simply runs more often.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

import psutil
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

IGNORED_NAMES = frozenset({"README.md"})
"""Names that belong in the folder and need no report."""
FEEDBACK_FOLDER = "feedback"
"""The one sub-folder that is read: a server puts closed files of feedback there, and people may too."""
TEMPORARY_SUFFIXES = (
    *(".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".swp", ".swx", "~"),
)
"""Ends of names under which programs write a file that they rename once it is whole."""
TEMPORARY_PREFIXES = (".", "~$")
"""Hidden files, which copying programs (rsync, for one) use alike, and the lock files of spreadsheets."""


class Kind(StrEnum):
    """What a directory entry is."""

    FILE = "FILE"
    SYMLINK = "SYMLINK"
    DIRECTORY = "DIRECTORY"
    SPECIAL = "SPECIAL"
    """A pipe, socket or device."""
    UNSEEN = "UNSEEN"
    """It is there, and the system does not say what it is; nothing may be concluded about it."""


@dataclass(frozen=True)
class Signature:
    """What changes when a file's contents do, as far as one can tell without reading it."""

    size: int
    """Bytes."""
    mtime_ns: int
    inode: int


@dataclass(frozen=True)
class Entry:
    """One directory entry in one scan."""

    kind: Kind
    signature: Signature
    on_disk: str | None = None
    """The name as the operating system knows it, where it is not UTF-8 and so no text."""
    trouble: OSError | None = None
    """Why it is :attr:`Kind.UNSEEN`."""


Snapshot = Mapping[str, Entry]
"""The entries of the data folder by name (``feedback/NAME`` of those in there); bytes of a name that are not
UTF-8 are written out, ``\\xe9``."""


@dataclass(frozen=True)
class Ingest:
    """A whole file whose contents the ledger has not seen under this name."""

    name: str
    signature: Signature


@dataclass(frozen=True)
class Withdraw:
    """A file that was accepted or refused and is gone."""

    name: str


@dataclass(frozen=True)
class Refuse:
    """An entry that is never read, with the reason; reported once for each signature."""

    name: str
    signature: Signature
    reason: str


Action = Ingest | Withdraw | Refuse


@dataclass(frozen=True)
class Reconciliation:
    """What to do now, and whether a file is still settling, so that the next scan should come soon."""

    actions: tuple[Action, ...]
    settling: bool


def is_ignored(name: str) -> bool:
    """Whether an entry needs no report: it belongs in the folder, or waits for its real name."""
    name = name.rpartition("/")[2]
    lower = name.lower()
    return name in IGNORED_NAMES or lower.startswith(TEMPORARY_PREFIXES) or lower.endswith(TEMPORARY_SUFFIXES)


def signature_of(status: os.stat_result) -> Signature:
    """The signature in what ``lstat`` says of a file. Numbers of 64 bits become signed, as the ledger has
    them: network file systems number from the top, and a clock may stand anywhere."""
    return Signature(status.st_size, _signed(status.st_mtime_ns), _signed(status.st_ino))


def _signed(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63


def text_of(name: str) -> str:
    """A name from the operating system as text that can be stored and printed."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def scan(folder: Path) -> Snapshot:
    """One look at the folder, without following links or reading files.

    Raises:
        OSError: the folder is missing or cannot be read; nothing may be concluded about its files.
    """
    found = _scan(folder, "")
    inside = found.get(FEEDBACK_FOLDER)
    if inside is not None and inside.kind is Kind.DIRECTORY:
        try:
            found |= _scan(folder / FEEDBACK_FOLDER, f"{FEEDBACK_FOLDER}/")
        except FileNotFoundError:
            pass  # gone since
        except OSError as error:  # not ours to read: members' files are read all the same
            found[FEEDBACK_FOLDER] = Entry(Kind.UNSEEN, inside.signature, None, error)
        else:
            del found[FEEDBACK_FOLDER]
    return MappingProxyType(found)


def _scan(folder: Path, prefix: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            name = prefix + text_of(entry.name)
            on_disk = None if name == prefix + entry.name else prefix + entry.name
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # gone since the directory was read
            except OSError as error:
                found[name] = Entry(Kind.UNSEEN, Signature(0, 0, 0), on_disk, error)
                continue
            found[name] = Entry(_kind(status.st_mode), signature_of(status), on_disk)
    return found


def reconcile(
    scans: Sequence[Snapshot], known: Mapping[str, Signature], *, stable_scans: int
) -> Reconciliation:
    """Compare the newest ``stable_scans`` scans (oldest first) with what the ledger knows of each name.

    Ingests come before withdrawals, so that a renamed file is never missing in between.
    """
    recent = scans[-stable_scans:]
    complete = len(recent) == stable_scans
    ingests: list[Action] = []
    refusals: list[Action] = []
    settling = not complete
    newest: Snapshot = recent[-1] if recent else {}
    for name, entry in sorted(newest.items()):
        if is_ignored(name) or known.get(name) == entry.signature:
            continue
        if entry.kind is Kind.UNSEEN:
            settling = True
            continue
        refusal = refusal_reason(name, entry.kind)
        if refusal is not None:
            refusals.append(Refuse(name, entry.signature, refusal))
        elif complete and all(earlier.get(name) == entry for earlier in recent):
            ingests.append(Ingest(name, entry.signature))
        else:
            settling = True
    withdrawals: list[Action] = []
    for name in sorted(known.keys() - newest.keys()):
        if "/" in name and (folder := newest.get(FEEDBACK_FOLDER)) and folder.kind is Kind.UNSEEN:
            settling = True
            continue
        # A program that saves by deleting and writing anew leaves a short gap that is no deletion.
        if complete and all(name not in earlier for earlier in recent):
            withdrawals.append(Withdraw(name))
        else:
            settling = True
    return Reconciliation((*refusals, *ingests, *withdrawals), settling)


def refusal_reason(name: str, kind: Kind) -> str | None:
    """Why an entry is never read, or ``None`` for a CSV file."""
    if kind is Kind.SYMLINK:
        return "symbolic links are not followed; copy the file itself into the folder"
    if kind is Kind.DIRECTORY:
        return "sub-folders are not read; put the files directly into the folder"
    if kind is Kind.SPECIAL:
        return "not a regular file"
    if not name.lower().endswith(".csv"):
        return "only files that end in .csv are read"
    return None


class WatchMode(StrEnum):
    """How changes of the folder are noticed."""

    EVENTS = "EVENTS"
    """The kernel wakes us; a slow rescan catches what it lost."""
    POLLING = "POLLING"
    """A frequent rescan alone."""


NETWORK_FILE_SYSTEMS = frozenset(
    {
        *(
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "smbfs",
            "ncpfs",
            "afs",
            "coda",
            "ceph",
            "glusterfs",
            "lustre",
            "beegfs",
        ),
        *("gpfs", "orangefs", "ocfs2", "gfs2", "9p", "virtiofs", "vboxsf", "drvfs", "prl_fs", "vmhgfs"),
    }
)
"""Changes made by another machine (or by the host of a virtual one) raise no event on these. ``fuse.*`` is
treated alike."""


def file_system_type(folder: Path) -> str | None:
    """Type of the file system that a folder is on."""
    best: tuple[int, str] | None = None
    path = folder.resolve()
    for partition in psutil.disk_partitions(all=True):
        mount = Path(partition.mountpoint)
        # Later lines are mounted over earlier ones, hence >=.
        if path.is_relative_to(mount) and (best is None or len(mount.parts) >= best[0]):
            best = (len(mount.parts), partition.fstype)
    return best[1] if best else None


def reports_events(folder: Path) -> bool:
    """Whether the kernel can be expected to report every change of the folder."""
    try:
        kind = file_system_type(folder)
    except (OSError, psutil.Error):
        return True  # the watcher itself decides
    return kind is None or not (kind in NETWORK_FILE_SYSTEMS or kind.startswith("fuse."))


class FolderHints:
    """Calls ``wake`` (from another thread) when something in the folder may have changed."""

    def __init__(self, folder: Path, wake: Callable[[], object]) -> None:
        self._folder = folder
        self._wake = wake
        self._observer: BaseObserver | None = None

    def start(self) -> WatchMode:
        """Watch for events, or say that polling is needed."""
        if not reports_events(self._folder):
            return WatchMode.POLLING
        try:
            observer = Observer()
            observer.schedule(_Waker(self._wake), str(self._folder), recursive=False)
            feedback = self._folder / FEEDBACK_FOLDER
            if feedback.is_dir() and os.access(feedback, os.R_OK):  # else the slow scans see it
                observer.schedule(_Waker(self._wake), str(feedback), recursive=False)
            observer.start()
        except (OSError, RuntimeError):
            return WatchMode.POLLING  # no inotify watches, instances or threads left; scans go without
        self._observer = observer
        return WatchMode.EVENTS

    def stop(self) -> None:
        """End the watching thread."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None


class _Waker(FileSystemEventHandler):
    """Any change at all is a reason to look; what changed is for the scan to find out."""

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type not in {"opened", "closed_no_write"}:  # our own reading raises these
            self._wake()


def _kind(mode: int) -> Kind:
    if stat.S_ISLNK(mode):
        return Kind.SYMLINK
    if stat.S_ISDIR(mode):
        return Kind.DIRECTORY
    return Kind.FILE if stat.S_ISREG(mode) else Kind.SPECIAL
