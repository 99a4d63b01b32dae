"""Base models in ``models/base/<name>/``: the manifest, and whether the files are those it names."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from pathlib import Path, PurePosixPath

import pydantic
from pydantic import ConfigDict

from fitbox.durable import sha256_of
from fitbox.errors import BaseModelError, UnusableFileError
from fitbox.files import FileFault, read_model, to_json
from fitbox.folders import walk
from fitbox.registry.manifest import MANIFEST, Sha256, Text
from fitbox.registry.types import BaseModel
from fitbox.shown import shown

MAX_MANIFEST_BYTES = 4 << 20
MAX_NAME = 100

Fingerprint = tuple[tuple[str, int, int], ...]
"""(path, bytes, time of change in ns) of every file: equal fingerprints need no second hashing."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class BaseManifest(pydantic.BaseModel):
    """``manifest.json`` of a base model; written last, so its presence means that the folder is complete."""

    model_config = ConfigDict(frozen=True)

    name: Text
    source: str
    """Where it was prepared from: an absolute folder, a hub id, or the embedded package."""
    source_files: dict[str, Sha256] = {}
    """Of a folder: what it held. Empty for other sources, and where an earlier release prepared it."""
    digest: Text
    """Identity of the weights that adapters are trained against."""
    files: dict[str, Sha256]


def read(folder: Path, name: str) -> BaseModel:
    """The base model ``name`` as its manifest describes it.

    Raises:
        BaseModelError: it was never prepared, may not be read, or its manifest is not one.
    """
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise BaseModelError(f"{shown(name)!r} is not the name of a base model")
    path = folder / name
    found = read_manifest(path)
    return BaseModel(name=name, path=path, digest=found.digest, files=found.files, source=found.source)


def read_manifest(path: Path) -> BaseManifest:
    """The manifest of the base model in a folder. Raises BaseModelError."""
    try:
        found = read_model(path / MANIFEST, BaseManifest, max_bytes=MAX_MANIFEST_BYTES)
    except UnusableFileError as error:
        raise _unusable(path, error) from None
    for file in found.files:
        parts = PurePosixPath(file)
        if parts.is_absolute() or ".." in parts.parts or "\0" in file:
            raise BaseModelError(f"{shown(path / MANIFEST)} names files outside its folder")
    return found


def build(folder: Path, *, name: str, source: str, source_files: dict[str, str]) -> bytes:
    """The manifest of everything in ``folder``, as the bytes to write. Raises OSError."""
    files = {
        file.relative_to(folder).as_posix(): sha256_of(file)
        for file, status in walk(folder)
        if stat.S_ISREG(status.st_mode) and file != folder / MANIFEST
    }
    # The identity of the weights that adapters are trained against; the IR is derived from them.
    weights = {file: files[file] for file in sorted(files) if file.startswith("hf/")}
    digest = hashlib.sha256(json.dumps(weights, sort_keys=True).encode()).hexdigest()
    return to_json(
        {"name": name, "source": source, "source_files": source_files, "digest": digest, "files": files}
    )


def fingerprint(base: BaseModel) -> Fingerprint:
    """Size and time of change of every file. Raises BaseModelError where one is missing or closed to us."""
    found = []
    for name in sorted(base.files):
        try:
            status = (base.path / name).stat()
        except FileNotFoundError:
            raise BaseModelError(
                f"{base.name}: {shown(name)} is missing; run: fitbox model prepare"
            ) from None
        except (OSError, ValueError) as error:
            raise _unreadable(base, name, error) from None
        found.append((name, status.st_size, status.st_mtime_ns))
    return tuple(found)


def check(base: BaseModel) -> None:
    """Hash every file. Raises BaseModelError naming the first that is missing, unreadable or altered."""
    for name, digest in base.files.items():
        try:
            found = sha256_of(base.path / name)
        except FileNotFoundError:
            raise BaseModelError(
                f"{base.name}: {shown(name)} is missing; run: fitbox model prepare"
            ) from None
        except (OSError, ValueError) as error:
            raise _unreadable(base, name, error) from None
        if found != digest:
            raise BaseModelError(f"{base.name}: {shown(name)} was altered; run: fitbox model prepare")


def _unusable(path: Path, error: UnusableFileError) -> BaseModelError:
    match error.reason:
        case FileFault.MISSING:
            return BaseModelError(
                f"no base model {shown(path.name)!r} in {shown(path.parent)}; run: fitbox model prepare"
            )
        case FileFault.DENIED | FileFault.UNREADABLE:  # preparing it again would not help
            return BaseModelError(str(error), passing=True)
        case _:
            return BaseModelError(f"{error}; run: fitbox model prepare")


def _unreadable(base: BaseModel, name: str, error: OSError | ValueError) -> BaseModelError:
    problem = error.strerror if isinstance(error, OSError) else error
    return BaseModelError(f"{shown(base.path / name)} cannot be read: {problem}", passing=True)
