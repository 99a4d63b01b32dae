"""What calls return of versions; plans and what comes with them are :mod:`fitbox.reply`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fitbox.reply import (
    Alternative,
    ChangedLine,
    EatingWeekReply,
    LineChange,
    ProfileAssessment,
    Provenance,
    Recommendation,
    SafetyRemark,
    Substitution,
)

__all__ = [
    "Alternative",
    "ChangedLine",
    "EatingWeekReply",
    "LineChange",
    "ProfileAssessment",
    "Provenance",
    "Recommendation",
    "SafetyRemark",
    "Substitution",
]


@dataclass(frozen=True)
class AdapterInfo:
    """One published version as a server sees it."""

    version: str
    digest: str
    state: str
    created_at: datetime | None
    base_model: str
    dataset_digest: str
    evaluation_score: float | None
    pinned: bool
    reason: str


@dataclass(frozen=True)
class AdapterChange:
    """A version went into a state, and which version serves since then."""

    adapter: AdapterInfo
    serving_version: str
    """``base`` for the base model alone; empty while none is ready."""


@dataclass(frozen=True)
class ActiveAdapter:
    """What the registry says should serve; a server follows it within moments, unless the version is bad."""

    version: str
    """``base`` for the base model alone."""
    previous_version: str
    """Where a rollback goes to."""
    since: datetime | None
    reason: str
    """Why it was activated, pinned or unpinned: whatever came last."""
    pinned: bool


@dataclass(frozen=True)
class AdapterList:
    """Published versions, newest first, and the one that serves (``base`` for none)."""

    adapters: tuple[AdapterInfo, ...]
    serving_version: str
    active: ActiveAdapter


@dataclass(frozen=True)
class AdapterFile:
    """One file of a version; ``path`` is relative to its folder."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class AdapterDetails:
    """One version with everything that is recorded about it."""

    adapter: AdapterInfo
    metadata: Mapping[str, Any]
    """``training_metadata.json``: the run, its data, configuration, libraries and the gate's decision."""
    evaluation: Mapping[str, Any]
    """``evaluation.json``; empty where the version has none."""
    files: tuple[AdapterFile, ...]
