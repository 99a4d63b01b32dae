"""The training of a record once more, in a child process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fitbox.errors import TrainingError
from fitbox_trainer.reproduce.record import Inputs, Record
from fitbox_trainer.run.progress import Progress, ProgressReader

POLL_SECONDS = 0.5


def config_of(record: Record, inputs: Inputs) -> dict[str, Any]:
    """``config.json`` of the repetition: what was left to the machine then is said outright now."""
    metadata = record.metadata
    preset = dict(metadata["preset"])
    preset |= {"threads": metadata["threads"], "device": metadata["device"], "time_budget_seconds": None}
    preset["quantization"] = preset["quantization"] | {"compute": metadata["compute_dtype"]}
    # As a parent, a starting point of any kind is taken from where it was found and checked.
    preset["start"] = "zero" if inputs.starting_point is None else "active"
    return {
        "run_id": f"reproduce-{record.version.name}",
        "preset": preset,
        "base_model": str(inputs.base.path.absolute()),
        "members": [str(inputs.dataset.absolute())],
        "seed": metadata["seed"],
        "parent_adapter": inputs.starting_point and str(inputs.starting_point.absolute()),
        "micro_tokens": record.config.get("micro_tokens"),
        "learning_rates": list(record.learning_rates),
    }


def replay(record: Record, inputs: Inputs, folder: Path, tell: Callable[[Progress], None]) -> Path:
    """Train in ``folder`` with as many processes as then; returns the candidate's folder.

    Raises:
        TrainingError: the child failed; says what it said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config_of(record, inputs), indent=1), encoding="utf-8")
    log = folder / "training.log"
    reader = ProgressReader(folder / "progress.jsonl")
    with log.open("wb") as output:
        command = (*_launcher(int(record.metadata["processes"])), "--run-dir", str(folder))
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        try:
            while child.poll() is None:
                try:
                    child.wait(POLL_SECONDS)
                except subprocess.TimeoutExpired:
                    tell(reader.read())
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
    last = reader.read()
    tell(last)
    if child.returncode != 0:
        said = last.error or log.read_text("utf-8", errors="replace").strip()[-500:]
        raise TrainingError(f"the repetition failed with exit code {child.returncode}: {said}")
    return folder / "candidate"


def _launcher(processes: int) -> tuple[str, ...]:
    if processes == 1:
        return sys.executable, "-m", "fitbox_trainer.finetune"
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--standalone")
    return (*torchrun, "--nproc_per_node", str(processes), "-m", "fitbox_trainer.finetune")
