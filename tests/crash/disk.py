"""A disk that can be full: a small tmpfs where it may be mounted, otherwise a limit on the size of files."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

SIZE_MIB = 96


class SmallDisk:
    """A folder on a disk of its own, if we may mount one. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        mount = shutil.which("mount")
        command = [mount or "false", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "fitbox-crash", str(folder)]
        self.is_mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
        self._ballast = folder / "ballast"

    def __enter__(self) -> SmallDisk:
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False)

    @property
    def how(self) -> str:
        """What "full" means here, for the report."""
        return "ENOSPC on a tmpfs" if self.is_mounted else "EFBIG by RLIMIT_FSIZE"

    def fill(self, free_bytes: int, processes: Iterable[int]) -> None:
        """Leave this much room; where nothing could be mounted, no file of these processes may grow beyond
        it for as long as they live."""
        if not self.is_mounted:
            for process in processes:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
                    resource.prlimit(process, resource.RLIMIT_FSIZE, (free_bytes, hard))
            return
        size = shutil.disk_usage(self.folder).free - free_bytes
        with contextlib.suppress(OSError), self._ballast.open("ab") as file:  # others write at the same time
            os.posix_fallocate(file.fileno(), self._ballast.stat().st_size, max(size, 1))

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)
