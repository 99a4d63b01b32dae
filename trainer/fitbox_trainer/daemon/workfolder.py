"""The folder of the daemon's own state: one daemon at a time, for nobody else to read, without leftovers."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fitbox import durable
from fitbox.errors import ConfigurationError
from fitbox.files import shown

PRIVATE_FOLDERS = ("files", "members", "feedback", "quarantine", "reports", "datasets", "runs")
"""Sub-folders that hold members' data."""

_log = logging.getLogger(__name__)


@contextmanager
def exclusive(work: Path) -> Iterator[None]:
    """Hold the work folder, which is made where it is missing.

    Raises:
        ConfigurationError: another daemon holds it, or it cannot be used; the message says why.
    """
    with contextlib.ExitStack() as stack:
        try:
            durable.make_folder(work, private=True)
            stack.enter_context(durable.exclusive(work / "daemon.lock", private=True, wait=False))
        except BlockingIOError:
            raise ConfigurationError(f"another training daemon works in {shown(work)}") from None
        except OSError as error:
            raise ConfigurationError(f"the work folder {shown(work)} cannot be used: {error}") from error
        _tidy(work)
        yield


def _tidy(work: Path) -> None:
    """Close to others what an earlier version left open, and drop what killed writers left."""
    for folder in (work / name for name in PRIVATE_FOLDERS):
        try:
            if folder.is_dir() and not folder.is_symlink():
                folder.chmod(0o700)  # nobody passes it, whatever the modes inside
            for leftover in durable.leftovers(folder):
                if leftover.is_file():
                    leftover.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("%s cannot be tidied: %s", shown(folder), error)
