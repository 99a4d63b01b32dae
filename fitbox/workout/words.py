"""What a member reads in a training week, in every language."""

from __future__ import annotations

from fitbox.exercises import Muscle
from fitbox.i18n import Texts, text
from fitbox.profile import Language, Level
from fitbox.workout.draft import Focus

TEXTS = Texts(
    {
        f"focus.{Focus.FULL}": ("Full body", "Corps entier"),
        f"focus.{Focus.UPPER}": ("Upper body", "Haut du corps"),
        f"focus.{Focus.LOWER}": ("Lower body", "Bas du corps"),
        f"focus.{Focus.PUSH}": ("Push", "Poussée"),
        f"focus.{Focus.PULL}": ("Pull", "Tirage"),
        f"focus.{Focus.LEGS}": ("Legs", "Jambes"),
        f"focus.{Focus.CARDIO}": ("Cardio", "Cardio"),
        f"focus.{Focus.HIIT}": ("Intervals", "Intervalles"),
        f"focus.{Focus.YOGA}": ("Yoga and mobility", "Yoga et mobilité"),
        "muscle.hips": ("hips", "hanches"),
        f"progression.{Level.BEGINNER}": (
            "Start with loads that leave two or three repetitions in reserve. When every set feels easy in "
            "two sessions running, add 2 to 5 % of load, or one repetition up to {repetitions}.",
            "Commencez avec des charges qui laissent deux ou trois répétitions en réserve. Quand toutes les "
            "séries paraissent faciles deux séances de suite, ajoutez 2 à 5 % de charge, ou une répétition "
            "jusqu'à {repetitions}.",
        ),
        f"progression.{Level.INTERMEDIATE}": (
            "When you do one or two repetitions more than planned in two sessions running, add 2 to 10 % of "
            "load; without more load, add repetitions up to {repetitions}.",
            "Quand vous faites une ou deux répétitions de plus que prévu deux séances de suite, ajoutez 2 à "
            "10 % de charge ; sans charge supplémentaire, ajoutez des répétitions jusqu'à {repetitions}.",
        ),
        f"progression.{Level.ADVANCED}": (
            "Vary load and repetitions over three weeks, heavier then lighter, between the planned figure "
            "and {repetitions}, and add 2 to 10 % of load when you exceed the plan in two sessions running.",
            "Variez charge et répétitions sur trois semaines, plus lourd puis plus léger, entre le chiffre "
            "prévu et {repetitions}, et ajoutez 2 à 10 % de charge quand vous dépassez le plan deux séances "
            "de suite.",
        ),
        "progression.cardio": (
            "Lengthen the week's cardio by about a tenth at a time before you raise its zone.",
            "Allongez le cardio de la semaine d'environ un dixième à la fois avant de monter de zone.",
        ),
        "progression.deload": (
            "Halve the sets every fifth week.",
            "Divisez les séries par deux toutes les cinq semaines.",
        ),
        "progression.careful": (
            "Stay where you can talk in full sentences and never hold your breath. Add a little time first, "
            "then repetitions; add load only once your clinician agrees.",
            "Restez là où vous pouvez parler par phrases entières et ne bloquez jamais le souffle. Ajoutez "
            "d'abord un peu de temps, puis des répétitions ; n'augmentez la charge qu'avec l'accord de votre "
            "médecin.",
        ),
        "note.sides": (
            "One-sided exercises: repetitions and seconds are for each side.",
            "Exercices unilatéraux : répétitions et secondes valent pour chaque côté.",
        ),
        "note.low_impact": (
            "Jumps and running are left out to spare your joints.",
            "Les sauts et la course sont écartés pour ménager vos articulations.",
        ),
    }
)


def muscle_name(language: Language, muscle: Muscle) -> str:
    """What a member reads for a muscle group."""
    key = f"muscle.{muscle.lower()}"
    return TEXTS.text(language, key) if key in TEXTS.keys else text(language, key)
