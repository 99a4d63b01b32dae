"""Foods that want a certain company: soy sauce goes on rice, not on mashed potatoes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_RICE = {"white_rice", "brown_rice", "basmati_rice", "wild_rice"}
_ASIAN = _RICE | {"rice_noodles", "soba_noodles", "egg_noodles", "edamame"}
_ITALIAN = {"pasta", "wholemeal_pasta", "gnocchi", "polenta", "spelt", "pearl_barley"}
_ORIENTAL = {"couscous", "bulgur", "quinoa", "millet", "buckwheat", "pita_bread", "chickpeas", "lentils"}
_MEXICAN = {
    "corn_tortilla",
    "wheat_tortilla",
    "white_rice",
    "brown_rice",
    "quinoa",
    "sweet_potato",
    "cassava",
}
_POTATOES = {"boiled_potatoes", "baked_potato", "mashed_potatoes", "sweet_potato"}
_LOAVES = {
    "wholemeal_bread",
    "white_bread",
    "rye_bread",
    "sourdough_bread",
    "baguette",
    "gluten_free_bread",
    "bagel",
    "english_muffin",
    "rice_cakes",
    "corn_cakes",
    "crispbread",
}

PARTNERS: Mapping[str, frozenset[str]] = {
    food: frozenset(partners)
    for food, partners in {
        "soy_sauce": _ASIAN,
        "sesame_oil": _ASIAN,
        "sesame_seeds": _ASIAN | _ORIENTAL,
        "curry_sauce": _RICE | {"chickpeas", "lentils", "red_lentils", "sweet_potato", "quinoa", "millet"},
        "tomato_sauce": _ITALIAN | _RICE | {"kidney_beans", "white_beans", "bulgur"},
        "pesto": _ITALIAN,
        "anchovies": _ITALIAN,
        "tahini": _ORIENTAL,
        "tzatziki": _ORIENTAL | _POTATOES,
        "salsa": _MEXICAN | {"black_beans", "kidney_beans", "pinto_beans"},
        "mustard": _POTATOES | _LOAVES | {"lentils", "split_peas"},
        "mayonnaise": _POTATOES | _LOAVES,
        "coconut_oil": _ASIAN | {"red_lentils", "sweet_potato", "plantain", "cassava"},
        "maple_syrup": {"pancakes", "bagel", "english_muffin"},
        "honey": _LOAVES | {"pancakes"},
        "jam": _LOAVES | {"pancakes"},
        "butter": _LOAVES,
        "vegan_margarine": _LOAVES,
        "peanut_butter": _LOAVES | {"celery"},
        "almond_butter": _LOAVES,
    }.items()
}
"""Foods by what they want to be eaten with; a food that is not listed goes with anything of its pattern."""


def is_welcome(food_id: str, company: Iterable[str]) -> bool:
    """Whether a food fits what a meal has already."""
    partners = PARTNERS.get(food_id)
    return partners is None or not partners.isdisjoint(company)
