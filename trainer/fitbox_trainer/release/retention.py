"""Retention: what may be deleted, and deleting it.

::

    models/adapters/    the newest N stay; also the active one (a pinned one is active), the previous one,
                        and any that a server holds loaded
    models/rejected/    the newest N stay
    .work/runs/         the newest N that have ended stay, and every one that has not
    .work/datasets/     stay for every version, refused candidate and run folder that is kept, for runs to
                        come, and for the run that the next one is compared with
    .work/files/ members/ feedback/ quarantine/ reports/
                        stay for every content that is in the data folder now, went into a kept version, or is
                        needed by a run that has not ended

Deciding is a pure function of what is referenced and what is there. A folder is renamed out of sight before
it is removed, a file vanishes at once, and what is deleted is only ever unreferenced, so a crash anywhere
costs nothing: the next collection finishes. Whoever collects holds the work folder, because an intake at the
same moment could bring back a content that was decided on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from fitbox.errors import RegistryError
from fitbox.folders import size_of
from fitbox.registry import AdapterVersion, Registry
from fitbox.registry.manifest import METADATA
from fitbox.registry.removal import discard, sweep
from fitbox.shown import shown
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import FileStatus, Run
from fitbox_trainer.daemon.settings import RetentionSettings
from fitbox_trainer.release.publish import read_record

_CONTENT_FOLDERS = ("files", "members", "feedback", "quarantine", "reports")
_PAGE = 100


class Kind(StrEnum):
    """What a removal is about."""

    VERSION = "version"
    REJECTED = "rejected candidate"
    RUN = "run folder"
    DATASET = "dataset"
    CONTENT = "stored content"
    LEFTOVER = "unfinished file"


@dataclass(frozen=True)
class Removal:
    """One thing that may go."""

    kind: Kind
    path: Path
    size_bytes: int
    needs: frozenset[str] = frozenset()
    """Digests of the datasets and contents that it refers to: they stay if it does."""


@dataclass(frozen=True)
class Live:
    """What the ledger says is in use. Read in the thread of the ledger; the rest needs no database."""

    unfinished_runs: frozenset[str]
    ended_runs: tuple[str, ...]
    """Those that still have a folder, newest first."""
    datasets: frozenset[str]
    """Of runs that have not ended, of the newest that has, and of the files as they are now."""
    dataset_of_run: dict[str, str]
    contents: frozenset[str]


@dataclass(frozen=True)
class Collected:
    """What a collection did."""

    removed: tuple[Removal, ...]
    kept: tuple[Removal, ...]
    """Could not go, because somebody holds it or what refers to it."""
    failed: tuple[tuple[Removal, str], ...] = ()
    """Could not go, because the disk or the rights refuse, and what they said. Tried again the next time."""

    @property
    def size_bytes(self) -> int:
        """Bytes that are free now."""
        return sum(removal.size_bytes for removal in self.removed)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""

        def values(removals: Iterable[Removal]) -> list[dict[str, Any]]:
            return [
                {"kind": each.kind, "path": shown(each.path, 4096), "size_bytes": each.size_bytes}
                for each in removals
            ]

        return {
            "removed": values(self.removed),
            "in_use": values(self.kept),
            "failed": values(removal for removal, _ in self.failed),
            "bytes": self.size_bytes,
        }


def read_live(ledger: Ledger, work: Path) -> Live:
    """What is in use, as the ledger has it now. Costs what is kept, however many runs there ever were."""
    unfinished = [run for run in _runs_since(ledger, ledger.current_run()) if not run.stage.is_end]
    folders = (work / "runs").glob("run-*")
    found = [run for folder in folders if (run := ledger.run(folder.name)) is not None and run.stage.is_end]
    ended = sorted(found, key=lambda run: -run.number)
    current = ledger.dataset_of(ledger.sources())
    last = ledger.last_finished_run()
    datasets = {run.dataset_digest for run in unfinished}
    datasets |= {each.digest for each in (current,) if each is not None}
    datasets |= {each.dataset_digest for each in (last,) if each is not None}
    present = {
        file.content.digest
        for file in ledger.files()
        if file.content is not None and file.status is not FileStatus.WITHDRAWN
    }
    return Live(
        unfinished_runs=frozenset(run.run_id for run in unfinished),
        ended_runs=tuple(run.run_id for run in ended),
        datasets=frozenset(datasets),
        dataset_of_run={run.run_id: run.dataset_digest for run in (*unfinished, *ended)},
        contents=frozenset(present | {digest for run in unfinished for digest in run.sources.values()}),
    )


def _runs_since(ledger: Ledger, first: Run | None) -> list[Run]:
    """The oldest run that has not ended, and every later one."""
    runs: list[Run] = []
    before = None
    while first is not None and (page := ledger.runs(before=before, limit=_PAGE)):
        runs += [run for run in page if run.number >= first.number]
        before = page[-1].number
        if before <= first.number:
            break
    return runs


def plan(live: Live, registry: Registry, work: Path, settings: RetentionSettings) -> tuple[Removal, ...]:
    """Everything that may go, in an order that a crash may cut anywhere: first what refers, then what is
    referred to.

    While a version cannot be read nobody knows what it refers to, so no dataset and no content may go.

    Raises:
        RegistryError, OSError: what is there cannot be looked at.
    """
    survey = registry.survey()
    versions = registry.prunable(settings.versions)
    all_rejected = registry.rejected()
    rejected = all_rejected[: max(0, len(all_rejected) - settings.rejected)]
    kept_versions = [version for version in survey.versions if version not in versions]
    kept_rejected = [folder for folder in all_rejected if folder not in rejected]
    kept_runs = live.unfinished_runs | set(live.ended_runs[: settings.runs])
    runs = [folder for name in live.ended_runs[settings.runs :] if (folder := work / "runs" / name).is_dir()]
    datasets = live.datasets | {version.dataset_digest for version in kept_versions}
    datasets |= {live.dataset_of_run[run] for run in kept_runs} | set(_datasets_of(kept_rejected))
    contents = live.contents | set(_contents_of(kept_versions))
    found = [_removal(Kind.VERSION, version.path, _needs_of(version)) for version in versions]
    found += [_removal(Kind.REJECTED, folder, frozenset(_datasets_of([folder]))) for folder in rejected]
    found += [_removal(Kind.RUN, run, frozenset({live.dataset_of_run[run.name]})) for run in runs]
    if not survey.unreadable:
        found += [
            _removal(Kind.DATASET, path) for path in _files(work / "datasets") if path.stem not in datasets
        ]
        found += [
            _removal(Kind.CONTENT, path)
            for folder in _CONTENT_FOLDERS
            for path in _files(work / folder)
            if path.stem not in contents
        ]
    for name in ("datasets", *_CONTENT_FOLDERS):
        found += [_removal(Kind.LEFTOVER, path) for path in _torn(work / name)]
    return tuple(found)


def collect(removals: Sequence[Removal], registry: Registry, work: Path) -> Collected:
    """Delete, after finishing what an earlier collection left. What cannot go keeps nothing else from going,
    but for what it refers to.

    Raises:
        RegistryError: ``models`` cannot be read.
    """
    failed = [
        *_swept(registry.sweep, registry.root),
        *_swept(lambda: sweep(work / ".trash"), work / ".trash"),
    ]
    versions = {version.path: version for version in registry.versions()}
    removed: list[Removal] = []
    kept: list[Removal] = []
    needed: set[str] = set()
    for removal in removals:
        try:
            gone = removal.path.stem not in needed or removal.kind not in (Kind.DATASET, Kind.CONTENT)
            gone = gone and _remove(removal, versions.get(removal.path), registry, work)
        except (RegistryError, OSError) as error:
            failed.append((removal, str(error)))
            needed |= removal.needs
            continue
        if not gone:
            needed |= removal.needs
        (removed if gone else kept).append(removal)
    return Collected(tuple(removed), tuple(kept), tuple(failed))


def _swept(sweeping: Callable[[], None], folder: Path) -> list[tuple[Removal, str]]:
    try:
        sweeping()
    except (RegistryError, OSError) as error:
        return [(Removal(Kind.LEFTOVER, folder, 0), str(error))]
    return []


def _removal(kind: Kind, path: Path, needs: frozenset[str] = frozenset()) -> Removal:
    return Removal(kind, path, size_of(path), needs)


def _remove(removal: Removal, version: AdapterVersion | None, registry: Registry, work: Path) -> bool:
    match removal.kind:
        case Kind.VERSION:
            # None: not readable now, or gone since; what is there stays until it can be looked at.
            return registry.remove(version) if version is not None else not removal.path.exists()
        case Kind.REJECTED:
            return registry.remove_rejected(removal.path)
        case Kind.RUN:
            return discard(removal.path, work / ".trash")
        case _:
            removal.path.unlink(missing_ok=True)
            return True


def _datasets_of(rejected: Sequence[Path]) -> Iterator[str]:
    for folder in rejected:
        digest = _metadata(folder).get("dataset_digest")
        if isinstance(digest, str):
            yield digest


def _needs_of(version: AdapterVersion) -> frozenset[str]:
    return frozenset({version.dataset_digest, *_contents_of([version])})


def _contents_of(versions: Sequence[AdapterVersion]) -> Iterator[str]:
    for version in versions:
        provenance = version.metadata.get("provenance")
        sources = provenance.get("sources") if isinstance(provenance, dict) else None
        if isinstance(sources, dict):
            yield from map(str, sources.values())


def _metadata(folder: Path) -> dict[str, Any]:
    """A refused candidate's record; nothing where it has none.

    Raises:
        OSError: it is there and cannot be read now, so nobody knows what it refers to.
    """
    return read_record(folder / METADATA)


def _files(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if not _is_torn(path)]


def _torn(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if _is_torn(path)]


def _entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def _is_torn(path: Path) -> bool:
    """What a writer that was killed left beside its target; nobody writes while we hold the work folder."""
    return path.name.startswith(".") or path.suffix == ".partial"
