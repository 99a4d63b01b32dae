"""The advice task: envelope, text format, planner, check."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitbox.advice.check import (
    FIGURE_NOT_COMPUTED,
    FORBIDDEN_WORD,
    MEDICAL_CLAIM,
    NOT_REVIEWED,
    REFERRAL_MISSING,
    TIP_COUNT,
)
from fitbox.advice.constraints import Topic, about
from fitbox.advice.facts import About, Fact
from fitbox.advice.finish import HEADINGS
from fitbox.advice.own_plan import OwnPlan, PlanPart
from fitbox.advice.phrases import PHRASES
from fitbox.advice.plan_phrases import PLAN_PHRASES
from fitbox.advice.planner import phrases_for
from fitbox.advice.task import ADVICE
from fitbox.advice.text import TipDraft, allowed_topics
from fitbox.assessment import SafetyNote
from fitbox.errors import PlanTextError
from fitbox.i18n import label
from fitbox.plan import Advice, Tip
from fitbox.profile import Allergen, Condition, Diet, Goal, Language, Level, Profile, Sex, WorkoutType
from fitbox.tasks import TaskName, task
from tests.examples import examples
from tests.strategies import profiles

TASK = ADVICE
SEEDS = st.integers(0, 2**31)


def member(**changes: Any) -> Profile:
    """A man of 30 years who wants to lose weight."""
    values: dict[str, Any] = {
        "age_years": 30,
        "sex": Sex.MALE,
        "weight_kg": 95,
        "height_cm": 178,
        "goal": Goal.WEIGHT_LOSS,
        "workout_type": WorkoutType.CARDIO,
    }
    return Profile(**values | changes)


def advice_of(*sentences: str, notes: tuple[str, ...] = ()) -> Advice:
    """A finished advice with these sentences."""
    heading = "Sommeil" if any(sentence in FRENCH for sentence in sentences) else "Sleep"
    return Advice(tuple(Tip(heading, sentence) for sentence in sentences), notes)


OWN = OwnPlan(
    (
        Fact.of(About.EASY, day="Monday", name="cycling", minutes=30),
        Fact.of(About.LUNCH, dish="Minestrone"),
        Fact.of(About.PROTEIN, at_meal="at lunch", meal_opening="At lunch", food="white beans"),
    ),
    frozenset(PlanPart),
)
GOOD = (
    "Go to bed at the same time, even on weekends.",
    "Keep screens out of bed and your room dark.",
    "Get up at the same time every day.",
)
FRENCH = (
    "Couchez-vous à la même heure, même le week-end.",
    "Gardez les écrans hors du lit et la chambre sombre.",
)


def test_the_registry_of_tasks_knows_it() -> None:
    """By its name."""
    assert task(TaskName.ADVICE) is ADVICE


@pytest.mark.slow
@examples(80)
@given(profiles(), SEEDS)
def test_the_planner_stays_in_the_grammar_and_passes_the_check(profile: Profile, seed: int) -> None:
    """In both languages, for any profile, and its quality is near 1."""
    constraints = TASK.constrain(profile)
    draft = TASK.plan(constraints, seed)
    assert TASK.parse(TASK.render(draft), constraints) == draft
    assert TASK.check(TASK.finish(draft, constraints), constraints) == ()
    assert TASK.score(draft, constraints)["quality"] > 0.95


@pytest.mark.slow
@examples(80)
@given(profiles(), SEEDS)
def test_random_drafts_parse_pass_the_check_and_score_less_than_the_planner(
    profile: Profile, seed: int
) -> None:
    """What the grammar allows is not called forbidden; sentences drawn blindly miss the member's figures."""
    constraints = TASK.constrain(profile)
    draft = TASK.random(constraints, seed)
    assert TASK.parse(TASK.render(draft), constraints) == draft
    assert TASK.check(TASK.finish(draft, constraints), constraints) == ()
    planned = TASK.plan(constraints, seed)
    assert TASK.score(draft, constraints)["quality"] <= TASK.score(planned, constraints)["quality"] + 1e-9


@pytest.mark.slow
@examples(50)
@given(profiles())
def test_every_sentence_the_planner_could_draw_is_allowed(profile: Profile) -> None:
    """Not only the ones it happened to draw; and no topic of the envelope is without sentences."""
    constraints = TASK.constrain(profile)
    for topic in allowed_topics(constraints):
        assert phrases_for(topic, constraints)
    for seed in range(20):
        draft = TASK.plan(constraints, seed)
        assert TASK.check(TASK.finish(draft, constraints), constraints) == ()


@pytest.mark.slow
@examples(50)
@given(profiles(), SEEDS)
def test_figures_in_the_text_are_only_the_computed_ones(profile: Profile, seed: int) -> None:
    """Every run of digits in a tip comes from a figure of that tip's topic."""
    constraints = TASK.constrain(profile)
    for tip in TASK.plan(constraints, seed).tips:
        computed = {
            digits for figure in constraints.figures[tip.topic] for digits in re.findall(r"\d+", figure.text)
        }
        assert set(re.findall(r"\d+", tip.text)) <= computed


def test_the_planner_repeats_itself_for_a_seed_and_varies_between_seeds() -> None:
    """One member can read many different advices."""
    constraints = TASK.constrain(member())
    texts = [TASK.render(TASK.plan(constraints, seed)) for seed in range(50)]
    assert texts == [TASK.render(TASK.plan(constraints, seed)) for seed in range(50)]
    assert len(set(texts)) > 20


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "whole line"),
        ("sleep: Go to bed at ten.", "whole line"),
        ("sleep: Go to bed early now.\n" * 2, "2 tips"),
        ("sleep: Go to bed early now.\n" * 6, "6 tips"),
        ("sleep: Go to bed early now.\n" * 2 + "stretching: Do it each day now.\n", "topic"),
        ("sleep: Go to bed early now.\n" * 2 + "Go to bed early now.\n", "topic"),
        ("sleep: Go to bed early now.\n" * 2 + "sleep: Go to bed at 10 now.\n", "figures"),
        ("sleep: Go to bed early now.\n" * 2 + "sleep: Go now.\n", "sentence"),
        ("sleep: Go to bed early now.\n" * 2 + "sleep: Go to bed early now\n", "sentence"),
        ("sleep: Go to bed early now.\n" * 2 + "sleep: go to bed early now.\n", "sentence"),
        ("sleep: Go to bed early now.\n" * 2 + "sleep: Go to bed  early now.\n", "sentence"),
        ("sleep: Go to bed early now.\n" * 2 + "sleep: Go " + "to bed " * 8 + "now.\n", "sentence"),
        ("sleep: Go to bed early now.\n" * 2 + "sleep: Go to béd early now.\n", "sentence"),
        ("sleep: Go to bed early now.\n" * 2 + "sleep: <b>Go</b> to bed early now.\n", "sentence"),
    ],
)
def test_text_outside_the_format_is_refused_with_the_reason(text: str, complaint: str) -> None:
    """A whole advice or nothing."""
    with pytest.raises(PlanTextError, match=complaint):
        TASK.parse(text, TASK.constrain(member()))


def test_a_figure_of_another_topic_is_refused() -> None:
    """Nobody is told to sleep their calories."""
    constraints = TASK.constrain(member())
    kcal = constraints.figures[Topic.CALORIES][0].text
    text = f"sleep: {GOOD[0]}\n" * 2
    meals = constraints.figures[Topic.PROTEIN][1].text
    assert TASK.parse(text + f"protein: Put a source of protein into each of your {meals}.\n", constraints)
    with pytest.raises(PlanTextError, match="figures"):
        TASK.parse(text + f"sleep: Sleep about {kcal} each day.\n", constraints)


def test_a_figure_stands_only_where_a_reviewed_sentence_has_it() -> None:
    """A day's energy a week is starvation, though every word and the figure are allowed."""
    constraints = TASK.constrain(member())
    kcal = constraints.figures[Topic.CALORIES][0].text
    lines = f"sleep: {GOOD[0]}\n" * 2
    for wrong in (f"Eat {kcal} a week to lose fat, not muscle.", f"Eat {kcal}, yes {kcal}, yes {kcal}."):
        with pytest.raises(PlanTextError):
            TASK.parse(lines + f"calories: {wrong}\n", constraints)


def test_no_pace_is_offered_where_weight_should_not_change() -> None:
    """There is no figure to cite."""
    constraints = TASK.constrain(member(goal=Goal.MAINTENANCE))
    assert Topic.PACE not in allowed_topics(constraints)
    assert "pace_tip" not in TASK.grammar(constraints)


def test_equal_keys_have_equal_grammars_and_other_figures_other_keys() -> None:
    """The engine caches compiled grammars by key."""
    one, same = TASK.constrain(member()), TASK.constrain(member(disliked_foods=frozenset({"egg"})))
    other = TASK.constrain(member(weight_kg=100))
    assert one.key == same.key
    assert TASK.grammar(one) == TASK.grammar(same)
    assert other.key != one.key


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("This will cure your diabetes soon.", MEDICAL_CLAIM),
        ("You probably have a thyroid illness.", MEDICAL_CLAIM),
        ("Take creatine before each session.", MEDICAL_CLAIM),
        ("Prenez des médicaments chaque matin.", MEDICAL_CLAIM),
        ("Cela guérit toutes les maladies.", MEDICAL_CLAIM),
        ("Take two pills before you train.", MEDICAL_CLAIM),
        ("Eat 9999 kcal on every day.", FIGURE_NOT_COMPUTED),
        ("Rest for 3.5 hours each day.", FIGURE_NOT_COMPUTED),
    ],
)
def test_claims_and_inventions_are_found(sentence: str, code: str) -> None:
    """Whatever wrote them: a model, or a coach's column in a CSV file."""
    constraints = TASK.constrain(member())
    found = TASK.check(advice_of(*GOOD[:2], sentence), constraints)
    assert code in {violation.code for violation in found}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"allergies": {Allergen.MILK}}, "Drink some milk after you train."),
        ({"allergies": {Allergen.GLUTEN}, "language": Language.FR}, "Mangez du pain à midi."),
        ({"diet": Diet.VEGAN}, "Have eggs for your breakfast."),
        ({"diet": Diet.HALAL}, "Add some bacon to dinner."),
        ({"conditions": {Condition.KNEE}}, "Jump over the box each day."),
        ({"conditions": {Condition.HEART_DISEASE}}, "Sprint hard at the end."),
        ({"age_years": 16}, "Try to lose weight this month."),
    ],
)
def test_what_is_wrong_for_this_member_is_found(changes: dict[str, Any], sentence: str) -> None:
    """And only waits for its review where the member has no such restriction."""
    constraints = TASK.constrain(member(**changes))
    good = FRENCH if constraints.profile.language is Language.FR else GOOD
    notes = TASK.finish(TASK.plan(constraints, 0), constraints).notes
    found = TASK.check(advice_of(*good[:2], sentence, notes=notes), constraints)
    assert {violation.code for violation in found} == {FORBIDDEN_WORD}
    free = TASK.constrain(member(language=constraints.profile.language))
    assert [one.code for one in TASK.check(advice_of(*good[:2], sentence), free)] == [NOT_REVIEWED]


def test_pain_is_no_bread_in_english() -> None:
    """A word that is a food in French only."""
    constraints = TASK.constrain(member(allergies={Allergen.GLUTEN}))
    found = TASK.check(advice_of(*GOOD[:2], "Stay in a range free of pain."), constraints)
    assert [violation.code for violation in found] == [NOT_REVIEWED]


def test_the_number_of_tips_is_checked() -> None:
    """Two are too few."""
    found = TASK.check(advice_of(*GOOD[:2]), TASK.constrain(member()))
    assert [violation.code for violation in found] == [TIP_COUNT]


@pytest.mark.parametrize("language", Language)
def test_a_condition_adds_the_referral_line_and_the_check_wants_it(language: Language) -> None:
    """Code adds it, so that no model can forget it."""
    constraints = TASK.constrain(member(conditions={Condition.KNEE}, language=language))
    advice = TASK.finish(TASK.plan(constraints, 1), constraints)
    assert label(language, SafetyNote.REFER_TO_CLINICIAN) in advice.notes
    found = TASK.check(Advice(advice.tips, ()), constraints)
    assert [violation.code for violation in found] == [REFERRAL_MISSING]


def test_headings_are_in_the_member_s_language() -> None:
    """The line begins with the same word in every language, what the member reads does not."""
    constraints = TASK.constrain(member(language=Language.FR))
    draft = TASK.plan(constraints, 1)
    assert TASK.render(draft).startswith("calories: ")
    assert [tip.topic for tip in TASK.finish(draft, constraints).tips][:3] == [
        "Calories",
        "Protéines",
        "Cardio",
    ]
    assert HEADINGS.keys == frozenset(Topic)


@pytest.mark.slow
@examples(50)
@given(profiles())
def test_the_prompt_holds_the_figures_and_nothing_a_client_typed(profile: Profile) -> None:
    """Two short messages; the first figure of each key topic is there to be copied."""
    constraints = TASK.constrain(profile)
    system, user = TASK.messages(constraints)
    assert (system.role, user.role) == ("system", "user")
    assert all(constraints.figures[topic][0].text in user.content for topic in constraints.key_topics)
    assert not any(
        name in user.content for name in profile.disliked_foods | profile.disliked_exercises if "_" in name
    )
    assert len(system.content + user.content) < 420


def test_the_score_falls_with_each_fault() -> None:
    """Repetition, nothing of the own plan, foreign words and wrong topics each cost."""
    constraints = about(TASK.constrain(member(level=Level.INTERMEDIATE)), OWN)
    good = TASK.plan(constraints, 3)
    best = TASK.score(good, constraints)
    repeated = type(good)((good.tips[0],) * 4)
    impersonal = type(good)(
        tuple(TipDraft(tip.topic, "Eat your protein and do cardio each day.") for tip in good.tips)
    )
    foreign = type(good)(tuple(TipDraft(tip.topic, "Zorb blick wuntz florp grak.") for tip in good.tips))
    assert TASK.score(repeated, constraints)["distinct"] < 0.3
    assert TASK.score(impersonal, constraints)["own"] == 0
    assert TASK.score(foreign, constraints)["wording"] == 0
    for worse in (repeated, impersonal, foreign):
        assert TASK.score(worse, constraints)["quality"] < 0.75 * best["quality"]


def test_french_text_for_an_english_member_scores_low() -> None:
    """The language is part of the wording."""
    french = TASK.constrain(member(language=Language.FR))
    draft = TASK.plan(french, 1)
    assert TASK.score(draft, TASK.constrain(member()))["quality"] < 0.4


def test_every_sentence_takes_the_same_figures_in_both_languages() -> None:
    """A figure cannot be lost in translation."""
    for phrase in (*PHRASES, *PLAN_PHRASES):
        names = [set(re.findall(r"{(\w+)}", text)) for text in map(phrase.text, Language)]
        assert names[0] == names[1], phrase
