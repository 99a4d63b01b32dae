"""A worker's life: it is watched while it runs, killed where it hangs, and brought back where it is needed.

::

    started -> answers pings -> (misses one: not ready -> misses more: killed) -> ended
            -> needed? -> pause -> started again, or another pause

What a death means for the version (a trial that failed, a restart, nothing) is decided by whoever owns the
versions; how a worker is watched and brought back is decided here. Nothing here ends by an exception.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from fitbox.engine.wire import WorkerStats
from fitbox.errors import EngineDiedError, EngineError
from fitbox_server.backoff import Backoff
from fitbox_server.hooks import WorkerEnd
from fitbox_server.loader import Loader
from fitbox_server.versions import LoadedVersion, Worker

_log = structlog.get_logger(__name__)

STABLE_SECONDS = 60.0
"""A worker that lived this long is restarted at once again."""
_LOG_CHARACTERS = 2000


@dataclass(frozen=True)
class Watchdog:
    """When a worker counts as hanging. Misses are counted, not time: when the server itself was stopped for
    a while, or the machine slept, that is one miss at most."""

    ping_seconds: float = 1.0
    """Pause between a pong and the next ping."""
    miss_seconds: float = 3.0
    """A ping that is not answered for so long is missed, and the server not ready."""
    misses: int = 7
    """So many in a row, and the worker is killed."""

    @classmethod
    def lasting(cls, hang_seconds: float) -> Watchdog:
        """One that kills after about so long."""
        miss_seconds = min(cls.miss_seconds, hang_seconds)
        return cls(
            min(cls.ping_seconds, hang_seconds), miss_seconds, max(1, round(hang_seconds / miss_seconds))
        )

    async def watch(
        self,
        worker: Worker,
        tell: Callable[[bool], None],
        report: Callable[[WorkerStats], None] = lambda stats: None,
    ) -> bool:
        """Ping until the worker has ended; ``tell`` whether it answers, whenever that changes, and
        ``report`` what it answers.

        Returns whether it hung and was killed.
        """
        misses = 0
        while not worker.on_exit.is_set():
            try:
                stats = await worker.ping(timeout_seconds=self.miss_seconds)
            except EngineDiedError:
                break
            except TimeoutError:
                misses += 1
                if misses == 1:
                    tell(False)
                if misses >= self.misses:
                    await worker.kill()
                    return True
                continue
            if misses:
                misses = 0
                tell(True)
            if isinstance(stats, WorkerStats):
                report(stats)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.ping_seconds):
                    await worker.on_exit.wait()
        await worker.on_exit.wait()
        return False


class Owner(Protocol):
    """Who decides what becomes of a version; :class:`fitbox_server.active.Serving`."""

    def worker_answers(self, version: LoadedVersion, answers: bool) -> None:
        """Its worker has missed a ping, or answers again."""

    def worker_reports(self, version: LoadedVersion, stats: WorkerStats) -> None:
        """What its worker does."""

    def worker_ended(self, version: LoadedVersion, *, hung: bool) -> bool:
        """Its worker has ended; whether it is to be started again."""

    def needs(self, version: LoadedVersion) -> bool:
        """Whether it still is."""

    def worker_not_back(self, version: LoadedVersion) -> None:
        """A new worker of the version could not be started; another try follows."""

    def worker_back(self, version: LoadedVersion) -> None:
        """A new worker of the version runs."""


@dataclass(frozen=True)
class Supervisor:
    """Keeps versions' workers going, one :meth:`keep` each."""

    loader: Loader
    watchdog: Watchdog
    backoff: Backoff
    """Between restarts in a row."""
    owner: Owner

    async def keep(self, version: LoadedVersion) -> None:
        """Watch the version's worker and bring it back each time it ends, until nobody needs it."""
        loop = asyncio.get_running_loop()
        backoff = self.backoff
        while True:
            started = loop.time()
            hung = await self._watch(version)
            if loop.time() - started >= STABLE_SECONDS:
                backoff = backoff.reset()
            if not self.owner.worker_ended(version, hung=hung):
                return
            worker = None
            while worker is None:
                await asyncio.sleep(backoff.pause_seconds)
                backoff = backoff.failed()
                if not self.owner.needs(version):
                    return
                worker = await self._started(version)
            if not self.owner.needs(version):
                await worker.stop()  # another version took over while this one was loading
                return
            version.worker = worker
            self.owner.worker_back(version)

    async def _watch(self, version: LoadedVersion) -> bool:
        return await seen_off(
            version.worker,
            self.watchdog,
            lambda answers: self.owner.worker_answers(version, answers),
            lambda stats: self.owner.worker_reports(version, stats),
            version=version.name,
        )

    async def _started(self, version: LoadedVersion) -> Worker | None:
        again = self.loader.start(version.identity, beside_another=False)
        worker = await started_again(again, version=version.name)
        if worker is None:
            self.owner.worker_not_back(version)
        return worker


async def seen_off(
    worker: Worker,
    watchdog: Watchdog,
    tell: Callable[[bool], None],
    report: Callable[[WorkerStats], None],
    **where: object,
) -> bool:
    """Watch a worker until it has ended, also where watching it fails; whether it hung and was killed.

    ``where`` is what a line of the log says of it.
    """
    try:
        hung = await watchdog.watch(worker, tell, report)
    except Exception:  # noqa: BLE001 - a fault of ours must not leave the worker without anybody
        _log.exception("watchdog_failed", **where)
        hung = False
    await worker.on_exit.wait()
    return hung


async def started_again(start: Awaitable[Worker], **where: object) -> Worker | None:
    """One try to bring a worker back; ``None`` where it failed, which the log tells."""
    try:
        return await start
    except EngineError as error:
        _log.error("worker_restart_failed", **where, error=str(error))
    except Exception:  # noqa: BLE001 - a fault of ours must not end the tries
        _log.exception("worker_restart_failed", **where)
    return None


def end_of(worker: Worker, *, hung: bool) -> WorkerEnd:
    """How a worker that was needed ended."""
    if hung:
        return WorkerEnd.HUNG
    return WorkerEnd.KILLED if (worker.exit_code or 0) < 0 else WorkerEnd.EXITED


def log_end(worker: Worker, *, hung: bool, **where: object) -> None:
    """One line for a worker that ended although it was needed."""
    _log.error(
        "worker_hung" if hung else "worker_died",
        **where,
        exit_code=worker.exit_code,
        log=worker.log_tail[-_LOG_CHARACTERS:],
    )
