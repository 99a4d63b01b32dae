"""What a training week may contain, member by member."""

from __future__ import annotations

import pytest
from hypothesis import given

from fitbox.errors import NoPlanPossibleError
from fitbox.exercises import Impact, Mode, exercises
from fitbox.profile import Condition, Equipment, Goal, Language, Level, Profile, Sex, WorkoutType
from fitbox.workout.constraints import FEWEST_EXERCISES, allowed_exercises, constrain, low_impact_only
from fitbox.workout.task import WORKOUT
from tests.examples import examples
from tests.strategies import profiles

TASK = WORKOUT
ADULT = Profile(age_years=30, sex=Sex.FEMALE, weight_kg=62, height_cm=168, level=Level.ADVANCED)


def test_a_full_gym_leaves_an_advanced_healthy_member_whatever_is_hard_enough() -> None:
    """Nothing is taken away but what teaches a trained member nothing beside the loads at hand."""
    left = constrain(ADULT).by_id
    light = [exercise for exercise in exercises().values() if exercise.id not in left]
    assert {"air_squat", "push_up", "knee_push_up", "towel_row"} <= {exercise.id for exercise in light}
    assert all(exercise.mode is Mode.REPS and not exercise.loadable for exercise in light)
    at_home = constrain(ADULT.model_copy(update={"equipment": frozenset[Equipment]()}))
    assert {"air_squat", "push_up", "towel_row"} <= at_home.by_id.keys()


def test_equipment_must_be_complete() -> None:
    """A bench press needs the bench as well as the barbell."""
    barbell_only = ADULT.model_copy(update={"equipment": frozenset({Equipment.BARBELL})})
    assert "back_squat" in constrain(barbell_only).by_id
    assert "bench_press" not in constrain(barbell_only).by_id


def test_level_conditions_and_dislikes_each_take_exercises_away() -> None:
    """One example for each of the three."""
    for update, gone in (
        ({"level": Level.BEGINNER}, "muscle_up"),
        ({"conditions": frozenset({Condition.LOWER_BACK})}, "deadlift"),
        ({"disliked_exercises": frozenset({"burpee"})}, "burpee"),
    ):
        assert gone not in constrain(ADULT.model_copy(update=update)).by_id


@pytest.mark.parametrize(
    "update",
    [
        {"weight_kg": 110.0},
        {"age_years": 65},
        {"conditions": frozenset({Condition.ANKLE})},
        {"conditions": frozenset({Condition.PREGNANCY})},
        {"weight_kg": 90.0, "level": Level.BEGINNER},
    ],
)
def test_weight_age_joints_and_pregnancy_leave_low_impact_only(update: dict[str, object]) -> None:
    """No jump and no run, whatever else is allowed."""
    profile = ADULT.model_copy(update=update)
    assert low_impact_only(profile)
    assert all(exercise.impact is Impact.LOW for exercise in constrain(profile).exercises)


def test_a_heart_condition_lightens_loads_and_limits_intensity() -> None:
    """More repetitions, fewer sets, short holds, easy zones."""
    careful = constrain(ADULT.model_copy(update={"conditions": frozenset({Condition.HEART_DISEASE})}))
    assert min(careful.repetitions) >= 10
    assert max(careful.sets) <= 3
    assert max(careful.hold_seconds) <= 30
    assert careful.zones == (1, 2)


def test_too_few_exercises_is_a_typed_refusal_that_names_what_to_relax() -> None:
    """Dislikes are the member's to give up; conditions are not, so they are never named."""
    everything = frozenset(exercises())
    with pytest.raises(NoPlanPossibleError) as refusal:
        constrain(ADULT.model_copy(update={"disliked_exercises": everything}))
    assert refusal.value.reason == "NO_EXERCISES_LEFT"
    assert refusal.value.relax == ("disliked_exercises",)


@pytest.mark.slow
@examples(50)
@given(profile=profiles())
def test_any_profile_gets_constraints_or_a_refusal_and_only_allowed_exercises(profile: Profile) -> None:
    """Every allowed exercise is checked again here, from the catalog's own words."""
    try:
        constraints = constrain(profile)
    except NoPlanPossibleError:
        assert len(allowed_exercises(profile)) < FEWEST_EXERCISES
        return
    at_hand = frozenset(Equipment) if profile.equipment is None else profile.equipment
    for exercise in constraints.exercises:
        assert exercise.equipment <= at_hand
        assert not exercise.contraindications & profile.conditions
        assert exercise.id not in profile.disliked_exercises
    assert 3 <= constraints.fewest_lines <= constraints.most_lines <= 8


@pytest.mark.slow
@examples(30)
@given(one=profiles(), other=profiles())
def test_equal_keys_mean_equal_grammars(one: Profile, other: Profile) -> None:
    """And different grammars different keys, so each grammar is compiled once for all members it fits."""
    first, second = constrain(one), constrain(other)
    assert (first.key == second.key) == (TASK.grammar(first) == TASK.grammar(second))


def test_members_who_differ_in_taste_alone_share_a_grammar() -> None:
    """Goal, type of training and language change what is good, not what is allowed."""
    update = {"goal": Goal.BULKING, "workout_type": WorkoutType.YOGA, "language": Language.FR}
    assert constrain(ADULT).key == constrain(ADULT.model_copy(update=update)).key


@pytest.mark.slow
@examples(30)
@given(profile=profiles())
def test_the_prompt_is_short_and_made_of_our_own_words(profile: Profile) -> None:
    """No identifier that a client sent, whatever the profile says."""
    system, user = TASK.messages(constrain(profile))
    assert (system.role, user.role) == ("system", "user")
    assert len(user.content) < 400
    assert all(name not in user.content for name in profile.disliked_exercises if "_" in name)
