"""Retention beside readers, disks that refuse, and versions that cannot be read now."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.settings import RetentionSettings
from fitbox_trainer.release.publish import find_version
from fitbox_trainer.release.retention import Collected, Kind, collect, plan, read_live

from fitbox.errors import RegistryError
from fitbox.registry import AdapterVersion
from tests import fakes
from tests.scripted_training import Workshop


class Store:
    """Three versions, each with a dataset and a content; the newest alone is to stay."""

    def __init__(self, root: Path) -> None:
        self.workshop = Workshop(root)
        self.work, self.registry = self.workshop.settings.work_dir, self.workshop.registry
        self.ledger: Ledger = self.workshop.open_ledger()
        self.versions = [self.publish(seed) for seed in range(3)]

    def publish(self, seed: int) -> AdapterVersion:
        """A version with what it came from."""
        dataset, content = f"{seed}d" * 32, f"{seed}c" * 32
        for folder, name in (("datasets", f"{dataset}.jsonl"), ("members", f"{content}.jsonl")):
            (self.work / folder).mkdir(parents=True, exist_ok=True)
            (self.work / folder / name).write_text("{}\n")
        metadata = fakes.metadata(
            self.registry.base_model(fakes.BASE_NAME).digest,
            dataset_digest=dataset,
            run_id=f"run-{seed}",
            provenance={"sources": {"a.csv": content}},
        )
        return self.registry.publish(fakes.write_staging(self.registry.root, seed), metadata=metadata)

    def collect(self) -> Collected:
        """Plan and collect, keeping one version."""
        settings = RetentionSettings(versions=1, rejected=0, runs=0)
        removals = plan(read_live(self.ledger, self.work), self.registry, self.work, settings)
        return collect(removals, self.registry, self.work)

    def data_of(self, seed: int) -> list[bool]:
        """Whether the dataset and the content of a version are there."""
        dataset, content = f"{seed}d" * 32, f"{seed}c" * 32
        paths = (self.work / "datasets" / f"{dataset}.jsonl", self.work / "members" / f"{content}.jsonl")
        return [path.exists() for path in paths]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """See Store."""
    made = Store(tmp_path)
    yield made
    made.ledger.close()


def test_a_held_version_keeps_its_dataset_and_contents_and_the_others_go(store: Store) -> None:
    """A server may still have to say what the version was trained on; it all goes once it lets go."""
    hold = store.registry.hold(store.versions[0])
    first = store.collect()
    assert {removal.path for removal in first.kept} >= {store.versions[0].path}
    assert store.versions[0].path.is_dir()
    assert (store.data_of(0), store.data_of(1), store.data_of(2)) == ([True] * 2, [False] * 2, [True] * 2)
    hold.close()
    assert store.collect().kept == ()
    assert (store.data_of(0), store.data_of(2)) == ([False] * 2, [True] * 2)


def test_a_version_that_was_activated_after_the_plan_keeps_its_data(store: Store) -> None:
    """The registry looks again under its lock, and what it keeps needs its dataset."""
    settings = RetentionSettings(versions=1, rejected=0, runs=0)
    removals = plan(read_live(store.ledger, store.work), store.registry, store.work, settings)
    store.registry.activate(store.versions[1].name, reason="a person's choice")
    collect(removals, store.registry, store.work)
    assert (store.data_of(0), store.data_of(1)) == ([False] * 2, [True] * 2)


def test_a_version_that_the_disk_will_not_delete_keeps_its_data_and_nothing_else(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One folder of another user must not end every collection; what failed is told and tried again."""
    original, stubborn = os.rename, store.versions[0].path

    def refuse(source: Any, target: Any, **kwargs: Any) -> None:
        if str(source) == str(stubborn):
            raise PermissionError(errno.EACCES, "Permission denied", str(source))
        original(source, target, **kwargs)

    monkeypatch.setattr(os, "rename", refuse)
    collected = store.collect()
    ((removal, problem),) = collected.failed
    assert (removal.kind, removal.path) == (Kind.VERSION, stubborn)
    assert str(stubborn) in problem
    assert not store.versions[1].path.exists()
    assert (store.data_of(0), store.data_of(1)) == ([True] * 2, [False] * 2)
    monkeypatch.undo()
    assert store.collect().failed == ()
    assert store.data_of(0) == [False] * 2


def unreadable(monkeypatch: pytest.MonkeyPatch, folder: Path, code: int) -> None:
    """Let nothing in a folder be opened."""
    original = os.open

    def refuse(path: Any, *args: Any, **kwargs: Any) -> int:
        if not isinstance(path, int) and str(path).startswith(str(folder)):
            raise OSError(code, os.strerror(code), str(path))
        return original(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)


@pytest.mark.parametrize("code", [errno.EIO, errno.EMFILE, errno.EACCES], ids=errno.errorcode.get)
def test_while_a_version_cannot_be_read_no_dataset_goes(
    store: Store, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Nobody knows what it refers to; the next collection does."""
    unreadable(monkeypatch, store.versions[2].path, code)
    store.collect()
    assert all(all(store.data_of(seed)) for seed in range(3))
    monkeypatch.undo()
    store.collect()
    assert store.data_of(2) == [True] * 2


def test_while_a_version_cannot_be_read_no_run_is_published_a_second_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be this run's; the daemon waits and tries again."""
    with monkeypatch.context() as patch:
        unreadable(patch, store.versions[1].path / "training_metadata.json", errno.EIO)
        with pytest.raises(RegistryError, match=store.versions[1].name) as caught:
            find_version(store.registry, "run-1")
        assert caught.value.passing
        assert find_version(store.registry, "run-2") == store.versions[2]
    assert find_version(store.registry, "run-1") == store.versions[1]
    assert find_version(store.registry, "run-9") is None
