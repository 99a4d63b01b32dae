"""``manifest.json``: what a version is made of. Written last, so its presence means that the folder is
complete."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from fitbox.durable import sha256_of
from fitbox.errors import UnusableFileError
from fitbox.files import FileFault, parse_model, read_file, to_json
from fitbox.folders import walk
from fitbox.registry.invalid import InvalidReason, invalid, of_file

MANIFEST = "manifest.json"
METADATA = "training_metadata.json"
SCHEMA = 1
MAX_MANIFEST_BYTES = 1 << 20
MAX_NUMBER = 999_999_999
MAX_TEXT = 200
"""Characters of a name or digest in a manifest."""

VERSION_NAME = re.compile(r"v([0-9]{6,9})-([0-9a-f]{8})")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def _is_time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError("a time is written as 2026-01-31T12:00:00Z")
    datetime.fromisoformat(text)
    return text


def _is_printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it holds characters that cannot be printed")
    return text


Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(_is_printable)]
"""A name or digest: one short line that any log, metric or reply can hold."""
Time = Annotated[str, AfterValidator(_is_time)]
"""RFC 3339 in UTC and whole seconds, the one form that the registry writes."""
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class FileEntry(BaseModel):
    """One file of a version."""

    model_config = ConfigDict(frozen=True)

    sha256: Sha256
    bytes: Annotated[int, Field(ge=0)]


class Manifest(BaseModel):
    """A read manifest and its digest."""

    model_config = ConfigDict(frozen=True)

    schema_: Annotated[Literal[1], Field(alias="schema")]
    number: Annotated[int, Field(ge=1, le=MAX_NUMBER)]
    created_at: Time
    base_model: Text
    base_model_digest: Text
    dataset_digest: Text
    evaluation_score: Annotated[float, Field(allow_inf_nan=False)] | None = None
    files: dict[str, FileEntry]
    digest: str = ""
    """SHA-256 of the manifest's own bytes, whatever they say."""


def build(folder: Path, *, number: int, created_at: str, metadata: Mapping[str, Any]) -> bytes:
    """The manifest of everything in ``folder``, as the bytes to write. Keys are sorted: equal input, equal
    digest.

    Raises:
        AdapterInvalidError: ``metadata_incomplete`` where the metadata lacks what a manifest must name.
        OSError: a file cannot be read.
    """
    for field in ("base_model", "base_model_digest", "dataset_digest"):
        if not isinstance(metadata.get(field), str) or not metadata[field]:
            raise invalid(InvalidReason.METADATA_INCOMPLETE, f"the metadata must name {field!r}")
    files = {
        path.relative_to(folder).as_posix(): {"sha256": sha256_of(path), "bytes": status.st_size}
        for path, status in walk(folder)
        if path != folder / MANIFEST and stat.S_ISREG(status.st_mode)
    }
    return to_json(
        {
            "schema": SCHEMA,
            "number": number,
            "created_at": created_at,
            "base_model": metadata["base_model"],
            "base_model_digest": metadata["base_model_digest"],
            "dataset_digest": metadata["dataset_digest"],
            "evaluation_score": metadata.get("evaluation_score"),
            "files": files,
        }
    )


def digest_of(content: bytes) -> str:
    """The identity of a version: SHA-256 of its manifest's bytes."""
    return hashlib.sha256(content).hexdigest()


def version_name(number: int, digest: str) -> str:
    """``v000007-3f9a1c2b``."""
    return f"v{number:06d}-{digest[:8]}"


def read(folder: Path) -> Manifest:
    """Read and check the form of a manifest; the files it names are not touched.

    Raises:
        AdapterInvalidError: ``manifest_missing``, ``manifest_torn``, ``manifest_schema``, ``path_escapes``,
            ``symlink``, ``not_a_file``, ``too_large`` or ``unreadable``.
    """
    label = f"{folder.name}/{MANIFEST}"
    try:
        content = read_file(folder / MANIFEST, max_bytes=MAX_MANIFEST_BYTES)
    except UnusableFileError as error:
        raise of_file(
            error, label, InvalidReason.MANIFEST_SCHEMA, missing=InvalidReason.MANIFEST_MISSING
        ) from None
    return parse(content, label)


def parse(content: bytes, label: str) -> Manifest:
    """A manifest from its bytes. Raises AdapterInvalidError as :func:`read`."""
    try:
        manifest = parse_model(content, Manifest, label)
    except UnusableFileError as error:
        wrong = (
            InvalidReason.MANIFEST_SCHEMA if error.reason == FileFault.FORM else InvalidReason.MANIFEST_TORN
        )
        raise invalid(wrong, str(error), passing=error.passing) from None
    for name in manifest.files:
        _check_path(name, label)
    return manifest.model_copy(update={"digest": digest_of(content)})


def _check_path(name: str, label: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or "\\" in name or "\0" in name or not set(path.parts).isdisjoint({"..", "."}):
        raise invalid(InvalidReason.PATH_ESCAPES, f"{label} names a path outside the folder: {name!r}")
    if str(path) != name or name in ("", ".", MANIFEST) or len(name) > MAX_TEXT or not name.isprintable():
        raise invalid(InvalidReason.MANIFEST_SCHEMA, f"{label} names {name!r}, which is not a plain path")
