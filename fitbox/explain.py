"""Why a reply is as it is: for every item that is left out its rules, for every figure its formula.

The rules are read off the lists that the envelope itself is made by, so an explanation cannot be of another
envelope: take a named rule away, and the item it is named for comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

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
from fitbox.formulas import ASSESSMENT, NUTRITION, WORKOUT, Formula
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
    TaskName.ADVICE: {},
}


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


def _rules() -> Iterator[Rule[Exercise] | Rule[Food]]:
    yield from EXERCISE_RULES
    yield from FOOD_RULES


def _excluded(task: TaskName, profile: Profile) -> list[ExcludedItem]:
    match task:
        case TaskName.WORKOUT:
            exercises_out = exclusions(exercises().values(), EXERCISE_RULES, profile)
            return [_told(item, reasons, profile) for item, reasons in exercises_out]
        case TaskName.NUTRITION:
            foods_out = exclusions(foods().values(), FOOD_RULES, profile)
            return [_told(item, reasons, profile) for item, reasons in foods_out]
        case TaskName.ADVICE:
            return []


def _told(item: Exercise | Food, reasons: tuple[Exclusion, ...], profile: Profile) -> ExcludedItem:
    return ExcludedItem(
        item.id,
        item.name(profile.language),
        tuple(ExplainedExclusion(one.rule_id, one.codes) for one in reasons),
    )


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
        ExplainedNumber(f"plan.{path}", formula.text, formula.source)
        for path, formula in _FORMULAS[task].items()
    )
