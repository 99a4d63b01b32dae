"""Whether a reply says which limits its day does not meet.

What is unmet is judged by :mod:`.limits`, by outside tables; the reply's word counts only where it names the
nutrient as one whose limit is not met or cannot be told, in its typed field and in the notes that the member
reads. A reply that says all is well has said nothing.

Every limit and reference value counts but the two ranges of choice (protein and carbohydrate).
"""

from __future__ import annotations

from collections.abc import Mapping

from fitbox.plan import NutritionPlan

NUTRIENT_OF: Mapping[str, str] = {
    "who_sodium": "SODIUM",
    "dga_sodium": "SODIUM",
    "who_potassium": "POTASSIUM",
    "who_saturated_fat": "SATURATED_FAT",
    "dga_saturated_fat": "SATURATED_FAT",
    "who_total_fat": "TOTAL_FAT",
    "efsa_fat": "TOTAL_FAT",
    "who_free_sugars": "FREE_SUGAR",
    "dga_added_sugar_a_meal": "ADDED_SUGAR",
    "who_fruit_vegetables": "FRUIT_VEGETABLES",
    "who_fibre": "FIBRE",
    "efsa_fibre": "FIBRE",
    "efsa_protein": "PROTEIN",
    "efsa_calcium_upper": "CALCIUM",
    "efsa_vitamin_d_upper": "VITAMIN_D",
    "efsa_zinc_upper": "ZINC",
    "efsa_iodine_upper": "IODINE",
    "efsa_selenium_upper": "SELENIUM",
    "efsa_iron_safe": "IRON",
    "efsa_calcium": "CALCIUM",
    "efsa_iron": "IRON",
    "efsa_magnesium": "MAGNESIUM",
    "efsa_folate": "FOLATE",
    "efsa_vitamin_b12": "VITAMIN_B12",
    "efsa_vitamin_d": "VITAMIN_D",
    "efsa_iodine": "IODINE",
}
"""The nutrient that a reply must name, by the limit's code."""


def unsaid(judged: Mapping[str, bool | None], day: NutritionPlan) -> frozenset[str]:
    """Codes of the limits that the day does not meet and the reply says nothing of."""
    unmet = {code for code, held in judged.items() if held is False and code in NUTRIENT_OF}
    return frozenset(code for code in unmet if not names(day, NUTRIENT_OF[code]))


def names(day: NutritionPlan, nutrient: str) -> bool:
    """Whether a reply names a nutrient whose limit it does not claim to keep."""
    notes = "\n".join(day.notes).lower()
    return any(
        total.code == nutrient and total.met is not True and total.name.lower() in notes
        for total in day.nutrients
    )
