"""Reading what somebody else may have written: regular files and JSON, bounded, with one kind of error.

::

    read_file(path, max_bytes=...)                    bytes of a regular file
    with open_regular(path) as file:                  the same for what is read in pieces
    read_json(path, max_bytes=...)                    any JSON value
    read_object(path, max_bytes=...)                  a JSON object
    read_model(path, Model, max_bytes=...)            a pydantic model, validated strictly
    parse_json(content, where), parse_object(...), parse_model(content, Model, where)
                                                      the same for bytes that came from elsewhere
    to_json(values)                                   the bytes to write: sorted keys, never NaN
    shown(text)                                       for a message: escaped, and no longer than a line

Whatever is wrong is an UnusableFileError with the path, a stable ``reason``, and whether it may pass.
"""

from __future__ import annotations

import errno
import json
import math
import os
import stat
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from fitbox.errors import UnusableFileError
from fitbox.shown import MAX_SHOWN, shown

__all__ = [
    "MAX_DEPTH",
    "MAX_DIGITS",
    "MAX_SHOWN",
    "FileFault",
    "first_problem",
    "from_os_error",
    "open_regular",
    "parse_json",
    "parse_model",
    "parse_object",
    "read_file",
    "read_json",
    "read_model",
    "read_object",
    "shown",
    "to_json",
]

MAX_DEPTH = 64
"""Of lists and objects in each other; nothing that FitBox writes has more than ten."""
MAX_DIGITS = 20
"""Of a whole number: as many as the largest of 64 bits has."""

M = TypeVar("M", bound=BaseModel)


class FileFault(StrEnum):
    """Why a file cannot be used."""

    MISSING = "missing"
    DENIED = "denied"
    """This user may not read it."""
    UNREADABLE = "unreadable"
    """The operating system refuses for another reason: no descriptors, no memory, a stale mount."""
    NAME = "name"
    """No file can have this name."""
    SYMLINK = "symlink"
    NOT_A_FILE = "not_a_file"
    """A folder, pipe, device or socket."""
    TOO_LARGE = "too_large"
    TORN = "torn"
    """JSON that ends too early."""
    NOT_JSON = "not_json"
    FORM = "form"
    """JSON of another form than expected, or with what no honest writer makes: NaN, a name twice, numbers
    beyond 64 bits, half a surrogate pair, a thousand lists in each other."""


_PASSING = frozenset({FileFault.MISSING, FileFault.DENIED, FileFault.UNREADABLE, FileFault.TORN})


def open_regular(path: Path, *, links: bool = False) -> BinaryIO:
    """Open a regular file for reading; waits for nobody at the other end of a pipe, and touches no device.

    Args:
        path: The file. Symlinks among its parents are followed.
        links: Whether the file itself may be a symlink.

    Raises:
        UnusableFileError: ``missing``, ``denied``, ``unreadable``, ``name``, ``symlink`` or ``not_a_file``.
    """
    try:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
        if not stat.S_ISREG(os.stat(path, follow_symlinks=links).st_mode):  # noqa: PTH116 - opening may act
            _refuse_irregular(path)
        descriptor = os.open(path, flags if links else flags | os.O_NOFOLLOW)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # exchanged since
                _refuse_irregular(path)
            return os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise
    except OSError as error:
        raise from_os_error(path, error) from error
    except ValueError as error:  # NUL, or what no file system encodes
        raise UnusableFileError(path, FileFault.NAME, "is a name that no file can have") from error


def read_file(path: Path, *, max_bytes: int, links: bool = False) -> bytes:
    """The contents of a regular file.

    Raises:
        UnusableFileError: as :func:`open_regular`, or ``too_large``.
    """
    with open_regular(path, links=links) as file:
        try:
            content = file.read(max_bytes + 1)
        except OSError as error:
            raise from_os_error(path, error) from error
    if len(content) > max_bytes:
        raise UnusableFileError(
            path, FileFault.TOO_LARGE, f"has more than the {max_bytes} bytes that it may have"
        )
    return content


def read_json(path: Path, *, max_bytes: int, nan: bool = False, links: bool = False) -> JsonValue:
    """A JSON file's value. Raises UnusableFileError, also as :func:`parse_json`."""
    return parse_json(read_file(path, max_bytes=max_bytes, links=links), path, nan=nan)


def read_object(
    path: Path, *, max_bytes: int, nan: bool = False, links: bool = False
) -> dict[str, JsonValue]:
    """A JSON file that holds an object. Raises UnusableFileError, also as :func:`parse_object`."""
    return parse_object(read_file(path, max_bytes=max_bytes, links=links), path, nan=nan)


def read_model(path: Path, model: type[M], *, max_bytes: int, links: bool = False) -> M:
    """A JSON file in the form of a pydantic model. Raises UnusableFileError, also as :func:`parse_model`."""
    return parse_model(read_file(path, max_bytes=max_bytes, links=links), model, path)


def parse_json(content: bytes, where: Path | str, *, nan: bool = False) -> JsonValue:
    """One JSON value (RFC 8259, UTF-8) that every other reader would understand in the same way.

    Args:
        content: The bytes.
        where: Where they came from, for the message.
        nan: Whether NaN and Infinity, which Python writes and JSON does not have, are let through.

    Raises:
        UnusableFileError: ``torn`` where it ends too early, ``not_json``, or ``form``: a name twice in an
            object, a number beyond 64 bits or not finite, half a surrogate pair, or more than ``MAX_DEPTH``
            levels.
    """
    fault = FileFault.NOT_JSON
    try:
        text = content.decode("utf-8")
        values: JsonValue = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_whole_number,
            parse_float=_any_number if nan else _finite_number,
            parse_constant=float if nan else _no_constant,
        )
        _check(values, surrogates="\\u" in text)
    except RecursionError:
        fault = FileFault.FORM
        problem = f"lists or objects are nested more than {MAX_DEPTH} deep"
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise _torn(where) from None
        problem = f"byte {error.start} is not UTF-8"
    except json.JSONDecodeError as error:
        if _ends_too_early(error, text):
            raise _torn(where) from None
        problem = f"{error.msg} at character {error.pos}"
    except ValueError as error:
        fault = FileFault.FORM
        problem = str(error)
    else:
        return values
    raise UnusableFileError(where, fault, f"is not usable JSON: {problem}")


def parse_object(content: bytes, where: Path | str, *, nan: bool = False) -> dict[str, JsonValue]:
    """A JSON object. Raises UnusableFileError, as :func:`parse_json` or ``form``."""
    values = parse_json(content, where, nan=nan)
    if not isinstance(values, dict):
        raise UnusableFileError(where, FileFault.FORM, "is not a JSON object")
    return values


def parse_model(content: bytes, model: type[M], where: Path | str) -> M:
    """A pydantic model from JSON, validated strictly: ``"1"`` and ``true`` are no numbers.

    Raises:
        UnusableFileError: as :func:`parse_json`, or ``form`` with the first field that does not fit.
    """
    parse_json(content, where)
    try:
        return model.model_validate_json(content, strict=True)
    except ValidationError as error:
        raise UnusableFileError(
            where, FileFault.FORM, f"does not have its form: {first_problem(error)}"
        ) from None


def first_problem(error: ValidationError) -> str:
    """The first of pydantic's complaints in one line, without the value."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return shown(f"{field}: {first['msg']}" if field else first["msg"])


def to_json(values: Any, *, indent: int | None = 1) -> bytes:
    """JSON to write, with sorted keys and a line's end; numbers that JSON does not have become null."""
    return (json.dumps(_finite(values), indent=indent, sort_keys=True, allow_nan=False) + "\n").encode()


def from_os_error(path: Path, error: OSError) -> UnusableFileError:
    """What the operating system refused, as an error of ours that names the path and keeps the cause."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            fault, problem = FileFault.MISSING, "is not there"
        case errno.ELOOP:
            fault, problem = FileFault.SYMLINK, "is a symlink, which is not followed"
        case errno.EACCES | errno.EPERM:
            fault, problem = FileFault.DENIED, "may not be read by this user: permission denied"
        case errno.ENAMETOOLONG:
            fault, problem = FileFault.NAME, "has a name that is too long"
        case errno.EISDIR | errno.ENXIO | errno.ENODEV:
            fault, problem = FileFault.NOT_A_FILE, "is not a regular file"
        case _:
            fault, problem = FileFault.UNREADABLE, f"cannot be read: {error.strerror or error}"
    return UnusableFileError(path, fault, problem, passing=fault in _PASSING)


def _refuse_irregular(path: Path) -> NoReturn:
    if path.is_symlink():
        raise UnusableFileError(path, FileFault.SYMLINK, "is a symlink, which is not followed")
    raise UnusableFileError(path, FileFault.NOT_A_FILE, "is not a regular file")


def _torn(where: Path | str) -> UnusableFileError:
    return UnusableFileError(where, FileFault.TORN, "ends too early to be JSON", passing=True)


def _ends_too_early(error: json.JSONDecodeError, text: str) -> bool:
    """Whether all that is wrong is that it stops: in a text, in a word, in a number, or between two."""
    rest = text[error.pos :].rstrip()
    return (
        error.msg.startswith("Unterminated string")
        or any(word.startswith(rest) for word in ("true", "false", "null"))
        or rest in {"-", ".", *(e + sign for e in "eE" for sign in ("", "+", "-"))}
        or (error.msg.startswith("Invalid \\uXXXX escape") and len(rest) < len("\\u0000"))
    )


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    values = dict(pairs)
    if len(values) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {shown(twice)!r} comes twice in one object")
    return values


def _whole_number(text: str) -> int:
    if len(text) > MAX_DIGITS or not -(2**63) <= int(text) < 2**64:
        raise ValueError("a whole number has more than 64 bits")
    return int(text)


def _finite_number(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError("a number is too large")
    return number


def _any_number(text: str) -> float:
    return float(text)


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _check(values: JsonValue, *, surrogates: bool) -> None:
    """Depth, and with ``surrogates`` every text. Level by level, for recursion is what is to be prevented."""
    level: list[JsonValue] = [values]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return
        below: list[JsonValue] = []
        for value in level:
            if isinstance(value, dict):
                below += value.values()
                below += value.keys()
            elif isinstance(value, list):
                below += value
            elif surrogates and isinstance(value, str) and not _encodes(value):
                raise ValueError("a text holds half a surrogate pair")
        level = below
    raise RecursionError


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _finite(values: Any) -> Any:
    match values:
        case float():
            return values if math.isfinite(values) else None
        case dict():
            return {name: _finite(value) for name, value in values.items()}
        case list() | tuple():
            return [_finite(value) for value in values]
        case _:
            return values
