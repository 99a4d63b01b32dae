"""The line format: grammar, parser and writer are one language."""

from __future__ import annotations

import pytest
import xgrammar
from hypothesis import given
from hypothesis import strategies as st

from fitbox.errors import PlanTextError
from fitbox.profile import Condition, Level, Profile, Sex
from fitbox.workout.task import WORKOUT
from tests.examples import examples
from tests.strategies import profiles

pytestmark = pytest.mark.slow

TASK = WORKOUT
MEMBER = Profile(
    age_years=35, sex=Sex.MALE, weight_kg=80, height_cm=180, level=Level.INTERMEDIATE, workout_days_per_week=2
)


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
def test_a_decoder_can_write_every_draft_and_the_parser_reads_it_back(
    compiler: xgrammar.GrammarCompiler, profile: Profile, seed: int
) -> None:
    """For planner and random drafts of any member."""
    constraints = TASK.constrain(profile)
    grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(TASK.grammar(constraints)))
    for draft in (TASK.plan(constraints, seed), TASK.random(constraints, seed)):
        text = TASK.render(draft)
        assert accepts(grammar, text)
        assert TASK.parse(text, constraints) == draft


@examples(60)
@given(data=st.data())
def test_grammar_and_parser_agree_on_damaged_texts(
    compiler: xgrammar.GrammarCompiler, data: st.DataObject
) -> None:
    """One character replaced, inserted or removed: both accept or both refuse."""
    constraints = TASK.constrain(MEMBER)
    grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(TASK.grammar(constraints)))
    text = TASK.render(TASK.random(constraints, data.draw(st.integers(0, 100))))
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("\n 0123456789xsmzaeé-\t\r"))
    damaged = (
        text[:place] + data.draw(st.sampled_from([letter, ""])) + text[place + data.draw(st.integers(0, 1)) :]
    )
    try:
        TASK.parse(damaged, constraints)
        parsed = True
    except PlanTextError:
        parsed = False
    assert accepts(grammar, damaged) == parsed


@examples(25)
@given(profile=profiles(), seed=st.integers(0, 1000))
def test_a_forbidden_exercise_can_neither_be_decoded_nor_parsed(
    compiler: xgrammar.GrammarCompiler, profile: Profile, seed: int
) -> None:
    """The exercise of the first line is swapped for one that the member must not do."""
    constraints = TASK.constrain(profile)
    forbidden = ["muscle up", "headstand", "sprints", "back squat"]
    name = next((one for one in forbidden if one not in constraints.by_name), "one arm handstand")
    heading, first, *rest = TASK.render(TASK.plan(constraints, seed)).split("\n")
    numbers = first[: first.index(next(one for one in constraints.by_name if first.endswith(f" {one}")))]
    text = "\n".join([heading, f"{numbers}{name}", *rest])
    grammar = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(TASK.grammar(constraints)))
    assert not accepts(grammar, text)
    with pytest.raises(PlanTextError):
        TASK.parse(text, constraints)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text + "\n",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("1 full", "3x10 push up\n1 full"),
        lambda text: text.replace("2 full", "3 full"),
        lambda text: text.replace("1 full", "1 everything"),
        lambda text: text.replace("\n3x", "\n9x", 1),
        lambda text: text.replace("1 full\n", "1 full\n3x10 plank\n", 1),
        lambda text: text.replace("1 full\n", "1 full\n3x30s push up\n", 1),
        lambda text: text + "\n3 full\n3x10 push up\n3x10 push up\n3x10 push up\n3x10 push up",
    ],
)
def test_anything_but_a_whole_plan_is_refused(damage: object) -> None:
    """Cut off, out of range, in the wrong mode, or with another number of days."""
    assert callable(damage)
    constraints = TASK.constrain(MEMBER)
    text = TASK.render(TASK.plan(constraints, 1))
    assert damage(text) != text
    with pytest.raises(PlanTextError):
        TASK.parse(damage(text), constraints)


def test_the_format_is_the_one_that_is_documented() -> None:
    """Sets, repetitions and seconds first, minutes and zone for cardio; English whatever the language."""
    constraints = TASK.constrain(
        MEMBER.model_copy(update={"workout_days_per_week": 1, "conditions": frozenset({Condition.WRIST})})
    )
    text = "1 full\n3x10 leg press\n3x10 lat pulldown\n3x30s plank\n20m z2 rowing"
    day = TASK.parse(text, constraints).days[0]
    assert [(line.exercise_id, line.sets, line.amount, line.zone) for line in day.lines] == [
        ("leg_press", 3, 10, None),
        ("lat_pulldown", 3, 10, None),
        ("plank", 3, 30, None),
        ("rowing", 1, 20, 2),
    ]
