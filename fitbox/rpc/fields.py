"""Fields of messages and attributes of domain types, both ways, by name.

What the wire writes otherwise is known here once, for every message:

- an enum's number is named ``SEX_FEMALE``, the domain's member ``FEMALE``; number 0 says nothing;
- a field with presence that is not set is ``None`` in the domain, and the other way round;
- a message whose only field is ``items`` is a list that may be unset;
- a Duration is a figure whose name ends in ``_seconds``, a Timestamp an aware datetime;
- a set travels in order, so that equal values are equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Protocol

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from fitbox.profile import MOST_ITEMS
from fitbox.units import OTHER_UNITS

_ATTRIBUTES = {
    "fitbox.v1.RecommendAdviceResponse.advice": "plan",
    "fitbox.v1.RecommendWorkoutResponse.overrides": "workout_overrides",
    "fitbox.v1.RecommendNutritionResponse.overrides": "nutrition_overrides",
}
"""Fields that the domain calls otherwise."""
_ONLY_READ = frozenset(f"fitbox.v1.Profile.{name}" for name in OTHER_UNITS)
"""Fields that the domain never has: it knows one unit of each quantity, callers may send others."""
_ONLY_ON_REQUEST = frozenset({"explanation", "overrides", "workout_overrides", "nutrition_overrides"})
"""Messages that a reply has where it was asked for them: without, there is none, not an empty one."""
_MOMENTS = frozenset({"fitbox.v1.Provenance.created_at"})
"""Moments that are always there; from a server that leaves one out, it is the beginning of time."""

_BOUNDED = frozenset({"fitbox.v1.Profile.history"})
"""Lists of messages that callers send in any call; plans have bounds of their own."""

UNSPECIFIED = "UNSPECIFIED"
Refuse = Callable[[str, str], None]
"""Called with the path of a field that cannot be used, and what to send instead."""


def written(kind: type[Message], value: object) -> dict[str, object]:
    """Keyword arguments of a message's constructor, which takes nested messages as dictionaries."""
    return _written(_writers(kind.DESCRIPTOR), value)


def read(message: Message, refuse: Refuse, path: str = "", *, absent: bool = False) -> dict[str, object]:
    """The fields of a message by the domain's names, for a domain type to validate.

    Args:
        message: Any message.
        refuse: Told of each enum number that is unknown, and once of a list that is longer than any honest
            one, which is then not looked at.
        path: What stands in front of the fields' names, with its dot.
        absent: Whether what is unset is there too: ``None``, or a message with nothing in it; else it is left
            out, so that a default of the domain applies.
    """
    found: dict[str, object] = {}
    for field in _fields(message.DESCRIPTOR):
        if not field.presence or message.HasField(field.name):
            value = getattr(message, field.name)
            if not field.plain:
                value = field.way.read(value, Reading(refuse, path, field.name, absent))
            if value is not None:
                found[field.attribute] = value
        elif absent:
            found[field.attribute] = field.unset()
    return found


class Reading:
    """Where a value is read, and what becomes of what cannot be used. The path is put together when asked."""

    __slots__ = ("_inside", "_name", "absent", "refuse")

    def __init__(self, refuse: Refuse, inside: str, name: str, absent: bool) -> None:
        self.refuse, self.absent = refuse, absent
        self._inside, self._name = inside, name

    @property
    def path(self) -> str:
        """Of the value, from the request on."""
        return self._inside + self._name

    def at(self, suffix: str) -> Reading:
        """The same further down."""
        return Reading(self.refuse, self.path, suffix, self.absent)


class _Way(Protocol):
    """How values of one kind of field travel; their types are the descriptor's, which no checker knows."""

    def read(self, value: Any, where: Reading) -> object:
        """Wire -> domain; ``None`` for what says nothing or was refused."""

    def write(self, value: Any) -> object:
        """Domain -> wire."""


@dataclass(frozen=True)
class _Field:
    name: str
    attribute: str
    """What the domain calls it."""
    presence: bool
    way: _Way
    plain: bool
    """The wire's value is the domain's."""
    unset: Callable[[], object]
    """What stands for a value that is not set."""


_Writer = tuple[str, str, Callable[[Any], object] | None]
"""Field, attribute, and how the value is written; ``None``: as it is."""


def _written(writers: tuple[_Writer, ...], value: object) -> dict[str, object]:
    found = {}
    for name, attribute, write in writers:
        if (part := getattr(value, attribute)) is not None:
            found[name] = part if write is None else write(part)
    return found


@cache
def _writers(descriptor: Descriptor) -> tuple[_Writer, ...]:
    return tuple(
        (field.name, field.attribute, None if isinstance(field.way, _AS_IT_IS) else field.way.write)
        for field in _fields(descriptor)
        if f"{descriptor.full_name}.{field.name}" not in _ONLY_READ
    )


@cache
def _fields(descriptor: Descriptor) -> tuple[_Field, ...]:
    return tuple(_field(field) for field in descriptor.fields)


def _field(field: FieldDescriptor) -> _Field:
    way: _Way = _single(field)
    attribute = _ATTRIBUTES.get(field.full_name, field.name)
    if isinstance(way, _Seconds):
        attribute += "_seconds"
    if field.is_repeated and not isinstance(way, _Map):
        way = _Many(way, _most(field))
    presence = field.has_presence and not field.is_repeated
    return _Field(field.name, attribute, presence, way, isinstance(way, _Same), _unset(field, way))


def _unset(field: FieldDescriptor, way: _Way) -> Callable[[], object]:
    if field.name in _ONLY_ON_REQUEST:
        return lambda: None
    if field.full_name in _MOMENTS:
        return lambda: datetime.fromtimestamp(0, UTC)
    if isinstance(way, _Seconds):
        return float
    if isinstance(way, _Nested):
        return lambda: way.read(way.kind(), Reading(_never, "", "", True))
    return lambda: None


def _never(path: str, description: str) -> None:
    raise AssertionError(f"{path}: an empty message has nothing to refuse")


def _most(field: FieldDescriptor) -> int | None:
    """Entries of a list that callers send: of an enum all its members, of others what a profile may have."""
    if field.enum_type is not None:
        return len(field.enum_type.values) - 1
    is_sent = field.message_type is None or field.full_name in _BOUNDED
    return MOST_ITEMS if is_sent else None


def _single(field: FieldDescriptor) -> _Way:
    if field.enum_type is not None:
        return _Member(field.enum_type, required=field.is_repeated)
    kind = field.message_type
    if kind is None:
        return _Same()
    if kind.GetOptions().map_entry:
        return _Map()
    if kind.full_name == Duration.DESCRIPTOR.full_name:
        return _Seconds()
    if kind.full_name == Timestamp.DESCRIPTOR.full_name:
        return _Moment()
    if [inner.name for inner in kind.fields] == ["items"]:
        return _Items(_field(kind.fields[0]).way)
    return _Nested(GetMessageClass(kind))


class _Same:
    def read(self, value: object, where: Reading) -> object:
        return value

    def write(self, value: object) -> object:
        return value


class _Map:
    def read(self, value: Any, where: Reading) -> object:
        return dict(value)

    def write(self, value: object) -> object:
        return value


class _Seconds:
    def read(self, value: Duration, where: Reading) -> float:
        return value.ToTimedelta().total_seconds()

    def write(self, value: float) -> timedelta:
        return timedelta(seconds=value)


class _Moment:
    def read(self, value: Timestamp, where: Reading) -> datetime:
        return value.ToDatetime(tzinfo=UTC)

    def write(self, value: datetime) -> datetime:
        return value


class _Member:
    """A member of an enum, by its name without the enum's own prefix."""

    def __init__(self, numbering: EnumDescriptor, *, required: bool) -> None:
        self._prefix = numbering.values_by_number[0].name.removesuffix(UNSPECIFIED)
        self._names = {
            value.number: value.name.removeprefix(self._prefix) for value in numbering.values if value.number
        }
        self._required = required

    def read(self, value: int, where: Reading) -> str | None:
        name = self._names.get(value)
        if value == 0 and self._required:
            where.refuse(where.path, f"must be set: {', '.join(self._names.values())}")
        elif value != 0 and name is None:
            # A client of a newer API may send a number that we do not know: guessing would be unsafe.
            where.refuse(where.path, f"unknown number {value}")
        return UNSPECIFIED if value == 0 and where.absent else name

    def write(self, value: StrEnum) -> str:
        return self._prefix + value.name


class _Nested:
    def __init__(self, kind: type[Message]) -> None:
        self.kind = kind
        self._writers: tuple[_Writer, ...] = ()

    def read(self, value: Message, where: Reading) -> dict[str, object]:
        return read(value, where.refuse, f"{where.path}.", absent=where.absent)

    def write(self, value: object) -> dict[str, object]:
        if not self._writers:  # not at construction, for a message may hold its own kind
            self._writers = _writers(self.kind.DESCRIPTOR)
        return _written(self._writers, value)


class _Items:
    """A message that is a list which may be unset."""

    def __init__(self, items: _Way) -> None:
        self._items = items

    def read(self, value: Any, where: Reading) -> object:
        return self._items.read(value.items, where.at(".items"))

    def write(self, value: object) -> dict[str, object]:
        return {"items": self._items.write(value)}


class _Many:
    """A list. One that callers send is bounded before any of it is read: what is said of an entry that cannot
    be used takes more than a hundred times its bytes."""

    def __init__(self, one: _Way, most: int | None) -> None:
        self._one, self._most = one, most

    def read(self, value: Any, where: Reading) -> object:
        if self._most is not None and len(value) > self._most:
            where.refuse(where.path, f"at most {self._most} entries")
            return None
        if isinstance(self._one, _Same):
            return list(value)
        found = (self._one.read(one, where.at(f"[{index}]")) for index, one in enumerate(value))
        return [one for one in found if one is not None]

    def write(self, value: Iterable[Any]) -> list[object]:
        ordered = sorted(value) if isinstance(value, frozenset) else value
        return list(ordered) if isinstance(self._one, _Same) else [self._one.write(one) for one in ordered]


_AS_IT_IS = (_Same, _Map, _Moment)
