"""A worker's loop in a thread of this process, and the parent's end of its socket."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
from collections.abc import Callable, Iterator

from fitbox_server.engines import worker

from fitbox.engine.types import EngineSpec
from fitbox.engine.wire import Frame, FrameDecoder, encode


class Parent:
    """The other end of the socket, read frame by frame."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._decoder, self._frames = connection, FrameDecoder(), list[Frame]()

    def send(self, *frames: Frame) -> None:
        self._connection.sendall(b"".join(encode(frame) for frame in frames))

    def read(self) -> Frame:
        while not self._frames:
            data = self._connection.recv(65536)
            assert data, "the worker closed the socket"
            self._frames = self._decoder.feed(data)
        return self._frames.pop(0)

    def read_until(self, kind: type[Frame]) -> list[Frame]:
        frames = [self.read()]
        while not isinstance(frames[-1], kind):
            frames.append(self.read())
        return frames

    def close(self) -> None:
        self._connection.close()


@contextlib.contextmanager
def serving(spec: EngineSpec, **options: str) -> Iterator[tuple[Parent, Callable[..., int]]]:
    """A worker; the second value closes the socket, unless told not to, and returns the exit code."""
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    parent, codes = Parent(ours), list[int]()

    def serve() -> None:
        with theirs:
            codes.append(worker.serve(dataclasses.replace(spec, options=tuple(options.items())), theirs))

    thread = threading.Thread(target=serve)
    thread.start()

    def end(*, close: bool = True) -> int:
        if close:
            parent.close()
        thread.join(20)
        return codes[0]

    try:
        yield parent, end
    finally:
        parent.close()
        thread.join(20)
