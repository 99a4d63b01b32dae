"""Members who left the data folder and are still in the model that serves.

A choice, and its price: deleting a file withdraws its members with the next run. Where that run is refused
by the gate, fails, or is not due yet (``min_changed_members``), or where a version is pinned, the version
before it goes on serving, because a service that is worse or gone for everybody is no answer to one
withdrawal. But it never does so silently: the daemon counts the members concerned whenever the active
version, the dataset or the newest run is another one, and says so in its log and in the gauge
``fitbox_trainer_withdrawn_members_served``, with what a person can do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fitbox.errors import RegistryError
from fitbox.registry import Registry
from fitbox_trainer.daemon.records import Dataset, Run
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.data.dataset import missing_members

ADVICE = (
    "add members and start a run (fitbox runs start), or serve a version from before they came "
    "(fitbox adapters list, fitbox adapters activate VERSION)"
)


@dataclass(frozen=True)
class Withdrawn:
    """``members`` of the active version are in no file any more; 0 when all is well."""

    version: str | None
    members: int
    reason: str
    """Why the version without them does not serve, and what to do; empty when all is well."""


def withdrawn_members(
    registry: Registry, datasets: Path, current: Dataset, last: Run | None
) -> Withdrawn | None:
    """Compare the active version's dataset with the present one; ``None`` where it is not on this machine.

    Args:
        registry: Where the active version is looked up.
        datasets: Folder of ``<digest>.jsonl``.
        current: The union of the accepted files.
        last: The newest run that ended.

    Raises:
        DatasetError: a dataset is damaged.
        OSError: it cannot be read.
    """
    try:
        active = registry.get("active")
    except RegistryError:
        return Withdrawn(None, 0, "")  # the base model serves: nobody's data
    if active.dataset_digest == current.digest:
        return Withdrawn(active.name, 0, "")
    before = datasets / f"{active.dataset_digest}.jsonl"
    if not before.is_file():
        return None
    after = datasets / f"{current.digest}.jsonl" if current.members else None
    members = missing_members(before, after)
    return Withdrawn(active.name, members, f"{_why(current, last)}; {ADVICE}" if members else "")


def _why(current: Dataset, last: Run | None) -> str:
    if not current.members:
        return "no member is left to train on"
    if last is None or last.dataset_digest != current.digest:
        return "no run is due for so few changes (min_changed_members)"
    if last.stage is Stage.SUCCEEDED:
        return f"{last.run_id} published {last.version}, which is not active ({last.reason or 'switched'})"
    return f"{last.run_id} without them was {last.stage.lower()}: {last.reason}"
