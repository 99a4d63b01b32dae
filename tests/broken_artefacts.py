"""Ways to break a published version: the registry must refuse each, and a server must never serve it."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fitbox.registry import InvalidReason
from tests import fakes

WEIGHTS = "adapter_model.safetensors"
Breaker = Callable[[Path], object]


def edit_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest as an attacker would who cannot change the folder's name."""
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def reseal(folder: Path) -> None:
    """List every file with its true digest, so that only the contents can give the damage away."""
    files = {
        str(path.relative_to(folder)): {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    edit_manifest(folder, lambda manifest: manifest.update(files=files))


def with_weights(content: bytes) -> Breaker:
    """Replace the weights and reseal."""

    def break_it(folder: Path) -> None:
        (folder / WEIGHTS).write_bytes(content)
        reseal(folder)

    return break_it


def with_tensors(change: Callable[[dict[str, Any]], object], rank: int = fakes.RANK) -> Breaker:
    """Change tensors and reseal."""
    tensors = fakes.lora_tensors(rank)
    change(tensors)
    return with_weights(fakes.safetensors(tensors))


def with_config(**changes: Any) -> Breaker:
    """Change adapter_config.json and reseal."""

    def break_it(folder: Path) -> None:
        (folder / "adapter_config.json").write_text(json.dumps(fakes.adapter_config(**changes)))
        reseal(folder)

    return break_it


def with_file(name: str, content: bytes) -> Breaker:
    """Add a file and reseal."""

    def break_it(folder: Path) -> None:
        (folder / name).write_bytes(content)
        reseal(folder)

    return break_it


def with_manifest(change: Callable[[dict[str, Any]], object]) -> Breaker:
    """Change the manifest alone."""
    return lambda folder: edit_manifest(folder, change)


def spoil(tensors: dict[str, Any], value: float) -> None:
    """Put one bad number into one tensor."""
    next(iter(tensors.values()))[0, 0] = value


def rename_entry(name: str) -> Breaker:
    """Let the manifest name the weights by another path."""
    return with_manifest(lambda manifest: manifest["files"].update({name: manifest["files"].pop(WEIGHTS)}))


def to_symlink(folder: Path) -> None:
    """Move the weights away and link to them."""
    outside = folder.parent / "outside.safetensors"
    (folder / WEIGHTS).rename(outside)
    (folder / WEIGHTS).symlink_to(outside)


def manifest_to_symlink(folder: Path) -> None:
    """Move the manifest away and link to it."""
    outside = folder.parent / "outside.json"
    (folder / "manifest.json").rename(outside)
    (folder / "manifest.json").symlink_to(outside)


def flip_a_byte(folder: Path) -> None:
    """Same length, one bit rotten."""
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (folder / WEIGHTS).write_bytes(content)


def first_key(tensors: dict[str, Any]) -> str:
    """The key of the first tensor."""
    return next(iter(tensors))


HUGE_HEADER = struct.pack("<Q", 1 << 62) + b"{}"
OVERLAP = json.dumps(
    {
        "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]},
    }
).encode()

BROKEN: dict[str, tuple[InvalidReason, Breaker]] = {
    "no manifest": (InvalidReason.MANIFEST_MISSING, lambda f: (f / "manifest.json").unlink()),
    "torn manifest": (
        InvalidReason.MANIFEST_TORN,
        lambda f: (f / "manifest.json").write_bytes((f / "manifest.json").read_bytes()[:40]),
    ),
    "binary manifest": (
        InvalidReason.MANIFEST_TORN,
        lambda f: (f / "manifest.json").write_bytes(b"\xff\xfe\x00"),
    ),
    "manifest of another schema": (
        InvalidReason.MANIFEST_SCHEMA,
        with_manifest(lambda m: m.update(schema=99)),
    ),
    "manifest that is a list": (
        InvalidReason.MANIFEST_SCHEMA,
        lambda f: (f / "manifest.json").write_text("[]"),
    ),
    "manifest without a base": (InvalidReason.MANIFEST_SCHEMA, with_manifest(lambda m: m.pop("base_model"))),
    "manifest with a NaN score": (
        InvalidReason.MANIFEST_SCHEMA,
        with_manifest(lambda m: m.update(evaluation_score=float("nan"))),
    ),
    "manifest with a short digest": (
        InvalidReason.MANIFEST_SCHEMA,
        with_manifest(lambda m: m["files"][WEIGHTS].update(sha256="abc")),
    ),
    "manifest as a symlink": (InvalidReason.SYMLINK, manifest_to_symlink),
    "huge manifest": (
        InvalidReason.TOO_LARGE,
        lambda f: (f / "manifest.json").write_bytes(b" " * ((1 << 20) + 1)),
    ),
    "path with ..": (InvalidReason.PATH_ESCAPES, rename_entry("../../../etc/passwd")),
    "absolute path": (InvalidReason.PATH_ESCAPES, rename_entry("/etc/passwd")),
    "backslash path": (InvalidReason.PATH_ESCAPES, rename_entry("..\\weights.safetensors")),
    "path with a detour": (InvalidReason.MANIFEST_SCHEMA, rename_entry("a//b.safetensors")),
    "renumbered manifest": (InvalidReason.NAME_MISMATCH, with_manifest(lambda m: m.update(number=9))),
    "missing weights": (InvalidReason.FILE_MISSING, lambda f: (f / WEIGHTS).unlink()),
    "missing metadata": (
        InvalidReason.FILE_MISSING,
        lambda f: ((f / "training_metadata.json").unlink(), reseal(f)),
    ),
    "extra file": (InvalidReason.FILE_UNEXPECTED, lambda f: (f / "extra.json").write_text("{}")),
    "truncated weights": (InvalidReason.FILE_TRUNCATED, lambda f: os.truncate(f / WEIGHTS, 100)),
    "one flipped bit": (InvalidReason.FILE_ALTERED, flip_a_byte),
    "symlinked weights": (InvalidReason.SYMLINK, to_symlink),
    "named pipe": (InvalidReason.NOT_A_FILE, lambda f: os.mkfifo(f / "pipe.json")),
    "pickle by name": (InvalidReason.PICKLE, with_file("adapter_model.bin", b"anything")),
    "torch checkpoint": (InvalidReason.PICKLE, with_file("optimizer.pt", b"anything")),
    "pickle under a harmless name": (
        InvalidReason.PICKLE,
        with_file("notes.json", pickle.dumps({"a": 1}, protocol=4)),
    ),
    "torch archive as weights": (InvalidReason.PICKLE, with_weights(b"PK\x03\x04archive/data.pkl")),
    "program": (InvalidReason.FILE_TYPE, with_file("setup.py", b"print()")),
    "weights that are text": (InvalidReason.WEIGHTS_FORMAT, with_weights(b"not safetensors at all")),
    "weights of four bytes": (InvalidReason.WEIGHTS_FORMAT, with_weights(b"\0\0\0\0")),
    "weights with a huge header": (InvalidReason.WEIGHTS_FORMAT, with_weights(HUGE_HEADER)),
    "weights with trailing bytes": (
        InvalidReason.WEIGHTS_FORMAT,
        with_weights(fakes.safetensors(fakes.lora_tensors()) + b"tail"),
    ),
    "weights that overlap": (
        InvalidReason.WEIGHTS_FORMAT,
        with_weights(struct.pack("<Q", len(OVERLAP)) + OVERLAP + b"\0" * 12),
    ),
    "no tensors": (InvalidReason.WEIGHTS_EMPTY, with_tensors(lambda t: t.clear())),
    "NaN": (InvalidReason.WEIGHTS_NOT_FINITE, with_tensors(lambda t: spoil(t, np.nan))),
    "infinity": (InvalidReason.WEIGHTS_NOT_FINITE, with_tensors(lambda t: spoil(t, -np.inf))),
    "half a pair": (InvalidReason.WEIGHTS_UNEXPECTED, with_tensors(lambda t: t.pop(first_key(t)))),
    "foreign tensor": (
        InvalidReason.WEIGHTS_UNEXPECTED,
        with_tensors(lambda t: t.update({"lm_head.weight": np.zeros((2, 2), np.float32)})),
    ),
    "another rank in the weights": (InvalidReason.WEIGHTS_SHAPE, with_tensors(lambda t: None, rank=2)),
    "a layer the base lacks": (
        InvalidReason.WEIGHTS_SHAPE,
        with_tensors(
            lambda t: t.update({first_key(t).replace("layers.0", "layers.7"): t[first_key(t)]}),
        ),
    ),
    "a matrix that does not fit": (
        InvalidReason.WEIGHTS_SHAPE,
        with_tensors(lambda t: t.update({first_key(t): np.zeros((fakes.RANK, 3), np.float32)})),
    ),
    "not a LoRA": (InvalidReason.ADAPTER_CONFIG, with_config(peft_type="PROMPT_TUNING")),
    "rank-stabilised LoRA": (InvalidReason.ADAPTER_CONFIG, with_config(use_rslora=True)),
    "saved modules": (InvalidReason.ADAPTER_CONFIG, with_config(modules_to_save=["lm_head"])),
    "rank zero": (InvalidReason.ADAPTER_CONFIG, with_config(r=0)),
    "targets by expression": (InvalidReason.ADAPTER_CONFIG, with_config(target_modules="all-linear")),
    "targets no Llama has": (InvalidReason.ADAPTER_CONFIG, with_config(target_modules=["c_attn"])),
    "config that is not JSON": (InvalidReason.ADAPTER_CONFIG, with_file("adapter_config.json", b"{")),
    "another rank than trained": (InvalidReason.RECIPE_MISMATCH, with_config(r=8)),
    "another alpha than trained": (InvalidReason.RECIPE_MISMATCH, with_config(lora_alpha=64)),
    "other targets than trained": (InvalidReason.RECIPE_MISMATCH, with_config(target_modules=["q_proj"])),
    "another base model": (
        InvalidReason.BASE_MISMATCH,
        with_manifest(lambda m: m.update(base_model_digest="0" * 64)),
    ),
    "a base model that is not here": (
        InvalidReason.BASE_MISSING,
        with_manifest(lambda m: m.update(base_model="llama-9")),
    ),
    "a base model by path": (
        InvalidReason.BASE_MISSING,
        with_manifest(lambda m: m.update(base_model="../adapters")),
    ),
}
