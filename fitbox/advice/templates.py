"""Sentences with alternatives, and the grammar of many of them.

A template is a sentence with slots, ``Keep your (elbows|wrists) (straight|still).``; an empty alternative
makes a part optional. Whatever a template yields was read when the template was. The grammar of several
templates is a prefix tree over all of them (:mod:`fitbox.ebnf` says why it must be one); what follows a
branch is a rule of its own, shared by all branches that end alike.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import prod

from fitbox.ebnf import choice, literal

Part = str | tuple[str, ...]
"""A fixed text, or its alternatives."""

_SLOT = re.compile(r"\(([^()]*\|[^()]*)\)")


@dataclass(frozen=True)
class Template:
    """A sentence as a sequence of parts, none of them the empty text."""

    parts: tuple[Part, ...]

    @staticmethod
    def of(text: str) -> Template:
        """Read the notation.

        >>> Template.of("Rest (now|soon).").parts
        ('Rest ', ('now', 'soon'), '.')
        """
        pieces = _SLOT.split(text)
        parts: list[Part] = []
        for place, piece in enumerate(pieces):
            if place % 2:
                parts.append(tuple(sorted(set(piece.split("|")))))
            elif piece:
                parts.append(piece)
        return Template(tuple(parts))

    @property
    def notation(self) -> str:
        """What :meth:`of` reads."""
        return "".join(part if isinstance(part, str) else f"({'|'.join(part)})" for part in self.parts)

    @cached_property
    def size(self) -> int:
        """How many sentences it yields."""
        return prod(len(part) for part in self.parts if not isinstance(part, str))

    def sentence(self, number: int) -> str:
        """One of its sentences; every number below :attr:`size` gives another."""
        text = []
        for part in self.parts:
            if isinstance(part, str):
                text.append(part)
            else:
                number, place = divmod(number, len(part))
                text.append(part[place])
        return "".join(text)

    def draw(self, draw: random.Random) -> str:
        """A random one of its sentences."""
        return self.sentence(draw.randrange(self.size))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches exactly its sentences."""
        return re.compile(
            "".join(
                re.escape(part) if isinstance(part, str) else f"(?:{'|'.join(map(re.escape, part))})"
                for part in self.parts
            )
        )

    def yields(self, text: str) -> bool:
        """Whether ``text`` is one of its sentences."""
        if len(self.parts) == 1 and isinstance(self.parts[0], str):
            return text == self.parts[0]
        return self.pattern.fullmatch(text) is not None


@dataclass
class Rules:
    """EBNF rules made so far, by what they stand for; ``prefix`` keeps names apart."""

    prefix: str

    def __post_init__(self) -> None:
        self._names: dict[frozenset[tuple[Part, ...]], str] = {}
        self._bodies: dict[str, str] = {}

    @property
    def lines(self) -> list[str]:
        """The rules, one a line."""
        return [f"{name} ::= {body}" for name, body in self._bodies.items()]

    def any_of(self, templates: Iterable[Template]) -> str:
        """The name of a rule for exactly the sentences of some templates."""
        return self._rule(frozenset(template.parts for template in templates))

    def _rule(self, rests: frozenset[tuple[Part, ...]]) -> str:
        if rests not in self._names:
            name = f"{self.prefix}_{len(self._names)}"
            self._names[rests] = name
            self._bodies[name] = self._branches(rests)
        return self._names[rests]

    def _branches(self, rests: frozenset[tuple[Part, ...]]) -> str:
        if len(rests) == 1:
            return _sequence(next(iter(rests)))
        begun = {begun for rest in rests for begun in _begun(rest)}
        groups: dict[str, list[tuple[Part, ...]]] = {}
        for rest in begun:
            groups.setdefault(str(rest[0])[0] if rest else "", []).append(rest)
        ends = groups.pop("", [])
        branches = [self._branch(groups[first]) for first in sorted(groups)]
        return " | ".join([*branches, *(['""'] if ends else [])])

    def _branch(self, group: list[tuple[Part, ...]]) -> str:
        """What all begin with, then what follows it; each begins with a text and the same character."""
        shared = _common([str(rest[0]) for rest in group])
        rests = frozenset(_after(rest, len(shared)) for rest in group)
        if rests == {()}:
            return literal(shared)
        return f"{literal(shared)} {self._rule(rests)}"


def _begun(rest: tuple[Part, ...]) -> list[tuple[Part, ...]]:
    """The same sentences with a text first, which is empty nowhere."""
    if not rest or isinstance(rest[0], str):
        return [rest]
    found: list[tuple[Part, ...]] = []
    for alternative in rest[0]:
        found += [(alternative, *rest[1:])] if alternative else _begun(rest[1:])
    return found


def _after(rest: tuple[Part, ...], length: int) -> tuple[Part, ...]:
    left = str(rest[0])[length:]
    return (left, *rest[1:]) if left else rest[1:]


def _common(texts: list[str]) -> str:
    first, last = min(texts), max(texts)
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    return first[: min(len(first), len(last)) if length is None else length]


def _sequence(parts: tuple[Part, ...]) -> str:
    pieces = []
    for part in parts:
        if isinstance(part, str):
            pieces.append(literal(part))
            continue
        words = [word for word in part if word]
        if words:
            pieces.append(f"({choice(words)})" + ("?" if len(words) < len(part) else ""))
    return " ".join(pieces) or '""'
