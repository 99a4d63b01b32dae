"""The sentences the expert planner writes, by topic.

Where they come from, topic by topic:

- calories, pace: Garthe I et al., 2011, Int J Sport Nutr Exerc Metab 21:97-104; Iraki J et al., 2019, Sports
  7:154; weighing oneself and noting what one eats: Burke LE et al., 2011, J Am Diet Assoc 111:92-102.
- protein over the day's meals: Schoenfeld BJ, Aragon AA, 2018, J Int Soc Sports Nutr 15:10.
- fibre: Institute of Medicine, 2005, Dietary Reference Intakes.
- water: Sawka MN et al., 2007, Med Sci Sports Exerc 39:377-390.
- cardio: Garber CE et al., 2011, Med Sci Sports Exerc 43:1334-1359; talk test: Reed JL, Pipe AL, 2014,
  Curr Opin Cardiol 29:475-480; effort of 10 instead of pulse: Physical
  Activity Guidelines for Americans, 2018.
- progression, recovery, technique: Ratamess NA et al. (ACSM), 2009, Med Sci Sports Exerc 41:687-708.
- sleep: Watson NF et al., 2015, Sleep 38:843-844; under 18: Paruthi S et al., 2016, J Clin Sleep Med
  12:785-786.
- habits: Lally P et al., 2010, Eur J Soc Psychol 40:998-1009; Gollwitzer PM, Sheeran P, 2006, Adv Exp Soc
  Psychol 38:69-119.

No sentence names a food, a movement or a remedy, so each suits every diet, allergy and injury.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from fitbox.advice.topics import Topic, When
from fitbox.locales import LOCALES
from fitbox.profile import Language


@dataclass(frozen=True)
class Phrase:
    """One sentence; ``{name}`` is a figure of its topic (:class:`~fitbox.advice.topics.Figure`)."""

    topic: Topic
    when: When
    english: str
    """Other languages translate it in their ``phrases`` (:mod:`fitbox.locales`)."""

    @property
    def id(self) -> str:
        """The same for the same sentence: ``protein-3f9a1c2b``."""
        return f"{self.topic}-{hashlib.sha256(self.english.encode()).hexdigest()[:8]}"

    def text(self, language: Language) -> str:
        """The sentence in a language, figures as slots."""
        return self.english if language is Language.EN else LOCALES[language].phrases[self.english]


PHRASES: tuple[Phrase, ...] = (
    Phrase(
        Topic.CALORIES,
        When.LOSING,
        "Eat {kcal} a day to lose fat, not muscle.",
    ),
    Phrase(
        Topic.CALORIES,
        When.LOSING,
        "Plan meals around {kcal} a day, a steady deficit.",
    ),
    Phrase(
        Topic.CALORIES,
        When.LOSING,
        "Stay near {kcal} a day and note what you eat.",
    ),
    Phrase(
        Topic.CALORIES,
        When.GAINING,
        "Eat {kcal} a day to build muscle.",
    ),
    Phrase(
        Topic.CALORIES,
        When.GAINING,
        "Aim for {kcal} a day, add a snack if you fall short.",
    ),
    Phrase(
        Topic.CALORIES,
        When.GAINING,
        "Stay near {kcal} a day to grow without much fat.",
    ),
    Phrase(
        Topic.CALORIES,
        When.KEEPING,
        "Eat about {kcal} a day to hold your weight.",
    ),
    Phrase(
        Topic.CALORIES,
        When.KEEPING,
        "Around {kcal} a day balances what you burn.",
    ),
    Phrase(
        Topic.CALORIES,
        When.KEEPING,
        "Plan your meals around {kcal} a day.",
    ),
    Phrase(
        Topic.PROTEIN,
        When.ALWAYS,
        "Spread {protein} of protein over {meals}.",
    ),
    Phrase(
        Topic.PROTEIN,
        When.ALWAYS,
        "Put protein in each meal, {protein} a day.",
    ),
    Phrase(
        Topic.PROTEIN,
        When.LOSING,
        "Eat {protein} of protein a day to keep your muscle.",
    ),
    Phrase(
        Topic.PROTEIN,
        When.GAINING,
        "Eat {protein} of protein a day to build new muscle.",
    ),
    Phrase(
        Topic.FIBRE,
        When.ALWAYS,
        "Eat vegetables at each meal, {fibre} of fibre a day.",
    ),
    Phrase(
        Topic.FIBRE,
        When.ALWAYS,
        "Get {fibre} of fibre a day, it keeps you full.",
    ),
    Phrase(
        Topic.WATER,
        When.ALWAYS,
        "Drink {water} on training days.",
    ),
    Phrase(
        Topic.WATER,
        When.ALWAYS,
        "Drink {water} through the day, a little at a time.",
    ),
    Phrase(
        Topic.CARDIO,
        When.UNLIMITED,
        "Keep easy cardio at {easy}, able to talk.",
    ),
    Phrase(
        Topic.CARDIO,
        When.UNLIMITED,
        "Hold your pulse at {easy} for steady work.",
    ),
    Phrase(
        Topic.CARDIO,
        When.HARD_CARDIO,
        "Push hard minutes at {hard}, then recover at {easy}.",
    ),
    Phrase(
        Topic.CARDIO,
        When.LIMITED,
        "Keep your pulse at {easy}, no harder.",
    ),
    Phrase(
        Topic.CARDIO,
        When.LIMITED,
        "Hold your pulse at {easy} and stop if you feel unwell.",
    ),
    Phrase(
        Topic.CARDIO,
        When.BY_FEEL,
        "Keep cardio at {easy}, no harder.",
    ),
    Phrase(
        Topic.CARDIO,
        When.BY_FEEL,
        "Do your cardio at {easy}, able to talk.",
    ),
    Phrase(
        Topic.PROGRESSION,
        When.BEGINNER,
        "Add repetitions first, then weight, over {sessions} a week.",
    ),
    Phrase(
        Topic.PROGRESSION,
        When.EXPERIENCED,
        "Add weight once every set feels solid, {sessions} a week.",
    ),
    Phrase(
        Topic.PROGRESSION,
        When.ADVANCED,
        "Take one easy week a month, even at {sessions} a week.",
    ),
    Phrase(
        Topic.PROGRESSION,
        When.ALWAYS,
        "Write down {sessions} a week and improve one set.",
    ),
    Phrase(
        Topic.PACE,
        When.LOSING,
        "Lose about {kilograms} a week, no faster.",
    ),
    Phrase(
        Topic.PACE,
        When.LOSING,
        "Weigh yourself once a week and expect about {kilograms} less.",
    ),
    Phrase(
        Topic.PACE,
        When.GAINING,
        "Gain about {kilograms} a week, faster only adds fat.",
    ),
    Phrase(
        Topic.PACE,
        When.GAINING,
        "Weigh yourself once a week and expect about {kilograms} more.",
    ),
    Phrase(
        Topic.RECOVERY,
        When.RESTING,
        "Use {rest} a week to walk and stretch.",
    ),
    Phrase(
        Topic.RECOVERY,
        When.ALWAYS,
        "Leave a day between hard sessions for the same muscles.",
    ),
    Phrase(
        Topic.RECOVERY,
        When.ALWAYS,
        "Take an easy day when your sleep or mood gets worse.",
    ),
    Phrase(
        Topic.SLEEP,
        When.ADULT,
        "Sleep seven to nine hours, muscle recovers at night.",
    ),
    Phrase(
        Topic.SLEEP,
        When.MINOR,
        "Sleep eight to ten hours, you grow at night.",
    ),
    Phrase(
        Topic.SLEEP,
        When.ALWAYS,
        "Go to bed at the same time, even on weekends.",
    ),
    Phrase(
        Topic.SLEEP,
        When.ALWAYS,
        "Keep screens out of bed and your room dark.",
    ),
    Phrase(
        Topic.HABITS,
        When.ALWAYS,
        "Fix {sessions} a week in the calendar like an appointment.",
    ),
    Phrase(
        Topic.HABITS,
        When.ALWAYS,
        "Train after something you already do each day.",
    ),
    Phrase(
        Topic.TECHNIQUE,
        When.BEGINNER,
        "Learn each movement slowly before you add weight.",
    ),
    Phrase(
        Topic.TECHNIQUE,
        When.ALWAYS,
        "Stop a set when your form breaks.",
    ),
    Phrase(
        Topic.TECHNIQUE,
        When.INJURED,
        "Stay in a range free of pain and spare your {part}.",
    ),
)
"""Sentences of one topic are variants; the planner draws one, so similar members read different advice."""
