"""Grammars by xgrammar, which the worker's compiling thread may use while this engine decodes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import xgrammar

from fitbox_server.engines.protocol import RequestRefusedError

_COMPILER_BYTES = 64 * 2**20
"""Of parts of grammars that the compiler keeps for the next one."""


class Grammars:
    """The compiled grammars that were used last, ``most`` of them: about 1 MiB each."""

    def __init__(self, tokenizer: Any, vocabulary_size: int, end_ids: frozenset[int], most: int) -> None:
        info = xgrammar.TokenizerInfo.from_huggingface(
            tokenizer, vocab_size=vocabulary_size, stop_token_ids=sorted(end_ids)
        )
        self._vocabulary_size, self._most = vocabulary_size, most
        self._compiler = xgrammar.GrammarCompiler(info, cache_limit_bytes=_COMPILER_BYTES)
        self._compiled: OrderedDict[str, Any] = OrderedDict()

    def __contains__(self, grammar: str) -> bool:
        return grammar in self._compiled

    def compile(self, grammar: str) -> None:
        """Raises RequestRefusedError."""
        try:
            self._compiled[grammar] = self._compiler.compile_grammar(grammar)
        except RuntimeError as error:
            raise RequestRefusedError.of_grammar(error) from None
        while len(self._compiled) > self._most:
            self._compiled.popitem(last=False)

    def matcher(self, grammar: str) -> Matcher:
        """For one text. Raises RequestRefusedError where the grammar had yet to be compiled, and does not."""
        if grammar not in self._compiled:
            self.compile(grammar)
        self._compiled.move_to_end(grammar)
        return Matcher(self._compiled[grammar], self._vocabulary_size)


class Matcher:
    """Where one text is in its grammar."""

    def __init__(self, compiled: Any, vocabulary_size: int) -> None:
        self._state = xgrammar.GrammarMatcher(compiled)
        self._bitmask = xgrammar.allocate_token_bitmask(1, vocabulary_size)

    def mask(self, logits: Any) -> Any:
        """Logits ``[vocabulary]`` with minus infinity for what the grammar forbids next."""
        self._state.fill_next_token_bitmask(self._bitmask)
        # Two dimensions each: the kernel for GPUs reads a row's width off the bitmask's stride.
        xgrammar.apply_token_bitmask_inplace(logits[None], self._bitmask.to(logits.device))
        return logits

    def accept(self, token: int) -> None:
        """Go on by one token, the end-of-text token included."""
        self._state.accept_token(token)
