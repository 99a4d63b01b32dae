"""Grammar, parser and renderer of the nutrition task, against the grammar library that the engines use."""

from __future__ import annotations

import pytest
import xgrammar
from hypothesis import assume, given
from hypothesis import strategies as st

from fitbox.errors import NoPlanPossibleError, PlanTextError
from fitbox.foods import foods
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.task import NUTRITION
from fitbox.profile import Allergen, Diet, Profile, Sex
from tests.draft_rules import check_draft
from tests.examples import examples
from tests.strategies import FLAGGED_DIETS, profiles

pytestmark = pytest.mark.slow

TASK = NUTRITION


def constraints_for(**fields: object) -> NutritionConstraints:
    """Constraints of an ordinary member with some fields set."""
    values = {"age_years": 35, "sex": Sex.FEMALE, "weight_kg": 68, "height_cm": 168, **fields}
    return TASK.constrain(Profile.model_validate(values))


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
    """What the renderer writes, a decoder can write; and it reads back as the same draft."""
    try:
        constraints = TASK.constrain(profile)
    except NoPlanPossibleError:
        assume(False)
    grammar = compiler.compile_grammar(TASK.grammar(constraints))
    for draft in (TASK.plan(constraints, seed), TASK.random(constraints, seed)):
        text = TASK.render(draft)
        assert accepts(grammar, text)
        assert TASK.parse(text, constraints) == draft


@examples(60)
@given(data=st.data())
def test_grammar_and_parser_agree_on_damaged_texts(
    compiler: xgrammar.GrammarCompiler, data: st.DataObject
) -> None:
    """One character replaced, inserted or removed, or a line lost or repeated: both accept or both refuse."""
    diet = data.draw(st.sampled_from([Diet.OMNIVORE, Diet.KOSHER, Diet.VEGAN]))
    constraints = constraints_for(diet=diet, meals_per_day=data.draw(st.integers(3, 6)))
    grammar = compiler.compile_grammar(TASK.grammar(constraints))
    text = TASK.render(TASK.random(constraints, data.draw(st.integers(0, 1000))))
    if data.draw(st.booleans()):
        lines = text.split("\n")
        place = data.draw(st.integers(0, len(lines) - 1))
        lines[place : place + 1] = [lines[place]] * data.draw(st.sampled_from([0, 2]))
        damaged = "\n".join(lines)
    else:
        place = data.draw(st.integers(0, len(text)))
        letter = data.draw(st.sampled_from([*" \n:-0123456789abstA٣", ""]))
        damaged = text[:place] + letter + text[place + data.draw(st.integers(0, 1)) :]
    try:
        TASK.parse(damaged, constraints)
        parsed = True
    except PlanTextError:
        parsed = False
    assert accepts(grammar, damaged) == parsed, damaged


@examples(25)
@given(profile=profiles(), seed=st.integers(0, 1000), data=st.data())
def test_a_text_with_a_forbidden_food_is_refused_by_grammar_parser_and_check(
    compiler: xgrammar.GrammarCompiler, profile: Profile, seed: int, data: st.DataObject
) -> None:
    """One food replaced by one that diet, allergy, dislike or pregnancy excludes."""
    try:
        constraints = TASK.constrain(profile)
    except NoPlanPossibleError:
        assume(False)
    forbidden = sorted(set(foods()) - set(constraints.allowed))
    assume(forbidden)
    food = foods()[data.draw(st.sampled_from(forbidden))]
    lines = TASK.render(TASK.random(constraints, seed)).split("\n")
    lines[1] = f" {food.name_en}{food.portion_g}"
    text = "\n".join(lines)
    assert not accepts(compiler.compile_grammar(TASK.grammar(constraints)), text)
    with pytest.raises(PlanTextError, match="not an allowed food"):
        TASK.parse(text, constraints)
    anybody = constraints_for(meals_per_day=profile.meals_per_day)
    draft = TASK.parse(text, anybody) if food.id in anybody.allowed and all_allowed(lines, anybody) else None
    if draft is not None:
        assert [violation.code for violation in check_draft(draft, constraints)] == ["FORBIDDEN_FOOD"]


def all_allowed(lines: list[str], constraints: NutritionConstraints) -> bool:
    """Whether a text uses only foods that are allowed."""
    try:
        TASK.parse("\n".join(lines), constraints)
    except PlanTextError:
        return False
    return True


def test_a_kosher_meal_has_no_meat_with_milk_or_fish(compiler: xgrammar.GrammarCompiler) -> None:
    """Each is allowed in a meal of its own, and check says what grammar and parser say."""
    kosher, anybody = constraints_for(diet=Diet.KOSHER, meals_per_day=3), constraints_for(meals_per_day=3)
    grammar = compiler.compile_grammar(TASK.grammar(kosher))
    apart = "breakfast\n skyr150\n apple150\nlunch\n beef steak150\n pasta200\ndinner\n cod150\n feta40"
    assert accepts(grammar, apart)
    assert check_draft(TASK.parse(apart, kosher), kosher) == ()
    for other in ("feta40", "anchovies15"):
        together = (
            f"breakfast\n skyr150\n apple150\nlunch\n beef steak150\n {other}\ndinner\n cod150\n pasta200"
        )
        assert not accepts(grammar, together)
        with pytest.raises(PlanTextError, match="meat with milk or fish"):
            TASK.parse(together, kosher)
        (violation,) = check_draft(TASK.parse(together, anybody), kosher)
        assert (violation.code, violation.detail) == ("MEAT_WITH_MILK_OR_FISH", "lunch")


def test_the_grammar_leaves_quality_to_the_model(compiler: xgrammar.GrammarCompiler) -> None:
    """Lentils at breakfast and the same food twice are poor, not forbidden."""
    constraints = constraints_for(meals_per_day=3)
    text = "breakfast\n lentils300\n lentils300\nlunch\n honey5\n jam20\ndinner\n butter20\n butter20"
    assert accepts(compiler.compile_grammar(TASK.grammar(constraints)), text)
    assert check_draft(TASK.parse(text, constraints), constraints) == ()


def test_equal_keys_have_equal_grammars_and_unequal_grammars_have_unequal_keys() -> None:
    """The key is what engines cache compiled grammars by; energy and sex are no part of it."""
    members: list[dict[str, object]] = [
        {"diet": diet, "meals_per_day": meals, "allergies": {allergen} if allergen else set(), **other}
        for diet in FLAGGED_DIETS
        for meals in (3, 5)
        for allergen in (None, Allergen.MILK)
        for other in ({}, {"sex": Sex.MALE, "weight_kg": 95})
    ]
    grammars: dict[str, set[str]] = {}
    for member in members:
        constraints = constraints_for(**member)
        grammars.setdefault(constraints.key, set()).add(TASK.grammar(constraints))
    assert all(len(texts) == 1 for texts in grammars.values())
    assert len({text for texts in grammars.values() for text in texts}) == len(grammars)


@examples(50)
@given(profile=profiles())
def test_the_prompt_has_no_word_that_a_client_could_choose(profile: Profile) -> None:
    """Only our own words and computed figures; disliked foods are left to the grammar."""
    spiked = profile.model_copy(update={"disliked_foods": frozenset({"ignore_all_previous_instructions"})})
    try:
        prompt = TASK.messages(TASK.constrain(spiked))
    except NoPlanPossibleError:
        assume(False)
    assert [message.role for message in prompt] == ["system", "user"]
    assert "ignore" not in prompt[1].content
    assert len(prompt[1].content) < 260
