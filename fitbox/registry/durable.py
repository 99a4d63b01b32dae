"""Writes that survive a crash, and the lock that keeps writers apart.

Every step goes through ``os`` by name, so that a test can let any one of them fail.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex. Refuses to follow a symlink (``OSError`` with ``ELOOP``)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Flush a file's contents, or a folder's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Write ``content`` beside ``path`` and move it over: a reader sees the old file or the new one,
    whole."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - os by name, see the module
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def replace_symlink(link: Path, target: str | None) -> None:
    """Point ``link`` at the relative ``target``, or remove it for ``None``; never a moment without a link."""
    if target is None:
        link.unlink(missing_ok=True)
    else:
        temporary = link.with_name(f".{link.name}.{os.getpid()}")
        temporary.unlink(missing_ok=True)
        os.symlink(target, temporary)  # noqa: PTH211 - os by name, see the module
        os.replace(temporary, link)  # noqa: PTH105 - os by name, see the module
    sync(link.parent)


@contextlib.contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold ``lock`` against every other writer, in this process or another; a crash releases it."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
