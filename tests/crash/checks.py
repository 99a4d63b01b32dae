"""What must hold whenever the daemon is dead, and in the end."""

from __future__ import annotations

import collections
import contextlib
import itertools
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import Run
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.data.dataset import identity

from fitbox.durable import sha256_of
from fitbox.registry import Registry
from tests.crash.folder import RestlessFolder

WORKING = frozenset({Stage.PREPARING, Stage.TRAINING, Stage.EVALUATING, Stage.PUBLISHING})


def inconsistencies(work: Path, registry: Registry) -> list[str]:
    """What is wrong with ledger, store and registry right after a kill; nothing should be."""
    path = work / "ledger.sqlite3"
    if not path.exists():
        return []
    found = []
    with contextlib.closing(sqlite3.connect(path)) as db:
        (verdict,) = db.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            return [f"ledger: {verdict}"]
        if db.execute("PRAGMA user_version").fetchone() == (0,):
            return []  # killed before it was made
    ledger = Ledger(path)
    try:
        runs = ledger.runs(limit=1_000_000)
        if sum(run.stage in WORKING for run in runs) > 1:
            found.append("more than one run is worked on")
        known = {run.run_id: run for run in runs}
        versions = registry.versions()
        by_run = collections.Counter(str(version.metadata["run_id"]) for version in versions)
        found += [f"{run_id} has {count} versions" for run_id, count in by_run.items() if count > 1]
        for version in versions:
            run = known.get(str(version.metadata["run_id"]))
            if run is None or run.stage not in {Stage.PUBLISHING, Stage.SUCCEEDED}:
                found.append(f"{version.name} is of a run that is {run.stage if run else 'unknown'}")
        newest = max((version.number for version in versions), default=0)
        for run in runs:
            published = run.version is not None and int(run.version[1:7]) >= newest
            if published and run.version not in {version.name for version in versions}:
                found.append(f"{run.run_id} says it published {run.version}, which is not there")
        for file in ledger.files():
            if file.name in ledger.sources() and file.content is not None:
                copy = work / "files" / f"{file.content.digest}.csv"
                if not copy.is_file() or sha256_of(copy) != file.content.digest:
                    found.append(f"{file.name}: the private copy is not its content")
                if not _is_whole(file.content.members_file, file.content.rows_accepted):
                    found.append(f"{file.name}: its members are not whole")
    finally:
        ledger.close()
    return found


def trained_twice(runs: Sequence[Run]) -> int:
    """Successful runs on the very dataset of the successful run before. ``runs``: oldest first."""
    datasets = [run.dataset_digest for run in runs if run.stage is Stage.SUCCEEDED]
    return sum(now == before for before, now in itertools.pairwise(datasets))


def lost(folder: RestlessFolder, work: Path, registry: Registry, store: Path) -> dict[str, int]:
    """Files and members that are in the folder and not in the active version, and the other way round."""
    sources, expected = folder.expected(store)
    ledger = Ledger(work / "ledger.sqlite3")
    known = ledger.sources()
    ledger.close()
    active = registry.get("active")
    wanted = _identities(store / "datasets" / f"{expected.digest}.jsonl")
    trained = _identities(work / "datasets" / f"{active.metadata['dataset_digest']}.jsonl")
    named = active.metadata["provenance"]["sources"]
    return {
        "lost_files": sum(known.get(name) != digest for name, digest in sources.items()),
        "lost_contents": len(set(sources.values()) - set(named.values())),
        "lost_members": len(wanted - trained),
        "extra_members": len(trained - wanted),
    }


def _is_whole(members: Path, count: int) -> bool:
    try:
        return len(_identities(members)) >= count
    except (OSError, ValueError):
        return False


def _identities(path: Path) -> set[str]:
    return {identity(json.loads(line)) for line in path.read_text("utf-8").splitlines()}
