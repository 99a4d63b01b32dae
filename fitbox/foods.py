"""The food catalog: what ``catalog/foods.csv`` says, typed and loaded once.

Nutrients are typical values per 100 g as eaten (grains, legumes, meat and fish cooked unless the name says
otherwise), in the conventions of USDA FoodData Central: carbohydrate is "by difference", so it includes
fibre. ``docs/nutrition.md`` explains every column and the caution behind the flags.

Minerals, vitamins and the like are in a file of their own (:mod:`fitbox.food_nutrients`), since they come
from elsewhere and are not all known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from types import MappingProxyType

from fitbox.catalog import rows
from fitbox.food_nutrients import Nutrient, food_nutrients
from fitbox.locales import LOCALES
from fitbox.profile import Allergen, Condition, Diet, Language


class Category(StrEnum):
    """What a food is."""

    GRAIN = "grain"
    STARCH = "starch"
    LEGUME = "legume"
    MEAT = "meat"
    POULTRY = "poultry"
    FISH = "fish"
    SEAFOOD = "seafood"
    EGG = "egg"
    DAIRY = "dairy"
    PLANT_PROTEIN = "plant_protein"
    VEGETABLE = "vegetable"
    FRUIT = "fruit"
    NUT_SEED = "nut_seed"
    FAT_OIL = "fat_oil"
    CONDIMENT = "condiment"
    BEVERAGE = "beverage"
    SWEET = "sweet"


class CulinaryUse(StrEnum):
    """What a food does in a meal, which decides what it is eaten with."""

    CEREAL = "cereal"
    BREAD = "bread"
    STARCH = "starch"
    LEGUME = "legume"
    PROTEIN = "protein"
    COLD_CUT = "cold_cut"
    EGG = "egg"
    CHEESE = "cheese"
    YOGURT = "yogurt"
    MILK = "milk"
    POWDER = "powder"
    VEGETABLE = "vegetable"
    FRUIT = "fruit"
    DRIED_FRUIT = "dried_fruit"
    NUTS = "nuts"
    SPREAD = "spread"
    FAT = "fat"
    SAUCE = "sauce"
    DRINK = "drink"
    SWEET = "sweet"


class MealRole(StrEnum):
    """The kinds of meal a food is eaten at; lunch and dinner are both ``main``."""

    BREAKFAST = "breakfast"
    MAIN = "main"
    SNACK = "snack"


class PortionClass(StrEnum):
    """How a food is measured out; :data:`PORTION_GRAMS` has the portions that a draft may name."""

    SPOON = "spoon"
    HANDFUL = "handful"
    CEREAL = "cereal"
    SLICE = "slice"
    PIECE = "piece"
    SERVING = "serving"
    BOWL = "bowl"
    GLASS = "glass"


PORTION_GRAMS: Mapping[PortionClass, tuple[int, ...]] = MappingProxyType(
    {
        PortionClass.SPOON: (5, 10, 15, 20),
        PortionClass.HANDFUL: (15, 20, 30, 40, 50),
        PortionClass.CEREAL: (30, 40, 50, 60, 80, 100),
        PortionClass.SLICE: (30, 60, 90, 120, 150),
        PortionClass.PIECE: (50, 100, 150, 200),
        PortionClass.SERVING: (80, 100, 120, 150, 200, 250),
        PortionClass.BOWL: (100, 150, 200, 250, 300),
        PortionClass.GLASS: (100, 150, 200, 250, 300, 400),
    }
)
"""Grams that a draft may name, a portion class. Few, so that a small model learns them, and none absurd."""

MOST_SODIUM_MG = 345.0
"""A food whose usual portion brings more is left out under :data:`SALT_SENSITIVE` conditions: 15 % of the
2,300 mg a day of the Dietary Guidelines for Americans, a sixth of the WHO's 2 g (2012, Guideline: sodium
intake). Labels call 20 % high and 5 % low (FDA, 5/20 guide); our choice between them leaves most bread and no
brined cheese."""

SALT_SENSITIVE = frozenset({Condition.HYPERTENSION, Condition.HEART_DISEASE})


@dataclass(frozen=True)
class Food:
    """One food. Nutrients are per 100 g as eaten, energy in kcal, the rest in grams."""

    id: str
    name_en: str
    """Short, lower case; also the name in model text."""
    kcal: float
    protein_g: float
    carbohydrate_g: float
    fat_g: float
    fibre_g: float
    alcohol_g: float
    portion_class: PortionClass
    portion_g: int
    """A typical portion; one of the portions of its class."""
    min_g: int
    max_g: int
    """The portion solver stays within these (for a usual appetite, see :mod:`fitbox.nutrition.solve`)."""
    category: Category
    culinary_use: CulinaryUse
    meal_roles: frozenset[MealRole]
    diets: frozenset[Diet]
    """Diets that may eat it; omnivores may eat everything."""
    allergens: frozenset[Allergen]
    contraindications: frozenset[Condition]
    """Conditions under which it is not offered: those of its row, and :data:`SALT_SENSITIVE` for too much
    salt. The rules are in ``docs/nutrition.md``."""
    note: str
    """Why a flag is not what the name alone would suggest."""
    nutrients: Mapping[Nutrient, float] = field(hash=False)
    """Per 100 g, in each nutrient's unit; what is not known is not there."""

    def name(self, language: Language) -> str:
        """The name that a member reads."""
        return self.name_en if language is Language.EN else LOCALES[language].foods[self.id]

    @cached_property
    def portions(self) -> tuple[int, ...]:
        """Grams that a draft may name, ascending: those of the class that lie within the food's bounds."""
        return tuple(g for g in PORTION_GRAMS[self.portion_class] if self.min_g <= g <= self.max_g)

    def portion_of(self, nutrient: Nutrient) -> float | None:
        """What the usual portion brings, in the nutrient's unit; ``None`` where it is not known."""
        per_100_g = self.nutrients.get(nutrient)
        return None if per_100_g is None else per_100_g * self.portion_g / 100

    @property
    def is_meat(self) -> bool:
        """Meat or poultry in the sense of kashrut."""
        return self.category in {Category.MEAT, Category.POULTRY}

    @property
    def is_dairy(self) -> bool:
        """Contains milk, which kashrut keeps apart from meat."""
        return Allergen.MILK in self.allergens

    @property
    def is_fish(self) -> bool:
        """Contains fish, which kashrut keeps apart from meat (Shulchan Aruch, Yoreh De'ah 116:2)."""
        return Allergen.FISH in self.allergens


@cache
def foods() -> Mapping[str, Food]:
    """Every food by id, in catalog order."""
    return MappingProxyType({row["id"]: _food(row) for row in rows("foods.csv")})


@cache
def foods_by_name() -> Mapping[str, Food]:
    """Every food by its English name, as model text names it."""
    return MappingProxyType({food.name_en: food for food in foods().values()})


def _food(row: Mapping[str, str]) -> Food:
    nutrients = _nutrients(row)
    return Food(
        id=row["id"],
        name_en=row["name_en"],
        kcal=float(row["kcal"]),
        protein_g=float(row["protein_g"]),
        carbohydrate_g=float(row["carbohydrate_g"]),
        fat_g=float(row["fat_g"]),
        fibre_g=float(row["fibre_g"]),
        alcohol_g=float(row["alcohol_g"]),
        portion_class=PortionClass(row["portion_class"]),
        portion_g=int(row["portion_g"]),
        min_g=int(row["min_g"]),
        max_g=int(row["max_g"]),
        category=Category(row["category"]),
        culinary_use=CulinaryUse(row["culinary_use"]),
        meal_roles=frozenset(MealRole(role) for role in row["meal_roles"].split()),
        diets=frozenset({Diet.OMNIVORE}) | frozenset(Diet(diet.upper()) for diet in row["diets"].split()),
        allergens=frozenset(Allergen(allergen) for allergen in row["allergens"].split()),
        contraindications=_contraindications(row, nutrients),
        note=row["note"],
        nutrients=nutrients,
    )


def _nutrients(row: Mapping[str, str]) -> Mapping[Nutrient, float]:
    """What is written down of a food, and what follows from it."""
    counted = (
        row["category"] in {Category.FRUIT, Category.VEGETABLE} and row["culinary_use"] != CulinaryUse.FAT
    )
    known = {
        **food_nutrients()[row["id"]],
        Nutrient.FIBRE: float(row["fibre_g"]),
        Nutrient.TOTAL_FAT: float(row["fat_g"]),
        Nutrient.PROTEIN: float(row["protein_g"]),
        Nutrient.FRUIT_VEGETABLES: 100.0 if counted else 0.0,
    }
    is_juice = row["culinary_use"] == CulinaryUse.DRINK and Allergen.MILK not in row["allergens"].split()
    free = known.get(Nutrient.SUGARS if is_juice else Nutrient.ADDED_SUGAR)
    if free is not None:
        known[Nutrient.FREE_SUGAR] = free
    return MappingProxyType(known)


def _contraindications(row: Mapping[str, str], nutrients: Mapping[Nutrient, float]) -> frozenset[Condition]:
    written = frozenset(Condition(word) for word in row["contraindications"].split())
    sodium_mg = nutrients[Nutrient.SODIUM] * int(row["portion_g"]) / 100
    return written | SALT_SENSITIVE if sodium_mg > MOST_SODIUM_MG else written
