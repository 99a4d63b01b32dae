"""Deleting a folder so that no reader meets half of it, and no crash leaves it half there.

A reader holds a shared lock (flock) on the folder for as long as it needs the files. Who deletes takes the
exclusive lock without waiting, renames the folder out of sight, and only then removes what is in it; what a
crash leaves in the trash is swept the next time. On a file system without flock nothing is held, and then
only the rules of retention (newest, active, previous) keep a folder.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import uuid
from pathlib import Path

from fitbox.durable import make_folder, sync
from fitbox.folders import remove_tree
from fitbox.registry.manifest import MANIFEST

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


class Hold:
    """A reader's claim on a folder, from construction to :meth:`close`; the end of the process ends it too.

    Raises:
        FileNotFoundError: the folder is not there, or was deleted while we asked for it.
        OSError: it cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        self._descriptor: int | None = os.open(folder, _FOLDER)
        try:
            with contextlib.suppress(OSError):
                fcntl.flock(self._descriptor, fcntl.LOCK_SH)  # waits for a rename at most
            if not os.path.samestat(os.fstat(self._descriptor), folder.stat()):
                raise FileNotFoundError(errno.ENOENT, "it was replaced", str(folder))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let the folder go; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def discard(folder: Path, trash: Path) -> bool:
    """Delete a folder unless somebody holds it; ``trash`` should be on the same file system.

    Returns whether it is gone. Raises OSError where the disk refuses.
    """
    try:
        hidden = hide(folder, trash)
    except FileNotFoundError:
        return True
    if hidden is not None:
        remove_tree(hidden)
    return hidden is not None


def hide(folder: Path, trash: Path, *, only_locked: bool = False) -> Path | None:
    """Move a folder into the trash unless somebody holds it, for :func:`remove_tree` to take its time.

    Where the folder cannot be moved there, because the trash is on another file system, its manifest goes
    first, so that no reader takes it for whole, and it stays where it is.

    Args:
        folder: What is to go.
        trash: Where to; made if it is not there.
        only_locked: Leave it alone where the file system has no locks, so that nobody could hold it.

    Returns:
        Where it is now; None if somebody holds it.

    Raises:
        FileNotFoundError: it is not there.
        OSError: the disk or the rights refuse.
    """
    descriptor = os.open(folder, _FOLDER)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        except OSError:
            if only_locked:
                return None
        make_folder(trash, private=True)
        hidden = trash / f"{folder.name[:60]}.{uuid.uuid4().hex[:8]}"
        try:
            os.rename(folder, hidden)  # noqa: PTH104 - os by name, as in durable
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            (folder / MANIFEST).unlink(missing_ok=True)
            hidden = folder
        sync(folder.parent)
    finally:
        os.close(descriptor)
    return hidden


def sweep(trash: Path) -> None:
    """Finish what a crash interrupted. Raises OSError."""
    if trash.is_dir():
        for left in trash.iterdir():
            if left.is_dir() and not left.is_symlink():
                remove_tree(left)
            else:
                left.unlink(missing_ok=True)
