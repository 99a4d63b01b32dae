"""Text of cells -> typed columns in the units of ``Profile``, a whole batch at a time.

Nothing is judged here but whether a text can be read at all; :mod:`.validate` checks what was read.
Columns of bare numbers, which are the rule, are read at once; of the others each different text is read
once, by :mod:`.texts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from fitbox_trainer.intake.headers import Column, Layout, Shape
from fitbox_trainer.intake.histories import read_history
from fitbox_trainer.intake.layouts import SESSION_STEP_MINUTES
from fitbox_trainer.intake.texts import FEET_AND_INCHES, UNKNOWN_UNIT, read_category, read_list, read_number
from fitbox_trainer.intake.titles import TEXT_FIELDS
from fitbox_trainer.intake.units import FACTORS, WHOLE_FIELDS, units_of
from fitbox_trainer.intake.values import LIST_FIELDS

# A number without any unit: the possible ranges of the two readings do not meet, so the value itself decides.
METRES_BELOW = 3.0
HOURS_UP_TO = 3.0


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
    columns: list[pl.Series] = []
    unread: dict[str, tuple[list[int], str]] = {}
    for field, column in layout.columns.items():
        cells = by_index[column.index]
        if field == "height_cm" and layout.inches is not None:
            cells = tuple(map(feet_and_inches, cells, by_index[layout.inches]))
        text = pl.Series(field, cells, dtype=pl.String)
        if field in TEXT_FIELDS:
            columns.append(_free_text(text))
        elif field in FACTORS:
            number, failed = _number(column, text)
            columns.append(number)
            if failed:
                unread[field] = failed, _expected(column)
        else:
            columns.append(_category(field, text, coded=layout.shape is Shape.CLEANED))
    return ParsedBatch(pl.DataFrame(columns), unread)


def feet_and_inches(feet: str, inches: str) -> str:
    """Two cells of one height as people write it in one: 5 and 6 are ``5'6"``."""
    return f"{feet.strip()}'{inches.strip()}\"" if feet.strip() and inches.strip() else feet or inches


def _free_text(text: pl.Series) -> pl.Series:
    read = text.str.replace_all(r"\n", "\n", literal=True).str.replace_all(r"\t", " ", literal=True)
    read = read.str.replace_all(r"\r", "", literal=True).str.strip_chars()
    return read.set(read == "", None)


def _category(field: str, text: pl.Series, *, coded: bool) -> pl.Series:
    different = text.unique().to_list()
    if field == "history":
        values = [read_history(each) for each in different]
    elif field in LIST_FIELDS:
        values = [read_list(field, each) for each in different]
    else:
        values = [read_category(field, each, coded=coded) for each in different]
    return text.replace_strict(different, values, return_dtype=pl.String)


def _number(column: Column, text: pl.Series) -> tuple[pl.Series, list[int]]:
    """The column in the unit of its field, and the rows whose text is no number in a unit of the field."""
    field, stated = column.field, units_of(column.field).get(column.unit, column.unit)
    value = text.cast(pl.Float64, strict=False)
    bare = (value.is_finite().fill_null(value=False) | (text == "")).all() and stated != FEET_AND_INCHES
    if bare:
        empty, unit = text == "", pl.Series([stated], dtype=pl.String).new_from_index(0, len(text))
    else:
        different = text.unique().to_list()
        read = [read_number(field, stated, each) for each in different]
        value = text.replace_strict(different, [number for number, _ in read], return_dtype=pl.Float64)
        unit = text.replace_strict(different, [unit for _, unit in read], return_dtype=pl.String)
        empty = value.is_null() & (unit == "")
        unit = unit.set(unit == "", stated)
    frame = pl.DataFrame({"value": value, "unit": unit}).select(_in_own_unit(field).alias(field))
    number = frame.to_series()
    return number, (number.is_null() & ~empty).arg_true().to_list()


def _in_own_unit(field: str) -> pl.Expr:
    """``value`` in ``unit`` -> the field's own unit; null where the field has no such unit."""
    value, unit, factors = pl.col("value"), pl.col("unit"), FACTORS[field]
    if field == "height_cm":
        unit = _where_empty(unit, pl.when(value < METRES_BELOW).then(pl.lit("m")).otherwise(pl.lit("cm")))
    if field == "session_minutes":
        unit = _where_empty(unit, pl.when(value <= HOURS_UP_TO).then(pl.lit("h")).otherwise(pl.lit("min")))
    factor = unit.replace_strict(
        list(factors), [float(factor) for factor in factors.values()], default=None, return_dtype=pl.Float64
    )
    # Conversion leaves binary noise (1.1 m -> 110.00000000000001 cm); unconverted values stay as written.
    number = pl.when(factor == 1).then(value).otherwise((value * factor).round(2))
    if field == "session_minutes":
        stepped = (value * 60 / SESSION_STEP_MINUTES).round() * SESSION_STEP_MINUTES
        number = pl.when(unit == "h").then(stepped).otherwise(number)
    if field in WHOLE_FIELDS:
        number = pl.when(number == number.round()).then(number)
    return number


def _where_empty(text: pl.Expr, other: pl.Expr) -> pl.Expr:
    return pl.when(text == "").then(other).otherwise(text)


def _expected(column: Column) -> str:
    units = [unit for unit in FACTORS[column.field] if unit]
    kind = "a whole number" if column.field in WHOLE_FIELDS else "a number"
    said = units_of(column.field).get(column.unit, column.unit)
    if said and said not in FACTORS[column.field] and said != FEET_AND_INCHES:
        kind += f" (the title says {column.unit})"
    return f"is not {kind}" + (f" in one of the units {', '.join(units)}" if units else "")


__all__ = ["FACTORS", "LIST_FIELDS", "UNKNOWN_UNIT", "WHOLE_FIELDS", "ParsedBatch", "parse"]
