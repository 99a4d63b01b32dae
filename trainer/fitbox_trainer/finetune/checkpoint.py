"""Checkpoints of a run: complete or not there.

``checkpoints/step-N/`` holds the adapter, the optimizer's state, the random state and the position in the
data. The marker ``COMPLETE`` is written last, after everything else has reached the disk, and holds the
SHA-256 of each file. A folder without it is ignored; one whose files are not what it says was damaged later,
and the one before is taken.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors.torch import load_file, save_file

from fitbox.durable import make_folder, replace_file, settle_folder, sha256_of, sync
from fitbox.errors import UnusableFileError
from fitbox.files import FileFault, read_object, to_json

MARKER = "COMPLETE"
KEPT = 2
MAX_MARKER_BYTES = 64 << 10


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
    """Write ``folder/step-N`` and remove all but the newest complete checkpoints.

    Raises:
        OSError, and what torch and safetensors make of it: the disk refused. Nothing of the new checkpoint
            stays, so that it takes no room from the next attempt; the ones before are as they were.
    """
    make_folder(folder, private=True)
    target = folder / f"step-{position.step}"
    try:
        shutil.rmtree(target, ignore_errors=True)
        make_folder(target, private=True)
        _write(target, position, parameters, optimizer)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    sync(folder)
    for old in complete(folder)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def _write(
    target: Path, position: Position, parameters: dict[str, torch.nn.Parameter], optimizer: Any
) -> None:
    save_file(
        {name: p.detach().cpu().contiguous() for name, p in parameters.items()},
        target / "adapter.safetensors",
    )
    torch.save(optimizer.state_dict(), target / "optimizer.pt")
    torch.save(_random_state(), target / "random.pt")
    (target / "position.json").write_bytes(to_json(asdict(position)))
    settle_folder(target, private=True)
    digests = {path.name: sha256_of(path) for path in sorted(target.iterdir())}
    replace_file(target / MARKER, to_json(digests), private=True)


def complete(folder: Path) -> list[Path]:
    """Complete checkpoints, newest first."""
    found = {
        int(number): path
        for path in folder.glob("step-*")
        if (number := path.name.removeprefix("step-")).isdecimal() and (path / MARKER).is_file()
    }
    return [found[number] for number in sorted(found, reverse=True)]


def resume(
    folder: Path,
    fingerprint: str,
    parameters: dict[str, torch.nn.Parameter],
    optimizer: Any,
    *,
    most_steps: int,
) -> Position | None:
    """Load the newest complete checkpoint of this very run into place; ``None`` where there is none.

    What is damaged, of another run, or further than the ``most_steps`` that the log knows of, is removed.

    Raises:
        OSError: the disk refuses to read what may be whole; another attempt may go well.
    """
    for path in complete(folder):
        position = _position(path) if is_intact(path) else None
        if position is None or position.fingerprint != fingerprint or position.step > most_steps:
            print(f"{path} is damaged or of another run, and not used", file=sys.stderr)  # noqa: T201 - its log
            shutil.rmtree(path, ignore_errors=True)
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
    """Whether every file of a complete checkpoint is what it was when it was written.

    Raises:
        OSError: one that is there cannot be read now, which is no reason to give it up.
    """
    try:
        digests = read_object(path / MARKER, max_bytes=MAX_MARKER_BYTES)
        return bool(digests) and all(sha256_of(path / name) == digest for name, digest in digests.items())
    except FileNotFoundError:
        return False
    except UnusableFileError as error:
        if isinstance(error.__cause__, OSError) and error.reason != FileFault.MISSING:
            raise error.__cause__ from None
        return False


def _position(path: Path) -> Position | None:
    try:
        return TypeAdapter(Position).validate_json((path / "position.json").read_bytes(), strict=True)
    except ValidationError:
        return None


def _random_state() -> dict[str, torch.Tensor]:
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def _restore_random_state(state: dict[str, torch.Tensor]) -> None:
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
