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

_NAMES = sections("names.txt")


def _any_of(*titles: str) -> frozenset[str]:
    return frozenset[str]().union(*(_NAMES[title] for title in titles))


ALLERGEN_NAMES: Mapping[Allergen, frozenset[str]] = {
    allergen: _any_of(allergen.value.lower()) for allergen in Allergen
}

_NO_ANIMALS = _any_of("meat", "pork", "fish", "crustaceans", "molluscs", "gelatine")

DIET_NAMES: Mapping[Diet, frozenset[str]] = {
    Diet.OMNIVORE: frozenset(),
    Diet.PESCATARIAN: _any_of("meat", "pork", "gelatine"),
    Diet.VEGETARIAN: _NO_ANIMALS,
    Diet.VEGAN: _NO_ANIMALS | _any_of("milk", "eggs", "honey"),
    Diet.HALAL: _any_of("pork", "alcohol", "gelatine"),
    Diet.KOSHER: _any_of("pork", "crustaceans", "molluscs", "gelatine", "not kosher"),
    Diet.GLUTEN_FREE: _any_of("gluten"),
    Diet.LOW_SODIUM: _any_of("salt"),
    Diet.LOW_FODMAP: _any_of("gluten", "milk", "honey"),
    Diet.MEDITERRANEAN: frozenset(),
    Diet.HINDU: _any_of("meat", "gelatine"),
    Diet.JAIN: _NO_ANIMALS | _any_of("eggs", "honey", "alcohol"),
}

CONDITION_NAMES: Mapping[Condition, frozenset[str]] = {
    Condition.KNEE: _any_of("impact", "squat"),
    Condition.LOWER_BACK: _any_of("impact", "bend"),
    Condition.SHOULDER: _any_of("press"),
    Condition.WRIST: _any_of("wrist"),
    Condition.ELBOW: _any_of("elbow"),
    Condition.HIP: _any_of("impact", "squat"),
    Condition.ANKLE: _any_of("impact"),
    Condition.NECK: _any_of("neck"),
    Condition.HYPERTENSION: _any_of("strain", "salt"),
    Condition.HEART_DISEASE: _any_of("strain", "salt"),
    Condition.DIABETES: _any_of("sugar"),
    Condition.ASTHMA: _any_of("asthma"),
    Condition.OSTEOPOROSIS: _any_of("impact", "bend"),
    Condition.PREGNANCY: _any_of("impact", "strain", "alcohol", "pregnancy"),
    Condition.LACTATION: _any_of("alcohol"),
    Condition.POSTPARTUM: _any_of("strain"),
    Condition.KIDNEY_DISEASE: _any_of("strain", "salt"),
    Condition.DIALYSIS: _any_of("strain", "salt"),
    Condition.EATING_DISORDER: _any_of("deficit"),
    Condition.INSULIN: _any_of("sugar"),
    Condition.BETA_BLOCKER: _any_of("strain", "pulse"),
    Condition.ANTICOAGULANT: _any_of("impact", "strain"),
}

DEFICIT_NAMES = _any_of("deficit")
"""For members whom :mod:`fitbox.assessment` refuses a deficit."""

INNOCENT: Mapping[Language, frozenset[str]] = {
    language: _NAMES.get(f"innocent {language.value}", frozenset()) for language in Language
}
"""Words that name a food or a movement in the other language only, as ``pain`` does."""

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
    found = set(DIET_NAMES[diet])
    for allergen in allergies:
        found |= ALLERGEN_NAMES[allergen]
    for condition in conditions:
        found |= CONDITION_NAMES[condition]
    if reserve:
        found |= DEFICIT_NAMES
    found -= INNOCENT[language]
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
