"""Let one call to the operating system fail, by its number, in whatever code makes it."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

CALLS: tuple[tuple[ModuleType, str], ...] = (
    *(
        (os, name)
        for name in ("open", "stat", "lstat", "fstat", "scandir", "listdir", "mkdir", "chmod", "fchmod")
    ),
    *((os, name) for name in ("fsync", "replace", "rename", "symlink", "unlink", "rmdir", "access")),
    (fcntl, "flock"),
)
ERRORS = (
    *(
        errno.EIO,
        errno.ENOSPC,
        errno.EACCES,
        errno.EROFS,
        errno.ESTALE,
        errno.EMFILE,
        errno.ENOMEM,
        errno.EINVAL,
    ),
    *(errno.EPERM, errno.ENOTSUP, errno.ENOLCK, errno.EXDEV, errno.EDQUOT, errno.ELOOP),
)


class FailingOs:
    """Counts calls; the ``number``-th fails with ``code``."""

    def __init__(self, patch: pytest.MonkeyPatch, number: int, code: int) -> None:
        self.calls: list[str] = []
        self._number, self._code = number, code
        for module, name in CALLS:
            patch.setattr(module, name, self._wrapped(name, getattr(module, name)))

    @property
    def failed(self) -> str | None:
        """The call that was let fail; None where there were fewer."""
        return self.calls[self._number] if self._number < len(self.calls) else None

    def _wrapped(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) == self._number + 1:
                path = args[0] if args and not isinstance(args[0], int) else None
                raise OSError(self._code, os.strerror(self._code), path)
            return original(*args, **kwargs)

        return call
