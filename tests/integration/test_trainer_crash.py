"""A daemon in a process of its own, with the real intake, killed with SIGKILL at random moments."""

from __future__ import annotations

import collections
import json
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.intake.synth import write_synthetic
from fitbox_trainer.run.children import find_left_behind

from fitbox.errors import AdapterNotFoundError
from tests.scripted_training import Workshop

KILLS = int(os.environ.get("FITBOX_TEST_KILLS", "6"))
"""A few; ``make test-crash`` (``tests/crash``) kills more often, aims at each stage and fills the disk."""
ROWS = 20

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def start(workshop: Workshop, *options: str) -> subprocess.Popen[str]:
    """``fitbox train --json`` on the workshop's folders."""
    code = "import sys, typer; from fitbox_trainer.cli import train; typer.run(train)"
    return subprocess.Popen(
        [sys.executable, "-c", code, "--json", *options],
        env=workshop.environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill_after(process: subprocess.Popen[str], lines: int) -> None:
    """Let the daemon say this many things, then kill it wherever it is; one that is idle is killed soon."""
    assert process.stdout is not None
    idle = threading.Timer(3.0, process.kill)
    idle.start()
    with process.stdout:
        for _ in range(lines):
            if not process.stdout.readline():
                break
        process.kill()
    idle.cancel()
    process.wait(timeout=30)


def check_registry(workshop: Workshop) -> None:
    """Whatever is visible is whole, and what is active exists."""
    for version in workshop.registry.versions():
        workshop.registry.verify(version)
    try:
        workshop.registry.verify(workshop.registry.get("active"))
    except AdapterNotFoundError:
        assert workshop.registry.active().version is None


def test_killed_anywhere_the_daemon_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    """After every kill the registry is whole; in the end every member was trained on, in one run each."""
    chance = random.Random(7)
    workshop = Workshop(tmp_path, backoff_seconds=0.05)
    workshop.script(steps=6, step_seconds=0.03)
    files = 0
    for kill in range(KILLS):
        if kill % 2 == 0:
            files += 1
            write_synthetic(workshop.data / f"members-{files}.csv", ROWS, seed=files)
        kill_after(start(workshop), lines=chance.randint(1, 16))
        check_registry(workshop)

    last = start(workshop, "--once")
    output, _ = last.communicate(timeout=120)
    assert last.returncode == 0, output
    check_registry(workshop)

    ledger = Ledger(workshop.settings.work_dir / "ledger.sqlite3")
    runs = ledger.runs(limit=1000)
    ledger.close()
    assert all(run.stage is Stage.SUCCEEDED for run in runs)
    assert runs[0].members == files * ROWS
    digests = collections.Counter(run.dataset_digest for run in runs)
    assert max(digests.values()) == 1, "a dataset was trained twice"

    versions = workshop.registry.versions()
    assert sorted(v.metadata["run_id"] for v in versions) == sorted(run.run_id for run in runs)
    assert workshop.registry.active().version == runs[0].version
    assert not list((workshop.models / ".staging").iterdir())

    assert all(find_left_behind(run.run_id) == () for run in runs)
    steps = collections.Counter(line for line in workshop.done() if line.startswith("step"))
    assert len(steps) == 6 * len(runs)
    repeated = sum(count - 1 for count in steps.values())
    assert repeated <= KILLS, "more than the one step in flight was repeated after a kill"


def test_the_daemon_ends_cleanly_when_it_is_asked_to(tmp_path: Path) -> None:
    """SIGTERM in the middle of a training: exit code 0, no process left, and the run goes on afterwards."""
    workshop = Workshop(tmp_path)
    workshop.script(steps=50, step_seconds=0.05)
    write_synthetic(workshop.data / "members.csv", ROWS, seed=1)
    process = start(workshop)
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "progress" and event["step"] >= 2:
                break
        process.terminate()
        process.stdout.read()
    assert process.wait(timeout=30) == 0
    assert find_left_behind(event["run_id"]) == ()
    workshop.script(steps=3)
    last = start(workshop, "--once")
    last.communicate(timeout=60)
    assert last.returncode == 0
    assert len(workshop.registry.versions()) == 1


def test_once_tells_by_its_exit_code_that_the_candidate_was_refused(tmp_path: Path) -> None:
    """For scripts: 0 for a version or nothing to do, 1 for a refusal or failure."""
    workshop = Workshop(tmp_path)
    workshop.script(evaluation={})
    write_synthetic(workshop.data / "members.csv", ROWS, seed=1)
    for expected in (1, 0):
        process = start(workshop, "--once")
        process.communicate(timeout=60)
        assert process.returncode == expected
