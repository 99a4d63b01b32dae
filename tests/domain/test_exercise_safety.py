"""The exercise catalog and its envelope against the rules of ``tests/exercise_rules.py``."""

from __future__ import annotations

import re

import pytest

from fitbox.exercises import Exercise, Impact, Pattern, exercises
from fitbox.profile import Condition, Equipment, Language, Level, Profile, Sex
from fitbox.workout.constraints import constrain
from tests.catalog_rules import named
from tests.exercise_rules import HEART, PRESSURE, RULES, ExerciseRule
from tests.strategies import NEVER_PLANNED

ALL = tuple(exercises().values())


def envelope(
    condition: Condition, level: Level, equipment: frozenset[Equipment] | None
) -> tuple[Exercise, ...]:
    """What a member with one condition may do."""
    profile = Profile(
        age_years=30,
        sex=Sex.FEMALE,
        weight_kg=62,
        height_cm=168,
        level=level,
        equipment=equipment,
        conditions=frozenset({condition}),
    )
    return constrain(profile).exercises


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.why)
def test_what_harms_with_a_condition_is_contraindicated(rule: ExerciseRule) -> None:
    """From attributes or name alone; every exception is needed."""
    assert any(map(rule.applies, ALL))
    assert rule.breakers(ALL, lambda one: one.contraindications) == []
    assert rule.idle_exceptions(ALL, lambda one: one.contraindications) == []


def test_what_raises_blood_pressure_is_not_for_the_heart() -> None:
    """Whatever hypertension forbids, heart disease forbids too."""
    assert [
        one.id for one in ALL if PRESSURE in one.contraindications and HEART not in one.contraindications
    ] == []


def test_jumping_and_running_are_high_impact() -> None:
    """By name, whatever the impact column says."""
    leaps = named(
        "jump|jumping|jogging|running|run|sprints|skater|high knees|butt kick|burpee|squat thrust"
        "|power clean|double under"
    )
    assert {one.id for one in ALL if leaps(one)} == {one.id for one in ALL if one.impact is Impact.HIGH}


@pytest.mark.parametrize("condition", sorted(set(Condition) - NEVER_PLANNED))
@pytest.mark.parametrize("level", Level)
def test_nobody_is_offered_what_their_condition_forbids(condition: Condition, level: Level) -> None:
    """The envelope of one condition, in a full gym and with nothing, against the rules."""
    for equipment in (None, frozenset[Equipment]()):
        offered = envelope(condition, level, equipment)
        broken = [(one.id, rule.why) for one in offered for rule in RULES if rule.forbids(one, condition)]
        assert broken == []


@pytest.mark.parametrize("condition", sorted(set(Condition) - NEVER_PLANNED))
def test_caution_leaves_a_whole_training_week(condition: Condition) -> None:
    """A beginner in a gym keeps something for legs, trunk, pushing or pulling, and heart."""
    left = {one.pattern for one in envelope(condition, Level.BEGINNER, None)}
    legs = {Pattern.SQUAT, Pattern.HINGE, Pattern.ISOLATION_LEGS}
    pushes = {Pattern.HORIZONTAL_PUSH, Pattern.ISOLATION_PUSH}
    pulls = {Pattern.HORIZONTAL_PULL, Pattern.ISOLATION_PULL}
    assert {Pattern.CORE, Pattern.CARDIO, Pattern.MOBILITY} <= left
    assert all(left & kind for kind in (legs, pushes, pulls))


def test_names_say_the_equipment() -> None:
    """A dumbbell, a kettlebell, a band, a cable, straps or a ball in the name is one in the row."""
    words = {
        "dumbbell": {Equipment.DUMBBELL},
        "barbell": {Equipment.BARBELL},
        "kettlebell": {Equipment.KETTLEBELL},
        "band": {Equipment.RESISTANCE_BAND},
        "cable": {Equipment.CABLE},
        "strap": {Equipment.SUSPENSION_TRAINER},
        "ball": {Equipment.STABILITY_BALL, Equipment.MEDICINE_BALL},
        "machine": {Equipment.MACHINE},
        "treadmill": {Equipment.TREADMILL},
        "bench": {Equipment.BENCH},
        "bike": {Equipment.STATIONARY_BIKE},
    }
    for word, items in words.items():
        wrong = [one.id for one in ALL if named(word)(one) and not items & one.equipment]
        assert wrong == []


def test_one_sided_names_are_one_sided() -> None:
    """Single legs, lunges and side planks take both sides in turn; a jump lunge changes sides by itself."""
    pattern = named(
        "(?<!jump )lunge|single leg|pistol|bulgarian|split|side plank|step up|suitcase|renegade|bird dog"
    )
    assert [one.id for one in ALL if pattern(one) and not one.unilateral] == []


def test_french_names_are_french() -> None:
    """Ligatures and accents in place, lower case but for names of people and letters."""
    wrong = re.compile(
        r"medecine|etirement|\belev|souleve|developpe|ecarte|\bepaul|poussee|releve|\b[tvy]\b|arnold|pallof"
    )
    assert [one.name(Language.FR) for one in ALL if wrong.search(one.name(Language.FR))] == []
