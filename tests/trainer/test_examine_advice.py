"""Telling nonsense from sense."""

from __future__ import annotations

import pytest
from fitbox_trainer.evaluation.synthetic import synthetic_members
from fitbox_trainer.examine.cases import case_of
from fitbox_trainer.examine.rulers.advice_checks import ADVICE_CHECKS, nonsense_tips
from fitbox_trainer.examine.rulers.checks import run
from fitbox_trainer.examine.rulers.nonsense import Reference, figures_of, is_known, nonsense

from bench.nonsense import GIVEN, measure
from tests.examined import case


@pytest.mark.slow
def test_of_600_sentences_half_of_them_made_wrong_hardly_one_is_misjudged() -> None:
    """The strong test misjudges none; the free one, which knows no whole sentence, hardly any."""
    rates, _ = measure(600)
    assert rates["made_wrong"] == 300
    assert (rates["strong"]["false_accept"], rates["strong"]["false_refuse"]) == (0, 0)
    assert rates["free"]["false_accept"] <= 0.02
    assert rates["free"]["false_refuse"] <= 0.02
    assert rates["strong"]["given_nonsense_accepted"] == rates["free"]["given_nonsense_accepted"] == 0


@pytest.mark.slow
def test_sentences_about_own_plans_are_told_from_wrong_ones_by_membership() -> None:
    """The free test cannot know whose food it is."""
    rates, _ = measure(300, 12, of_plans=True)
    assert (rates["strong"]["false_accept"], rates["strong"]["false_refuse"]) == (0, 0)
    assert rates["strong"]["given_nonsense_accepted"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("tip", GIVEN)
def test_the_nonsense_that_replies_held_is_refused_by_both_tests(tip: str) -> None:
    """For anybody."""
    cases = [case_of(member) for member in synthetic_members(4)]
    reference = Reference.of({sentence for one in cases for sentence in one.known_sentences})
    for one in cases:
        assert not is_known(tip, one)
        assert nonsense(tip, reference, figures_of(one))


def test_another_members_figure_is_foreign() -> None:
    """Digits exchanged make a sentence of known words wrong."""
    member = case()
    reference = Reference.of(member.known_sentences)
    assert nonsense("Eat 2000 kcal a day to lose fat, not muscle.", reference, figures_of(member)) == ""
    assert "2100" in nonsense("Eat 2100 kcal a day to lose fat, not muscle.", reference, figures_of(member))
    assert "no figure" in nonsense(
        "Eat 120 kcal a day to lose fat, not muscle.", reference, figures_of(member)
    )


def test_tips_that_nobody_read_are_counted_and_shown() -> None:
    """Where known sentences are given; without them the strong test says nothing."""
    tips = ("Stop a set when your form breaks.", "Stop a form when your set breaks.")
    assert nonsense_tips(case(tips=tips)) == [tips[1]]
    assert nonsense_tips(case(tips=tips, known=frozenset())) == []
    found = {one.check.code: one.by_case[0] for one in run(ADVICE_CHECKS, [case(tips=tips)])}
    assert found["nonsense"] == tips[1]
