"""Work beside the event loop, whose start the operating system may refuse."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[..., T], *arguments: object) -> T:
    """``asyncio.to_thread``; a thread that cannot be had is an OSError (EAGAIN) like any other refusal."""
    try:
        return await asyncio.to_thread(work, *arguments)
    except RuntimeError as error:
        if "can't start new thread" not in str(error):
            raise
        raise OSError(errno.EAGAIN, "no thread can be started now") from error
