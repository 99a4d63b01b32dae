"""What a part measured and which bars it met, as one JSON line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Report:
    """The outcome of a part. A bar is True (met), False (missed) or None (too few samples to tell)."""

    part: str
    engine: str
    figures: Mapping[str, Any]
    bars: Mapping[str, bool | None]

    @property
    def met(self) -> bool:
        """Whether no bar was missed."""
        return False not in self.bars.values()

    def line(self) -> str:
        """JSON, one line."""
        values = {"part": self.part, "engine": self.engine, "met": self.met, **self.figures}
        return json.dumps({**values, "bars": dict(self.bars)})


def at_most(value: float | None, limit: float) -> bool | None:
    """A bar that cannot be judged without a value."""
    return None if value is None else value <= limit
