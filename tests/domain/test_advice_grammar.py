"""The grammar, compiled by the library that the engines use, against the parser."""

from __future__ import annotations

import pytest
import xgrammar
from hypothesis import given, settings
from hypothesis import strategies as st

from fitbox.advice.task import AdviceTask
from fitbox.advice.text import LETTERS
from fitbox.errors import PlanTextError
from fitbox.profile import Goal, Language, Profile, Sex
from tests.strategies import profiles

TASK = AdviceTask()


def accepts(grammar: xgrammar.CompiledGrammar, text: str) -> bool:
    """Whether the whole text, and not only a beginning, is in the language of the grammar."""
    matcher = xgrammar.GrammarMatcher(grammar, terminate_without_stop_token=True)
    return bool(matcher.accept_string(text) and matcher.is_completed())


@pytest.fixture(scope="module")
def compiler() -> xgrammar.GrammarCompiler:
    """A compiler over single bytes: the grammar matters here, not a tokenizer."""
    vocabulary = [bytes([value]) for value in range(256)] + [b"</s>"]
    return xgrammar.GrammarCompiler(xgrammar.TokenizerInfo(vocabulary, stop_token_ids=[256]))


@settings(max_examples=40, deadline=None)
@given(profile=profiles(), seed=st.integers(0, 2**31))
def test_the_compiled_grammar_accepts_the_planner_and_random_texts(
    compiler: xgrammar.GrammarCompiler, profile: Profile, seed: int
) -> None:
    """What our own parser accepts, a decoder can write."""
    constraints = TASK.constrain(profile)
    grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(TASK.grammar(constraints)))
    for draft in (TASK.plan(constraints, seed), TASK.random(constraints, seed)):
        assert accepts(grammar, TASK.render(draft))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_grammar_and_parser_agree_on_damaged_texts(
    compiler: xgrammar.GrammarCompiler, data: st.DataObject
) -> None:
    """One character replaced, inserted or removed: both accept or both refuse."""
    language = data.draw(st.sampled_from(Language))
    profile = Profile(
        age_years=40, sex=Sex.FEMALE, weight_kg=80, height_cm=165, goal=Goal.WEIGHT_LOSS, language=language
    )
    constraints = TASK.constrain(profile)
    grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(TASK.grammar(constraints)))
    text = TASK.render(TASK.plan(constraints, data.draw(st.integers(0, 100))))
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from(" ,.:;\n-'0123456789azAZéÉœ<{" + LETTERS[Language.FR]))
    width = data.draw(st.integers(0, 1))
    damaged = text[:place] + data.draw(st.sampled_from([letter, ""])) + text[place + width :]
    try:
        TASK.parse(damaged, constraints)
        parsed = True
    except PlanTextError:
        parsed = False
    assert accepts(grammar, damaged) == parsed, damaged
