"""Backoff: the pause before the next try, as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Backoff:
    """Pauses between tries: none before the first, then doubling from ``first_seconds`` to a bound."""

    first_seconds: float
    longest_seconds: float
    failures: int = 0

    @property
    def pause_seconds(self) -> float:
        """Before the next try."""
        if not self.failures:
            return 0.0
        return min(self.first_seconds * 2.0 ** min(self.failures - 1, 60), self.longest_seconds)

    def failed(self) -> Backoff:
        """After a try that did not help."""
        return replace(self, failures=self.failures + 1)

    def reset(self) -> Backoff:
        """After one that did."""
        return replace(self, failures=0)
