"""Another day for one of several days of eating."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fitbox.errors import InvalidProfileError
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.shopping import shopping_list
from fitbox.nutrition.task import NUTRITION
from fitbox.nutrition.week import plan_week
from fitbox.plan import EatingWeek, Leftover
from fitbox.profile import Diet, Language
from fitbox.substitute.eating_day import ReceivedDays, regenerate_eating_day
from fitbox.substitute.received import ReceivedFood
from tests import fakes

CONSTRAINTS = NUTRITION.constrain(fakes.MEMBER)


def received(week: EatingWeek) -> ReceivedDays:
    """As it comes back."""
    return ReceivedDays(
        tuple(
            tuple(tuple(ReceivedFood(p.food_id, p.grams) for p in meal.portions) for meal in day.meals)
            for day in week.days
        ),
        week.leftovers,
        week.staples,
    )


def eaten(week: EatingWeek, number: int) -> set[str]:
    """Foods of a day, from 0."""
    return {portion.food_id for meal in week.days[number].meals for portion in meal.portions}


def refused(week: ReceivedDays, day: int, constraints: NutritionConstraints = CONSTRAINTS) -> dict[str, str]:
    """Fields and reasons."""
    with pytest.raises(InvalidProfileError) as caught:
        regenerate_eating_day(week, day, constraints)
    return {violation.field: violation.description for violation in caught.value.violations}


@pytest.mark.slow
def test_the_other_days_stay_to_the_gram_and_the_list_follows() -> None:
    """The new day is another one, whole and within the envelope, with few foods of the day that went."""
    week = plan_week(CONSTRAINTS, 3, 4)
    for day in range(1, 5):
        made = regenerate_eating_day(received(week), day, CONSTRAINTS)
        kept = [number for number in range(4) if number != day - 1]
        assert [made.days[number] for number in kept] == [week.days[number] for number in kept]
        new, old = eaten(made, day - 1), eaten(week, day - 1)
        assert len(new & old - set(week.staples)) <= len(old) / 3
        assert all(new != eaten(week, number) for number in range(4))
        plan = made.days[day - 1]
        assert NUTRITION.check(plan, CONSTRAINTS) == ()
        assert abs(plan.total_kcal / plan.target_kcal - 1) <= 0.02
        assert made.shopping == shopping_list(made.days, Language.EN)
        stay = [one for one in week.leftovers if day not in (one.day, one.cooked_on_day)]
        assert list(made.leftovers) == stay


@pytest.mark.slow
def test_every_number_names_a_day_of_its_own_for_good() -> None:
    """The same for the same number, and none for two of them, across the planner's groups of six."""
    week = received(plan_week(CONSTRAINTS, 5, 2))
    found = [regenerate_eating_day(week, 1, CONSTRAINTS, alternative=number) for number in range(8)]
    assert len({frozenset(eaten(made, 0)) for made in found}) == len(found)
    assert regenerate_eating_day(week, 1, CONSTRAINTS, alternative=7) == found[7]


@pytest.mark.slow
def test_a_single_day_has_another_one_and_may_hold_what_is_not_allowed_any_more() -> None:
    """That is what it is for: somebody became a vegan since then."""
    vegan = NUTRITION.constrain(fakes.MEMBER.model_copy(update={"diet": Diet.VEGAN}))
    week = received(plan_week(CONSTRAINTS, 7, 2))
    assert any("DIET (VEGAN)" in reason for reason in refused(week, 1, vegan).values())
    alone = ReceivedDays(week.days[:1])
    made = regenerate_eating_day(alone, 1, vegan)
    assert eaten(made, 0) <= vegan.allowed.keys()


@pytest.mark.slow
def test_days_that_are_not_of_the_envelope_are_refused_by_path_and_rule() -> None:
    """A day that is none of the week, foods and places that there are not, energy that is another's."""
    week = received(plan_week(CONSTRAINTS, 9, 3))
    for day in (-1, 0, 4, 100):
        assert refused(week, day) == {"day": "must be from 1 to 3"}
    assert refused(ReceivedDays(()), 1).keys() == {"day"}
    strange = replace(week, staples=("unicorn",), leftovers=(Leftover(9, 1, 1, 1), Leftover(2, 1, 1, 99)))
    assert refused(strange, 1).keys() == {"week.staples[0]", "week.leftovers[0]", "week.leftovers[1]"}
    first = week.days[1][0]
    unknown = replace(
        week,
        days=(week.days[0], ((ReceivedFood("unicorn", 10), *first[1:]), *week.days[1][1:]), week.days[2]),
    )
    assert refused(unknown, 1) == {
        "week.days[1].meals[0].portions[0].food_id": "is no identifier of the catalog"
    }
    less = tuple(tuple(ReceivedFood(f.food_id, max(1, f.grams // 2)) for f in meal) for meal in week.days[1])
    reasons = refused(replace(week, days=(week.days[0], less, week.days[2])), 3)
    assert "not within 2 %" in reasons["week.days[1]"]
    short = replace(week, days=(week.days[0], week.days[1][:2], week.days[2]))
    assert refused(short, 1)["week.days[1].meals"].startswith("must be 4")
