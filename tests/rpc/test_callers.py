"""Who is calling: the names under which slots are shared out and request ids are kept."""

from __future__ import annotations

import contextvars
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from fitbox.rpc.auth import SUBJECT
from fitbox.rpc.callers import caller_name


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
    assert caller_name(Context(address)) == name


def test_the_surest_name_counts() -> None:
    """Token, then certificate, then what the client calls itself, then its address."""
    context = Context(metadata=[("x", "y"), ("fitbox-client-id", "i" * 500)])
    assert caller_name(context) == "id:" + "i" * 128
    context.certificate = {"x509_common_name": [b"gym-7"], "x509_pem_cert": [b"PEM"]}
    assert caller_name(context).startswith("certificate:gym-7:")

    def with_token() -> str:
        SUBJECT.set("app")
        return caller_name(context)

    assert contextvars.copy_context().run(with_token) == "token:app"


def test_certificates_of_one_name_are_two_callers() -> None:
    """Two authorities may have given the same name to two members of staff."""
    first, second = (
        caller_name(Context(certificate={"x509_common_name": [b"gym"], "x509_pem_cert": [pem]}))
        for pem in (b"one", b"two")
    )
    assert first != second


def test_nobody_takes_anothers_name_by_calling_himself_so() -> None:
    """The kind of a name is part of it."""
    imitated = Context(metadata=[("fitbox-client-id", "token:app")])
    assert caller_name(imitated) == "id:token:app"
