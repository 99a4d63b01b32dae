"""What happens to a version before it serves: its files are verified, a worker loads it and answers once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from fitbox.advice.vocabulary import read_vocabulary
from fitbox.engine.types import EngineSpec, GenerationRequest
from fitbox.errors import AdapterInvalidError, EngineStartError, UnusableFileError
from fitbox.registry import BASE_VERSION, BaseModel, Hold, Registry
from fitbox.registry.verify import InvalidReason
from fitbox_server.versions import Identity, Launch, Worker


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


class Loader:
    """Verifies, starts and warms; keeps no state of its own.

    Args:
        registry: Where versions are.
        base: The base model that every version must fit.
        launch: Starts workers, as ``EngineProcess.start`` does.
        warm_requests: Real requests, one a task, that a new worker must answer before it serves.
        settings: See :class:`WorkerSettings`.
    """

    def __init__(
        self,
        registry: Registry,
        base: BaseModel,
        launch: Launch,
        warm_requests: Sequence[GenerationRequest],
        settings: WorkerSettings,
    ) -> None:
        self._registry, self._base, self._launch = registry, base, launch
        self._warm_requests, self._settings = tuple(warm_requests), settings

    async def verify_base(self) -> None:
        """Hash the base model. Raises BaseModelError."""
        await asyncio.to_thread(self._registry.verify_base, self._base)

    async def hold(self, name: str) -> Hold | None:
        """Keep a version's files from being deleted; ``None`` for the base model, which nobody deletes.

        Raises:
            AdapterNotFoundError: it is not there any more.
        """
        if name == BASE_VERSION:
            return None
        return await asyncio.to_thread(lambda: self._registry.hold(self._registry.get(name)))

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
            options=settings.engine_options,
        )
        return await self._launch(spec, timeout_seconds=settings.start_timeout_seconds)

    async def warm(self, worker: Worker) -> None:
        """Real requests, so that the first member does not pay for compilation and cold caches; then the
        worker's priority is that of the one that serves.

        Raises:
            EngineError: it did not answer them; the worker has been stopped.
        """
        try:
            async with asyncio.timeout(self._settings.start_timeout_seconds):
                await asyncio.gather(*(worker.generate(request) for request in self._warm_requests))
            worker.promote()
        except TimeoutError:
            await worker.stop()
            raise EngineStartError("its worker did not answer the warm-up requests") from None
        except BaseException:
            await asyncio.shield(worker.stop())
            raise

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
            raise AdapterInvalidError(InvalidReason.VOCABULARY, str(error)) from error
        return Identity(
            version=name,
            digest=version.digest,
            dataset_digest=version.dataset_digest,
            evaluation_score=version.evaluation_score,
            base_model=self._base.name,
            adapter=version.path,
            vocabulary=vocabulary,
        )
