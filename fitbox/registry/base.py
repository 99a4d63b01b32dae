"""Base models in ``models/base/<name>/``: read the manifest, check the files."""

from __future__ import annotations

import json
import re
from pathlib import Path

from fitbox.durable import sha256_of
from fitbox.errors import BaseModelError
from fitbox.registry.types import BaseModel

Fingerprint = tuple[tuple[str, int, int], ...]
"""(path, bytes, time of change in ns) of every file: equal fingerprints need no second hashing."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def read(folder: Path, name: str) -> BaseModel:
    """The base model ``name`` as its manifest describes it.

    Raises:
        BaseModelError: it was never prepared, or its manifest is not one.
    """
    path = folder / name
    if not _NAME.fullmatch(name):
        raise BaseModelError(f"{name!r} is not the name of a base model")
    try:
        manifest = json.loads((path / "manifest.json").read_bytes())
        files = {str(file): str(digest) for file, digest in manifest["files"].items()}
        digest = str(manifest["digest"])
    except FileNotFoundError:
        raise BaseModelError(f"no base model {name!r} in {folder}; run: fitbox model prepare") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BaseModelError(f"{path / 'manifest.json'} cannot be used; run: fitbox model prepare") from error
    if any(Path(file).is_absolute() or ".." in Path(file).parts for file in files):
        raise BaseModelError(f"{path / 'manifest.json'} names files outside its folder")
    return BaseModel(name=name, path=path, digest=digest, files=files)


def fingerprint(base: BaseModel) -> Fingerprint:
    """Size and time of change of every file. Raises BaseModelError where one is missing."""
    found = []
    for name in sorted(base.files):
        try:
            status = (base.path / name).stat()
        except OSError:
            raise BaseModelError(f"{base.name}: {name} is missing; run: fitbox model prepare") from None
        found.append((name, status.st_size, status.st_mtime_ns))
    return tuple(found)


def check(base: BaseModel) -> None:
    """Hash every file. Raises BaseModelError naming the first that is missing or altered."""
    for name, digest in base.files.items():
        try:
            found = sha256_of(base.path / name)
        except OSError as error:
            raise BaseModelError(f"{base.name}: {name} cannot be read: {error.strerror}") from error
        if found != digest:
            raise BaseModelError(f"{base.name}: {name} was altered; run: fitbox model prepare")
