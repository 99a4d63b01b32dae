"""What goes to an engine worker and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from fitbox.chat import Message


@dataclass(frozen=True)
class EngineSpec:
    """What a worker is started with; it never changes for the worker's life."""

    engine: str
    """A name of :data:`fitbox.engine.kinds.KINDS`."""
    base_model: Path
    """The folder ``models/base/<name>``; each engine takes its own format below it."""
    adapter: Path | None
    """A verified version folder, or ``None`` for the base model alone."""
    adapter_version: str
    """Version name, or ``base``."""
    threads: int | None = None
    """CPU threads; ``None`` leaves it to the engine."""
    nice: int = 0
    """Above 0: it starts in idle time and with so much niceness, until it is promoted (see
    :mod:`fitbox.engine.priority`)."""
    device: str = ""
    """The GPU that it sees, as ``CUDA_VISIBLE_DEVICES`` names it; empty for all that its parent sees."""
    max_batch_size: int = 64
    cache_gib: int = 1
    """Memory of the key-value cache."""
    generation_seconds: float | None = None
    """The longest that one generation may take; ``None`` for no ceiling."""
    options: tuple[tuple[str, str], ...] = ()
    """Engine-specific settings, as ``(name, value)``."""


@dataclass(frozen=True)
class Sampling:
    """Decoding. ``temperature`` 0 is greedy; ``seed`` makes sampling repeatable."""

    temperature: float = 0.0
    top_p: float = 1.0
    min_p: float = 0.0
    """Tokens less likely than this share of the likeliest are left out; 0 leaves out none."""
    seed: int = 0
    repetition_penalty: float = 1.0


@dataclass(frozen=True)
class GenerationRequest:
    """One text to generate."""

    messages: tuple[Message, ...]
    max_new_tokens: int
    grammar: str | None = None
    """EBNF; ``None`` decodes freely."""
    sampling: Sampling = Sampling()
    client: str = field(default="", repr=False)
    """Whose turn it is when something has to be waited for; no part of what decides the text."""


class FinishReason(StrEnum):
    """Why a generation ended."""

    STOP = "STOP"
    """The grammar or the model ended it; the text is whole."""
    LENGTH = "LENGTH"
    """``max_new_tokens`` was reached; the text is cut."""


@dataclass(frozen=True)
class TokenChunk:
    """Text that one or more decode steps added."""

    text: str
    tokens: int


@dataclass(frozen=True)
class Generation:
    """A finished generation. Times are seconds since the request reached the worker."""

    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    ttft_seconds: float
    total_seconds: float
    compile_seconds: float = 0.0
    """Part of them that the grammar was compiled for; 0 where the engine knew it."""
