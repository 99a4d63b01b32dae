"""An HTTP/2 client of a few lines that grants what it likes: gRPC's own grants windows whatever one does.

Frames as in RFC 9113, section 4.1; header fields as literals without indexing (RFC 7541, section 6.2.2) and
without Huffman coding, so nothing has to be remembered.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import IntEnum

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEAD_BYTES = 9
_ACK = 0x1
_END_STREAM = 0x1
_END_HEADERS = 0x4
_INITIAL_WINDOW_SIZE = 4


class Kind(IntEnum):
    """Kinds of frame that are sent or counted here."""

    DATA = 0
    HEADERS = 1
    RST_STREAM = 3
    SETTINGS = 4
    PING = 6
    GOAWAY = 7


@dataclass
class BareClient:
    """One connection, with what came on it by kind of frame."""

    writer: asyncio.StreamWriter
    received: Counter[int] = field(default_factory=Counter)
    data_bytes: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the server has ended the connection."""
    _next_stream: int = 1

    async def call(self, path: str, message: bytes) -> int:
        """Begin a unary or server-streaming call and end our side of it; returns the stream."""
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "conformance"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
        ]
        block = b"".join(b"\0" + _text(name) + _text(value) for name, value in fields)
        body = b"\0" + len(message).to_bytes(4, "big") + message
        self.writer.write(_frame(Kind.HEADERS, _END_HEADERS, stream, block))
        self.writer.write(_frame(Kind.DATA, _END_STREAM, stream, body))
        await self.writer.drain()
        return stream

    async def _follow(self, reader: asyncio.StreamReader) -> None:
        """Count what comes, and answer only what keeps a connection alive: settings and pings."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readexactly(_HEAD_BYTES)
                body = await reader.readexactly(int.from_bytes(head[:3], "big"))
                kind, flags = head[3], head[4]
                self.received[kind] += 1
                if kind == Kind.DATA:
                    self.data_bytes += len(body)
                elif kind in (Kind.SETTINGS, Kind.PING) and not flags & _ACK:
                    self.writer.write(_frame(kind, _ACK, 0, body if kind == Kind.PING else b""))
        self.closed.set()


@contextlib.asynccontextmanager
async def bare_client(address: str, *, window: int) -> AsyncIterator[BareClient]:
    """Connect to HOST:PORT and grant each stream a window of so many bytes, once and for all."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    client = BareClient(writer)
    settings = _INITIAL_WINDOW_SIZE.to_bytes(2, "big") + window.to_bytes(4, "big")
    writer.write(_PREFACE + _frame(Kind.SETTINGS, 0, 0, settings))
    following = asyncio.create_task(client._follow(reader))
    try:
        yield client
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def _frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def _text(text: str) -> bytes:
    """A string literal; its length fits seven bits here."""
    return bytes([len(text)]) + text.encode()
