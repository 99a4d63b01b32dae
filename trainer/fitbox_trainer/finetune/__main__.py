"""``python -m fitbox_trainer.finetune --run-dir RUN``; also started by ``accelerate launch -m``."""

from __future__ import annotations

import time

PROCESS_STARTED = time.monotonic()  # before the imports that take most of a start

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import traceback  # noqa: E402
from pathlib import Path  # noqa: E402

from fitbox.errors import ConfigurationError, DatasetError  # noqa: E402

# Threads that wait by spinning stop each other where a server shares the cores: measured on two busy cores,
# a step took 88 s instead of 9 s. It must be said before torch loads its OpenMP library.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# The base model lies in a folder: nothing here may depend on, or wait for, a model hub.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

OK, FAILED, OUT_OF_MEMORY, UNUSABLE_INPUT = 0, 1, 3, 4


def main(arguments: list[str] | None = None) -> int:
    """Run and turn what happened into an exit code and an ``error`` event."""
    parser = argparse.ArgumentParser(prog="fitbox_trainer.finetune", description="Fine-tune one run folder.")
    parser.add_argument("--run-dir", type=Path, required=True, help="folder with config.json")
    run_dir: Path = parser.parse_args(arguments).run_dir.absolute()
    try:
        from fitbox_trainer.finetune.run import run

        run(run_dir, process_started=PROCESS_STARTED)
    except (ConfigurationError, DatasetError) as error:
        return _report(run_dir, UNUSABLE_INPUT, str(error))
    except Exception as error:  # noqa: BLE001 - the process boundary: everything becomes an exit code
        traceback.print_exc()
        return _report(
            run_dir, OUT_OF_MEMORY if is_out_of_memory(error) else FAILED, f"{type(error).__name__}: {error}"
        )
    return OK


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out, on a GPU or on a CPU."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("can't allocate memory" in text or "out of memory" in text)


def _report(run_dir: Path, exit_code: int, message: str) -> int:
    print(message, file=sys.stderr)  # noqa: T201 - the run's own log
    if run_dir.is_dir():
        event = {
            "event": "error",
            "time": round(time.time(), 3),
            "exit_code": exit_code,
            "message": message[:2000],
        }
        with (run_dir / "progress.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
