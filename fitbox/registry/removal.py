"""Deleting a folder so that no reader meets half of it, and no crash leaves it half there.

A reader holds a shared lock (flock) on the folder for as long as it needs the files. Who deletes takes the
exclusive lock without waiting, renames the folder out of sight, and only then removes what is in it; what a
crash leaves in the trash is swept the next time. On a file system without flock nothing is held, and then
only the rules of retention (newest, active, previous) keep a folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import uuid
from pathlib import Path

from fitbox.durable import sync


class Hold:
    """A reader's claim on a folder, from construction to :meth:`close`; the end of the process ends it too.

    Raises:
        FileNotFoundError: the folder is not there, or was deleted while we asked for it.
    """

    def __init__(self, folder: Path) -> None:
        self._descriptor: int | None = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with contextlib.suppress(OSError):
                fcntl.flock(self._descriptor, fcntl.LOCK_SH)  # waits for a rename at most
            if not os.path.samestat(os.fstat(self._descriptor), folder.stat()):
                raise FileNotFoundError(f"{folder} was replaced")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let the folder go; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def discard(folder: Path, trash: Path) -> bool:
    """Delete a folder unless somebody holds it; ``trash`` must be on the same file system.

    Returns whether it is gone. Raises OSError where the disk refuses.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass  # no flock here
        trash.mkdir(parents=True, exist_ok=True)
        hidden = trash / f"{folder.name}.{uuid.uuid4().hex[:8]}"
        os.rename(folder, hidden)  # noqa: PTH104 - os by name, as in durable
        sync(folder.parent)
    finally:
        os.close(descriptor)
    shutil.rmtree(hidden)
    return True


def sweep(trash: Path) -> None:
    """Finish what a crash interrupted."""
    if trash.is_dir():
        for left in trash.iterdir():
            shutil.rmtree(left)


def size_of(path: Path) -> int:
    """Bytes of a file, or of every file under a folder; what disappears meanwhile counts nothing."""
    total = 0
    for each in (path, *path.rglob("*")) if path.is_dir() else (path,):
        with contextlib.suppress(OSError):
            status = each.lstat()
            total += 0 if each.is_dir() else status.st_size
    return total
