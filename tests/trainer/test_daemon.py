"""The daemon's loop: real folders, ledger, registry and processes; scripted children and intake."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from fitbox_trainer.daemon.daemon import Daemon, exclusive
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import FileStatus
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.run.children import find_left_behind

from fitbox.errors import ConfigurationError
from tests.scripted_training import Workshop, evaluation, scripted_ingest

pytestmark = pytest.mark.slow


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """Folders and settings of a daemon that reacts within milliseconds."""
    return Workshop(tmp_path)


@pytest.fixture
def ledger(workshop: Workshop) -> Iterator[Ledger]:
    """The ledger of the workshop's daemon."""
    opened = workshop.open_ledger()
    yield opened
    opened.close()


@contextlib.asynccontextmanager
async def running(workshop: Workshop, ledger: Ledger) -> AsyncIterator[Daemon]:
    """A daemon that runs while the test looks on."""
    daemon = workshop.daemon(ledger)
    stop = asyncio.Event()
    task = asyncio.create_task(daemon.run(stop))
    try:
        yield daemon
    finally:
        stop.set()
        async with asyncio.timeout(30):
            await task


async def test_a_dropped_file_becomes_an_active_version(workshop: Workshop, ledger: Ledger) -> None:
    """The whole loop: read, train, evaluate, publish, activate."""
    workshop.put("members.csv", "ada", "ben", "bad")
    await workshop.settle(ledger)
    (run,) = ledger.runs()
    (version,) = workshop.registry.versions()
    assert (run.stage, run.version, run.members) == (Stage.SUCCEEDED, version.name, 2)
    assert workshop.registry.active().version == version.name
    assert [stage for _, stage in workshop.recorded.stages] == [
        Stage.QUEUED,
        Stage.PREPARING,
        Stage.TRAINING,
        Stage.EVALUATING,
        Stage.PUBLISHING,
        Stage.SUCCEEDED,
    ]


async def test_a_version_can_be_traced_to_its_data(workshop: Workshop, ledger: Ledger) -> None:
    """Its metadata names run, files with digests, configuration, libraries and the gate's figures."""
    workshop.put("members.csv", "ada")
    await workshop.settle(ledger)
    (run,) = ledger.runs()
    metadata = workshop.registry.versions()[0].metadata
    assert metadata["run_id"] == run.run_id
    assert metadata["dataset_digest"] == run.dataset_digest
    provenance = metadata["provenance"]
    assert provenance["sources"] == {"members.csv": ledger.files()[0].content.digest}  # type: ignore[union-attr]
    assert provenance["config"]["preset"]["name"] == workshop.settings.preset
    assert provenance["gate"]["promote"] is True
    assert provenance["libraries"]["numpy"]


async def test_the_same_content_again_trains_nothing(workshop: Workshop, ledger: Ledger) -> None:
    """Under the same name, under another, copied or moved."""
    first = workshop.put("members.csv", "ada", "ben")
    await workshop.settle(ledger)
    os.utime(first)
    workshop.put("copy.csv", "ada", "ben")
    await workshop.settle(ledger)
    first.rename(workshop.data / "renamed.csv")
    await workshop.settle(ledger)
    assert len(ledger.runs()) == 1


async def test_new_members_train_the_union(workshop: Workshop, ledger: Ledger) -> None:
    """A second file adds its members; whoever is in both counts once; the parent is the first version."""
    workshop.put("one.csv", "ada", "ben")
    await workshop.settle(ledger)
    workshop.put("two.csv", "ben", "cyd")
    await workshop.settle(ledger)
    second, first = ledger.runs()
    assert (first.members, second.members) == (2, 3)
    assert second.parent == first.version
    assert [version.number for version in workshop.registry.versions()] == [1, 2]


async def test_a_deleted_file_withdraws_its_members(workshop: Workshop, ledger: Ledger) -> None:
    """The next run trains without those who were in no other file."""
    workshop.put("one.csv", "ada", "ben")
    gone = workshop.put("two.csv", "ben", "cyd")
    await workshop.settle(ledger)
    gone.unlink()
    await workshop.settle(ledger)
    assert ledger.runs()[0].members == 2
    assert {file.name: file.status for file in ledger.files()}["two.csv"] is FileStatus.WITHDRAWN


async def test_withdrawn_members_are_not_served_in_silence(workshop: Workshop, ledger: Ledger) -> None:
    """The gate refuses the model without them: the old one serves on, and the daemon says what that
    means until a version without them is active."""
    workshop.put("one.csv", "ada", "ben")
    gone = workshop.put("two.csv", "ben", "cyd", "dan")
    await workshop.settle(ledger)
    assert workshop.recorded.withdrawn == []
    workshop.script(evaluation=evaluation(candidate=0.25, base=0.3))
    gone.unlink()
    await workshop.settle(ledger)
    (found,) = workshop.recorded.withdrawn
    assert (found.version, found.members) == (workshop.registry.active().version, 2)
    assert "rejected: not_better_than_base" in found.reason
    assert "fitbox runs start" in found.reason
    workshop.script()
    workshop.put("three.csv", "eve")
    await workshop.settle(ledger)
    assert ledger.runs()[0].stage is Stage.SUCCEEDED
    assert workshop.recorded.withdrawn == [found]


async def test_a_deleted_folder_of_members_is_told_too(workshop: Workshop, ledger: Ledger) -> None:
    """Without any member there is no run that could withdraw them."""
    only = workshop.put("one.csv", "ada", "ben")
    await workshop.settle(ledger)
    only.unlink()
    await workshop.settle(ledger)
    assert workshop.recorded.withdrawn[-1].members == 2


async def test_debouncing_has_an_end(tmp_path: Path) -> None:
    """A folder that never comes to rest cannot postpone a run for ever."""
    workshop = Workshop(tmp_path, debounce_seconds=3600.0, debounce_max_seconds=0.0)
    workshop.put("one.csv", "ada")
    ledger = workshop.open_ledger()
    await workshop.settle(ledger)
    assert ledger.runs()[0].stage is Stage.SUCCEEDED
    ledger.close()


async def test_unusable_files_are_explained_and_stop_nothing(workshop: Workshop, ledger: Ledger) -> None:
    """A bad CSV, a link, a folder and another suffix each get a reason; the good file is trained on."""
    workshop.put("bad.csv", "bad")
    workshop.put("notes.txt", "ada")
    (workshop.data / "folder").mkdir()
    (workshop.data / "link.csv").symlink_to(workshop.put("good.csv", "ada"))
    await workshop.settle(ledger)
    reasons = {file.name: file.reason for file in ledger.files() if file.status is FileStatus.REJECTED}
    assert reasons.keys() == {"bad.csv", "notes.txt", "folder", "link.csv"}
    assert all(reasons.values())
    assert ledger.runs()[0].stage is Stage.SUCCEEDED


async def test_a_file_that_finds_a_fault_in_intake_stops_no_other(workshop: Workshop, ledger: Ledger) -> None:
    """It is refused with the exception's text, and not tried again until it changes."""

    def faulty(path: Path, store: Path) -> object:
        if path.name == "poison.csv":
            raise RuntimeError("a fault of ours")
        return scripted_ingest(path, store)

    workshop.put("poison.csv", "x")
    workshop.put("good.csv", "ada")
    async with asyncio.timeout(60):
        await workshop.daemon(ledger, faulty).run(asyncio.Event(), once=True)
    assert ledger.runs()[0].stage is Stage.SUCCEEDED
    assert workshop.recorded.troubles == ["reading poison.csv: a fault of ours"]


async def test_the_gate_keeps_a_refused_candidate_with_its_reasons(
    workshop: Workshop, ledger: Ledger
) -> None:
    """It is no version, nothing is activated, and the same data is not tried again."""
    workshop.script(evaluation=evaluation(candidate=0.25, base=0.3))
    workshop.put("members.csv", "ada")
    await workshop.settle(ledger)
    await workshop.settle(ledger)
    (run,) = ledger.runs()
    assert run.stage is Stage.REJECTED
    assert run.reason.startswith("not_better_than_base")
    assert workshop.registry.versions() == ()
    assert workshop.registry.active().version is None
    (kept,) = (workshop.models / "rejected").iterdir()
    assert (kept / "evaluation.json").is_file()


async def test_a_pinned_version_stays_active(workshop: Workshop, ledger: Ledger) -> None:
    """The new version is published, and the run says why it does not serve."""
    workshop.put("one.csv", "ada")
    await workshop.settle(ledger)
    workshop.registry.pin()
    workshop.put("two.csv", "ben")
    await workshop.settle(ledger)
    newest, first = ledger.runs()
    assert newest.stage is Stage.SUCCEEDED
    assert "pinned" in newest.reason
    assert workshop.registry.active().version == first.version


async def test_a_crash_is_tried_again_and_then_fails_the_run(workshop: Workshop, ledger: Ledger) -> None:
    """The run ends as FAILED with the child's last words; the daemon lives on."""
    workshop.script(finetune=["crash"])
    workshop.put("members.csv", "ada")
    await workshop.settle(ledger)
    (run,) = ledger.runs()
    assert run.stage is Stage.FAILED
    assert "scripted crash" in run.reason
    assert len(workshop.recorded.causes) == workshop.settings.max_attempts


async def test_one_crash_costs_one_attempt(workshop: Workshop, ledger: Ledger) -> None:
    """The second attempt succeeds."""
    workshop.script(finetune=["crash", "ok"], evaluate=["crash", "ok"])
    workshop.put("members.csv", "ada")
    await workshop.settle(ledger)
    assert ledger.runs()[0].stage is Stage.SUCCEEDED
    assert len(workshop.recorded.causes) == 2


async def test_out_of_memory_is_tried_again_with_half_the_micro_batch(
    workshop: Workshop, ledger: Ledger
) -> None:
    """Twice, a quarter; the effective batch in the preset stays."""
    workshop.script(finetune=["oom", "oom", "ok"])
    workshop.put("members.csv", "ada")
    await workshop.settle(ledger)
    assert ledger.runs()[0].stage is Stage.SUCCEEDED
    tokens = [line.split()[-1] for line in workshop.done() if line.startswith("finetune")]
    assert tokens[0] == "None"
    assert int(tokens[1]) == 2 * int(tokens[2])


async def test_training_above_its_memory_limit_is_tried_again_with_half_the_micro_batch(
    tmp_path: Path,
) -> None:
    """It is killed before it takes what a server beside it needs; the reason names both figures."""
    workshop = Workshop(tmp_path, max_training_memory_mib=200)
    workshop.script(finetune=["greedy", "ok"])
    workshop.put("members.csv", "ada")
    ledger = workshop.open_ledger()
    await workshop.settle(ledger)
    run = ledger.runs()[0]
    ledger.close()
    assert run.stage is Stage.SUCCEEDED
    (cause,) = workshop.recorded.causes
    assert cause.startswith("OUT_OF_MEMORY: out of memory: held ")
    assert "200 MiB are allowed" in cause
    assert [line.split()[-1] for line in workshop.done() if line.startswith("finetune")] != ["None"] * 2


async def test_a_full_disk_uses_up_no_attempt(workshop: Workshop, ledger: Ledger) -> None:
    """The run waits for space, however long it takes; it is not the run's fault."""
    workshop.script(finetune=["disk"] * (workshop.settings.max_attempts + 2) + ["ok"])
    workshop.put("members.csv", "ada")
    await workshop.settle(ledger)
    assert ledger.runs()[0].stage is Stage.SUCCEEDED
    assert {cause.split(":")[0] for cause in workshop.recorded.causes} == {"DISK_FULL"}


async def test_data_that_cannot_work_is_not_tried_again(workshop: Workshop, ledger: Ledger) -> None:
    """Exit code 4 fails the run at once."""
    workshop.script(finetune=["unusable"])
    workshop.put("members.csv", "ada")
    await workshop.settle(ledger)
    assert ledger.runs()[0].stage is Stage.FAILED
    assert len(workshop.recorded.causes) == 1


async def test_files_that_arrive_during_a_run_make_the_next_one(workshop: Workshop, ledger: Ledger) -> None:
    """There is one run at a time, and none of the files is left out."""
    workshop.script(steps=20, step_seconds=0.02)
    workshop.put("one.csv", "ada")
    async with running(workshop, ledger):
        await workshop.until(lambda: bool(ledger.runs()) and ledger.runs()[0].stage is Stage.TRAINING)
        workshop.put("two.csv", "ben")
        workshop.put("three.csv", "cyd")
        await workshop.until(lambda: len(ledger.runs()) == 2 and ledger.runs()[0].stage is Stage.SUCCEEDED)
    assert [run.members for run in ledger.runs()] == [3, 1]


async def test_a_stopped_daemon_leaves_no_process_and_the_next_goes_on(
    workshop: Workshop, ledger: Ledger
) -> None:
    """The run resumes from its checkpoint: no step is done twice."""
    workshop.script(steps=30, step_seconds=0.02)
    workshop.put("members.csv", "ada")
    async with running(workshop, ledger) as daemon:
        await workshop.until(lambda: daemon.worker.progress.step >= 5)
    (run,) = ledger.runs()
    assert run.stage is Stage.TRAINING
    assert find_left_behind(run.run_id) == ()
    await workshop.settle(ledger)
    assert ledger.runs()[0].stage is Stage.SUCCEEDED
    steps = [line for line in workshop.done() if line.startswith("step")]
    assert len(steps) - len(set(steps)) <= 1


async def test_a_missing_data_folder_withdraws_nothing(workshop: Workshop, ledger: Ledger) -> None:
    """A file server that is away for a minute must not make FitBox forget its members."""
    workshop.put("members.csv", "ada")
    await workshop.settle(ledger)
    workshop.data.rename(workshop.root / "away")
    with pytest.raises(FileNotFoundError):
        await workshop.daemon(ledger).tick()
    assert ledger.files()[0].status is FileStatus.ACCEPTED


async def test_an_unprepared_base_model_is_prepared_first(tmp_path: Path) -> None:
    """The command gets the model's name; a base that stays unusable fails the run with a reason."""
    workshop = Workshop(tmp_path, base_model="absent", prepare_command=("true",))
    workshop.put("members.csv", "ada")
    ledger = workshop.open_ledger()
    await workshop.settle(ledger)
    (run,) = ledger.runs()
    assert run.stage is Stage.FAILED
    assert "fitbox model prepare" in run.reason
    ledger.close()


async def test_few_changes_wait_for_more(tmp_path: Path) -> None:
    """With a threshold of two, one new member starts nothing; the second does."""
    workshop = Workshop(tmp_path, min_changed_members=2)
    ledger = workshop.open_ledger()
    workshop.put("one.csv", "ada")
    await workshop.settle(ledger)
    workshop.put("two.csv", "ben")
    await workshop.settle(ledger)
    assert len(ledger.runs()) == 1
    workshop.put("three.csv", "cyd")
    await workshop.settle(ledger)
    assert [run.members for run in ledger.runs()] == [3, 1]
    ledger.close()


def test_a_work_folder_has_one_daemon(tmp_path: Path) -> None:
    """A second one is told so instead of sharing the ledger."""
    with exclusive(tmp_path), pytest.raises(ConfigurationError, match="another"), exclusive(tmp_path):
        pass
    with exclusive(tmp_path):
        pass
