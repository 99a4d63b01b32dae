"""What is made of several things declares what jars, packets and bakers commonly put in.

Each kind has the least that its foods declare, written from labels and from what Open Food Facts' ingredient
taxonomy says of the parts (facts only). A composite food of no kind here fails, so that a new sauce cannot
come into the catalog with the two allergens that its name brings to mind.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from fitbox.foods import Category, CulinaryUse, Food, foods
from fitbox.profile import Allergen, Diet
from tests.catalog_rules import named

ALL = tuple(foods().values())

(
    GLUTEN,
    EGGS,
    MILK,
    NUTS,
    PEANUTS,
    SOYBEANS,
    CELERY,
    MUSTARD,
    SESAME,
    SULPHITES,
) = (
    Allergen.GLUTEN,
    Allergen.EGGS,
    Allergen.MILK,
    Allergen.NUTS,
    Allergen.PEANUTS,
    Allergen.SOYBEANS,
    Allergen.CELERY,
    Allergen.MUSTARD,
    Allergen.SESAME,
    Allergen.SULPHITES,
)


@dataclass(frozen=True)
class Kind:
    """Foods by the words of their names, and the least that each declares."""

    names: str
    least: frozenset[Allergen]
    why: str


def kind(names: str, why: str, *least: Allergen) -> Kind:
    """One row of the table."""
    return Kind(names, frozenset(least), why)


KINDS = (
    kind(
        "muesli|granola|cereal bar",
        "oats, nuts, seeds, dried fruit, milk powder, soya lecithin",
        *(GLUTEN, NUTS, PEANUTS, MILK, SOYBEANS, SESAME, SULPHITES),
    ),
    kind("cornflakes|bran flakes|puffed rice", "barley malt", GLUTEN),
    kind("wholemeal bread|white bread|baguette", "wheat, and soya flour as improver", GLUTEN, SOYBEANS),
    kind("rye bread|sourdough bread|pita bread|crispbread|wheat tortilla", "flour, water, salt", GLUTEN),
    kind("bagel", "improver and topping", GLUTEN, SOYBEANS, SESAME),
    kind("english muffin", "dough with milk, and improver", GLUTEN, MILK, SOYBEANS),
    kind("gluten free bread", "what takes the place of wheat", EGGS, MILK, SOYBEANS, Allergen.LUPIN),
    kind("pancakes", "batter, and lecithin in bought ones", GLUTEN, EGGS, MILK, SOYBEANS),
    kind("pasta|couscous|bulgur", "wheat", GLUTEN),
    kind("egg noodles", "wheat and egg", GLUTEN, EGGS),
    kind("soba noodles", "blended with wheat", GLUTEN),
    kind("gnocchi", "flour, egg, sulphured potato flakes", GLUTEN, EGGS, SULPHITES),
    kind("mashed potatoes", "milk, sulphured potato flakes", MILK, SULPHITES),
    kind("veggie burger", "soya or wheat, egg, milk, spices", SOYBEANS, GLUTEN, EGGS, MILK, CELERY, MUSTARD),
    kind("mycoprotein", "bound with egg white, milk or wheat", EGGS, MILK, GLUTEN),
    kind("falafel", "sesame, wheat, spices", SESAME, GLUTEN, CELERY),
    kind("seitan|smoked tofu|soy sauce", "soya and wheat", SOYBEANS, GLUTEN),
    kind("soya mince", "soya", SOYBEANS),
    kind("coconut yogurt", "often soya with coconut", SOYBEANS),
    kind("beef stew", "stock and flour in the gravy", CELERY, GLUTEN),
    kind("(cooked|turkey) ham", "stock, soya protein", CELERY, SOYBEANS),
    kind("pork sausage", "rusk, milk, soya, spices", GLUTEN, MILK, SOYBEANS, CELERY, MUSTARD, SULPHITES),
    kind("merguez", "rusk and spices", GLUTEN, CELERY, MUSTARD, SULPHITES),
    kind(
        "surimi",
        "fish, crab, egg white, wheat starch, soya",
        *(Allergen.FISH, Allergen.CRUSTACEANS, Allergen.MOLLUSCS, EGGS, GLUTEN, SOYBEANS),
    ),
    kind("scrambled eggs|omelette", "egg with milk or butter", EGGS, MILK),
    kind("whey protein", "milk, soya lecithin", MILK, SOYBEANS),
    kind("celeriac remoulade", "mayonnaise, yogurt in light ones", CELERY, EGGS, MUSTARD, MILK, SULPHITES),
    kind("mixed vegetables|vegetable juice", "celery is among them", CELERY),
    kind("ratatouille", "stock, dried onion", CELERY, SULPHITES),
    kind("tomato soup", "stock, flour, cream", CELERY, GLUTEN, MILK),
    kind("sauerkraut|coconut flakes", "sulphured", SULPHITES),
    kind(
        "curry sauce",
        "wheat flour, cream or yogurt, cashews, almonds, peanuts, spices",
        *(GLUTEN, MILK, NUTS, PEANUTS, SOYBEANS, CELERY, MUSTARD),
    ),
    kind("tomato sauce|salsa", "vegetable base, spices", CELERY),
    kind("pesto", "cheese, pine kernels or cashews, lysozyme", MILK, NUTS, EGGS),
    kind("mayonnaise", "egg, mustard, vinegar", EGGS, MUSTARD, SULPHITES),
    kind("mustard|vinaigrette", "mustard, vinegar", MUSTARD, SULPHITES),
    kind("hummus", "sesame, lemon concentrate", SESAME, SULPHITES),
    kind("guacamole", "cream or fresh cheese, dried onion", MILK, SULPHITES),
    kind("tzatziki", "yogurt, vinegar", MILK, SULPHITES),
    kind("tahini", "sesame", SESAME),
    kind("peanut butter|almond butter", "one line for both", NUTS, PEANUTS),
    kind("vegan margarine", "soya oil or lecithin", SOYBEANS),
    kind("hot chocolate", "milk, lecithin, malt", MILK, SOYBEANS, GLUTEN),
    kind("(dark|milk) chocolate", "milk, lecithin, nuts of the line", MILK, SOYBEANS, NUTS),
    kind(
        "oat biscuits", "flour, butter, egg, lecithin, nuts of the line", GLUTEN, MILK, EGGS, SOYBEANS, NUTS
    ),
    kind("rice pudding", "milk", MILK),
    kind("tiramisu", "sponge, egg, cheese, wine", GLUTEN, EGGS, MILK, SULPHITES, SOYBEANS),
)

SIMPLE = {
    "baked_beans": "Beans, tomato, sugar, spice extracts: labels declare nothing.",
    "honey": "One thing.",
    "jam": "Fruit and sugar.",
    "maple_syrup": "One thing.",
    "fruit_sorbet": "Fruit, sugar and water; with milk it would be called ice cream.",
    "kombucha": "Tea and sugar, fermented.",
    "anchovies": "Fish, salt and oil.",
    "sesame_seeds": "One thing.",
    "cream_cheese": "Milk alone.",
    "butter": "Milk alone.",
    "corn_tortilla": "Maize alone.",
    "rice_noodles": "Rice alone.",
    "rice_cakes": "Rice alone.",
    "corn_cakes": "Maize alone.",
    "bacon": "Meat, salt, smoke.",
    "cured_ham": "Meat and salt.",
    "smoked_salmon": "Fish, salt, smoke.",
    "pea_protein": "Peas alone; powders without flavour have no lecithin.",
    "soya_protein": "Soya alone.",
    "apple_juice": "Fruit alone.",
    "orange_juice": "Fruit alone.",
    "coconut_water": "One thing.",
    "dates": "Fruit, sulphured like all dried fruit.",
}


def is_composite(food: Food) -> bool:
    """Whether a maker decides what is in it: sauces, spreads, drinks, sweets, bread, cold cuts, dishes."""
    made = {
        CulinaryUse.SAUCE,
        CulinaryUse.SPREAD,
        CulinaryUse.SWEET,
        CulinaryUse.BREAD,
        CulinaryUse.COLD_CUT,
        CulinaryUse.POWDER,
        CulinaryUse.DRINK,
    }
    dishes = named(
        "muesli|granola|cornflakes|bran flakes|puffed rice|gnocchi|mashed|burger|mycoprotein|falafel|seitan"
        "|mince|stew|sausage|merguez|scrambled|omelette|remoulade|mixed|ratatouille|soup|baked beans|noodles"
        "|yogurt|pudding|sauerkraut"
    )
    plain = named("(beef|turkey) mince|(plain|low fat|greek|soya) yogurt")
    return (
        food.category in {Category.CONDIMENT, Category.SWEET}
        or food.culinary_use in made
        or (dishes(food) and not plain(food))
    )


@pytest.mark.parametrize("row", KINDS, ids=lambda row: row.names)
def test_a_kind_of_composite_food_declares_at_least_what_it_commonly_holds(row: Kind) -> None:
    """From the table above, not from the catalog."""
    of_kind = [food for food in ALL if named(row.names)(food) and not named(f"{row.names} oil")(food)]
    assert of_kind
    lacking = {food.id: sorted(row.least - food.allergens) for food in of_kind if row.least - food.allergens}
    allowed = {"gluten_free_bread", "rice_noodles", "corn_tortilla"}
    assert {id_: what for id_, what in lacking.items() if id_ not in allowed} == {}


def test_every_composite_food_is_of_a_kind() -> None:
    """Or stands among the simple ones with the reason."""
    known = [named(row.names) for row in KINDS]
    strange = [food.id for food in ALL if is_composite(food) and not any(match(food) for match in known)]
    assert sorted(set(strange) - set(SIMPLE)) == []


def test_a_simple_food_is_a_food() -> None:
    """No reason is left of one that is gone."""
    assert set(SIMPLE) <= set(foods())


VEGAN_BY_OTHERS = {
    "mycoprotein": "Vegan by the taxonomy, which means the fungus; sold pieces are bound with egg white.",
    "mashed_potatoes": "Vegan by the taxonomy, which means potatoes alone; ours are made with milk.",
}
"""Foods whose flags differ from Open Food Facts', and why. Of the others of the 223 found there by name none
do, but that it says "maybe" of bread, pasta, sauces and cheese, where we say what the catalog's rules say."""


def test_where_others_flag_otherwise_there_is_a_reason() -> None:
    """Ours is the more cautious one each time."""
    for id_, reason in VEGAN_BY_OTHERS.items():
        assert Diet.VEGAN not in foods()[id_].diets, reason


def test_the_curry_sauce_that_reached_a_coeliac_declares_what_jars_hold() -> None:
    """It is kept from coeliacs, from allergies to milk, nuts and peanuts, and from vegans."""
    curry = foods()["curry_sauce"]
    assert curry.allergens >= {GLUTEN, MILK, NUTS, PEANUTS}
    assert Diet.VEGAN not in curry.diets
