"""What advice for a member may cite and should be about: the envelope of the advice task."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from fitbox.advice.names import forbidden_names
from fitbox.advice.own_plan import NO_PLAN, OwnPlan
from fitbox.advice.topics import Figure, Topic, When, hard_cardio_suits, situations
from fitbox.advice.vocabulary import NOTHING, Sentence, Vocabulary, restrictions_of
from fitbox.advice.words import named_in
from fitbox.assessment import DEFICIT_GOALS, GAINING_GOALS, Assessment, assess
from fitbox.i18n import Texts, number
from fitbox.profile import EnergyUnit, Goal, Level, Profile, UnitSystem, WorkoutType
from fitbox.referrals import Subject, refuse_if_referred
from fitbox.units import kilojoules, pounds

__all__ = [
    "AdviceConstraints",
    "Figure",
    "Topic",
    "about",
    "allowing",
    "constrain",
    "hard_cardio_suits",
    "with_vocabulary",
]


UNITS = Texts("units")
"""How a figure is written; nothing else in an advice may hold a digit."""


_RELEASED = "/released="
SMALLEST_PACE_KG = 0.05
"""A smaller weekly change is written 0.0."""
LONG_SESSION_MINUTES = 60


@dataclass(frozen=True)
class AdviceConstraints:
    """The envelope. ``figures`` are the only ones a tip on that topic may cite, the most important first."""

    profile: Profile
    assessment: Assessment
    figures: dict[Topic, tuple[Figure, ...]]
    key_topics: tuple[Topic, ...]
    """The three that the member's goal asks for."""
    useful_topics: tuple[Topic, ...]
    """What else suits the member; one of these should follow."""
    own: OwnPlan
    """What is known of the plans that the member was given."""
    situations: frozenset[When]
    """What kind of member this is: which of the planner's sentences suit."""
    restrictions: frozenset[str]
    """What a released sentence must have been reviewed for (see :mod:`fitbox.advice.vocabulary`)."""
    forbidden: frozenset[str]
    """Folded names that no tip for this member may hold (see :mod:`fitbox.advice.names`)."""
    vocabulary: Vocabulary
    """What the version at work may say beside the planner's and the phrasebook's sentences."""
    released: tuple[Sentence, ...]
    """The part of it that suits this member."""
    key: str
    """Equal keys have equal grammars: language, figures, situations, conditions, diet, facts of the member's
    plans and released sentences."""


def constrain(
    profile: Profile, vocabulary: Vocabulary = NOTHING, own: OwnPlan = NO_PLAN
) -> AdviceConstraints:
    """The envelope of a member who was given these plans.

    Raises:
        ReferralError: advice is a care team's to give.
    """
    refuse_if_referred(profile, Subject.ADVICE)
    assessment = assess(profile)
    figures = _figures(profile, assessment)
    key_topics = _key_topics(profile, assessment)
    cited = ";".join(
        f"{topic}={'|'.join(figure.text for figure in found)}" for topic, found in figures.items() if found
    )
    holds = situations(profile, assessment)
    kind = f"{','.join(sorted(holds))}/{','.join(sorted(profile.conditions))}/{profile.diet}"
    plans = hashlib.sha256(repr(own.facts).encode()).hexdigest()[:16] if own.facts else ""
    plain = AdviceConstraints(
        profile=profile,
        assessment=assessment,
        figures=figures,
        key_topics=key_topics,
        useful_topics=_useful_topics(profile, assessment, key_topics),
        own=own,
        situations=holds,
        restrictions=restrictions_of(profile, assessment),
        forbidden=forbidden_names(profile, assessment),
        vocabulary=NOTHING,
        released=(),
        key=f"advice/{profile.language}/{cited}/{kind}/{plans}",
    )
    return with_vocabulary(plain, vocabulary)


def with_vocabulary(plain: AdviceConstraints, vocabulary: Vocabulary) -> AdviceConstraints:
    """The same envelope for a version with these released sentences."""
    released = tuple(
        one
        for one in vocabulary.sentences
        if one.language is plain.profile.language
        and one.suits_all(plain.restrictions)
        and not named_in(one.words, plain.forbidden)
    )
    key = plain.key.partition(_RELEASED)[0]
    if not released:
        return replace(plain, vocabulary=vocabulary, released=(), key=key)
    marks = hashlib.sha256("".join(sorted({one.id for one in released})).encode()).hexdigest()[:16]
    return replace(plain, vocabulary=vocabulary, released=released, key=f"{key}{_RELEASED}{marks}")


def about(constraints: AdviceConstraints, own: OwnPlan) -> AdviceConstraints:
    """The same envelope for a member who was given these plans."""
    return constrain(constraints.profile, constraints.vocabulary, own)


C = TypeVar("C")


def allowing(constraints: C, vocabulary: Vocabulary) -> C:
    """The constraints of any task for a version with this vocabulary: only advice has one."""
    if isinstance(constraints, AdviceConstraints) and constraints.vocabulary is not vocabulary:
        return cast("C", with_vocabulary(constraints, vocabulary))
    return constraints


def _figures(profile: Profile, assessment: Assessment) -> dict[Topic, tuple[Figure, ...]]:
    language = profile.language

    def figure(name: str, unit: str, **values: object) -> Figure:
        return Figure(name, UNITS.text(language, unit, **values))

    easy = hard = figure("easy", "effort")
    if zones := {zone.number: zone for zone in assessment.zones}:
        easy = figure("easy", "pulse", low=zones[2].low_bpm, high=zones[2].high_bpm)
        hard = figure("hard", "pulse", low=zones[4].low_bpm, high=zones[4].high_bpm)
    days = profile.workout_days_per_week
    sessions = figure("sessions", "session" if days == 1 else "sessions", value=days)
    rest_days = 7 - days
    rest = figure("rest", "rest_day" if rest_days == 1 else "rest_days", value=rest_days)
    change = abs(assessment.weekly_weight_change_kg)
    pace = figure("kilograms", "kilograms", value=number(language, change, 1))
    if profile.unit_system is UnitSystem.IMPERIAL:
        pace = figure("kilograms", "pounds", value=number(language, pounds(change), 1))
    energy = figure("kcal", "kcal", value=round(assessment.target_kcal))
    if profile.energy_unit is EnergyUnit.KJ:
        energy = figure("kcal", "kilojoules", value=round(kilojoules(assessment.target_kcal), -1))
    macros, meals = assessment.macros, figure("meals", "meals", value=profile.meals_per_day)
    figures: dict[Topic, tuple[Figure, ...]] = dict.fromkeys(Topic, ())
    figures |= {
        Topic.CALORIES: (energy, meals),
        Topic.PROTEIN: (
            figure("protein", "grams", value=round(macros.protein_g)),
            meals,
        ),
        Topic.FIBRE: (figure("fibre", "grams", value=round(macros.fibre_g)),),
        Topic.WATER: (figure("water", "liters", value=number(language, assessment.water_liters, 1)),),
        Topic.CARDIO: (easy, hard) if hard_cardio_suits(profile) else (easy,),
        Topic.PROGRESSION: (sessions,),
        Topic.HABITS: (sessions,),
        Topic.RECOVERY: (rest,) if rest_days else (),
    }
    if change >= SMALLEST_PACE_KG:
        figures[Topic.PACE] = (pace,)
    return figures


def _key_topics(profile: Profile, assessment: Assessment) -> tuple[Topic, ...]:
    """Energy and protein for whoever changes weight; what keeps people training for the others."""
    if assessment.goal in DEFICIT_GOALS:
        return (Topic.CALORIES, Topic.PROTEIN, Topic.CARDIO)
    if assessment.goal in GAINING_GOALS:
        return (Topic.CALORIES, Topic.PROTEIN, Topic.PROGRESSION)
    if assessment.goal is Goal.ENDURANCE:
        return (Topic.CARDIO, Topic.CALORIES, Topic.WATER)
    if profile.workout_type is WorkoutType.STRENGTH:
        return (Topic.PROTEIN, Topic.PROGRESSION, Topic.CALORIES)
    return (Topic.CARDIO, Topic.WATER, Topic.CALORIES)


def _useful_topics(
    profile: Profile, assessment: Assessment, key_topics: tuple[Topic, ...]
) -> tuple[Topic, ...]:
    """Three at most, the most personal first: each costs tokens in the prompt."""
    useful = []
    if profile.conditions or profile.level is Level.BEGINNER:
        useful.append(Topic.TECHNIQUE)
    useful.append(Topic.HABITS if profile.level is Level.BEGINNER else Topic.RECOVERY)
    if abs(assessment.weekly_weight_change_kg) >= SMALLEST_PACE_KG:
        useful.append(Topic.PACE)
    useful.append(Topic.SLEEP)
    if assessment.goal in DEFICIT_GOALS:
        useful.append(Topic.FIBRE)
    if profile.session_minutes >= LONG_SESSION_MINUTES:
        useful.append(Topic.WATER)
    return tuple(topic for topic in useful if topic not in key_topics)[:3]
