"""Frames between a process and its engine worker, over one connected Unix stream socket.

A frame is a 4-byte big-endian length and that many bytes of UTF-8 JSON, an object whose ``type`` names its
class::

    parent -> worker    submit{id, request}   cancel{id}   ping{nonce}
    worker -> parent    ready{protocol, engine, pid, load_seconds, context_tokens}   once, when it is loaded
                        chunk{id, text, tokens}                       zero or more a request, in order
                        done{id, finish_reason, prompt_tokens, completion_tokens, ttft_seconds,
                             total_seconds, compile_seconds}
                        failed{id, code, message}                     instead of ``done``
                        pong{nonce, stats}

``id`` is the parent's, unique for the worker's life. Every submit gets exactly one ``done`` or ``failed``,
unless a cancel comes first: the worker may answer a cancelled request or not, and the parent ignores what
still arrives. The end of the stream is the end of the other side, whatever the reason. The two ends are meant
to be of one release, so ``PROTOCOL_VERSION`` is checked for equality, never negotiated; an interpreter of its
own (vLLM's) may hold an older FitBox, and is found out.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest
from fitbox.errors import EngineError

PROTOCOL_VERSION = 2
MAX_FRAME_BYTES = 16 * 2**20
"""Far above any prompt with its grammar (tens of KiB); a longer length means that the stream is out of
step."""

LOAD_LACKED = 13
"""Exit code of a worker that did not load for want of memory, descriptors or a file: another time it may."""

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class Submit:
    """Generate a text."""

    id: int
    request: GenerationRequest
    type: Literal["submit"] = "submit"


@dataclass(frozen=True)
class Cancel:
    """Forget a request and free its slot; an unknown id is not an error, for its last frame may be under
    way."""

    id: int
    type: Literal["cancel"] = "cancel"


@dataclass(frozen=True)
class Ping:
    """Ask for statistics; answered between two decode steps, so a worker that hangs does not answer."""

    nonce: int
    type: Literal["ping"] = "ping"


@dataclass(frozen=True)
class Ready:
    """The worker is loaded and takes requests."""

    protocol: int
    engine: str
    """Engine and version, for provenance and logs: ``openvino 2026.4.1``."""
    pid: int
    load_seconds: float
    context_tokens: int
    """Positions of the model: a prompt and its ``max_new_tokens`` must fit together."""
    type: Literal["ready"] = "ready"


@dataclass(frozen=True)
class Chunk:
    """Text that decoding added; whole characters only, so it may be empty."""

    id: int
    text: str
    tokens: int
    type: Literal["chunk"] = "chunk"


@dataclass(frozen=True)
class Done:
    """The last frame of a request that worked. Seconds count from the arrival of its submit."""

    id: int
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    ttft_seconds: float
    total_seconds: float
    compile_seconds: float = 0.0
    """Part of them that its grammar was compiled for; 0 where the engine knew it."""
    type: Literal["done"] = "done"


@dataclass(frozen=True)
class Failed:
    """The last frame of a request that could not be served; the worker itself goes on. ``code`` is stable."""

    id: int
    code: str
    message: str
    type: Literal["failed"] = "failed"


@dataclass(frozen=True)
class WorkerStats:
    """What a worker is doing."""

    running: int = 0
    """Requests in the engine."""
    waiting: int = 0
    """Requests that arrived and are not yet in the engine."""
    cache_usage: float = 0.0
    """Part of the key-value cache that is allocated, 0 to 1."""
    generated_tokens: int = 0
    """Since the start."""
    compiling: int = 0
    """Requests whose grammar is being compiled or waits for it; part of ``waiting``."""
    compile_seconds: float = 0.0
    """Since the start, those of requests that were cancelled meanwhile included."""
    resident_bytes: int = 0
    """Memory of the worker's process that is in RAM."""
    device_bytes: int = 0
    """Memory of its GPU that it has reserved; 0 on a CPU."""


@dataclass(frozen=True)
class Pong:
    """Answer to a ping."""

    nonce: int
    stats: WorkerStats
    type: Literal["pong"] = "pong"


ToWorker = Submit | Cancel | Ping
ToParent = Ready | Chunk | Done | Failed | Pong
Frame = ToWorker | ToParent

_FRAME: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")])
_SPEC: TypeAdapter[EngineSpec] = TypeAdapter(EngineSpec)


def encode(frame: Frame) -> bytes:
    """A frame as bytes, length included."""
    body = _FRAME.dump_json(frame)
    return _LENGTH.pack(len(body)) + body


class FrameDecoder:
    """Cuts a byte stream into frames, however the bytes are split on the way."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that ``data`` completes, in order.

        Raises EngineError for bytes that are no frame; the stream cannot be read on after that.
        """
        self._buffer += data
        frames: list[Frame] = []
        start = 0
        while len(self._buffer) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, start)
            if length > MAX_FRAME_BYTES:
                raise EngineError(f"a frame of {length} bytes; at most {MAX_FRAME_BYTES} are allowed")
            end = start + _LENGTH.size + length
            if len(self._buffer) < end:
                break
            frames.append(_parse(bytes(self._buffer[start + _LENGTH.size : end])))
            start = end
        del self._buffer[:start]
        return frames


def _parse(body: bytes) -> Frame:
    try:
        return _FRAME.validate_json(body)
    except ValidationError as error:
        # Not the input itself: a frame can hold a member's data, and this message ends in a log.
        raise EngineError(f"not a frame: {error.error_count()} invalid fields in {len(body)} bytes") from None


def encode_spec(spec: EngineSpec) -> str:
    """A spec as the JSON text that a worker gets on its command line."""
    return _SPEC.dump_json(spec).decode()


def decode_spec(text: str) -> EngineSpec:
    """Inverse of :func:`encode_spec`. Raises EngineError."""
    try:
        return _SPEC.validate_json(text)
    except ValidationError as error:
        raise EngineError(f"not an engine spec: {error}") from None
