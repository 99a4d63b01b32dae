"""Choices as prefix trees."""

from __future__ import annotations

import pytest
import xgrammar
from hypothesis import given
from hypothesis import strategies as st

from fitbox.ebnf import choice, choice_followed_by
from tests.examples import examples

pytestmark = pytest.mark.slow

WORDS = st.lists(st.text("ab ", min_size=1, max_size=6), min_size=1, max_size=8)
TOKENS = xgrammar.TokenizerInfo([*map(chr, range(32, 127)), "<end>"], stop_token_ids=[95])
COMPILER = xgrammar.GrammarCompiler(TOKENS)


def accepts(grammar: str, text: str) -> bool:
    """Whether the whole text is one of the grammar's."""
    matcher = xgrammar.GrammarMatcher(COMPILER.compile_grammar(grammar))
    return bool(matcher.accept_string(text)) and bool(matcher.accept_token(95))


@given(WORDS, st.text("ab ", max_size=6))
@examples(50)
def test_a_choice_accepts_its_words_and_nothing_else(words: list[str], other: str) -> None:
    """Also where one word begins another."""
    grammar = f"root ::= {choice(words)}\n"
    assert all(accepts(grammar, word) for word in words)
    assert accepts(grammar, other) == (other in words)


@given(WORDS)
@examples(50)
def test_each_word_is_followed_by_its_own_expression(words: list[str]) -> None:
    """A food by its portions."""
    suffixes = {word: f'"{index}"' for index, word in enumerate(dict.fromkeys(words))}
    grammar = f"root ::= {choice_followed_by(suffixes)}\n"
    for word, suffix in suffixes.items():
        assert accepts(grammar, word + suffix.strip('"'))
        assert not accepts(grammar, word + "9")


def test_no_two_alternatives_begin_alike() -> None:
    """That is what the decoder needs."""
    assert choice(["goblet squat", "goblet row", "plank"]) == '"goblet " ("row" | "squat") | "plank"'


@pytest.mark.parametrize("words", [[], [""], ["", "a"]])
def test_no_word_and_the_empty_word_are_refused(words: list[str]) -> None:
    """They would make the choice optional."""
    with pytest.raises(ValueError, match="choice"):
        choice(words)
