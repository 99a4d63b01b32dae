"""What the operating system and the disk refuse while a run is worked on."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from fitbox_trainer.daemon.records import Run
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.finetune import __main__ as finetune
from fitbox_trainer.finetune import checkpoint
from fitbox_trainer.run import children
from fitbox_trainer.run.children import Child, find_left_behind
from fitbox_trainer.run.exit_codes import ExitCode
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.presets import load_preset
from fitbox_trainer.run.progress import Progress, ProgressReader, ProgressWriter

from fitbox import durable
from fitbox.errors import ChildStartError
from tests.scripted_training import Workshop
from tests.tiny_llama import write_members, write_tiny_base

pytestmark = pytest.mark.integration

SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)
OTHERS = (errno.ENOENT, errno.EACCES, errno.EIO, errno.EPERM)


def refuse(code: int) -> OSError:
    """What the operating system says."""
    return OSError(code, os.strerror(code))


def last_run(workshop: Workshop) -> Run:
    """The newest."""
    ledger = workshop.open_ledger()
    try:
        return ledger.runs(limit=1)[0]
    finally:
        ledger.close()


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A daemon whose children are scripted."""
    return Workshop(tmp_path)


def refuse_starts(monkeypatch: pytest.MonkeyPatch, error: Exception, times: int) -> list[int]:
    """The first starts of children are refused; returns how many were asked for, as it grows."""
    real, asked = asyncio.create_subprocess_exec, [0]

    async def start(*arguments: Any, **options: Any) -> Any:
        asked[0] += 1
        if asked[0] <= times:
            raise error
        return await real(*arguments, **options)

    monkeypatch.setattr(children.asyncio, "create_subprocess_exec", start)
    return asked


@pytest.mark.parametrize("code", SHORTAGES, ids=errno.errorcode.get)
async def test_a_run_waits_for_processes_as_long_as_there_are_none(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """More often than a run may fail; it is told as NOT_STARTED, and ends well once it passes."""
    refuse_starts(monkeypatch, refuse(code), times=5)
    workshop.put("a.csv", "ann", "bob")
    ledger = workshop.open_ledger()
    await workshop.settle(ledger)
    assert ledger.runs(limit=1)[0].stage is Stage.SUCCEEDED
    ledger.close()
    assert [cause.split(":")[0] for cause in workshop.recorded.causes] == ["NOT_STARTED"] * 5
    assert os.strerror(code) in workshop.recorded.causes[0]


@pytest.mark.parametrize("code", OTHERS, ids=errno.errorcode.get)
async def test_a_run_that_can_never_be_started_fails_with_the_reason(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """After as many attempts as any failure gets; the daemon goes on with the next run."""
    refuse_starts(monkeypatch, refuse(code), times=workshop.settings.max_attempts)
    workshop.put("a.csv", "ann", "bob")
    ledger = workshop.open_ledger()
    await workshop.settle(ledger)
    assert ledger.runs(limit=1)[0].stage is Stage.FAILED
    assert os.strerror(code) in ledger.runs(limit=1)[0].reason
    workshop.put("b.csv", "cid")
    await workshop.settle(ledger)
    assert ledger.runs(limit=1)[0].stage is Stage.SUCCEEDED
    ledger.close()


async def test_a_program_that_is_not_there_is_a_reason_in_the_log_not_a_traceback(tmp_path: Path) -> None:
    """Below the supervisor: its interpreter is there, the command's is not."""
    workshop = Workshop(tmp_path, finetune_command=("/nowhere/python", "-m", "x"), max_attempts=2)
    workshop.put("a.csv", "ann", "bob")
    ledger = workshop.open_ledger()
    await workshop.settle(ledger)
    run = ledger.runs(limit=1)[0]
    ledger.close()
    assert run.stage is Stage.FAILED
    assert "/nowhere/python cannot be started" in run.reason
    assert workshop.recorded.causes[0].startswith("NOT_STARTED")
    (log, *_) = sorted((workshop.settings.work_dir / "runs" / run.run_id / "logs").iterdir())
    assert "Traceback" not in log.read_text()


async def test_a_start_that_is_refused_is_typed_and_says_whether_it_may_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads that cannot be started are a shortage too."""
    found = {}
    for error in (*map(refuse, SHORTAGES + OTHERS), RuntimeError("can't start new thread")):
        refuse_starts(monkeypatch, error, times=1)
        with pytest.raises(ChildStartError) as raised:
            await Child.start(
                [sys.executable],
                run_id="r",
                log=tmp_path / "log",
                nice=0,
                idle_time_only=False,
                threads=1,
                stop_grace_seconds=0.1,
            )
        found[getattr(error, "errno", None)] = raised.value.passing
        monkeypatch.undo()
    assert {code for code, passing in found.items() if passing} == {*SHORTAGES, None}


async def test_a_log_folder_that_cannot_be_made_is_tried_again(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full for the folder of logs, and then is not."""
    real, refused = durable.os.mkdir, iter(range(3))

    def mkdir(path: Any, *arguments: Any) -> None:
        if Path(path).name == "logs" and next(refused, None) is not None:
            raise refuse(errno.ENOSPC)
        real(path, *arguments)

    monkeypatch.setattr(durable.os, "mkdir", mkdir)
    workshop.put("a.csv", "ann", "bob")
    ledger = workshop.open_ledger()
    await workshop.settle(ledger)
    assert ledger.runs(limit=1)[0].stage is Stage.SUCCEEDED
    ledger.close()
    assert len(workshop.recorded.causes) == 3


def test_not_being_able_to_look_for_processes_is_not_that_there_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two writers in one folder would be worse than waiting."""

    class Process:
        pid = 1

        def environ(self) -> dict[str, str]:
            raise refuse(errno.EMFILE)

    monkeypatch.setattr(psutil, "process_iter", lambda: [Process()])
    with pytest.raises(OSError, match="Too many open files"):
        find_left_behind("r")


async def test_a_supervisor_that_does_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was stopped (SIGSTOP); what it supervised goes with it."""
    monkeypatch.setattr(children, "_STOP_SECONDS", 0.0)
    child = await Child.start(
        [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(99)"],
        run_id="run-stopped",
        log=tmp_path / "log",
        nice=0,
        idle_time_only=False,
        threads=1,
        stop_grace_seconds=0.0,
    )
    async with asyncio.timeout(30):
        while b"up" not in (tmp_path / "log").read_bytes() if (tmp_path / "log").exists() else True:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)
    psutil.Process(child._process.pid).suspend()
    await child.stop()
    assert find_left_behind("run-stopped") == ()


def test_figures_that_cannot_be_read_now_are_read_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not worth a run."""
    path = tmp_path / "progress.jsonl"
    ProgressWriter(path).stage("train")
    reader = ProgressReader(path)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda *_: (_ for _ in ()).throw(refuse(errno.EMFILE)))
        assert reader.read() == Progress()
    assert reader.read() == Progress(activity="train")


# What follows trains a tiny model in this process.

STEPS = 4


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tiny base for the module."""
    return write_tiny_base(tmp_path_factory.mktemp("base") / "tiny")


def make_run(path: Path, base: Path) -> RunFolder:
    """A run of a few steps with a checkpoint after each."""
    path.mkdir()
    write_members(path / "members.jsonl", 8)
    values = load_preset("cpu-quick").model_dump(mode="json")
    values |= {"time_budget_seconds": None, "threads": 1, "device": "cpu", "checkpoint_seconds": 1e-6}
    values["quantization"] |= {"compute": "float32"}
    values["lora"] |= {"rank": 2, "alpha": 4}
    values["batch"] |= {"examples": 2}
    values["data"] |= {"epochs": STEPS * 2 / 24, "held_out_share": 0.0, "max_length": 4096}
    config = {"run_id": path.name, "preset": values, "base_model": str(base), "members": ["members.jsonl"]}
    (path / "config.json").write_text(json.dumps(config))
    return RunFolder(path)


def train(folder: RunFolder) -> int:
    """In this process; the exit code."""
    return finetune.main(["--run-dir", str(folder.path)])


def digest(folder: RunFolder) -> str:
    """Of the adapter."""
    return hashlib.sha256((folder.candidate / "adapter_model.safetensors").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def undisturbed(base: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What comes out when nothing is refused."""
    folder = make_run(tmp_path_factory.mktemp("undisturbed") / "run", base)
    assert train(folder) == ExitCode.DONE
    return digest(folder)


def nth(number: int, action: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
    """``original``, but ``action`` at its nth call."""
    calls: Iterator[int] = iter(range(1, 10**9))

    def either(*arguments: Any, **options: Any) -> Any:
        return (action if next(calls) == number else original)(*arguments, **options)

    return either


def full(*_: Any, **__: Any) -> Any:
    """No space."""
    raise refuse(errno.ENOSPC)


def half_written(tensors: Any, path: Path, *_: Any) -> None:
    """What safetensors does and says on a full disk."""
    Path(path).write_bytes(b"half")
    raise RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)")


PLACES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "a checkpoint's weights": lambda patch: patch.setattr(
        checkpoint, "save_file", nth(3, half_written, checkpoint.save_file)
    ),
    "a checkpoint's optimizer": lambda patch: patch.setattr(torch, "save", nth(5, full, torch.save)),
    "a checkpoint's flush": lambda patch: patch.setattr(
        checkpoint, "settle_folder", nth(2, full, checkpoint.settle_folder)
    ),
    "a checkpoint's marker": lambda patch: patch.setattr(
        checkpoint, "replace_file", nth(2, full, checkpoint.replace_file)
    ),
    "the log of steps": lambda patch: patch.setattr(
        "fitbox_trainer.finetune.loop.StepLog.append",
        nth(3, full, finetune_log_append()),
    ),
    "the candidate's weights": lambda patch: patch.setattr(
        "peft.PeftModel.save_pretrained", nth(1, full, lambda *_, **__: None)
    ),
    "the candidate's flush": lambda patch: patch.setattr(
        "fitbox_trainer.run.folder.replace_folder", nth(1, full, durable.replace_folder)
    ),
}


def finetune_log_append() -> Callable[..., Any]:
    """The original."""
    from fitbox_trainer.finetune.loop import StepLog

    return StepLog.append


@pytest.mark.parametrize("break_it", PLACES.values(), ids=PLACES)
def test_a_full_disk_ends_the_attempt_clearly_and_the_next_one_goes_on(
    base: Path,
    tmp_path: Path,
    undisturbed: str,
    monkeypatch: pytest.MonkeyPatch,
    break_it: Callable[[pytest.MonkeyPatch], None],
) -> None:
    """Its own exit code; what was checkpointed stays whole; no half checkpoint takes room; the same adapter
    in the end."""
    folder = make_run(tmp_path / "run", base)
    with monkeypatch.context() as patch:
        break_it(patch)
        assert train(folder) == ExitCode.DISK_FULL
    progress = folder.follow().read()
    assert progress.error_exit_code == ExitCode.DISK_FULL
    assert "No space left" in progress.error
    kept = checkpoint.complete(folder.checkpoints)
    assert kept
    assert all(checkpoint.is_intact(path) for path in kept)
    assert sorted(folder.checkpoints.iterdir()) == sorted(kept)
    assert not folder.candidate.exists()
    assert train(folder) == ExitCode.DONE
    resumed = [
        json.loads(line)
        for line in (folder.path / "progress.jsonl").read_text().splitlines()
        if '"resumed"' in line
    ]
    assert resumed
    assert digest(folder) == undisturbed


def test_a_disk_that_is_full_for_a_line_of_progress_ends_nothing(
    base: Path, tmp_path: Path, undisturbed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines are lost, the training is not."""
    folder = make_run(tmp_path / "run", base)
    real = os.open

    def refusing(path: Any, *arguments: Any, **options: Any) -> int:
        if str(path).endswith("progress.jsonl"):
            raise refuse(errno.ENOSPC)
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refusing)
    assert train(folder) == ExitCode.DONE
    assert digest(folder) == undisturbed


@pytest.mark.parametrize("code", [errno.EMFILE, errno.EIO, errno.ESTALE], ids=errno.errorcode.get)
def test_a_checkpoint_that_cannot_be_read_now_is_not_given_up(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Only one that is damaged is removed; this attempt fails, the next one resumes."""
    folder = make_run(tmp_path / "run", base)
    with monkeypatch.context() as patch:
        patch.setattr("fitbox_trainer.run.folder.replace_folder", full)
        assert train(folder) == ExitCode.DISK_FULL
    before = checkpoint.complete(folder.checkpoints)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "sha256_of", lambda _: (_ for _ in ()).throw(refuse(code)))
        assert train(folder) == ExitCode.FAILED
    assert checkpoint.complete(folder.checkpoints) == before
    assert train(folder) == ExitCode.DONE


def test_checkpoints_go_only_once_the_candidate_is_on_the_disk(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its files is flushed, it is renamed, the folder above is flushed; then the checkpoints go."""
    folder = make_run(tmp_path / "run", base)
    events: list[str] = []
    real_sync, real_rename = durable.sync, os.rename
    real_rmtree = __import__("shutil").rmtree

    def sync(path: Path) -> None:
        events.append(f"sync {path.name}")
        real_sync(path)

    def rename(source: Any, target: Any) -> None:
        events.append(f"rename {Path(target).name}")
        real_rename(source, target)

    def rmtree(path: Any, *arguments: Any, **options: Any) -> None:
        events.append(f"remove {Path(path).name}")
        real_rmtree(path, *arguments, **options)

    monkeypatch.setattr(durable, "sync", sync)
    monkeypatch.setattr(os, "rename", rename)
    monkeypatch.setattr("shutil.rmtree", rmtree)
    assert train(folder) == ExitCode.DONE
    renamed = events.index("rename candidate")
    gone = events.index("remove checkpoints")
    for name in ("adapter_model.safetensors", "training_metadata.json", "candidate.partial"):
        assert events.index(f"sync {name}") < renamed
    assert f"sync {folder.path.name}" in events[renamed:gone]
