"""A coach's overrides from a file, for the command line."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.files import read_object
from fitbox.overrides.values import NutritionOverrides, WorkoutOverrides

OverridesT = TypeVar("OverridesT", WorkoutOverrides, NutritionOverrides)
MAX_BYTES = 1 << 20


def read_overrides(path: Path | None, kind: type[OverridesT]) -> OverridesT | None:
    """What the file sets, by the names of the API's fields; ``None`` without a file.

    Raises:
        UnusableFileError: it is no file with a JSON object.
        InvalidProfileError: it sets what there is none of, or has a value of another kind; each is named.
    """
    if path is None:
        return None
    values = read_object(path, max_bytes=MAX_BYTES, links=True)
    known = [field.name for field in fields(kind)]
    wrong = [
        FieldViolation(f"overrides.{name}", f"there is none; there are {', '.join(known)}")
        for name in values
        if name not in known
    ]
    if wrong:
        raise InvalidProfileError(tuple(wrong))
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        found = [
            FieldViolation(f"overrides.{'.'.join(map(str, one['loc']))}", one["msg"])
            for one in error.errors()
        ]
        raise InvalidProfileError(tuple(found)) from None
