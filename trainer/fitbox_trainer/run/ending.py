"""The last words of a child of a run: whatever happened becomes an exit code and an ``error`` event."""

from __future__ import annotations

import errno
import re
import sys
import traceback
from collections.abc import Callable, Iterator

from fitbox.errors import ConfigurationError, DatasetError, UnusableFileError
from fitbox_trainer.run.exit_codes import ExitCode
from fitbox_trainer.run.folder import RunFolder

DISK_WORDS = re.compile(
    r"No space left on device|Disk quota exceeded|os error 28\b|database or disk is full"
    r"|PytorchStreamWriter failed writing"
)
"""How libraries say it that raise no OSError."""
MEMORY_WORDS = re.compile(
    r"CUDA out of memory|OutOfMemoryError|DefaultCPUAllocator: can't allocate|^MemoryError", re.MULTILINE
)
_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT})


def run_stage(folder: RunFolder, work: Callable[[], object]) -> int:
    """Do ``work``; returns the process's exit code, having told the run folder what went wrong."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 - the process boundary: everything becomes an exit code
        code = code_of(error)
        if code is ExitCode.UNUSABLE_INPUT:
            message = str(error)
        else:
            traceback.print_exc()
            message = f"{type(error).__name__}: {error}"
        print(message, file=sys.stderr)  # noqa: T201 - the run's own log
        folder.progress().error(code, message)
        return code
    return ExitCode.DONE


def code_of(error: BaseException) -> ExitCode:
    """The exit code of what ended a child."""
    causes = list(_causes(error))
    if any(_is_disk_full(each) for each in causes):
        return ExitCode.DISK_FULL
    if any(is_out_of_memory(each) for each in causes):
        return ExitCode.OUT_OF_MEMORY
    if isinstance(error, UnusableFileError):
        return ExitCode.FAILED if error.passing else ExitCode.UNUSABLE_INPUT
    unusable = isinstance(error, (ConfigurationError, DatasetError))
    return ExitCode.UNUSABLE_INPUT if unusable else ExitCode.FAILED


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out, on a GPU or on a CPU."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("can't allocate memory" in text or "out of memory" in text)


def _is_disk_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _DISK_ERRORS
    return not isinstance(error, (ConfigurationError, DatasetError)) and bool(DISK_WORDS.search(str(error)))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
