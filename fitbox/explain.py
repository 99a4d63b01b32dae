"""Why a reply is as it is: for every item that is left out its rules, for every figure its formula.

The rules are read off the lists that the envelope itself is made by, so an explanation cannot be of another
envelope: take a named rule away, and the item it is named for comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from fitbox.advice.constraints import constrain
from fitbox.advice.phrases import PHRASES, Phrase
from fitbox.advice.rules import RULES as SENTENCE_RULES
from fitbox.assessment import Assessment
from fitbox.exercises import Exercise, exercises
from fitbox.explained import (
    ExcludedItem,
    ExplainedExclusion,
    ExplainedNumber,
    ExplainedRule,
    Explanation,
)
from fitbox.foods import Food, foods
from fitbox.formulas import ADVICE, ASSESSMENT, NUTRITION, WORKOUT, Formula
from fitbox.i18n import Texts
from fitbox.nutrition.constraints import RULES as FOOD_RULES
from fitbox.profile import Profile
from fitbox.rules import Exclusion, Rule, exclusions
from fitbox.task import TaskName
from fitbox.workout.constraints import RULES as EXERCISE_RULES

TEXTS = Texts("rules")
_FORMULAS: Mapping[TaskName, Mapping[str, Formula]] = {
    TaskName.WORKOUT: WORKOUT,
    TaskName.NUTRITION: NUTRITION,
    TaskName.ADVICE: ADVICE,
}

_PLAN: Mapping[TaskName, str] = {TaskName.ADVICE: "advice"}
"""The reply's field of the plan, where it is called otherwise."""


def explain(
    profile: Profile, assessment: Assessment, tasks: Iterable[TaskName] = tuple(TaskName)
) -> Explanation:
    """Everything that these tasks leave out for a member, and where every figure of their replies is from."""
    language, excluded, rules = profile.language, list[ExcludedItem](), list[ExplainedRule]()
    for task in tasks:
        lost = _excluded(task, profile)
        excluded += lost
        said = {reason.rule_id for item in lost for reason in item.exclusions}
        rules += [
            ExplainedRule(rule.id, rule.source, TEXTS.text(language, rule.id))
            for rule in _rules()
            if rule.id in said
        ]
    numbers = (*_assessed(assessment), *(number for task in tasks for number in _planned(task)))
    return Explanation(tuple(rules), tuple(excluded), numbers)


def _rules() -> Iterator[Rule[Exercise] | Rule[Food] | Rule[Phrase]]:
    yield from EXERCISE_RULES
    yield from FOOD_RULES
    yield from SENTENCE_RULES


def _excluded(task: TaskName, profile: Profile) -> list[ExcludedItem]:
    match task:
        case TaskName.WORKOUT:
            exercises_out = exclusions(exercises().values(), EXERCISE_RULES, profile)
            return [_told(item, reasons, profile) for item, reasons in exercises_out]
        case TaskName.NUTRITION:
            foods_out = exclusions(foods().values(), FOOD_RULES, profile)
            return [_told(item, reasons, profile) for item, reasons in foods_out]
        case TaskName.ADVICE:
            written = _figures(profile)
            sentences_out = exclusions(PHRASES, SENTENCE_RULES, profile)
            return [_told(item, reasons, profile, written) for item, reasons in sentences_out]


def _told(
    item: Exercise | Food | Phrase,
    reasons: tuple[Exclusion, ...],
    profile: Profile,
    written: Mapping[str, str] | None = None,
) -> ExcludedItem:
    language = profile.language
    name = item.text(language) if isinstance(item, Phrase) else item.name(language)
    return ExcludedItem(
        item.id,
        name if written is None else name.format_map(written),
        tuple(ExplainedExclusion(one.rule_id, one.codes) for one in reasons),
    )


class _Written(dict[str, str]):
    """Figures by their names in a sentence; one that this member does not have is left open."""

    def __missing__(self, name: str) -> str:
        return "..."


def _figures(profile: Profile) -> Mapping[str, str]:
    figures = constrain(profile).figures
    return _Written({one.name: one.text for found in figures.values() for one in found})


def _assessed(assessment: Assessment) -> Iterator[ExplainedNumber]:
    for path, formula in ASSESSMENT.items():
        value: object = assessment
        for name in path.split("."):
            value = getattr(value, name, None)
        once = float(value) if isinstance(value, int | float) else None
        yield ExplainedNumber(f"assessment.{path}", formula.text, formula.source, once)


@cache
def _planned(task: TaskName) -> tuple[ExplainedNumber, ...]:
    return tuple(
        ExplainedNumber(f"{_PLAN.get(task, 'plan')}.{path}", formula.text, formula.source)
        for path, formula in _FORMULAS[task].items()
    )
