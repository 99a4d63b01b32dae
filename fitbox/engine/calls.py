"""Calls: the generations that wait for a worker, what callers have not taken yet, and how they ended."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fitbox.engine.types import Generation, TokenChunk
from fitbox.engine.wire import Chunk, Done, Failed
from fitbox.errors import DeadlinePassedError, EngineDiedError, EngineRefusedError

End = Done | Failed | EngineDiedError | DeadlinePassedError


@dataclass
class Call:
    """One generation in flight. What a slow reader has not taken is merged into one piece."""

    text: str = ""
    tokens: int = 0
    end: End | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, chunk: Chunk) -> None:
        """Text that arrived."""
        self.text += chunk.text
        self.tokens += chunk.tokens
        if self.text:
            self.news.set()

    def finish(self, end: End) -> None:
        """It is over; the first end counts."""
        if self.end is None:
            self.end = end
            self.news.set()

    def take(self) -> TokenChunk:
        """What has arrived since the last one."""
        chunk = TokenChunk(text=self.text, tokens=self.tokens)
        self.text, self.tokens = "", 0
        self.news.clear()
        return chunk


def result(end: End, text: str) -> Generation:
    """The generation that a call ended with, or the error that it ended by."""
    match end:
        case Done():
            return Generation(
                text=text,
                finish_reason=end.finish_reason,
                prompt_tokens=end.prompt_tokens,
                completion_tokens=end.completion_tokens,
                ttft_seconds=end.ttft_seconds,
                total_seconds=end.total_seconds,
                compile_seconds=end.compile_seconds,
            )
        case Failed():
            raise EngineRefusedError(end.code, end.message)
        case EngineDiedError():
            # A copy: one error object raised in many tasks would collect all their tracebacks.
            raise EngineDiedError(str(end), passing=end.passing)
        case DeadlinePassedError():
            raise end
