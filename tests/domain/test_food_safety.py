"""The food catalog against what an allergist, a dietitian and a midwife would say from the names alone.

The rules are written apart from the catalog and from the envelope, and tried on both: a missing flag fails
the first test, a flag that the envelope ignores the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

import pytest

from fitbox.errors import NoPlanPossibleError
from fitbox.foods import Category, CulinaryUse, Food, foods
from fitbox.nutrition.constraints import NutritionConstraints, constrain
from fitbox.profile import Allergen, Condition, Diet, Language, Profile, Sex
from fitbox.referrals import REFERRALS
from tests.catalog_rules import Rule, named
from tests.examples import every
from tests.strategies import FLAGGED_DIETS

ALL = tuple(foods().values())

AllergenRule: TypeAlias = Rule[Food, Allergen]
ConditionRule: TypeAlias = Rule[Food, Condition]


def either(*predicates: Callable[[Food], bool]) -> Callable[[Food], bool]:
    """Whether any of these holds."""
    return lambda food: any(predicate(food) for predicate in predicates)


def is_a(*kinds: Category | CulinaryUse) -> Callable[[Food], bool]:
    """Whether a food is of one of these categories or uses."""
    return lambda food: food.category in kinds or food.culinary_use in kinds


def holds(why: str, allergen: Allergen, pattern: str, **exceptions: str) -> AllergenRule:
    """Foods with such a name hold the allergen."""
    return Rule(why, frozenset({allergen}), named(pattern), exceptions)


MIXES = "muesli|granola|cereal bar"
PLANT = "Made of plants alone, for people who drink no milk."

ALLERGEN_RULES: tuple[AllergenRule, ...] = (
    Rule("a fish is a fish", frozenset({Allergen.FISH}), is_a(Category.FISH)),
    Rule("an egg is an egg", frozenset({Allergen.EGGS}), is_a(Category.EGG)),
    Rule("dairy is milk", frozenset({Allergen.MILK}), is_a(Category.DAIRY)),
    holds(
        "a cereal with gluten, or what is made with one; oats are sown and milled beside wheat",
        Allergen.GLUTEN,
        "oats?|rye|wheat|barley|spelt|bulgur|couscous|seitan|bread|baguette|bagel|pita|tortilla|crispbread"
        "|muffin|pancakes|pasta|noodles|gnocchi|cornflakes|bran|biscuits|burger|falafel|pork sausage|surimi",
        gluten_free_bread="Made without it; that is what it is for.",
        corn_tortilla="Made of maize.",
        rice_noodles="Made of rice.",
    ),
    holds(
        "malt, flour in soups and gravies, soy sauce brewed with wheat, binders, sponge fingers",
        Allergen.GLUTEN,
        f"puffed rice|tomato soup|beef stew|soy sauce|smoked tofu|mycoprotein|tiramisu|{MIXES}",
    ),
    holds(
        "milk by its names",
        Allergen.MILK,
        "milk|buttermilk|butter|yogurt|cheese|kefir|skyr|quark|fromage|whey|paneer|ricotta|mozzarella|cheddar"
        "|emmental|gouda|feta|halloumi|parmesan|camembert|roquefort",
        soya_milk=PLANT,
        soya_yogurt=PLANT,
        oat_milk=PLANT,
        almond_milk=PLANT,
        rice_milk=PLANT,
        coconut_yogurt=PLANT,
        peanut_butter=PLANT,
        almond_butter=PLANT,
    ),
    holds(
        "milk, butter or cheese in dishes, and traces of it in chocolate",
        Allergen.MILK,
        "mashed|pancakes|english muffin|scrambled|omelette|gluten free bread|burger|mycoprotein|pesto"
        f"|tzatziki|chocolate|biscuits|pudding|tiramisu|{MIXES}",
    ),
    holds(
        "egg, or made with it: batter, fresh dough, mayonnaise, binders, lysozyme in grana padano",
        Allergen.EGGS,
        "eggs?|omelette|pancakes|gnocchi|gluten free bread|burger|mycoprotein|surimi|mayonnaise|remoulade"
        "|pesto|biscuits|tiramisu",
    ),
    holds(
        "soya by its names, as flour in bread, as lecithin in powders, spreads and sweets",
        Allergen.SOYBEANS,
        "soya|soy|tofu|tempeh|edamame|seitan|burger|surimi|whey protein|margarine|chocolate|biscuits"
        f"|white bread|wholemeal bread|baguette|gluten free bread|{MIXES}",
    ),
    holds("surimi is fish", Allergen.FISH, "surimi"),
    holds("shrimps, crabs, and their taste in surimi", Allergen.CRUSTACEANS, "prawns|crab|lobster|surimi"),
    holds(
        "molluscs, and squid in surimi",
        Allergen.MOLLUSCS,
        "mussels|clams|scallops|squid|octopus|oysters|snails|surimi",
    ),
    holds(
        "peanuts, mixes that hold them, and lupin, which many with the allergy do not bear",
        Allergen.PEANUTS,
        f"peanuts?|lupin|{MIXES}",
    ),
    holds(
        "tree nuts, mixes that hold them, and chocolate from lines where they run",
        Allergen.NUTS,
        f"almonds?|walnuts?|hazelnuts?|cashews?|pistachios?|pecans?|pesto|(dark|milk) chocolate|{MIXES}",
    ),
    holds("sesame", Allergen.SESAME, f"sesame|tahini|hummus|falafel|bagel|{MIXES}"),
    holds(
        "celery by name, in stock and in vegetable mixtures",
        Allergen.CELERY,
        "celery|celeriac|soup|stew|mixed vegetables|vegetable juice|ratatouille|tomato sauce|curry|burger",
    ),
    holds(
        "mustard, and what is seasoned with it",
        Allergen.MUSTARD,
        "mustard|mayonnaise|vinaigrette|remoulade|curry",
    ),
    Rule("dried fruit is sulphured", frozenset({Allergen.SULPHITES}), is_a(CulinaryUse.DRIED_FRUIT)),
    holds(
        "sulphites in wine and its vinegar, sausages, shellfish, potato flakes, pickles and dried coconut",
        Allergen.SULPHITES,
        "vinaigrette|mustard|mayonnaise|remoulade|tiramisu|sausage|merguez|prawns|crab|gnocchi|mashed"
        f"|sauerkraut|coconut flakes|{MIXES}",
    ),
    holds("lupin, also as flour", Allergen.LUPIN, "lupin|gluten free bread"),
)

PREGNANCY = frozenset({Condition.PREGNANCY})
CIRCULATION = frozenset({Condition.HYPERTENSION, Condition.HEART_DISEASE})

CONDITION_RULES: tuple[ConditionRule, ...] = (
    Rule("any alcohol", PREGNANCY, lambda food: food.alcohol_g > 0),
    Rule(
        "raw animal foods: listeria, toxoplasma, salmonella (NHS, Anses)",
        PREGNANCY,
        named("raw|sashimi|smoked salmon|cured|oysters|poached eggs|mayonnaise|remoulade|tiramisu"),
    ),
    Rule(
        "ready to eat, chilled meat and fish: listeria (CDC)",
        PREGNANCY,
        is_a(CulinaryUse.COLD_CUT),
        {"bacon": "Fried before it is eaten."},
    ),
    Rule("mould-ripened or raw-milk cheese", PREGNANCY, named("camembert|brie|roquefort|goat cheese")),
    Rule("liver: vitamin A", PREGNANCY, named("liver|pate")),
    Rule(
        "mercury: predators, to be avoided or limited (EFSA 2015, Anses); wild game: lead",
        PREGNANCY,
        named("swordfish|shark|marlin|tuna|monkfish|bass|bream|pike|venison"),
    ),
    Rule(
        "raw sprouts and what is not pasteurised",
        PREGNANCY,
        named("sprouts|kombucha"),
        {"brussels_sprouts": "A cabbage, and cooked."},
    ),
    Rule("salt: cured meat and fish", CIRCULATION, is_a(CulinaryUse.COLD_CUT)),
    Rule(
        "salt: what a dietitian would name, whatever the number says (WHO 2012)",
        CIRCULATION,
        named(
            "sausage|merguez|anchovies|soy sauce|olives|sauerkraut|feta|halloumi|roquefort|soup|baked beans"
            "|burger|gnocchi|cottage cheese|seitan|oysters|prawns|ratatouille|smoked tofu"
        ),
    ),
    Rule(
        "protein powder: meals first, and its additives are not tested in pregnancy",
        PREGNANCY,
        is_a(CulinaryUse.POWDER),
    ),
    Rule("grapefruit interacts with medicines (Bailey 2013)", CIRCULATION, named("grapefruit")),
    Rule(
        "drinks with sugar (ADA 2024)",
        frozenset({Condition.DIABETES}),
        lambda food: food.culinary_use is CulinaryUse.DRINK and food.carbohydrate_g - food.fibre_g >= 8,
    ),
    Rule(
        "sugar and nothing else (ADA 2024)",
        frozenset({Condition.DIABETES}),
        lambda food: food.category is Category.SWEET and food.protein_g < 1 and food.fat_g < 1,
    ),
)


def breaks_diet(food: Food, diet: Diet) -> bool:
    """Whether somebody who keeps the diet must not be offered the food."""
    flesh = is_a(Category.MEAT, Category.POULTRY, Category.FISH, Category.SEAFOOD)
    rennet = named("parmesan|roquefort|pesto")
    pork = named("pork|bacon|ham|sausage")(food) and not named("turkey")(food)
    forbidden: dict[Diet, bool] = {
        Diet.OMNIVORE: False,
        Diet.PESCATARIAN: is_a(Category.MEAT, Category.POULTRY)(food) or rennet(food),
        Diet.VEGETARIAN: flesh(food) or rennet(food),
        Diet.VEGAN: flesh(food)
        or is_a(Category.EGG, Category.DAIRY)(food)
        or named("honey")(food)
        or any(
            rule.forbids(food, allergen)
            for rule in ALLERGEN_RULES
            for allergen in (
                Allergen.MILK,
                Allergen.EGGS,
                Allergen.FISH,
                Allergen.CRUSTACEANS,
                Allergen.MOLLUSCS,
            )
        ),
        Diet.HALAL: pork or food.alcohol_g > 0 or rennet(food) or food.category is Category.SEAFOOD,
        Diet.KOSHER: pork
        or rennet(food)
        or food.category is Category.SEAFOOD
        # No scales, no cloven hoof and cud, a sinew that few remove, game that nobody slaughters by rite.
        or named("swordfish|monkfish|eel|shark|catfish|rabbit|lamb leg|venison")(food),
    }
    return forbidden[diet]


def envelope(**fields: object) -> NutritionConstraints | None:
    """What such a member may eat; None where that is too little for a plan."""
    values = {"age_years": 30, "sex": Sex.FEMALE, "weight_kg": 65, "height_cm": 168, **fields}
    try:
        return constrain(Profile.model_validate(values))
    except NoPlanPossibleError:
        return None


@pytest.mark.parametrize("rule", ALLERGEN_RULES, ids=lambda rule: rule.why)
def test_what_holds_an_allergen_declares_it(rule: AllergenRule) -> None:
    """From the food's kind or name alone; every exception is needed."""
    assert any(map(rule.applies, ALL))
    assert rule.breakers(ALL, lambda food: food.allergens) == []
    assert rule.idle_exceptions(ALL, lambda food: food.allergens) == []


@pytest.mark.parametrize("rule", CONDITION_RULES, ids=lambda rule: rule.why)
def test_what_harms_with_a_condition_is_contraindicated(rule: ConditionRule) -> None:
    """As food agencies and guidelines advise; every exception is needed."""
    assert any(map(rule.applies, ALL))
    assert rule.breakers(ALL, lambda food: food.contraindications) == []
    assert rule.idle_exceptions(ALL, lambda food: food.contraindications) == []


@pytest.mark.parametrize("diet", sorted(FLAGGED_DIETS))
def test_diet_flags_agree_with_kind_and_name(diet: Diet) -> None:
    """Flesh, rennet, pork, alcohol, shellfish, and what kashrut excludes."""
    assert [food.id for food in ALL if diet in food.diets and breaks_diet(food, diet)] == []


def test_what_vegans_eat_suits_everybody_without_alcohol() -> None:
    """A plant is halal and kosher."""
    rest = FLAGGED_DIETS - {Diet.VEGAN}
    plants = [food for food in ALL if Diet.VEGAN in food.diets and not food.alcohol_g]
    assert [food.id for food in plants if not rest <= food.diets] == []


@pytest.mark.parametrize("allergen", every(3, Allergen))
def test_nobody_is_offered_their_allergen(allergen: Allergen) -> None:
    """The envelope of one allergy, on every diet that leaves a plan, against the rules."""
    offered = [envelope(allergies={allergen}, diet=diet) for diet in Diet]
    assert offered[0] is not None
    for food in {
        food.id: food for constraints in filter(None, offered) for food in constraints.foods
    }.values():
        assert not any(rule.forbids(food, allergen) for rule in ALLERGEN_RULES), food.id


@pytest.mark.parametrize("condition", sorted(set(Condition) - REFERRALS.keys()))
def test_nobody_is_offered_what_their_condition_forbids(condition: Condition) -> None:
    """The envelope of one condition, against the rules; a condition alone never takes the plan away."""
    constraints = envelope(conditions={condition})
    assert constraints is not None
    for food in constraints.foods:
        assert not any(rule.forbids(food, condition) for rule in CONDITION_RULES), food.id


@pytest.mark.parametrize("diet", sorted(FLAGGED_DIETS))
def test_nobody_is_offered_what_their_diet_forbids(diet: Diet) -> None:
    """The envelope of one diet, against the rules; a diet alone never takes the plan away."""
    constraints = envelope(diet=diet)
    assert constraints is not None
    assert [food.id for food in constraints.foods if breaks_diet(food, diet)] == []


def test_a_kosher_menu_holds_no_meat_beside_milk_or_fish() -> None:
    """By kind and name, in every menu that a meal may be chosen from."""
    constraints = envelope(diet=Diet.KOSHER)
    assert constraints is not None
    milk = [rule for rule in ALLERGEN_RULES if Allergen.MILK in rule.flags]
    for menu in constraints.menus:
        if any(is_a(Category.MEAT, Category.POULTRY)(food) for food in menu):
            assert [f.id for f in menu if any(rule.forbids(f, Allergen.MILK) for rule in milk)] == []
            assert [f.id for f in menu if f.category is Category.FISH] == []


COOKED_KCAL, DRY_KCAL = 200, 240
"""Per 100 g, cooked starches and pulses have less than the first and dry cereal more than the second."""


def test_values_are_those_of_the_state_that_members_are_told() -> None:
    """Rice, pasta, pulses, meat and fish cooked, cereal dry: each has the energy or protein of that state."""
    boiled, dry = is_a(CulinaryUse.STARCH, CulinaryUse.LEGUME), is_a(CulinaryUse.CEREAL)
    assert [food.id for food in ALL if boiled(food) and food.kcal >= COOKED_KCAL] == []
    assert [food.id for food in ALL if dry(food) and food.kcal <= DRY_KCAL] == []
    flesh = is_a(Category.MEAT, Category.POULTRY, Category.FISH)
    assert [food.id for food in ALL if flesh(food) and not 16 <= food.protein_g <= 36] == []
    assert [food.id for food in ALL if flesh(food) and food.carbohydrate_g > 5] == []


def test_french_names_are_french() -> None:
    """Ligatures and accents in place, none twice, and no English but the words that French took over."""
    names = [food.name(Language.FR) for food in ALL]
    assert len(set(names)) == len(names)
    unligatured = re.compile(
        r"oeuf|boeuf|\b(?:pates|ble|cereale|legume|creme|puree|the)\b|[A-Z](?!ruxelles|aint|acques)"
    )
    assert [name for name in names if unligatured.search(name)] == []
    english = re.compile(r"\b(?:milk|bread|with|raw|beans?|cheese|chicken|beef|rice|oil|sauce \w+ed)\b")
    assert [name for name in names if english.search(name)] == []
