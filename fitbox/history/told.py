"""What of a history concerns one task: few events, about items that the member's plan may hold."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from fitbox.history.events import Event, EventKind

MOST_TOLD = 6
"""Different events that a prompt tells of, the newest: each takes 4 to 12 tokens of reply time."""


@dataclass(frozen=True)
class Told:
    """An event, and how often it is in the history."""

    event: Event
    times: int

    def __str__(self) -> str:
        return f"{self.event} x{self.times}" if self.times > 1 else str(self.event)


def told(history: Iterable[Event], allowed: Container[str]) -> tuple[Told, ...]:
    """The events that a task's prompt and planner know of, newest last, equal ones as one.

    An item that the envelope leaves out teaches nothing, since it cannot come back; of a swap, what is left
    in it counts alone.

    Args:
        history: Oldest first.
        allowed: Ids of the items in the envelope.
    """
    times: dict[Event, int] = {}
    for event in history:
        if (inside := _inside(event, allowed)) is not None:
            times[inside] = times.pop(inside, 0) + 1  # last again
    return tuple(Told(event, count) for event, count in times.items())[-MOST_TOLD:]


def line(events: Iterable[Told]) -> str:
    """One line of a prompt."""
    return f"history: {', '.join(map(str, events))}"


def _inside(event: Event, allowed: Container[str]) -> Event | None:
    if event.kind is not EventKind.SWAPPED or event.swapped_for is None:
        return event if event.item in allowed else None
    if event.item in allowed:
        return event if event.swapped_for in allowed else Event(kind=EventKind.SKIPPED, item=event.item)
    if event.swapped_for in allowed:
        return Event(kind=EventKind.LIKED, item=event.swapped_for)
    return None
