"""The grammar, compiled by the library that the engines use, against the parser."""

from __future__ import annotations

import pytest
import xgrammar
from hypothesis import given
from hypothesis import strategies as st

from fitbox.advice.constraints import with_vocabulary
from fitbox.advice.names import CONDITION_TITLES, named_under
from fitbox.advice.phrasebook import phrasebook
from fitbox.advice.shape import LETTERS
from fitbox.advice.task import ADVICE
from fitbox.advice.templates import Rules, Template
from fitbox.advice.topics import Topic
from fitbox.advice.vocabulary import Sentence, Vocabulary
from fitbox.errors import PlanTextError
from fitbox.profile import Allergen, Condition, Diet, Goal, Language, Profile, Sex
from tests.examples import examples
from tests.strategies import profiles

pytestmark = pytest.mark.slow

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


@examples(25)
@given(profile=profiles(), seed=st.integers(0, 2**31))
def test_the_compiled_grammar_accepts_the_planner_and_random_texts(
    compiler: xgrammar.GrammarCompiler, profile: Profile, seed: int
) -> None:
    """What our own parser accepts, a decoder can write."""
    constraints = TASK.constrain(profile)
    grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(TASK.grammar(constraints)))
    for draft in (TASK.plan(constraints, seed), TASK.random(constraints, seed)):
        assert accepts(grammar, TASK.render(draft))


@examples(60)
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


WORDS = ("a", "ab", "abc", "b", "é", "", " c")


@examples(60)
@given(
    templates=st.sets(
        st.lists(
            st.one_of(st.sampled_from(["a", "ab", " b", "é"]), st.tuples(*[st.sampled_from(WORDS)] * 2)),
            min_size=1,
            max_size=3,
        ).map(lambda parts: Template(tuple(parts))),
        min_size=1,
        max_size=5,
    ),
    texts=st.lists(st.text("abcé ", max_size=6), max_size=20),
)
def test_a_grammar_of_templates_accepts_their_sentences_and_no_other(
    compiler: xgrammar.GrammarCompiler, templates: set[Template], texts: list[str]
) -> None:
    """Few letters, so that sentences begin alike, contain one another and end alike."""
    rules = Rules("said")
    root = f'root ::= "." {rules.any_of(templates)} "!"'
    grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf("\n".join([root, *rules.lines])))
    said = {one.sentence(number) for one in templates for number in range(one.size)}
    for text in {*texts, *said}:
        assert accepts(grammar, f".{text}!") == (text in said), (text, templates)
        assert any(one.yields(text) for one in templates) == (text in said)


@pytest.mark.parametrize("language", Language)
def test_every_sentence_of_the_phrasebook_can_be_decoded(
    compiler: xgrammar.GrammarCompiler, language: Language
) -> None:
    """By a member with every restriction at once."""
    constraints = TASK.constrain(restricted(language))
    grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(TASK.grammar(constraints)))
    for topic, templates in phrasebook(language).items():
        if topic is Topic.PACE:
            continue
        for template in templates:
            for number in {0, template.size // 2, template.size - 1}:
                _agree(grammar, f"{topic}: {template.sentence(number)}\n" * 3, allowed=True)


def restricted(language: Language) -> Profile:
    """Whom hardly anything may be told."""
    return Profile(
        age_years=30,
        sex=Sex.FEMALE,
        weight_kg=60,
        height_cm=165,
        language=language,
        diet=Diet.VEGAN,
        allergies=frozenset(Allergen),
        conditions=frozenset({Condition.PREGNANCY, Condition.KNEE}),
    )


@pytest.mark.parametrize("language", Language)
def test_the_grammar_has_no_way_to_what_a_member_must_not_be_told(
    compiler: xgrammar.GrammarCompiler, language: Language
) -> None:
    """Alone, capitalized, after an elision or a hyphen, in a sentence that is allowed without it."""
    constraints = TASK.constrain(restricted(language))
    grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(TASK.grammar(constraints)))
    assert len(constraints.forbidden) > 500
    tip = phrasebook(language)[Topic.TECHNIQUE][0].sentence(0)
    for word in sorted(constraints.forbidden):
        for sentence in (
            tip.replace(".", f" {word}."),
            tip.replace(".", f" d'{word}."),
            f"{word.capitalize()} {tip[0].lower()}{tip[1:]}",
        ):
            _agree(grammar, f"technique: {sentence}\n" * 3, allowed=False)


def test_a_released_sentence_is_decoded_by_whom_it_suits_alone(
    compiler: xgrammar.GrammarCompiler,
) -> None:
    """And its figures are the member's own."""
    one = Sentence(Topic.CALORIES, Language.EN, "Split {kcal} over meals that you like.")
    vocabulary = Vocabulary.of([one])
    free = Profile(age_years=30, sex=Sex.MALE, weight_kg=80, height_cm=180, goal=Goal.MAINTENANCE)
    vegan = free.model_copy(update={"diet": Diet.VEGAN})
    for profile, allowed in ((free, True), (vegan, False)):
        constraints = with_vocabulary(TASK.constrain(profile), vocabulary)
        kcal = constraints.figures[Topic.CALORIES][0].text
        grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(TASK.grammar(constraints)))
        _agree(grammar, f"calories: Split {kcal} over meals that you like.\n" * 3, allowed=allowed)
        _agree(grammar, "calories: Split 900 kcal over meals that you like.\n" * 3, allowed=False)
        assert (constraints.key == TASK.constrain(profile).key) is not allowed


def _agree(grammar: xgrammar.CompiledGrammar, text: str, *, allowed: bool) -> None:
    assert accepts(grammar, text) == allowed, text


@examples(30)
@given(profile=profiles(), seed=st.integers(0, 2**31), data=st.data())
def test_grammar_and_parser_refuse_every_word_put_into_a_planner_s_text(
    compiler: xgrammar.GrammarCompiler, profile: Profile, seed: int, data: st.DataObject
) -> None:
    """A word of any planner's text is replaced by one that some member must not be told."""
    constraints = TASK.constrain(profile)
    grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(TASK.grammar(constraints)))
    lines = TASK.render(TASK.plan(constraints, seed)).splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    words = lines[place].split(" ")
    told = data.draw(
        st.sampled_from(
            sorted({name for titles in CONDITION_TITLES.values() for name in named_under(*titles)})
        )
    )
    words[data.draw(st.integers(1, len(words) - 1))] = told
    lines[place] = " ".join(words)
    text = "\n".join(lines) + "\n"
    with pytest.raises(PlanTextError):
        TASK.parse(text, constraints)
    _agree(grammar, text, allowed=False)
