"""The sentences the expert planner writes, by topic, that need no plan.

None says a figure of the assessment: the member has those, and an advice is for what to do with them.

Where they come from, topic by topic:

- calories, pace: weighing oneself and noting what one eats: Burke LE et al., 2011, J Am Diet Assoc
  111:92-102.
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
from collections.abc import Container
from dataclasses import dataclass

from fitbox.advice.facts import About
from fitbox.advice.topics import Topic, When
from fitbox.locales import LOCALES
from fitbox.profile import Condition, Diet, Language, Profile

BREATH = frozenset(
    {
        *(Condition.HYPERTENSION, Condition.HEART_DISEASE, Condition.BETA_BLOCKER),
        *(Condition.KIDNEY_DISEASE, Condition.PREGNANCY, Condition.POSTPARTUM),
    }
)
"""Who must not hold the breath under a load."""
FRAGILE = frozenset({Condition.OSTEOPOROSIS, Condition.ANTICOAGULANT})
"""Whom a jerk or a fall may cost a bone or a bleed."""
LOAD_WAITS = BREATH | FRAGILE
"""Who adds weight when a clinician agrees."""
FLUID_IS_SET = frozenset({Condition.KIDNEY_DISEASE, Condition.HEART_DISEASE})
"""Who may have been told how much to drink."""
PROTEIN_IS_SET = frozenset({Condition.KIDNEY_DISEASE})
"""Who must not eat more protein than was set (Ikizler TA et al., 2020, Am J Kidney Dis 76:S1-S107)."""


@dataclass(frozen=True)
class Phrase:
    """One sentence; ``{name}`` is a figure of its topic (:class:`~fitbox.advice.topics.Figure`), or a text of
    the fact that it is about.
    """

    topic: Topic
    when: When
    english: str
    """Other languages translate it in their ``phrases`` (:mod:`fitbox.locales`)."""
    about: About | None = None
    """The kind of fact of the member's own plan; ``None``: it needs no plan."""
    only: frozenset[Condition] = frozenset()
    """It is for members with one of these; empty: for all."""
    unless: frozenset[Condition | Diet] = frozenset()
    """It is not for members with one of these."""

    def suits(self, profile: Profile, holds: Container[When]) -> bool:
        """Whether a member for whom these situations hold may be told it."""
        if self.when not in holds or (self.only and not self.only & profile.conditions):
            return False
        return not self.unless & {*profile.conditions, profile.diet}

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
        "Plan your {meals} the day before, so that hunger does not choose.",
    ),
    Phrase(
        Topic.CALORIES,
        When.LOSING,
        "Note what you eat for one week, then change one meal.",
    ),
    Phrase(
        Topic.CALORIES,
        When.GAINING,
        "Keep to your {meals} a day, even when the day is full.",
    ),
    Phrase(
        Topic.CALORIES,
        When.KEEPING,
        "Decide on your {meals} before you go shopping.",
    ),
    Phrase(
        Topic.CALORIES,
        When.KEEPING,
        "Stop eating when you are no longer hungry.",
    ),
    Phrase(
        Topic.CALORIES,
        When.GAINING,
        "Add one snack to the day, always at the same hour.",
    ),
    Phrase(
        Topic.PROTEIN,
        When.ALWAYS,
        "Put a source of protein into each of your {meals}.",
        unless=PROTEIN_IS_SET,
    ),
    Phrase(
        Topic.PROTEIN,
        When.ALWAYS,
        "Decide on the protein first, then on the rest of the plate.",
        unless=PROTEIN_IS_SET,
    ),
    Phrase(
        Topic.PROTEIN,
        When.ALWAYS,
        "Keep a source of protein at home for busy days.",
        unless=PROTEIN_IS_SET,
    ),
    Phrase(
        Topic.PROTEIN,
        When.ALWAYS,
        "Share your protein out evenly over your {meals}, without adding any.",
        only=PROTEIN_IS_SET,
    ),
    Phrase(
        Topic.FIBRE,
        When.ALWAYS,
        "Raise fibre little by little over two weeks.",
    ),
    Phrase(
        Topic.FIBRE,
        When.ALWAYS,
        "Eat vegetables at each meal, in more than one colour.",
    ),
    Phrase(
        Topic.WATER,
        When.ALWAYS,
        "Drink through the day, a little at a time.",
    ),
    Phrase(
        Topic.WATER,
        When.ALWAYS,
        "Have something to drink before and after each session.",
    ),
    Phrase(
        Topic.CARDIO,
        When.UNLIMITED,
        "Keep easy cardio so easy that you can talk in whole sentences.",
    ),
    Phrase(
        Topic.CARDIO,
        When.UNLIMITED,
        "Add a few minutes a week before you add speed.",
    ),
    Phrase(
        Topic.CARDIO,
        When.HARD_CARDIO,
        "Push the hard minutes, then slow down until you can talk again.",
    ),
    Phrase(
        Topic.CARDIO,
        When.LIMITED,
        "Stay where you can talk in whole sentences, no harder.",
    ),
    Phrase(
        Topic.CARDIO,
        When.LIMITED,
        "Slow down as soon as you feel unwell, and stop if it does not pass.",
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
        unless=LOAD_WAITS,
    ),
    Phrase(
        Topic.PROGRESSION,
        When.EXPERIENCED,
        "Add weight once every set feels solid, {sessions} a week.",
        unless=LOAD_WAITS,
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
        "If the scale stops for three weeks, look at portions first.",
    ),
    Phrase(
        Topic.PACE,
        When.GAINING,
        "If the scale stops for three weeks, add a snack.",
    ),
    Phrase(
        Topic.PACE,
        When.ALWAYS,
        "Weigh yourself once a week, at the same hour.",
    ),
    Phrase(
        Topic.PACE,
        When.ALWAYS,
        "Judge the scale by a month, not by a day.",
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
