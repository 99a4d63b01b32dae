"""Texts for items, from a real engine worker, decoded as the server decodes.

A worker that dies has answered nothing: the decoding is repeated once with a fresh worker, and fails with the
second. A request that the engine refuses is an answer, if a poor one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from fitbox.decoding import DECODING, Decoding, generation_requests, request_seed, samplings
from fitbox.engine.process import EngineProcess
from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest
from fitbox.errors import EngineDiedError, EngineRefusedError, EngineStartError
from fitbox_trainer.evaluation.items import Item

_log = logging.getLogger(__name__)

CONCURRENCY = 24
"""Requests in flight: an engine batches them, and one client at a time would waste most of it."""
START_SECONDS = 600.0
"""Loading may take minutes in idle time on a busy machine; nobody waits for it but this evaluation."""
PING_SECONDS = 20.0
SILENCE_SECONDS = 180.0
"""A worker that does not answer a ping for so long hangs: the longest step seen took a few seconds."""


@dataclass(frozen=True)
class Text:
    """What a worker answered for one item."""

    text: str
    whole: bool
    """Whether it ended by itself, within its token limit."""
    tokens: int
    seconds: float
    """From the request to the last token, in a batch with others."""
    answered: bool = True
    """False where the engine refused the request."""


@dataclass(frozen=True)
class Decoded:
    """The texts of one arm. ``seconds`` is the wall time of all of them together, the worker's start
    excluded.
    """

    texts: tuple[Text, ...]
    seconds: float

    @property
    def answered(self) -> int:
        """Requests that the engine took. One that lost its worker is no answer and never gets this far."""
        return sum(text.answered for text in self.texts)

    @property
    def whole(self) -> bool:
        """Whether every request was answered: only then is it worth keeping."""
        return self.answered == len(self.texts)


def requests_for(items: Sequence[Item], decoding: Decoding = DECODING) -> list[GenerationRequest]:
    """The server's first attempt: the candidates of the first item, those of the second, and so on.

    With the seeds that the server takes for these members, so a version's texts are the ones it would serve.
    """
    return [
        request
        for item in items
        for request in generation_requests(
            tuple(item.task.messages(item.constraints)),
            item.task.max_new_tokens,
            item.task.grammar(item.constraints),
            samplings(
                decoding,
                decoding.count(item.task.name),
                request_seed(item.task.name, item.member.profile),
            ),
        )
    ]


def by_item(items: Sequence[Item], decoded: Decoded, decoding: Decoding = DECODING) -> list[list[Text]]:
    """The candidates of each item, from the texts of :func:`requests_for`."""
    texts = iter(decoded.texts)
    return [[next(texts) for _ in range(decoding.count(item.task.name))] for item in items]


async def decode(spec: EngineSpec, requests: Sequence[GenerationRequest]) -> Decoded:
    """Start a worker, let it answer everything, stop it; once more where it died.

    Raises:
        EngineStartError: the worker did not become ready.
        EngineDiedError: two workers, one after the other, ended or hung before they had answered.
    """
    try:
        return await _decode_once(spec, requests)
    except EngineDiedError as error:
        first = error
        _log.warning("decoding again with a fresh worker: %s", error)
    try:
        return await _decode_once(spec, requests)
    except EngineStartError as error:
        raise EngineDiedError(f"{first}; after it, none became ready: {error}") from error


async def _decode_once(spec: EngineSpec, requests: Sequence[GenerationRequest]) -> Decoded:
    worker = await EngineProcess.start(spec, timeout_seconds=START_SECONDS)
    watchdog = asyncio.create_task(_kill_when_silent(worker))
    try:
        slots = asyncio.Semaphore(CONCURRENCY)
        started = time.perf_counter()
        texts: list[Text] = []
        asked = (_one(worker, request, slots) for request in requests)
        for outcome in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(outcome, BaseException):  # all that was in flight lost the same worker
                raise outcome
            texts.append(outcome)
        return Decoded(tuple(texts), time.perf_counter() - started)
    finally:
        watchdog.cancel()
        await worker.stop()


async def _one(worker: EngineProcess, request: GenerationRequest, slots: asyncio.Semaphore) -> Text:
    async with slots:
        try:
            made = await worker.generate(request)
        except EngineRefusedError:
            return Text("", False, 0, 0.0, answered=False)
    whole = made.finish_reason is FinishReason.STOP
    return Text(made.text, whole, made.completion_tokens, made.total_seconds)


async def _kill_when_silent(worker: EngineProcess) -> None:
    """End a worker that hangs, which fails the requests that wait for it."""
    while True:
        await asyncio.sleep(PING_SECONDS)
        try:
            await worker.ping(timeout_seconds=SILENCE_SECONDS)
        except EngineDiedError:
            return
        except TimeoutError:
            _log.warning("worker %d has not answered for %g s and is killed", worker.pid, SILENCE_SECONDS)
            await worker.kill()
            return
