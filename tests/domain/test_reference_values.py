"""What a day brings against what it should bring: limits, sums that know what they cover, and notes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitbox.errors import NoPlanPossibleError, ReferralError
from fitbox.food_nutrients import Nutrient
from fitbox.foods import MOST_SODIUM_MG, SALT_SENSITIVE, CulinaryUse, foods
from fitbox.nutrition.constraints import NutritionConstraints, constrain
from fitbox.nutrition.finish import finish
from fitbox.nutrition.nutrients import Supply, supplies
from fitbox.nutrition.planner import plan_draft
from fitbox.nutrition.reference_values import Limits, most_fibre_g, most_potassium_mg, reference_values
from fitbox.nutrition.texts import TEXTS
from fitbox.nutrition.totals import is_met
from fitbox.plan import NutritionPlan
from fitbox.profile import Allergen, Condition, Diet, Language, Profile, Sex
from tests.examples import every
from tests.strategies import profiles

WOMAN = Profile(age_years=30, sex=Sex.FEMALE, weight_kg=62, height_cm=168)
MAN = Profile(age_years=30, sex=Sex.MALE, weight_kg=80, height_cm=180)


def limits_of(profile: Profile, kcal: float = 2000.0) -> dict[Nutrient, Limits]:
    """Of a day of this energy in four meals."""
    return dict(reference_values(profile, kcal, 14 * kcal / 1000, 4))


def plan_of(profile: Profile, seed: int = 0) -> tuple[NutritionPlan, NutritionConstraints]:
    """The planner's day."""
    constraints = constrain(profile)
    return finish(plan_draft(constraints, seed), constraints), constraints


@pytest.mark.parametrize(
    ("profile", "nutrient", "lower"),
    [
        (WOMAN, Nutrient.IRON, 16),
        (MAN, Nutrient.IRON, 11),
        (WOMAN.model_copy(update={"age_years": 60}), Nutrient.IRON, 11),
        (WOMAN.model_copy(update={"age_years": 16}), Nutrient.IRON, 13),
        (MAN, Nutrient.CALCIUM, 950),
        (MAN.model_copy(update={"age_years": 20}), Nutrient.CALCIUM, 1000),
        (MAN.model_copy(update={"age_years": 15}), Nutrient.CALCIUM, 1150),
        (MAN, Nutrient.VITAMIN_D, 15),
        (MAN, Nutrient.FOLATE, 330),
        (MAN.model_copy(update={"age_years": 14}), Nutrient.FOLATE, 270),
        (MAN, Nutrient.IODINE, 150),
        (MAN, Nutrient.POTASSIUM, 3500),
        (MAN, Nutrient.VITAMIN_B12, 4),
    ],
)
def test_lower_limits_are_those_of_efsa(profile: Profile, nutrient: Nutrient, lower: float) -> None:
    """By sex and age."""
    assert limits_of(profile)[nutrient].lower == lower


def test_pregnancy_raises_folate_iodine_and_vitamin_b12() -> None:
    """EFSA 2017: 600, 200 and 4.5 µg; iron stays what other women need, also at 60."""
    limits = limits_of(WOMAN.model_copy(update={"conditions": frozenset({Condition.PREGNANCY})}))
    raised = {n: limits[n].lower for n in (Nutrient.FOLATE, Nutrient.IODINE, Nutrient.VITAMIN_B12)}
    assert raised == {Nutrient.FOLATE: 600, Nutrient.IODINE: 200, Nutrient.VITAMIN_B12: 4.5}
    assert limits[Nutrient.IRON].lower == 16


def test_upper_limits_of_fat_and_sugar_follow_the_energy() -> None:
    """A tenth of it (WHO); sodium does not."""
    limits = limits_of(MAN, kcal=2700)
    assert limits[Nutrient.SATURATED_FAT].upper == pytest.approx(30)
    assert limits[Nutrient.FREE_SUGAR].upper == pytest.approx(67.5)
    assert limits[Nutrient.SODIUM].upper == 2000


def test_potassium_has_a_ceiling_that_depends_on_the_kidneys_and_their_medicines() -> None:
    """6 g for the healthy, 4.7 g where ACE inhibitors are usual."""
    assert most_potassium_mg(MAN) == 6000
    for condition in SALT_SENSITIVE:
        assert most_potassium_mg(MAN.model_copy(update={"conditions": frozenset({condition})})) == 4700


@pytest.mark.parametrize(("target", "most"), [(20, 40), (30, 45), (45, 60), (56, 60), (63, 63)])
def test_fibre_has_a_ceiling_above_its_target(target: float, most: float) -> None:
    """Half more, 40 g always, 60 g at most."""
    assert most_fibre_g(target) == most


@given(profiles(), st.floats(1200, 5000))
def test_nobody_has_a_floor_above_the_ceiling(profile: Profile, kcal: float) -> None:
    """Whatever the person, each nutrient can be had in an amount that suits."""
    for nutrient, limits in limits_of(profile, kcal).items():
        assert limits.source
        if limits.lower is not None and limits.upper is not None:
            assert limits.lower < limits.upper, nutrient


@given(profiles())
def test_no_food_of_a_salt_sensitive_member_is_too_salty(profile: Profile) -> None:
    """At its usual portion, whatever else the member is."""
    salt_sensitive = profile.model_copy(update={"conditions": profile.conditions | SALT_SENSITIVE})
    try:
        constraints = constrain(salt_sensitive)
    except NoPlanPossibleError:
        return
    portions = {food.id: food.portion_of(Nutrient.SODIUM) for food in constraints.foods}
    assert [food for food, mg in portions.items() if mg is None or mg > MOST_SODIUM_MG] == []


@given(profiles())
def test_protein_powder_is_for_adults_who_are_not_pregnant(profile: Profile) -> None:
    """Everybody else eats food."""
    try:
        constraints = constrain(profile)
    except NoPlanPossibleError:
        return
    if profile.age_years < 18 or Condition.PREGNANCY in profile.conditions:
        powders = [food.id for food in constraints.foods if food.culinary_use is CulinaryUse.POWDER]
        assert powders == []


def test_a_sum_says_how_much_of_the_day_it_covers() -> None:
    """A food with no published figure adds nothing, and takes its share of the energy out of the coverage."""
    rice, muesli = foods()["brown_rice"], foods()["muesli"]
    assert Nutrient.IRON not in muesli.nutrients
    day = [(rice, 200), (muesli, 50)]
    supply = supplies(day)[Nutrient.IRON]
    assert supply.amount == pytest.approx(2 * rice.nutrients[Nutrient.IRON])
    assert supply.coverage == pytest.approx(2 * rice.kcal / (2 * rice.kcal + 0.5 * muesli.kcal))
    assert supplies(day)[Nutrient.SODIUM].coverage == 1


@pytest.mark.parametrize(
    ("supply", "limits", "met"),
    [
        (Supply(100, 1.0), Limits(90, 110, ""), True),
        (Supply(80, 1.0), Limits(90, 110, ""), False),
        (Supply(120, 1.0), Limits(90, 110, ""), False),
        (Supply(120, 0.2), Limits(None, 110, ""), False),
        (Supply(80, 0.8), Limits(90, None, ""), None),
        (Supply(80, 0.95), Limits(90, None, ""), False),
        (Supply(100, 0.8), Limits(None, 110, ""), None),
        (Supply(0, 0.0), Limits(90, None, ""), None),
        (Supply(89.9, 1.0), Limits(90, None, ""), True),
    ],
)
def test_what_is_not_known_decides_nothing(supply: Supply, limits: Limits, met: bool | None) -> None:
    """Above the limit is certain, since the sum is the least; short of it only where enough is covered."""
    assert is_met(supply, limits, near=0.0) is met


@pytest.mark.parametrize(
    ("amount", "met"), [(89, False), (95, None), (100, True), (115, True), (125, None), (131, False)]
)
def test_a_limit_that_is_kept_by_less_than_tables_differ_is_not_said_to_be_kept(
    amount: float, met: bool | None
) -> None:
    """Between 90 and 130, a tenth of each limit is too near to tell."""
    assert is_met(Supply(amount, 1.0), Limits(90, 130, "")) is met


@given(profiles(), st.integers(0, 99))
def test_whoever_salts_as_usual_is_told_what_that_comes_to(profile: Profile, seed: int) -> None:
    """A day that keeps the limit of sodium only unsalted is not said to keep it."""
    try:
        plan, _ = plan_of(profile, seed)
    except (NoPlanPossibleError, ReferralError):
        return
    sodium = next(total for total in plan.nutrients if total.code == "SODIUM")
    assert sodium.with_usual_salt is not None
    assert sodium.upper is not None
    assert sodium.with_usual_salt >= sodium.amount
    assert (sodium.met is True) <= (sodium.with_usual_salt <= sodium.upper)
    assert all(bool(total.advice) == (total.met is not True) for total in plan.nutrients)


def test_a_plan_carries_every_nutrient_with_a_limit() -> None:
    """With its unit, its name and what it was judged by."""
    plan, _ = plan_of(WOMAN.model_copy(update={"language": Language.FR}))
    assert [total.code for total in plan.nutrients] == [n.value for n in limits_of(WOMAN)]
    assert {total.unit for total in plan.nutrients} == {"g", "mg", "ug"}
    assert all(total.name and total.source and 0 <= total.coverage <= 1 for total in plan.nutrients)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("seed", every(4, range(4)))
def test_the_notes_name_all_that_is_not_met(language: Language, seed: int) -> None:
    """Nothing is short or too much in silence."""
    plan, _ = plan_of(WOMAN.model_copy(update={"language": language}), seed)
    notes = "\n".join(plan.notes)
    assert [t.code for t in plan.nutrients if t.met is not True and t.name.lower() not in notes.lower()] == []


def test_there_is_something_to_say_of_each_limit() -> None:
    """A hint for each nutrient that can be short, and one for each that can be too much."""
    for nutrient, limits in limits_of(WOMAN).items():
        assert limits.lower is None or f"short.{nutrient}" in TEXTS.keys
        assert limits.upper is None or f"above.{nutrient}" in TEXTS.keys


@pytest.mark.parametrize(
    "profile",
    [
        WOMAN.model_copy(update={"diet": Diet.VEGAN}),
        WOMAN.model_copy(update={"allergies": frozenset({Allergen.MILK, Allergen.FISH, Allergen.EGGS})}),
    ],
)
def test_hints_name_nothing_that_the_member_does_not_eat(profile: Profile) -> None:
    """No fish, milk or eggs for who cannot have them."""
    plan, _ = plan_of(profile)
    hints = [note for note in plan.notes if note.startswith(("Calcium", "Vitamin", "Iodine", "Iron"))]
    assert hints
    assert [note for note in hints if any(word in note for word in ("egg", "meat", "milk", "Oily"))] == []


def test_pregnant_members_are_told_of_folic_acid_caffeine_and_alcohol() -> None:
    """What no menu can supply, and what none can leave out."""
    plan, _ = plan_of(WOMAN.model_copy(update={"conditions": frozenset({Condition.PREGNANCY})}))
    notes = "\n".join(plan.notes)
    assert all(word in notes for word in ("folic acid", "iodine", "caffeine", "alcohol"))
