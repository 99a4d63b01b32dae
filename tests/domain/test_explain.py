"""Why an item is left out: the rules that an explanation names are the ones that do it, and no others."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import combinations
from typing import Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import assume, given

from fitbox.advice.constraints import constrain
from fitbox.advice.phrases import PHRASES
from fitbox.advice.repertoire import allowed_topics, phrases_for
from fitbox.advice.rules import RULES as SENTENCE_RULES
from fitbox.assessment import Assessment, assess
from fitbox.errors import ReferralError
from fitbox.exercises import exercises
from fitbox.explain import TEXTS, explain
from fitbox.foods import foods
from fitbox.formulas import ADVICE, ASSESSMENT, NUTRITION, WORKOUT
from fitbox.nutrition.constraints import RULES as FOOD_RULES
from fitbox.plan import NutritionPlan, WorkoutPlan
from fitbox.profile import Profile
from fitbox.rules import Rule, allowed
from fitbox.task import TaskName
from fitbox.workout.constraints import RULES as EXERCISE_RULES
from tests import fakes
from tests.examples import examples
from tests.strategies import profiles


@pytest.mark.slow
@given(profiles())
@examples(40)
def test_without_its_rules_an_item_is_legal_and_with_any_of_them_it_is_not(profile: Profile) -> None:
    """For every item of both catalogs: the named rules are exactly those that leave it out."""
    explanation = explain(profile, assess(profile), (TaskName.WORKOUT, TaskName.NUTRITION))
    named = {item.id: frozenset(one.rule_id for one in item.exclusions) for item in explanation.excluded}
    catalogs = ((exercises().values(), EXERCISE_RULES), (foods().values(), FOOD_RULES))
    for items, rules in catalogs:
        legal = {item.id for item in allowed(items, rules, profile)}
        assert {item.id for item in items} - legal == named.keys() & {item.id for item in items}
        for without in {named[item.id] for item in items if item.id in named}:
            sets = [set(part) for n in range(len(without) + 1) for part in combinations(sorted(without), n)]
            for taken in sets:
                left = {item.id for item in allowed(items, rules, profile, taken)}
                concerned = {item.id for item in items if named.get(item.id) == without}
                assert (concerned <= left) if taken == without else not concerned & left


@pytest.mark.slow
@given(profiles())
@examples(40)
def test_a_sentence_without_its_rules_may_be_told_and_with_any_of_them_not(profile: Profile) -> None:
    """For every sentence of the planner's; and what is not named is what the repertoire has."""
    try:
        constraints = constrain(profile)
    except ReferralError:
        assume(False)
    explanation = explain(profile, constraints.assessment, (TaskName.ADVICE,))
    named = {item.id: {one.rule_id for one in item.exclusions} for item in explanation.excluded}
    told = {one.id for topic in allowed_topics(constraints) for one in phrases_for(topic, constraints)}
    assert told == {one.id for one in PHRASES} - named.keys()
    for phrase in PHRASES:
        without = named.get(phrase.id, set())
        for part in (set(some) for n in range(len(without)) for some in combinations(sorted(without), n)):
            assert not allowed([phrase], SENTENCE_RULES, profile, part)
        assert allowed([phrase], SENTENCE_RULES, profile, without)
    assert all("{" not in item.name for item in explanation.excluded)


@pytest.mark.slow
@given(profiles())
@examples(40)
def test_every_figure_that_advice_may_cite_has_its_formula(profile: Profile) -> None:
    """By its name in a sentence."""
    try:
        figures = constrain(profile).figures
    except ReferralError:
        assume(False)
    assert {f"tips.text.{one.name}" for found in figures.values() for one in found} <= ADVICE.keys()


def test_every_rule_has_a_name_of_its_own_a_source_and_a_text() -> None:
    """In every language."""
    rules: list[Rule[object]] = [*EXERCISE_RULES, *FOOD_RULES, *SENTENCE_RULES]  # type: ignore[list-item]
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.source for rule in rules)
    assert TEXTS.keys == {rule.id for rule in rules}


def test_only_rules_that_leave_something_out_are_told() -> None:
    """And what about an item breaks them."""
    tasks = (TaskName.WORKOUT, TaskName.NUTRITION)
    explanation = explain(fakes.MEMBER, assess(fakes.MEMBER), tasks)
    assert {rule.id for rule in explanation.rules} == {"LEVEL", "OWN_WEIGHT"}
    hard = next(item for item in explanation.excluded if item.exclusions[0].rule_id == "LEVEL")
    assert hard.exclusions[0].codes in {("INTERMEDIATE",), ("ADVANCED",)}


@pytest.mark.parametrize(
    ("kind", "table"), [(Assessment, ASSESSMENT), (WorkoutPlan, WORKOUT), (NutritionPlan, NUTRITION)]
)
def test_every_figure_of_a_reply_has_its_formula(kind: type, table: dict[str, object]) -> None:
    """A new field without one fails here; an entry without a field too."""
    assert set(numbers(kind)) == set(table)


def numbers(kind: type) -> Iterator[str]:
    """Paths of the figures in a domain type."""
    hints = get_type_hints(kind)
    for field in fields(kind):
        for path in _numbers(hints[field.name]):
            yield field.name + path


def _numbers(hint: object) -> Iterator[str]:
    if hint in (int, float):
        yield ""
    elif isinstance(hint, type) and is_dataclass(hint):
        yield from (f".{path}" for path in numbers(hint))
    elif get_origin(hint) in (tuple, Union, types.UnionType):
        for inner in dict.fromkeys(get_args(hint)):
            yield from _numbers(inner)
    elif get_origin(hint) is dict:
        yield from _numbers(get_args(hint)[1])


def test_a_figure_that_there_is_once_comes_with_its_value() -> None:
    """The others with their formula alone."""
    assessment = assess(fakes.MEMBER)
    found = {number.field: number for number in explain(fakes.MEMBER, assessment).numbers}
    assert found["assessment.bmi"].value == assessment.bmi
    assert found["assessment.macros.protein_g"].value == assessment.macros.protein_g
    assert found["plan.sessions.total_minutes"].value is None
