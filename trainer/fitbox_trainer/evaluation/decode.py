"""Texts for items, from a real engine worker, decoded as the server decodes; kept on disk where they cost
time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fitbox.engine.kinds import by_name, distribution_version
from fitbox.engine.process import EngineProcess
from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest
from fitbox.errors import EngineError
from fitbox_trainer.evaluation.items import Item

CONCURRENCY = 24
"""Requests in flight: an engine batches them, and one client at a time would waste most of it."""

CACHED_DECODINGS = 16
"""Decodings that a cache keeps; a run uses about five."""


@dataclass(frozen=True)
class Text:
    """What a worker answered for one item."""

    text: str
    whole: bool
    """Whether it ended by itself, within its token limit."""
    tokens: int
    seconds: float
    """From the request to the last token, in a batch with others."""


@dataclass(frozen=True)
class Decoded:
    """The texts of one arm. ``seconds`` is the wall time of all of them together, the worker's start
    excluded.
    """

    texts: tuple[Text, ...]
    seconds: float


def requests_for(items: Sequence[Item]) -> list[GenerationRequest]:
    """Greedy decoding within the grammar: the server's first attempt."""
    return [
        GenerationRequest(
            messages=tuple(item.task.messages(item.constraints)),
            max_new_tokens=item.task.max_new_tokens,
            grammar=item.task.grammar(item.constraints),
        )
        for item in items
    ]


async def decode(spec: EngineSpec, requests: Sequence[GenerationRequest]) -> Decoded:
    """Start a worker, let it answer everything, stop it.

    A request that the engine refuses counts as a text that is not whole. Raises EngineStartError.
    """
    worker = await EngineProcess.start(spec)
    try:
        slots = asyncio.Semaphore(CONCURRENCY)
        started = time.perf_counter()
        texts = await asyncio.gather(*(_one(worker, request, slots) for request in requests))
        return Decoded(tuple(texts), time.perf_counter() - started)
    finally:
        await worker.stop()


async def _one(worker: EngineProcess, request: GenerationRequest, slots: asyncio.Semaphore) -> Text:
    async with slots:
        try:
            made = await worker.generate(request)
        except EngineError:
            return Text("", False, 0, 0.0)
    whole = made.finish_reason is FinishReason.STOP
    return Text(made.text, whole, made.completion_tokens, made.total_seconds)


class TextCache:
    """Decoded texts by everything that determines them.

    The key covers weights, engine and its version, and each request with its prompt, grammar and limits, so
    that a change of code that changes any of them misses, and nothing has to be invalidated by hand. Only the
    entries used last are kept: base and champion are asked about with each run, a candidate never again.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def decode(self, spec: EngineSpec, requests: Sequence[GenerationRequest]) -> Decoded:
        """From the cache, or by :func:`decode`."""
        path = self._folder / f"{_key(spec, requests)}.json" if self._folder else None
        if path is not None and (found := _read(path)) is not None and len(found.texts) == len(requests):
            path.touch()
            return found
        decoded = asyncio.run(decode(spec, requests))
        if path is not None:
            _write(path, decoded)
            _forget_oldest(path.parent)
        return decoded


def _key(spec: EngineSpec, requests: Sequence[GenerationRequest]) -> str:
    digest = hashlib.sha256()
    for part in (
        spec.engine,
        repr(spec.options),
        distribution_version(by_name(spec.engine).package),
        _digest(spec.base_model / "manifest.json"),
        _digest(spec.adapter / "adapter_model.safetensors") if spec.adapter else "base",
        _digest(spec.adapter / "adapter_config.json") if spec.adapter else "base",
        *(repr(request) for request in requests),
    ):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(path: Path) -> Decoded | None:
    try:
        values: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return Decoded(tuple(Text(**text) for text in values["texts"]), values["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # absent, or torn: decode again


def _forget_oldest(folder: Path) -> None:
    used = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in used[:-CACHED_DECODINGS]:
        path.unlink()


def _write(path: Path, decoded: Decoded) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(asdict(decoded)), encoding="utf-8")
    partial.replace(path)
