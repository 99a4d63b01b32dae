"""Texts that members read, in every language, and the helper each area builds its own texts with.

An area keeps its texts beside its catalog::

    TEXTS = Texts({"warm_up": ("Warm up {minutes} minutes.", "Échauffez-vous {minutes} minutes.")})
    TEXTS.text(Language.FR, "warm_up", minutes=8)

``text`` and ``label`` below answer from the common table: safety notes, goals, levels, weekdays, muscles,
meals.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from string import Formatter

from fitbox.assessment import SafetyNote
from fitbox.profile import Goal, Language, Level

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""Keys ``weekday.<name>``, Monday first (ISO 8601)."""

MUSCLES = (
    "chest",
    "back",
    "shoulders",
    "biceps",
    "triceps",
    "forearms",
    "core",
    "lower_back",
    "glutes",
    "quadriceps",
    "hamstrings",
    "calves",
    "hips",
)
"""Keys ``muscle.<name>``: the groups that weekly sets are counted by."""

MEALS = ("breakfast", "morning_snack", "lunch", "afternoon_snack", "dinner", "evening_snack")
"""Keys ``meal.<name>``."""


class Texts:
    """A table of texts: key -> one text a language, in the order of :class:`~fitbox.profile.Language`.

    Raises:
        ValueError: at construction, where a key lacks a language or its texts take different figures.
    """

    def __init__(self, table: Mapping[str, tuple[str, ...]]) -> None:
        for key, texts in table.items():
            if len(texts) != len(Language):
                raise ValueError(f"{key}: {len(texts)} texts for {len(Language)} languages")
            if len({_figures(one) for one in texts}) != 1:
                raise ValueError(f"{key}: the languages take different figures")
        self._table = {
            (language, key): texts[position]
            for key, texts in table.items()
            for position, language in enumerate(Language)
        }
        self.keys = frozenset(table)

    def text(self, language: Language, key: str, **figures: object) -> str:
        """The text of ``key`` with its figures filled in.

        Raises:
            KeyError: an unknown key, or a figure is missing.
        """
        template = self._table[language, key]
        return template.format(**{name: _written(language, value) for name, value in figures.items()})


def _figures(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


def _written(language: Language, value: object) -> object:
    return number(language, value) if isinstance(value, float) else value


def number(language: Language, value: float, decimals: int | None = None) -> str:
    """A number as the language writes it: ``2.5``, French ``2,5``.

    ``decimals`` None: as many as it has, at most two.
    """
    written = f"{value:.{decimals}f}" if decimals is not None else f"{round(value, 2):g}"
    return written.replace(".", ",") if language is Language.FR else written


COMMON = Texts(
    {
        f"SafetyNote.{SafetyNote.NO_DEFICIT_UNDERWEIGHT}": (
            "Your weight is already low for your height, so this plan keeps it instead of losing more.",
            "Votre poids est déjà bas pour votre taille : ce plan le maintient au lieu de le réduire.",
        ),
        f"SafetyNote.{SafetyNote.NO_DEFICIT_UNDER_18}": (
            "You are still growing, so this plan does not cut calories.",
            "Vous êtes encore en croissance : ce plan ne réduit pas les calories.",
        ),
        f"SafetyNote.{SafetyNote.NO_DEFICIT_PREGNANCY}": (
            "During pregnancy this plan cuts no calories; your midwife or doctor sets any weight goal.",
            "Pendant la grossesse, ce plan ne réduit pas les calories ; tout objectif de poids se fixe avec "
            "votre sage-femme ou votre médecin.",
        ),
        f"SafetyNote.{SafetyNote.KCAL_FLOOR_APPLIED}": (
            "Your calories were raised to the lowest amount that is safe without supervision.",
            "Vos calories ont été relevées au minimum sûr sans suivi médical.",
        ),
        f"SafetyNote.{SafetyNote.REFER_TO_CLINICIAN}": (
            "Please show this plan to your doctor or physiotherapist before you start.",
            "Montrez ce plan à votre médecin ou à votre kinésithérapeute avant de commencer.",
        ),
        f"SafetyNote.{SafetyNote.INTENSITY_LIMITED}": (
            "The intensity is limited until a clinician has cleared you for harder training.",
            "L'intensité est limitée tant qu'un médecin n'a pas autorisé un entraînement plus dur.",
        ),
        f"SafetyNote.{SafetyNote.AGE_PREDICTED_HEART_RATE}": (
            "Your heart-rate zones are estimated from your age; a measured maximum is more exact.",
            "Vos zones cardiaques sont estimées d'après votre âge ; un maximum mesuré est plus exact.",
        ),
        f"Goal.{Goal.WEIGHT_LOSS}": ("weight loss", "perte de poids"),
        f"Goal.{Goal.MODERATE_WEIGHT_LOSS}": ("moderate weight loss", "perte de poids modérée"),
        f"Goal.{Goal.MAINTENANCE}": ("maintenance", "maintien"),
        f"Goal.{Goal.MUSCLE_GAIN}": ("muscle gain", "prise de muscle"),
        f"Goal.{Goal.BULKING}": ("bulking", "prise de masse"),
        f"Level.{Level.BEGINNER}": ("beginner", "débutant"),
        f"Level.{Level.INTERMEDIATE}": ("intermediate", "intermédiaire"),
        f"Level.{Level.ADVANCED}": ("advanced", "avancé"),
        "weekday.monday": ("Monday", "lundi"),
        "weekday.tuesday": ("Tuesday", "mardi"),
        "weekday.wednesday": ("Wednesday", "mercredi"),
        "weekday.thursday": ("Thursday", "jeudi"),
        "weekday.friday": ("Friday", "vendredi"),
        "weekday.saturday": ("Saturday", "samedi"),
        "weekday.sunday": ("Sunday", "dimanche"),
        "muscle.chest": ("chest", "pectoraux"),
        "muscle.lower_back": ("lower back", "bas du dos"),
        "muscle.shoulders": ("shoulders", "épaules"),
        "muscle.biceps": ("biceps", "biceps"),
        "muscle.triceps": ("triceps", "triceps"),
        "muscle.forearms": ("forearms", "avant-bras"),
        "muscle.glutes": ("glutes", "fessiers"),
        "muscle.quadriceps": ("quadriceps", "quadriceps"),
        "muscle.hamstrings": ("hamstrings", "ischio-jambiers"),
        "muscle.calves": ("calves", "mollets"),
        "muscle.hips": ("hips", "hanches"),
        "muscle.core": ("core", "tronc"),
        "muscle.back": ("back", "dos"),
        "meal.breakfast": ("Breakfast", "Petit-déjeuner"),
        "meal.morning_snack": ("Morning snack", "Collation du matin"),
        "meal.lunch": ("Lunch", "Déjeuner"),
        "meal.afternoon_snack": ("Afternoon snack", "Goûter"),
        "meal.dinner": ("Dinner", "Dîner"),
        "meal.evening_snack": ("Evening snack", "Collation du soir"),
    }
)


def text(language: Language, key: str, **figures: object) -> str:
    """A common text by key, for instance ``weekday.monday``. Raises KeyError for an unknown key."""
    return COMMON.text(language, key, **figures)


def label(language: Language, member: StrEnum) -> str:
    """What a member reads for an enum member: a goal, a level, or the sentence of a safety note."""
    return COMMON.text(language, f"{type(member).__name__}.{member}")
