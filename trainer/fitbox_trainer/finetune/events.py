"""``progress.jsonl``: what a run tells whoever watches it, one JSON object a line, flushed at once."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any


class Progress:
    """Appends events. ``enabled`` is false in every process but the first."""

    def __init__(self, path: Path, *, enabled: bool = True) -> None:
        self._path = path
        self._enabled = enabled
        self._last_step_at = 0.0

    def stage(self, name: str, **values: Any) -> None:
        """A stage begins: ``load``, ``examples``, ``train``, ``save``."""
        self._write("stage", stage=name, **values)

    def step(self, *, every_seconds: float = 0.5, last: bool = False, **values: Any) -> None:
        """A step ended; on a fast machine only some are told, the last always."""
        now = time.monotonic()
        if last or now - self._last_step_at >= every_seconds:
            self._last_step_at = now
            self._write("step", **values)

    def event(self, name: str, **values: Any) -> None:
        """``checkpoint``, ``resumed``, ``done`` or ``error``."""
        self._write(name, **values)

    def _write(self, name: str, **values: Any) -> None:
        if self._enabled:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"event": name, "time": round(time.time(), 3), **values}) + "\n")
