"""Files that are whole or absent, and for nobody else to read: content-addressed copies, staged results."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO

from fitbox import durable
from fitbox.errors import DatasetError
from fitbox.files import shown

MAX_FILE_BYTES = 512 << 20
"""Eight million members of fifteen columns."""
_CHUNK_BYTES = 1 << 20


class FileChangedError(OSError):
    """The file changed while it was read; try again once it has stopped growing."""


class StagedFile:
    """A file written beside its target and moved there by :meth:`commit`.

    A reader, or a crash, sees the old file or the whole new one. Leaving the block without a commit leaves
    the target as it was.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        durable.make_folder(target.parent, private=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=durable.TEMPORARY_PREFIX)
        self._temporary = Path(name)
        self.file: BinaryIO = os.fdopen(descriptor, "wb")

    def __enter__(self) -> StagedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self._temporary.unlink(missing_ok=True)

    def commit(self) -> Path:
        """Flush to the disk, then replace the target, which is returned."""
        self.file.flush()
        os.fchmod(self.file.fileno(), 0o600)
        os.fsync(self.file.fileno())
        self._temporary.replace(self._target)
        durable.sync(self._target.parent)
        return self._target


def copy_by_content(source: Path, folder: Path) -> tuple[str, Path]:
    """Copy ``source`` to ``folder/<sha256>.csv``; returns digest and copy. The source is only read.

    Raises:
        DatasetError: a symlink, a folder, anything else that is no regular file, or a file that is too large.
        FileChangedError: size, time, identity or content changed meanwhile; nothing was kept.
        OSError: the file is gone or unreadable, or the store cannot be written.
    """
    with _open_regular(source) as file:
        before = os.fstat(file.fileno())
        if before.st_size > MAX_FILE_BYTES:
            raise DatasetError(
                f"the file has {before.st_size >> 20} MiB, and {MAX_FILE_BYTES >> 20} MiB are the most; "
                "split it into several files, each with the header line"
            )
        digest = _copy(file, None)
        target = folder / f"{digest}.csv"
        if not target.exists():
            file.seek(0)
            with StagedFile(target) as copy:
                if _copy(file, copy.file) != digest:
                    raise FileChangedError(f"{shown(source.name)} changed while it was copied")
                copy.commit()
        after = os.fstat(file.fileno())
    if _identity(before) != _identity(after) or _identity(after) != _identity(source.lstat()):
        raise FileChangedError(f"{shown(source.name)} changed while it was read")
    return digest, target


def _open_regular(source: Path) -> BinaryIO:
    mode = source.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise DatasetError("symlinks are refused, since what they point to may change; drop the file itself")
    if not stat.S_ISREG(mode):
        raise DatasetError("this is not a regular file; drop a CSV file")
    # The path may have been exchanged since: neither follow a link nor wait for the writer of a pipe.
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    return os.fdopen(descriptor, "rb")


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _copy(source: BinaryIO, target: BinaryIO | None) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK_BYTES):
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    return digest.hexdigest()
