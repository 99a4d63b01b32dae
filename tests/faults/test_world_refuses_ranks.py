"""One of several processes of a run is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest
from fitbox_trainer.run.children import Cause, Child, find_left_behind
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.presets import load_named, parse_preset
from fitbox_trainer.run.runconfig import RunConfig

from tests.examples import thoroughly
from tests.tiny_llama import write_members, write_tiny_base

TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc_per_node")


def run_without_end(path: Path) -> RunFolder:
    """So many steps that it is killed in one of them."""
    values = load_named("cpu-quick").model_dump(mode="json")
    values |= {"time_budget_seconds": None, "threads": 1, "start": "zero"}
    values["quantization"] |= {"compute": "float32"}
    values["data"] |= {"epochs": 1000.0, "held_out_share": 0.0, "max_length": 4096}
    config = RunConfig(
        run_id="run-ranks",
        preset=parse_preset(values),
        base_model=write_tiny_base(path / "tiny"),
        members=(write_members(path / "members.jsonl", 12),),
    )
    folder = RunFolder(path / "run")
    folder.write_config(config)
    return folder


def workers() -> list[int]:
    """The processes that train, without their launcher and its supervisor."""
    found = []
    for pid in find_left_behind("run-ranks"):
        command = " ".join(psutil.Process(pid).cmdline())
        if "fitbox_trainer.finetune" in command and not {"supervise", "torch.distributed.run"} & {
            word.rpartition(".")[2] if word.endswith("supervise") else word for word in command.split()
        }:
            found.append(pid)
    return found


@pytest.mark.slow
@pytest.mark.integration
@pytest.mark.parametrize(("processes", "rank"), [(2, 0), (2, 1), thoroughly(4, 3), thoroughly(8, 5)])
async def test_a_killed_rank_ends_the_run_with_a_reason_and_nobody_left(
    tmp_path: Path, processes: int, rank: int
) -> None:
    """Whichever it is: the others do not wait for it for ever."""
    folder = run_without_end(tmp_path)
    child = await Child.start(
        [
            *(sys.executable, "-m", *TORCHRUN, str(processes)),
            *("-m", "fitbox_trainer.finetune", "--run-dir", str(folder.path)),
        ],
        run_id="run-ranks",
        log=folder.log("training", 1),
        nice=0,
        idle_time_only=False,
        threads=1,
        stop_grace_seconds=5.0,
    )
    reader = folder.follow()
    async with asyncio.timeout(400):
        while reader.read().step < 2:
            assert child.returncode is None, folder.log("training", 1).read_text()[-3000:]
            await asyncio.sleep(0.1)
        ranks = {psutil.Process(pid).environ().get("RANK"): pid for pid in workers()}
        os.kill(ranks[str(rank)], signal.SIGKILL)
        assert await child.wait() != 0
    ending = child.ending(reader.read())
    assert ending.cause is Cause.OUT_OF_MEMORY  # nearly always the kernel's killer
    assert "SIGKILL" in ending.detail
    assert find_left_behind("run-ranks") == ()
