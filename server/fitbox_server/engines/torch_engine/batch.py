"""Requests that share a forward pass, and how many may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import transformers

from fitbox.engine.types import GenerationRequest
from fitbox_server.engines.text_stream import TextStream
from fitbox_server.engines.torch_engine.grammars import Matcher
from fitbox_server.engines.torch_engine.slots import Slots

_PROMPTS = 16
"""Prompts that are read in one pass at most: the shorter ones are padded, and logits made for each length."""


@dataclass(eq=False)
class Running:
    """A request that was taken, waiting or decoding."""

    id: int
    request: GenerationRequest
    prompt_tokens: int
    ids: Any
    """Prompt and completion so far, ``[tokens]``; the last one is not in the cache yet."""
    text: TextStream
    random: Any
    matcher: Matcher | None

    @property
    def longest(self) -> int:
        """Tokens that it may come to."""
        return self.prompt_tokens + self.request.max_new_tokens


class Batch:
    """Rows of one cache: each step is one forward pass for all of them.

    Args:
        model: A causal language model of transformers.
        tokens: Rows times tokens that the cache may take.
    """

    def __init__(self, model: Any, tokens: int) -> None:
        self._model = model
        self._slots = Slots(tokens)
        self.rows: list[Running] = []
        self.arrivals: list[Running] = []
        """Those that :meth:`join` lets in."""

    def __len__(self) -> int:
        return len(self.rows) + len(self.arrivals)

    def reserved(self, *more: Running) -> int:
        """Rows times tokens once everybody, and ``more``, has become as long as they may."""
        everybody = [*self.rows, *self.arrivals, *more]
        return len(everybody) * max((running.longest for running in everybody), default=0)

    def join(self) -> Iterator[tuple[Running, Any]]:
        """Read the prompts of the arrivals; each with the logits ``[vocabulary]`` of its first token."""
        by_length = sorted(self.arrivals, key=lambda running: running.prompt_tokens)
        self.arrivals = []
        for start in range(0, len(by_length), _PROMPTS):
            together = by_length[start : start + _PROMPTS]
            yield from zip(together, self._read(together), strict=True)

    def _read(self, together: Sequence[Running]) -> Any:
        """Logits ``[rows, vocabulary]``. Shorter prompts are padded at the end, where attention from the left
        never looks."""
        cache = transformers.DynamicCache(config=self._model.config)
        lengths = torch.tensor([running.prompt_tokens for running in together])
        ends, which = (lengths - 1).unique(return_inverse=True)
        ids = torch.nn.utils.rnn.pad_sequence([running.ids for running in together], batch_first=True)
        output = self._model(
            input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=ends.to(ids.device)
        )
        for row, running in enumerate(together):
            self._slots.join(cache, row, running.prompt_tokens)
            self.rows.append(running)
        return output.logits[torch.arange(len(together)), which]

    def decode(self) -> Iterator[tuple[Running, Any]]:
        """Each row's request with the logits ``[vocabulary]`` of its next token."""
        rows = list(self.rows)
        tokens = torch.stack([running.ids[-1:] for running in rows])
        inputs = self._slots.inputs(tokens.device)
        output = self._model(input_ids=tokens, use_cache=True, logits_to_keep=1, **inputs)
        self._slots.advance()
        yield from zip(rows, output.logits[:, -1], strict=True)

    def leave(self, running: Running) -> None:
        """The last row takes the place of the one that leaves, as in the slots."""
        row = self.rows.index(running)
        self._slots.leave(row)
        last = self.rows.pop()
        if last is not running:
            self.rows[row] = last
