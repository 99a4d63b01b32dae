"""The ruler of what a reply says: it names what an outside table calls unmet, or it does not."""

from __future__ import annotations

from dataclasses import replace

from fitbox_trainer.examine.rulers.limits import LIMITS
from fitbox_trainer.examine.rulers.said import NUTRIENT_OF, unsaid

from fitbox.plan import NutrientTotal
from tests.examined import day

PLAIN = day(lunch={"white_rice": 200})
SODIUM = NutrientTotal(
    "SODIUM", "sodium", 900, "mg", None, 2000, 1.0, None, "WHO 2012", 2600, "Cook without."
)


def test_a_limit_is_said_only_where_field_and_notes_name_it() -> None:
    """One of them alone is not enough, nor is a field that says that all is well."""
    judged = {"who_sodium": False, "who_fibre": True, "efsa_iron": None}
    told = replace(PLAIN, nutrients=(SODIUM,), notes=("Sodium: cook without salt.",))
    assert unsaid(judged, told) == frozenset()
    for silent in (
        PLAIN,
        replace(told, notes=()),
        replace(told, nutrients=(replace(SODIUM, met=True),)),
        replace(told, nutrients=()),
    ):
        assert unsaid(judged, silent) == {"who_sodium"}


def test_every_limit_but_the_ranges_of_choice_must_be_said() -> None:
    """A new limit is not forgotten."""
    assert {limit.code for limit in LIMITS} - set(NUTRIENT_OF) == {
        "efsa_carbohydrate_range",
        "dga_protein_range",
    }
