"""Calls to the store: one thread writes, and what waits meanwhile is one transaction, one flush of the disk.

What is beyond the bound of waiting events is refused at once: a flood costs its senders, not the disk, and
takes nothing back that was acknowledged.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import structlog

from fitbox.errors import FeedbackError, FeedbackUnavailableError, OverloadedError
from fitbox_server.feedback.store import Added, FeedbackStore, Submission, VersionCounts

T = TypeVar("T")

MOST_TOGETHER = 512
"""Events of one transaction: few enough that the first of them does not wait long for the last."""
_RETRY_SECONDS = 1.0
_LOOK_SECONDS = 1.0
"""How often the age of the open segment is looked at."""
_STOPPED = FeedbackUnavailableError("the server stopped before it was written")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Waiting:
    submission: Submission
    answer: asyncio.Future[Added]


class Journal:
    """Use from one event loop; :meth:`start` first.

    Args:
        open_store: Called in the thread that the store then belongs to.
        most_waiting: Events that may wait to be written.
    """

    def __init__(self, open_store: Callable[[], FeedbackStore], most_waiting: int) -> None:
        self._open_store, self._most_waiting = open_store, most_waiting
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feedback")
        self._store: FeedbackStore | None = None
        self._queue: deque[_Waiting] = deque()
        self._waiting_events = 0
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open the store.

        Raises:
            FeedbackUnavailableError, OSError: it cannot be opened.
        """
        self._store = await self._in_thread(self._open_store)
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._rotate())]

    async def close(self) -> None:
        """Write what waits, close the segment, close the store."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._store is not None:
            store, self._store = self._store, None
            while self._queue:
                await self._write_once(store)
            await self._close_segments(store, force=True)
            with contextlib.suppress(FeedbackUnavailableError):
                await self._in_thread(store.close)
        self._thread.shutdown()

    async def add(self, submission: Submission) -> Added:
        """Take a submission; it is on disk when this returns.

        Raises:
            OverloadedError: too much waits to be written.
            EventIdReusedError, FeedbackQuotaError: nothing of it was taken.
            FeedbackUnavailableError: the disk refuses.
        """
        if self._store is None or self._tasks[0].done():
            raise FeedbackUnavailableError("the store is closed")
        events = len(submission.records)
        if self._waiting_events + events > self._most_waiting:
            raise OverloadedError("too many events wait to be written", _RETRY_SECONDS)
        waiting = _Waiting(submission, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._waiting_events += events
        self._woken.set()
        return await waiting.answer

    async def counts(self, version: str) -> list[VersionCounts]:
        """See :meth:`FeedbackStore.counts`."""
        store = self._store
        if store is None:
            raise FeedbackUnavailableError("the store is closed")
        return await self._in_thread(lambda: store.counts(version))

    async def _write(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._queue and self._store is not None:
                await self._write_once(self._store)
                if self._store.has_full_segment:  # whose senders have their answer already
                    await self._close_segments(self._store)

    async def _write_once(self, store: FeedbackStore) -> None:
        batch: list[_Waiting] = []
        events = 0
        while self._queue and events < MOST_TOGETHER:
            batch.append(self._queue.popleft())
            events += len(batch[-1].submission.records)
        writing = asyncio.ensure_future(self._in_thread(lambda: store.add([one.submission for one in batch])))
        try:
            # A stop waits for what is being written: its senders are told the truth.
            outcomes = await asyncio.shield(writing)
        except asyncio.CancelledError:
            (result,) = await asyncio.gather(writing, return_exceptions=True)
            _settle(batch, result if isinstance(result, list) else [_STOPPED] * len(batch))
            raise
        except FeedbackError as error:
            _log.error("feedback_not_written", error=str(error))
            _settle(batch, [error] * len(batch))
        except Exception:  # a fault of ours: nobody may wait for ever
            _settle(batch, [_STOPPED] * len(batch))
            raise
        else:
            _settle(batch, outcomes)
        finally:
            self._waiting_events -= events

    async def _rotate(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            store = self._store
            if store is None:
                return
            await self._close_segments(store)

    async def _close_segments(self, store: FeedbackStore, *, force: bool = False) -> None:
        try:
            while await self._in_thread(lambda: store.close_segment(force=force)) is not None:
                pass
        except FeedbackUnavailableError as error:
            _log.error("feedback_segment_not_written", error=str(error))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _settle(batch: Sequence[_Waiting], outcomes: Sequence[Added | FeedbackError]) -> None:
    for one, outcome in zip(batch, outcomes, strict=True):
        if one.answer.done():  # its caller left; the event is kept all the same
            continue
        if isinstance(outcome, Added):
            one.answer.set_result(outcome)
        else:
            one.answer.set_exception(outcome)
