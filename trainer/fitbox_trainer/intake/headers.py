"""Which column of a CSV file holds which field: recognises headers whatever their case, spacing and units."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fitbox.profile import Profile

REQUIRED_FIELDS = tuple(name for name, info in Profile.model_fields.items() if info.is_required())
TARGET_FIELDS = {"coach_workout": "workout", "coach_nutrition": "nutrition", "coach_advice": "advice"}
"""Columns with texts that the member's own coach wrote -> name of the task they are targets for."""
TASK, INSTRUCTION, RESPONSE = "task", "instruction", "response"
"""Columns of rows with one text each: which task, or a sentence that says so, and what the coach wrote."""
TEXT_FIELDS = (*TARGET_FIELDS, TASK, INSTRUCTION, RESPONSE)
"""Columns of free text, in which line breaks are meant."""
BMI = "bmi"
AVERAGE_HEART_RATE = "average_heart_rate_bpm"
LEVEL_LABEL = "level_label"
"""Repeats the level in words; read only where the level's own column is absent."""
DERIVED_FIELDS = ("calories_burned", "calories_per_hour", "bmi_category", "activity_level", "water_intake")
"""Known columns that follow from the others, so they teach nothing and are not read."""


class Shape(StrEnum):
    """The three kinds of file that people have."""

    KAGGLE = "KAGGLE"
    """The 15 columns of the public "gym members" data set, or a selection of them."""
    CLEANED = "CLEANED"
    """The same members with derived columns, and codes for sex and workout type, understood only here."""
    FITBOX = "FITBOX"
    """Our own: column names are the fields of ``Profile``."""


_CLEANED_MARKS = frozenset({"calories_per_hour", "bmi_category", "activity_level", LEVEL_LABEL})

_ALIASES: dict[str, tuple[str, ...]] = {
    "age_years": ("age",),
    "sex": ("gender",),
    "weight_kg": ("weight", "wt", "body_weight", "mass", "body_mass"),
    "height_cm": ("height", "ht", "body_height", "stature"),
    "level": ("experience_level", "experience", "training_level"),
    "goal": ("fitness_goal",),
    "body_fat_percent": ("fat_percentage", "body_fat", "fat", "body_fat_percentage"),
    "resting_heart_rate_bpm": ("resting_bpm", "resting_heart_rate", "resting_hr", "rest_bpm"),
    "max_heart_rate_bpm": ("max_bpm", "max_heart_rate", "maximum_heart_rate", "max_hr", "maximum_bpm"),
    "workout_type": ("workout", "training_type"),
    "workout_days_per_week": ("workout_frequency", "workout_days", "days_per_week", "training_days_per_week"),
    "session_minutes": ("session_duration", "session", "session_length", "workout_duration"),
    "equipment": (),
    "conditions": ("injuries", "medical_conditions"),
    "diet": ("diet_type",),
    "allergies": ("allergens",),
    "disliked_exercises": (),
    "disliked_foods": (),
    "meals_per_day": ("meals",),
    "language": ("language_code", "lang"),
    BMI: ("body_mass_index",),
    AVERAGE_HEART_RATE: ("avg_bpm", "average_bpm", "avg_heart_rate", "average_heart_rate"),
    LEVEL_LABEL: ("experience_label",),
    "water_intake": ("water",),
    "calories_burned": ("calories",),
    "calories_per_hour": (),
    "bmi_category": (),
    "activity_level": (),
    **dict.fromkeys(TEXT_FIELDS, ()),
}
_FIELD_OF = {alias: field for field, aliases in _ALIASES.items() for alias in (field, *aliases)}

UNITS = {
    spelling: unit
    for unit, spellings in {
        "kg": "kg kgs kilogram kilograms kilo kilos",
        "lb": "lb lbs pound pounds",
        "m": "m meter meters metre metres",
        "cm": "cm centimeter centimeters centimetre centimetres",
        "ft": "ft foot feet ft_in feet_inches foot_inches ft_inches",
        "in": "in inch inches",
        "h": "h hr hrs hour hours heures",
        "min": "min mins minute minutes",
        "%": "% percent percentage pct",
        "fraction": "fraction ratio",
        "": "bpm years year yrs days_week days_per_week days kg_m2 kg_m liters litres l kcal",
    }.items()
    for spelling in spellings.split()
}


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

    @property
    def text_indexes(self) -> frozenset[int]:
        """Columns of free text, the only ones where a line break inside a cell is meant."""
        return frozenset(self.columns[name].index for name in TEXT_FIELDS if name in self.columns)


def clean_header(text: str) -> str:
    """A header cell without byte-order mark, quotes, and real or literal tabs and line breaks."""
    return re.sub(r"\\[tnr]|\s", " ", text).strip(" \ufeff\"'").strip()


def read_name(header: str) -> tuple[str, str]:
    """``"Weight (lb)"`` -> ``("weight", "lb")``; a name that is itself known keeps what looks like a unit."""
    parts = unicodedata.normalize("NFKD", clean_header(header)).casefold()
    text = "".join(sign for sign in parts if not unicodedata.combining(sign))
    bracketed = re.fullmatch(r"(.*?)[(\[]([^)\]]*)[)\]]?\s*", text)
    name, unit = bracketed.groups() if bracketed else (text, "")
    if name.rstrip().endswith("%") or unit.strip() == "%":
        name, unit = name.rstrip(" %"), "percent"
    name, unit = _snake(name), _snake(unit)
    if unit:
        return name, UNITS.get(unit, unit)
    stem, suffix = _suffix(name)
    return (name if name in _FIELD_OF else stem), suffix


def read_layout(headers: Sequence[str]) -> Layout:
    """Recognise a header line; never fails, see ``missing``."""
    columns: dict[str, Column] = {}
    ignored: list[str] = []
    seen: set[str] = set()
    for index, header in enumerate(headers):
        name, unit = read_name(header)
        field = _FIELD_OF.get(name)
        if field is not None:
            seen.add(field)
        if field is None or field in columns or field in DERIVED_FIELDS:
            ignored.append(clean_header(header))
        else:
            columns[field] = Column(index, clean_header(header), field, unit)
    label = columns.pop(LEVEL_LABEL, None)
    if label is not None:
        columns.setdefault("level", Column(label.index, label.header, "level", ""))
    return Layout(
        shape=_shape(headers, seen),
        width=len(headers),
        columns=columns,
        ignored=tuple(name for name in ignored if name),
        missing=tuple(name for name in REQUIRED_FIELDS if name not in columns),
    )


def closest_headers(field: str, headers: Sequence[str]) -> tuple[str, ...]:
    """Headers of a file that resemble a missing field, best first: what its author may have meant."""
    names = {read_name(header)[0]: clean_header(header) for header in headers}
    wanted = (field, *_ALIASES[field], *(read_name(field)[0],))
    found = [match for name in wanted for match in difflib.get_close_matches(name, names, n=2, cutoff=0.6)]
    return tuple(dict.fromkeys(names[match] for match in found if match not in _FIELD_OF))


def _snake(text: str) -> str:
    return re.sub(r"[^0-9a-z]+", "_", text).strip("_")


def _suffix(name: str) -> tuple[str, str]:
    """Split a unit off the end of a snake-case name: ``height_ft_in`` -> ``("height", "ft")``."""
    words = name.split("_")
    for count in (2, 1):
        tail = "_".join(words[-count:])
        if len(words) > count and tail in UNITS:
            return "_".join(words[:-count]), UNITS[tail]
    return name, ""


def _shape(headers: Sequence[str], seen: set[str]) -> Shape:
    if len(seen & _CLEANED_MARKS) >= 2:
        return Shape.CLEANED
    own = {clean_header(header).casefold() for header in headers} & set(REQUIRED_FIELDS)
    return Shape.FITBOX if len(own) >= 2 else Shape.KAGGLE
