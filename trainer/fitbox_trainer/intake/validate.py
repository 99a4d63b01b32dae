"""Which rows are members: rules generated from ``Profile``, checked on columns, then by ``Profile`` itself.

The limits live in ``Profile`` alone. :func:`find_bad_fields` turns its field constraints into expressions
that find every bad cell of a batch at once; the rows that pass become canonical JSON, and pydantic validates
that JSON, so the rules that span fields hold as well and nothing is accepted here that a request could not
say.
"""

from __future__ import annotations

import hashlib
import json
import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import polars as pl
from annotated_types import Ge, Le
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from fitbox.exercises import exercises
from fitbox.foods import foods
from fitbox.history.events import FORMS
from fitbox.profile import LATER_FIELDS, Profile
from fitbox_trainer.intake.cells import FACTORS, LIST_FIELDS, WHOLE_FIELDS
from fitbox_trainer.intake.headers import REQUIRED_FIELDS
from fitbox_trainer.intake.histories import EVENTS, HISTORY, as_events, what_is_wrong

_PROFILES = TypeAdapter(list[Profile])
_PROFILES_AT_ONCE = 1024
"""Few enough to die young: with a whole batch alive, garbage collection doubles the time."""
_CATALOGS = {"disliked_exercises": exercises, "disliked_foods": foods}
"""Lists of catalog ids; an id that no catalog has would be a wish that is silently ignored."""
_SORTED_FIELDS = tuple(sorted(Profile.model_fields))
_NOTHING_SAID = {
    name: Profile.model_fields[name].get_default(call_default_factory=True) for name in LATER_FIELDS
}
"""Later fields, and what stands in them where nobody said anything."""


@dataclass(frozen=True)
class BadField:
    """Row (from 0) of a batch, the field that cannot be used, and why."""

    row: int
    field: str
    reason: str


def canonical_profile_json(profile: Profile) -> str:
    """The one JSON text of a profile: sorted keys, sorted sets, no spaces, later fields only where they say
    something.

    Equal profiles have equal texts in every process, whatever order their sets iterate in.
    """
    values = profile.model_dump(mode="json")
    for name in LIST_FIELDS:
        if values[name] is not None:
            values[name] = sorted(values[name])
    for name, default in _NOTHING_SAID.items():
        if getattr(profile, name) == default:
            del values[name]
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def member_id(profile_json: str) -> str:
    """SHA-256 (hex) of a canonical profile."""
    return hashlib.sha256(profile_json.encode()).hexdigest()


def find_bad_fields(frame: pl.DataFrame) -> Iterator[BadField]:
    """Every field of a parsed batch that breaks a rule of its own; missing required fields included."""
    fields = sorted(name for name in frame.columns if name in Profile.model_fields)
    wrong = frame.select(
        (~_is_allowed(name)).fill_null(value=name in REQUIRED_FIELDS).alias(name) for name in fields
    )
    found = [(row, name) for name in fields for row in wrong[name].arg_true()]
    for row, name in sorted(found):
        cell = frame[name][row]
        yield BadField(row, name, "is missing" if cell is None else _reason(name, cell))


def _reason(field: str, cell: object) -> str:
    return (field == HISTORY and what_is_wrong(str(cell))) or f"must be {describe(field)}"


def to_profile_json(frame: pl.DataFrame) -> pl.Series:
    """Canonical JSON of each row; equal to :func:`canonical_profile_json` of the profile it describes."""
    columns = []
    if HISTORY in frame.columns:
        frame = frame.with_columns(as_events(frame[HISTORY]))
    later = [name for name in _NOTHING_SAID if name in frame.columns]
    for name in _SORTED_FIELDS:
        if name in _NOTHING_SAID and name not in later:
            continue
        info = Profile.model_fields[name]
        column = pl.col(name) if name in frame.columns else pl.lit(None, pl.String)
        if name in LIST_FIELDS:
            items = column.str.split(";").list.unique().list.sort()
            column = pl.when(column == "").then(pl.lit([], pl.List(pl.String))).otherwise(items)
            if info.default is not None:
                column = column.fill_null(pl.lit([], pl.List(pl.String)))
        elif name == HISTORY:
            column = column.fill_null(pl.lit([], EVENTS))
        else:
            if name in FACTORS:
                column = column.cast(pl.Int64 if name in WHOLE_FIELDS else pl.Float64)
            if not info.is_required() and info.default is not None:
                column = column.fill_null(pl.lit(info.default))
        columns.append(column.alias(name))
    texts = frame.select(pl.struct(columns).struct.json_encode()).to_series()
    for name in later:
        default = _NOTHING_SAID[name]
        said = json.dumps(sorted(default) if isinstance(default, frozenset) else default)
        texts = texts.str.replace(f'"{name}":{said},', "", literal=True)
    return texts


def find_bad_profiles(profiles_json: Sequence[str]) -> Iterator[BadField]:
    """Profiles that ``Profile`` refuses, with its reason: the rules that span several fields."""
    for start in range(0, len(profiles_json), _PROFILES_AT_ONCE):
        part = profiles_json[start : start + _PROFILES_AT_ONCE]
        try:
            _PROFILES.validate_json(f"[{','.join(part)}]")
        except ValidationError as error:
            for item in error.errors(include_url=False, include_context=False, include_input=False):
                row, *path = item["loc"]
                reason = item["msg"].removeprefix("Value error, ")
                first_word = reason.split()[0].rstrip(":")
                field = str(path[0]) if path else first_word if first_word in Profile.model_fields else ""
                yield BadField(start + int(row), field, reason.removeprefix(f"{field}: "))


@cache
def describe(field: str) -> str:
    """What a field allows, in words: ``"between 14 and 100"``, ``"one of FEMALE, MALE"``."""
    info = Profile.model_fields[field]
    if field in FACTORS:
        low, high = _bounds(info)
        return f"between {low:g} and {high:g}{_unit_of(field)}"
    if field == HISTORY:
        return f"a list of events, each one of: {FORMS}"
    values = _enum_values(info)
    if field in LIST_FIELDS:
        return f"a list of {', '.join(values or [_ids_in_words(field)])}"
    if field == "sex":
        return f"one of {', '.join(values)} (codes 0 and 1 are read in the 19-column layout only)"
    return f"one of {', '.join(values)}"


def _is_allowed(name: str) -> pl.Expr:
    """Whether a cell keeps the rules of its field; null for an empty cell."""
    info, cell = Profile.model_fields[name], pl.col(name)
    if name in FACTORS:
        return cell.is_between(*_bounds(info))
    if name == HISTORY:
        return cell.map_elements(lambda text: what_is_wrong(text) is None, return_dtype=pl.Boolean)
    values = _enum_values(info)
    if name in LIST_FIELDS:
        item = f"(?:{'|'.join(values or _CATALOGS[name]())})"
        return cell.str.contains(f"^(?:{item}(?:;{item})*)?$")
    return cell.is_in(values)


def _bounds(info: FieldInfo) -> tuple[float, float]:
    low = next(float(rule.ge) for rule in info.metadata if isinstance(rule, Ge))  # type: ignore[arg-type]
    high = next(float(rule.le) for rule in info.metadata if isinstance(rule, Le))  # type: ignore[arg-type]
    return low, high


def _leaves(annotation: Any) -> Iterator[Any]:
    """The plain types inside ``frozenset[X] | None`` and the like."""
    if typing.get_origin(annotation) in {types.UnionType, typing.Union, frozenset}:
        for inner in typing.get_args(annotation):
            yield from _leaves(inner)
    else:
        yield annotation


def _enum_values(info: FieldInfo) -> list[str]:
    for leaf in _leaves(info.annotation):
        if isinstance(leaf, type) and issubclass(leaf, StrEnum):
            return [member.value for member in leaf]
    return []


def _ids_in_words(field: str) -> str:
    return f"catalog ids such as {next(iter(_CATALOGS[field]()))}"


def _unit_of(field: str) -> str:
    """The unit that a field's name ends with, as people write it."""
    endings = {
        "_years": " years",
        "_kg": " kg",
        "_cm": " cm",
        "_percent": " %",
        "_bpm": " beats a minute",
        "_minutes": " minutes",
    }
    return next((unit for ending, unit in endings.items() if field.endswith(ending)), "")
