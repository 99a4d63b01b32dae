"""The registry in ``models/``: the only place where trainer and server meet.

::

    models/base/<name>/                    hf/ and openvino/, each described by <name>/manifest.json
    models/adapters/v000007-3f9a1c2b/      one published version; manifest.json is written last
    models/active.json                     {version, previous, since, reason, pinned}
    models/fitbox_model                    relative symlink to the active version
    models/rejected/<name>/                candidates the gate refused, with their evaluation

A version is a folder whose ``manifest.json`` names every other file with its SHA-256; the version's digest is the
SHA-256 of that manifest. A reader ignores any folder without a valid manifest, so a publish that is killed between
any two lines leaves either the old state or the new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class AdapterVersion:
    """A published version. ``name`` is ``v000007-3f9a1c2b``: a number that only grows and the digest's start."""

    name: str
    number: int
    digest: str
    """SHA-256 of the manifest, hex: the one identity everywhere (cache key, metric label, log line, reply)."""
    path: Path
    created_at: str
    """RFC 3339, UTC."""
    base_model: str
    base_model_digest: str
    dataset_digest: str
    evaluation_score: float | None
    metadata: Mapping[str, Any]
    """``training_metadata.json`` as published."""


@dataclass(frozen=True)
class ActiveState:
    """Contents of ``active.json``. ``version`` is ``None`` while nothing was activated (base model)."""

    version: str | None
    previous: str | None
    since: str
    reason: str
    pinned: bool


class Registry:
    """Reads and writes one ``models/`` folder. Safe against concurrent processes and a crash at any line."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def publish(self, staging: Path, *, metadata: Mapping[str, Any]) -> AdapterVersion:
        """Turn a finished staging folder (same file system) into the next version; does not activate it."""
        raise NotImplementedError

    def versions(self) -> tuple[AdapterVersion, ...]:
        """Every version with a readable manifest, oldest first. Digests of files are not verified here."""
        raise NotImplementedError

    def get(self, name: str) -> AdapterVersion:
        """One version by name, or ``active``. Raises AdapterNotFoundError."""
        raise NotImplementedError

    def verify(self, version: AdapterVersion) -> None:
        """Check everything that must hold before a load. Raises AdapterInvalidError with a stable reason."""
        raise NotImplementedError

    def active(self) -> ActiveState:
        """The active state, also where nothing was ever activated."""
        raise NotImplementedError

    def activate(self, name: str, *, reason: str, pin: bool | None = None) -> ActiveState:
        """Verify, then make a version active atomically. Raises AdapterPinnedError, AdapterInvalidError."""
        raise NotImplementedError

    def rollback(self, *, reason: str) -> ActiveState:
        """Activate the previous version again."""
        raise NotImplementedError
