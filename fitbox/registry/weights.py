"""Adapter weights without torch: the safetensors header, and whether every number is finite.

The format is eight bytes of little-endian header length, a JSON header, then the tensors
(https://huggingface.co/docs/safetensors). Nothing in it can execute, which is why it is the only one
accepted.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydantic import JsonValue

from fitbox.errors import AdapterInvalidError, UnusableFileError
from fitbox.files import open_regular, parse_object
from fitbox.registry.invalid import InvalidReason, invalid, of_file, of_os_error

MAX_HEADER_BYTES = 8 << 20
"""Four thousand tensors take half a megabyte; the reference implementation would take a hundred."""
MAX_DIMENSIONS = 8

_EXPONENT_MASKS = {"F32": ("<u4", 0x7F800000), "F16": ("<u2", 0x7C00), "BF16": ("<u2", 0x7F80)}
"""IEEE 754: a number is infinite or not a number exactly when all exponent bits are set. numpy has no
bfloat16."""
_CHUNK_BYTES = 16 << 20  # a multiple of every item's size


@dataclass(frozen=True)
class Tensor:
    """One entry of the header; ``begin`` and ``end`` are byte offsets from the end of the header."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def read_header(path: Path) -> tuple[dict[str, Tensor], int]:
    """The tensors a file declares and the offset of their bytes.

    Raises:
        AdapterInvalidError: ``weights_format`` for anything that is not a whole safetensors file, or what
            makes any file unreadable.
    """
    with _opened(path) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            prefix = file.read(8)
            if len(prefix) < 8:
                raise _not_safetensors(path, "it is shorter than a header")
            (length,) = struct.unpack("<Q", prefix)
            if length > size - 8:
                raise _not_safetensors(path, "the header is longer than the file")
            if length > MAX_HEADER_BYTES:
                raise _not_safetensors(path, f"the header has more than {MAX_HEADER_BYTES} bytes")
            content = file.read(length)
        except OSError as error:
            raise of_os_error(error, path.name) from error
    try:
        header = parse_object(content, path.name)
        tensors = {name: _tensor(entry) for name, entry in header.items() if name != "__metadata__"}
    except UnusableFileError as error:
        raise _not_safetensors(path, f"the header {error.problem}") from None
    except ValueError as error:
        raise _not_safetensors(path, f"the header is not valid: {error}") from None
    end = 0
    for tensor in sorted(tensors.values(), key=lambda tensor: (tensor.begin, tensor.end)):
        if tensor.begin != end:
            raise _not_safetensors(path, "tensors overlap or leave holes")
        end = tensor.end
    if 8 + length + end != size:
        raise _not_safetensors(path, "the file is not as long as its tensors")
    return tensors, 8 + length


def check_finite(path: Path, tensors: Mapping[str, Tensor], offset: int) -> None:
    """Refuse infinities and NaN. Reads in pieces: a mapped file that is cut short meanwhile would end the
    process.

    Raises:
        AdapterInvalidError: ``weights_not_finite`` naming the tensor; ``file_truncated``; ``unreadable``.
    """
    with _opened(path) as file:
        for name, tensor in tensors.items():
            bits, mask = _EXPONENT_MASKS[tensor.dtype]
            for begin in range(tensor.begin, tensor.end, _CHUNK_BYTES):
                length = min(_CHUNK_BYTES, tensor.end - begin)
                values = np.frombuffer(_read(file, path, offset + begin, length), dtype=bits)
                if bool(np.any((values & mask) == mask)):
                    raise invalid(InvalidReason.WEIGHTS_NOT_FINITE, f"{name} holds NaN or infinity")


def _opened(path: Path) -> BinaryIO:
    try:
        return open_regular(path)
    except UnusableFileError as error:
        raise of_file(error, path.name, InvalidReason.UNREADABLE) from None


def _read(file: BinaryIO, path: Path, position: int, length: int) -> bytes:
    try:
        file.seek(position)
        content = file.read(length)
    except OSError as error:
        raise of_os_error(error, path.name) from error
    if len(content) < length:
        raise invalid(
            InvalidReason.FILE_TRUNCATED, f"{path.name} became shorter while it was read", passing=True
        )
    return content


def _tensor(entry: JsonValue) -> Tensor:
    if not isinstance(entry, dict):
        raise ValueError("an entry is an object")
    offsets, dtype = _whole_numbers(entry.get("data_offsets")), entry.get("dtype")
    shape = _whole_numbers(entry.get("shape"))
    if len(offsets) != 2 or len(shape) > MAX_DIMENSIONS:
        raise ValueError(f"an entry has two offsets and at most {MAX_DIMENSIONS} dimensions")
    if not isinstance(dtype, str) or dtype not in _EXPONENT_MASKS:
        raise ValueError("not a floating-point type of adapters")
    begin, end = offsets
    if end - begin != math.prod(shape) * np.dtype(_EXPONENT_MASKS[dtype][0]).itemsize:
        raise ValueError("the offsets do not fit the shape")
    return Tensor(dtype=dtype, shape=shape, begin=begin, end=end)


def _whole_numbers(values: JsonValue) -> tuple[int, ...]:
    if not isinstance(values, list):
        raise ValueError("offsets and shapes are lists")
    numbers = tuple(value for value in values if type(value) is int and value >= 0)
    if len(numbers) != len(values):
        raise ValueError("offsets and shapes are whole numbers")
    return numbers


def _not_safetensors(path: Path, problem: str) -> AdapterInvalidError:
    return invalid(InvalidReason.WEIGHTS_FORMAT, f"{path.name} is not a safetensors file: {problem}")
