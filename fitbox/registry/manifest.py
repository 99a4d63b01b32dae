"""``manifest.json``: what a version is made of. Written last, so its presence means that the folder is
complete."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from fitbox.durable import sha256_of
from fitbox.errors import AdapterInvalidError

MANIFEST = "manifest.json"
METADATA = "training_metadata.json"
SCHEMA = 1
MAX_MANIFEST_BYTES = 1 << 20

_DIGEST = re.compile(r"[0-9a-f]{64}")
_TEXT_FIELDS = ("created_at", "base_model", "base_model_digest", "dataset_digest")


@dataclass(frozen=True)
class FileEntry:
    """One file of a version."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """A read manifest and its digest."""

    digest: str
    number: int
    created_at: str
    base_model: str
    base_model_digest: str
    dataset_digest: str
    evaluation_score: float | None
    files: Mapping[str, FileEntry]


def build(folder: Path, *, number: int, created_at: str, metadata: Mapping[str, Any]) -> bytes:
    """The manifest of everything in ``folder``, as the bytes to write. Keys are sorted: equal input, equal
    digest.

    Raises:
        AdapterInvalidError: ``metadata_incomplete`` where the metadata lacks what a manifest must name.
    """
    for field in _TEXT_FIELDS[1:]:
        if not isinstance(metadata.get(field), str) or not metadata[field]:
            raise AdapterInvalidError("metadata_incomplete", f"the metadata must name {field!r}")
    files = {
        path.relative_to(folder).as_posix(): {"sha256": sha256_of(path), "bytes": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path != folder / MANIFEST and path.is_file()
    }
    content = {
        "schema": SCHEMA,
        "number": number,
        "created_at": created_at,
        "base_model": metadata["base_model"],
        "base_model_digest": metadata["base_model_digest"],
        "dataset_digest": metadata["dataset_digest"],
        "evaluation_score": metadata.get("evaluation_score"),
        "files": files,
    }
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def digest_of(content: bytes) -> str:
    """The identity of a version: SHA-256 of its manifest's bytes."""
    return hashlib.sha256(content).hexdigest()


def version_name(number: int, digest: str) -> str:
    """``v000007-3f9a1c2b``."""
    return f"v{number:06d}-{digest[:8]}"


def read(folder: Path) -> Manifest:
    """Read and check the form of a manifest; the files it names are not touched.

    Raises:
        AdapterInvalidError: ``manifest_missing``, ``manifest_torn``, ``manifest_schema``, ``path_escapes`` or
            ``unreadable``.
    """
    path = folder / MANIFEST
    try:
        if path.is_symlink():
            raise AdapterInvalidError("symlink", f"{MANIFEST} is a symlink")
        with path.open("rb") as file:
            content = file.read(MAX_MANIFEST_BYTES + 1)
    except FileNotFoundError:
        raise AdapterInvalidError("manifest_missing", f"{folder.name} has no {MANIFEST}") from None
    except OSError as error:
        raise AdapterInvalidError("unreadable", f"{MANIFEST} cannot be read: {error.strerror}") from error
    if len(content) > MAX_MANIFEST_BYTES:
        raise AdapterInvalidError("too_large", f"{MANIFEST} has more than {MAX_MANIFEST_BYTES} bytes")
    try:
        values = json.loads(content)
    except ValueError as error:
        raise AdapterInvalidError("manifest_torn", f"{MANIFEST} is not JSON: {error}") from error
    return _checked(values, digest_of(content))


def _checked(values: Any, digest: str) -> Manifest:
    def refuse(problem: str) -> AdapterInvalidError:
        return AdapterInvalidError("manifest_schema", f"{MANIFEST}: {problem}")

    if not isinstance(values, dict) or values.get("schema") != SCHEMA:
        raise refuse(f"schema {SCHEMA} expected")
    if type(values.get("number")) is not int or values["number"] < 1:
        raise refuse("number must be a whole number from 1")
    for field in _TEXT_FIELDS:
        if not isinstance(values.get(field), str) or not values[field]:
            raise refuse(f"{field} is missing")
    score = values.get("evaluation_score")
    if score is not None and (type(score) not in (int, float) or not math.isfinite(score)):
        raise refuse("evaluation_score must be a finite number or null")
    if not isinstance(values.get("files"), dict):
        raise refuse("files must be an object")
    return Manifest(
        digest=digest,
        number=values["number"],
        created_at=values["created_at"],
        base_model=values["base_model"],
        base_model_digest=values["base_model_digest"],
        dataset_digest=values["dataset_digest"],
        evaluation_score=score,
        files={name: _entry(name, entry) for name, entry in values["files"].items()},
    )


def _entry(name: str, entry: Any) -> FileEntry:
    path = PurePosixPath(name)
    if path.is_absolute() or "\\" in name or "\0" in name or not set(path.parts).isdisjoint({"..", "."}):
        raise AdapterInvalidError("path_escapes", f"{MANIFEST} names a path outside the folder: {name!r}")
    if str(path) != name or name in ("", ".", MANIFEST):
        raise AdapterInvalidError("manifest_schema", f"{MANIFEST} names {name!r}, which is not a plain path")
    if (
        not isinstance(entry, dict)
        or not _DIGEST.fullmatch(str(entry.get("sha256")))
        or type(entry.get("bytes")) is not int
    ):
        raise AdapterInvalidError("manifest_schema", f"{MANIFEST}: {name} needs sha256 and bytes")
    return FileEntry(sha256=entry["sha256"], bytes=entry["bytes"])
