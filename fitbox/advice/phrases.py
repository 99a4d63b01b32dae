"""The sentences the expert planner writes, by topic, in both languages.

Where they come from, topic by topic:

- calories, pace: Garthe I et al., 2011, Int J Sport Nutr Exerc Metab 21:97-104; Iraki J et al., 2019, Sports
  7:154; weighing oneself and noting what one eats: Burke LE et al., 2011, J Am Diet Assoc 111:92-102.
- protein over the day's meals: Schoenfeld BJ, Aragon AA, 2018, J Int Soc Sports Nutr 15:10.
- fibre: Institute of Medicine, 2005, Dietary Reference Intakes.
- water: Sawka MN et al., 2007, Med Sci Sports Exerc 39:377-390.
- cardio: Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359; talk test: Reed JL, Pipe AL, 2014,
  Curr Opin Cardiol 29:475-480.
- progression, recovery, technique: Ratamess NA et al. (ACSM), 2009, Med Sci Sports Exerc 41:687-708.
- sleep: Watson NF et al., 2015, Sleep 38:843-844; under 18: Paruthi S et al., 2016, J Clin Sleep Med
  12:785-786.
- habits: Lally P et al., 2010, Eur J Soc Psychol 40:998-1009; Gollwitzer PM, Sheeran P, 2006, Adv Exp Soc
  Psychol 38:69-119.

No sentence names a food, a movement or a remedy, so each suits every diet, allergy and injury.
"""

from __future__ import annotations

from dataclasses import dataclass

from fitbox.advice.topics import Topic, When
from fitbox.profile import Language


@dataclass(frozen=True)
class Phrase:
    """One sentence; ``{name}`` is a figure of its topic (:class:`~fitbox.advice.topics.Figure`)."""

    topic: Topic
    when: When
    english: str
    french: str

    def text(self, language: Language) -> str:
        """The sentence in a language, figures as slots."""
        return self.french if language is Language.FR else self.english


PHRASES: tuple[Phrase, ...] = (
    Phrase(
        Topic.CALORIES,
        When.LOSING,
        "Eat {kcal} a day to lose fat, not muscle.",
        "Mangez {kcal} par jour pour perdre du gras, pas du muscle.",
    ),
    Phrase(
        Topic.CALORIES,
        When.LOSING,
        "Plan meals around {kcal} a day, a steady deficit.",
        "Visez {kcal} par jour, un déficit léger et régulier.",
    ),
    Phrase(
        Topic.CALORIES,
        When.LOSING,
        "Stay near {kcal} a day and note what you eat.",
        "Restez près de {kcal} par jour et notez ce que vous mangez.",
    ),
    Phrase(
        Topic.CALORIES,
        When.GAINING,
        "Eat {kcal} a day to build muscle.",
        "Mangez {kcal} par jour pour construire du muscle.",
    ),
    Phrase(
        Topic.CALORIES,
        When.GAINING,
        "Aim for {kcal} a day, add a snack if you fall short.",
        "Visez {kcal} par jour, ajoutez une collation au besoin.",
    ),
    Phrase(
        Topic.CALORIES,
        When.GAINING,
        "Stay near {kcal} a day to grow without much fat.",
        "Restez près de {kcal} par jour pour grandir sans trop de gras.",
    ),
    Phrase(
        Topic.CALORIES,
        When.KEEPING,
        "Eat about {kcal} a day to hold your weight.",
        "Mangez environ {kcal} par jour pour garder votre poids.",
    ),
    Phrase(
        Topic.CALORIES,
        When.KEEPING,
        "Around {kcal} a day balances what you burn.",
        "Environ {kcal} par jour compensent ce que vous dépensez.",
    ),
    Phrase(
        Topic.CALORIES,
        When.KEEPING,
        "Plan your meals around {kcal} a day.",
        "Prévoyez vos repas autour de {kcal} par jour.",
    ),
    Phrase(
        Topic.PROTEIN,
        When.ALWAYS,
        "Spread {protein} of protein over {meals}.",
        "Répartissez {protein} de protéines sur {meals}.",
    ),
    Phrase(
        Topic.PROTEIN,
        When.ALWAYS,
        "Put protein in each meal, {protein} a day.",
        "Mettez des protéines à chaque repas, {protein} par jour.",
    ),
    Phrase(
        Topic.PROTEIN,
        When.LOSING,
        "Eat {protein} of protein a day to keep your muscle.",
        "Mangez {protein} de protéines par jour pour garder vos muscles.",
    ),
    Phrase(
        Topic.PROTEIN,
        When.GAINING,
        "Eat {protein} of protein a day to build new muscle.",
        "Mangez {protein} de protéines par jour pour construire du muscle.",
    ),
    Phrase(
        Topic.FIBRE,
        When.ALWAYS,
        "Eat vegetables at each meal, {fibre} of fibre a day.",
        "Mangez des légumes à chaque repas, {fibre} de fibres par jour.",
    ),
    Phrase(
        Topic.FIBRE,
        When.ALWAYS,
        "Get {fibre} of fibre a day, it keeps you full.",
        "Prenez {fibre} de fibres par jour, elles calment la faim.",
    ),
    Phrase(
        Topic.WATER,
        When.ALWAYS,
        "Drink {water} on training days.",
        "Buvez {water} les jours de séance.",
    ),
    Phrase(
        Topic.WATER,
        When.ALWAYS,
        "Drink {water} through the day, a little at a time.",
        "Buvez {water} dans la journée, un peu à la fois.",
    ),
    Phrase(
        Topic.CARDIO,
        When.UNLIMITED,
        "Keep easy cardio at {easy}, able to talk.",
        "Gardez le cardio facile {easy}, en parlant sans peine.",
    ),
    Phrase(
        Topic.CARDIO,
        When.UNLIMITED,
        "Hold your pulse at {easy} for steady work.",
        "Tenez votre pouls {easy} pour un effort régulier.",
    ),
    Phrase(
        Topic.CARDIO,
        When.HARD_CARDIO,
        "Push hard minutes at {hard}, then recover at {easy}.",
        "Poussez les minutes dures {hard}, puis récupérez {easy}.",
    ),
    Phrase(
        Topic.CARDIO,
        When.LIMITED,
        "Keep your pulse at {easy}, no harder.",
        "Gardez votre pouls {easy}, pas plus haut.",
    ),
    Phrase(
        Topic.CARDIO,
        When.LIMITED,
        "Hold your pulse at {easy} and stop if you feel unwell.",
        "Tenez votre pouls {easy} et arrêtez en cas de malaise.",
    ),
    Phrase(
        Topic.PROGRESSION,
        When.BEGINNER,
        "Add repetitions first, then weight, over {sessions} a week.",
        "Ajoutez des répétitions, puis du poids, sur {sessions} par semaine.",
    ),
    Phrase(
        Topic.PROGRESSION,
        When.EXPERIENCED,
        "Add weight once every set feels solid, {sessions} a week.",
        "Ajoutez du poids quand la forme est solide, {sessions} par semaine.",
    ),
    Phrase(
        Topic.PROGRESSION,
        When.ADVANCED,
        "Take one easy week a month, even at {sessions} a week.",
        "Prenez une semaine facile par mois, même à {sessions} par semaine.",
    ),
    Phrase(
        Topic.PROGRESSION,
        When.ALWAYS,
        "Write down {sessions} a week and improve one set.",
        "Notez {sessions} par semaine et améliorez une série.",
    ),
    Phrase(
        Topic.PACE,
        When.LOSING,
        "Lose about {kilograms} a week, no faster.",
        "Perdez environ {kilograms} par semaine, pas plus vite.",
    ),
    Phrase(
        Topic.PACE,
        When.LOSING,
        "Weigh yourself once a week and expect about {kilograms} less.",
        "Pesez-vous une fois par semaine et attendez environ {kilograms} de moins.",
    ),
    Phrase(
        Topic.PACE,
        When.GAINING,
        "Gain about {kilograms} a week, faster only adds fat.",
        "Prenez environ {kilograms} par semaine, plus vite ajoute du gras.",
    ),
    Phrase(
        Topic.PACE,
        When.GAINING,
        "Weigh yourself once a week and expect about {kilograms} more.",
        "Pesez-vous une fois par semaine et attendez environ {kilograms} de plus.",
    ),
    Phrase(
        Topic.RECOVERY,
        When.RESTING,
        "Use {rest} a week to walk and stretch.",
        "Gardez {rest} par semaine pour marcher et vous étirer.",
    ),
    Phrase(
        Topic.RECOVERY,
        When.ALWAYS,
        "Leave a day between hard sessions for the same muscles.",
        "Laissez un jour entre deux séances dures des mêmes muscles.",
    ),
    Phrase(
        Topic.RECOVERY,
        When.ALWAYS,
        "Take an easy day when your sleep or mood gets worse.",
        "Prenez un jour facile quand le sommeil ou le moral baisse.",
    ),
    Phrase(
        Topic.SLEEP,
        When.ADULT,
        "Sleep seven to nine hours, muscle recovers at night.",
        "Dormez sept à neuf heures, le muscle récupère la nuit.",
    ),
    Phrase(
        Topic.SLEEP,
        When.MINOR,
        "Sleep eight to ten hours, you grow at night.",
        "Dormez huit à dix heures, vous grandissez la nuit.",
    ),
    Phrase(
        Topic.SLEEP,
        When.ALWAYS,
        "Go to bed at the same time, even on weekends.",
        "Couchez-vous à la même heure, même le week-end.",
    ),
    Phrase(
        Topic.SLEEP,
        When.ALWAYS,
        "Keep screens out of bed and your room dark.",
        "Gardez les écrans hors du lit et la chambre sombre.",
    ),
    Phrase(
        Topic.HABITS,
        When.ALWAYS,
        "Fix {sessions} a week in the calendar like an appointment.",
        "Fixez {sessions} par semaine dans l'agenda comme un rendez-vous.",
    ),
    Phrase(
        Topic.HABITS,
        When.ALWAYS,
        "Train after something you already do each day.",
        "Entraînez-vous après un geste que vous faites chaque jour.",
    ),
    Phrase(
        Topic.TECHNIQUE,
        When.BEGINNER,
        "Learn each movement slowly before you add weight.",
        "Apprenez chaque mouvement lentement avant d'ajouter du poids.",
    ),
    Phrase(
        Topic.TECHNIQUE,
        When.ALWAYS,
        "Stop a set when your form breaks.",
        "Arrêtez la série quand la forme se dégrade.",
    ),
    Phrase(
        Topic.TECHNIQUE,
        When.INJURED,
        "Stay in a range free of pain and spare your {part}.",
        "Restez dans une amplitude sans douleur et ménagez votre {part}.",
    ),
)
"""Sentences of one topic are variants; the planner draws one, so similar members read different advice."""
