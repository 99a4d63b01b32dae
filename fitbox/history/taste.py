"""What a history says of taste: how much likelier or less likely each item is to be chosen again.

Taste is no rule: it weighs what the envelope allows, and gives way where nothing else would be left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, TypeVar

from fitbox.history.events import Event, EventKind
from fitbox.history.told import Told

LEAST, MOST = 0.02, 8.0
"""Bounds of a factor: nothing is struck out by taste, and nothing is pushed into every plan."""

AVOIDED_BELOW = 0.25
"""Items of a smaller factor are chosen only where there is nothing else: one swap away or one "too hard", or
two sessions in which it was skipped. A single one may have been a full rack."""

_OF_ITEM: Mapping[EventKind, float] = {
    EventKind.SKIPPED: 0.4,
    EventKind.SWAPPED: 0.15,
    EventKind.TOO_HARD: 0.15,
    EventKind.TOO_EASY: 0.5,
    EventKind.LIKED: 3.0,
}
_SWAPPED_TO = 4.0
"""What somebody chose is said more clearly than what somebody likes."""
_BY_RPE = ((4, 0.8), (8, 1.3), (9, 1.0), (10, 0.6))
"""Factor up to a rating: an effort of 5 to 8 is what a plan asks for (docs/workout.md, Effort)."""


class Named(Protocol):
    """An exercise or a food."""

    @property
    def id(self) -> str:
        """In its catalog."""


NamedT = TypeVar("NamedT", bound=Named)


@dataclass(frozen=True)
class Taste:
    """Factors by item id; 1 for everything that the history says nothing of."""

    factors: Mapping[str, float]

    def of(self, item_id: str) -> float:
        """How many times as likely as others an item is, from :data:`LEAST` to :data:`MOST`."""
        return self.factors.get(item_id, 1.0)

    def avoids(self, item_id: str) -> bool:
        """Whether an item was refused so clearly that anything else of its kind comes first."""
        return self.of(item_id) < AVOIDED_BELOW

    def likes(self, item_id: str) -> bool:
        """Whether an item was wished for."""
        return self.of(item_id) >= _OF_ITEM[EventKind.LIKED]

    def not_avoided(self, items: Sequence[NamedT]) -> Sequence[NamedT]:
        """Those of the items that were not refused; all of them where each was."""
        return [item for item in items if not self.avoids(item.id)] or items

    def share_left_out(self, item_id: str, usual: float) -> float:
        """In how many plans an item is left out where others are left out with a share of ``usual``."""
        if self.avoids(item_id):
            return 1.0
        return usual if self.of(item_id) >= 1 else 1 - (1 - usual) * self.of(item_id)


def taste_of(events: Iterable[Told]) -> Taste:
    """What the events together say; later ones weigh as much as earlier ones, for there are few."""
    factors: dict[str, float] = {}
    for one in events:
        for item_id, factor in _factors(one.event):
            factors[item_id] = factors.get(item_id, 1.0) * factor**one.times
    return Taste(MappingProxyType({one: min(max(factor, LEAST), MOST) for one, factor in factors.items()}))


def _factors(event: Event) -> Iterable[tuple[str, float]]:
    if event.kind is EventKind.DONE:
        rpe = event.rpe or 0
        return [(event.item, next(factor for most, factor in _BY_RPE if rpe <= most))]
    found = [(event.item, _OF_ITEM[event.kind])]
    return [*found, (event.swapped_for, _SWAPPED_TO)] if event.swapped_for else found
