"""HEI-2020, DASH, limits and the checks of days of eating, on published or hand-computed cases."""

from __future__ import annotations

import pytest
from fitbox_trainer.examine.rulers import dash, hei, limits
from fitbox_trainer.examine.rulers.checks import run
from fitbox_trainer.examine.rulers.equivalents import Eaten, Equivalents, eaten, equivalents
from fitbox_trainer.examine.rulers.nutrients import Amount, Nutrient, NutrientTable, read_nutrients
from fitbox_trainer.examine.rulers.nutrition_checks import PLAIN_CHECKS, nutrient_checks
from fitbox_trainer.examine.rulers.variety import variety
from hypothesis import given
from hypothesis import strategies as st

from fitbox.foods import foods
from tests.examined import case, day, outside

VALIDATION = {
    "total_fruit": (0.0, 0.08),
    "whole_fruit": (0.0, 0.04),
    "total_vegetables": (0.0, 0.11),
    "greens_and_beans": (0.0, 0.02),
    "total_protein_foods": (0.0, 0.25),
    "seafood_and_plant_proteins": (0.0, 0.08),
    "whole_grains": (0.0, 0.15),
    "dairy": (0.0, 0.13),
    "fatty_acids": (1.2, 0.13),
    "refined_grains": (1.8, 0.25),
    "sodium": (1.1, 0.09),
    "added_sugars": (6.5, 1.95),
    "saturated_fats": (8.0, 0.8),
}
"""First value and step of each component in the eleven adult cases (1,000 kcal) of dietaryindex's
HEI2020_VALIDATION; the expected total is 40 to 60 in steps of 2."""


@pytest.mark.parametrize("number", range(11))
def test_the_published_validation_cases_score_as_published(number: int) -> None:
    """Every component moves by a tenth of its points a case, adequacy upwards and moderation downwards."""
    points = hei.score({name: first + number * step for name, (first, step) in VALIDATION.items()})
    assert sum(points.values()) == pytest.approx(40 + 2 * number)
    for name, standard in hei.STANDARDS.items():
        falling = name in {"refined_grains", "sodium", "added_sugars", "saturated_fats"}
        part = 1 - number / 10 if falling else number / 10
        assert points[name] == pytest.approx(standard.points * part, abs=1e-9)


@given(st.fixed_dictionaries({name: st.floats(0, 1000) for name in hei.STANDARDS}))
def test_the_index_stays_between_0_and_100(densities: dict[str, float]) -> None:
    """Whatever is eaten."""
    assert 0 <= sum(hei.score(densities).values()) <= 100


def test_equivalents_of_a_day_worked_out_by_hand() -> None:
    """164 g of chickpeas are a cup of pulses: a vegetable, and four ounces of protein food."""
    counted = eaten(day(lunch={"chickpeas": 164, "brown_rice": 98, "broccoli": 78}, dinner={"apple": 55}))
    assert counted.coverage == 1.0
    found = hei.densities(counted, kcal=1000, fat_g=20, saturated_g=4, sodium_mg=900)
    assert found["total_vegetables"] == pytest.approx(1.5)
    assert found["greens_and_beans"] == pytest.approx(1.5)
    assert found["total_protein_foods"] == found["seafood_and_plant_proteins"] == pytest.approx(4.0)
    assert found["whole_grains"] == pytest.approx(1.0)
    assert found["total_fruit"] == pytest.approx(0.5)
    assert found["fatty_acids"] == pytest.approx((0.95 * 20 - 4) / 4)
    assert found["saturated_fats"] == pytest.approx(3.6)


def test_juice_is_fruit_and_no_whole_fruit() -> None:
    """As in the index."""
    found = hei.densities(
        Eaten(Equivalents(juice_c=1.0), 1.0), kcal=1000, fat_g=10, saturated_g=1, sodium_mg=0
    )
    assert (found["total_fruit"], found["whole_fruit"]) == (1.0, 0.0)


def test_no_equivalent_is_of_a_food_that_is_not_in_the_catalog() -> None:
    """A renamed food would silently count for nothing."""
    assert equivalents().keys() <= foods().keys()
    assert len(equivalents()) >= 0.9 * len(foods())


@pytest.mark.parametrize(
    ("change", "points"),
    [
        ({}, 9.0),
        ({"saturated_fat_percent": 11}, 8.5),
        ({"sodium_mg": 1286}, 8.5),
        ({"sodium_mg": 1287}, 8.0),
        ({"protein_percent": 16.4, "fibre_g": 9.4}, 7.0),
        ({"potassium_mg": 1534, "calcium_mg": 402, "magnesium_mg": 158}, 7.5),
    ],
)
def test_dash_gives_a_point_at_the_goal_and_half_a_point_half_way(
    change: dict[str, float], points: float
) -> None:
    """Mellen's table, each nutrient at its goal unless changed."""
    assert dash.score({name: goal.full for name, goal in dash.GOALS.items()} | change) == points


TABLE = NutrientTable(
    {
        "white_rice": {Nutrient.SODIUM_MG: 400.0, Nutrient.SATURATED_FAT_G: 0.1, Nutrient.POTASSIUM_MG: 35.0},
        "bacon": {Nutrient.SODIUM_MG: 1700.0, Nutrient.SATURATED_FAT_G: 14.0, Nutrient.POTASSIUM_MG: 500.0},
    },
    "by hand",
)


def test_what_is_unknown_is_neither_nothing_nor_enough() -> None:
    """The rest of a day is taken to be like what is known, until too little is."""
    assert Amount(900.0, 0.9).estimate == pytest.approx(1000.0)
    assert Amount(900.0, 0.79).estimate is None
    known = TABLE.in_day(day(lunch={"white_rice": 200}, dinner={"broccoli": 100}), Nutrient.SODIUM_MG)
    assert known.known == 800.0
    assert known.coverage == pytest.approx(260 / 295)


def test_a_salted_day_is_outside_and_a_day_of_which_little_is_known_is_not_judged() -> None:
    """Both sodium limits, by hand: 2.1 g is above the WHO's and below the American one."""
    salted = day(lunch={"white_rice": 525})
    judged = limits.judge(salted, case(days=(salted,)), TABLE)
    assert (judged["who_sodium"], judged["dga_sodium"]) == (False, True)
    assert limits.judgeable(salted, TABLE)
    unknown = day(lunch={"broccoli": 300})
    assert limits.judge(unknown, case(days=(unknown,)), TABLE)["who_sodium"] is None
    assert not limits.judgeable(unknown, TABLE)


def test_fruit_and_vegetables_count_as_the_who_counts_them() -> None:
    """Neither potatoes, avocado, pulses nor juice."""
    planned = day(
        lunch={"boiled_potatoes": 300, "broccoli": 150, "avocado": 50},
        dinner={"apple": 120, "orange_juice": 200, "lentils": 150},
    )
    assert limits.fruit_and_vegetables_g(planned) == 270


def test_a_floor_of_potassium_is_no_limit_for_failing_kidneys() -> None:
    """Reference values describe the healthy."""
    assert all(one.low <= one.high for one in limits.LIMITS)
    assert len({one.code for one in limits.LIMITS}) == len(limits.LIMITS)


@pytest.mark.parametrize(
    ("meals", "code"),
    [
        ({"lunch": {"salmon": 150, "olive_oil": 10}, "dinner": {"salmon": 120}}, "lunch_dinner_share_one"),
        ({"lunch": {"lentils": 400}}, "starch_portion_400_g"),
        ({"lunch": {"cucumber": 250}}, "vegetable_portion_250_g"),
        ({"breakfast": {"baguette": 150}}, "bread_portion_150_g"),
        ({"breakfast": {"rice_milk": 400}}, "drink_portion_400_g"),
        ({"dinner": {"cod": 55}}, "meat_portion_55_g"),
        ({"snack": {}, "lunch": {"soya_protein": 30}}, "protein_powder"),
        ({"lunch": {"bran_flakes": 400}}, "fibre_above_60_g"),
    ],
)
def test_a_day_with_a_fault_is_found(meals: dict[str, dict[str, int]], code: str) -> None:
    """Each check on the smallest day that has the fault."""
    planned = day(**{name: portions for name, portions in meals.items() if portions})
    found = {one.check.code: one.count for one in run(PLAIN_CHECKS, [case(days=(planned,))])}
    assert found[code] == 1


def test_a_day_without_a_fault_is_left_alone() -> None:
    """What two meals share of oil and drink is no dish."""
    planned = day(
        lunch={"salmon": 150, "white_rice": 200, "olive_oil": 10},
        dinner={"chicken_breast": 120, "pasta": 200, "olive_oil": 10},
    )
    struck = [one.check.code for one in run(PLAIN_CHECKS, [case(days=(planned,))]) if one.count]
    assert struck == ["no_measure_or_dish"]


def test_checks_of_nutrients_need_enough_knowledge() -> None:
    """A day of bacon is salty and fat; a day of which nothing is known has no fault."""
    fat, unknown = day(lunch={"bacon": 200}), day(lunch={"broccoli": 300})
    checks = nutrient_checks(TABLE)
    struck = {one.check.code for one in run(checks, [case(days=(fat,))]) if one.count}
    assert {"sodium_above_2_g", "saturated_fat_above_10_percent"} <= struck
    assert not [one for one in run(checks, [case(days=(unknown,))]) if one.count]


def test_variety_sees_members_who_eat_the_same() -> None:
    """Distinct foods, the commonest one, and days repeated to the food."""
    one, other = day(lunch={"salmon": 150}), day(lunch={"salmon": 120}, dinner={"pasta": 200})
    found = variety([case(days=(one,)), case(days=(one,)), case(days=(other,))])
    assert (found.distinct_foods, found.commonest_food, found.commonest_food_share) == (2, "salmon", 1.0)
    assert found.repeated_days == 2


def test_the_rows_of_usda_are_read_with_what_they_do_not_know() -> None:
    """The whole file, where it is there; what it does not know is the catalog's."""
    table = read_nutrients(outside("foods_usda_rows.json"))
    assert table.of("rolled_oats", Nutrient.SODIUM_MG) == pytest.approx(0.6675)
    ours = read_nutrients(None)
    assert table.of("rolled_oats", Nutrient.SATURATED_FAT_G) == ours.of(
        "rolled_oats", Nutrient.SATURATED_FAT_G
    )
    assert table.of("rolled_oats", Nutrient.MAGNESIUM_MG) == pytest.approx(126.3)
    assert ours.of("rolled_oats", Nutrient.MAGNESIUM_MG) is None
