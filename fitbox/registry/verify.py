"""Everything that must hold before a version is loaded. Pure reading: nothing here changes a file."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pydantic
from pydantic import Field, JsonValue

from fitbox.durable import sha256_of
from fitbox.errors import UnusableFileError
from fitbox.files import open_regular, read_model, read_object
from fitbox.folders import walk
from fitbox.registry import lora, weights
from fitbox.registry.invalid import InvalidReason, invalid, of_file, of_os_error
from fitbox.registry.lora import ADAPTER_CONFIG, Lora
from fitbox.registry.manifest import MANIFEST, METADATA, Manifest
from fitbox.registry.types import BaseModel

ADAPTER_WEIGHTS = "adapter_model.safetensors"
MAX_METADATA_BYTES = 16 << 20


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

_LORA_KEY = re.compile(
    r"base_model\.model\.model\.layers\.([0-9]{1,4})\.(?:self_attn|mlp)\.([a-z_]+)\.lora_([AB])\.weight"
)


def check_files(folder: Path, manifest: Manifest, limits: Limits) -> None:
    """Exactly the files of the manifest, each whole, plain and of an expected kind.

    Cheap checks come first, and of those what a copy under way would fail: a missing file may still come.

    Raises:
        AdapterInvalidError: with one of :class:`InvalidReason`.
    """
    present = _files(folder, limits)
    present.pop(MANIFEST, None)
    if len(present) > limits.files or len(manifest.files) > limits.files:
        raise invalid(InvalidReason.TOO_LARGE, f"more than {limits.files} files")
    if sum(present.values()) > limits.total_bytes or max(present.values(), default=0) > limits.file_bytes:
        raise invalid(InvalidReason.TOO_LARGE, "more bytes than an adapter may have")
    for name in (*sorted(manifest.files), ADAPTER_CONFIG, ADAPTER_WEIGHTS, METADATA):
        if name not in present:
            raise invalid(InvalidReason.FILE_MISSING, f"{name} is missing", passing=name in manifest.files)
    for name in present:
        _check_kind(name)
    for name in sorted(present.keys() - manifest.files.keys()):
        raise invalid(InvalidReason.FILE_UNEXPECTED, f"{name} is not in {MANIFEST}")
    for name, entry in manifest.files.items():
        if present[name] != entry.bytes:
            raise invalid(
                InvalidReason.FILE_TRUNCATED,
                f"{name} has {present[name]} bytes, not {entry.bytes}",
                passing=present[name] < entry.bytes,
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
    adapter = lora.read(folder)
    try:
        metadata = read_object(folder / METADATA, max_bytes=MAX_METADATA_BYTES)
    except UnusableFileError as error:
        raise of_file(error, METADATA, InvalidReason.METADATA_INCOMPLETE) from None
    _check_recipe(adapter, metadata)
    tensors, offset = weights.read_header(folder / ADAPTER_WEIGHTS)
    if not tensors:
        raise invalid(InvalidReason.WEIGHTS_EMPTY, "the adapter holds no tensor")
    _check_shapes(tensors, adapter, _LlamaConfig.of(base))
    weights.check_finite(folder / ADAPTER_WEIGHTS, tensors, offset)


def check_base(manifest: Manifest, base: BaseModel) -> None:
    """Refuse a version that was trained against other base weights than those that would carry it."""
    if manifest.base_model_digest != base.digest:
        raise invalid(
            InvalidReason.BASE_MISMATCH,
            f"trained on {manifest.base_model} {manifest.base_model_digest[:8]}, here is {base.digest[:8]}",
        )


def _files(folder: Path, limits: Limits) -> dict[str, int]:
    """Relative path -> size of every regular file; refuses everything else before any of it is opened."""
    sizes: dict[str, int] = {}
    try:
        if folder.is_symlink():
            raise invalid(InvalidReason.SYMLINK, f"{folder.name} is a symlink")
        for seen, (path, status) in enumerate(walk(folder)):
            name = path.relative_to(folder).as_posix()
            if seen > 2 * limits.files + 16:  # as many folders as files, and no walk through a million
                raise invalid(InvalidReason.TOO_LARGE, f"more than {limits.files} files")
            if stat.S_ISLNK(status.st_mode):
                raise invalid(InvalidReason.SYMLINK, f"{name} is a symlink")
            if stat.S_ISREG(status.st_mode):
                sizes[name] = status.st_size
            elif not stat.S_ISDIR(status.st_mode):
                raise invalid(InvalidReason.NOT_A_FILE, f"{name} is neither a file nor a folder")
    except OSError as error:
        raise of_os_error(error, folder.name) from error
    return dict(sorted(sizes.items()))


def _check_kind(name: str) -> None:
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - a name out of a manifest, not a path of ours
    if suffix in PICKLE_SUFFIXES:
        raise invalid(InvalidReason.PICKLE, f"{name} may execute code when loaded")
    if suffix not in ALLOWED_SUFFIXES:
        raise invalid(InvalidReason.FILE_TYPE, f"{name} is no kind of file that a version holds")


def _check_content(path: Path, name: str, sha256: str) -> None:
    try:
        with open_regular(path) as file:
            start = file.read(4)
        if start.startswith(_PICKLE_STARTS):
            raise invalid(InvalidReason.PICKLE, f"{name} is a pickle or an archive of one")
        if sha256_of(path) != sha256:
            raise invalid(InvalidReason.FILE_ALTERED, f"{name} is not the published file")
    except UnusableFileError as error:
        raise of_file(error, name, InvalidReason.UNREADABLE) from None
    except OSError as error:
        raise of_os_error(error, name) from error


def _check_recipe(adapter: Lora, metadata: Mapping[str, JsonValue]) -> None:
    recipe = metadata.get("lora", {})
    if not isinstance(recipe, dict):
        raise invalid(InvalidReason.METADATA_INCOMPLETE, f"{METADATA}: lora must be an object")
    for ours, found in (
        ("rank", adapter.rank),
        ("alpha", adapter.alpha),
        ("target_modules", sorted(adapter.modules)),
    ):
        said = recipe.get(ours)
        trained = sorted({str(each) for each in said}) if isinstance(said, list) else said
        if ours in recipe and (isinstance(trained, bool) or trained != found):
            raise invalid(InvalidReason.RECIPE_MISMATCH, f"{ours}: trained with {said}, configured {found}")


class _LlamaConfig(pydantic.BaseModel):
    """The sizes in ``hf/config.json`` of a base model."""

    hidden_size: int = Field(ge=1, le=1 << 20)
    num_attention_heads: int = Field(ge=1, le=1 << 16)
    num_key_value_heads: int | None = Field(default=None, ge=1, le=1 << 16)
    head_dim: int | None = Field(default=None, ge=1, le=1 << 16)
    intermediate_size: int = Field(ge=1, le=1 << 24)
    num_hidden_layers: int = Field(ge=1, le=10_000)

    @classmethod
    def of(cls, base: BaseModel) -> _LlamaConfig:
        try:
            return read_model(base.path / "hf" / "config.json", cls, max_bytes=1 << 20)
        except UnusableFileError as error:
            raise invalid(
                InvalidReason.BASE_MISSING, f"{base.name}: config.json {error.problem}", passing=error.passing
            ) from None

    def shapes(self) -> dict[str, tuple[int, int]]:
        """(in, out) of each linear module of a layer."""
        hidden, heads = self.hidden_size, self.num_attention_heads
        head = self.head_dim or hidden // heads
        key_value = (self.num_key_value_heads or heads) * head
        return {
            "q_proj": (hidden, heads * head),
            "k_proj": (hidden, key_value),
            "v_proj": (hidden, key_value),
            "o_proj": (heads * head, hidden),
            "gate_proj": (hidden, self.intermediate_size),
            "up_proj": (hidden, self.intermediate_size),
            "down_proj": (self.intermediate_size, hidden),
        }


def _check_shapes(tensors: Mapping[str, weights.Tensor], adapter: Lora, llama: _LlamaConfig) -> None:
    shapes = llama.shapes()
    seen: set[tuple[int, str, str]] = set()
    for key, tensor in tensors.items():
        match = _LORA_KEY.fullmatch(key)
        if match is None or match[2] not in adapter.modules:
            raise invalid(InvalidReason.WEIGHTS_UNEXPECTED, f"{key} belongs to no target module")
        layer, module, side = int(match[1]), match[2], match[3]
        width_in, width_out = shapes[module]
        expected = (adapter.rank, width_in) if side == "A" else (width_out, adapter.rank)
        if layer >= llama.num_hidden_layers or tensor.shape != expected:
            raise invalid(InvalidReason.WEIGHTS_SHAPE, f"{key} has shape {tensor.shape}, not {expected}")
        seen.add((layer, module, side))
    for layer, module, side in sorted(seen):
        if (layer, module, "B" if side == "A" else "A") not in seen:
            raise invalid(
                InvalidReason.WEIGHTS_UNEXPECTED, f"layer {layer} {module} has only one of its two matrices"
            )
    for name in sorted(adapter.modules - {module for _, module, _ in seen}):
        raise invalid(InvalidReason.WEIGHTS_UNEXPECTED, f"no tensor for the target module {name}")
