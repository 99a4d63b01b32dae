"""What the daemon tells whoever listens: metrics, the live display, watchers of a run.

The daemon calls these and knows none of them, so its code mentions neither Prometheus nor a terminal. Every
method does nothing unless overridden; none may raise or block.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fitbox_trainer.daemon.records import Content, Run
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.run.progress import Progress

if TYPE_CHECKING:
    from fitbox_trainer.data.withdrawn import Withdrawn
    from fitbox_trainer.intake.report import ColumnDrift
    from fitbox_trainer.release.gate import Decision
    from fitbox_trainer.release.retention import Collected


class Hooks:
    """The events of a daemon's life."""

    def file_read(self, name: str, content: Content, *, new: bool) -> None:
        """A file was read; ``new`` where its content was never seen before."""

    def file_refused(self, name: str, reason: str) -> None:
        """An entry of the folder is never read."""

    def file_withdrawn(self, name: str) -> None:
        """A file was deleted."""

    def dataset_changed(self, digest: str, members: int) -> None:
        """The dataset that the next run would train on is another one."""

    def file_drifted(self, name: str, drift: Sequence[ColumnDrift]) -> None:
        """A file was compared with the dataset behind the active version; every column, strongest first."""

    def collected(self, collected: Collected) -> None:
        """Retention deleted something, or found it held."""

    def withdrawn_served(self, withdrawn: Withdrawn) -> None:
        """The number of withdrawn members in the active version is another one."""

    def stage_entered(self, run: Run) -> None:
        """A run is in a new stage, an end included."""

    def stage_left(self, run: Run, stage: Stage, seconds: float) -> None:
        """A stage is done, after this long since it was first entered."""

    def judged(self, run: Run, decision: Decision) -> None:
        """The gate has decided about a candidate."""

    def waiting(self, *, files: int, runs: int) -> None:
        """So many files wait to be read, and so many runs for their turn."""

    def attempt_failed(self, run: Run, cause: str, detail: str) -> None:
        """An attempt of a stage failed; the run may go on."""

    def progressed(self, run: Run, progress: Progress) -> None:
        """A child reported figures."""

    def trouble(self, what: str, error: Exception) -> None:
        """Something outside any run failed (the folder, the disk); it is tried again."""


class HookList(Hooks):
    """Passes every event on, in order."""

    def __init__(self, hooks: Sequence[Hooks]) -> None:
        for name in vars(Hooks):
            if not name.startswith("_"):
                setattr(self, name, _each([getattr(one, name) for one in hooks]))


def _each(listeners: Sequence[Callable[..., None]]) -> Callable[..., None]:
    def tell(*arguments: object, **named: object) -> None:
        for listener in listeners:
            listener(*arguments, **named)

    return tell


class Changes(Hooks):
    """Wakes everybody who waits for a change of any run."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def upcoming(self) -> asyncio.Event:
        """Set at the next change. Take it before looking at a run, then nothing is missed in between."""
        return self._next

    def _wake(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    def stage_entered(self, run: Run) -> None:
        self._wake()

    def progressed(self, run: Run, progress: Progress) -> None:
        self._wake()
