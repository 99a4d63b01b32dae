"""Text on its way to a client that may read more slowly than an engine writes, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import grpc.aio


class Outbox:
    """Takes text without ever waiting, so that an engine's slot is never held by a reader.

    What comes while a write waits is one piece in the next, so all that is kept is one text at most. How long
    a write may wait is for ``write`` to say; what it raises of gRPC's ends the delivery: the reader is gone.
    """

    def __init__(self, write: Callable[[str], Awaitable[None]]) -> None:
        self._write = write
        self._text = ""
        self._over = False
        self._news = asyncio.Event()

    def put(self, text: str) -> None:
        """Send it when there is a moment."""
        if not self._over:
            self._text += text
            self._news.set()

    def end(self) -> None:
        """Nothing more will come, or nobody listens any more."""
        self._over = True
        self._news.set()

    async def deliver(self) -> None:
        """Write until everything is written after :meth:`end`, or the reader is gone."""
        try:
            while self._text or not self._over:
                await self._news.wait()
                self._news.clear()
                text, self._text = self._text, ""
                if text:
                    await self._write(text)
        except grpc.aio.BaseError:
            self._over, self._text = True, ""
