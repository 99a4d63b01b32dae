"""What the ledger returns: frozen values, one for each kind of row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.daemon.watcher import Signature
from fitbox_trainer.intake.report import ContentKind


class FileStatus(StrEnum):
    """What became of a name in the data folder."""

    ACCEPTED = "ACCEPTED"
    """Its members are in the dataset."""
    REJECTED = "REJECTED"
    """Read, but unusable as a whole; or never read (a link, a folder, another suffix)."""
    WITHDRAWN = "WITHDRAWN"
    """Deleted; its members leave the dataset with the next run."""


@dataclass(frozen=True)
class Content:
    """What reading one distinct content gave; keyed by the SHA-256 of its bytes."""

    digest: str
    status: FileStatus
    reason: str
    rows_accepted: int
    rows_rejected: int
    rows_duplicate: int
    members_file: Path
    rejected_cells: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By field and fault, where it has just been read; the ledger does not keep them."""
    kind: ContentKind = ContentKind.MEMBERS


@dataclass(frozen=True)
class FileRecord:
    """One name in the data folder. ``content`` is ``None`` for an entry that was never read."""

    name: str
    status: FileStatus
    reason: str
    signature: Signature
    changed_at: float
    """Unix time of the last change of this record."""
    content: Content | None


@dataclass(frozen=True)
class Dataset:
    """The deduplicated union of the accepted files; no members at all have the empty digest."""

    digest: str
    members: int


@dataclass(frozen=True)
class Run:
    """One run. Times are Unix seconds."""

    number: int
    run_id: str
    request_id: str | None
    stage: Stage
    preset: str
    dataset_digest: str
    members: int
    sources: Mapping[str, str]
    """Names of the files behind the dataset, each with the SHA-256 of its contents."""
    parent: str | None
    """The version that was active when the run began."""
    created_at: float
    stage_entered_at: float
    finished_at: float | None
    failures: int
    """Failed attempts of the present stage."""
    not_before: float
    """No attempt starts earlier (back-off)."""
    micro_batch_divisor: int
    """1, doubled each time the memory did not suffice."""
    cancel_requested: bool
    version: str | None
    reason: str


@dataclass(frozen=True)
class Attempt:
    """One try of one stage; ``outcome`` is empty while it goes on."""

    run_id: str
    stage: Stage
    number: int
    started_at: float
    finished_at: float | None
    outcome: str
    detail: str
