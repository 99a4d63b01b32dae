"""Stands in for fine-tuning and evaluation: does in milliseconds what the real children do in minutes.

Run as ``python scripted_child.py SCRIPT_DIR finetune|evaluate --run-dir RUN``. ``SCRIPT_DIR/script.json``
holds ``{"steps": n, "step_seconds": s, "evaluate_seconds": s, "finetune": [...], "evaluate": [...],
"evaluation": {...}}``; the lists name what successive starts do (``ok``, ``crash``, ``oom``, ``disk``,
``unusable``, ``greedy``, ``hang``), and the last entry goes on for ever. ``SCRIPT_DIR/adapter`` is what
every run "trains". Standard library only, so that it starts at once.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import time
from pathlib import Path


def main(script_dir: Path, role: str, run_dir: Path) -> int:
    """Behave as the script says and return the exit code."""
    script = json.loads((script_dir / "script.json").read_text())
    behaviour = next_behaviour(script_dir, role, script.get(role, ["ok"]))
    config = json.loads((run_dir / "config.json").read_text())
    log(script_dir, f"{role} {run_dir.name} {config['dataset_digest'][:12]} {config.get('micro_tokens')}")
    report(run_dir, event="stage", stage=role)
    if behaviour == "crash":
        print("RuntimeError: scripted crash", file=sys.stderr)  # noqa: T201  # its log is under test
        return 1
    if behaviour == "oom":
        report(run_dir, event="error", message="scripted: out of memory", exit_code=3)
        return 1  # as a launcher would
    if behaviour == "disk":
        report(run_dir, event="error", message="OSError: [Errno 28] No space left on device", exit_code=1)
        return 1
    if behaviour == "unusable":
        report(run_dir, event="error", message="scripted: no usable member", exit_code=4)
        return 4
    if behaviour == "greedy":
        held = bytearray(os.urandom(1 << 20)) * 400  # 400 MiB, touched
        time.sleep(600 if held else 0)
    while behaviour == "hang":
        time.sleep(60)
    if role == "finetune":
        finetune(script_dir, run_dir, script)
    else:
        time.sleep(float(script.get("evaluate_seconds", 0.0)))
        evaluation = json.dumps(script["evaluation"])
        replace(run_dir / "candidate" / "evaluation.json", evaluation)
    report(run_dir, event="done")
    return 0


def finetune(script_dir: Path, run_dir: Path, script: dict[str, object]) -> None:
    """Steps with a checkpoint after each, resumed where a former start left off; then the candidate."""
    total = int(str(script.get("steps", 3)))
    seconds = float(str(script.get("step_seconds", 0.0)))
    checkpoints = run_dir / "checkpoints"
    done = max((int(p.parent.name[5:]) for p in checkpoints.glob("step-*/COMPLETE")), default=0)
    for step in range(done + 1, total + 1):
        time.sleep(seconds)
        log(script_dir, f"step {run_dir.name} {step}")
        folder = checkpoints / f"step-{step}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "COMPLETE").touch()
        report(
            run_dir,
            event="step",
            step=step,
            total_steps=total,
            loss=1.0 / step,
            learning_rate=0.001,
            tokens_per_second=100.0,
            seconds_left=(total - step) * seconds,
            memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        )
        if step % 10 == 0:
            report(run_dir, event="checkpoint", step=step, time=time.time())
    staging = run_dir / "candidate.partial"
    shutil.rmtree(staging, ignore_errors=True)
    shutil.copytree(script_dir / "adapter", staging)
    shutil.rmtree(run_dir / "candidate", ignore_errors=True)
    staging.rename(run_dir / "candidate")


def next_behaviour(script_dir: Path, role: str, behaviours: list[str]) -> str:
    """The entry for this start, counted over restarts of everything."""
    counter = script_dir / f"{role}.starts"
    starts = int(counter.read_text()) if counter.exists() else 0
    replace(counter, str(starts + 1))
    return behaviours[min(starts, len(behaviours) - 1)]


def report(run_dir: Path, **event: object) -> None:
    """One line of progress."""
    with (run_dir / "progress.jsonl").open("a") as file:
        file.write(json.dumps(event) + "\n")


def log(script_dir: Path, line: str) -> None:
    """What was done, for the test to count; one write, so that lines of two processes never mix."""
    with (script_dir / "done.log").open("a") as file:
        file.write(line + "\n")


def replace(path: Path, text: str) -> None:
    """Write at once."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text)
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[4])))
