"""Make the shipped adapter again: about 6.2 million tokens, eight minutes on an H100, hours on a CPU.

    python -m fitbox_trainer.starting_adapter [--resume]

``--resume`` goes on from the last checkpoint of a making that was interrupted; without it all begins anew.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import typer

from fitbox_trainer.intake import ingest
from fitbox_trainer.intake.headers import Shape
from fitbox_trainer.intake.synth import write_synthetic
from fitbox_trainer.release.base_model import EMBEDDED_NAME, prepare
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.presets import load_named
from fitbox_trainer.run.runconfig import RunConfig

HERE = Path(__file__).parent
MEMBERS, SEED = 4000, 7


def main() -> int:
    """Draw the members, train, and replace the files beside this one. Returns the training's exit code."""
    parser = argparse.ArgumentParser(prog="fitbox_trainer.starting_adapter", description=__doc__)
    parser.add_argument("--resume", action="store_true", help="go on with a making that was interrupted")
    run = RunFolder(Path(".work/starting-adapter").absolute())
    if not parser.parse_args().resume:
        _begin(run)
    command = [sys.executable, "-m", "fitbox_trainer.finetune", "--run-dir", str(run.path)]
    status = subprocess.run(command, check=False).returncode
    if status == 0:
        _ship(run.candidate, run.config().base_model)
    return status


def _begin(run: RunFolder) -> None:
    shutil.rmtree(run.path, ignore_errors=True)
    run.path.mkdir(parents=True)
    base = prepare(EMBEDDED_NAME, Path("models").absolute(), report=typer.echo)
    write_synthetic(run.path / "preferences.csv", MEMBERS, SEED, Shape.FITBOX, preferences=True)
    files = (Path("data/sample_members.csv"), run.path / "preferences.csv")
    reports = [ingest(path, run.path / "store") for path in files]
    config = RunConfig(
        run_id="starting-adapter",
        preset=load_named("starting-adapter"),
        base_model=base,
        members=tuple(report.members for report in reports if report.members is not None),
    )
    run.write_config(config)


def _ship(candidate: Path, base: Path) -> None:
    """Keep the weights in 16 bits: half the size, and training goes on in 32 bits anyway."""
    import torch
    from safetensors.torch import load_file, save_file

    tensors = load_file(candidate / "adapter_model.safetensors")
    halved = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in sorted(tensors.items())}
    save_file(halved, HERE / "adapter_model.safetensors", metadata={"format": "pt"})
    shutil.copy(candidate / "adapter_config.json", HERE)
    digest = json.loads((base / "manifest.json").read_text("utf-8"))["digest"]
    origin = {"base_model": base.name, "base_model_digest": digest}
    (HERE / "origin.json").write_text(json.dumps(origin, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
