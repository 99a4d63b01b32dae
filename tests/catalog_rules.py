"""Rules that a catalog must keep, stated apart from it: what matches a rule needs certain flags."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class Entry(Protocol):
    """A row of either catalog."""

    @property
    def id(self) -> str: ...

    @property
    def name_en(self) -> str: ...


E = TypeVar("E", bound=Entry)
F = TypeVar("F")


@dataclass(frozen=True)
class Rule(Generic[E, F]):
    """Everything that ``applies`` selects must carry ``flags``, but for the exceptions."""

    why: str
    flags: frozenset[F]
    applies: Callable[[E], bool]
    exceptions: Mapping[str, str] = field(default_factory=dict)
    """Reasons by id."""

    def breakers(self, entries: Iterable[E], flags_of: Callable[[E], frozenset[F]]) -> list[str]:
        """Ids that match, are no exception, and lack a flag."""
        return [
            f"{entry.id} lacks {', '.join(sorted(map(str, self.flags - flags_of(entry))))}"
            for entry in entries
            if self.applies(entry) and entry.id not in self.exceptions and not self.flags <= flags_of(entry)
        ]

    def forbids(self, entry: E, flag: F) -> bool:
        """Whether who has this flag must not be offered the entry."""
        return flag in self.flags and self.applies(entry) and entry.id not in self.exceptions

    def idle_exceptions(self, entries: Iterable[E], flags_of: Callable[[E], frozenset[F]]) -> list[str]:
        """Exceptions that excuse nothing: no such id, no match, or every flag is there."""
        excused = {e.id for e in entries if self.applies(e) and not self.flags <= flags_of(e)}
        return sorted(set(self.exceptions) - excused)


def named(pattern: str) -> Callable[[Entry], bool]:
    """Whether a name has one of these words or phrases, whole; ``pattern`` is a regular expression."""
    words = re.compile(rf"\b(?:{pattern})\b")
    return lambda entry: words.search(entry.name_en) is not None
