"""What happens to a version before it serves: its files are verified, a worker loads it and answers once.

What fails on the way comes as one kind of error, :class:`NotLoadedError`, whatever it was."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from fitbox.advice.vocabulary import read_vocabulary
from fitbox.engine.types import EngineSpec, GenerationRequest
from fitbox.errors import AdapterInvalidError, EngineStartError, UnusableFileError
from fitbox.registry import BASE_VERSION, BaseModel, Hold, Registry
from fitbox.registry.invalid import InvalidReason
from fitbox_server.hooks import Hooks, SwapOutcome, SwapPhase
from fitbox_server.setbacks import UNEXPECTED, Failure
from fitbox_server.versions import Identity, Launch, LoadedVersion, Worker

_log = structlog.get_logger(__name__)

_ENTRIES = 1000
"""Entries of a version's folder that are looked at; a version has about ten."""


@dataclass(frozen=True)
class WorkerSettings:
    """How workers are started; see :class:`fitbox_server.settings.Settings`."""

    engine: str
    engine_options: tuple[tuple[str, str], ...] = ()
    threads: int | None = None
    max_batch_size: int = 64
    cache_gib: int = 1
    niceness: int = 10
    start_timeout_seconds: float = 180.0
    generation_seconds: float | None = None


class NotLoadedError(Exception):
    """A version that could not serve: at which step, why, and what its folder looked like before. It never
    leaves the server's core."""

    def __init__(self, outcome: SwapOutcome, failure: Failure, seen: object) -> None:
        self.outcome, self.failure, self.seen = outcome, failure, seen
        super().__init__(failure.message)


class Loader:
    """Verifies, starts and warms; keeps no state of its own.

    Args:
        registry: Where versions are.
        base: The base model that every version must fit.
        launch: Starts workers, as ``EngineProcess.start`` does.
        warm_requests: Real requests, one a task, that a new worker must answer before it serves.
        settings: See :class:`WorkerSettings`.
        hooks: Told how long each phase took.
    """

    def __init__(
        self,
        registry: Registry,
        base: BaseModel,
        launch: Launch,
        warm_requests: Sequence[GenerationRequest],
        settings: WorkerSettings,
        hooks: Hooks,
    ) -> None:
        self._hooks = hooks
        self._registry, self._base, self._launch = registry, base, launch
        self._warm_requests, self._settings = tuple(warm_requests), settings

    async def verify_base(self) -> None:
        """Hash the base model. Raises BaseModelError."""
        await asyncio.to_thread(self._registry.verify_base, self._base)

    async def load(self, name: str, *, beside_another: bool) -> LoadedVersion:
        """A version whose files are held and whose worker has answered.

        Raises:
            NotLoadedError: it cannot serve, at least not now; nothing of it is left behind.
        """
        outcome, seen = SwapOutcome.VERIFY_FAILED, None
        async with contextlib.AsyncExitStack() as undo:
            try:
                seen = await self.look_at(name)
                if (hold := await self.hold(name)) is not None:
                    undo.callback(hold.close)
                with self._timed(SwapPhase.VERIFY):
                    identity = await self.verify(name)
                outcome = SwapOutcome.LOAD_FAILED
                with self._timed(SwapPhase.LOAD):
                    worker = await self.start(identity, beside_another=beside_another)
                undo.push_async_callback(_stop, worker)
                outcome = SwapOutcome.WARM_FAILED
                with self._timed(SwapPhase.WARM):
                    await self.warm(worker)
            except Exception as error:  # what a version's files hold is anybody's, and a server outlives it
                failure = Failure.of(error, outcome.value)
                if failure.reason == UNEXPECTED:
                    _log.exception("load_failed", version=name)
                raise NotLoadedError(outcome, failure, seen) from error
            undo.pop_all()
        return LoadedVersion(identity, worker, hold=hold)

    async def hold(self, name: str) -> Hold | None:
        """Keep a version's files from being deleted; ``None`` for the base model, which nobody deletes.

        Raises:
            AdapterNotFoundError: it is not there any more.
        """
        if name == BASE_VERSION:
            return None
        return await asyncio.to_thread(lambda: self._registry.hold(self._registry.get(name)))

    async def look_at(self, name: str) -> object:
        """What a version's folder looks like, to tell whether it has changed; never raises OSError."""
        return await asyncio.to_thread(_look_at, self._registry.root / "adapters" / name)

    async def verify(self, name: str) -> Identity:
        """Check every file of a version, in a thread.

        Raises:
            AdapterInvalidError: it must not be loaded.
            AdapterNotFoundError: it is not there any more.
        """
        return await asyncio.to_thread(self._verified, name)

    async def start(self, identity: Identity, *, beside_another: bool) -> Worker:
        """A worker that has loaded the version, gently where another one serves. Raises EngineStartError."""
        settings = self._settings
        spec = EngineSpec(
            engine=settings.engine,
            base_model=self._base.path,
            adapter=identity.adapter,
            adapter_version=identity.version,
            threads=settings.threads,
            nice=settings.niceness if beside_another else 0,
            max_batch_size=settings.max_batch_size,
            cache_gib=settings.cache_gib,
            generation_seconds=settings.generation_seconds,
            options=settings.engine_options,
        )
        return await self._launch(spec, timeout_seconds=settings.start_timeout_seconds)

    async def warm(self, worker: Worker) -> None:
        """Real requests, so that the first member does not pay for compilation and cold caches; then the
        worker's priority is that of the one that serves.

        Raises:
            EngineError: it did not answer them.
        """
        try:
            async with asyncio.timeout(self._settings.start_timeout_seconds):
                await asyncio.gather(*(worker.generate(request) for request in self._warm_requests))
        except TimeoutError:
            raise EngineStartError("its worker did not answer the warm-up requests", passing=True) from None
        worker.promote()

    @contextlib.contextmanager
    def _timed(self, phase: SwapPhase) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self._hooks.swap_phase(phase, time.perf_counter() - started)

    def _verified(self, name: str) -> Identity:
        if name == BASE_VERSION:
            return Identity(BASE_VERSION, "", "", None, self._base.name, None)
        version = self._registry.get(name)
        self._registry.verify(version)
        if version.base_model_digest != self._base.digest:
            # It fits its own base model, but this server was started with another one.
            raise AdapterInvalidError("base_mismatch", f"{name} was trained on {version.base_model}")
        try:
            vocabulary = read_vocabulary(version.path)
        except UnusableFileError as error:
            raise AdapterInvalidError(InvalidReason.VOCABULARY, str(error), passing=error.passing) from error
        return Identity(
            version=name,
            digest=version.digest,
            dataset_digest=version.dataset_digest,
            evaluation_score=version.evaluation_score,
            base_model=self._base.name,
            adapter=version.path,
            vocabulary=vocabulary,
        )


async def _stop(worker: Worker) -> None:
    """End a worker that will not serve, even where this task is cancelled meanwhile."""
    try:
        await asyncio.shield(worker.stop())
    except Exception:  # noqa: BLE001 - why it will not serve is what the caller is told
        _log.exception("worker_not_stopped")


def _look_at(folder: Path) -> object:
    """Names, sizes and times of change of the first entries, or why they cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            found = [
                (each.name, each.stat(follow_symlinks=False)) for each in itertools.islice(entries, _ENTRIES)
            ]
    except OSError as error:
        return error.errno
    return sorted((name, status.st_size, status.st_ctime_ns) for name, status in found)
