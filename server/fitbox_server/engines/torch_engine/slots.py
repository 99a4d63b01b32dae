"""Keys and values of requests that decode together: a row each, as long as its request is.

A batch of transformers' own caches has one length, so a request could join or leave only by padding or
copying everything. Here each row is written at its own length, a request joins by copying the keys and values
of its prompt into the next row, and the last row moves into the place of one that leaves.
"""

from __future__ import annotations

from typing import Any

import torch
import transformers
from transformers.cache_utils import CacheLayerMixin

_TOKENS_AT_ONCE = 256
"""Room is made for so many tokens more than are needed, since making room copies every row."""


class Slots(transformers.Cache):  # type: ignore[misc]  # transformers has no types
    """A cache for models whose layers attend to everything before; one new token a row and forward pass."""

    def __init__(self, tokens: int) -> None:
        """``tokens``: rows times tokens for which there is memory; the caller lets in no more."""
        super().__init__(layers=[])
        self.tokens = tokens
        self.layers: list[Any] = []
        self._lengths: list[int] = []
        self.lengths: Any = None
        """As a tensor ``[rows]``, and ``rows`` their numbers, for the forward pass that follows."""
        self.rows: Any = None
        self.longest = 0
        """Of the rows, with the token that is being added."""

    def __len__(self) -> int:
        """Rows in use."""
        return len(self._lengths)

    @property
    def longest_row(self) -> int:
        """Tokens of the longest row."""
        return max(self._lengths, default=0)

    def join(self, prompts: transformers.Cache, prompt: int, length: int) -> None:
        """Take a new last row from the cache of some prompts, ``[prompts, heads, tokens, size]`` a layer: the
        first ``length`` tokens of one of them."""
        if not self.layers:
            self.layers = [_Layer(self) for _ in prompts.layers]
        self._lengths.append(length)
        for layer, filled in zip(self.layers, prompts.layers, strict=True):
            layer.fill(len(self) - 1, filled.keys[prompt, :, :length], filled.values[prompt, :, :length])

    def leave(self, row: int) -> None:
        """Give a row up; the last one gets its number."""
        last = len(self) - 1
        if row != last:
            for layer in self.layers:
                layer.move(last, row, self._lengths[last])
            self._lengths[row] = self._lengths[last]
        self._lengths.pop()

    def inputs(self, device: Any) -> dict[str, Any]:
        """What a forward pass needs besides the tokens: where each row's goes, and what it may look at."""
        self.lengths = torch.tensor(self._lengths, device=device)
        self.rows = torch.arange(len(self), device=device)
        self.longest = self.longest_row + 1
        columns = torch.arange(self.longest, device=device)
        return {
            "position_ids": self.lengths[:, None],
            "attention_mask": (columns <= self.lengths[:, None])[:, None, None, :],
            "past_key_values": self,
        }

    def advance(self) -> None:
        """Every row has become one token longer."""
        self._lengths = [length + 1 for length in self._lengths]


class _Layer(CacheLayerMixin):  # type: ignore[misc]
    """Keys and values of one layer, ``[rows, heads, tokens, size]``, with room to grow."""

    is_sliding = False

    def __init__(self, slots: Slots) -> None:
        super().__init__()
        self._slots = slots
        self.keys: Any = None
        self.values: Any = None

    def fill(self, row: int, keys: Any, values: Any) -> None:
        self._make_room(row + 1, keys.shape[1] + 1, keys)
        self.keys[row, :, : keys.shape[1]] = keys
        self.values[row, :, : keys.shape[1]] = values

    def move(self, source: int, target: int, length: int) -> None:
        self.keys[target, :, :length] = self.keys[source, :, :length]
        self.values[target, :, :length] = self.values[source, :, :length]

    def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Write one token a row, ``[rows, heads, 1, size]``; returns all that were written."""
        slots = self._slots
        self._make_room(len(slots), slots.longest, key_states[0])
        self.keys[slots.rows, :, slots.lengths] = key_states[:, :, 0]
        self.values[slots.rows, :, slots.lengths] = value_states[:, :, 0]
        return self.keys[: len(slots), :, : slots.longest], self.values[: len(slots), :, : slots.longest]

    def _make_room(self, rows: int, tokens: int, like: Any) -> None:
        """``like`` is ``[heads, any, size]``."""
        have = (0, 0) if self.keys is None else (self.keys.shape[0], self.keys.shape[2])
        if rows <= have[0] and tokens <= have[1]:
            return
        needed = (max(rows, len(self._slots)), max(tokens, self._slots.longest_row + 1))
        rows = have[0] if rows <= have[0] else max(rows, 2 * have[0])
        more = have[1] if tokens <= have[1] else tokens + _TOKENS_AT_ONCE
        if rows * more <= self._slots.tokens:
            tokens = more
        else:  # what is needed and no more
            rows, tokens = needed
        # Zeros, not whatever the memory holds: a masked value is multiplied by 0, and NaN times 0 is NaN.
        keys, values = (like.new_zeros((rows, like.shape[0], tokens, like.shape[2])) for _ in range(2))
        if self.keys is not None:
            kept = (slice(min(rows, have[0])), slice(None), slice(min(tokens, have[1])))
            keys[kept], values[kept] = self.keys[kept], self.values[kept]
        self.keys, self.values = keys, values

    def lazy_initialization(self, key_states: Any, value_states: Any) -> None:
        """Not needed: the first row brings the shapes."""

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length and offset of what is attended to."""
        return self._slots.longest, 0

    def get_seq_length(self) -> int:
        """Of the longest row."""
        return self._slots.longest - 1

    def get_max_cache_shape(self) -> int:
        """No limit."""
        return -1
