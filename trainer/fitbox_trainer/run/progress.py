"""``progress.jsonl``: what the children of a run tell whoever watches it, one JSON object a line.

::

    {"event": "stage", "stage": NAME, ...}                 a stage begins
    {"event": "step", "step": N, "total_steps": M, ...}    a training step ended
    {"event": "checkpoint" | "resumed" | "done", ...}
    {"event": "error", "exit_code": CODE, "message": TEXT} the last words

:class:`ProgressWriter` is the only writer, :class:`ProgressReader` the only reader.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fitbox.errors import UnusableFileError
from fitbox.files import parse_object

MAX_MESSAGE = 2000
"""Characters of an error's message."""
MAX_READ = 1 << 20
"""Bytes that are taken in at once; a line that is longer is nobody's."""
_LARGEST = 2**31 - 1
"""Of a count: what an int32 holds."""


@dataclass(frozen=True)
class Progress:
    """The newest figures of a run; 0 for what is not known yet."""

    activity: str = ""
    """What the child does, in its own words (``load``, ``train``, ``evaluating base``, ...)."""
    step: int = 0
    total_steps: int = 0
    loss: float = 0.0
    learning_rate: float = 0.0
    tokens_per_second: float = 0.0
    seconds_left: float = 0.0
    checkpoint_at: float = 0.0
    """Unix time of the child's newest checkpoint."""
    memory_bytes: float = 0.0
    """Of the child's process, in RAM."""
    device_bytes: float = 0.0
    """That it holds on its GPU."""
    error: str = ""
    """What the child says went wrong."""
    error_exit_code: int | None = None
    """Exit code that it says it is about to leave with; a launcher in between may hide the real one."""

    def updated(self, event: Mapping[str, Any]) -> Progress:
        """These figures after one event; what an event leaves out stays."""
        kind = event.get("event")
        if kind == "error":
            code = event.get("exit_code")
            message = str(event.get("message") or "")[:MAX_MESSAGE]
            return replace(self, error=message, error_exit_code=code if isinstance(code, int) else None)
        if kind == "stage":
            name = event.get("stage")
            activity = name if isinstance(name, str) else self.activity
            return replace(self, activity=activity[:MAX_MESSAGE], error="", error_exit_code=None)
        return replace(
            self,
            step=int(min(_number(event, "step", self.step), _LARGEST)),
            total_steps=int(min(_number(event, "total_steps", self.total_steps), _LARGEST)),
            loss=_number(event, "loss", self.loss),
            learning_rate=_number(event, "learning_rate", self.learning_rate),
            tokens_per_second=_number(event, "tokens_per_second", self.tokens_per_second),
            seconds_left=_number(event, "seconds_left", self.seconds_left),
            checkpoint_at=_number(event, "time", 0.0) if kind == "checkpoint" else self.checkpoint_at,
            memory_bytes=_number(event, "memory_bytes", self.memory_bytes),
            device_bytes=_number(event, "device_bytes", self.device_bytes),
        )


class ProgressWriter:
    """Appends events, flushed at once. ``enabled`` is false in every process of a run but the first.

    What cannot be written is lost, and said once in the child's log: the disk that is full for a line may
    have room again when the next checkpoint is due.
    """

    def __init__(self, path: Path, *, enabled: bool = True) -> None:
        self._path = path
        self._enabled = enabled
        self._last_step_at = -math.inf
        self._complained = False

    def stage(self, name: str, **values: Any) -> None:
        """A stage begins."""
        self.event("stage", stage=name, **values)

    def step(self, *, every_seconds: float = 0.5, last: bool = False, **values: Any) -> None:
        """A step ended; on a fast machine only some are told, the last always."""
        now = time.monotonic()
        if last or now - self._last_step_at >= every_seconds:
            self._last_step_at = now
            self.event("step", **values)

    def error(self, exit_code: int, message: str) -> None:
        """The last words of a child."""
        self.event("error", exit_code=int(exit_code), message=message[:MAX_MESSAGE])

    def event(self, name: str, **values: Any) -> None:
        """``checkpoint``, ``resumed``, ``done``, and what the other methods write."""
        if not self._enabled:
            return
        line = json.dumps({"event": name, "time": round(time.time(), 3), **values}) + "\n"
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "ab", buffering=0) as file:
                file.write(line.encode())
        except OSError as error:
            if not self._complained:
                self._complained = True
                print(f"{self._path} cannot be written: {error}", file=sys.stderr)  # noqa: T201 - the run's log


class ProgressReader:
    """Follows a growing ``progress.jsonl``: each call takes in what was added since the one before."""

    def __init__(self, path: Path, *, from_end: bool = False) -> None:
        self._path = path
        self._offset = 0
        self.latest = Progress()
        if from_end:
            # Not there yet, or not to be seen now: then an earlier child is told of again.
            with contextlib.suppress(OSError):
                self._offset = path.stat().st_size

    def read(self) -> Progress:
        """The newest figures. A line that is not finished is left for the next call, a broken one skipped.

        What the operating system refuses now is read another time: figures are not worth a run.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                added = file.read(MAX_READ)
        except OSError:
            return self.latest
        whole, newline, _ = added.rpartition(b"\n")
        if not newline and len(added) == MAX_READ:
            whole = added  # no line of ours is so long
        self._offset += len(whole) + len(newline)
        for line in whole.splitlines():
            try:
                event = parse_object(line, self._path, nan=True)
            except UnusableFileError:
                continue  # torn by a crash; the line that follows is whole again
            self.latest = self.latest.updated(event)
        return self.latest


def _number(event: Mapping[str, Any], name: str, otherwise: float) -> float:
    """A figure that is not below 0; what is none leaves the one before."""
    value = event.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return otherwise
    return max(0.0, float(value))
