"""``python -m fitbox_trainer.finetune --run-dir RUN``; also started by ``accelerate launch -m``."""

from __future__ import annotations

import time

PROCESS_STARTED = time.monotonic()  # before the imports that take most of a start

import argparse  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from fitbox_trainer.run.ending import run_stage  # noqa: E402
from fitbox_trainer.run.folder import RunFolder  # noqa: E402

# Threads that wait by spinning stop each other where a server shares the cores: measured on two busy cores,
# a step took 88 s instead of 9 s. It must be said before torch loads its OpenMP library.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# The base model lies in a folder: nothing here may depend on, or wait for, a model hub.
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def main(arguments: list[str] | None = None) -> int:
    """Run and turn what happened into an exit code and an ``error`` event."""
    parser = argparse.ArgumentParser(prog="fitbox_trainer.finetune", description="Fine-tune one run folder.")
    parser.add_argument("--run-dir", type=Path, required=True, help="folder with config.json")
    folder = RunFolder(parser.parse_args(arguments).run_dir.absolute())
    return run_stage(folder, lambda: _run(folder))


def _run(folder: RunFolder) -> None:
    from fitbox_trainer.finetune.run import run  # torch, within what is reported when it fails

    run(folder, process_started=PROCESS_STARTED)


if __name__ == "__main__":
    os.umask(0o077)  # what is made of members is for nobody else, until it is published
    sys.exit(main())
