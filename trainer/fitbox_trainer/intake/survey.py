"""What the values of a file say about its columns: the unit of a column that names none, and columns that are
not what their title promises.

Decided once, from the first batch, for the whole column, and told in the report. Where the values fit two
units the file is refused with a word on what to write: a guess would make every member another person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from fitbox.errors import DatasetError
from fitbox.units import KG_PER_LB
from fitbox_trainer.intake.cells import METRES_BELOW, feet_and_inches
from fitbox_trainer.intake.headers import Column, Layout
from fitbox_trainer.intake.texts import FEET_AND_INCHES, read_number
from fitbox_trainer.intake.units import FACTORS, units_of

MAX_SURVEYED = 5_000
"""Rows that are looked at."""
_FEWEST_FOR_POUNDS = 5
_FEWEST_FOR_FEET = 3
_CLEAR_SHARE = 0.9
_PLAUSIBLE_BMI = (15.0, 45.0)
"""kg/m2; nearly all people who train. The same weights read in the other unit fall out of it."""
_FEET = (METRES_BELOW, 9.0)
_INCHES = (40.0, 100.0)
_HEIGHTS_CM = {"m": 100.0, "cm": 1.0, "ft": FACTORS["height_cm"]["ft"], "in": FACTORS["height_cm"]["in"]}


@dataclass(frozen=True)
class Note:
    """Something that was concluded about a column."""

    column: str
    sentence: str


def settle_units(rows: Sequence[Sequence[str]], layout: Layout) -> tuple[Layout, tuple[Note, ...]]:
    """The layout with the units that the values show, and what was concluded.

    Raises:
        DatasetError: the values of a column fit two units.
    """
    rows = rows[:MAX_SURVEYED]
    notes: list[Note] = []
    height = layout.columns.get("height_cm")
    if height is not None and layout.inches is not None:
        notes.append(_two_columns(height, layout.inches, rows))
    elif height is not None:
        unit, said = _height_unit(height, [row[height.index] for row in rows])
        if said:
            layout = layout.with_unit("height_cm", unit)
            notes.append(Note(height.header, said))
    weight = layout.columns.get("weight_kg")
    if weight is not None and height is not None and not _stated(weight):
        said = _weigh(rows, weight, layout.columns["height_cm"], layout.inches)
        if said:
            layout = layout.with_unit("weight_kg", "lb")
            notes.append(Note(weight.header, said))
    fat = layout.columns.get("body_fat_percent")
    if fat is not None and _stated(fat) in {"", "%"}:
        said = _fractions([row[fat.index] for row in rows], fat)
        if said:
            layout = layout.with_unit("body_fat_percent", "fraction")
            notes.append(Note(fat.header, said))
    return layout, tuple(notes)


def _two_columns(feet: Column, inches: int, rows: Sequence[Sequence[str]]) -> Note:
    cells = [feet_and_inches(row[feet.index], row[inches]) for row in rows]
    heights = [cell for cell in cells if read_number("height_cm", "ft", cell)[1] == "cm"]
    if 2 * len(heights) < len([cell for cell in cells if cell.strip()]):
        raise DatasetError(
            f"the heights stand in two columns, {feet.header!r} and one of inches, but the inches are not "
            "what is left over the feet; keep one of the two columns"
        )
    return Note(feet.header, "read together with the column of the inches over the feet")


def _stated(column: Column) -> str:
    return units_of(column.field).get(column.unit, column.unit)


def _without_unit(column: Column, cells: Sequence[str]) -> list[tuple[str, float]]:
    """Text and number of the cells that state no unit of their own."""
    read = ((cell, read_number(column.field, _stated(column), cell)) for cell in cells)
    return [(cell.strip(), number) for cell, (number, unit) in read if number is not None and unit == ""]


def _height_unit(column: Column, cells: Sequence[str]) -> tuple[str, str]:
    stated = _stated(column)
    if stated not in {"", "ft"}:
        return stated, ""
    bare = _without_unit(column, cells)
    values = [number for _, number in bare]
    if not stated:
        if len(values) < _FEWEST_FOR_FEET:
            return "", ""
        if _share(values, *_INCHES) >= _CLEAR_SHARE:
            return "in", f"no unit is stated; {_range(values)} can only be inches"
        if _share(values, *_FEET) < _CLEAR_SHARE:
            return "", ""
    said = "" if stated else f"no unit is stated; {_range(values)} can only be feet"
    fractions = {match[1] for text, _ in bare if (match := re.fullmatch(r"\d[.,](\d+)", text))}
    if fractions & {"10", "11"} and all(
        part.isdigit() and len(part) < 3 and int(part) < 12 for part in fractions
    ):
        return FEET_AND_INCHES, (
            "read as feet and inches (5.11 is 5 feet 11 inches), since no value has another fraction than "
            "an inch"
        )
    if said and fractions and max(map(len, fractions)) == 1:
        raise DatasetError(
            f"the heights in {column.header!r} look like feet, but 5.9 may be 5 feet 9 inches or 5.9 feet; "
            "write them as 5'9\", in inches or in centimetres, or put the unit into the title: Height (ft)"
        )
    return "ft", said


def _weigh(rows: Sequence[Sequence[str]], weight: Column, height: Column, inches: int | None) -> str:
    """Why the weights are pounds; empty where they are kilograms.

    Raises:
        DatasetError: they may be both.
    """
    indices: list[float] = []
    weights: list[float] = []
    for row in rows:
        kilos, unit = read_number("weight_kg", "", row[weight.index])
        cell = row[height.index]
        metres = _metres(height, cell if inches is None else feet_and_inches(cell, row[inches]))
        if kilos is not None and unit == "" and metres is not None:
            indices.append(kilos / metres**2)
            weights.append(kilos)
    if not indices:
        return ""
    as_kg = _share(indices, *_PLAUSIBLE_BMI)
    as_lb = _share([index * KG_PER_LB for index in indices], *_PLAUSIBLE_BMI)
    if as_kg >= as_lb or as_lb < 0.5:
        return ""
    if len(indices) >= _FEWEST_FOR_POUNDS and as_lb >= _CLEAR_SHARE and as_kg < 0.5:
        return (
            f"no unit is stated; {_range(weights)} fits the heights as pounds (a median BMI of "
            f"{median(indices) * KG_PER_LB:.0f}), not as kilograms ({median(indices):.0f})"
        )
    raise DatasetError(
        f"the weights in {weight.header!r} ({_range(weights)}) may be pounds or kilograms; write the unit "
        "into the title, as in Weight (lb) or Weight (kg)"
    )


def _metres(column: Column, cell: str) -> float | None:
    number, unit = read_number("height_cm", _stated(column), cell)
    if number is None:
        return None
    unit = unit or _stated(column) or ("m" if number < METRES_BELOW else "cm")
    metres = number * _HEIGHTS_CM.get(unit, 0.0) / 100
    return metres if 1.2 <= metres <= 2.3 else None


def _fractions(cells: Sequence[str], column: Column) -> str:
    values = [number for _, number in _without_unit(column, cells)]
    if not values or _share(values, 0.03, 0.65) < _CLEAR_SHARE or max(values) > 1:
        return ""
    return f"{_range(values)} are shares of one; 0.25 is read as 25 %"


def _share(values: Sequence[float], low: float, high: float) -> float:
    return sum(low <= value <= high for value in values) / len(values) if values else 0.0


def _range(values: Sequence[float]) -> str:
    return f"{min(values):g} to {max(values):g}"
