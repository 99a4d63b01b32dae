"""Bytes that are no message, no text, no token: refused in words, with a reason, never with Python's."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from fitbox_trainer.daemon import paging
from hypothesis import example, given
from hypothesis import strategies as st

from fitbox.errors import ConfigurationError, InvalidFieldError, RunNotFoundError
from fitbox.rpc import tokens
from fitbox.rpc.scopes import Scope
from fitbox.rpc.tls import TlsFiles
from fitbox.rpc.tokens import TokenFile
from tests.examples import examples
from tests.rpc.kit import refused, served


async def echo(request: bytes, context: Any) -> bytes:
    """As it came."""
    return request


async def split(request: bytes, context: Any) -> AsyncIterator[bytes]:
    """One response."""
    yield request


async def batch(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
    """Each as it came."""
    async for request in requests:
        yield request


async def test_a_request_that_is_no_message_is_refused_whatever_the_methods_shape() -> None:
    """With a reason, and nothing of what the decoder said."""

    async def requests() -> AsyncIterator[bytes]:
        yield b"good"
        yield b"!"

    async with served(unary={"Echo": echo}, stream={"Split": split}, batch={"Batch": batch}) as kit:
        bidi = kit.channel.stream_stream("/fitbox.v1.TestService/Batch")
        for call in (kit.unary("Echo")(b"!"), kit.stream("Split")(b"!"), bidi(requests())):
            error = await refused(call)
            assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_UNREADABLE")
            assert "secret" not in error.message
        assert await kit.unary("Echo")(b"good") == b"good"


async def test_a_request_without_a_token_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """Whoever may not call costs no decoding."""
    path = tmp_path / "tokens.txt"
    tokens.create(path, "app", frozenset({Scope.ADMIN}))
    async with served(unary={"Echo": echo}, tokens_file=path) as kit:
        assert (await refused(kit.unary("Echo")(b"!"))).reason == "TOKEN_MISSING"


async def test_a_message_of_any_text_can_be_sent() -> None:
    """Half a surrogate pair, of a file's name, cannot be encoded as it is."""

    async def find(request: bytes, context: Any) -> bytes:
        raise RunNotFoundError("no run membres_\udce9t\udce9.csv \x1b]0;owned\x07\u202e")

    async with served(unary={"Find": find}) as kit:
        error = await refused(kit.unary("Find")(b""))
    assert error.reason == "RUN_NOT_FOUND"
    assert error.message.isprintable()


async def test_an_unexpected_error_never_leaves_as_unknown() -> None:
    """Not even one that has no text."""

    async def fail(request: bytes, context: Any) -> bytes:
        raise OSError(28, "No space left on device", "/srv/secret/ab12.partial")

    async with served(unary={"Fail": fail}) as kit:
        error = await refused(kit.unary("Fail")(b""))
    assert (error.code, error.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "secret" not in error.message


def encoded(text: bytes) -> str:
    """As a page token is."""
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@examples(200)
@given(st.one_of(st.text(max_size=40), st.binary(max_size=40).map(encoded)))
@example(encoded(b"runs<%d" % 2**64))
@example(encoded(b"runs<" + b"9" * 5000))
@example(encoded("runs<\u0661".encode()))
@example(encoded(b"runs<-1"))
@example(encoded(b"datasets<5"))
@example("\u2603")
def test_a_page_token_is_a_number_of_the_ledger_or_refused(text: str) -> None:
    """64 bits are what SQLite binds."""
    try:
        number = paging.number_of("runs", text)
    except InvalidFieldError:
        return
    assert number is None or 0 <= number < 2**63


def test_a_page_token_leads_to_the_key_it_was_made_of() -> None:
    """Names of files may hold anything that a name may."""
    for name in ("a<b.csv", "été \u202e.csv", "x" * 255):
        assert paging.key_of("datasets", paging.token("datasets", name)) == name


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a token file."""
    return tmp_path / "tokens.txt"


READ = frozenset({Scope.RECOMMEND})
ODD_LINES = [
    b"# comment in Latin-1: \xe9",
    b"membre_\xe9 recommend " + b"0" * 64,
    b"\xff\xfe\x00",
    b"a recommend",
]


@pytest.mark.parametrize("odd", ODD_LINES)
def test_an_odd_line_keeps_no_revoked_token_alive(path: Path, odd: bytes) -> None:
    """What was revoked is revoked, and what was not goes on."""
    leaver, stayer = tokens.create(path, "leaver", READ), tokens.create(path, "stayer", READ)
    file = TokenFile(path)
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([odd, *(line for line in lines if not line.startswith(b"leaver"))]) + b"\n")
    assert file.find(leaver) is None
    assert file.find(stayer) is not None


@pytest.mark.parametrize("odd", ODD_LINES)
def test_a_token_is_revoked_by_name_from_a_file_with_an_odd_line(path: Path, odd: bytes) -> None:
    """The other lines stay as they are, byte for byte."""
    leaver = tokens.create(path, "leaver", READ)
    file = TokenFile(path)
    with path.open("ab") as handle:
        handle.write(odd + b"\n")
    tokens.revoke(path, "leaver")
    assert odd in path.read_bytes()
    assert b"leaver" not in path.read_bytes()
    assert file.find(leaver) is None


def test_a_line_with_a_slip_leaves_what_it_named(path: Path) -> None:
    """An editor's slip in one line must lock out neither that token nor others."""
    one, two = tokens.create(path, "one", READ), tokens.create(path, "two", READ)
    file = TokenFile(path)
    path.write_text(path.read_text().replace("one recommend", "one reccommend"))
    assert file.find(one) is not None
    assert file.find(two) is not None


@pytest.mark.parametrize("kind", ["pipe", "folder", "huge"])
def test_what_is_no_token_file_is_an_error_that_names_it(path: Path, kind: str) -> None:
    """Instead of waiting for whoever writes to a pipe."""
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case _:
            path.write_bytes(b"#" * (tokens.MAX_BYTES + 1))
    for use in (
        lambda: TokenFile(path),
        lambda: tokens.create(path, "x", READ),
        lambda: tokens.revoke(path, "x"),
    ):
        with pytest.raises(ConfigurationError, match=path.name):
            use()


def test_a_pipe_in_the_place_of_a_key_is_an_error(tmp_path: Path) -> None:
    """At the start, not a wait without end."""
    pipe = tmp_path / "key.pem"
    os.mkfifo(pipe)
    with pytest.raises(ConfigurationError, match="key"):
        TlsFiles(pipe, pipe).read()
