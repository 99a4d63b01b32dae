"""What the registry hands out: values, never handles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

BASE_VERSION = "base"
"""The name that stands for "no adapter": the base model alone."""


@dataclass(frozen=True)
class AdapterVersion:
    """A published version. ``name`` is ``v000007-3f9a1c2b``: a number that only grows and the digest's
    start."""

    name: str
    number: int
    digest: str
    """SHA-256 of the manifest, hex: the one identity everywhere (cache key, metric label, log line,
    reply)."""
    path: Path
    created_at: str
    """RFC 3339, UTC."""
    base_model: str
    base_model_digest: str
    dataset_digest: str
    evaluation_score: float | None
    metadata: Mapping[str, JsonValue]
    """``training_metadata.json`` as published; empty where it is missing or no JSON, which :meth:`verify`
    refuses."""


@dataclass(frozen=True)
class ActiveState:
    """Contents of ``active.json``. ``version`` is ``None`` while nothing was activated (base model)."""

    version: str | None
    previous: str | None
    since: str
    reason: str
    pinned: bool


@dataclass(frozen=True)
class BaseModel:
    """A prepared base model: its folder ``models/base/<name>`` and the digest that adapters name."""

    name: str
    path: Path
    digest: str
    files: Mapping[str, str]
    """Relative path -> SHA-256, hex."""
    source: str = ""
    """Where it was prepared from."""
