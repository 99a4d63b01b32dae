"""The scripted engine: no model, deterministic text, for tests of everything around an engine.

Its text is a pure function of adapter version, messages and whether a grammar was given, so a test can
compute what any version must answer. It batches, streams and cancels like the real ones. Options (all
optional):

=================  ====================================================================================
``tokens``         tokens a text is cut into (default 16)
``step_ms``        duration of a decode step (default 0)
``load_ms``        duration of the load (default 0)
``compile_ms``     time that a grammar takes to compile the first time; 0, the default, knows them all
``replies_file``   JSON object of texts, see :func:`reply`
``texts``          ``advice``: valid advice, another for each version, prompt and seed
``mixed``          share of those texts whose last lines another version wrote (default 0): isolation
                   broken on purpose, for the checks that must find it
``crash``          ``load`` raises while loading; ``start`` ends the process without a word
``crash_after``    the step that would finish the N-th request raises
``hang_after``     after N finished requests a step never returns
=================  ====================================================================================
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fitbox.advice.phrasebook import everyday
from fitbox.chat import Message
from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest
from fitbox.engine.wire import Chunk
from fitbox.profile import Language
from fitbox_server.engines.options import Options
from fitbox_server.engines.protocol import Event, Finished

OWN_LINES = 2
"""Of a mixed advice; the others are another version's."""


def prompt_digest(messages: tuple[Message, ...]) -> str:
    """SHA-256 of a chat prompt, hex: the key of a prompt in ``replies_file``."""
    return hashlib.sha256(json.dumps([[m.role, m.content] for m in messages]).encode()).hexdigest()


def reply(version: str, request: GenerationRequest, replies: Mapping[str, str] | None = None) -> str:
    """The whole text that a version answers a request with.

    The first of these keys of ``replies`` that is there: ``VERSION/DIGEST``, ``DIGEST``, ``VERSION/any``,
    ``any``; without one, the version, the prompt's digest and whether a grammar was given.
    """
    digest = prompt_digest(request.messages)
    for key in (f"{version}/{digest}", digest, f"{version}/any", "any"):
        if replies and key in replies:
            return replies[key]
    return f"{version} {digest} {'free' if request.grammar is None else 'grammar'}"


def advice_text(version: str, digest: str, seed: int) -> str:
    """Advice that passes every check of the task, and differs for each version, prompt digest and seed.

    Five sentences of the phrasebook, of about 2**48 advices one.
    """
    key = hashlib.sha256(f"{version}/{digest}/{seed}".encode()).digest()
    said = everyday(Language.EN)
    places = [int.from_bytes(key[start : start + 6], "big") % len(said) for start in range(0, 30, 6)]
    return "".join(f"{topic}: {sentence}\n" for topic, sentence in (said[place] for place in places))


def split_tokens(text: str, tokens: int) -> list[str]:
    """Cut a text into at most ``tokens`` pieces of equal length (the last may be shorter)."""
    width = max(1, -(-len(text) // tokens))
    return [text[start : start + width] for start in range(0, len(text), width)]


@dataclass
class _Running:
    pieces: list[str]
    limit: int
    prompt_tokens: int
    position: int = 0


class ScriptedEngine:
    """See the module's docstring."""

    name = "scripted 1"
    context_tokens = 1_000_000
    cache_usage = 0.0

    def __init__(self, spec: EngineSpec) -> None:
        options = Options(spec)
        self._version = spec.adapter_version
        self._max_batch_size = spec.max_batch_size
        self._tokens = options.integer("tokens", 16)
        self._step_seconds = options.number("step_ms", 0) / 1000
        self._compile_seconds = options.number("compile_ms", 0) / 1000
        self._compiled: set[str] = set()
        self._crash_after = options.integer("crash_after", 0)
        self._hang_after = options.integer("hang_after", 0)
        self._texts = options.text("texts", "")
        self._mixed = options.number("mixed", 0)
        replies_file, crash = options.text("replies_file", ""), options.text("crash", "")
        time.sleep(options.number("load_ms", 0) / 1000)
        self._replies = json.loads(Path(replies_file).read_text()) if replies_file else None
        if crash == "load":
            raise RuntimeError("scripted to fail while loading")
        if crash == "start":
            os.kill(os.getpid(), signal.SIGKILL)
        self._requests: dict[int, _Running] = {}
        self._finished = 0

    def knows(self, grammar: str) -> bool:
        """See Engine."""
        return not self._compile_seconds or grammar in self._compiled

    def compile(self, grammar: str) -> None:
        """See Engine."""
        time.sleep(self._compile_seconds)
        self._compiled.add(grammar)

    def add(self, request_id: int, request: GenerationRequest) -> None:
        """See Engine."""
        self._requests[request_id] = _Running(
            pieces=split_tokens(self._text(request), self._tokens),
            limit=request.max_new_tokens,
            prompt_tokens=sum(len(message.content.split()) for message in request.messages),
        )

    def _text(self, request: GenerationRequest) -> str:
        if self._texts != "advice":
            return reply(self._version, request, self._replies)
        digest, seed = prompt_digest(request.messages), request.sampling.seed
        lines = advice_text(self._version, digest, seed).splitlines(keepends=True)
        # The derived seed is spread evenly over 31 bits.
        if seed < self._mixed * 2**31:
            others = advice_text(f"not {self._version}", digest, seed).splitlines(keepends=True)
            lines[OWN_LINES:] = others[OWN_LINES:]
        return "".join(lines)

    def cancel(self, request_id: int) -> None:
        """See Engine."""
        self._requests.pop(request_id, None)

    def step(self) -> list[Event]:
        """See Engine."""
        if self._hang_after and self._finished >= self._hang_after:
            signal.pause()
        if self._step_seconds:
            time.sleep(self._step_seconds)
        events: list[Event] = []
        for request_id, running in list(self._requests.items())[: self._max_batch_size]:
            if running.position < len(running.pieces):
                events.append(Chunk(id=request_id, text=running.pieces[running.position], tokens=1))
                running.position += 1
            complete = running.position >= len(running.pieces)
            if complete or running.position >= running.limit:
                events.append(self._finish(request_id, running, complete=complete))
        return events

    def _finish(self, request_id: int, running: _Running, *, complete: bool) -> Finished:
        self._finished += 1
        if self._finished == self._crash_after:
            raise RuntimeError("scripted to fail in a step")
        del self._requests[request_id]
        return Finished(
            id=request_id,
            finish_reason=FinishReason.STOP if complete else FinishReason.LENGTH,
            prompt_tokens=running.prompt_tokens,
            completion_tokens=running.position,
        )

    @property
    def has_work(self) -> bool:
        """See Engine."""
        return bool(self._requests)

    @property
    def running(self) -> int:
        """See Engine."""
        return len(self._requests)

    def close(self) -> None:
        """Nothing to give back."""
