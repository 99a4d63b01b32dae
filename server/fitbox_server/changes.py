"""Tells whoever watches that a version went into another state."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from fitbox_server.versions import Change

_LIMIT = 256
"""Changes that a watcher may be behind before it is dropped."""


class Changes:
    """A broadcast on one event loop. Watchers get every change, or are told that they were too slow."""

    def __init__(self) -> None:
        self._watchers: set[asyncio.Queue[Change | None]] = set()
        self._next = asyncio.Event()

    def tell(self, change: Change) -> None:
        """Hand a change to every watcher; never blocks."""
        for queue in list(self._watchers):
            if queue.qsize() >= _LIMIT:
                self._end(queue)
            else:
                queue.put_nowait(change)
        self.wake()

    def wake(self) -> None:
        """Let everybody in :meth:`next` look again."""
        self._next.set()
        self._next = asyncio.Event()

    async def next(self) -> None:
        """Wait for the next change or wake."""
        await self._next.wait()

    @contextlib.contextmanager
    def watch(self) -> Iterator[asyncio.Queue[Change | None]]:
        """A queue of every change from now on; ``None`` ends it."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            yield queue
        finally:
            self._watchers.discard(queue)

    def end(self) -> None:
        """End every watcher, so that a shutdown need not wait for them."""
        for queue in list(self._watchers):
            self._end(queue)

    def _end(self, queue: asyncio.Queue[Change | None]) -> None:
        self._watchers.discard(queue)
        queue.put_nowait(None)
