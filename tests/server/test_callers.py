"""Who is calling: the names under which admission shares its slots out."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from fitbox_server.callers import caller, client_name

from fitbox.rpc.auth import SUBJECT


@dataclass
class Context:
    """What a servicer context says of its call."""

    address: str = "ipv4:127.0.0.1:45678"
    metadata: Sequence[tuple[str, str]] = ()
    certificate: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    remaining: float | None = None

    def peer(self) -> str:
        """See grpc."""
        return self.address

    def invocation_metadata(self) -> Sequence[tuple[str, str]]:
        """See grpc."""
        return self.metadata

    def auth_context(self) -> Mapping[str, Sequence[bytes]]:
        """See grpc."""
        return self.certificate

    def time_remaining(self) -> float | None:
        """See grpc."""
        return self.remaining


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("ipv4:10.0.0.7:45678", "ipv4:10.0.0.7"),
        ("ipv6:%5B::1%5D:45678", "ipv6:%5B::1%5D"),
        ("unix:/run/fitbox.sock", "unix:/run/fitbox.sock"),
    ],
)
def test_the_connections_of_one_address_are_one_client(address: str, name: str) -> None:
    """Its port says nothing."""
    assert client_name(Context(address)) == name


def test_the_surest_name_counts() -> None:
    """Token, then certificate, then what the client calls itself, then its address."""
    context = Context(metadata=[("x", "y"), ("fitbox-client-id", "i" * 500)])
    assert client_name(context) == "id:" + "i" * 128
    context.certificate = {"x509_common_name": [b"gym-7"]}
    assert client_name(context) == "certificate:gym-7"

    def with_token() -> str:
        SUBJECT.set("app")
        return client_name(context)

    assert contextvars.copy_context().run(with_token) == "token:app"


def test_a_deadline_is_put_on_admissions_clock() -> None:
    """Once, when the call came in: what is done before it waits counts too."""
    before = time.monotonic()
    deadline = caller(Context(remaining=5.0)).deadline
    assert deadline is not None
    assert before + 5 <= deadline <= time.monotonic() + 5
    assert caller(Context()).deadline is None
