"""The exercise catalog: complete, consistent, and safe by the rules that docs/workout.md states."""

from __future__ import annotations

import re

from fitbox.exercises import Impact, Mode, Muscle, Pattern, exercises
from fitbox.profile import Condition, Equipment, Language, Level

ALL = tuple(exercises().values())

HIGH_IMPACT_HARMS = {
    Condition.KNEE,
    Condition.HIP,
    Condition.ANKLE,
    Condition.HEART_DISEASE,
    Condition.OSTEOPOROSIS,
    Condition.PREGNANCY,
}

LOOKED_UP_ELSEWHERE = {
    *(Condition.LACTATION, Condition.POSTPARTUM, Condition.KIDNEY_DISEASE, Condition.DIALYSIS),
    *(Condition.EATING_DISORDER, Condition.INSULIN, Condition.BETA_BLOCKER, Condition.ANTICOAGULANT),
}
"""Conditions without a column of their own (:mod:`fitbox.conditions`)."""


def test_the_catalog_has_at_least_150_exercises_with_unique_names_in_both_languages() -> None:
    """A duplicate name would make the model's text ambiguous, or a member's plan unclear."""
    assert len(ALL) >= 150
    assert len({exercise.name_en for exercise in ALL}) == len(ALL)
    assert len({exercise.name(Language.FR) for exercise in ALL}) == len(ALL)


def test_each_row_is_well_formed() -> None:
    """Names are what the text format can carry, and every exercise trains something."""
    for one in ALL:
        assert re.fullmatch(r"[a-z]+( [a-z]+)*", one.name_en), one.id
        assert one.id == one.name_en.replace(" ", "_")
        assert one.name(Language.FR) != "", one.id
        assert one.primary_muscles, one.id
        assert not set(one.primary_muscles) & set(one.secondary_muscles), one.id
        if one.pattern is Pattern.CARDIO:
            assert one.mode is Mode.CARDIO, one.id


def test_every_item_of_equipment_is_used_alone_or_with_others() -> None:
    """A member never owns something that the catalog ignores."""
    assert {item for exercise in ALL for item in exercise.equipment} == set(Equipment)


def test_a_beginner_without_equipment_can_train_every_muscle_and_movement() -> None:
    """Carrying and loaded forearm work alone need something to hold."""
    menu = [one for one in ALL if not one.equipment and one.level is Level.BEGINNER]
    trained = {muscle for one in menu for muscle in (*one.primary_muscles, *one.secondary_muscles)}
    assert trained == set(Muscle)
    assert {one.pattern for one in menu} == set(Pattern) - {Pattern.CARRY}


def test_every_condition_excludes_something_and_leaves_every_kind_of_work_that_it_can() -> None:
    """One condition alone never takes strength, cardio or mobility away, even without equipment."""
    columns = frozenset[Condition]().union(*(one.contraindications for one in ALL))
    assert set(Condition) - columns == LOOKED_UP_ELSEWHERE
    for condition in columns:
        left = [
            one
            for one in ALL
            if condition not in one.contraindications and not one.equipment and one.level is Level.BEGINNER
        ]
        assert len(left) < len([one for one in ALL if not one.equipment and one.level is Level.BEGINNER]) or (
            condition in {Condition.ASTHMA, Condition.DIABETES}
        )
        assert {Pattern.CARDIO, Pattern.MOBILITY, Pattern.CORE} <= {one.pattern for one in left}


def test_with_all_conditions_at_once_and_no_equipment_something_gentle_remains() -> None:
    """Walking and breathing are for nearly everybody."""
    left = {one.id for one in ALL if not one.contraindications and not one.equipment}
    assert {"walking", "breathing", "chair_squat", "seated_march"} <= left
    assert len(left) >= 8


def test_high_impact_is_kept_from_everybody_whom_it_harms() -> None:
    """Jumps and running load joints and bones, raise blood pressure and risk falls."""
    for one in ALL:
        if one.impact is Impact.HIGH:
            assert one.contraindications >= HIGH_IMPACT_HARMS, one.id


def test_a_body_region_is_spared_by_every_exercise_that_isolates_it() -> None:
    """Elbows do no arm work, knees and ankles no work at their one joint."""
    for one in ALL:
        if one.pattern is Pattern.ISOLATION_PULL and one.primary_muscles[0] is Muscle.BICEPS:
            assert Condition.ELBOW in one.contraindications, one.id
        if one.primary_muscles[0] is Muscle.TRICEPS:
            assert Condition.ELBOW in one.contraindications, one.id
        if one.pattern is Pattern.ISOLATION_LEGS and Muscle.CALVES in one.primary_muscles:
            assert Condition.ANKLE in one.contraindications, one.id
        if one.pattern is Pattern.VERTICAL_PUSH:
            assert {Condition.SHOULDER, Condition.NECK} & one.contraindications, one.id


def test_inversions_are_kept_from_blood_pressure_and_the_neck() -> None:
    """A head below the heart raises pressure in the eyes and in the vessels."""
    for name in ("headstand", "shoulder_stand", "handstand_push_up"):
        excluded = exercises()[name].contraindications
        assert {
            Condition.NECK,
            Condition.HYPERTENSION,
            Condition.HEART_DISEASE,
            Condition.DIABETES,
            Condition.PREGNANCY,
        } <= excluded
