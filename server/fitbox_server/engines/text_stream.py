"""Token ids to text, piece by piece, without ever emitting half a character."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Decode = Callable[[Sequence[int]], str]
"""A tokenizer's decode, special tokens skipped."""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_WINDOW = 32
_OVERLAP = 8
"""Tokens decoded again with those that follow: enough for any character (at most four byte tokens), and for
tokenizers that treat the very first token of a text differently."""


class TextStream:
    """The text of one growing sequence of tokens.

    A character may span several tokens; decoded alone, its first ones give U+FFFD. So the last tokens are
    decoded again with each new one, and a trailing U+FFFD is held back until it is a character, or the end
    shows that it is what the model meant. Decoding a bounded window keeps the cost of a step independent of
    the text's length.
    """

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._window: list[int] = []
        self._emitted = 0
        """Characters of the window's text that were already given out."""

    def push(self, ids: Sequence[int]) -> list[int]:
        """Append tokens; returns the ids whose text :meth:`take` wants, so that a caller may decode in
        batches."""
        self._window.extend(ids)
        return self._window

    def take(self, window_text: str, *, final: bool = False) -> str:
        """The new text, given the text of what :meth:`push` returned. ``final`` gives out what was held
        back."""
        stable = window_text if final else window_text.rstrip(_REPLACEMENT)
        new = stable[self._emitted :]
        self._emitted = max(self._emitted, len(stable))
        if len(self._window) >= _WINDOW and len(stable) == len(window_text):
            self._window = self._window[-_OVERLAP:]
            self._emitted = len(self._decode(self._window))
        return new
