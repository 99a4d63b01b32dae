"""Checkpoints of a run: complete or not there.

``checkpoints/step-N/`` holds the adapter, the optimizer's state, the random state and the position in the
data. The marker ``COMPLETE`` is written last, after everything else has reached the disk, and holds the
SHA-256 of each file. A folder without it is ignored; one whose files are not what it says was damaged later,
and the one before is taken.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from fitbox.durable import sha256_of, sync

MARKER = "COMPLETE"
KEPT = 2


@dataclass(frozen=True)
class Position:
    """Where a run is. ``fingerprint`` says which run: data order, preset, base; another one must not resume
    here.
    """

    step: int
    """Steps done."""
    seconds_elapsed: float
    """Training time used so far, over all processes that worked on the run."""
    fingerprint: str


def save(folder: Path, position: Position, parameters: dict[str, torch.nn.Parameter], optimizer: Any) -> Path:
    """Write ``folder/step-N`` and remove all but the newest complete checkpoints."""
    target = folder / f"step-{position.step}"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    save_file(
        {name: p.detach().cpu().contiguous() for name, p in parameters.items()},
        target / "adapter.safetensors",
    )
    torch.save(optimizer.state_dict(), target / "optimizer.pt")
    torch.save(_random_state(), target / "random.pt")
    (target / "position.json").write_text(json.dumps(asdict(position)), encoding="utf-8")
    digests = {path.name: sha256_of(path) for path in sorted(target.iterdir())}
    for name in digests:
        sync(target / name)
    partial = target / f".{MARKER}"
    partial.write_text(json.dumps(digests), encoding="utf-8")
    sync(partial)
    partial.replace(target / MARKER)
    sync(target)
    sync(folder)
    for old in complete(folder)[KEPT:]:
        shutil.rmtree(old)
    return target


def complete(folder: Path) -> list[Path]:
    """Complete checkpoints, newest first."""
    found = [path for path in folder.glob("step-*") if (path / MARKER).is_file()]
    return sorted(found, key=lambda path: int(path.name.removeprefix("step-")), reverse=True)


def resume(
    folder: Path, fingerprint: str, parameters: dict[str, torch.nn.Parameter], optimizer: Any
) -> Position | None:
    """Load the newest complete checkpoint of this very run into place; ``None`` where there is none."""
    for path in complete(folder):
        if not is_intact(path):
            print(f"{path} is damaged; going back to the one before", file=sys.stderr)  # noqa: T201 - its log
            shutil.rmtree(path, ignore_errors=True)
            continue
        position = Position(**json.loads((path / "position.json").read_text("utf-8")))
        if position.fingerprint != fingerprint:
            continue
        tensors = load_file(path / "adapter.safetensors")
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(tensors[name])
        optimizer.load_state_dict(torch.load(path / "optimizer.pt", weights_only=True))
        _restore_random_state(torch.load(path / "random.pt", weights_only=True))
        return position
    return None


def is_intact(path: Path) -> bool:
    """Whether every file of a complete checkpoint is what it was when it was written."""
    try:
        digests: dict[str, str] = json.loads((path / MARKER).read_text("utf-8"))
        return bool(digests) and all(sha256_of(path / name) == digest for name, digest in digests.items())
    except (OSError, ValueError, AttributeError):
        return False


def _random_state() -> dict[str, torch.Tensor]:
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def _restore_random_state(state: dict[str, torch.Tensor]) -> None:
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
