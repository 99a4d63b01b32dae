"""Everything that must hold before a version is loaded. Pure reading: nothing here changes a file."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from fitbox.durable import sha256_of
from fitbox.errors import AdapterInvalidError
from fitbox.registry import weights
from fitbox.registry.manifest import MANIFEST, METADATA, Manifest
from fitbox.registry.types import BaseModel

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"


class InvalidReason(StrEnum):
    """Why a version must not be loaded. Stable: these are metric labels and part of error replies."""

    MANIFEST_MISSING = "manifest_missing"
    MANIFEST_TORN = "manifest_torn"
    MANIFEST_SCHEMA = "manifest_schema"
    PATH_ESCAPES = "path_escapes"
    NAME_MISMATCH = "name_mismatch"
    """The folder's name does not start with its number or end with its digest's start."""
    METADATA_INCOMPLETE = "metadata_incomplete"
    FILE_MISSING = "file_missing"
    FILE_UNEXPECTED = "file_unexpected"
    FILE_TRUNCATED = "file_truncated"
    """A file is shorter or longer than the manifest says."""
    FILE_ALTERED = "file_altered"
    SYMLINK = "symlink"
    NOT_A_FILE = "not_a_file"
    """A socket, device or pipe."""
    UNREADABLE = "unreadable"
    PICKLE = "pickle"
    """A format that can execute code when it is loaded."""
    FILE_TYPE = "file_type"
    """A kind of file that no version needs."""
    TOO_LARGE = "too_large"
    WEIGHTS_FORMAT = "weights_format"
    WEIGHTS_EMPTY = "weights_empty"
    WEIGHTS_NOT_FINITE = "weights_not_finite"
    WEIGHTS_UNEXPECTED = "weights_unexpected"
    """A tensor that is no LoRA matrix of a target module, or a missing half of a pair."""
    WEIGHTS_SHAPE = "weights_shape"
    """A tensor that does not fit the rank or the base model's layers."""
    ADAPTER_CONFIG = "adapter_config"
    """adapter_config.json is not JSON, or not that of a plain LoRA."""
    RECIPE_MISMATCH = "recipe_mismatch"
    """adapter_config.json and training_metadata.json name different ranks, alphas or target modules."""
    BASE_MISSING = "base_missing"
    BASE_MISMATCH = "base_mismatch"
    """Trained against another base model than the one in models/base."""


@dataclass(frozen=True)
class Limits:
    """What a version may at most be; beyond these something other than an adapter was published."""

    files: int = 256
    file_bytes: int = 4 << 30
    total_bytes: int = 8 << 30


PICKLE_SUFFIXES = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz"})
ALLOWED_SUFFIXES = frozenset(
    {
        ".json",
        ".jsonl",
        ".safetensors",
        ".txt",
        ".md",
        ".png",
        ".svg",
        ".html",
        ".csv",
        ".toml",
        ".jinja",
        ".model",
    }
)
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")
"""A pickle of protocol 2 to 5; a zip, which ``torch.save`` writes around one."""

LLAMA_MODULES = frozenset({"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"})
_UNSUPPORTED_OPTIONS = (
    "use_rslora",
    "use_dora",
    "fan_in_fan_out",
    "modules_to_save",
    "rank_pattern",
    "alpha_pattern",
)
"""Each changes what ``alpha / r`` means, or adds tensors that an engine would drop silently."""

_LORA_KEY = re.compile(
    r"base_model\.model\.model\.layers\.(\d+)\.(?:self_attn|mlp)\.([a-z_]+)\.lora_([AB])\.weight"
)


def check_files(folder: Path, manifest: Manifest, limits: Limits) -> None:
    """Exactly the files of the manifest, each whole, plain and of an expected kind. Cheap checks come first.

    Raises:
        AdapterInvalidError: with one of :class:`InvalidReason`.
    """
    present = _walk(folder)
    present.pop(MANIFEST, None)
    if len(present) > limits.files or len(manifest.files) > limits.files:
        raise AdapterInvalidError(InvalidReason.TOO_LARGE, f"more than {limits.files} files")
    if sum(present.values()) > limits.total_bytes or max(present.values(), default=0) > limits.file_bytes:
        raise AdapterInvalidError(InvalidReason.TOO_LARGE, "more bytes than an adapter may have")
    for name in present:
        _check_kind(name)
    for name in sorted(present.keys() - manifest.files.keys()):
        raise AdapterInvalidError(InvalidReason.FILE_UNEXPECTED, f"{name} is not in {MANIFEST}")
    for name in sorted(manifest.files.keys() - present.keys()):
        raise AdapterInvalidError(InvalidReason.FILE_MISSING, f"{name} is missing")
    for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS, METADATA):
        if name not in present:
            raise AdapterInvalidError(InvalidReason.FILE_MISSING, f"{name} is missing")
    for name, entry in manifest.files.items():
        if present[name] != entry.bytes:
            raise AdapterInvalidError(
                InvalidReason.FILE_TRUNCATED,
                f"{name} has {present[name]} bytes, not {entry.bytes}",
            )
    for name, entry in manifest.files.items():
        _check_content(folder / name, name, entry.sha256)


def check_adapter(folder: Path, base: BaseModel) -> None:
    """A plain LoRA that fits this base model and its own training record, with finite weights.

    ``adapter_config.json`` is compared with ``training_metadata.json`` under ``lora`` (``rank``, ``alpha``,
    ``target_modules``) where the latter has it. What the engines cannot apply as ``alpha / r`` is refused.

    Raises:
        AdapterInvalidError: with one of :class:`InvalidReason`.
    """
    config = _read_object(folder / ADAPTER_CONFIG, InvalidReason.ADAPTER_CONFIG)
    metadata = _read_object(folder / METADATA, InvalidReason.METADATA_INCOMPLETE)
    rank, modules = _check_lora_config(config)
    _check_recipe(config, metadata)
    tensors, offset = weights.read_header(folder / ADAPTER_WEIGHTS)
    if not tensors:
        raise AdapterInvalidError(InvalidReason.WEIGHTS_EMPTY, "the adapter holds no tensor")
    _check_shapes(tensors, rank, modules, _layer_shapes(base))
    weights.check_finite(folder / ADAPTER_WEIGHTS, tensors, offset)


def check_base(manifest: Manifest, base: BaseModel) -> None:
    """Refuse a version that was trained against other base weights than those that would carry it."""
    if manifest.base_model_digest != base.digest:
        raise AdapterInvalidError(
            InvalidReason.BASE_MISMATCH,
            f"trained on {manifest.base_model} {manifest.base_model_digest[:8]}, here is {base.digest[:8]}",
        )


def _walk(folder: Path) -> dict[str, int]:
    """Relative path -> size of every regular file; refuses everything else before any of it is opened."""
    sizes: dict[str, int] = {}
    try:
        if folder.is_symlink():
            raise AdapterInvalidError(InvalidReason.SYMLINK, f"{folder.name} is a symlink")
        for path in sorted(folder.rglob("*")):
            mode = path.lstat().st_mode
            name = path.relative_to(folder).as_posix()
            if stat.S_ISLNK(mode):
                raise AdapterInvalidError(InvalidReason.SYMLINK, f"{name} is a symlink")
            if stat.S_ISREG(mode):
                sizes[name] = path.lstat().st_size
            elif not stat.S_ISDIR(mode):
                raise AdapterInvalidError(InvalidReason.NOT_A_FILE, f"{name} is neither a file nor a folder")
    except OSError as error:
        raise AdapterInvalidError(InvalidReason.UNREADABLE, f"{folder.name}: {error.strerror}") from error
    return sizes


def _check_kind(name: str) -> None:
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - a name out of a manifest, not a path of ours
    if suffix in PICKLE_SUFFIXES:
        raise AdapterInvalidError(InvalidReason.PICKLE, f"{name} may execute code when loaded")
    if suffix not in ALLOWED_SUFFIXES:
        raise AdapterInvalidError(InvalidReason.FILE_TYPE, f"{name} is no kind of file that a version holds")


def _check_content(path: Path, name: str, sha256: str) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if start.startswith(_PICKLE_STARTS):
            raise AdapterInvalidError(InvalidReason.PICKLE, f"{name} is a pickle or an archive of one")
        if sha256_of(path) != sha256:
            raise AdapterInvalidError(InvalidReason.FILE_ALTERED, f"{name} is not the published file")
    except OSError as error:
        raise AdapterInvalidError(
            InvalidReason.UNREADABLE, f"{name} cannot be read: {error.strerror}"
        ) from error


def _read_object(path: Path, reason: InvalidReason) -> dict[str, Any]:
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise AdapterInvalidError(reason, f"{path.name} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise AdapterInvalidError(reason, f"{path.name} is not an object")
    return values


def _check_lora_config(config: Mapping[str, Any]) -> tuple[int, frozenset[str]]:
    def refuse(problem: str) -> AdapterInvalidError:
        return AdapterInvalidError(InvalidReason.ADAPTER_CONFIG, f"{ADAPTER_CONFIG}: {problem}")

    if config.get("peft_type") != "LORA":
        raise refuse(f"peft_type is {config.get('peft_type')!r}, not LORA")
    rank, alpha, modules = config.get("r"), config.get("lora_alpha"), config.get("target_modules")
    if not isinstance(rank, int) or rank < 1 or not isinstance(alpha, int | float) or not alpha > 0:
        raise refuse("r and lora_alpha must be positive")
    if not isinstance(modules, list) or not modules or not all(isinstance(name, str) for name in modules):
        raise refuse("target_modules must list module names")
    if unknown := sorted(set(modules) - LLAMA_MODULES):
        raise refuse(f"{unknown} are no linear modules of a Llama layer")
    if config.get("bias", "none") != "none":
        raise refuse("bias must be none")
    for option in (
        "use_rslora",
        "use_dora",
        "fan_in_fan_out",
        "modules_to_save",
        "rank_pattern",
        "alpha_pattern",
    ):
        if config.get(option):
            raise refuse(f"{option} is not supported")
    return rank, frozenset(modules)


def _check_recipe(config: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    recipe = metadata.get("lora", {})
    if not isinstance(recipe, dict):
        raise AdapterInvalidError(InvalidReason.METADATA_INCOMPLETE, f"{METADATA}: lora must be an object")
    for ours, theirs in (("rank", "r"), ("alpha", "lora_alpha"), ("target_modules", "target_modules")):
        if ours not in recipe:
            continue
        expected, found = recipe[ours], config[theirs]
        if ours == "target_modules":
            expected, found = sorted(expected), sorted(found)
        if expected != found:
            raise AdapterInvalidError(
                InvalidReason.RECIPE_MISMATCH,
                f"{ours}: trained with {expected}, configured {found}",
            )


def _layer_shapes(base: BaseModel) -> tuple[int, dict[str, tuple[int, int]]]:
    """Number of layers, and (in, out) of each linear module of a Llama layer."""
    config = _read_object(base.path / "hf" / "config.json", InvalidReason.BASE_MISSING)
    try:
        hidden, heads = int(config["hidden_size"]), int(config["num_attention_heads"])
        head = int(config.get("head_dim") or hidden // heads)
        key_value = int(config.get("num_key_value_heads") or heads) * head
        inner, layers = int(config["intermediate_size"]), int(config["num_hidden_layers"])
    except (KeyError, TypeError, ValueError) as error:
        raise AdapterInvalidError(
            InvalidReason.BASE_MISSING, f"{base.name}: config.json is not a Llama's"
        ) from error
    return layers, {
        "q_proj": (hidden, heads * head),
        "k_proj": (hidden, key_value),
        "v_proj": (hidden, key_value),
        "o_proj": (heads * head, hidden),
        "gate_proj": (hidden, inner),
        "up_proj": (hidden, inner),
        "down_proj": (inner, hidden),
    }


def _check_shapes(
    tensors: Mapping[str, weights.Tensor],
    rank: int,
    modules: frozenset[str],
    llama: tuple[int, dict[str, tuple[int, int]]],
) -> None:
    layers, shapes = llama
    seen: set[tuple[int, str, str]] = set()
    for key, tensor in tensors.items():
        match = _LORA_KEY.fullmatch(key)
        if match is None or match[2] not in modules:
            raise AdapterInvalidError(InvalidReason.WEIGHTS_UNEXPECTED, f"{key} belongs to no target module")
        layer, module, side = int(match[1]), match[2], match[3]
        width_in, width_out = shapes[module]
        expected = (rank, width_in) if side == "A" else (width_out, rank)
        if layer >= layers or tensor.shape != expected:
            raise AdapterInvalidError(
                InvalidReason.WEIGHTS_SHAPE,
                f"{key} has shape {tensor.shape}, not {expected}",
            )
        seen.add((layer, module, side))
    for layer, module, side in sorted(seen):
        if (layer, module, "B" if side == "A" else "A") not in seen:
            raise AdapterInvalidError(
                InvalidReason.WEIGHTS_UNEXPECTED, f"layer {layer} {module} has only one of its two matrices"
            )
    for name in sorted(modules - {module for _, module, _ in seen}):
        raise AdapterInvalidError(InvalidReason.WEIGHTS_UNEXPECTED, f"no tensor for the target module {name}")
