"""The training daemon: looks at the folder, queues a run when the dataset has changed, works on the run.

::

    tick:  look ──> read what is whole ──> queue a run if one is due ──> take the current run one step on

Everything it needs to remember is in the ledger, so it may be killed anywhere. A tick never waits for a
child; it is woken by events of the folder, by the end of a child, by a call, and otherwise by the clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from fitbox.errors import ConfigurationError, FitBoxError
from fitbox.registry import Registry
from fitbox_trainer.dataset import assemble, changed_members
from fitbox_trainer.hooks import Hooks
from fitbox_trainer.ledger import Ledger
from fitbox_trainer.records import Content, Dataset, FileStatus, Run
from fitbox_trainer.runs import CANCELLED_REASON, RunWorker, dataset_path
from fitbox_trainer.settings import TrainerSettings
from fitbox_trainer.stages import Stage
from fitbox_trainer.watcher import (
    Action,
    FolderHints,
    Ingest,
    Refuse,
    Snapshot,
    WatchMode,
    Withdraw,
    reconcile,
    scan,
)

FILES_PER_TICK = 64
"""A storm of files is read in parts, so that runs and calls go on in between."""
UNREADABLE_PAUSE_SECONDS = 30.0
"""A file that the system does not let us read is tried again after this."""
MAX_TROUBLE_PAUSE_SECONDS = 30.0


class Report(Protocol):
    """What intake says about one file."""

    @property
    def digest(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def rows_accepted(self) -> int: ...
    @property
    def rows_rejected(self) -> int: ...
    @property
    def rows_duplicate(self) -> int: ...
    @property
    def members(self) -> Path | None: ...


IngestFile = Callable[[Path, Path], Report]
"""``ingest(path, store)``: copies and reads one file; raises OSError only."""


class Daemon:
    """One daemon, living in one event loop."""

    def __init__(
        self,
        settings: TrainerSettings,
        ledger: Ledger,
        registry: Registry,
        ingest: IngestFile,
        hooks: Hooks,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.ledger = ledger
        self._settings = settings
        self._registry = registry
        self._ingest = ingest
        self._hooks = hooks
        self._clock = clock
        self._woken = asyncio.Event()
        self._scans: deque[Snapshot] = deque(maxlen=settings.stable_scans)
        self._unreadable: dict[Action, float] = {}
        self._settling = True
        self._assembling = asyncio.Lock()
        self._announced = ""
        self.worker = RunWorker(settings, ledger, registry, hooks, self.wake, clock=clock)

    def wake(self) -> None:
        """Tick soon."""
        self._woken.set()

    async def run(self, stop: asyncio.Event, *, once: bool = False) -> None:
        """Tick until ``stop`` is set, or with ``once`` until there is nothing left to do."""
        loop = asyncio.get_running_loop()
        hints = FolderHints(self._settings.data, lambda: loop.call_soon_threadsafe(self.wake))
        mode = hints.start()
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self.wake())
        trouble_pause = 0.0
        try:
            await self.worker.recover()
            while not stop.is_set():
                self._woken.clear()
                try:
                    await self.tick()
                    pause, trouble_pause = self._pause(mode), 0.0
                except (OSError, sqlite3.OperationalError, FitBoxError) as error:
                    # A full disk, a folder that is gone: nothing was lost, and it may come back.
                    self._hooks.trouble("tick", error)
                    pause = trouble_pause = min(MAX_TROUBLE_PAUSE_SECONDS, max(1.0, trouble_pause * 2))
                if once and not trouble_pause and self.is_idle():
                    return
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._woken.wait()
        finally:
            hints.stop()
            stopping.cancel()
            await self.worker.stop()

    async def tick(self) -> None:
        """One round of everything."""
        await self._look()
        await self._queue_if_due()
        for waiting in self.ledger.cancelled_in_queue():
            self._hooks.stage_entered(self.ledger.end(waiting, Stage.CANCELLED, reason=CANCELLED_REASON))
        run = self.ledger.current_run()
        if run is not None and run.stage is Stage.QUEUED:
            await self._begin(run)
        elif run is not None:
            await self.worker.step(run)

    def is_idle(self) -> bool:
        """Whether the folder is read, every run has ended, and no run is waiting to be queued."""
        dataset = self.ledger.dataset_of(self.ledger.sources())
        decided = dataset is not None and dataset.digest == self._announced
        return not self._settling and decided and self.ledger.current_run() is None

    async def dataset(self) -> Dataset:
        """The union of the accepted files as they are now, made if need be."""
        async with self._assembling:  # a call and a tick may both want it
            sources = self.ledger.sources()
            dataset = self.ledger.dataset_of(sources)
            if dataset is None or not self._is_stored(dataset):
                files = self.ledger.members_files(tuple(sources.values()))
                dataset = await asyncio.to_thread(assemble, files, self._settings.work_dir / "datasets")
                self.ledger.record_dataset(sources, dataset)
            return dataset

    def _is_stored(self, dataset: Dataset) -> bool:
        return not dataset.members or dataset_path(self._settings, dataset.digest).exists()

    async def _look(self) -> None:
        """Compare the folder with the ledger, and read what is whole."""
        self._scans.append(await asyncio.to_thread(scan, self._settings.data))
        found = reconcile(
            tuple(self._scans), self.ledger.known_signatures(), stable_scans=self._settings.stable_scans
        )
        now = self._clock()
        self._unreadable = {file: until for file, until in self._unreadable.items() if until > now}
        actions = [action for action in found.actions if action not in self._unreadable]
        self._settling = found.settling or len(actions) > FILES_PER_TICK
        for action in actions[:FILES_PER_TICK]:
            match action:
                case Ingest():
                    await self._read(action)
                case Withdraw(name):
                    self.ledger.withdraw_file(name)
                    self._hooks.file_withdrawn(name)
                case Refuse(name, signature, reason):
                    self.ledger.refuse_file(name, signature, reason)
                    self._hooks.file_refused(name, reason)

    async def _read(self, file: Ingest) -> None:
        store = self._settings.work_dir
        try:
            report = await asyncio.to_thread(self._ingest, self._settings.data / file.name, store)
        except FileNotFoundError:
            return  # gone meanwhile; the next scan sees that
        except OSError as error:
            self._unreadable[file] = self._clock() + UNREADABLE_PAUSE_SECONDS
            self._hooks.trouble(f"reading {file.name}", error)
            return
        except Exception as error:  # noqa: BLE001  # a file that finds a fault in us must not stop the others
            reason = f"reading it failed with {type(error).__name__}: {error}"
            self.ledger.refuse_file(file.name, file.signature, reason)
            self._hooks.trouble(f"reading {file.name}", error)
            return
        status = FileStatus(str(report.status))
        reason = report.reason or "" if status is FileStatus.REJECTED else ""
        if not report.digest:  # refused without reading it, for instance a link that took the file's place
            self.ledger.refuse_file(file.name, file.signature, reason)
            self._hooks.file_refused(file.name, reason)
            return
        content = Content(
            digest=report.digest,
            status=status,
            reason=reason,
            rows_accepted=report.rows_accepted,
            rows_rejected=report.rows_rejected,
            rows_duplicate=report.rows_duplicate,
            members_file=report.members or Path(),
        )
        new = self.ledger.record_content(file.name, file.signature, content)
        self._hooks.file_read(file.name, content, new=new)

    async def _queue_if_due(self) -> None:
        """Queue a run when the dataset has been another one for long enough and no run is under way."""
        if self._settling or self.ledger.current_run() is not None or self._debouncing() > 0:
            return
        dataset = await self.dataset()
        if dataset.digest != self._announced:
            self._announced = dataset.digest
            self._hooks.dataset_changed(dataset.digest, dataset.members)
        if dataset.members and await self._is_due(dataset):
            run = self.ledger.create_run(
                self._settings.preset, dataset=dataset, sources=self.ledger.sources()
            )
            self._hooks.stage_entered(run)
            self.wake()

    async def _is_due(self, dataset: Dataset) -> bool:
        last = self.ledger.last_finished_run()
        if last is None or last.dataset_digest == dataset.digest:
            return last is None
        before = dataset_path(self._settings, last.dataset_digest)
        if not before.exists():
            return True
        after = dataset_path(self._settings, dataset.digest)
        changed = await asyncio.to_thread(changed_members, before, after)
        return changed >= self._settings.min_changed_members

    async def _begin(self, run: Run) -> None:
        """The turn of a queued run: its dataset is what the folder holds now."""
        try:
            dataset = await self.dataset()
        except FitBoxError as error:
            self._hooks.stage_entered(self.ledger.end(run, Stage.FAILED, reason=str(error)))
            return
        if not dataset.members:
            reason = "no accepted members; put a CSV file into the data folder"
            self._hooks.stage_entered(self.ledger.end(run, Stage.FAILED, reason=reason))
            return
        parent = self._registry.active().version
        begun = self.ledger.fix_dataset(run, dataset=dataset, sources=self.ledger.sources(), parent=parent)
        self._hooks.stage_entered(begun)
        self.wake()

    def _debouncing(self) -> float:
        """Seconds until the newest change is old enough; 0 or less when it is."""
        return self.ledger.last_file_change() + self._settings.debounce_seconds - self._clock()

    def _pause(self, mode: WatchMode) -> float:
        """Seconds until the next tick is needed even if nothing wakes us."""
        quiet = self._settings.rescan_seconds if mode is WatchMode.EVENTS else self._settings.poll_seconds
        pauses = [quiet]
        run = self.ledger.current_run()
        if self._settling or run is not None:
            pauses.append(self._settings.scan_seconds)
        if self._debouncing() > 0:
            pauses.append(self._debouncing())
        return max(0.0, min(pauses))


@contextmanager
def exclusive(work: Path) -> Iterator[None]:
    """Hold the work folder. Raises ConfigurationError where another daemon does."""
    work.mkdir(parents=True, exist_ok=True)
    handle = os.open(work / "daemon.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(f"another training daemon works in {work}") from None
        yield
    finally:
        os.close(handle)
