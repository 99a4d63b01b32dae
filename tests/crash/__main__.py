"""``python -m tests.crash --kills 100``: SIGKILL at random moments; the last line is one JSON object.

Two scenarios: many kills of a daemon whose children are scripted (a run takes a second), on a disk that is
full now and then; and some kills of one that really trains a tiny model through the launcher, with damaged
checkpoints. The moments are drawn from ``--seed``; where a process is at that moment is up to the machine.
Exit code 1 where anything was lost, done twice, half visible or inconsistent, or a stage got no kill.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.daemon.stages import Stage

from tests.crash import repeated
from tests.crash.disk import SmallDisk
from tests.crash.scenario import INGEST, STAGES, Plan, Scenario, Tally, say, summary, tear_real, tear_scripted
from tests.scripted_training import Workshop
from tests.tiny_llama import write_tiny_base

MAX_REPEATED_SECONDS = 60.0
STEPS, STEP_SECONDS, EVALUATE_SECONDS = 8, 0.06, 0.25
SMALL_GRACE = {"stop_grace_seconds": 0.5, "backoff_seconds": 0.1, "max_attempts": 6}
PACE = {"scan_seconds": 0.05, "stable_scans": 3, "debounce_seconds": 0.1, "debounce_max_seconds": 1.0}

TINY_PRESET = """
name = "crash-test"
description = "A tiny model for some hundred steps, with a checkpoint every second."
checkpoint_seconds = 1.0
time_budget_seconds = 45
threads = 1
device = "cpu"

[quantization]
compute = "float32"

[lora]
rank = 4
alpha = 8

[optimizer]
name = "paged_adamw_8bit"
learning_rate = 3e-4
warmup_share = 0.06

[batch]
examples = 2
micro_tokens = 4096

[data]
epochs = {epochs}
held_out_share = 0.1
max_length = 4096
"""


def scripted(folder: Path, kills: int, chance: random.Random) -> Tally:
    """Runs of a second; every stage is aimed at, and the disk is full now and then."""
    with SmallDisk(folder / "disk") as disk:
        say(f"a full disk is {disk.how}")
        data = folder / "data"
        data.mkdir()
        workshop = Workshop(disk.folder / "fitbox", data=data, **PACE, **SMALL_GRACE)
        workshop.data = data
        workshop.script(steps=STEPS, step_seconds=STEP_SECONDS, evaluate_seconds=EVALUATE_SECONDS)
        plan = Plan(
            kills=kills,
            stages=STAGES,
            delays={
                INGEST: 1.5,
                Stage.TRAINING: STEPS * STEP_SECONDS + 0.3,
                Stage.EVALUATING: EVALUATE_SECONDS + 0.2,
                Stage.PUBLISHING: 0.12,
            },
            full_disk_share=0.2,
            torn_share=0.5,
            change_seconds=0.05,
        )
        scenario = Scenario(
            workshop,
            plan,
            chance,
            disk=disk,
            tear=tear_scripted,
            under_way=lambda run_dir, since: True,
            repeated_training=lambda: repeated.scripted_seconds(workshop.done(), STEP_SECONDS),
            say=say,
            log=folder / "daemon.log",
        )
        return scenario.run()


def real(folder: Path, kills: int, chance: random.Random) -> Tally:
    """The launcher, the training and the checkpoints that are used in earnest, on a tiny model."""
    preset = folder / "crash-test.toml"
    preset.write_text(TINY_PRESET.format(epochs=8))
    workshop = Workshop(
        folder / "fitbox",
        **(PACE | SMALL_GRACE),
        base_model="tiny",
        preset=str(preset),
        finetune_command=TrainerSettings.model_fields["finetune_command"].default,
    )
    write_tiny_base(workshop.models / "base" / "tiny")
    workshop.script(evaluate_seconds=EVALUATE_SECONDS)
    runs = workshop.settings.work_dir / "runs"
    plan = Plan(
        kills=kills,
        stages=(Stage.TRAINING.value,),
        delays={Stage.TRAINING: 6.0},
        full_disk_share=0.0,
        torn_share=0.8,
        change_seconds=1.0,
    )
    scenario = Scenario(
        workshop,
        plan,
        chance,
        disk=None,
        tear=tear_real,
        under_way=_has_stepped,
        repeated_training=lambda: max(
            (repeated.real_seconds(repeated.read_events(run / "progress.jsonl")) for run in runs.glob("*")),
            default=0.0,
        ),
        say=say,
        log=folder / "daemon.log",
    )
    return scenario.run()


def _has_stepped(run_dir: Path, since: float) -> bool:
    """Whether training made a step after this Unix time: before that the launcher only imports."""
    events = repeated.read_events(run_dir / "progress.jsonl")
    return any(event.get("event") == "step" and event.get("time", 0.0) > since for event in events)


def main() -> int:
    """Do both scenarios and report."""
    parser = argparse.ArgumentParser(prog="tests.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of the daemon with scripted children")
    parser.add_argument("--real-kills", type=int, default=6, help="of the daemon that really trains")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", action="store_true", help="leave the folders there and say where")
    options = parser.parse_args()
    began = time.monotonic()
    root = Path(tempfile.mkdtemp(prefix="fitbox-crash-"))
    tallies = {}
    try:
        for name, scenario, kills in (
            ("scripted", scripted, options.kills),
            ("real", real, options.real_kills),
        ):
            if kills:
                folder = root / name
                folder.mkdir()
                tallies[name] = scenario(folder, kills, random.Random(f"{options.seed}/{name}"))
                for problem in (
                    *tallies[name].inconsistent,
                    *tallies[name].partial,
                    *tallies[name].ended_by_itself,
                ):
                    say(f"{name}: {problem}")
    finally:
        if options.keep:
            say(f"kept: {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)
    figures = summary(tallies) | {"seed": options.seed, "seconds": round(time.monotonic() - began, 1)}
    print(json.dumps(figures))  # noqa: T201  # a program
    counts = ("lost", "trained_twice", "partial_visible", "inconsistent", "ended_by_itself", "failed_runs")
    good = (
        all(figures[count] == 0 for count in counts)
        and figures["kills"] >= options.kills + options.real_kills
        and figures["max_repeated_seconds"] <= MAX_REPEATED_SECONDS
        and (not options.kills or all(figures["kills_by_stage"].get(stage) for stage in STAGES))
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
