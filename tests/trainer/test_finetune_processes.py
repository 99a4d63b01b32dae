"""Two, four and (in the thorough profile) eight processes train what one does, and stop together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.examples import is_thorough
from tests.tiny_llama import write_tiny_base
from tests.tiny_run import STEPS, make_run

pytestmark = pytest.mark.slow

SIZES = (2, 4, 8) if is_thorough() else (2, 4)
BUDGETED = (2, 4) if is_thorough() else (4,)
EXAMPLES = 3
"""A step, in rows of one or two: some of four processes have no row, and of two one has two."""
BUDGET_SECONDS = 7.0
"""Of which four are kept for saving."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """All of them, trained by one command."""
    folder = tmp_path_factory.mktemp("runs")
    base = write_tiny_base(folder / "tiny")
    made: dict[str, Path] = {}
    batch = {"examples": EXAMPLES, "micro_tokens": 256}
    data = {"epochs": STEPS * EXAMPLES / 36}
    for processes in (1, *SIZES):
        for sharded in (False, True)[: 1 if processes == 1 else 2]:
            name = f"{'sharded' if sharded else 'whole'}-{processes}"
            preset = {"batch": batch, "data": data, "shard_base": sharded}
            made[name] = make_run(folder / name, base, preset=preset)
    for processes in BUDGETED:
        endless = {"batch": batch, "data": {"epochs": 900.0}, "checkpoint_seconds": 0.3}
        name = f"budget-{processes}"
        made[name] = make_run(folder / name, base, preset=endless, time_budget_seconds=BUDGET_SECONDS)
    pairs = [word for name, run in made.items() for word in (str(run), name.rpartition("-")[2])]
    done = subprocess.run(
        [sys.executable, "-m", "tests.forked_ranks", *pairs],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"},
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    return made


def metadata(run: Path) -> dict[str, Any]:
    """What the candidate says of itself."""
    values: dict[str, Any] = json.loads((run / "candidate" / "training_metadata.json").read_text())
    return values


def losses(run: Path) -> list[float]:
    """Step by step."""
    lines = (run / "candidate" / "training_log.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines]


@pytest.mark.parametrize("processes", SIZES)
@pytest.mark.parametrize("base", ["whole", "sharded"])
def test_many_processes_learn_what_one_does(runs: Mapping[str, Path], base: str, processes: int) -> None:
    """The same losses up to the order of sums, whether each holds the base or a part of it."""
    run = runs[f"{base}-{processes}"]
    assert metadata(run)["processes"] == processes
    assert len(losses(run)) == STEPS
    assert losses(run) == pytest.approx(losses(runs["whole-1"]), rel=2e-3)


@pytest.mark.parametrize("processes", SIZES)
def test_the_record_counts_what_each_process_planned(runs: Mapping[str, Path], processes: int) -> None:
    """Examples are planned by one process each, and known to all."""
    alone, together = metadata(runs["whole-1"]), metadata(runs[f"whole-{processes}"])
    assert together["data"] == alone["data"]
    assert together["trained_tokens"] == alone["trained_tokens"]


@pytest.mark.parametrize("processes", BUDGETED)
def test_a_time_budget_ends_all_processes_together(runs: Mapping[str, Path], processes: int) -> None:
    """None waits for another for ever: the command came back, with a candidate, before the steps were out."""
    steps = metadata(runs[f"budget-{processes}"])["steps"]
    assert 0 < steps < 36 * 900 / EXAMPLES
    assert len(losses(runs[f"budget-{processes}"])) == steps
