"""Setbacks: versions that could not serve, why, and when they may be tried again.

Two kinds. What is *passing* failed because something was missing, short or unreadable, or because the machine
had no memory, descriptor, process or time: it is tried again when its folder has changed and come to rest,
and with a growing pause. Everything else is wrong for good, and only an explicit activation tries it again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fitbox.errors import (
    AdapterInvalidError,
    AdapterNotFoundError,
    EngineDiedError,
    EngineError,
    EngineStartError,
    RegistryError,
    UnusableFileError,
)
from fitbox.registry import InvalidReason
from fitbox_server.backoff import Backoff

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0
_KEPT = 256
"""Versions that are remembered; beyond, the one that failed longest ago is forgotten."""
_MESSAGE_CHARACTERS = 500
UNREADABLE = InvalidReason.UNREADABLE.value
UNEXPECTED = "unexpected"


@dataclass(frozen=True)
class Failure:
    """Why a version could not serve."""

    reason: str
    """Stable, in snake case: a metric label and part of error replies."""
    message: str
    passing: bool = False
    ours: bool = False
    """It says something about this server alone, so the registry that others read is left as it is."""

    @classmethod
    def of(cls, error: Exception, step: str) -> Failure:
        """The failure that ``error`` is; ``step`` is the reason of an error that names none."""
        message = printable(str(error) or type(error).__name__)
        match error:
            case AdapterInvalidError():
                return cls(
                    error.reason, message, error.passing, ours=error.reason == InvalidReason.BASE_MISMATCH
                )
            case EngineStartError() | EngineDiedError() | UnusableFileError():
                return cls(step, message, error.passing)
            case EngineError():
                return cls(step, message)
            case AdapterNotFoundError() | RegistryError():
                return cls(step, message, passing=True)
            case OSError() | MemoryError():
                return cls(UNREADABLE, message, passing=True)
            case _:
                lacks = "can't start new thread" in message
                return cls(UNEXPECTED, f"{type(error).__name__}: {message}", passing=lacks)

    def error(self) -> AdapterInvalidError:
        """As the error that callers get."""
        return AdapterInvalidError(self.reason, self.message)


Look = object
"""What a version's folder looked like; equal while nothing has changed."""


@dataclass
class _Setback:
    failure: Failure
    backoff: Backoff
    due: float
    seen: Look
    """The folder as it was when the version was tried."""
    last: Look
    """As it was when it was last looked at."""


class Setbacks:
    """The versions that failed. ``clock`` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: OrderedDict[str, _Setback] = OrderedDict()

    def __iter__(self) -> Iterator[tuple[str, Failure]]:
        return iter([(name, known.failure) for name, known in self._known.items()])

    def get(self, name: str) -> Failure | None:
        """Why a version failed, or ``None``."""
        known = self._known.get(name)
        return None if known is None else known.failure

    def forget(self, name: str) -> None:
        """It serves, or somebody wants it tried at once."""
        self._known.pop(name, None)

    def record(self, name: str, failure: Failure, seen: Look) -> None:
        """A version failed, with its folder as ``seen`` when the try began."""
        before = self._known.pop(name, None)
        backoff = before.backoff if before else Backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        backoff = backoff.failed()
        self._known[name] = _Setback(failure, backoff, self._clock() + backoff.pause_seconds, seen, seen)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)

    def may_try(self, name: str, look: Look) -> bool:
        """Whether a version may be tried, its folder looking like ``look`` now."""
        known = self._known.get(name)
        if known is None:
            return True
        if not known.failure.passing:
            return False
        # A folder that is still being written looks different each time; it is read once it has come to rest.
        arrived = look != known.seen and look == known.last
        known.last = look
        return arrived or self._clock() >= known.due


def printable(text: str) -> str:
    """A text that any log and any reply can hold: a file's name may be no UTF-8, and long."""
    return text[:_MESSAGE_CHARACTERS].encode("utf-8", "backslashreplace").decode()
