"""Rules of the safety envelope: each has a name, so that whoever was refused an item can be told why.

The envelope's filters are lists of these (:data:`fitbox.workout.constraints.RULES`,
:data:`fitbox.nutrition.constraints.RULES`), and the explanation (:mod:`fitbox.explain`) reads the same lists:
there is no second account of what is excluded that could disagree with the first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from fitbox.profile import Profile


class Item(Protocol):
    """An exercise or a food."""

    @property
    def id(self) -> str:
        """Of its catalog."""


ItemT = TypeVar("ItemT", bound=Item)
Check = Callable[[ItemT], Collection[str]]
"""What about an item breaks a rule, as codes of the catalog (``BARBELL``, ``MILK``); empty: it may stay."""


@dataclass(frozen=True)
class Rule(Generic[ItemT]):
    """Why items are left out for a member."""

    id: str
    """Stable, upper snake case."""
    source: str
    """Whose word it is: the member's, or a publication's."""
    check: Callable[[Profile], Check[ItemT]]
    """What the rule says for one member; asked once, then for each item."""


@dataclass(frozen=True)
class Exclusion:
    """One rule that leaves an item out, and what about the item breaks it."""

    rule_id: str
    codes: tuple[str, ...]


def allowed(
    items: Iterable[ItemT],
    rules: Sequence[Rule[ItemT]],
    profile: Profile,
    without: Collection[str] = (),
) -> tuple[ItemT, ...]:
    """The items that no rule leaves out, in their order; ``without`` are ids of rules to take away."""
    checks = [rule.check(profile) for rule in rules if rule.id not in without]
    return tuple(item for item in items if not any(check(item) for check in checks))


def exclusions(
    items: Iterable[ItemT], rules: Sequence[Rule[ItemT]], profile: Profile
) -> Iterator[tuple[ItemT, tuple[Exclusion, ...]]]:
    """Every item that is left out, with each rule that does it."""
    checks = [(rule.id, rule.check(profile)) for rule in rules]
    for item in items:
        found = tuple(
            Exclusion(rule_id, tuple(sorted(codes))) for rule_id, check in checks if (codes := check(item))
        )
        if found:
            yield item, found


def never(item: Item) -> Collection[str]:
    """The check of a rule that does not concern a member."""
    return ()
