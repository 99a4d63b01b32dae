"""Several workers of one version behind one: a worker for each GPU, to the server a single :class:`Worker`.

::

    launched together -> one loads, the others may follow -> all warmed -> promoted
    -> a text goes to the one with the fewest -> one dies: its texts are lost, it is brought back
    -> the last one dies: all of it has ended, and whoever keeps it starts it again

So the swap knows nothing of it: it flips once, to a version that has loaded wherever it can. A GPU that is
lost costs the texts that were on it, which may be written again; the others serve on, also through the next
swap.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Iterator, Sequence
from dataclasses import dataclass, replace

import structlog

from fitbox.engine.types import EngineSpec, Generation, GenerationRequest, TokenChunk
from fitbox.engine.wire import Ready, WorkerStats
from fitbox.errors import EngineDiedError, EngineError, WorkerLostError
from fitbox_server.backoff import Backoff
from fitbox_server.hooks import Hooks
from fitbox_server.supervisor import (
    STABLE_SECONDS,
    Watchdog,
    end_of,
    log_end,
    seen_off,
    started_again,
)
from fitbox_server.versions import Launch, Worker

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Launcher:
    """Starts a version on every device; a :class:`Launch` where one of a single worker is expected."""

    launch: Launch
    """Starts one worker."""
    devices: Sequence[str]
    """One worker for each, by what its ``CUDA_VISIBLE_DEVICES`` says; empty leaves it as it is."""
    watchdog: Watchdog
    backoff: Backoff
    """Between restarts of one worker in a row."""
    hooks: Hooks

    async def __call__(self, spec: EngineSpec, *, timeout_seconds: float) -> Worker:
        """All of them, loaded; those that the machine refuses are left out and tried again.

        Raises:
            EngineStartError: not one could be started, for the reason that the first one had.
        """
        started = await asyncio.gather(
            *(
                self.launch(replace(spec, device=device), timeout_seconds=timeout_seconds)
                for device in self.devices
            ),
            return_exceptions=True,
        )
        workers = {at: one for at, one in enumerate(started) if not isinstance(one, BaseException)}
        failures = [one for one in started if isinstance(one, BaseException)]
        # What is no refusal (a cancellation, a fault of ours) ends the start, and nothing is left behind.
        worst = next((one for one in failures if not isinstance(one, EngineError)), None)
        if worst is not None or not workers:
            await asyncio.gather(*(worker.stop() for worker in workers.values()), return_exceptions=True)
            raise worst or failures[0]
        for at, failure in enumerate(started):
            if isinstance(failure, BaseException):
                _log.error("worker_missing", version=spec.adapter_version, place=at, error=str(failure))
        return Several(spec, workers, self, timeout_seconds)


class Several:
    """Workers of one version, by their place among the devices. Made by :class:`Launcher`."""

    def __init__(
        self, spec: EngineSpec, workers: dict[int, Worker], launcher: Launcher, timeout_seconds: float
    ) -> None:
        self.on_exit = asyncio.Event()
        """Set once not one of them is left."""
        self._spec, self._launcher, self._timeout_seconds = spec, launcher, timeout_seconds
        self._workers = workers
        self._ready = next(iter(workers.values())).ready
        self._last: Worker = next(iter(workers.values()))
        """The one that ended last, of all that have."""
        self._silent: set[int] = set()
        self._stats: dict[int, WorkerStats] = {}
        """What each said last."""
        self._calls: Counter[int] = Counter()
        self._served: Counter[int] = Counter()
        self._promoted = self._stopping = False
        self._kept = [asyncio.create_task(self._keep(at)) for at in range(len(launcher.devices))]

    @property
    def ready(self) -> Ready:
        """What the first of them said of itself: they are alike."""
        return self._ready

    @property
    def alive(self) -> bool:
        """Whether one of them takes calls."""
        return not self._stopping and any(worker.alive for worker in self._workers.values())

    @property
    def exit_code(self) -> int | None:
        """Of the one that ended last."""
        return self._last.exit_code

    @property
    def log_tail(self) -> str:
        """The end of what that one wrote."""
        return self._last.log_tail

    def promote(self) -> None:
        """From now on a call goes to one of them."""
        self._promoted = True
        for worker in self._workers.values():
            worker.promote()

    async def ping(self, *, timeout_seconds: float) -> WorkerStats:
        """Return once one of them answers: that one serves. Each is watched by itself beside, and what each
        said last is what all of them do."""
        if not self._workers:
            raise self._none_left()
        pings = [
            asyncio.ensure_future(worker.ping(timeout_seconds=timeout_seconds))
            for worker in self._workers.values()
        ]
        try:
            for first in asyncio.as_completed(pings):
                with contextlib.suppress(TimeoutError, EngineDiedError):
                    await first
                    return together(list(self._stats.values()))
        finally:
            for ping in pings:
                ping.cancel()
            await asyncio.gather(*pings, return_exceptions=True)
        raise TimeoutError

    async def generate(self, request: GenerationRequest) -> Generation:
        """By the one that has the fewest calls; before the promotion, to warm them, by every one."""
        if not self._promoted:
            return await self._by_all(request)
        with self._one() as worker:
            return await worker.generate(request)

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[TokenChunk | Generation, None]:
        """Likewise, by one of them."""
        with self._one() as worker:
            async with contextlib.aclosing(worker.stream(request)) as items:
                async for item in items:
                    yield item

    async def stop(self, *, drain_seconds: float = 0.0) -> None:
        """End all of them."""
        await self._end(*(worker.stop(drain_seconds=drain_seconds) for worker in self._leave()))

    async def kill(self) -> None:
        """End all of them at once."""
        await self._end(*(worker.kill() for worker in self._leave()))

    async def _by_all(self, request: GenerationRequest) -> Generation:
        """By every worker; one that cannot is missed only where no other can either."""
        texts = await asyncio.gather(
            *(worker.generate(request) for worker in self._workers.values()), return_exceptions=True
        )
        for text in texts:
            if isinstance(text, Generation):
                return text
        raise next((text for text in texts if isinstance(text, BaseException)), self._none_left())

    def _none_left(self) -> EngineDiedError:
        return EngineDiedError(f"no worker of {self._spec.adapter_version} is running")

    @contextlib.contextmanager
    def _one(self) -> Iterator[Worker]:
        """The worker that has the fewest calls now, and of those the one that had the fewest.

        Raises:
            WorkerLostError: it ended, and another one is left.
            EngineDiedError: it ended, and none is.
        """
        able = [at for at, worker in self._workers.items() if worker.alive]
        if self._stopping or not able:
            raise self._none_left()
        answering = [at for at in able if at not in self._silent]
        at = min(answering or able, key=lambda device: (self._calls[device], self._served[device], device))
        self._calls[at] += 1
        self._served[at] += 1
        try:
            yield self._workers[at]
        except EngineDiedError as error:
            if not self.alive:
                raise
            raise WorkerLostError(str(error)) from error
        finally:
            self._calls[at] -= 1

    async def _keep(self, at: int) -> None:
        """Watch a device's worker and bring it back each time it ends, as long as another one is left."""
        launcher, loop = self._launcher, asyncio.get_running_loop()
        backoff = launcher.backoff if at in self._workers else launcher.backoff.failed()
        while not self.on_exit.is_set():
            if (worker := self._workers.get(at)) is None:
                await asyncio.sleep(backoff.pause_seconds)
                backoff = backoff.failed()
                await self._start(at)
                continue
            began = loop.time()
            hung = await self._watched(at, worker)
            if loop.time() - began >= STABLE_SECONDS:
                backoff = backoff.reset()
            self._ended(at, worker, hung=hung)

    async def _watched(self, at: int, worker: Worker) -> bool:
        def tell(answers: bool) -> None:
            (self._silent.discard if answers else self._silent.add)(at)

        def report(stats: WorkerStats) -> None:
            self._stats[at] = stats

        return await seen_off(
            worker, self._launcher.watchdog, tell, report, version=self._spec.adapter_version, place=at
        )

    def _ended(self, at: int, worker: Worker, *, hung: bool) -> None:
        del self._workers[at]
        self._silent.discard(at)
        self._stats.pop(at, None)
        self._last = worker
        if self._stopping:
            return
        if hung:
            self._launcher.hooks.worker_hung(self._spec.adapter_version)
        if not self._workers:
            self._over()
            return
        # Whoever keeps the whole tells of the end of the last one.
        self._launcher.hooks.worker_died(self._spec.adapter_version, end_of(worker, hung=hung))
        log_end(worker, hung=hung, version=self._spec.adapter_version, place=at)

    async def _start(self, at: int) -> None:
        """Try once to bring a device's worker back."""
        spec = replace(
            self._spec,
            device=self._launcher.devices[at],
            nice=0 if self._promoted else self._spec.nice,
        )
        again = self._launcher.launch(spec, timeout_seconds=self._timeout_seconds)
        worker = await started_again(again, version=self._spec.adapter_version, place=at)
        if worker is None:
            self._launcher.hooks.worker_not_restarted(self._spec.adapter_version)
        elif self._stopping or self.on_exit.is_set():
            await worker.stop()
        else:
            self._workers[at] = worker
            self._launcher.hooks.worker_restarted(self._spec.adapter_version)

    def _over(self) -> None:
        """The last one has ended: what is being brought back would be another life's."""
        self.on_exit.set()
        for task in self._kept:
            if task is not asyncio.current_task():
                task.cancel()

    def _leave(self) -> list[Worker]:
        self._stopping = True
        for task in self._kept:
            task.cancel()
        return list(self._workers.values())

    async def _end(self, *ends: Awaitable[None]) -> None:
        # A worker that was being started ends with the task that started it.
        done = await asyncio.gather(*ends, *self._kept, return_exceptions=True)
        self.on_exit.set()
        for error in done[: len(ends)]:
            if error is not None:
                raise error


def together(stats: Sequence[WorkerStats]) -> WorkerStats:
    """What several workers, alike, do together."""
    return WorkerStats(
        running=sum(one.running for one in stats),
        waiting=sum(one.waiting for one in stats),
        cache_usage=sum(one.cache_usage for one in stats) / max(1, len(stats)),
        generated_tokens=sum(one.generated_tokens for one in stats),
        compiling=sum(one.compiling for one in stats),
        compile_seconds=sum(one.compile_seconds for one in stats),
        resident_bytes=sum(one.resident_bytes for one in stats),
        device_bytes=sum(one.device_bytes for one in stats),
    )
