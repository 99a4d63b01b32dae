"""A coach's overrides: kept by every plan, the model's too, or refused by field and rule."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fitbox.assessment import assess
from fitbox.choosing import items_of
from fitbox.errors import InvalidProfileError, NoPlanPossibleError
from fitbox.exercises import Mode, exercises
from fitbox.nutrition.task import NUTRITION
from fitbox.overrides.nutrition import (
    MACRO_TOLERANCE,
    SMALLEST_MACRO_MISS_G,
    energy_limits_kcal,
    overridden_nutrition,
)
from fitbox.overrides.task import overridden
from fitbox.overrides.values import NutritionOverrides, SessionFocus, WorkoutOverrides
from fitbox.overrides.workout import overridden_workout
from fitbox.profile import Condition, Diet, Equipment, Profile, Sex
from fitbox.workout.draft import Focus
from fitbox.workout.task import WORKOUT
from fitbox.workout.words import TEXTS
from tests import fakes
from tests.examples import examples
from tests.strategies import catalog_ids, profiles

_F, _U, _L = SessionFocus.FULL, SessionFocus.UPPER, SessionFocus.LOWER


def refused(profile: Profile, overrides: WorkoutOverrides | NutritionOverrides) -> dict[str, str]:
    """Fields and reasons."""
    with pytest.raises(InvalidProfileError) as caught:
        overridden(overrides).prepare(profile)
    return {
        violation.field.removeprefix("overrides."): violation.description
        for violation in caught.value.violations
    }


@pytest.mark.slow
@given(profiles(), st.integers(0, 10_000))
@examples(25)
def test_fixed_and_forbidden_exercises_are_kept_for_every_member(profile: Profile, draw: int) -> None:
    """By the planner, and by any text that the grammar allows; whatever else holds goes on to hold."""
    try:
        own = WORKOUT.constrain(profile)
    except NoPlanPossibleError:
        assume(False)
    fixed = own.exercises[draw % len(own.exercises)].id
    usual = WORKOUT.finish(WORKOUT.plan(own, draw), own).sessions[0].exercises[0].exercise_id
    assume(usual != fixed)
    task = overridden_workout(WorkoutOverrides((fixed,), (usual,)))
    try:
        constraints = task.constrain(profile)
    except NoPlanPossibleError:
        return
    for draft in (
        task.plan(constraints, draw),
        task.parse(task.render(task.random(constraints, draw)), constraints),
    ):
        plan = task.finish(draft, constraints)
        assert task.check(plan, constraints) == ()
        assert fixed in items_of(plan)
        assert usual not in items_of(plan)
        assert plan.sessions
        assert max(one.total_minutes for one in plan.sessions) <= profile.session_minutes


def test_a_split_is_in_the_grammar_the_planner_and_the_check() -> None:
    """A text with another one is no plan."""
    task = overridden_workout(WorkoutOverrides(split=(_U, _L, _U)))
    constraints = task.constrain(fakes.MEMBER)
    assert constraints.key != WORKOUT.constrain(fakes.MEMBER).key
    draft = task.plan(constraints, 3)
    assert [day.focus for day in draft.days] == [Focus.UPPER, Focus.LOWER, Focus.UPPER]
    assert task.parse(task.render(draft), constraints) == draft
    other = WORKOUT.plan(WORKOUT.constrain(fakes.MEMBER), 3)
    with pytest.raises(Exception, match="another focus"):
        task.parse(task.render(other), constraints)
    assert '"upper" lines' in task.grammar(constraints)
    plan = WORKOUT.finish(other, WORKOUT.constrain(fakes.MEMBER))
    assert {violation.code for violation in task.check(plan, constraints)} == {"OTHER_SPLIT"}


def test_repetitions_stay_inside_the_coachs_range() -> None:
    """Which is inside the member's own."""
    task = overridden_workout(WorkoutOverrides(fewest_repetitions=10, most_repetitions=12))
    constraints = task.constrain(fakes.MEMBER)
    assert set(constraints.repetitions) == {10, 12}
    plan = task.finish(task.plan(constraints, 1), constraints)
    counted = {
        line.repetitions
        for session in plan.sessions
        for line in session.exercises
        if exercises()[line.exercise_id].mode is Mode.REPS
    }
    assert counted <= {10, 12}


@pytest.mark.parametrize(
    ("overrides", "fields"),
    [
        (WorkoutOverrides(fixed_exercises=("no_such",)), {"fixed_exercises[0]"}),
        (WorkoutOverrides(forbidden_exercises=("x" * 1000,)), {"forbidden_exercises[0]"}),
        (WorkoutOverrides(("push_up",), ("push_up",)), {"fixed_exercises[0]"}),
        (WorkoutOverrides(fixed_exercises=("power_clean",)), {"fixed_exercises[0]"}),
        (WorkoutOverrides(split=(_F,)), {"split"}),
        (WorkoutOverrides(split=(_F,) * 100), {"split"}),
        (WorkoutOverrides(fewest_repetitions=12, most_repetitions=8), {"fewest_repetitions"}),
        (WorkoutOverrides(fewest_repetitions=100), {"fewest_repetitions"}),
        (WorkoutOverrides(most_repetitions=0), {"most_repetitions"}),
        (NutritionOverrides(target_kcal=800), {"target_kcal"}),
        (NutritionOverrides(target_kcal=6000), {"target_kcal"}),
        (NutritionOverrides(target_kcal=math.nan), {"target_kcal"}),
        (NutritionOverrides(protein_g=-1), {"protein_g"}),
        (NutritionOverrides(protein_g=20), {"protein_g"}),
        (NutritionOverrides(fat_g=200), {"fat_g", "carbohydrate_g"}),
        (NutritionOverrides(carbohydrate_g=50), {"carbohydrate_g", "fat_g"}),
        (NutritionOverrides(2000, 100, 200, 20), {"target_kcal"}),
        (NutritionOverrides(fixed_foods=("unicorn",)), {"fixed_foods[0]"}),
        (NutritionOverrides(fixed_foods=("salmon",), forbidden_foods=("salmon",)), {"fixed_foods[0]"}),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    overrides: WorkoutOverrides | NutritionOverrides, fields: set[str]
) -> None:
    """Contradictions, unknown ids, weeks of 1 and 100 days, figures outside the envelope."""
    assert refused(fakes.MEMBER, overrides).keys() <= fields
    assert refused(fakes.MEMBER, overrides)


def test_a_refusal_names_the_rule() -> None:
    """Of the member's own envelope."""
    vegan = fakes.MEMBER.model_copy(
        update={
            "diet": Diet.VEGAN,
            "conditions": frozenset({Condition.KNEE}),
            "equipment": frozenset[Equipment](),
        }
    )
    assert refused(vegan, NutritionOverrides(fixed_foods=("salmon",))) == {
        "fixed_foods[0]": "excluded by DIET (VEGAN)"
    }
    reason = refused(vegan, WorkoutOverrides(fixed_exercises=("back_squat",)))["fixed_exercises[0]"]
    assert "EQUIPMENT (BARBELL)" in reason
    assert "KCAL_FLOOR" in refused(vegan, NutritionOverrides(target_kcal=900))["target_kcal"]
    assert "PROTEIN_RANGE" in refused(vegan, NutritionOverrides(protein_g=20))["protein_g"]


def test_no_coach_may_starve_those_who_must_not_lose() -> None:
    """Growth, pregnancy and underweight are in the limits, for no goal of theirs has a deficit."""
    for changes in (
        {"age_years": 15},
        {"conditions": frozenset({Condition.PREGNANCY})},
        {"weight_kg": 48.0, "height_cm": 175.0},
    ):
        member = fakes.MEMBER.model_copy(update=changes)
        low, _ = energy_limits_kcal(member)
        assert low >= assess(member).tdee_kcal - 10
        assert "KCAL_FLOOR" in refused(member, NutritionOverrides(target_kcal=low - 50))["target_kcal"]


@pytest.mark.slow
@given(profiles(), st.floats(0, 1), st.integers(0, 10_000))
@examples(20)
def test_energy_fixed_and_forbidden_foods_are_kept_for_every_member(
    profile: Profile, share: float, draw: int
) -> None:
    """Within 2 % of the coach's energy, with his foods, without those he forbids."""
    try:
        own = NUTRITION.constrain(profile)
    except NoPlanPossibleError:
        assume(False)
    low, high = energy_limits_kcal(profile)
    target = round(low + share * (high - low))
    fixed = own.foods[draw % len(own.foods)].id
    usual = NUTRITION.plan(own, draw).meals[0].items[0].food_id
    assume(usual != fixed)
    task = overridden_nutrition(NutritionOverrides(target, fixed_foods=(fixed,), forbidden_foods=(usual,)))
    try:
        constraints = task.constrain(profile)
        plan = task.finish(task.plan(constraints, draw), constraints)
    except (NoPlanPossibleError, InvalidProfileError):
        return
    assert task.check(plan, constraints) == ()
    assert plan.target_kcal == target
    assert abs(plan.total_kcal / target - 1) <= 0.02
    assert fixed in items_of(plan)
    assert usual not in items_of(plan)


def test_the_macros_that_are_not_given_follow_from_the_rest() -> None:
    """So that 4, 4 and 9 kcal a gram come to the target."""
    member = fakes.MEMBER.model_copy(update={"sex": Sex.MALE, "weight_kg": 80.0, "height_cm": 180.0})
    for overrides in (
        NutritionOverrides(target_kcal=2500),
        NutritionOverrides(protein_g=150),
        NutritionOverrides(target_kcal=2500, protein_g=150, fat_g=80),
        NutritionOverrides(target_kcal=2500, carbohydrate_g=300),
        NutritionOverrides(target_kcal=2500, carbohydrate_g=300, fat_g=80),
        NutritionOverrides(protein_g=150, carbohydrate_g=300, fat_g=78),
    ):
        assessment = overridden_nutrition(overrides).constrain(member).assessment
        macros = assessment.macros
        energy = 4 * macros.protein_g + 4 * macros.carbohydrate_g + 9 * macros.fat_g
        assert energy == pytest.approx(assessment.target_kcal, rel=0.001)
        for name in ("protein_g", "carbohydrate_g", "fat_g"):
            asked = getattr(overrides, name)
            assert asked is None or getattr(macros, name) == asked
        assert assessment.target_kcal == (overrides.target_kcal or assessment.target_kcal)


_REPETITIONS = st.none() | st.integers(-2, 30)
_GRAMS = st.none() | st.integers(0, 400).map(float)
WEEKS = st.builds(
    WorkoutOverrides,
    fixed_exercises=st.lists(st.sampled_from(catalog_ids("exercises.csv")), max_size=2).map(tuple),
    forbidden_exercises=st.lists(st.sampled_from(catalog_ids("exercises.csv")), max_size=6).map(tuple),
    split=st.just(()) | st.lists(st.sampled_from(SessionFocus), min_size=1, max_size=4).map(tuple),
    fewest_repetitions=_REPETITIONS,
    most_repetitions=_REPETITIONS,
)
DAYS = st.builds(
    NutritionOverrides,
    target_kcal=st.none() | st.integers(1000, 4000).map(float),
    protein_g=_GRAMS,
    carbohydrate_g=st.none() | st.integers(100, 400).map(float),
    fat_g=st.none() | st.integers(30, 120).map(float),
    fixed_foods=st.lists(st.sampled_from(catalog_ids("foods.csv")), max_size=2).map(tuple),
    forbidden_foods=st.lists(st.sampled_from(catalog_ids("foods.csv")), max_size=6).map(tuple),
)


def planned_or_refused(profile: Profile, overrides: WorkoutOverrides | NutritionOverrides, seed: int) -> Any:
    """The planner's plan, as the server would send it; or None, where the refusal says what and why."""
    task = overridden(overrides)
    refused: list[tuple[str, str]]
    try:
        constraints = task.constrain(profile)
        plan = task.finish(task.plan(constraints, seed), constraints)  # type: ignore[arg-type]
    except InvalidProfileError as error:
        refused = [(violation.field, violation.description) for violation in error.violations]
    except NoPlanPossibleError as error:
        refused = [("overrides.", error.reason)]
    else:
        refused = []
    if refused:
        assert all(field.startswith("overrides.") and reason for field, reason in refused)
        return None
    assert task.check(plan, constraints) == ()  # type: ignore[arg-type]
    return plan


@pytest.mark.slow
@given(profiles(), WEEKS, st.integers(0, 1000))
@examples(40)
def test_no_wish_for_a_week_is_silently_dropped(
    profile: Profile, overrides: WorkoutOverrides, seed: int
) -> None:
    """Whatever a coach asks for any member: it stands in the plan, or the refusal names it."""
    plan = planned_or_refused(profile, overrides, seed)
    if plan is None:  # most are: what is drawn knows nothing of the member
        return
    lines = [line for session in plan.sessions for line in session.exercises]
    trained = {line.exercise_id for line in lines}
    assert set(overrides.fixed_exercises) <= trained
    assert trained.isdisjoint(overrides.forbidden_exercises)
    counted = [line.repetitions for line in lines if line.repetitions is not None]
    assert all(one >= (overrides.fewest_repetitions or 0) for one in counted)
    assert all(one <= (overrides.most_repetitions or 99) for one in counted)
    if overrides.split:
        told = [TEXTS.text(profile.language, f"focus.{Focus[one.name]}") for one in overrides.split]
        assert [session.focus for session in plan.sessions] == told


@pytest.mark.slow
@given(profiles(), DAYS, st.integers(0, 1000))
@examples(60)
def test_no_wish_for_a_day_of_eating_is_silently_dropped(
    profile: Profile, overrides: NutritionOverrides, seed: int
) -> None:
    """Energy within 2 %, macros within a tenth, foods that are fixed and forbidden."""
    plan = planned_or_refused(profile, overrides, seed)
    if plan is None:  # most are: what is drawn knows nothing of the member
        return
    eaten = items_of(plan)
    assert set(overrides.fixed_foods) <= eaten
    assert eaten.isdisjoint(overrides.forbidden_foods)
    if overrides.target_kcal is not None:
        assert abs(plan.total_kcal / overrides.target_kcal - 1) <= 0.0201
    for name in ("protein_g", "carbohydrate_g", "fat_g"):
        asked = getattr(overrides, name)
        if asked is not None:
            assert abs(getattr(plan, name) - asked) <= max(MACRO_TOLERANCE * asked, SMALLEST_MACRO_MISS_G)
