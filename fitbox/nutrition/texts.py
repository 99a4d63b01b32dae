"""Notes on a plan that members read, in every language."""

from __future__ import annotations

from fitbox.i18n import Texts
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.profile import Condition, Diet

TEXTS = Texts(
    {
        "as_eaten": (
            "Weights are as eaten: cooked rice, pasta, pulses, meat and fish; dry cereal.",
            "Les poids sont ceux des aliments prêts à manger : riz, pâtes, légumes secs, viande et poisson "
            "cuits ; céréales sèches.",
        ),
        "allergies": (
            "Recipes differ between brands: read each label for your allergens.",
            "Les recettes varient selon les marques : vérifiez vos allergènes sur chaque étiquette.",
        ),
        "pregnancy": (
            "Eat meat, fish and eggs cooked through, wash raw vegetables and choose pasteurised dairy.",
            "Mangez viande, poisson et œufs bien cuits, lavez les crudités et choisissez des produits "
            "laitiers pasteurisés.",
        ),
        "vegan": (
            "A vegan diet needs a reliable source of vitamin B12: fortified foods or a supplement.",
            "Une alimentation végane exige une source sûre de vitamine B12 : aliments enrichis ou "
            "complément.",
        ),
        "certified": (
            "Choose products with the certification that your diet asks for.",
            "Choisissez des produits portant la certification que votre alimentation exige.",
        ),
        "diabetes": (
            "If you take medicine for diabetes, agree changes of what you eat with your care team.",
            "Si vous prenez un traitement du diabète, convenez de tout changement d'alimentation avec votre "
            "équipe soignante.",
        ),
    }
)


def notes(constraints: NutritionConstraints) -> tuple[str, ...]:
    """What this member should know about the plan, most general first."""
    profile = constraints.profile
    keys = {
        "as_eaten": True,
        "allergies": bool(profile.allergies),
        "pregnancy": Condition.PREGNANCY in profile.conditions,
        "vegan": profile.diet is Diet.VEGAN,
        "certified": profile.diet in {Diet.HALAL, Diet.KOSHER},
        "diabetes": Condition.DIABETES in profile.conditions,
    }
    return tuple(TEXTS.text(profile.language, key) for key, applies in keys.items() if applies)
