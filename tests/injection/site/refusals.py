"""A system that refuses one call: runs inside the processes under test. Standard library only.

Calls are seen where Python hands them to the system: by an audit hook where there is one (opening, listing,
renaming, deleting, linking, sockets, locks, starting processes), by a wrapper where there is none (``fsync``,
``stat``, reading and writing an open file, SQLite). A call counts as ours when a line of FitBox is on the
stack above it; that line is its *site*.

``FOLDER`` (``FITBOX_REFUSALS``) is how the outside talks to all processes::

    sites.jsonl   appended: every site once a process, with the kind of call
    armed.json    {"number": n, "site": "...", "error": "ENOSPC"}: the next call at this site fails, once
    fired/n       made by the process whose call was refused

"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

READ, WRITE, LOOK, LIST, CHANGE, SYNC, LOCK, PROCESS, SOCKET, DATABASE = (
    "open to read",
    "open to write",
    "look",
    "list",
    "change",
    "sync",
    "lock",
    "process",
    "socket",
    "database",
)
TAKE, PUT = "read", "write"
ERRORS: dict[str, tuple[str, ...]] = {
    READ: ("EMFILE", "EACCES", "ESTALE"),
    WRITE: ("ENOSPC", "EACCES", "EMFILE"),
    LOOK: ("EACCES", "ESTALE"),
    LIST: ("EMFILE", "EACCES", "ESTALE"),
    CHANGE: ("ENOSPC", "EACCES", "EIO"),
    SYNC: ("EIO", "EINVAL", "ENOSPC"),
    LOCK: ("ENOLCK", "EIO"),
    PROCESS: ("ENOMEM", "EAGAIN", "EMFILE"),
    SOCKET: ("EMFILE", "ENOBUFS"),
    TAKE: ("EIO", "ESTALE"),
    PUT: ("ENOSPC", "EIO"),
    DATABASE: ("FULL", "IOERR", "BUSY"),
}
"""The errors that fit each kind of call."""
_EVENTS = {
    **dict.fromkeys(("os.listdir", "os.scandir"), LIST),
    **dict.fromkeys(
        (
            "os.mkdir",
            "os.rename",
            "os.remove",
            "os.rmdir",
            "os.chmod",
            "os.link",
            "os.symlink",
            "os.truncate",
            "os.utime",
        ),
        CHANGE,
    ),
    "fcntl.flock": LOCK,
    "fcntl.lockf": LOCK,
    "subprocess.Popen": PROCESS,
    "socket.__new__": SOCKET,
    "socket.bind": SOCKET,
}
_LOOKS = ("stat", "lstat", "fstat", "readlink", "statvfs")
_CHANGES = ("fchmod", "ftruncate", "posix_fallocate")
_PLUMBING = (
    *("fitbox/durable.py", "fitbox/files.py", "fitbox/folders.py", "fitbox/catalog/__init__.py"),
    "trainer/fitbox_trainer/daemon/database.py",
)
"""What goes through these is told apart by who called them."""
_DATABASE = {
    "FULL": "database or disk is full",
    "IOERR": "disk I/O error",
    "BUSY": "database is locked",
}

_stat, _open, _os_open, _write, _close = os.stat, io.open, os.open, os.write, os.close
_busy = threading.local()


class Refusals:
    """What this process has seen, and what it is to refuse."""

    def __init__(self, folder: str, root: str) -> None:
        self._folder = folder
        self._roots = tuple(
            os.path.join(root, part) + os.sep
            for part in ("fitbox", "server/fitbox_server", "trainer/fitbox_trainer")
        )
        self._root = root + os.sep
        self._seen: set[str] = set()
        self._armed: tuple[int, str, str] | None = None
        self._armed_at = -1

    def call(self, kind: str) -> None:
        """A call of this kind is about to be made. Raises what the system is to say, if it is its turn."""
        if getattr(_busy, "inside", False):
            return
        _busy.inside = True
        try:
            site = self._site(sys._getframe())
            if site is None:
                return
            site = f"{kind} | {site}"
            if site not in self._seen:
                self._seen.add(site)
                self._tell({"kind": kind, "site": site})
            refusal = self._refusal(site)
        finally:
            _busy.inside = False
        if refusal is not None:
            raise refusal

    def _site(self, frame: FrameType | None) -> str | None:
        """The lines of ours that make the call, innermost first; ``None`` where there is none."""
        found: list[str] = []  # our own frames here are none of FitBox's, so they need no skipping
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith("<frozen importlib"):
                return None if not found else " < ".join(found)
            if name.startswith(self._roots) and "/v1/" not in name:
                short = name.removeprefix(self._root)
                found.append(f"{short}:{frame.f_lineno} {frame.f_code.co_name}")
                if short not in _PLUMBING:
                    return " < ".join(found)
            frame = frame.f_back
        return " < ".join(found) if found else None

    def _refusal(self, site: str) -> Exception | None:
        try:
            changed = _stat(os.path.join(self._folder, "armed.json")).st_mtime_ns
        except OSError:
            return None
        if changed != self._armed_at:
            with _open(os.path.join(self._folder, "armed.json"), encoding="utf-8") as file:
                values = json.load(file)
            self._armed, self._armed_at = (values["number"], values["site"], values["error"]), changed
        if self._armed is None or self._armed[1] != site:
            return None
        number, _, error = self._armed
        try:  # whoever makes the file is the one that is refused
            _close(
                _os_open(
                    os.path.join(self._folder, "fired", str(number)), os.O_CREAT | os.O_EXCL | os.O_WRONLY
                )
            )
        except FileExistsError:
            return None
        if error in _DATABASE:
            return sqlite3.OperationalError(_DATABASE[error])
        code = getattr(errno, error)
        return OSError(code, os.strerror(code))

    def _tell(self, values: dict[str, str]) -> None:
        handle = _os_open(
            os.path.join(self._folder, "sites.jsonl"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600
        )
        try:
            _write(handle, (json.dumps(values) + "\n").encode())
        finally:
            _close(handle)


class _Watched:
    """An open file whose reading and writing can be refused; everything else is the file's own."""

    def __init__(self, file: Any, refusals: Refusals) -> None:
        self._file, self._refusals = file, refusals

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _Watched:
        self._file.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._file.__exit__(*error)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._refusals.call(TAKE)
        return next(self._file)

    def read(self, *size: int) -> Any:
        self._refusals.call(TAKE)
        return self._file.read(*size)

    def readline(self, *size: int) -> Any:
        self._refusals.call(TAKE)
        return self._file.readline(*size)

    def readinto(self, buffer: Any) -> Any:
        self._refusals.call(TAKE)
        return self._file.readinto(buffer)

    def write(self, content: Any) -> Any:
        self._refusals.call(PUT)
        return self._file.write(content)

    def writelines(self, lines: Any) -> Any:
        self._refusals.call(PUT)
        return self._file.writelines(lines)

    def flush(self) -> Any:
        self._refusals.call(PUT)
        return self._file.flush()


def install(folder: str, root: str) -> Refusals:
    """See every call of this process from now on."""
    refusals = Refusals(folder, root)

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, (str, bytes)) and isinstance(flags, int):
                refusals.call(WRITE if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else READ)
        elif event in _EVENTS:
            refusals.call(_EVENTS[event])

    sys.addaudithook(audit)
    for name in _LOOKS:
        _wrap(os, name, LOOK, refusals)
    for name in _CHANGES:
        _wrap(os, name, CHANGE, refusals)
    _wrap(os, "fsync", SYNC, refusals)
    _wrap(os, "read", TAKE, refusals)
    _wrap(os, "write", PUT, refusals)

    def opened(file: Any, *arguments: Any, **options: Any) -> Any:
        real = _open(file, *arguments, **options)
        return _Watched(real, refusals) if _by_us(sys._getframe(1), refusals) else real

    io.open = builtins.open = opened  # type: ignore[assignment,misc]
    _watch_sqlite(refusals)
    return refusals


def _by_us(frame: FrameType | None, refusals: Refusals) -> bool:
    """Whether our line opens the file itself, through ``pathlib`` or ``os`` at most: a library may look at
    the type."""
    while frame is not None and os.path.basename(frame.f_code.co_filename) in (
        "pathlib.py",
        "os.py",
        "<frozen os>",
    ):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(refusals._roots)


def _wrap(module: Any, name: str, kind: str, refusals: Refusals) -> None:
    real: Callable[..., Any] = getattr(module, name)

    def wrapped(*arguments: Any, **options: Any) -> Any:
        refusals.call(kind)
        return real(*arguments, **options)

    wrapped.__name__ = name
    for supported in (os.supports_dir_fd, os.supports_follow_symlinks, os.supports_fd):
        if real in supported:
            supported.add(wrapped)
    setattr(module, name, wrapped)


def _watch_sqlite(refusals: Refusals) -> None:
    class Connection(sqlite3.Connection):
        def execute(self, *arguments: Any) -> Any:
            refusals.call(DATABASE)
            return super().execute(*arguments)

        def executemany(self, *arguments: Any) -> Any:
            refusals.call(DATABASE)
            return super().executemany(*arguments)

        def executescript(self, *arguments: Any) -> Any:
            refusals.call(DATABASE)
            return super().executescript(*arguments)

    real = sqlite3.connect

    def connect(*arguments: Any, **options: Any) -> Any:
        refusals.call(DATABASE)
        return real(*arguments, factory=Connection, **options)

    sqlite3.connect = connect
