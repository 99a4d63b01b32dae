"""Names of what a member must not eat or do, in English and French: catalog names, synonyms, dishes, brands.

The food catalog says of each of its foods which allergens it holds and which diets may eat it;
``catalog/names.txt`` adds what the catalog does not sell. Names are the second line of defence and not the
first: a sentence is told to a member with a restriction only if a person reviewed it for that restriction
(:mod:`fitbox.advice.vocabulary`), and even then not if it holds one of these names. Allergens: Annex II of
Regulation (EU) No 1169/2011.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from fitbox.advice.words import fold, phrases, sections
from fitbox.assessment import Assessment, SafetyNote
from fitbox.conditions import for_exercise, for_food
from fitbox.exercises import exercises
from fitbox.foods import Food, foods
from fitbox.nutrition.diets import eats
from fitbox.profile import Allergen, Condition, Diet, Language, Profile

_Titles = tuple[str, ...]
"""Of sections of ``catalog/names.txt``."""

ALLERGEN_TITLES: Mapping[Allergen, _Titles] = {allergen: (allergen.value.lower(),) for allergen in Allergen}

_ANIMALS = ("meat", "pork", "fish", "crustaceans", "molluscs", "gelatine")

DIET_TITLES: Mapping[Diet, _Titles] = {
    Diet.OMNIVORE: (),
    Diet.PESCATARIAN: ("meat", "pork", "gelatine"),
    Diet.VEGETARIAN: _ANIMALS,
    Diet.VEGAN: (*_ANIMALS, "milk", "eggs", "honey"),
    Diet.HALAL: ("pork", "alcohol", "gelatine"),
    Diet.KOSHER: ("pork", "crustaceans", "molluscs", "gelatine", "not kosher"),
    Diet.GLUTEN_FREE: ("gluten",),
    Diet.LOW_SODIUM: ("salt",),
    Diet.LOW_FODMAP: ("gluten", "milk", "honey"),
    Diet.MEDITERRANEAN: (),
    Diet.HINDU: ("meat", "gelatine"),
    Diet.JAIN: (*_ANIMALS, "eggs", "honey", "alcohol"),
}

CONDITION_TITLES: Mapping[Condition, _Titles] = {
    Condition.KNEE: ("impact", "squat"),
    Condition.LOWER_BACK: ("impact", "bend"),
    Condition.SHOULDER: ("press",),
    Condition.WRIST: ("wrist",),
    Condition.ELBOW: ("elbow",),
    Condition.HIP: ("impact", "squat"),
    Condition.ANKLE: ("impact",),
    Condition.NECK: ("neck",),
    Condition.HYPERTENSION: ("strain", "salt"),
    Condition.HEART_DISEASE: ("strain", "salt"),
    Condition.DIABETES: ("sugar",),
    Condition.ASTHMA: ("asthma",),
    Condition.OSTEOPOROSIS: ("impact", "bend"),
    Condition.PREGNANCY: ("impact", "strain", "alcohol", "pregnancy"),
    Condition.LACTATION: ("alcohol",),
    Condition.POSTPARTUM: ("strain",),
    Condition.KIDNEY_DISEASE: ("strain", "salt"),
    Condition.DIALYSIS: ("strain", "salt"),
    Condition.EATING_DISORDER: ("deficit",),
    Condition.INSULIN: ("sugar",),
    Condition.BETA_BLOCKER: ("strain", "pulse"),
    Condition.ANTICOAGULANT: ("impact", "strain"),
}

DEFICIT_TITLES: _Titles = ("deficit",)
"""For members whom :mod:`fitbox.assessment` refuses a deficit."""


@cache
def _sections() -> Mapping[str, frozenset[str]]:
    """Read when it is first asked for: an import reads no file that can be refused."""
    return sections("names.txt")


def named_under(*titles: str) -> frozenset[str]:
    """The folded names of sections of ``catalog/names.txt``."""
    return frozenset[str]().union(*(_sections()[title] for title in titles))


def innocent(language: Language) -> frozenset[str]:
    """Words that name a food or a movement in the other language only, as ``pain`` does."""
    return _sections().get(f"innocent {language.value}", frozenset())


NO_DEFICIT = frozenset(
    {SafetyNote.NO_DEFICIT_UNDERWEIGHT, SafetyNote.NO_DEFICIT_UNDER_18, SafetyNote.NO_DEFICIT_PREGNANCY}
    | {SafetyNote.NO_DEFICIT_AFTER_BIRTH}
)


def lacks_reserve(profile: Profile, assessment: Assessment) -> bool:
    """Whether losing weight must not be spoken of to a member."""
    young_or_light = profile.age_years < 18 or assessment.bmi < 18.5
    return young_or_light or bool(NO_DEFICIT & set(assessment.safety_notes))


def forbidden_names(profile: Profile, assessment: Assessment) -> frozenset[str]:
    """Folded names that no tip for this member may hold: allergens, foods outside the diet, risks,
    deficits."""
    return _forbidden(
        profile.diet,
        frozenset(profile.allergies),
        for_exercise(profile) | for_food(profile),
        lacks_reserve(profile, assessment),
        profile.language,
    )


@lru_cache(maxsize=1024)
def _forbidden(
    diet: Diet,
    allergies: frozenset[Allergen],
    conditions: frozenset[Condition],
    reserve: bool,
    language: Language,
) -> frozenset[str]:
    found = set(named_under(*DIET_TITLES[diet]))
    for allergen in allergies:
        found |= named_under(*ALLERGEN_TITLES[allergen])
    for condition in conditions:
        found |= named_under(*CONDITION_TITLES[condition])
    if reserve:
        found |= named_under(*DEFICIT_TITLES)
    found -= innocent(language)
    for food in foods().values():
        if allergies & food.allergens or conditions & food.contraindications or not eats(diet, food):
            found |= _names_of(food)
    for exercise in exercises().values():
        if conditions & exercise.contraindications:
            found |= phrases(", ".join(map(exercise.name, Language)))
    return frozenset(found)


@cache
def catalog_words(language: Language) -> frozenset[str]:
    """Every folded word of the food and exercise catalogs in a language."""
    names = [food.name(language) for food in foods().values()]
    names += [exercise.name(language) for exercise in exercises().values()]
    return frozenset(fold(word) for name in names for word in name.lower().replace("'", " ").split())


def _names_of(food: Food) -> frozenset[str]:
    return phrases(", ".join(map(food.name, Language))) - phrases("bar")
