"""Edited plans against the member's envelope, and what was served, read again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitbox.errors import CorrectionRefusedError, NoPlanPossibleError
from fitbox.exercises import exercises
from fitbox.feedback.plans import corrected_text, items_of, served_of, served_text, why_not_allowed
from fitbox.foods import foods
from fitbox.nutrition.task import NUTRITION
from fitbox.profile import Allergen, Condition, Equipment, Profile
from fitbox.substitute.received import ReceivedDay, ReceivedFood
from fitbox.task import TaskName
from fitbox.workout.task import WORKOUT
from tests.fakes import MEMBER
from tests.feedback_made import eaten, week
from tests.strategies import profiles


@settings(max_examples=25)
@given(profiles(), st.integers(0, 100))
def test_what_was_served_reads_as_a_draft_again(profile: Profile, seed: int) -> None:
    """For members of all kinds; so a swap or correction has what it is compared with."""
    try:
        plan = week(profile, seed)
    except NoPlanPossibleError:
        return
    text = served_text(served_of(plan), profile)
    if text:  # what was fitted into the time may have fewer lines than the grammar writes
        constraints = WORKOUT.constrain(profile)
        again = WORKOUT.finish(WORKOUT.parse(text, constraints), constraints)
        assert not WORKOUT.check(again, constraints)
        assert items_of(served_of(again)) <= items_of(served_of(plan))


def test_a_week_and_a_day_that_were_served_have_their_drafts() -> None:
    """Of an ordinary member both do."""
    assert served_text(served_of(week()), MEMBER).startswith("1 ")
    assert served_text(served_of(eaten()), MEMBER).startswith("breakfast\n ")


def test_an_edited_week_is_kept_as_a_draft() -> None:
    """One exercise replaced by another that the member may do."""
    plan = served_of(week())
    assert plan
    assert isinstance(plan[0], ReceivedDay)
    line = plan[0].lines[0]
    there = items_of(plan)
    other = next(
        one for one in WORKOUT.constrain(MEMBER).exercises if one.mode is line.mode and one.id not in there
    )
    day = replace(plan[0], lines=(replace(line, exercise_id=other.id), *plan[0].lines[1:]))
    text = corrected_text((day, *plan[1:]), MEMBER)  # type: ignore[arg-type]
    assert other.name_en in text
    assert exercises()[line.exercise_id].name_en not in text.split("\n2 ")[0].split("\n")[1]


def test_an_edited_day_is_kept_with_portions_of_the_catalog() -> None:
    """What the solver made of them is computed again."""
    text = corrected_text(served_of(eaten()), MEMBER)  # type: ignore[arg-type]
    assert NUTRITION.parse(text, NUTRITION.constrain(MEMBER)).meals


def test_a_correction_that_breaks_the_envelope_names_each_item_and_rule() -> None:
    """So that the coach sees why."""
    member = MEMBER.model_copy(
        update={"equipment": frozenset({Equipment.DUMBBELL}), "conditions": frozenset({Condition.KNEE})}
    )
    plan = served_of(week(member))
    assert plan
    assert isinstance(plan[0], ReceivedDay)
    assert isinstance(plan[1], ReceivedDay)
    first = replace(plan[0].lines[0], exercise_id="back_squat")
    second = replace(plan[1].lines[0], sets=99)
    edited = (
        replace(plan[0], lines=(first, *plan[0].lines[1:])),
        replace(plan[1], lines=(second, *plan[1].lines[1:])),
        *plan[2:],
    )
    with pytest.raises(CorrectionRefusedError) as caught:
        corrected_text(edited, member)  # type: ignore[arg-type]
    told = {one.field: one.description for one in caught.value.violations}
    assert "EQUIPMENT" in told["plan.sessions[0].exercises[0].exercise_id"]
    assert any(field.startswith("plan.sessions[1].exercises[0]") for field in told)


def test_an_allergen_in_an_edited_day_is_refused() -> None:
    """A poisoned correction reaches nobody."""
    member = MEMBER.model_copy(update={"allergies": frozenset({Allergen.FISH})})
    day = served_of(eaten(member))
    assert day
    edited = ((*day[0][:-1], ReceivedFood("salmon", 150)), *day[1:])  # type: ignore[index]
    with pytest.raises(CorrectionRefusedError, match=r"portions.*ALLERG"):
        corrected_text(edited, member)  # type: ignore[arg-type]


@pytest.mark.parametrize(("task", "catalog"), [(TaskName.WORKOUT, exercises), (TaskName.NUTRITION, foods)])
def test_an_item_is_either_in_the_envelope_or_has_a_rule_against_it(task: TaskName, catalog: object) -> None:
    """For every item of the catalog."""
    for item in catalog():  # type: ignore[operator]
        reason = why_not_allowed(task, item, MEMBER)
        assert reason is None or reason.startswith("excluded by ")
