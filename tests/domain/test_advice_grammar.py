"""The grammar, compiled by the library that the engines use, against the parser."""

from __future__ import annotations

import pytest
import xgrammar
from hypothesis import given, settings
from hypothesis import strategies as st

from fitbox.advice.spelling import words_except
from fitbox.advice.task import ADVICE
from fitbox.advice.text import CAPITALS, LETTERS
from fitbox.advice.words import CONDITION_WORDS, DIET_WORDS, words_of
from fitbox.errors import PlanTextError
from fitbox.profile import Allergen, Condition, Diet, Goal, Language, Profile, Sex
from tests.strategies import profiles

TASK = ADVICE


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


FEW_LETTERS = "abé"


@settings(max_examples=60, deadline=None)
@given(
    forbidden=st.sets(st.text(FEW_LETTERS + "z", min_size=1, max_size=5), max_size=12),
    words=st.lists(st.text(FEW_LETTERS, max_size=6), min_size=1, max_size=30),
)
def test_every_word_can_be_spelled_but_the_forbidden_ones(
    compiler: xgrammar.GrammarCompiler, forbidden: set[str], words: list[str]
) -> None:
    """Few letters, so that words begin alike, contain one another and end alike; ``z`` cannot be spelled."""
    spelling = words_except(forbidden, FEW_LETTERS, FEW_LETTERS.upper())
    for expression, cased in ((spelling.lower, str.lower), (spelling.capitalized, str.capitalize)):
        ebnf = "\n".join([f"root ::= {expression}", *spelling.rules])
        grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(ebnf))
        for word in {*words, *forbidden}:
            allowed = bool(word) and word not in forbidden and "z" not in word
            assert accepts(grammar, cased(word)) == allowed, (cased(word), forbidden)


@pytest.mark.parametrize("language", Language)
def test_the_grammar_spells_around_what_a_member_must_not_be_told(
    compiler: xgrammar.GrammarCompiler, language: Language
) -> None:
    """Alone, capitalized, after an elision or a hyphen; and not the words that only begin or end like it."""
    profile = Profile(
        age_years=30,
        sex=Sex.FEMALE,
        weight_kg=60,
        height_cm=165,
        language=language,
        diet=Diet.VEGAN,
        allergies=frozenset(Allergen),
        conditions=frozenset({Condition.PREGNANCY, Condition.KNEE}),
    )
    constraints = TASK.constrain(profile)
    assert constraints.forbidden > DIET_WORDS[Diet.VEGAN] - {"pain"}
    grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(TASK.grammar(constraints)))
    tip = "technique: Move well before you {}.\n"
    alphabet = set(LETTERS[language])
    spelled = sorted(word for word in constraints.forbidden if alphabet.issuperset(word))
    assert len(spelled) > 100
    for word in spelled:
        capital = word.capitalize()
        sentences = [tip.format(word), tip.format(f"d'{word}"), tip.format(f"more-{word}")]
        if capital[0] in CAPITALS[language]:
            sentences.append(f"technique: {capital} comes after the other.\n")
        for sentence in sentences:
            _agree(grammar, sentence * 3, allowed=False)
        for harmless in (f"{word}qx", word[:-1], f"x{word}"):
            if harmless and harmless not in constraints.forbidden:
                _agree(grammar, tip.format(harmless) * 3, allowed=True)


def _agree(grammar: xgrammar.CompiledGrammar, text: str, *, allowed: bool) -> None:
    assert accepts(grammar, text) == allowed, text


@settings(max_examples=60, deadline=None)
@given(profile=profiles(), seed=st.integers(0, 2**31), data=st.data())
def test_grammar_parser_and_check_agree_on_forbidden_words(
    compiler: xgrammar.GrammarCompiler, profile: Profile, seed: int, data: st.DataObject
) -> None:
    """A word of any planner's text is replaced by one that some member must not be told."""
    constraints = TASK.constrain(profile)
    grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(TASK.grammar(constraints)))
    text = TASK.render(TASK.plan(constraints, seed))
    told = data.draw(st.sampled_from(sorted({word for words in CONDITION_WORDS.values() for word in words})))
    # The last words of a tip stand right before its full stop.
    endings = {word for line in text.splitlines() for word in words_of(line)[-1:]}
    last = data.draw(st.sampled_from(sorted(endings)))
    replaced = text.replace(f" {last}.", f" {told}.")
    try:
        parsed = TASK.parse(replaced, constraints)
    except PlanTextError:
        assert not accepts(grammar, replaced), replaced
        return
    assert accepts(grammar, replaced), replaced
    violations = TASK.check(TASK.finish(parsed, constraints), constraints)
    assert {one.code for one in violations} <= {"MEDICAL_CLAIM"}, replaced
