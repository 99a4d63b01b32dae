"""Sentences about the plans that a member was given, by topic and by the kind of fact that they cite.

Whom a sentence does not suit stands beside it. Where they come from, beside what
:mod:`fitbox.advice.phrases` names: breathing under load and high pressure: Williams MA et al., 2007,
Circulation 116:572-584; bending with osteoporosis: Brooke-Wavell K et al., 2022, Br J Sports Med 56:837-846;
warming up with asthma: Parsons JP et al., 2013, Am J Respir Crit Care Med 187:1016-1027; walking after
meals: Buffey AJ et al., 2022, Sports Med 52:1765-1787; steady greens with anticoagulants: Violi F et al.,
2016, Medicine 95:e2895; water with a weak heart or kidneys is its clinician's to set: McDonagh TA et al.,
2021, Eur Heart J 42:3599-3726; one helping: Rolls BJ, Morris EL, Roe LS, 2002, Am J Clin Nutr 76:1207-1213;
vegetables for a second one: Rolls BJ, 2009, Physiol Behav 97:609-615; lighter weeks, repetitions in reserve,
rest between sets: as the week that they are from (:mod:`fitbox.workout.programme`).

No sentence has grams or calories: those are in the plan and the assessment, and to count them is nobody's
business here.
"""

from __future__ import annotations

from collections.abc import Mapping

from fitbox.advice.facts import About
from fitbox.advice.phrases import BREATH, FLUID_IS_SET, FRAGILE, LOAD_WAITS, Phrase
from fitbox.advice.topics import Topic, When
from fitbox.exercises import Pattern
from fitbox.profile import Condition, Diet

STRAINED_BY: Mapping[Condition, frozenset[Pattern]] = {
    Condition.KNEE: frozenset({Pattern.SQUAT, Pattern.LUNGE}),
    Condition.HIP: frozenset({Pattern.SQUAT, Pattern.LUNGE, Pattern.HINGE}),
    Condition.ANKLE: frozenset({Pattern.SQUAT, Pattern.LUNGE}),
    Condition.LOWER_BACK: frozenset({Pattern.SQUAT, Pattern.HINGE, Pattern.HORIZONTAL_PULL}),
    Condition.SHOULDER: frozenset(
        {Pattern.HORIZONTAL_PUSH, Pattern.VERTICAL_PUSH, Pattern.VERTICAL_PULL, Pattern.HORIZONTAL_PULL}
    ),
    Condition.WRIST: frozenset({Pattern.HORIZONTAL_PUSH, Pattern.VERTICAL_PUSH}),
    Condition.ELBOW: frozenset(
        {Pattern.HORIZONTAL_PUSH, Pattern.VERTICAL_PUSH, Pattern.VERTICAL_PULL, Pattern.HORIZONTAL_PULL}
    ),
    Condition.NECK: frozenset({Pattern.VERTICAL_PUSH, Pattern.VERTICAL_PULL}),
}
"""The movements in which an injured part takes a load: elsewhere a sentence about it would be odd."""

PLAN_PHRASES: tuple[Phrase, ...] = (
    Phrase(
        Topic.CALORIES,
        When.ALWAYS,
        "Leave half an hour for {the_meal}, your largest meal: {dish}.",
        About.LARGEST,
    ),
    Phrase(
        Topic.CALORIES,
        When.LOSING,
        "Serve {the_meal} in the kitchen and put the rest away: {dish}.",
        About.LARGEST,
        unless=frozenset({Condition.PREGNANCY, Condition.LACTATION}),
    ),
    Phrase(
        Topic.CALORIES,
        When.GAINING,
        "However busy the day, do not make {the_meal} smaller: {dish}.",
        About.LARGEST,
    ),
    Phrase(
        Topic.CALORIES,
        When.ALWAYS,
        "If you eat out at noon, look for something like your lunch: {dish}.",
        About.LUNCH,
    ),
    Phrase(
        Topic.PROTEIN,
        When.ALWAYS,
        "{meal_opening}, keep the protein ({food}) or swap it for another source.",
        About.PROTEIN,
    ),
    Phrase(
        Topic.PROTEIN,
        When.ALWAYS,
        "If time is short {at_meal}, save the protein first ({food}).",
        About.PROTEIN,
    ),
    Phrase(
        Topic.FIBRE,
        When.ALWAYS,
        "{meal_opening}, keep the fibre ({food}) even when time is short.",
        About.FIBRE,
    ),
    Phrase(
        Topic.FIBRE,
        When.ALWAYS,
        "If you are still hungry {at_meal}, take more of the vegetables ({food}).",
        About.VEGETABLES,
        unless=frozenset({Condition.ANTICOAGULANT, Diet.LOW_FODMAP}),
    ),
    Phrase(
        Topic.WATER,
        When.ALWAYS,
        "Keep a bottle of water beside you on {day}, your longest session.",
        About.LONGEST,
        unless=FLUID_IS_SET,
    ),
    Phrase(
        Topic.WATER,
        When.ALWAYS,
        "On your training days ({days}), fill your bottle before you begin.",
        About.WEEK,
        unless=FLUID_IS_SET,
    ),
    Phrase(
        Topic.CARDIO,
        When.ALWAYS,
        "{day}, {name}: {minutes} minutes at a pace at which you can still talk.",
        About.EASY,
    ),
    Phrase(
        Topic.CARDIO,
        When.UNLIMITED,
        "{day}, {name}: begin slower than you would like to.",
        About.EASY,
    ),
    Phrase(
        Topic.CARDIO,
        When.UNLIMITED,
        "{day}, {name}: short sentences only while you work, then easy minutes.",
        About.BRISK,
        unless=BREATH,
    ),
    Phrase(
        Topic.CARDIO,
        When.ALWAYS,
        "{day}, {name}: warm up slowly, your airways need longer.",
        About.EASY,
        only=frozenset({Condition.ASTHMA}),
    ),
    Phrase(
        Topic.CARDIO,
        When.ALWAYS,
        "Walk for ten minutes after {the_meal}, the meal with the most carbohydrate.",
        About.STARCH,
        only=frozenset({Condition.DIABETES}),
        unless=frozenset({Condition.INSULIN}),
    ),
    Phrase(
        Topic.PROGRESSION,
        When.UNLIMITED,
        "{day}, {lift}: once {work} feels easy, take the next weight.",
        About.LOADED,
        unless=LOAD_WAITS,
    ),
    Phrase(
        Topic.PROGRESSION,
        When.ALWAYS,
        "{day}, {lift}: note each set, so that you know where to begin next week.",
        About.LIFT,
    ),
    Phrase(
        Topic.PROGRESSION,
        When.ALWAYS,
        "{day}, {lift}: stay at {work} until every repetition looks the same.",
        About.LIFT,
    ),
    Phrase(
        Topic.PROGRESSION,
        When.ALWAYS,
        "{day}, {lift}: end each set while {reserve} more repetitions are possible.",
        About.RESERVE,
    ),
    Phrase(
        Topic.RECOVERY,
        When.ALWAYS,
        "Week {week} of your programme is lighter on purpose, so do not make up for it.",
        About.LIGHT_WEEK,
    ),
    Phrase(
        Topic.RECOVERY,
        When.ALWAYS,
        "Take it easy the day after {day}, your hardest session.",
        About.THEN_FREE,
    ),
    Phrase(
        Topic.RECOVERY,
        When.ALWAYS,
        "{day}, {lift}: rest {rest} seconds between sets, longer if you still pant.",
        About.LIFT,
    ),
    Phrase(
        Topic.RECOVERY,
        When.ALWAYS,
        "{day}, to finish: {name}, without force and breathing calmly.",
        About.STRETCH,
    ),
    Phrase(
        Topic.SLEEP,
        When.ALWAYS,
        "Go to bed early the night before {day}, your hardest session.",
        About.HARDEST,
    ),
    Phrase(
        Topic.HABITS,
        When.ALWAYS,
        "Put {days} in your calendar like any appointment.",
        About.WEEK,
    ),
    Phrase(
        Topic.HABITS,
        When.ALWAYS,
        "Lay out your things the evening before {day}, your longest session.",
        About.LONGEST,
    ),
    Phrase(
        Topic.HABITS,
        When.ALWAYS,
        "Check the evening before that you have everything for lunch: {dish}.",
        About.LUNCH,
    ),
    Phrase(
        Topic.HABITS,
        When.ALWAYS,
        "{meal_opening}, add no salt, there is enough in it already ({food}).",
        About.SALTY,
    ),
    Phrase(
        Topic.HABITS,
        When.ALWAYS,
        "Your day of eating is a little low in {nutrient}, so alternate it with another.",
        About.SHORT,
        unless=frozenset({Condition.PREGNANCY, Condition.LACTATION}),
    ),
    Phrase(
        Topic.TECHNIQUE,
        When.ALWAYS,
        "{day}, {lift}: begin with a light set to find the movement.",
        About.LOADABLE,
    ),
    Phrase(
        Topic.TECHNIQUE,
        When.ALWAYS,
        "{day}, {lift}: film one set from the side and compare it with the plan's cue.",
        About.LIFT,
    ),
    Phrase(
        Topic.TECHNIQUE,
        When.INJURED,
        "{day}, {lift}: if your {part} hurts, shorten the range or ask for another exercise.",
        About.LIFT,
        only=frozenset(STRAINED_BY),
    ),
    Phrase(
        Topic.TECHNIQUE,
        When.ALWAYS,
        "{day}, {lift}: breathe out on the effort and never hold your breath.",
        About.LIFT,
        only=BREATH,
    ),
    Phrase(
        Topic.TECHNIQUE,
        When.ALWAYS,
        "{day}, {lift}: move slowly, without jerks and without rounding your back.",
        About.LIFT,
        only=FRAGILE,
    ),
    Phrase(
        Topic.TECHNIQUE,
        When.ALWAYS,
        "{day}, {name}: keep a wall or a chair within reach.",
        About.BALANCE,
    ),
)
"""Sentences of one kind of fact are said once for each such fact of the plan."""
