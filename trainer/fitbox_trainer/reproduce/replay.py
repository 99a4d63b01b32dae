"""The training of a record once more, in a child process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from fitbox.errors import ConfigurationError, TrainingError
from fitbox_trainer.reproduce.record import Inputs, Record
from fitbox_trainer.run.children import PRIVATE_UMASK, ending, read_tail, start_error, supervised
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.presets import all_problems, parse_preset
from fitbox_trainer.run.progress import Progress
from fitbox_trainer.run.runconfig import RunConfig

POLL_SECONDS = 0.5


def config_of(record: Record, inputs: Inputs) -> RunConfig:
    """``config.json`` of the repetition: what was left to the machine then is said outright now.

    Raises:
        ConfigurationError: the record's preset or figures are none that this FitBox knows.
    """
    metadata = record.metadata
    try:
        preset = dict(metadata["preset"])
        preset |= {"threads": metadata["threads"], "device": metadata["device"], "time_budget_seconds": None}
        preset["quantization"] = preset["quantization"] | {"compute": metadata["compute_dtype"]}
        # As a parent, a starting point of any kind is taken from where it was found and checked.
        preset["start"] = "zero" if inputs.starting_point is None else "active"
        return RunConfig(
            run_id=f"reproduce-{record.version.name}",
            preset=parse_preset(preset, source=record.version.name),
            base_model=inputs.base.path.absolute(),
            members=(inputs.dataset.absolute(),),
            seed=metadata["seed"],
            parent_adapter=inputs.starting_point and inputs.starting_point.absolute(),
            micro_tokens=record.config.get("micro_tokens"),
            learning_rates=record.learning_rates,
            vocabulary=record.config.get("vocabulary"),
        )
    except ValidationError as error:
        raise ConfigurationError(f"{record.version.name}: {all_problems(error)}") from None
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ConfigurationError(f"{record.version.name}: its record is no record: {error!r}") from None


def replay(record: Record, inputs: Inputs, folder: Path, tell: Callable[[Progress], None]) -> Path:
    """Train in ``folder`` with as many processes as then; returns the candidate's folder.

    Raises:
        ConfigurationError: as :func:`config_of`.
        ChildStartError: the operating system starts no process.
        TrainingError: the child failed; says what it said.
        OSError: the disk refused.
    """
    run = RunFolder(folder)
    run.write_config(config_of(record, inputs))
    reader = run.follow()
    command = (*_launcher(int(record.metadata["processes"])), "--run-dir", str(folder))
    log = run.log("training", 1)
    try:
        # The supervisor ends all of its group when the pipe closes, however this process ends.
        child = subprocess.Popen(
            supervised(command, log=log), stdin=subprocess.PIPE, start_new_session=True, umask=PRIVATE_UMASK
        )
    except OSError as error:
        raise start_error(command, error) from error
    with child:
        try:
            while child.poll() is None:
                try:
                    child.wait(POLL_SECONDS)
                except subprocess.TimeoutExpired:
                    tell(reader.read())
        finally:
            child.terminate()
    last = reader.read()
    tell(last)
    if child.returncode != 0:
        why = ending(child.returncode, last, read_tail(log)).detail
        raise TrainingError(f"the repetition failed with exit code {child.returncode}: {why}")
    return run.candidate


def _launcher(processes: int) -> tuple[str, ...]:
    if processes == 1:
        return sys.executable, "-m", "fitbox_trainer.finetune"
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--standalone")
    return (*torchrun, "--nproc_per_node", str(processes), "-m", "fitbox_trainer.finetune")
