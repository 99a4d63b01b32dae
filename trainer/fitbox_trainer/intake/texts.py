"""The text of one cell -> a number with its unit, a category, or a list. Pure, one cell at a time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from fitbox.units import CM_PER_INCH
from fitbox_trainer.intake.layouts import SEX_CODES, WORKOUT_TYPE_CODES
from fitbox_trainer.intake.units import CM_PER_FOOT, HEART_RATES, units_of
from fitbox_trainer.intake.values import (
    BLANK_PATTERN,
    FULL_GYM,
    LIST_ENUMS,
    LIST_FIELDS,
    NOTHING,
    NUMBERS,
    is_no_value,
    list_item,
    synonyms,
)

MAX_CELL_CHARACTERS = 200
"""No number and no category is longer; of what is longer nothing is read."""
FEET_AND_INCHES = "ft.in"
"""Unit of a column in which 5.11 means 5 feet 11 inches."""
UNKNOWN_UNIT = "unknown"

_CODES: dict[str, dict[float, str]] = {
    "sex": {float(code): name.upper() for name, code in SEX_CODES.items()},
    "workout_type": {code: name.upper() for name, code in WORKOUT_TYPE_CODES.items()},
}
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`\u02b9\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u02ba", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
        "\u2026": "...",
        "\u00bd": ".5",
        "\u00bc": ".25",
        "\u00be": ".75",
        "\u0153": "oe",
        "\u0152": "oe",
        "\u00e6": "ae",
        "\u00c6": "ae",
    }
)
_SUMMARIES = frozenset(
    {
        *(
            "total",
            "totals",
            "totaux",
            "sum",
            "somme",
            "subtotal",
            "count",
            "nombre",
            "effectif",
            "std",
            "stdev",
        ),
        *(
            "average",
            "avg",
            "mean",
            "moyenne",
            "moy",
            "median",
            "mediane",
            "minimum",
            "maximum",
            "min",
            "max",
        ),
    }
)
_BLANK = re.compile(BLANK_PATTERN)
_GROUPS = re.compile(r"(?<=\d)[ '](?=\d{3}(?!\d))")
_NUMBER = re.compile(
    r"(?:[~\u2248]|ca\.? |env\.? |environ |about |approx\.? )?\s*"
    r"([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d+)?)"
    r"\s*(?:\(?\s*([a-z%\"'][a-z0-9%/_ .\"']*?)\s*\)?)?\.?"
)
_FEET = r"(\d)\s*(?:'|ft\.?|feet|foot|pieds?)"
_AND_INCHES = r"(\d{0,2}(?:[.,]\d+)?)\s*(?:\"|''|in\.?|ins|inch|inches|pouces?)?"
_FEET_AND_INCHES = re.compile(rf"{_FEET}\s*(?:(?:-|,|and|et)?\s*{_AND_INCHES})?")
_FEET_DOT_INCHES = re.compile(r"(\d)(?:[.,](\d{1,2}))?")
_METRES_AND_CM = re.compile(r"([12])\s*m\s*(\d{2})\s*(?:cm)?")
_HOURS_AND_MINUTES = re.compile(
    r"(\d{1,2})\s*(?:h|hr|hrs|hours?|heures?)\.?\s*(?:and |et )?(\d{1,2})\s*(?:m|min|mins|mn|minutes?)?\.?"
)
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d)(?:[.,]\d+)?)?")


def tidy(text: str) -> str:
    """A cell as it is compared: lower case, without accents, with plain quotes, dashes and single spaces."""
    if text.isascii():
        text = re.sub(r"\\[tnr]", " ", text) if "\\" in text else text
    else:
        text = unicodedata.normalize("NFKD", text.translate(_SIGNS)).translate(_SIGNS)
        text = "".join(sign for sign in text if unicodedata.category(sign) not in {"Mn", "Cf"})
        text = re.sub(r"\\[tnr]", " ", text)
    return " ".join(text.split()).casefold()


def is_blank(field: str, tidied: str) -> bool:
    """Whether a cell holds no value: empty, a dash, an error value of a spreadsheet, or words that say so."""
    text = tidied.strip("'\"() []<>")
    return not text or text in is_no_value(field) or _BLANK.fullmatch(text) is not None


@lru_cache(maxsize=1 << 16)
def read_number(field: str, column_unit: str, text: str) -> tuple[float | None, str]:
    """The number in a cell and the unit that stands there (``""``: none).

    Numbers in two parts (``5'11"``, ``1m80``, ``1h30``) come in the field's own unit. ``None`` where there is
    no number; the unit is then ``""`` for a cell that holds no value and :data:`UNKNOWN_UNIT` for any other.
    """
    if len(text) > MAX_CELL_CHARACTERS:
        return None, UNKNOWN_UNIT
    text = tidy(text)
    if is_blank(field, text):
        return None, ""
    text = text.strip("'") if text.startswith("'") else text
    composite = _in_two_parts(field, column_unit, text)
    if composite is not None:
        return composite
    text = _GROUPS.sub(
        "", NUMBERS.get(text.split(" ")[0], text.split(" ")[0]) + text[len(text.split(" ")[0]) :]
    )
    if re.search(r",\d*\.", text):
        text = text.replace(",", "")
    elif re.search(r"\.\d*,", text):
        text = text.replace(".", "")
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None, UNKNOWN_UNIT
    number = float(match[1].replace(",", "."))
    if not abs(number) < 1e300:
        return None, UNKNOWN_UNIT
    return number, _unit(field, match[2])


def read_category(field: str, text: str, *, coded: bool) -> str | None:
    """The value of a category; ``None`` for a cell that holds none; upper-case text that is none of them."""
    if len(text) > MAX_CELL_CHARACTERS:
        return text[:MAX_CELL_CHARACTERS]
    words = tidy(text).strip("'\" ")
    known = synonyms(field)
    if words in known and not (coded and field in _CODES):
        return known[words]
    if is_blank(field, words):
        return None
    if coded and field in _CODES:
        number, _ = read_number(field, "", words)
        if number in _CODES[field]:
            return _CODES[field][number]
    loose = " ".join(re.sub(r"[_/\-]+", " ", words).split())
    if field == "level":
        number, unit = read_number(field, "", words)
        loose = str(int(number)) if number in {1.0, 2.0, 3.0} and not unit else loose
    return (
        known.get(words)
        or known.get(loose)
        or known.get(loose.rstrip("."))
        or _said_twice(field, words)
        or loose.replace(" ", "_").upper()
    )


def _said_twice(field: str, words: str) -> str | None:
    """``Femme (F)``, ``male / homme``: the value where every part means the same."""
    parts = {part.strip(" .") for part in re.split(r"[()/\[\]]", words)} - {""}
    values = {synonyms(field).get(part) for part in parts}
    return values.pop() if len(values) == 1 else None


def read_list(field: str, text: str) -> str | None:
    """``A;B``, sorted as written; ``""`` for a list that is empty, ``None`` for a cell that holds none."""
    words = tidy(text[: 100 * MAX_CELL_CHARACTERS])
    if words.startswith("[") or words.endswith("]"):
        words = words.strip("[]").replace("'", "").replace('"', "")
    words = words.strip("'\" ;|,")
    if words in NOTHING:
        return ""
    if is_blank(field, words) or (field == "equipment" and words in FULL_GYM):
        return None
    items = [item.strip(" '\"") for item in re.split(r"[;|,+\n]+", words)]
    items = [item for item in items if item]
    if field not in LIST_ENUMS:
        return ";".join(re.sub(r"[\s\-]+", "_", item) for item in items)
    known = [list_item(field, item) for item in items]
    if len(items) == 1:
        known = _split_at_and(field, items[0], known)
    return ";".join(known)


def is_summary_row(cells: Sequence[str]) -> bool:
    """Whether a row that is no member sums the others up: its first cell says Total, Moyenne or the like."""
    first = next((cell for cell in cells if cell.strip()), "")
    words = re.split(r"[^a-z]+", tidy(first[:MAX_CELL_CHARACTERS]))
    return bool(words) and (words[0] in _SUMMARIES or words[:2] == ["grand", "total"])


def _split_at_and(field: str, item: str, known: list[str]) -> list[str]:
    """``milk and eggs``, ``genou/dos``: two items where both are known and the whole is not."""
    parts = re.split(r"\s+(?:and|et|&)\s+|\s*[/&]\s*", item)
    values = [list_item(field, part) for part in parts]
    whole = known[0] in synonyms(field).values()
    return known if whole or len(parts) < 2 else values


def _unit(field: str, written: str | None) -> str:
    if not written:
        return ""
    if written in {'"', "''"}:
        return "in" if field == "height_cm" else UNKNOWN_UNIT
    if written == "'" and field == "session_minutes":
        return "min"
    words = re.sub(r"[/ .]+", "_", written).strip("_")
    if field == "level":
        return words
    return units_of(field).get(words, UNKNOWN_UNIT)


def _in_two_parts(field: str, column_unit: str, text: str) -> tuple[float | None, str] | None:
    if field == "height_cm":
        return _height_in_two_parts(column_unit, text)
    if field == "session_minutes":
        return _time_in_two_parts(column_unit, text)
    return None


def _height_in_two_parts(column_unit: str, text: str) -> tuple[float | None, str] | None:
    if match := _METRES_AND_CM.fullmatch(text):
        return int(match[1]) * 100.0 + int(match[2]), "cm"
    match = _FEET_DOT_INCHES.fullmatch(text) if column_unit == FEET_AND_INCHES else None
    match = match or _FEET_AND_INCHES.fullmatch(text)
    if match is None:
        return None
    feet, inches = match.groups()
    more = float((inches or "0").replace(",", ".") or 0)
    if more >= 12:
        return None, UNKNOWN_UNIT
    return round(int(feet) * CM_PER_FOOT + more * CM_PER_INCH, 2), "cm"


def _time_in_two_parts(column_unit: str, text: str) -> tuple[float | None, str] | None:
    if match := _HOURS_AND_MINUTES.fullmatch(text):
        return int(match[1]) * 60.0 + int(match[2]), "min"
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    first, second = int(match[1]), int(match[2])
    # 1:30 is an hour and a half; 45:00 in a column of minutes, or with more hours than a day, is minutes.
    if match[3] is None and (column_unit == "min" or first > 4) and first >= 15:
        return first + second / 60, "min"
    return first * 60.0 + second, "min"


__all__ = [
    "FEET_AND_INCHES",
    "HEART_RATES",
    "LIST_FIELDS",
    "UNKNOWN_UNIT",
    "is_blank",
    "is_summary_row",
    "read_category",
    "read_list",
    "read_number",
    "tidy",
]
