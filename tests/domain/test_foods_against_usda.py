"""The catalog against tables that nobody here wrote, where they lie beside the checkout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fitbox.foods import Food, foods

ROWS = next(
    (
        file
        for folder in Path(__file__).parents
        if (file := folder / "shared" / "data" / "foods_usda_rows.json").is_file()
    ),
    None,
)

EXPLAINED = {
    "sweet_potato": "Theirs is baked with fat.",
    "broad_beans": "Theirs are cooked with fat.",
    "tofu": "Theirs is soft bean curd; ours is firm.",
    "seitan": "Theirs is dry gluten flour.",
    "soya_yogurt": "Theirs is sweetened.",
    "beef_stew": "Theirs is of all cuts with their fat; ours is lean.",
    "roast_beef": "Theirs is of all cuts with their fat; ours is lean.",
    "cured_ham": "Theirs is prosciutto; French cured ham has more fat (Ciqual 28800).",
    "smoked_salmon": "Theirs is chinook; Atlantic salmon is fatter (Ciqual 26037).",
    "pollock": "Theirs is Alaska pollock; ours is saithe, of the Atlantic.",
    "anchovies": "Theirs are raw; ours lie in oil.",
    "salmon_sashimi": "Theirs is fatter than most (Ciqual 26036: 194 kcal).",
    "mixed_vegetables": "Theirs are canned and wet; ours frozen.",
    "tomato_soup": "Theirs is made thin with water.",
    "tahini": "Theirs is of hulled kernels; ours of whole seed (Ciqual 15203).",
    "coconut_flakes": "Theirs are sweetened.",
    "tomato_sauce": "Theirs is tomato alone; ours has oil and onion.",
    "mustard": "Theirs is mild and yellow; ours is from Dijon (Ciqual 11013).",
    "vinaigrette": "Theirs is vinegar.",
    "tiramisu": "Ours stands between a shop's (Ciqual 19698: 241 kcal) and a cook's.",
}
"""Foods whose row has the same name and is something else."""


def is_far(food: Food, kcal: float) -> bool:
    """Whether the energy differs by more than an eighth and by more than a bite."""
    return abs(food.kcal - kcal) > max(15.0, 0.12 * kcal)


@pytest.mark.skipif(ROWS is None, reason="no shared/data/foods_usda_rows.json beside the checkout")
def test_energy_agrees_with_usda_or_the_difference_is_explained() -> None:
    """Rows matched by name only, so who differs is one or the other; no explanation outlives its reason."""
    assert ROWS is not None
    theirs = {id_: float(row["Energy"]) for id_, row in json.loads(ROWS.read_text()).items() if row["Energy"]}
    compared = [food for food in foods().values() if food.id in theirs]
    assert len(compared) > 200
    assert sorted(food.id for food in compared if is_far(food, theirs[food.id])) == sorted(EXPLAINED)
