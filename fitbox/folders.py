"""Folders of any depth and size: walked and removed without recursion, so that none can exhaust the stack."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_BATCH = 1000
_READ_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def walk(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Everything under a folder with its own status (of a symlink, not of what it names), parents first.

    What vanishes meanwhile is left out. Raises OSError, also where ``folder`` is none.
    """
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                path = Path(entry.path)
                yield path, status
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(path)


def size_of(path: Path) -> int:
    """Bytes of a file, or of every file under a folder; what disappears meanwhile counts nothing.

    Raises:
        OSError: it cannot be looked at.
    """
    try:
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode):
            return status.st_size
        return sum(each.st_size for _, each in walk(path) if not stat.S_ISDIR(each.st_mode))
    except FileNotFoundError:
        return 0


def remove_tree(folder: Path) -> None:
    """Remove a folder and all that is in it; nothing is done where it is gone already.

    Two descriptors and a thousand names at a time, however deep or wide it is: the folders in a sub-folder
    move up to the top before the sub-folder is removed.

    Raises:
        OSError: the disk or the rights refuse; what was removed by then stays removed.
    """
    try:
        top = os.open(folder, _READ_FOLDER)
    except FileNotFoundError:
        return
    try:
        names = (f".removing-{os.getpid()}-{number}" for number in itertools.count())
        while batch := _entries(top):
            for entry in batch:
                _remove(entry, top, names)
    finally:
        os.close(top)
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(folder)  # noqa: PTH106 - os by name, as in durable


def _remove(entry: os.DirEntry[str], top: int, names: Iterator[str]) -> None:
    if not entry.is_dir(follow_symlinks=False):
        _unlink(entry.name, top)
        return
    try:
        inner = _open_folder(entry.name, top)
    except FileNotFoundError:
        return  # somebody else removes the same
    try:
        while batch := _entries(inner):
            for each in batch:
                if each.is_dir(follow_symlinks=False):
                    _move_up(each.name, inner, top, names)
                else:
                    _unlink(each.name, inner)
    finally:
        os.close(inner)
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(entry.name, dir_fd=top)


def _entries(folder: int) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(itertools.islice(entries, _BATCH))


def _unlink(name: str, folder: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _open_folder(name: str, parent: int) -> int:
    try:
        descriptor = os.open(name, _READ_FOLDER, dir_fd=parent)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=parent)
        descriptor = os.open(name, _READ_FOLDER, dir_fd=parent)
    with contextlib.suppress(PermissionError):
        if os.fstat(descriptor).st_mode & 0o700 != 0o700:
            os.fchmod(descriptor, 0o700)
    return descriptor


def _move_up(name: str, folder: int, top: int, names: Iterator[str]) -> None:
    """Rename a sub-folder into the top; its own entry ``..`` changes, for which it must be writable."""
    with contextlib.suppress(FileNotFoundError):
        os.close(_open_folder(name, folder))
        while True:
            with contextlib.suppress(FileExistsError):
                os.rename(name, next(names), src_dir_fd=folder, dst_dir_fd=top)
                return
