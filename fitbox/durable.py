"""Writes that survive a crash, and the lock that keeps writers apart. Every replacement of a file or a
folder goes through here.

::

    replace_file(path, content, private=...)      a reader sees the old file or the new one, whole
    with writing(path, private=...) as file:      the same for content that comes in pieces
    replace_folder(staging, target, private=...)  the same for a finished folder
    replace_symlink(link, target)
    make_folder(path, private=...)                with parents, whatever the umask
    new_folder(parent, name)                      a private one of a name that nobody has
    with exclusive(lock, private=...):            one writer at a time; wait=False: BlockingIOError
    sync(path), sha256_of(path), leftovers(folder)

``private`` says who may read the result: True for what holds members' data (0600, folders 0700), False for
what another user's server reads, that is ``models/`` (0644, 0755). There is no default, so nobody forgets.

What fails raises OSError, except what a file system merely does not offer: the flush of a folder (EINVAL,
ENOTSUP: some shares have none) is passed over, and a lock that cannot be had at all (ENOLCK, ENOTSUP, ENOSYS)
is one warning. Every step goes through ``os`` by name, so that a test can let any one of them fail.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from fitbox.folders import remove_tree, walk
from fitbox.shown import shown

TEMPORARY_PREFIX = ".writing-"
"""Of everything that is not in its place yet. What a killed writer leaves is told by it: see leftovers."""

_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
_IN_THE_WAY = frozenset({errno.ENOTEMPTY, errno.EEXIST})

_log = logging.getLogger(__name__)
_warned: set[tuple[str, str]] = set()


def sha256_of(path: Path) -> str:
    """SHA-256 of a regular file, hex. Follows no symlink and waits for no pipe (``OSError``)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Flush a file's contents, or a folder's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC or not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise
    finally:
        os.close(descriptor)


def make_folder(path: Path, *, private: bool) -> Path:
    """Make a folder and its missing parents with the mode that ``private`` says; returns it.

    A folder that is there keeps its mode: it may be somebody's mount.
    """
    if path.is_dir():
        return path
    if path.parent != path:
        make_folder(path.parent, private=private)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, _folder_mode(private))  # noqa: PTH102 - os by name, see the module
        os.chmod(path, _folder_mode(private))  # noqa: PTH101 - whatever the umask
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    return path


def new_folder(parent: Path, name: str) -> Path:
    """A new private folder in ``parent``; ``name`` is for people, and another may have the same."""
    return Path(tempfile.mkdtemp(prefix=f"{name[:60]}-", dir=parent))


@contextlib.contextmanager
def writing(path: Path, *, private: bool) -> Iterator[BinaryIO]:
    """A file to write beside ``path``, which it replaces when the block ends. An error leaves ``path`` as it
    was."""
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), _file_mode(private))
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - os by name, see the module
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def replace_file(path: Path, content: bytes, *, private: bool) -> None:
    """Let ``path`` hold ``content``: a reader, or a crash, sees the old file or the new one, whole."""
    with writing(path, private=private) as file:
        file.write(content)


def replace_folder(staging: Path, target: Path, *, private: bool) -> None:
    """Move a finished folder to ``target``; everything in it is given its mode and flushed first.

    A target that is there steps aside for the moment between two renames, and is removed last. A crash in
    that moment leaves no target, and the old one under a name of :func:`leftovers`. From another file system
    the folder is copied.
    """
    settle_folder(staging, private=private)
    try:
        _put(staging, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy = target.parent / _temporary_name()
        try:
            shutil.copytree(staging, copy, symlinks=True)
            settle_folder(copy, private=private)
            _put(copy, target)
        except BaseException:
            _drop(copy)
            raise
        _drop(staging)


def settle_folder(folder: Path, *, private: bool) -> None:
    """Give everything in a folder its mode and flush it to the disk; symlinks are left alone."""
    for path, status in (*walk(folder), (folder, folder.lstat())):
        mode = status.st_mode
        if stat.S_ISDIR(mode) or stat.S_ISREG(mode):
            wanted = _folder_mode(private) if stat.S_ISDIR(mode) else _file_mode(private)
            if stat.S_IMODE(mode) != wanted:  # one that is not ours to change may have it already
                os.chmod(path, wanted)  # noqa: PTH101 - os by name, see the module
            sync(path)


def replace_symlink(link: Path, target: str | None) -> None:
    """Point ``link`` at the relative ``target``, or remove it for ``None``; never a moment without a link."""
    if target is None:
        link.unlink(missing_ok=True)
    else:
        temporary = link.with_name(_temporary_name())
        os.symlink(target, temporary)  # noqa: PTH211 - os by name, see the module
        try:
            os.replace(temporary, link)  # noqa: PTH105 - os by name, see the module
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    sync(link.parent)


def leftovers(folder: Path) -> list[Path]:
    """What writers that were killed left in a folder. Only who keeps every writer away may remove it."""
    return sorted(folder.glob(f"{TEMPORARY_PREFIX}*")) if folder.is_dir() else []


@contextlib.contextmanager
def exclusive(lock: Path, *, private: bool, wait: bool = True) -> Iterator[None]:
    """Hold ``lock`` against every other writer, in this process or another; a crash releases it.

    Where the file system has no locks, one warning says so and the work goes on.

    Raises:
        BlockingIOError: another writer holds it, and ``wait`` is False.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, _file_mode(private))
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            warn_once("no_locks", lock.parent, "has no file locks: nothing keeps a second writer away here")
        yield
    finally:
        os.close(descriptor)


def warn_once(kind: str, path: Path, problem: str) -> None:
    """Log what a file system does not offer, once for each path and kind in the life of the process."""
    if (kind, str(path)) not in _warned:
        _warned.add((kind, str(path)))
        _log.warning("%s %s", shown(path), problem)


def _put(folder: Path, target: Path) -> None:
    aside: Path | None = None
    try:
        os.rename(folder, target)  # noqa: PTH104 - os by name, see the module
    except OSError as error:
        if error.errno not in _IN_THE_WAY:
            raise
        aside = target.parent / _temporary_name()
        os.rename(target, aside)  # noqa: PTH104 - os by name, see the module
        try:
            os.rename(folder, target)  # noqa: PTH104 - os by name, see the module
        except OSError:
            os.rename(aside, target)  # noqa: PTH104 - os by name, see the module
            raise
    sync(target.parent)
    if aside is not None:
        _drop(aside)


def _drop(folder: Path) -> None:
    """Remove what is of no use any more; what the disk keeps is swept later."""
    with contextlib.suppress(OSError):
        remove_tree(folder)


def _temporary_name() -> str:
    return f"{TEMPORARY_PREFIX}{uuid.uuid4().hex[:12]}"


def _file_mode(private: bool) -> int:
    return 0o600 if private else 0o644


def _folder_mode(private: bool) -> int:
    return 0o700 if private else 0o755
