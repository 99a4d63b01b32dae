"""What became of each call, in columns, and what they add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Column = np.ndarray[Any, Any]


@dataclass
class Records:
    """One row a call. Times are seconds of ``time.monotonic``, which all processes of a machine share."""

    scheduled: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    """The first text of a stream; the reply of a unary call."""
    done: list[float] = field(default_factory=list)
    streamed: list[bool] = field(default_factory=list)
    version: list[str] = field(default_factory=list)
    """Empty for a call that failed."""
    failed: Counter[str] = field(default_factory=Counter)
    """Calls that did not end OK, by status code."""
    mismatched: int = 0
    """Replies that are not what the version they name must answer."""
    truncated: int = 0
    """Streams without their result, or whose pieces do not make up the whole; texts the model did not end."""
    duplicated: int = 0
    """Streams with a second result, and replies that another call was given before."""
    examples: list[str] = field(default_factory=list)
    """The first few faults, for whoever looks into them."""

    def fault(self, kind: str, detail: str) -> None:
        """Count a fault of a reply: ``mismatched``, ``truncated`` or ``duplicated``."""
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < 5:
            self.examples.append(f"{kind}: {detail}")

    def row(
        self, scheduled: float, sent: float, first: float, done: float, *, streamed: bool, version: str
    ) -> None:
        """Add a call."""
        self.scheduled.append(scheduled)
        self.sent.append(sent)
        self.first.append(first)
        self.done.append(done)
        self.streamed.append(streamed)
        self.version.append(version)

    @property
    def calls(self) -> int:
        """Calls that ended, well or not."""
        return len(self.done)

    def arrays(self) -> Columns:
        """The columns as arrays."""
        return Columns(
            *(np.array(one) for one in (self.scheduled, self.sent, self.first, self.done)),
            np.array(self.streamed, dtype=bool),
            np.array(self.version, dtype=np.str_),
        )

    def counts(self) -> dict[str, Any]:
        """The figures that every part reports."""
        figures: dict[str, Any] = {
            "calls": self.calls,
            "failed": sum(self.failed.values()),
            "mismatched": self.mismatched,
            "truncated": self.truncated,
            "duplicated": self.duplicated,
        }
        if self.failed:
            figures["codes"] = dict(self.failed)
        if self.examples:
            figures["examples"] = self.examples
        return figures

    @property
    def is_clean(self) -> bool:
        """No call failed, and every reply was right."""
        return not (sum(self.failed.values()) or self.mismatched or self.truncated or self.duplicated)


@dataclass(frozen=True)
class Columns:
    """The columns of :class:`Records` as arrays."""

    scheduled: Column
    sent: Column
    first: Column
    done: Column
    streamed: Column
    version: Column


def merged(parts: Iterable[Records]) -> Records:
    """The rows of several load processes together, in no order."""
    whole = Records()
    for part in parts:
        for name in ("scheduled", "sent", "first", "done", "streamed", "version", "examples"):
            getattr(whole, name).extend(getattr(part, name))
        whole.failed += part.failed
        for name in ("mismatched", "truncated", "duplicated"):
            setattr(whole, name, getattr(whole, name) + getattr(part, name))
    return whole


def percentile_ms(seconds: Column, percent: float) -> float | None:
    """A percentile in milliseconds; ``None`` of nothing."""
    return round(1000 * float(np.percentile(seconds, percent)), 2) if len(seconds) else None
