"""What a child process tells about itself: the JSON lines of ``progress.jsonl`` in its run folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Progress:
    """The newest figures of a run; 0 for what is not known yet."""

    activity: str = ""
    """What the child does, in its own words (``loading``, ``training``, ``generating``, ...)."""
    step: int = 0
    total_steps: int = 0
    loss: float = 0.0
    learning_rate: float = 0.0
    tokens_per_second: float = 0.0
    seconds_left: float = 0.0
    error: str = ""
    """What the child says went wrong."""
    error_exit_code: int | None = None
    """Exit code that it says it is about to leave with; a launcher in between may hide the real one."""

    def updated(self, event: Mapping[str, Any]) -> Progress:
        """These figures after one event; what an event leaves out stays."""
        kind = event.get("event")
        if kind == "error":
            code = event.get("exit_code")
            message = event.get("message") or event.get("reason") or event.get("error") or ""
            return replace(self, error=str(message), error_exit_code=code if isinstance(code, int) else None)
        if kind == "stage":
            name = event.get("name") or event.get("stage") or self.activity
            return replace(self, activity=str(name), error="", error_exit_code=None)
        return replace(
            self,
            step=int(_number(event, "step", self.step)),
            total_steps=int(_number(event, "total_steps", self.total_steps)),
            loss=_number(event, "loss", self.loss),
            learning_rate=_number(event, "learning_rate", self.learning_rate),
            tokens_per_second=_number(event, "tokens_per_second", self.tokens_per_second),
            seconds_left=max(0.0, _number(event, "seconds_left", self.seconds_left)),
        )


class ProgressReader:
    """Follows a growing ``progress.jsonl``: each call takes in what was added since the one before."""

    def __init__(self, path: Path, *, from_end: bool = False) -> None:
        self._path = path
        self._offset = path.stat().st_size if from_end and path.exists() else 0
        self.latest = Progress()

    def read(self) -> Progress:
        """The newest figures. A line that is not finished is left for the next call, a broken one skipped."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                added = file.read()
        except FileNotFoundError:
            return self.latest
        whole, newline, _ = added.rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        for line in whole.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue  # torn by a crash; the line that follows is whole again
            if isinstance(event, dict):
                self.latest = self.latest.updated(event)
        return self.latest


def _number(event: Mapping[str, Any], name: str, otherwise: float) -> float:
    value = event.get(name)
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and value == value  # no NaN
    return float(value) if usable and value is not None else otherwise
