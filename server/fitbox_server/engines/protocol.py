"""What a worker asks of an engine.

An engine does continuous batching: requests join and leave between two steps. It is used by one thread only
(but for :meth:`Engine.compile`), keeps no clock and knows no socket, so each one is a few dozen lines around
its library.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from typing import Protocol, Self

from fitbox.engine.kinds import by_name
from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest
from fitbox.engine.wire import Chunk, Failed
from fitbox.errors import ConfigurationError


@dataclass(frozen=True)
class Finished:
    """A request that ended by itself. ``completion_tokens`` counts the end-of-text token, where one was
    decoded."""

    id: int
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int


Event = Chunk | Finished | Failed


class RequestRefusedError(Exception):
    """This request cannot be served; the engine and the others go on. ``code`` is stable, in lower snake
    case.

    It never leaves the worker: it becomes a ``failed`` frame.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)

    @classmethod
    def of_grammar(cls, error: Exception) -> Self:
        """For what xgrammar raised: ``bad_grammar`` with the parser's words, without its source paths."""
        found = re.search(r"EBNF (parser|lexer) error.*", str(error), flags=re.DOTALL)
        return cls("bad_grammar", (found.group() if found else str(error)).strip())


class Engine(Protocol):
    """One loaded model. Whatever :meth:`step` raises means that the engine's state is lost."""

    name: str
    """Engine and version, as replies name it."""
    context_tokens: int
    """Positions of the model, for prompt and completion together."""

    def knows(self, grammar: str) -> bool:
        """Whether :meth:`compile` has nothing to do for a grammar."""

    def compile(self, grammar: str) -> None:
        """Make a grammar ready, so that :meth:`add` and :meth:`step` need not. Raises RequestRefusedError.

        Called in another thread while :meth:`step` decodes, but never while a request that was added has yet
        to decode its first token, nor beside :meth:`knows` and :meth:`add`."""

    def add(self, request_id: int, request: GenerationRequest) -> None:
        """Take a request whose grammar is known; it decodes from the next step on. Raises
        RequestRefusedError, having taken nothing."""

    def cancel(self, request_id: int) -> None:
        """Drop a request; no event of it follows. Unknown ids are ignored."""

    def step(self) -> list[Event]:
        """Decode once for every running request. A request's first chunk marks its first token, text or
        not."""

    @property
    def has_work(self) -> bool:
        """Whether :meth:`step` has anything to do."""

    @property
    def running(self) -> int:
        """Requests taken and not ended."""

    @property
    def cache_usage(self) -> float:
        """Part of the key-value cache that is allocated, 0 to 1; 0 where the engine has no fixed cache."""

    def close(self) -> None:
        """Give back what the process's end alone would not."""


def load(spec: EngineSpec) -> Engine:
    """Load the engine that a spec names. Raises ConfigurationError, also where its libraries are not
    installed, and whatever the load itself raises."""
    kind = by_name(spec.engine)
    module, _, factory = kind.factory.partition(":")
    try:
        engine: Engine = getattr(importlib.import_module(module), factory)(spec)
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"the {kind.name} engine needs {kind.needs} ({error})") from None
    return engine
