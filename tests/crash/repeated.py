"""How much work was done twice, in seconds, from what the children themselves wrote down."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fitbox_trainer.daemon.stages import Stage


def scripted_seconds(lines: Iterable[str], step_seconds: float) -> float:
    """Most seconds of steps that one start of the scripted training did again. ``lines``: ``done.log``."""
    furthest: dict[str, int] = {}
    again: dict[str, int] = {}
    most = 0
    for line in lines:
        kind, *words = line.split()
        if kind == "finetune" and words:
            again[words[0]] = 0
        elif kind == "step" and len(words) == 2 and words[1].isdigit():
            run, step = words[0], int(words[1])
            if step <= furthest.get(run, 0):
                again[run] = again.get(run, 0) + 1
                most = max(most, again[run])
            furthest[run] = max(step, furthest.get(run, 0))
    return most * step_seconds


def real_seconds(events: Iterable[Mapping[str, Any]]) -> float:
    """Most seconds of steps that one start of the real training did again.

    ``events``: ``progress.jsonl`` of a run. A step event stands for the time since the one before it.
    """
    seconds_to: dict[int, float] = {}
    previous, resumed, most = 0.0, 0, 0.0
    for event in events:
        kind, time, step = event.get("event"), event.get("time"), event.get("step")
        if kind == "resumed" and isinstance(step, int):
            resumed = step
        elif kind == "stage" and event.get("stage") == "train" and isinstance(time, float):
            most = max(most, sum(seconds for done, seconds in seconds_to.items() if done > resumed))
            seconds_to = {done: seconds for done, seconds in seconds_to.items() if done <= resumed}
            previous, resumed = time, 0
        elif kind == "step" and isinstance(step, int) and isinstance(time, float):
            seconds_to[step] = time - previous
            previous = time
    return most


def interrupted_seconds(ledger: Path, now: float) -> float:
    """How long the attempt that a kill has just cut off had lasted, outside training, which resumes."""
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(sqlite3.connect(ledger)) as db:
        row = db.execute(
            "SELECT started_at FROM attempts WHERE finished_at IS NULL AND stage <> ?", (Stage.TRAINING,)
        ).fetchone()
        return max(0.0, now - row[0]) if row else 0.0
    return 0.0


def read_events(path: Path) -> list[dict[str, Any]]:
    """Whole lines of ``progress.jsonl``."""
    events = []
    for line in path.read_text("utf-8", errors="replace").splitlines() if path.exists() else ():
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                events.append(event)
    return events
