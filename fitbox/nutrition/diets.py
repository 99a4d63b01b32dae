"""Diets that follow from facts of the catalog instead of a flag in each row.

A rule says which foods a diet leaves out, and which kitchens it likes; it is keyed by the name that a profile
uses. Every rule can only take foods away.

====================  =======================================================================================
GLUTEN_FREE           Codex Alimentarius, CXS 118-1979, and Regulation (EU) No 828/2014: no food that declares
                      gluten; oats count as such, since they are rarely free of other cereals.
LOW_SODIUM            No usual portion above 345 mg of sodium, and 1500 mg a day (Lichtenstein AH et al.,
2021, Circulation 144:e472-e487). LOW_FODMAP            Gibson PR, Shepherd SJ, 2010, J Gastroenterol Hepatol
25:252-258; Varney J et al., 2017, J Gastroenterol Hepatol 32 Suppl 1:53-61: what ferments is left out in
usual portions, and jars with onion and garlic. For weeks and with a dietitian, not for always. MEDITERRANEAN
Bach-Faig A et al., 2011, Public Health Nutr 14:2274-2284: the pyramid's daily and weekly foods; processed
meat, butter, sweets and powders are no part of them. HINDU                 No beef and veal, nor pork; lamb,
poultry, fish, eggs and milk as in the airlines' meal HNML (International Air Transport Association). JAIN
Laidlaw J, 1995, Riches and Renunciation, Oxford: vegetarian without eggs, honey, anything that grows in the
ground (and jars with onion and garlic), fungi, aubergine, sprouts, or alcohol. ====================
=======================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fitbox.food_nutrients import Nutrient
from fitbox.foods import MOST_SODIUM_MG, Category, CulinaryUse, Food
from fitbox.profile import Allergen, Diet

LOW_SODIUM_MG = 1500.0
"""A day of the low-sodium diet."""


@dataclass(frozen=True)
class DietRule:
    """What a diet leaves out, and the cuisines of the table of dishes that it likes."""

    leaves_out: Callable[[Food], bool]
    likes: frozenset[str] = frozenset()
    sodium_mg: float | None = None
    """Most of a day, where the diet is about it."""


_ONION_AND_GARLIC = frozenset(
    """tomato_sauce curry_sauce pesto salsa guacamole hummus falafel tzatziki ratatouille mixed_vegetables
    tomato_soup baked_beans merguez pork_sausage veggie_burger mycoprotein vegetable_juice
    celeriac_remoulade""".split()  # noqa: SIM905
)
"""Composite foods whose usual recipes have one or the other."""

_FERMENTABLE = frozenset(
    """muesli granola bran_flakes soba_noodles sweet_potato cassava mashed_potatoes lentils red_lentils
    chickpeas black_beans kidney_beans white_beans pinto_beans split_peas broad_beans lupin_beans silken_tofu
    soya_mince soya_protein soya_milk soya_yogurt oat_milk kombucha coconut_water hot_chocolate orange_juice
    apple_juice skimmed_milk semi_skimmed_milk whole_milk kefir buttermilk plain_yogurt low_fat_yogurt
    greek_yogurt skyr cottage_cheese fromage_blanc quark ricotta cream_cheese paneer rice_pudding
    whey_protein cauliflower mushrooms asparagus leeks celery beetroot green_peas sweetcorn brussels_sprouts
    sauerkraut apple pear peach mango watermelon cherries plums applesauce banana grapes grapefruit dates
    raisins dried_apricots prunes avocado cashews pistachios almonds almond_butter honey beef_stew surimi
    milk_chocolate cereal_bar oat_biscuits fruit_sorbet tiramisu""".split()  # noqa: SIM905
)
"""High in fructans, galactans, lactose, fructose or polyols in the portion that is usual here."""

_LOW_IN_FERMENTABLE_GLUTEN = frozenset({"rolled_oats", "oat_bran", "cornflakes", "puffed_rice", "soy_sauce"})
"""Declare gluten, but have little of wheat's fructans in a portion."""

_GROWS_IN_THE_GROUND = frozenset(
    """boiled_potatoes baked_potato mashed_potatoes sweet_potato cassava gnocchi carrots beetroot leeks
    celeriac_remoulade""".split()  # noqa: SIM905
)

_LAMB = frozenset({"lamb_leg", "lamb_chops"})

_NOT_MEDITERRANEAN = frozenset(
    """bacon cooked_ham turkey_ham cured_ham pork_sausage merguez surimi butter vegan_margarine coconut_oil
    coconut_yogurt cream_cheese milk_chocolate cereal_bar hot_chocolate fruit_sorbet whey_protein
    soya_protein pea_protein maple_syrup mayonnaise bagel pancakes""".split()  # noqa: SIM905
)


def _salty(food: Food) -> bool:
    sodium_mg = food.portion_of(Nutrient.SODIUM)
    return sodium_mg is None or sodium_mg > MOST_SODIUM_MG


def _ferments(food: Food) -> bool:
    wheat = Allergen.GLUTEN in food.allergens and food.id not in _LOW_IN_FERMENTABLE_GLUTEN
    return wheat or food.id in _FERMENTABLE | _ONION_AND_GARLIC


def _not_hindu(food: Food) -> bool:
    return food.category is Category.MEAT and food.id not in _LAMB


def _not_jain(food: Food) -> bool:
    return (
        Diet.VEGETARIAN not in food.diets
        or food.category is Category.EGG
        or Allergen.EGGS in food.allergens
        or food.alcohol_g > 0
        or food.id in _GROWS_IN_THE_GROUND | _ONION_AND_GARLIC
        or food.id in {"honey", "mushrooms", "aubergine", "bean_sprouts", "sauerkraut"}
    )


RULES: Mapping[str, DietRule] = MappingProxyType(
    {
        "GLUTEN_FREE": DietRule(lambda food: Allergen.GLUTEN in food.allergens),
        "LOW_SODIUM": DietRule(_salty, sodium_mg=LOW_SODIUM_MG),
        "LOW_FODMAP": DietRule(_ferments),
        "MEDITERRANEAN": DietRule(
            lambda food: food.id in _NOT_MEDITERRANEAN or food.culinary_use is CulinaryUse.POWDER,
            frozenset(
                {"mediterranean", "greek", "italian", "spanish", "french", "middle eastern", "north african"}
            ),
        ),
        "HINDU": DietRule(_not_hindu, frozenset({"indian"})),
        "JAIN": DietRule(_not_jain, frozenset({"indian"})),
    }
)
"""By the name of the diet in a profile."""


def eats(diet: Diet, food: Food) -> bool:
    """Whether a diet may have a food: by its rule here, else by the flag in the food's row."""
    rule = RULES.get(diet.name)
    return diet in food.diets if rule is None else not rule.leaves_out(food)
