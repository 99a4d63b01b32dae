"""Who is calling: the one name by which quotas, fairness and the memory of request ids tell callers apart.

The surest name counts, and a surer kind can never be imitated by a weaker one, for the kind is part of it:

1. the name of the call's token;
2. the certificate that the connection was made with, whole: two certificates with one common name, of two
   authorities for instance, are two callers, and so is one that was issued anew;
3. what the client calls itself, which can gain it turns but opens nothing;
4. its address, without the port, or each connection would be a caller.
"""

from __future__ import annotations

import hashlib
from contextvars import ContextVar
from typing import Any

from fitbox.rpc.auth import SUBJECT
from fitbox.terminal import printable

CALLER: ContextVar[str] = ContextVar("fitbox_caller", default="")
"""Name of the caller of the call in progress, set before its handler runs."""
CLIENT_ID_KEY = "fitbox-client-id"
"""Metadata by which the clients behind one proxy, or the programs of one machine, can be told apart."""
_LONGEST_NAME = 128


def caller_name(context: Any) -> str:
    """The caller's name, from gRPC's servicer context."""
    if subject := SUBJECT.get():
        return f"token:{subject}"
    if certificate := certificate_name(context.auth_context()):
        return certificate
    for key, value in context.invocation_metadata() or ():
        if key == CLIENT_ID_KEY and value:
            return f"id:{printable(value[:_LONGEST_NAME])}"
    return address(context.peer())


def certificate_name(properties: Any) -> str:
    """Common name, for people, and digest, for certainty, of a client certificate; empty without one."""
    for pem in properties.get("x509_pem_cert", ()):
        names = properties.get("x509_common_name", ())
        common = printable(next(iter(names), b"").decode(errors="replace")[:_LONGEST_NAME])
        return f"certificate:{common}:{hashlib.sha256(pem).hexdigest()[:32]}"
    return ""


def address(peer: str) -> str:
    """``ipv4:10.0.0.7:45678`` -> ``ipv4:10.0.0.7``; other transports have no port."""
    transport, _, rest = peer.partition(":")
    return f"{transport}:{rest.rpartition(':')[0]}" if transport in ("ipv4", "ipv6") else peer
