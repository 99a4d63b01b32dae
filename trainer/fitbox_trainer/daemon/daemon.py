"""The training daemon: looks at the folder, queues a run when the dataset has changed, works on the run.

::

    tick:  look ──> read what is whole ──> queue a run if one is due ──> take the current run one step on

Everything it needs to remember is in the ledger, so it may be killed anywhere. A tick never waits for a
child; it is woken by events of the folder, by the end of a child, by a call, and otherwise by the clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from fitbox.errors import FitBoxError, RegistryError
from fitbox.registry import Registry
from fitbox_trainer.daemon.hooks import Hooks
from fitbox_trainer.daemon.inbox import Inbox, IngestFile
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import Dataset, Run
from fitbox_trainer.daemon.run_inputs import dataset_path
from fitbox_trainer.daemon.runs import CANCELLED_REASON, RunWorker
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.daemon.threads import in_thread
from fitbox_trainer.daemon.watcher import FolderHints
from fitbox_trainer.daemon.workfolder import exclusive as exclusive
from fitbox_trainer.data.dataset import assemble, changed_members
from fitbox_trainer.data.withdrawn import Withdrawn, withdrawn_members
from fitbox_trainer.evaluation.texts import forget_withdrawn
from fitbox_trainer.release.retention import Collected, collect, plan, read_live

MAX_TROUBLE_PAUSE_SECONDS = 30.0
TROUBLES = (OSError, FitBoxError)
"""What the world refuses: a full disk, a folder that is gone, a ledger that is locked. Nothing was lost, and
it may pass. Each boundary (files, ledger, registry, processes, threads) raises one of the two and nothing
else, so any other exception is a fault of ours and ends the process."""


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
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ledger = ledger
        self._settings = settings
        self._registry = registry
        self._hooks = hooks
        self._clock = clock
        self._monotonic = monotonic
        self._woken = asyncio.Event()
        self._inbox = Inbox(settings, ledger, ingest, hooks, monotonic=monotonic)
        self._unsettled_since: float | None = None
        self._last_change = (0.0, 0.0)
        """Time of the newest change by the clock, and when it was noticed by :attr:`_monotonic`."""
        self._assembling = asyncio.Lock()
        self._announced = ""
        self._collected_after: int | None = None
        self._compared: tuple[str | None, str, int] | None = None
        self._withdrawn = Withdrawn(None, 0, "")
        self.worker = RunWorker(settings, ledger, registry, hooks, self.wake, clock=clock)

    def wake(self) -> None:
        """Tick soon."""
        self._woken.set()

    async def run(self, stop: asyncio.Event, *, once: bool = False) -> None:
        """Tick until ``stop`` is set, or with ``once`` until there is nothing left to do."""
        loop = asyncio.get_running_loop()
        hints = FolderHints(self._settings.data, lambda: loop.call_soon_threadsafe(self._hint))
        self._inbox.mode = hints.start()
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self.wake())
        trouble_pause = 0.0
        try:
            recovered = False
            while not stop.is_set():
                self._woken.clear()
                try:
                    if not recovered:
                        await self.worker.recover()
                        recovered = True
                    await self.tick()
                    pause, trouble_pause = self._pause(), 0.0
                except TROUBLES as error:
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
        """One round of everything. What is wrong with the folder is raised once the run had its turn."""
        trouble: Exception | None = None
        try:
            await self._inbox.look()
            await self._queue_if_due()
        except TROUBLES as error:
            trouble = error
        self._hooks.waiting(files=self._inbox.waiting, runs=self.ledger.queued_runs())
        await self._work()
        if trouble is not None:
            raise trouble

    def _hint(self) -> None:
        self._inbox.hint()
        self.wake()

    async def _work(self) -> None:
        for waiting in self.ledger.cancelled_in_queue():
            self._hooks.stage_entered(self.ledger.end(waiting, Stage.CANCELLED, reason=CANCELLED_REASON))
        run = self.ledger.current_run()
        if run is not None and run.stage is Stage.QUEUED:
            await self._begin(run)
        elif run is not None:
            await self.worker.step(run)
        else:
            await self._collect_once()
            await self._look_for_withdrawn()

    def is_idle(self) -> bool:
        """Whether the folder is read, every run has ended and was tidied up after, and none is to be
        queued."""
        dataset = self.ledger.dataset_of(self.ledger.sources())
        decided = dataset is not None and dataset.digest == self._announced
        collected = self._collected_after == self._last_run_number()
        return self._inbox.is_settled and decided and collected and self.ledger.current_run() is None

    async def dataset(self) -> Dataset:
        """The union of the accepted files as they are now, made if need be."""
        async with self._assembling:  # a call and a tick may both want it
            sources = self.ledger.sources()
            dataset = self.ledger.dataset_of(sources)
            if dataset is None or not self._is_stored(dataset):
                files = self.ledger.members_files(tuple(sources.values()))
                dataset = await in_thread(assemble, files, self._settings.work_dir / "datasets")
                self.ledger.record_dataset(sources, dataset)
            return dataset

    def _is_stored(self, dataset: Dataset) -> bool:
        return not dataset.members or dataset_path(self._settings, dataset.digest).exists()

    async def _queue_if_due(self) -> None:
        """Queue a run when the dataset has been another one for long enough and no run is under way."""
        if self.ledger.current_run() is not None or not self._is_calm():
            return
        dataset = await self.dataset()
        due = bool(dataset.members) and await self._is_due(dataset)
        if dataset.digest != self._announced:
            await self._forget_withdrawn(dataset)
            # from here on nobody may see it without its run
            self._announced = dataset.digest
            self._hooks.dataset_changed(dataset.digest, dataset.members)
        if due:
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
        changed = await in_thread(changed_members, before, after)
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

    async def _collect_once(self) -> None:
        """Delete what retention does not keep: at the start, and after each run. A tick reads no file now."""
        number = self._last_run_number()
        if self._collected_after == number:
            return
        self._collected_after = number  # a disk that refuses is told once, not at every tick
        settings = self._settings
        async with self._assembling:
            live = read_live(self.ledger, settings.work_dir)

            def work() -> Collected:
                removals = plan(live, self._registry, settings.work_dir, settings.retention)
                return collect(removals, self._registry, settings.work_dir)

            collected = await in_thread(work)
        for _, problem in collected.failed:
            self._hooks.trouble("collect", RegistryError(problem))
        if collected.removed or collected.kept:
            self._hooks.collected(collected)

    async def _look_for_withdrawn(self) -> None:
        """Say when members who were withdrawn are still served; see :mod:`fitbox_trainer.data.withdrawn`."""
        dataset = self.ledger.dataset_of(self.ledger.sources())
        if dataset is None or dataset.digest != self._announced:
            return  # not decided yet
        seen = (self._registry.active().version, dataset.digest, self._last_run_number())
        if seen == self._compared:
            return
        self._compared = seen  # a dataset that cannot be read is told once, not at every tick
        folder = self._settings.work_dir / "datasets"
        last = self.ledger.last_finished_run()
        found = await in_thread(withdrawn_members, self._registry, folder, dataset, last)
        if found is not None and found != self._withdrawn:
            before, self._withdrawn = self._withdrawn, found
            if not found.members and not before.members:
                return
            self._hooks.withdrawn_served(found)

    async def _forget_withdrawn(self, dataset: Dataset) -> None:
        """What evaluations wrote down for members who are in no file any more goes with them."""
        path = dataset_path(self._settings, dataset.digest) if dataset.members else None
        await in_thread(forget_withdrawn, self._settings.work_dir / "runs", path)

    def _last_run_number(self) -> int:
        last = self.ledger.last_finished_run()
        return 0 if last is None else last.number

    def _debouncing(self) -> float:
        """Seconds until the newest change is old enough; 0 or less when it is.

        The clock counts over restarts of the daemon, and may jump; meanwhile it can only shorten the wait.
        """
        changed_at, now = self.ledger.last_file_change(), self._monotonic()
        if changed_at != self._last_change[0]:
            self._last_change = changed_at, now
        wait = self._settings.debounce_seconds
        return min(changed_at + wait - self._clock(), self._last_change[1] + wait - now)

    def _is_calm(self) -> bool:
        """Whether the folder has come to rest, or kept us waiting for as long as it may."""
        if self._inbox.is_settled and self._debouncing() <= 0:
            self._unsettled_since = None
            return True
        now = self._monotonic()
        if self._unsettled_since is None:
            self._unsettled_since = now
        if now - self._unsettled_since < self._settings.debounce_max_seconds or self._inbox.has_backlog:
            return False
        self._unsettled_since = None
        return True

    def _pause(self) -> float:
        """Seconds until the next tick is needed even if nothing wakes us."""
        pauses = [self._inbox.pause()]
        if self.ledger.current_run() is not None:
            pauses.append(self._settings.scan_seconds)
        if self._debouncing() > 0:
            pauses.append(self._debouncing())
        return max(0.0, min(pauses))
