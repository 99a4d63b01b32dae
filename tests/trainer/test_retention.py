"""Retention: what stays, what goes, and that neither a crash nor a reader is harmed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fitbox_trainer.cli import EXIT_BAD_SETTING, gc
from fitbox_trainer.daemon.daemon import exclusive
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.settings import RetentionSettings
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.release.retention import Kind, Removal, collect, plan, read_live
from typer import Typer
from typer.testing import CliRunner

from fitbox.errors import AdapterNotFoundError
from fitbox.registry import Registry
from tests import fakes
from tests.scripted_training import Workshop, evaluation

pytestmark = pytest.mark.slow


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A daemon that keeps one version, no refused candidate and one run folder."""
    return Workshop(tmp_path, retention={"versions": 1, "rejected": 0, "runs": 1})


@pytest.fixture
def ledger(workshop: Workshop) -> Iterator[Ledger]:
    """Its ledger."""
    opened = workshop.open_ledger()
    yield opened
    opened.close()


def names(folder: Path) -> set[str]:
    """Entries of a folder, without their endings."""
    return {path.stem for path in folder.iterdir()} if folder.is_dir() else set()


def removals(workshop: Workshop, ledger: Ledger, **limits: int) -> tuple[Removal, ...]:
    """What may go under these limits."""
    settings = RetentionSettings(**({"versions": 1, "rejected": 0, "runs": 1} | limits))
    work = workshop.settings.work_dir
    return plan(read_live(ledger, work), workshop.registry, work, settings)


async def test_the_daemon_keeps_what_its_versions_need_and_no_more(
    workshop: Workshop, ledger: Ledger
) -> None:
    """Three generations: the first version goes with its data, the last two stay with theirs."""
    for generation, member in enumerate(("ada", "ben", "cyd")):
        for old in workshop.data.iterdir():
            old.unlink()
        workshop.put(f"g{generation}.csv", member)
        await workshop.settle(ledger)
    assert [run.stage for run in ledger.runs()] == [Stage.SUCCEEDED] * 3
    third, second, first = ledger.runs()
    work = workshop.settings.work_dir
    assert [version.name for version in workshop.registry.versions()] == [second.version, third.version]
    assert names(work / "datasets") == {second.dataset_digest, third.dataset_digest}
    kept = {digest for run in (second, third) for digest in run.sources.values()}
    assert names(work / "members") == kept
    assert next(iter(first.sources.values())) not in kept
    assert names(work / "runs") - {".evaluation-texts"} == {third.run_id}
    assert removals(workshop, ledger) == ()


async def test_a_content_that_was_deleted_can_come_back(workshop: Workshop, ledger: Ledger) -> None:
    """Its stored files are made again, and its members are trained on."""
    for names_ in (("ada",), ("ben",), ("cyd",), ("ada",)):
        workshop.put("members.csv", *names_)
        await workshop.settle(ledger)
    assert ledger.runs()[0].stage is Stage.SUCCEEDED
    assert ledger.runs()[0].dataset_digest == ledger.runs()[3].dataset_digest


async def test_refused_candidates_are_bounded(workshop: Workshop, ledger: Ledger) -> None:
    """With none to keep, none stays; the run's folder still says why."""
    workshop.script(evaluation=evaluation(candidate=0.1))
    workshop.put("members.csv", "ada")
    await workshop.settle(ledger)
    assert ledger.runs()[0].stage is Stage.REJECTED
    assert workshop.registry.rejected() == ()
    assert names(workshop.settings.work_dir / "runs") >= {ledger.runs()[0].run_id}


async def test_a_run_that_has_not_ended_loses_nothing(workshop: Workshop, ledger: Ledger) -> None:
    """Its dataset and its contents stay, even when its file has been deleted since."""
    workshop.put("members.csv", "ada")
    await workshop.settle(ledger)
    dataset = await workshop.daemon(ledger).dataset()
    run = ledger.create_run("cpu-quick", dataset=dataset, sources=ledger.sources())
    ledger.withdraw_file("members.csv")
    shutil.rmtree(workshop.models / "adapters")
    (workshop.settings.work_dir / "runs" / run.run_id).mkdir()
    kinds = {removal.kind for removal in removals(workshop, ledger, runs=0)}
    assert kinds == {Kind.RUN}
    assert run.run_id not in {removal.path.name for removal in removals(workshop, ledger, runs=0)}


def test_active_pinned_previous_and_held_versions_stay(workshop: Workshop, ledger: Ledger) -> None:
    """However old they are; what a server holds goes once it lets go."""
    registry = workshop.registry
    versions = [fakes.publish(registry, seed) for seed in range(6)]
    registry.activate(versions[1].name, reason="test")
    registry.activate(versions[3].name, reason="test", pin=True)
    hold = registry.hold(versions[0])
    found = removals(workshop, ledger)
    assert [removal.path for removal in found] == [versions[index].path for index in (0, 2, 4)]
    work = workshop.settings.work_dir
    first = collect(found, registry, work)
    assert [removal.path for removal in first.kept] == [versions[0].path]
    assert first.size_bytes == sum(removal.size_bytes for removal in found[1:]) > 0
    hold.close()
    assert collect(removals(workshop, ledger), registry, work).kept == ()
    assert [version.number for version in registry.versions()] == [2, 4, 6]
    assert fakes.publish(registry, 9).number == 7


def test_a_version_that_was_activated_meanwhile_is_not_deleted(workshop: Workshop, ledger: Ledger) -> None:
    """The registry looks again under its lock."""
    registry = workshop.registry
    old, _, _ = (fakes.publish(registry, seed) for seed in range(3))
    found = removals(workshop, ledger)
    registry.activate(old.name, reason="a person's choice")
    collected = collect(found, registry, workshop.settings.work_dir)
    assert old.path in {removal.path for removal in collected.kept}
    registry.verify(old)


def test_a_deleted_version_cannot_be_held(workshop: Workshop) -> None:
    """Whoever comes too late is told so, as for a version that never was."""
    registry = workshop.registry
    old, _ = fakes.publish(registry, 1), fakes.publish(registry, 2)
    assert registry.remove(old)
    with pytest.raises(AdapterNotFoundError):
        registry.hold(old)


def test_a_crash_in_the_middle_of_a_deletion_leaves_no_half_version(
    workshop: Workshop, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is out of sight before its first file goes; the next collection removes the rest."""
    registry = workshop.registry
    old, new = fakes.publish(registry, 1), fakes.publish(registry, 2)
    found = removals(workshop, ledger)

    def crash(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fitbox.registry.removal.remove_tree", crash)
    with pytest.raises(KeyboardInterrupt):
        collect(found, registry, workshop.settings.work_dir)
    monkeypatch.undo()
    assert registry.versions() == (new,)
    assert not old.path.exists()
    (left,) = (registry.root / ".trash").iterdir()
    collect((), Registry(registry.root), workshop.settings.work_dir)
    assert not left.exists()


def test_what_a_killed_writer_left_is_swept(workshop: Workshop, ledger: Ledger) -> None:
    """Files beside their target that were never moved there."""
    folder = workshop.settings.work_dir / "datasets"
    folder.mkdir(parents=True)
    (folder / "d.partial").write_text("x")
    (removal,) = removals(workshop, ledger)
    assert (removal.kind, removal.size_bytes) == (Kind.LEFTOVER, 1)


def test_a_dry_run_says_what_would_go_and_deletes_nothing(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also beside a daemon, which a real collection refuses."""
    app = Typer()
    app.command()(gc)
    monkeypatch.setenv("FITBOX_TRAINER_RETENTION__REJECTED", "0")
    versions = [fakes.publish(workshop.registry, seed) for seed in range(3)]
    options = ["--models", str(workshop.models), "--keep", "1"]
    with exclusive(workshop.settings.work_dir):
        dry = CliRunner().invoke(app, [*options, "--dry-run", "--json"])
        refused = CliRunner().invoke(app, options)
    assert dry.exit_code == 0, dry.output
    found = json.loads(dry.stdout)
    assert [Path(item["path"]).name for item in found["removed"]] == [v.name for v in versions[:2]]
    assert found["bytes"] == sum(item["size_bytes"] for item in found["removed"]) > 0
    assert refused.exit_code == EXIT_BAD_SETTING
    assert len(workshop.registry.versions()) == 3
    done = CliRunner().invoke(app, options)
    assert "bytes in 2 places deleted" in done.output
    assert workshop.registry.versions() == (versions[2],)
