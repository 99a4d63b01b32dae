"""Which column of a CSV file holds which field: recognises headers whatever their case, spacing and units."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from fitbox.profile import Profile
from fitbox_trainer.intake.titles import (
    DERIVED_FIELDS,
    FIELD_OF,
    INSTRUCTION,
    LEVEL_LABEL,
    NOT_OURS,
    RESPONSE,
    TARGET_FIELDS,
    TASK,
    TEXT_FIELDS,
    TITLES,
    key_of,
)
from fitbox_trainer.intake.units import (
    AVERAGE_HEART_RATE,
    BMI,
    FACTORS,
    HEART_RATES,
    UNITS,
    unit_at_end,
    units_of,
)
from fitbox_trainer.intake.values import is_a_value

REQUIRED_FIELDS = tuple(name for name, info in Profile.model_fields.items() if info.is_required())
MAX_TITLE_CHARACTERS = 200
"""No title of a column of ours is longer; what is longer is compared with nothing."""
_MAX_COMPARED = 100
"""Titles that are compared with a missing field, which takes time that grows with their number."""


class Shape(StrEnum):
    """The three kinds of file that people have."""

    KAGGLE = "KAGGLE"
    """The 15 columns of the public "gym members" data set, or a selection of them."""
    CLEANED = "CLEANED"
    """The same members with derived columns, and codes for sex and workout type, understood only here."""
    FITBOX = "FITBOX"
    """Our own: column names are the fields of ``Profile``."""


_CLEANED_MARKS = frozenset({"calories_per_hour", "bmi_category", "activity_level", LEVEL_LABEL})
_SIGNS = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "²": "2"}
_NOT_THE_TITLE = re.compile(
    r"^(?:q?\d{1,3}\s*[.):-]\s*)?(?:(?:what is|what's|quel est|quelle est) )?(?:(?:your|votre) )?"
)
"""What forms write before a title: a number, "what is your"."""
_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]?")
_REMARKS = frozenset(
    {
        *("optional", "required", "facultatif", "obligatoire", "optionnel", "measured", "mesure", "mesuree"),
        *(
            "self",
            "reported",
            "declare",
            "if",
            "known",
            "si",
            "connu",
            "any",
            "or",
            "ou",
            "et",
            "and",
            "to",
            "a",
        ),
    }
)
"""Words in brackets that change nothing about a column."""


@dataclass(frozen=True)
class Column:
    """One recognised column: ``index`` from 0, ``header`` as written, ``unit`` (``""``: none stated)."""

    index: int
    header: str
    field: str
    unit: str


@dataclass(frozen=True)
class Layout:
    """What the header line says. ``ignored``: headers that are unknown, derived or repeat an earlier one."""

    shape: Shape
    width: int
    columns: dict[str, Column]
    ignored: tuple[str, ...]
    missing: tuple[str, ...]
    """Fields a profile cannot do without that no column holds."""
    inches: int | None = None
    """Column with the inches of a height whose feet stand in a column of their own."""

    @property
    def text_indexes(self) -> frozenset[int]:
        """Columns of free text, the only ones where a line break inside a cell is surely meant."""
        return frozenset(self.columns[name].index for name in TEXT_FIELDS if name in self.columns)

    @property
    def required_width(self) -> int:
        """Cells that a row needs at least to hold everything that a member cannot do without."""
        needed = [self.columns[name].index for name in REQUIRED_FIELDS if name in self.columns]
        return 1 + max([*needed, self.inches or 0])

    def without(self, field: str) -> Layout:
        """The layout with a column left out."""
        columns = {name: column for name, column in self.columns.items() if name != field}
        return replace(self, columns=columns, ignored=(*self.ignored, self.columns[field].header))

    def with_unit(self, field: str, unit: str) -> Layout:
        """The layout with the unit of a column that states none."""
        return replace(self, columns=self.columns | {field: replace(self.columns[field], unit=unit)})


def clean_header(text: str) -> str:
    """A header cell without byte-order mark, quotes, and real or literal tabs and line breaks."""
    return re.sub(r"(?:\\[tnr]|\s)+", " ", text).strip(" \ufeff\"'").strip()


def read_name(header: str) -> tuple[str, str]:
    """``"Weight (lb)"`` -> ``("weight", "lb")``: the title in snake case, and what stands in brackets, as a
    unit where it is one."""
    name, units, _ = _parts(header)
    return name, next((UNITS.get(unit, unit) for unit in units), "")


@lru_cache(maxsize=4096)
def recognise(header: str) -> tuple[str, str] | None:
    """Field and unit of a title; ``None`` for a column that is not ours.

    A unit is cut off only where the field has it, and a title with a unit of something else is that of
    something else. Only the columns that a member cannot do without keep a unit that we do not know: their
    cells will be refused, which says more than that the column is missing.
    """
    name, in_brackets, has_percent = _parts(header)
    found = _field_and_unit(name)
    if found is None:
        return None
    field, unit = found
    if has_percent:
        in_brackets = ("%", *in_brackets)
    for word in in_brackets:
        known = units_of(field).get(word)
        if known is not None:
            unit = unit or known or (word if field in HEART_RATES and word != "bpm" else "")
        elif _is_remark(field, word):
            continue
        elif field in REQUIRED_FIELDS and field in FACTORS:
            return field, word
        else:
            return None
    return field, unit


def read_layout(headers: Sequence[str]) -> Layout:
    """Recognise a header line; never fails, see ``missing``."""
    columns: dict[str, Column] = {}
    ignored: list[str] = []
    seen: set[str] = set()
    inches: int | None = None
    for index, header in enumerate(headers):
        found = recognise(header) if len(header) <= MAX_TITLE_CHARACTERS else None
        title = clean_header(header[: 2 * MAX_TITLE_CHARACTERS])[:MAX_TITLE_CHARACTERS]
        if found is None or found[0] in DERIVED_FIELDS:
            ignored.append(title)
            seen |= {found[0]} if found else set()
            continue
        field, unit = found
        seen.add(field)
        earlier = columns.get(field)
        if earlier is not None and field == "height_cm" and {unit, earlier.unit} == {"ft", "in"}:
            inches = index if unit == "in" else earlier.index
            columns[field] = earlier if unit == "in" else Column(index, title, field, unit)
            continue
        needs_no_guess = earlier is not None and bool(unit) and not earlier.unit and field in FACTORS
        if earlier is None or needs_no_guess:
            columns[field] = Column(index, title, field, unit)
            title = earlier.header if earlier else ""
        ignored.append(title)
    label = columns.pop(LEVEL_LABEL, None)
    if label is not None:
        columns.setdefault("level", Column(label.index, label.header, "level", ""))
    return Layout(
        shape=_shape(headers, seen),
        width=len(headers),
        columns=columns,
        ignored=tuple(name for name in ignored if name),
        missing=tuple(name for name in REQUIRED_FIELDS if name not in columns),
        inches=inches,
    )


def closest_headers(field: str, headers: Sequence[str]) -> tuple[str, ...]:
    """Headers of a file that resemble a missing field, best first: what its author may have meant."""
    short = [header for header in headers if len(header) <= MAX_TITLE_CHARACTERS][:_MAX_COMPARED]
    names = {read_name(header)[0]: clean_header(header) for header in short if recognise(header) is None}
    wanted = dict.fromkeys((*TITLES[field], field.rsplit("_", 1)[0]))
    found = [match for name in wanted for match in difflib.get_close_matches(name, names, n=2, cutoff=0.6)]
    return tuple(dict.fromkeys(names[match] for match in found))[:3]


def is_units_row(layout: Layout, cells: Sequence[str]) -> bool:
    """Whether a row under the header holds units alone: ``,,kg,cm``."""
    measured = [layout.columns[name].index for name in ("weight_kg", "height_cm") if name in layout.columns]
    words = [_snake(_folded(cell.strip(" ()[]"))) for cell in cells if cell.strip()]
    known = {word for field in FACTORS for word in units_of(field)}
    return all(word in known for word in words) and any(i < len(cells) and cells[i].strip() for i in measured)


def with_units_row(layout: Layout, cells: Sequence[str]) -> Layout:
    """The layout with the units of a row under the header, where the title has none."""
    for field, column in layout.columns.items():
        if field in FACTORS and not column.unit and column.index < len(cells):
            word = _snake(_folded(cells[column.index].strip(" ()[]")))
            layout = layout.with_unit(field, units_of(field).get(word, word))
    return layout


def _parts(header: str) -> tuple[str, tuple[str, ...], bool]:
    """Title in snake case, each part in brackets in snake case, and whether a percent sign stands in it."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", clean_header(header))  # heightCm
    text = _NOT_THE_TITLE.sub("", _folded(text))
    brackets = [match[1] for match in _BRACKETS.finditer(text)]
    bare = _BRACKETS.sub(" ", text)
    has_percent = "%" in bare or any(part.strip() == "%" for part in brackets)
    units = (re.sub(r"^(?:in|en)_(?=.)", "", _snake(part)) for part in brackets)
    return _snake(bare), tuple(unit for unit in units if unit), has_percent


def _field_and_unit(name: str) -> tuple[str, str] | None:
    words = name.split("_")
    if name in NOT_OURS:
        return None
    whole = FIELD_OF.get(key_of(name))
    for count in (3, 2, 1):
        if len(words) <= count:
            continue
        stem, tail = words[:-count], "_".join(words[-count:])
        while len(stem) > 1 and stem[-1] in {"in", "en"}:
            stem = stem[:-1]
        field = whole or FIELD_OF.get(key_of("_".join(stem)))
        unit = unit_at_end(field, tail) if field else None
        if tail == "hr" and field == "session_minutes" and stem[-1] in {"duration", "length", "time"}:
            unit = "h"
        if field is not None and unit is not None:
            return field, unit
    return None if whole is None else (whole, "")


def _is_remark(field: str, words: str) -> bool:
    """Whether what stands in brackets only lists the field's values, or says nothing about what it is."""
    parts = words.split("_")
    return all(part in _REMARKS or part.isdigit() or is_a_value(field, part) for part in parts)


def _folded(text: str) -> str:
    for sign, plain in _SIGNS.items():
        text = text.replace(sign, plain)
    parts = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in parts if unicodedata.category(sign) not in {"Mn", "Cf"})


def _snake(text: str) -> str:
    return "percent" if text.strip() == "%" else re.sub(r"[^0-9a-z]+", "_", text).strip("_")


def _shape(headers: Sequence[str], seen: set[str]) -> Shape:
    if len(seen & _CLEANED_MARKS) >= 2:
        return Shape.CLEANED
    own = {clean_header(header).casefold() for header in headers if len(header) < 32} & set(REQUIRED_FIELDS)
    return Shape.FITBOX if len(own) >= 2 else Shape.KAGGLE


__all__ = [
    "AVERAGE_HEART_RATE",
    "BMI",
    "INSTRUCTION",
    "REQUIRED_FIELDS",
    "RESPONSE",
    "TARGET_FIELDS",
    "TASK",
    "TEXT_FIELDS",
    "UNITS",
    "Column",
    "Layout",
    "Shape",
    "clean_header",
    "closest_headers",
    "read_layout",
    "read_name",
]
