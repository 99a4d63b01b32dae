"""Starts probes: one child process a measurement, so that each begins with nothing in memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fitbox.errors import TrainingError
from fitbox_trainer.run.children import child_environment, ending
from fitbox_trainer.run.presets import Preset
from fitbox_trainer.run.progress import Progress

TIMEOUT_SECONDS = 3600.0


@dataclass(frozen=True)
class ProbeRequest:
    """What a probe builds and measures."""

    base_model: Path
    preset: Preset
    members: Path
    """A members file, as intake writes it."""
    steps: int
    """Steps that are timed, after one that is not."""


Probe = Callable[[ProbeRequest], dict[str, Any]]
"""Builds the model, takes the steps; returns ``inspection`` and ``measurement``. Raises TrainingError."""


def probe_in_child(request: ProbeRequest, *, command: Sequence[str] = ()) -> dict[str, Any]:
    """Run one probe with the threads and environment of a training run.

    Raises:
        TrainingError: it failed; the message ends with its last words.
    """
    with tempfile.TemporaryDirectory(prefix="fitbox-probe-") as folder:
        path, result = Path(folder) / "request.json", Path(folder) / "result.json"
        values = {
            "base_model": str(request.base_model.absolute()),
            "preset": request.preset.model_dump(mode="json"),
            "members": str(request.members.absolute()),
            "steps": request.steps,
        }
        path.write_text(json.dumps(values), encoding="utf-8")
        arguments = command or (sys.executable, "-m", "fitbox_trainer.validator.probe")
        try:
            done = subprocess.run(
                [*arguments, "--request", str(path), "--result", str(result)],
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
                env=child_environment("validate", request.preset.threads),
            )
        except subprocess.TimeoutExpired:
            raise TrainingError(f"the probe was not done after {TIMEOUT_SECONDS:.0f} s") from None
        if done.returncode != 0:
            code = done.returncode if done.returncode > 0 else 128 - done.returncode
            last = ending(code, Progress(), done.stderr)
            raise TrainingError(f"{last.cause.lower().replace('_', ' ')}: {last.detail}")
        found: dict[str, Any] = json.loads(result.read_text("utf-8"))
        return found
