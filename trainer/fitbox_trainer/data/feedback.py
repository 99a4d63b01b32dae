"""Feedback of several files: each event once, whatever came twice. Training on it is a later step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fitbox.errors import DatasetError


def events_of(files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """The events that intake wrote, in the order of the files; of equal ids the first.

    Holds ids in memory, about a hundred bytes an event.

    Raises:
        DatasetError: a file is not what intake writes.
        OSError: one cannot be read.
    """
    seen: set[str] = set()
    for path in files:
        with path.open("rb") as lines:
            for line in lines:
                event = _event(path, line)
                if event["event_id"] not in seen:
                    seen.add(event["event_id"])
                    yield event


def _event(path: Path, line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line)
        if isinstance(event, dict) and isinstance(event.get("event_id"), str):
            return event
    except ValueError:
        pass
    raise DatasetError(f"{path} is damaged; delete it and copy its source into the data folder again")
