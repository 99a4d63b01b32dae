"""How a child of a run ends. Standard library only: the supervisor, which must start at once, uses it too."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of fine-tuning, evaluation and their supervisor. 2 is argparse's own."""

    DONE = 0
    FAILED = 1
    """Anything that has no code of its own; another attempt may go well."""
    OUT_OF_MEMORY = 3
    """A smaller micro-batch may fit."""
    UNUSABLE_INPUT = 4
    """Data or configuration that cannot work; another attempt would end in the same way."""
    DISK_FULL = 5
    """It could not write. Its checkpoints are whole, and it goes on when there is room."""
    NOT_STARTED = 71
    """The operating system did not start it (EX_OSERR of sysexits.h); another attempt may go well."""
