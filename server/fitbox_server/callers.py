"""Who is calling, as admission asks: under which name, and until when the caller waits."""

from __future__ import annotations

import time
from typing import Any

from fitbox.rpc.callers import CALLER, caller_name
from fitbox_server.admission import Caller


def caller(context: Any, *, patient: bool = False) -> Caller:
    """The caller of a call in progress; ``context`` is gRPC's servicer context."""
    remaining = context.time_remaining()
    deadline = None if remaining is None else time.monotonic() + remaining
    return Caller(CALLER.get() or caller_name(context), deadline, patient)
