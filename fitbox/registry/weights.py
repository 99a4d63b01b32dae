"""Adapter weights without torch: the safetensors header, and whether every number is finite.

The format is eight bytes of little-endian header length, a JSON header, then the tensors
(https://huggingface.co/docs/safetensors). Nothing in it can execute, which is why it is the only one
accepted.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fitbox.errors import AdapterInvalidError

MAX_HEADER_BYTES = 100 << 20
"""The limit of the reference implementation."""

_EXPONENT_MASKS = {"F32": ("<u4", 0x7F800000), "F16": ("<u2", 0x7C00), "BF16": ("<u2", 0x7F80)}
"""IEEE 754: a number is infinite or not a number exactly when all exponent bits are set. numpy has no
bfloat16."""


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
        AdapterInvalidError: ``weights_format`` for anything that is not a whole safetensors file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(8)
        if len(prefix) < 8:
            raise _not_safetensors(path, "it is shorter than a header")
        (length,) = struct.unpack("<Q", prefix)
        if length > min(size - 8, MAX_HEADER_BYTES):
            raise _not_safetensors(path, "the header is longer than the file")
        try:
            header = json.loads(file.read(length))
            tensors = {name: _tensor(entry) for name, entry in header.items() if name != "__metadata__"}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _not_safetensors(path, "the header is not valid") from error
    end = 0
    for tensor in sorted(tensors.values(), key=lambda tensor: tensor.begin):
        if tensor.begin != end:
            raise _not_safetensors(path, "tensors overlap or leave holes")
        end = tensor.end
    if 8 + length + end != size:
        raise _not_safetensors(path, "the file is not as long as its tensors")
    return tensors, 8 + length


def check_finite(path: Path, tensors: Mapping[str, Tensor], offset: int) -> None:
    """Refuse infinities and NaN.

    Raises:
        AdapterInvalidError: ``weights_not_finite`` naming the tensor.
    """
    content = np.memmap(path, dtype=np.uint8, mode="r")
    for name, tensor in tensors.items():
        bits, mask = _EXPONENT_MASKS[tensor.dtype]
        # A copy of one tensor: the offset need not be aligned, and one tensor of an adapter is small.
        values = np.frombuffer(content[offset + tensor.begin : offset + tensor.end].tobytes(), dtype=bits)
        if bool(np.any((values & mask) == mask)):
            raise AdapterInvalidError("weights_not_finite", f"{name} holds NaN or infinity")


def _tensor(entry: Any) -> Tensor:
    begin, end = entry["data_offsets"]
    shape = tuple(entry["shape"])
    dtype = entry["dtype"]
    if not all(type(value) is int and value >= 0 for value in (*shape, begin, end)):
        raise ValueError("offsets and shapes are whole numbers")
    if dtype not in _EXPONENT_MASKS:
        raise ValueError("not a floating-point type of adapters")
    item_bytes = np.dtype(_EXPONENT_MASKS[dtype][0]).itemsize
    if end - begin != math.prod(shape) * item_bytes:
        raise ValueError("the offsets do not fit the shape")
    return Tensor(dtype=dtype, shape=shape, begin=begin, end=end)


def _not_safetensors(path: Path, problem: str) -> AdapterInvalidError:
    return AdapterInvalidError("weights_format", f"{path.name} is not a safetensors file: {problem}")
