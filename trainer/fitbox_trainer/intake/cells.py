"""Text of cells -> typed columns in the units of ``Profile``, a whole batch at a time.

Nothing is judged here but whether a text can be read at all; :mod:`.validate` checks what was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from fitbox.profile import Diet, Goal, Language, Level, Sex, WorkoutType
from fitbox_trainer.intake.headers import AVERAGE_HEART_RATE, BMI, TEXT_FIELDS, UNITS, Column, Layout, Shape
from fitbox_trainer.intake.layouts import LEVEL_LABELS, SESSION_STEP_MINUTES, SEX_CODES, WORKOUT_TYPE_CODES

KG_PER_LB = 0.45359237
CM_PER_FOOT = 30.48
CM_PER_INCH = 2.54

FACTORS: dict[str, dict[str, float]] = {
    "age_years": {"": 1},
    "weight_kg": {"": 1, "kg": 1, "lb": KG_PER_LB},
    "height_cm": {"cm": 1, "m": 100, "ft": CM_PER_FOOT, "in": CM_PER_INCH},
    "body_fat_percent": {"": 1, "%": 1, "fraction": 100},
    "resting_heart_rate_bpm": {"": 1},
    "max_heart_rate_bpm": {"": 1},
    "workout_days_per_week": {"": 1},
    "session_minutes": {"min": 1, "h": 60},
    "meals_per_day": {"": 1},
    BMI: {"": 1},
    AVERAGE_HEART_RATE: {"": 1},
}
"""Numeric fields, and what one of each unit is worth in the field's own unit."""

WHOLE_FIELDS = frozenset(FACTORS) - {"weight_kg", "height_cm", "body_fat_percent", BMI, AVERAGE_HEART_RATE}

# A number without any unit: the possible ranges of the two readings do not meet, so the value itself decides.
_METRES_BELOW = 3.0
_HOURS_UP_TO = 3.0

_ENUMS: dict[str, type[StrEnum]] = {
    "sex": Sex,
    "level": Level,
    "goal": Goal,
    "workout_type": WorkoutType,
    "diet": Diet,
    "language": Language,
}
_SYNONYMS: dict[str, dict[str, str]] = {
    "sex": {"M": "MALE", "F": "FEMALE", "MAN": "MALE", "WOMAN": "FEMALE"},
    "level": {
        spelling: label.upper()
        for number, label in LEVEL_LABELS.items()
        for spelling in (str(number), f"{number}.0", f"{number},0")
    },
    "language": {"ENGLISH": "EN", "FRENCH": "FR"},
}
_CODES: dict[str, dict[float, str]] = {
    "sex": {float(code): name.upper() for name, code in SEX_CODES.items()},
    "workout_type": {code: name.upper() for name, code in WORKOUT_TYPE_CODES.items()},
}
LIST_FIELDS = ("equipment", "conditions", "allergies", "disliked_exercises", "disliked_foods")
_LOWER_CASE_LISTS = ("disliked_exercises", "disliked_foods")

_BLANKS = ["", "na", "n/a", "nan", "null", "-", "--", "?", "unknown"]
_NUMBER = r"^([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d+)?)\s*(?:[a-z%][a-z%/_ ]*)?\.?$"
_CELL_UNIT = r"[\d.,]\s*([a-z%][a-z%/_ ]*?)\.?$"
_PRIMES = {"\u2019": "'", "\u2032": "'", "\u201d": '"', "\u2033": '"'}
_FEET = r"^(\d)\s*(?:'|ft\.?|feet|foot)\s*(?:\d{1,2}(?:[.,]\d+)?\s*(?:\"|''|in\.?|inch|inches)?)?$"
_INCHES = r"^\d\s*(?:'|ft\.?|feet|foot)\s*(\d{1,2}(?:[.,]\d+)?)"


@dataclass(frozen=True)
class ParsedBatch:
    """What was read of a batch."""

    frame: pl.DataFrame
    """One column a field, ``null`` where a cell is empty; numbers are Float64, lists are texts ``A;B``."""
    unread: dict[str, tuple[list[int], str]]
    """Field -> the rows (from 0) whose text could not be read, and the reason, the same for all of them."""


def parse(rows: Sequence[Sequence[str]], layout: Layout) -> ParsedBatch:
    """Read the recognised columns of a batch. ``rows`` are as wide as the layout."""
    by_index = list(zip(*rows, strict=True)) or [()] * layout.width
    text = pl.DataFrame(
        {field: by_index[column.index] for field, column in layout.columns.items()},
        schema=dict.fromkeys(layout.columns, pl.String),
    )
    coded = layout.shape is Shape.CLEANED
    frame = text.select(_read(column, text, coded=coded) for column in layout.columns.values())
    numeric = [field for field in layout.columns if field in FACTORS]
    blank = text.select(_is_blank(pl.col(field)) for field in numeric)
    unread: dict[str, tuple[list[int], str]] = {}
    for field in numeric:
        failed = (frame[field].is_null() & ~blank[field]).arg_true().to_list()
        if failed:
            unread[field] = (failed, _expected(field))
    return ParsedBatch(frame, unread)


def _read(column: Column, text: pl.DataFrame, *, coded: bool) -> pl.Expr:
    cell = pl.col(column.field)
    if column.field in TEXT_FIELDS:
        read = cell.str.replace_all(r"\n", "\n", literal=True).str.replace_all(r"\t", " ", literal=True)
        read = read.str.replace_all(r"\r", "", literal=True).str.strip_chars()
        return pl.when(read != "").then(read).alias(column.field)
    if column.field in FACTORS:
        # Columns of bare numbers are the rule; without the search for units they are five times faster.
        bare = cell.cast(pl.Float64, strict=False)
        if text.select((bare.is_not_null() & bare.is_finite()).all()).item():
            return _number(column, bare, pl.lit(None, pl.String))
        tidy = _tidy(cell)
        return _number(column, _as_float(tidy.str.extract(_NUMBER)), tidy)
    if column.field in LIST_FIELDS:
        return _list(cell, lower=column.field in _LOWER_CASE_LISTS)
    return _enum(column.field, cell, coded=coded)


def _tidy(cell: pl.Expr) -> pl.Expr:
    """Without stray tabs and line breaks, real or written out, and in lower case."""
    return cell.str.replace_all(r"\\[tnr]|[\s\u00a0\ufeff]", " ").str.strip_chars().str.to_lowercase()


def _is_blank(cell: pl.Expr) -> pl.Expr:
    return _tidy(cell).is_in([*_BLANKS, "none"])


def _as_float(text: pl.Expr) -> pl.Expr:
    value = text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def _number(column: Column, value: pl.Expr, text: pl.Expr) -> pl.Expr:
    """``value`` in the unit of its field; ``text`` is the tidy cell, or null where it is known to be bare."""
    field, factors = column.field, FACTORS[column.field]
    # Header units of plain counts ("years old", "beats per minute") are decoration; those of measures matter.
    unit = _unit(text, header_unit=column.unit if len(factors) > 1 else "")
    if field == "height_cm":
        unit = _where_empty(unit, pl.when(value < _METRES_BELOW).then(pl.lit("m")).otherwise(pl.lit("cm")))
    if field == "session_minutes":
        unit = _where_empty(unit, pl.when(value <= _HOURS_UP_TO).then(pl.lit("h")).otherwise(pl.lit("min")))
    factor = unit.replace_strict(
        list(factors), [float(factor) for factor in factors.values()], default=None, return_dtype=pl.Float64
    )
    # Conversion leaves binary noise (1.1 m -> 110.00000000000001 cm); unconverted values stay as written.
    number = pl.when(factor == 1).then(value).otherwise((value * factor).round(2))
    if field == "session_minutes":
        stepped = (value * 60 / SESSION_STEP_MINUTES).round() * SESSION_STEP_MINUTES
        number = pl.when(unit == "h").then(stepped).otherwise(number)
    if field == "height_cm":
        number = pl.coalesce(_feet_and_inches(text), number)
    if field in WHOLE_FIELDS:
        number = pl.when(number == number.round()).then(number)
    return number.alias(field)


def _unit(text: pl.Expr, *, header_unit: str) -> pl.Expr:
    """The unit in the cell, ``unknown`` for one that we do not know, otherwise that of the header."""
    in_cell = text.str.extract(_CELL_UNIT).str.replace_all(r"[/ ]+", "_")
    known = in_cell.replace_strict(UNITS, default="unknown", return_dtype=pl.String)
    return pl.when(in_cell.is_null()).then(pl.lit(header_unit)).otherwise(known)


def _where_empty(text: pl.Expr, other: pl.Expr) -> pl.Expr:
    return pl.when(text == "").then(other).otherwise(text)


def _feet_and_inches(text: pl.Expr) -> pl.Expr:
    """``5'11"`` or ``5 ft 11 in`` -> centimetres; null for anything else."""
    text = text.str.replace_many(_PRIMES)
    feet, inches = _as_float(text.str.extract(_FEET)), _as_float(text.str.extract(_INCHES))
    return (feet * CM_PER_FOOT + inches.fill_null(0) * CM_PER_INCH).round(2)


def _enum(field: str, cell: pl.Expr, *, coded: bool) -> pl.Expr:
    text = _tidy(cell)
    name = text.str.strip_chars("'\" ").str.to_uppercase().str.replace_all(r"[\s\-/]+", "_")
    name = name.replace(_SYNONYMS.get(field, {}))
    name = name.replace({member.value.upper(): member.value for member in _ENUMS[field]})
    if coded and field in _CODES:
        code = _as_float(text.str.extract(_NUMBER))
        name = pl.coalesce(code.replace_strict(_CODES[field], default=None, return_dtype=pl.String), name)
    return pl.when(~_is_blank(cell)).then(name).alias(field)


def _list(cell: pl.Expr, *, lower: bool) -> pl.Expr:
    text = _tidy(cell).str.strip_chars("[]'\" ").str.replace_all(r"\s*[;|,]+\s*", ";").str.strip_chars("; ")
    text = text.str.replace_all(r"[\s\-]+", "_")
    items = text if lower else text.str.to_uppercase()
    return pl.when(text == "none").then(pl.lit("")).when(~_tidy(cell).is_in(_BLANKS)).then(items).name.keep()


def _expected(field: str) -> str:
    units = [unit for unit in FACTORS[field] if unit]
    kind = "a whole number" if field in WHOLE_FIELDS else "a number"
    return f"is not {kind}" + (f" in one of the units {', '.join(units)}" if units else "")
