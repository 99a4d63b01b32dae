"""Who is calling: the name under which admission shares slots out, and until when the caller waits."""

from __future__ import annotations

import time
from typing import Any

from fitbox.rpc.auth import SUBJECT
from fitbox_server.admission import Caller

CLIENT_ID_KEY = "fitbox-client-id"
"""Metadata by which the clients behind one proxy, or the programs of one machine, can be told apart."""
_LONGEST_NAME = 128


def caller(context: Any, *, patient: bool = False) -> Caller:
    """The caller of a call in progress; ``context`` is gRPC's servicer context."""
    remaining = context.time_remaining()
    deadline = None if remaining is None else time.monotonic() + remaining
    return Caller(client_name(context), deadline, patient)


def client_name(context: Any) -> str:
    """The name of its token, else of its certificate, else what it calls itself, else its address.

    A name of its own choosing can gain a client more turns at most; it opens nothing. The address comes
    without the port, or each connection would be a client.
    """
    if subject := SUBJECT.get():
        return f"token:{subject}"
    for name in context.auth_context().get("x509_common_name", ()):
        return f"certificate:{name.decode(errors='replace')}"
    for key, value in context.invocation_metadata() or ():
        if key == CLIENT_ID_KEY and value:
            return f"id:{value[:_LONGEST_NAME]}"
    peer: str = context.peer()
    transport, _, address = peer.partition(":")
    return f"{transport}:{address.rpartition(':')[0]}" if transport in ("ipv4", "ipv6") else peer
