"""Words that advice must not hold: medical claims for anybody, and what a member must not eat or do.

The grammar spells around what a member must not be told (:mod:`fitbox.advice.spelling`). The medical words
would cost each member's grammar 250 rules more, so they are left to :mod:`fitbox.advice.check`: a text that
holds one is generated again and after that answered by the planner. Stems catch every ending; whole words are
used where a stem would also catch innocent words.
"""

from __future__ import annotations

import re

from fitbox.assessment import Assessment, SafetyNote
from fitbox.profile import Allergen, Condition, Diet, Language, Profile

MEDICAL_STEMS = (
    # Diagnosis and disease, English and French.
    *("diagnos", "disease", "illness", "sickness", "maladie", "symptom", "symptôm", "patholog", "syndrom"),
    *("cancer", "diabet", "diabèt", "hypertens", "cholesterol", "cholestérol", "tumor", "tumeur", "infarct"),
    *("anemia", "anémie", "arthrit", "depress", "dépress", "asthma", "asthme", "thyro"),
    # Cure and treatment.
    *(
        "cure",
        "curing",
        "curati",
        "guéri",
        "remède",
        "remedy",
        "remedies",
        "treatm",
        "traitement",
        "therap",
        "thérap",
    ),
    # Medication, supplements and doses.
    *("medicat", "medicin", "médicament", "médicin", "prescri", "dosage", "posologie", "supplement"),
    *("supplément", "comprimé", "gélule", "capsule", "antibio", "ibuprof", "aspirin", "paracet"),
    *("insulin", "metformin", "steroid", "stéroïd", "hormon", "testoster", "testostér", "creatin"),
    *(
        "créatin",
        "ephedr",
        "éphédr",
        "laxati",
        "diureti",
        "diuréti",
        "vaccin",
        "inject",
        "vitamin",
        "ozempic",
    ),
    *("detox", "détox", "painkill", "antidoul", "analgés", "analges"),
)
"""A word that begins with one of these is a medical claim."""

MEDICAL_WORDS = frozenset(
    {"drug", "drugs", "drogue", "drogues", "pill", "pills", "pilule", "pilules", "tablet", "tablets"}
    | {
        "dose",
        "doses",
        "mg",
        "statin",
        "statins",
        "statine",
        "statines",
        "heals",
        "heal",
        "treat",
        "treats",
        "soigner",
        "soigne",
    }
)

_MEAT = {
    "meat",
    "meats",
    "beef",
    "chicken",
    "turkey",
    "pork",
    "ham",
    "bacon",
    "lamb",
    "steak",
    "viande",
    "viandes",
}
_MEAT |= {
    "bœuf",
    "boeuf",
    "poulet",
    "dinde",
    "porc",
    "jambon",
    "agneau",
    "veau",
    "sausage",
    "sausages",
    "saucisse",
}
_PORK = {"pork", "ham", "bacon", "porc", "jambon", "lardon", "lardons", "gelatin", "gélatine"}
_FISH = {
    "fish",
    "salmon",
    "tuna",
    "sardine",
    "sardines",
    "cod",
    "trout",
    "poisson",
    "poissons",
    "saumon",
    "thon",
}
_FISH |= {"cabillaud", "truite", "mackerel", "maquereau"}
_SHELLFISH = {
    "shrimp",
    "shrimps",
    "prawn",
    "prawns",
    "crab",
    "lobster",
    "crevette",
    "crevettes",
    "crabe",
    "homard",
}
_MOLLUSCS = {"mussel", "mussels", "oyster", "oysters", "clam", "clams", "squid", "moule", "moules", "huître"}
_MOLLUSCS |= {"huîtres", "calmar", "calmars", "octopus", "poulpe", "seafood"}
_DAIRY = {
    "milk",
    "cheese",
    "yogurt",
    "yoghurt",
    "butter",
    "cream",
    "whey",
    "dairy",
    "lait",
    "fromage",
    "fromages",
}
_DAIRY |= {
    "yaourt",
    "yaourts",
    "beurre",
    "crème",
    "laitage",
    "laitages",
    "laitier",
    "laitiers",
    "kefir",
    "skyr",
}
_EGGS = {"egg", "eggs", "omelet", "omelette", "œuf", "œufs", "oeuf", "oeufs"}
_HONEY = {"honey", "miel"}
_ALCOHOL = {"alcohol", "beer", "wine", "alcool", "bière", "vin"}
_NUTS = {
    "nut",
    "nuts",
    "almond",
    "almonds",
    "walnut",
    "walnuts",
    "cashew",
    "cashews",
    "hazelnut",
    "hazelnuts",
}
_NUTS |= {
    "noix",
    "amande",
    "amandes",
    "noisette",
    "noisettes",
    "cajou",
    "pistachio",
    "pistachios",
    "pistache",
}
_PEANUTS = {"peanut", "peanuts", "arachide", "arachides", "cacahuète", "cacahuètes"}

ALLERGEN_WORDS: dict[Allergen, frozenset[str]] = {
    Allergen.GLUTEN: frozenset(
        {
            "wheat",
            "bread",
            "breads",
            "pasta",
            "barley",
            "rye",
            "oats",
            "oatmeal",
            "cereal",
            "cereals",
            "gluten",
        }
        | {
            "seitan",
            "couscous",
            "bulgur",
            "blé",
            "pain",
            "pains",
            "pâtes",
            "orge",
            "seigle",
            "avoine",
            "céréales",
        }
        | {"toast", "noodles", "nouilles", "semoule"}
    ),
    Allergen.CRUSTACEANS: frozenset(_SHELLFISH | {"seafood"}),
    Allergen.EGGS: frozenset(_EGGS),
    Allergen.FISH: frozenset(_FISH),
    Allergen.PEANUTS: frozenset(_PEANUTS | {"nuts"}),
    Allergen.SOYBEANS: frozenset(
        {"soy", "soya", "soybean", "soybeans", "tofu", "tempeh", "edamame", "soja", "miso"}
    ),
    Allergen.MILK: frozenset(_DAIRY),
    Allergen.NUTS: frozenset(_NUTS),
    Allergen.CELERY: frozenset({"celery", "celeriac", "céleri"}),
    Allergen.MUSTARD: frozenset({"mustard", "moutarde"}),
    Allergen.SESAME: frozenset({"sesame", "tahini", "hummus", "sésame", "houmous"}),
    Allergen.SULPHITES: frozenset({"wine", "vin", "vinegar", "vinaigre"}),
    Allergen.LUPIN: frozenset({"lupin", "lupins"}),
    Allergen.MOLLUSCS: frozenset(_MOLLUSCS),
}

DIET_WORDS: dict[Diet, frozenset[str]] = {
    Diet.OMNIVORE: frozenset(),
    Diet.PESCATARIAN: frozenset(_MEAT | _PORK),
    Diet.VEGETARIAN: frozenset(_MEAT | _PORK | _FISH | _SHELLFISH | _MOLLUSCS),
    Diet.VEGAN: frozenset(_MEAT | _PORK | _FISH | _SHELLFISH | _MOLLUSCS | _DAIRY | _EGGS | _HONEY),
    Diet.HALAL: frozenset(_PORK | _ALCOHOL),
    Diet.KOSHER: frozenset(_PORK | _SHELLFISH | _MOLLUSCS),
}

_IMPACT = {
    "jump",
    "jumps",
    "jumping",
    "run",
    "runs",
    "running",
    "sprint",
    "sprints",
    "sprinting",
    "plyometrics",
}
_IMPACT |= {"saut", "sauts", "sauter", "sautez", "courir", "courez", "course", "sprinter", "sprintez"}
_BEND = {"deadlift", "deadlifts", "situps", "crunch", "crunches", "soulevé"}
_PRESS = {"bench", "dips", "pushups", "press", "overhead", "pompes", "développé"}
_STRAIN = {
    "sprint",
    "sprints",
    "sprinting",
    "maximal",
    "failure",
    "échec",
    "exhaustion",
    "épuisement",
    "intervals",
}
_STRAIN |= {"intervalles", "apnée"}

CONDITION_WORDS: dict[Condition, frozenset[str]] = {
    Condition.KNEE: frozenset(_IMPACT | {"squat", "squats", "lunge", "lunges", "fente", "fentes"}),
    Condition.LOWER_BACK: frozenset(_IMPACT | _BEND),
    Condition.SHOULDER: frozenset(_PRESS),
    Condition.WRIST: frozenset({"pushups", "pompes", "plank", "planks", "planche"}),
    Condition.ELBOW: frozenset({"dips", "pushups", "pompes"}),
    Condition.HIP: frozenset(_IMPACT | {"lunge", "lunges", "fente", "fentes"}),
    Condition.ANKLE: frozenset(_IMPACT),
    Condition.NECK: frozenset({"situps", "crunch", "crunches", "headstand"}),
    Condition.HYPERTENSION: frozenset(_STRAIN),
    Condition.HEART_DISEASE: frozenset(_STRAIN),
    Condition.DIABETES: frozenset({"fasting", "jeûne", "jeûner", "jeûnez"}),
    Condition.ASTHMA: frozenset({"sprint", "sprints", "sprinting", "sprinter", "sprintez"}),
    Condition.OSTEOPOROSIS: frozenset(_IMPACT | _BEND),
    Condition.PREGNANCY: frozenset(_IMPACT | _STRAIN | _ALCOHOL | {"fasting", "jeûne", "jeûner"}),
}

DEFICIT_WORDS = frozenset(
    {
        "lose",
        "losing",
        "loss",
        "deficit",
        "diet",
        "dieting",
        "slim",
        "slimming",
        "fasting",
        "perdre",
        "perdez",
    }
    | {"perte", "déficit", "régime", "maigrir", "mincir", "jeûne", "jeûner"}
)
"""For members whom :mod:`fitbox.assessment` refuses a deficit."""

INNOCENT_IN_ENGLISH = frozenset({"pain", "pains", "course"})
"""French for bread and running; ``pain`` and ``course`` mean neither in English."""

NO_DEFICIT = frozenset(
    {SafetyNote.NO_DEFICIT_UNDERWEIGHT, SafetyNote.NO_DEFICIT_UNDER_18, SafetyNote.NO_DEFICIT_PREGNANCY}
)

_WORD = re.compile(r"[^\W\d_]+")


def words_of(text: str) -> list[str]:
    """Lower-case words; elisions and hyphens divide (``l'eau`` gives ``l`` and ``eau``)."""
    return _WORD.findall(text.lower())


def is_medical(word: str) -> bool:
    """Whether a lower-case word claims something that only a clinician may say."""
    return word in MEDICAL_WORDS or word.startswith(MEDICAL_STEMS)


def forbidden_words(profile: Profile, assessment: Assessment) -> frozenset[str]:
    """What no tip for this member may name: allergens, foods outside the diet, risky movements, deficits."""
    found = set(DIET_WORDS[profile.diet])
    for allergen in profile.allergies:
        found |= ALLERGEN_WORDS[allergen]
    for condition in profile.conditions:
        found |= CONDITION_WORDS[condition]
    young_or_light = profile.age_years < 18 or assessment.bmi < 18.5
    if young_or_light or NO_DEFICIT & set(assessment.safety_notes):
        found |= DEFICIT_WORDS
    if profile.language is Language.EN:
        found -= INNOCENT_IN_ENGLISH
    return frozenset(found)
