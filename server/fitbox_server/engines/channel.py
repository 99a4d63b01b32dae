"""The worker's end of the socket."""

from __future__ import annotations

import select
import socket

from fitbox.engine.wire import Frame, FrameDecoder, encode

_READ_BYTES = 65536


class ParentGoneError(Exception):
    """The other side of the socket is closed."""


class Channel:
    """Frames over the inherited socket. Blocking writes are the back-pressure: a parent that stops, stops
    us."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._decoder = FrameDecoder()
        self._outbox = bytearray()

    def receive(self, wake: int, *, block: bool) -> list[Frame]:
        """What has arrived; blocking ends as well when the descriptor ``wake`` becomes readable. Raises
        ParentGoneError at the end of the stream."""
        readable, _, _ = select.select([self._connection.fileno(), wake], [], [], None if block else 0)
        if self._connection.fileno() not in readable:
            return []
        try:
            data = self._connection.recv(_READ_BYTES)
        except ConnectionError:
            data = b""
        if not data:
            raise ParentGoneError
        return self._decoder.feed(data)

    def queue(self, frame: Frame) -> None:
        """Keep a frame for the next flush: one system call a step, not one a request."""
        self._outbox += encode(frame)

    def flush(self) -> None:
        """Send what is queued. Raises ParentGoneError."""
        try:
            self._connection.sendall(self._outbox)
        except ConnectionError:
            raise ParentGoneError from None
        self._outbox.clear()
