"""What an explanation is; server and client share it. :mod:`fitbox.explain` makes one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExplainedRule:
    """A rule that leaves something out; ``text`` is in the member's language."""

    id: str
    source: str
    text: str


@dataclass(frozen=True)
class ExplainedExclusion:
    """One rule that leaves an item out, and what about the item breaks it, in codes of the API's enums."""

    rule_id: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class ExcludedItem:
    """An exercise or food that the member's plans cannot have, by every rule that says so."""

    id: str
    name: str
    exclusions: tuple[ExplainedExclusion, ...]


@dataclass(frozen=True)
class ExplainedNumber:
    """Where a figure of a reply comes from."""

    field: str
    """Its path in the reply, without positions in lists: ``plan.sessions.total_minutes``."""
    formula: str
    """In the names of the request and the reply."""
    source: str
    value: float | None = None
    """Of a figure that there is once."""


@dataclass(frozen=True)
class Explanation:
    """Why a reply is as it is; empty where it was not asked for."""

    rules: tuple[ExplainedRule, ...] = ()
    """Those that leave out anything for this member."""
    excluded: tuple[ExcludedItem, ...] = ()
    """In the order of the catalog."""
    numbers: tuple[ExplainedNumber, ...] = ()
