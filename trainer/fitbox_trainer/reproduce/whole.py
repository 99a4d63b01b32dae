"""The whole of a reproduction: find the version, check what it was made from, train, compare."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fitbox.errors import ConfigurationError
from fitbox.registry import Registry
from fitbox_trainer.reproduce.compare import Comparison, compare
from fitbox_trainer.reproduce.record import changed_environment, find_inputs, read_record, remarks
from fitbox_trainer.reproduce.replay import replay
from fitbox_trainer.run.progress import Progress


@dataclass(frozen=True)
class Reproduction:
    """What came out, and what was not as it was."""

    version: str
    comparison: Comparison
    remarks: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {"version": self.version, **self.comparison.to_dict(), "remarks": list(self.remarks)}


def reproduce(
    name: str,
    *,
    models: Path,
    work: Path,
    keep: Path | None = None,
    anyway: bool = False,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Reproduction:
    """Train version ``name`` again and compare.

    Args:
        name: A version, or ``active``.
        models: The registry.
        work: The daemon's folder, with the datasets.
        keep: Folder that the repetition is done in and stays in; a temporary one otherwise.
        anyway: Go on with other libraries than the recorded ones; they become remarks.
        tell: Called with the figures of the training as it goes on.

    Raises:
        AdapterNotFoundError, AdapterInvalidError: no such version, it was damaged, or the base model of its
            name is another one now.
        BaseModelError, DatasetError: it is not there any more, or was altered.
        ConfigurationError: other libraries, another starting point, a record without the figures, or a folder
            to keep that holds something.
        TrainingError: the training itself failed.
    """
    registry = Registry(models)
    version = registry.get(name)
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise ConfigurationError(f"{keep} is not empty")
    with closing(registry.hold(version)):
        registry.verify(version)
        record = read_record(version)
        inputs = find_inputs(record, registry, work)
        changed = changed_environment(record)
        if changed and not anyway:
            raise ConfigurationError(
                f"{version.name} was trained with other libraries: {'; '.join(changed)}. Install those, or "
                "say --anyway"
            )
        folder = tempfile.TemporaryDirectory() if keep is None else nullcontext(str(keep))
        with folder as path:
            candidate = replay(record, inputs, Path(path), tell)
            comparison = compare(version.path, candidate)
    return Reproduction(version.name, comparison, (*changed, *remarks(record)))
