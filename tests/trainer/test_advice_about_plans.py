"""Advice about the planner's plans, for members of all kinds."""

from __future__ import annotations

import re

import pytest
from fitbox_trainer.data.given_plans import own_plan, plans
from fitbox_trainer.evaluation.arms import planner_arm, random_arm
from fitbox_trainer.evaluation.items import make_items
from fitbox_trainer.evaluation.synthetic import synthetic_members
from fitbox_trainer.examine.cases import case_of, cases_of
from fitbox_trainer.examine.rulers.advice_checks import ADVICE_CHECKS, nonsense_tips
from fitbox_trainer.examine.rulers.checks import run
from hypothesis import given, settings

from fitbox.advice.constraints import constrain
from fitbox.advice.given import GivenPlans
from fitbox.advice.given import own_plan as own_plan_of
from fitbox.advice.own_plan import OwnPlan
from fitbox.advice.phrases import PHRASES
from fitbox.advice.plan_phrases import PLAN_PHRASES
from fitbox.advice.repertoire import about_plans, allowed_topics, planners, slots_of
from fitbox.advice.topics import When
from fitbox.exercises import Mode
from fitbox.plan import NutritionPlan, WorkoutPlan
from fitbox.profile import Condition, Language, Profile
from fitbox.substitute.received import DayOfEating, ReceivedDay, ReceivedFood, ReceivedLine, Week
from tests.strategies import profiles

pytestmark = pytest.mark.slow

C = Condition
STRAIN = {C.HYPERTENSION, C.HEART_DISEASE, C.BETA_BLOCKER, C.KIDNEY_DISEASE, C.PREGNANCY, C.POSTPARTUM}
NEVER = (
    ("next weight|charge suivante", STRAIN | {C.OSTEOPOROSIS, C.ANTICOAGULANT}),
    ("short sentences only|phrases courtes", STRAIN),
    ("bottle|gourde|bouteille", {C.KIDNEY_DISEASE, C.HEART_DISEASE}),
    ("Add weight|then weight|Ajoutez du poids|puis du poids", STRAIN | {C.OSTEOPOROSIS, C.ANTICOAGULANT}),
    ("source of protein|protein first|source de protéines|d'abord les protéines", {C.KIDNEY_DISEASE}),
    ("low in|pauvre en", {C.PREGNANCY, C.LACTATION}),
    ("Walk for ten minutes after|Marchez dix minutes après", {C.INSULIN}),
    ("more of the vegetables|reprenez des légumes", {C.ANTICOAGULANT}),
    ("put the rest away|rangez le reste", {C.PREGNANCY, C.LACTATION}),
    (r"bpm|pulse|pouls", set(C)),
    (r"kcal|kJ|\d g\b", set(C)),
    ("salt to|more salt|resalez|plus de sel", set(C)),
)
"""What members with these conditions must never be told; written apart from the sentences."""
ONLY = (
    ("never hold your breath|jamais bloquer la respiration", STRAIN),
    ("without jerks|sans à-coups", {C.OSTEOPOROSIS, C.ANTICOAGULANT}),
    ("airways|bronches", {C.ASTHMA}),
    ("most carbohydrate|riche en glucides", {C.DIABETES}),
)
"""What only members with one of these should be told."""


@settings(max_examples=40, deadline=None)
@given(profiles())
def test_no_member_is_told_what_contradicts_a_condition(profile: Profile) -> None:
    """Every sentence that the planner, or a model, could choose; with the member's own plans in them."""
    constraints = constrain(profile, own=own_plan(profile, "m", "test"))
    said = [
        text
        for topic in allowed_topics(constraints)
        for text in (*planners(topic, constraints), *about_plans(topic, constraints))
    ]
    for pattern, conditions in NEVER:
        if conditions & profile.conditions:
            own = [text for text in said if re.search(pattern, text)]
            assert not [text for text in own if "out of 10" not in text and "sur 10" not in text], pattern
    for pattern, conditions in ONLY:
        if not conditions & profile.conditions:
            assert not [text for text in said if re.search(pattern, text)], pattern
    for text in said:
        assert re.fullmatch(r"[A-ZÀÂÉÊÎÔŒ][^{}]*[^{} ]\.", text), text


def test_no_sentence_says_a_figure_of_the_assessment() -> None:
    """But effort where the pulse is no guide, which is no figure of the assessment."""
    assessed = {"kcal", "protein", "fibre", "water", "hard", "easy", "kilograms"}
    for phrase in (*PHRASES, *PLAN_PHRASES):
        if phrase.when is not When.BY_FEEL:
            assert not slots_of(phrase.english) & assessed, phrase


@settings(max_examples=15, deadline=None)
@given(profiles())
def test_plans_that_a_caller_sends_back_give_the_same_facts(profile: Profile) -> None:
    """Names and figures come from the catalogs and the member's envelope, not from the message."""
    made = plans(profile, "m", "test")
    week = next((one for one in made if isinstance(one, WorkoutPlan)), None)
    day = next((one for one in made if isinstance(one, NutritionPlan)), None)
    sent = GivenPlans(week and received_week(week), day and received_day(day))
    assert own_plan_of(profile, sent) == OwnPlan.of(week, day, profile.language)


def received_week(plan: WorkoutPlan) -> Week:
    """What a server reads of a week."""
    return tuple(
        ReceivedDay(
            session.focus,
            tuple(
                ReceivedLine(
                    line.exercise_id,
                    line.sets,
                    Mode.REPS if line.repetitions else Mode.HOLD if line.hold_seconds else Mode.CARDIO,
                    line.repetitions or line.hold_seconds or line.duration_minutes or 0,
                    line.heart_rate_zone,
                    line.rpe,
                )
                for line in session.exercises
            ),
        )
        for session in plan.sessions
    )


def received_day(plan: NutritionPlan) -> DayOfEating:
    """What a server reads of a day."""
    return tuple(tuple(ReceivedFood(one.food_id, one.grams) for one in meal.portions) for meal in plan.meals)


def test_of_500_tips_none_is_nonsense_and_all_planned_advice_speaks_of_the_plan() -> None:
    """The planner's and random ones, by the strong test; conditions and wishes among the members."""
    items = make_items(synthetic_members(64))
    tips = 0
    for arm in (planner_arm(items), random_arm(items)):
        cases = cases_of(items, arm).cases
        tips += sum(len(case.advice.tips) for case in cases if case.advice is not None)
        assert [tip for case in cases for tip in nonsense_tips(case)] == []
        if arm.name == "planner":
            found = {
                one.check.code: [text for text in one.by_case if text] for one in run(ADVICE_CHECKS, cases)
            }
            assert found["nothing_of_the_plan"] == found["tip_said_twice"] == []
    assert tips >= 500


def test_a_tip_about_another_member_s_plan_is_nonsense() -> None:
    """However sound it reads."""
    english = [one for one in synthetic_members(12) if one.profile.language is Language.EN]
    first, second = english[:2]
    own, others = (
        constrain(one.profile, own=own_plan(one.profile, one.member_id, "test")) for one in (first, second)
    )
    known = case_of(first, told=own).known_sentences
    foreign = {text for topic in allowed_topics(others) for text in about_plans(topic, others)}
    assert foreign - known
