"""What people write into cells for the values of our categories, in English and French, and for "nothing".

Written as :mod:`.cells` makes every cell before it looks: lower case, without accents, typographic signs
replaced by plain ones. Words that could mean two of our values are left out rather than guessed.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache

from fitbox.profile import (
    Allergen,
    Condition,
    Diet,
    EnergyUnit,
    Equipment,
    FocusArea,
    Goal,
    JobActivity,
    Language,
    Level,
    Sex,
    UnitSystem,
    WorkoutType,
)

ENUMS: dict[str, type[StrEnum]] = {
    "sex": Sex,
    "level": Level,
    "goal": Goal,
    "workout_type": WorkoutType,
    "diet": Diet,
    "language": Language,
    "job_activity": JobActivity,
    "unit_system": UnitSystem,
    "energy_unit": EnergyUnit,
}
LIST_ENUMS: dict[str, type[StrEnum]] = {
    "equipment": Equipment,
    "conditions": Condition,
    "allergies": Allergen,
    "focus_areas": FocusArea,
}
LIST_FIELDS = (*LIST_ENUMS, "disliked_exercises", "disliked_foods")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BLANKS = _words(
    "na n/a n.a n.a. n/d n.d n.d. nd n/c n.c n.c. nc n/r nr nan null nil blank empty vide missing manquant "
    "manquante unknown inconnu inconnue ? ?? ??? . .. ... tbd tba tbc nat <na> undefined"
) | {
    *("", "not measured", "not available", "not applicable", "not known", "not recorded", "not stated"),
    *("not specified", "not provided", "not given", "not reported", "not tested", "not taken", "not done"),
    *("not set", "not entered", "no data", "no value", "no answer", "no record", "no reading"),
    *("non mesure", "non mesuree", "non renseigne", "non renseignee", "non communique", "non communiquee"),
    *("non disponible", "non applicable", "non connu", "non connue", "non precise", "non precisee"),
    *("non fait", "non faite", "non defini", "non definie", "non saisi", "non saisie", "non indique"),
    *("pas mesure", "pas mesuree", "pas renseigne", "pas de donnee", "pas de donnees", "sans objet"),
    *("sans reponse", "a completer", "a renseigner", "donnee manquante", "ne sait pas", "don't know"),
}
"""Cells that hold no value."""
BLANK_PATTERN = r"^(?:-[- ]*|_+|\*+|#[^0-9].*|#|err:\d+)$"
"""Dashes of any length, and the error values of spreadsheets: ``#N/A``, ``#DIV/0!``, ``#VALEUR!``,
``Err:502``, and the hashes of a column that was too narrow."""
NOTHING = _words("none no non aucun aucune neant rien false faux 0 nothing") | {
    *(
        "none reported",
        "none known",
        "no known",
        "rien a signaler",
        "ras",
        "r.a.s",
        "r.a.s.",
        "pas de",
        "sans",
    ),
    *("no allergy", "no allergies", "no known allergies", "pas d'allergie", "pas d'allergies"),
    *("aucune allergie", "aucune allergie connue", "no injury", "no injuries", "aucune blessure"),
    *("no focus", "pas de priorite", "aucune priorite"),
    *("no condition", "no conditions", "aucune pathologie", "no equipment", "no medical conditions"),
    *("sans materiel", "aucun materiel", "bodyweight", "bodyweight only", "body weight", "poids du corps"),
}
"""Items of a list that mean the empty list; in any other cell "none" and its like are no value."""
_NO_VALUE_ELSEWHERE = frozenset({"none", "aucun", "aucune", "neant", "nothing", "rien"})
"""The same in a cell that holds no list."""
NUMBERS = {
    word: str(number)
    for number, words in enumerate(
        (
            "",
            "one un une once",
            "two deux twice",
            "three trois",
            "four quatre",
            "five cinq",
            "six",
            "seven sept",
        )
    )
    for word in words.split()
}
"""Small numbers in words, as people write days, meals and hours."""

_SYNONYMS: dict[str, dict[str, str]] = {
    "sex": {
        "MALE": "m|man|boy|h|homme|masculin|garcon|mr|m.|mr.|monsieur|male (m)|\u2642",
        "FEMALE": "f|w|woman|girl|femme|feminin|fille|mme|mlle|mrs|ms|mrs.|ms.|mme.|madame|mademoiselle|"
        "\u2640",
    },
    "level": {
        "BEGINNER": "1|debutant|debutante|novice|beginner level|level 1|niveau 1|1 - beginner|1 - debutant|"
        "starter|new",
        "INTERMEDIATE": "2|intermediaire|moyen|moyenne|medium|level 2|niveau 2|2 - intermediate|"
        "2 - intermediaire|confirme|confirmee|average",
        "ADVANCED": "3|avance|avancee|expert|experte|level 3|niveau 3|3 - advanced|3 - avance|experienced|"
        "experimente|experimentee|pro|elite",
    },
    "goal": {
        "WEIGHT_LOSS": "lose weight|losing weight|fat loss|lose fat|loss of weight|slimming|perte de "
        "poids|perdre "
        "du poids|maigrir|mincir|amaigrissement|minceur|perte de graisse",
        "MODERATE_WEIGHT_LOSS": "moderate loss|lose some weight|perte de poids moderee|perdre un peu de "
        "poids",
        "MAINTENANCE": "maintain|maintain weight|weight maintenance|keep fit|stay fit|maintien|entretien|"
        "maintien du poids|stabilisation|rester en forme",
        "MUSCLE_GAIN": "gain muscle|build muscle|muscle building|muscle growth|gaining muscle|hypertrophy|"
        "prise de muscle|prendre du muscle|gain musculaire|prise de masse musculaire|hypertrophie",
        "BULKING": "bulk|bulk up|mass gain|gain mass|prise de masse|weight gain|gain weight|prise de poids",
        "ENDURANCE": "stamina|marathon|half marathon|semi-marathon|semi marathon|triathlon|running|race|"
        "run a marathon|improve endurance|build endurance|cardio endurance|course a pied|trail|cyclisme|"
        "ameliorer l'endurance|ameliorer son endurance",
        "SPORT": "sports|sport performance|sports performance|athletic performance|performance|athletic|"
        "preparation physique|preparation sportive|performance sportive",
        "GENERAL_HEALTH": "health|be healthy|stay healthy|get healthy|overall health|wellness|well-being|"
        "wellbeing|general fitness|overall fitness|fitness|get fit|sante|sante generale|bien-etre|bien etre|"
        "remise en forme|se remettre en forme|forme",
    },
    "workout_type": {
        "STRENGTH": "strength training|weight training|weights|weightlifting|weight lifting|resistance "
        "training|"
        "musculation|muscu|force|renforcement|renforcement musculaire|halterophilie",
        "CARDIO": "cardio training|cardiovascular|aerobic|aerobics|endurance|running|jogging|cycling|course|"
        "course a pied|velo|cardio-training",
        "HIIT": "h.i.i.t|h.i.i.t.|interval training|high intensity interval training|fractionne|"
        "high-intensity interval training|intervalles",
        "YOGA": "hatha yoga|vinyasa|vinyasa yoga|power yoga",
    },
    "diet": {
        "OMNIVORE": "omnivorous|no restriction|no restrictions|everything|anything|normal|regular|standard|"
        "omni|tout|normale|classique|sans restriction|aucune restriction|no diet|no special diet|none|no|non|"
        "aucun|aucune",
        "PESCATARIAN": "pescetarian|pescatarien|pescetarien|pescetarienne|pesco-vegetarian|pesco vegetarien",
        "VEGETARIAN": "veg|veggie|vegetarien|vegetarienne|vege|lacto-ovo vegetarian",
        "VEGAN": "vegane|vegetalien|vegetalienne|plant based|plant-based",
        "HALAL": "hallal",
        "KOSHER": "casher|cacher|kasher|kascher|cascher",
        "GLUTEN_FREE": "no gluten|gluten-free|gf|sans gluten|celiac|coeliac|coeliaque",
        "LOW_SODIUM": "low salt|low-salt|low-sodium|no salt|dash|sans sel|pauvre en sel|hyposode|peu de sel",
        "LOW_FODMAP": "fodmap|low-fodmap|pauvre en fodmap|pauvre en fodmaps|sans fodmap|ibs",
        "MEDITERRANEAN": "mediterranean diet|mediterraneen|mediterraneenne|cretois|cretoise",
        "HINDU": "no beef|hindou|hindoue|sans boeuf",
        "JAIN": "jaina|jainism|jaine|jainiste",
    },
    "language": {
        "EN": "english|anglais|eng|en-us|en-gb|en_us|en_gb|en-ca|en-au|uk|us",
        "FR": "french|francais|francaise|fra|fre|fr-fr|fr_fr|fr-ca|fr-be|fr-ch",
    },
    "equipment": {
        "DUMBBELL": "haltere|haltere court|dumb bell|free weight",
        "BARBELL": "barre|barre d'haltere|barre olympique|bar bell",
        "KETTLEBELL": "kettle bell|girya",
        "RESISTANCE_BAND": "elastique|bande elastique|elastic band|resistance bands|band",
        "CABLE": "poulie|cable machine|pulley",
        "MACHINE": "machine guidee|weight machine|appareil",
        "BENCH": "banc|weight bench|banc de musculation",
        "PULL_UP_BAR": "barre de traction|pullup bar|chin up bar|chin-up bar|barre traction",
        "MEDICINE_BALL": "medecine ball|medicine-ball|ballon leste|med ball",
        "STABILITY_BALL": "swiss ball|ballon de gym|gym ball|swissball|exercise ball",
        "BOX": "plyo box|boite|caisson",
        "SUSPENSION_TRAINER": "trx|sangle de suspension|suspension strap",
        "TREADMILL": "tapis de course|tapis roulant|tapis",
        "STATIONARY_BIKE": "exercise bike|velo d'appartement|velo stationnaire|spin bike|spinning bike",
        "ROWING_MACHINE": "rower|rameur",
        "ELLIPTICAL": "elliptique|velo elliptique|cross trainer|elliptical trainer",
        "JUMP_ROPE": "corde a sauter|skipping rope|jumprope",
    },
    "conditions": {
        "KNEE": "genou|genoux",
        "LOWER_BACK": "low back|back|dos|bas du dos|lombaire|lombalgie|lumbago|sciatica|sciatique|lumbar|"
        "herniated disc|"
        "hernie discale",
        "SHOULDER": "epaule|rotator cuff",
        "WRIST": "poignet|carpal tunnel|canal carpien",
        "ELBOW": "coude|tennis elbow",
        "HIP": "hanche",
        "ANKLE": "cheville|achille|achilles",
        "NECK": "cou|nuque|cervicale|cervicalgie|cervical",
        "HYPERTENSION": "high blood pressure|hypertension arterielle|hta|tension|high bp|hypertensive",
        "HEART_DISEASE": "heart|heart condition|cardiac|cardiac disease|maladie cardiaque|cardiopathie|"
        "cardiaque|coeur|"
        "coronary artery disease|cardiovascular disease|maladie cardiovasculaire",
        "DIABETES": "diabete|diabetic|diabetique|type 1 diabetes|type 2 diabetes|diabetes type 1|"
        "diabetes type 2|diabete type 1|diabete type 2|diabete de type 1|diabete de type 2|t1d|t2d",
        "ASTHMA": "asthme|asthmatic|asthmatique",
        "OSTEOPOROSIS": "osteoporose",
        "PREGNANCY": "pregnant|grossesse|enceinte",
        "LACTATION": "breastfeeding|breast feeding|breastfeed|lactating|nursing|nursing mother|allaitement|"
        "allaitante|allaite",
        "POSTPARTUM": "post partum|post-partum|postnatal|post natal|post-natal|after birth|after childbirth|"
        "gave birth|recent birth|accouchement|apres accouchement|apres l'accouchement|suite de couche",
        "KIDNEY_DISEASE": "kidney|renal disease|chronic kidney disease|ckd|renal insufficiency|"
        "kidney failure|renal failure|renal|insuffisance renale|maladie renale|"
        "insuffisance renale chronique|maladie renale chronique|rein",
        "DIALYSIS": "dialysed|dialyzed|haemodialysis|hemodialysis|peritoneal dialysis|dialyse|hemodialyse|"
        "dialyse peritoneale|dialysee",
        "EATING_DISORDER": "anorexia|anorexia nervosa|bulimia|bulimia nervosa|binge eating|"
        "binge eating disorder|trouble alimentaire|trouble du comportement alimentaire|tca|anorexie|boulimie|"
        "anorexie mentale|hyperphagie",
        "INSULIN": "on insulin|takes insulin|insulin dependent|insulin pump|insuline|sous insuline|"
        "insulinotherapie|pompe a insuline|insulinodependant|insulinodependante|sulfonylurea|"
        "sulfamide hypoglycemiant",
        "BETA_BLOCKER": "betablocker|b-blocker|bisoprolol|metoprolol|atenolol|propranolol|beta-bloquant|"
        "betabloquant|beta bloquant|sous betabloquant|nebivolol",
        "ANTICOAGULANT": "anti-coagulant|anti coagulant|blood thinner|blood-thinner|on blood thinner|"
        "anticoagulation|warfarin|apixaban|rivaroxaban|dabigatran|sous anticoagulant|fluidifiant|"
        "warfarine|avk|heparin|heparine",
    },
    "allergies": {
        "GLUTEN": "wheat|ble|celiac|coeliac|coeliaque|cereale",
        "CRUSTACEANS": "crustace|crustacean|prawn|shrimp|crevette|crab|crabe|lobster|homard",
        "CRUSTACEANS;MOLLUSCS": "shellfish|fruit de mer",
        "CRUSTACEANS;FISH;MOLLUSCS": "seafood",
        "EGGS": "egg|oeuf",
        "FISH": "poisson",
        "PEANUTS": "peanut|arachide|cacahuete|cacahouete|groundnut",
        "SOYBEANS": "soy|soya|soja|soybean",
        "MILK": "dairy|lactose|lait|laitage|produit laitier|milk protein|proteine de lait|dairy product|"
        "lactose intolerance|"
        "intolerance au lactose",
        "NUTS": "nut|tree nut|fruit a coque|noix|noisette|almond|amande|hazelnut|walnut|cashew|pistachio|"
        "pistache",
        "CELERY": "celeri",
        "MUSTARD": "moutarde",
        "SESAME": "graine de sesame|sesame seed",
        "SULPHITES": "sulfite|sulphite|sulfites",
        "LUPIN": "lupine",
        "MOLLUSCS": "mollusque|mollusc|mollusk|mussel|moule|oyster|huitre|squid|calamar",
    },
    "job_activity": {
        "SEDENTARY": "desk|desk job|office|office job|office work|seated|sitting|driver|remote work|bureau|"
        "travail de bureau|sedentaire|assis|assise|teletravail|chauffeur",
        "STANDING": "on my feet|on feet|light|standing job|debout|leger|legere",
        "MOVING": "walking|walking job|on the move|physical|en mouvement|marche|physique",
        "HEAVY": "heavy work|manual|manual work|manual labour|manual labor|heavy labour|heavy labor|"
        "very physical|travail physique lourd|manuel|travail manuel|lourd|penible|intense",
    },
    "focus_areas": {
        "UPPER_BODY": "upper|haut du corps|haut",
        "LOWER_BODY": "lower|leg|jambe|bas du corps|bas",
        "CHEST": "pec|pecs|pectoraux|pectoral|poitrine",
        "BACK": "dos|lat",
        "SHOULDERS": "shoulder|epaule|delt",
        "ARMS": "arm|bras|bicep|biceps|tricep|triceps",
        "CORE": "ab|abs|abdominal|abdominaux|abdos|tronc|gainage|trunk|stomach|ventre",
        "GLUTES": "glute|fessier|fesse|bum|booty|hip",
        "THIGHS": "thigh|quad|quads|quadriceps|hamstring|cuisse|ischio",
        "CALVES": "calf|mollet",
        "BALANCE": "equilibre|stability|stabilite",
        "MOBILITY": "mobilite|flexibility|souplesse|stretching|etirement",
    },
    "unit_system": {
        "METRIC": "kg|si|metrique|cm",
        "IMPERIAL": "lb|lbs|us|us customary|imperiale|pounds",
    },
    "energy_unit": {
        "KCAL": "calories|calorie|cal|kilocalories|kilocalorie",
        "KJ": "kilojoule|kilojoules|joule|joules",
    },
}
FULL_GYM = frozenset(
    {"all", "any", "full gym", "gym", "everything", "salle", "salle complete", "tout", "yes", "oui"}
)
"""Equipment cells that mean a whole gym, which is what an empty cell means."""

_AROUND = re.compile(
    r"^(?:douleurs? (?:au |aux |a la |a l')?|mal (?:au |aux |a la |a l')|blessures? (?:au |aux |a la |a l')?|"
    r"allerg(?:y|ie) (?:to |au |aux |a la |a l')?|bad |sore |weak |chronic )|"
    r"(?: pain| pains| injury| injuries| problems?| issues?| allergy| intolerance| condition)$"
)
"""Words around a condition or an allergen that leave it what it is."""


@cache
def synonyms(field: str) -> dict[str, str]:
    """Spelling -> value of the field (of a list: value, or values with ``;`` between)."""
    enum = ENUMS.get(field) or LIST_ENUMS.get(field)
    own: dict[str, str] = {}
    for value in enum or ():
        words = value.value.lower().replace("_", " ")
        own |= {words: value.value, words.replace(" ", ""): value.value}
    for target, spellings in _SYNONYMS.get(field, {}).items():
        own |= {spelling: _value(field, target) for spelling in spellings.split("|")}
    if field in LIST_ENUMS:  # people list things in singular and plural alike
        plurals = {f"{spelling}s": value for spelling, value in own.items() if not spelling.endswith("s")}
        singulars = {spelling.removesuffix("s"): value for spelling, value in own.items()}
        own = plurals | singulars | own
    return own


def list_item(field: str, text: str) -> str:
    """One item of a list as the field's value; upper-case snake text where it is none of them."""
    known = synonyms(field)
    words = " ".join(text.replace("_", " ").replace("-", " ").split())
    for spelling in (text, words, _AROUND.sub("", words).strip()):
        if spelling in known:
            return known[spelling]
        inner = " ".join(word.removesuffix("s") if len(word) > 3 else word for word in spelling.split())
        if inner in known:
            return known[inner]
    return re.sub(r"[\s\-]+", "_", text).upper()


@cache
def is_a_value(field: str, word: str) -> bool:
    """Whether a word is part of any value of a category: what a title may say in brackets."""
    return any(word in spelling.replace("-", " ").split() for spelling in synonyms(field))


def is_no_value(field: str) -> frozenset[str]:
    """Words that leave a cell of the field empty."""
    return BLANKS | (frozenset() if field in LIST_FIELDS or field == "diet" else _NO_VALUE_ELSEWHERE)


def _value(field: str, target: str) -> str:
    return target.lower() if field == "language" else target
