"""A run's folder: what lies where, who writes it, and how it is read.

::

    config.json          what to do (RunConfig); written by the daemon, read by everybody
    progress.jsonl       what happens (fitbox_trainer.run.progress); its children append to it
    training_log.jsonl   every step
    checkpoints/         step-N/, complete when its marker is there
    candidate/           the adapter and everything about it; whole or not there
    logs/                what each attempt of a stage printed

A run's folder holds what members asked for and what they are like, so nobody but its user may read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fitbox.durable import make_folder, replace_file, replace_folder
from fitbox.errors import ConfigurationError, UnusableFileError
from fitbox.files import FileFault, read_object, to_json
from fitbox_trainer.run.presets import all_problems
from fitbox_trainer.run.progress import ProgressReader, ProgressWriter
from fitbox_trainer.run.runconfig import RunConfig

MAX_CONFIG_BYTES = 8 << 20
"""Learning rates of a replay are most of it, about 20 bytes a step."""


@dataclass(frozen=True)
class RunFolder:
    """The folder at ``path``."""

    path: Path

    @property
    def candidate(self) -> Path:
        """What was trained: whole, or not there."""
        return self.path / "candidate"

    @property
    def checkpoints(self) -> Path:
        """Where training goes on after a crash."""
        return self.path / "checkpoints"

    @property
    def training_log(self) -> Path:
        """One line a step."""
        return self.path / "training_log.jsonl"

    def log(self, stage: str, attempt: int) -> Path:
        """Where an attempt of a stage prints to; makes the folder. Raises OSError."""
        return make_folder(self.path / "logs", private=True) / f"{stage.lower()}-{attempt}.log"

    def write_config(self, config: RunConfig) -> None:
        """Make the folder if need be and replace ``config.json``, durably. Raises OSError."""
        make_folder(self.path, private=True)
        content = to_json(config.model_dump(mode="json"))
        replace_file(self.path / "config.json", content, private=True)

    def config(self) -> RunConfig:
        """What to do; relative paths are taken from the folder.

        Raises:
            ConfigurationError: missing, not JSON, or no run configuration; names every key at fault.
            UnusableFileError: it cannot be read now.
        """
        path = self.path / "config.json"
        try:
            values: dict[str, Any] = read_object(path, max_bytes=MAX_CONFIG_BYTES)
            config = RunConfig.model_validate(values)
        except UnusableFileError as error:
            if error.reason in {FileFault.DENIED, FileFault.UNREADABLE}:
                raise
            raise ConfigurationError(str(error)) from None
        except ValidationError as error:
            raise ConfigurationError(f"{path}: {all_problems(error)}") from None
        missing = [p for p in (config.base_model, *config.members) if not (self.path / p).exists()]
        if missing:
            raise ConfigurationError(f"{path} names what is not there: {', '.join(map(str, missing))}")
        return config.below(self.path)

    def progress(self, *, enabled: bool = True) -> ProgressWriter:
        """The writer of ``progress.jsonl``, for a child."""
        return ProgressWriter(self.path / "progress.jsonl", enabled=enabled)

    def follow(self, *, from_end: bool = False) -> ProgressReader:
        """The reader of ``progress.jsonl``; ``from_end`` leaves out what earlier children said."""
        return ProgressReader(self.path / "progress.jsonl", from_end=from_end)

    def put_candidate(self, staging: Path) -> None:
        """Let a finished folder be the candidate, durably: once this returns, checkpoints may go.

        Raises:
            OSError: the disk refused; the candidate is as it was.
        """
        replace_folder(staging, self.candidate, private=True)

    def write(self, name: str, content: bytes) -> None:
        """Replace one file of the candidate, durably. Raises OSError."""
        replace_file(self.candidate / name, content, private=True)
