"""All rulers on all cases."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fitbox_trainer.examine.rulers import dash, hei, human, limits, said
from fitbox_trainer.examine.rulers.advice_checks import ADVICE_CHECKS, nonsense_tips
from fitbox_trainer.examine.rulers.case import Case
from fitbox_trainer.examine.rulers.checks import Check, Found, Severity, run
from fitbox_trainer.examine.rulers.danger import DANGERS, nutrient_dangers
from fitbox_trainer.examine.rulers.exercise_db import Evaluated, evaluate
from fitbox_trainer.examine.rulers.nutrients import NutrientTable
from fitbox_trainer.examine.rulers.nutrition_checks import PLAIN_CHECKS, nutrient_checks, shared_items
from fitbox_trainer.examine.rulers.variety import distances, distinct_shares, exercises_of, foods_of
from fitbox_trainer.examine.rulers.workout_checks import WORKOUT_CHECKS
from fitbox_trainer.examine.sources import Sources


@dataclass(frozen=True)
class ByCase:
    """What the rulers say of one member's plans, for comparing two arms member by member.

    None where a ruler has no figure for this member.
    """

    member_id: str
    plans: int
    """How many there are: counts of faults compare only where there are as many."""
    dangerous: int
    wrong: int
    impractical: int
    hard_violations: int | None
    hei_2020: float | None
    limits_met: float | None
    human_distance: float | None
    lunch_dinner_shared: float | None
    nonsense_tips: int
    food_distance: float | None
    """Of this member's foods to those of the others: what is lost where all eat the same."""
    exercise_distance: float | None
    """The same of exercises."""
    distinct_foods: float | None
    """This member's part in the number of distinct foods of all."""
    distinct_exercises: float | None


@dataclass(frozen=True)
class Eating:
    """What the rulers of eating say of a member's days, as far as they can judge them."""

    hei: tuple[Mapping[str, float], ...]
    """Points by component."""
    dash: tuple[float, ...]
    limits: tuple[Mapping[str, bool | None], ...]
    """Every day by every limit; None where nobody can tell."""
    within: tuple[bool, ...]
    """Of the days of which enough is known: whether every limit holds."""
    unsaid: tuple[frozenset[str], ...]
    """Of the same days: limits and reference values that are neither met nor named in the reply."""

    @property
    def held(self) -> list[bool]:
        """Every verdict of a limit that counts."""
        return [one for judged in self.limits for one in limits.counted(judged)]


@dataclass(frozen=True)
class Examination:
    """Everything found; what is by case is in the order of the cases."""

    cases: tuple[Case, ...]
    found: tuple[Found, ...]
    eating: tuple[Eating, ...]
    outside: tuple[Evaluated | None, ...] | None
    """By the exercise database's rules; None where it is not given, or a member has no week."""
    compared: human.Compared | None
    by_case: tuple[ByCase, ...]
    sources: Sources


def all_checks(table: NutrientTable) -> tuple[Check, ...]:
    """Every check, the dangerous ones first."""
    needing = (*nutrient_dangers(table), *nutrient_checks(table))
    found = (*DANGERS, *WORKOUT_CHECKS, *PLAIN_CHECKS, *needing, *ADVICE_CHECKS)
    order = list(Severity)
    return tuple(sorted(found, key=lambda check: (order.index(check.severity), check.about)))


def examine(cases: Sequence[Case], sources: Sources) -> Examination:
    """Every ruler on every case. Pure."""
    database, programmes, table = sources.database, sources.programmes, sources.nutrients
    found = run(all_checks(table), cases)
    eating = tuple(_eating(case, table) for case in cases)
    outside = (
        None
        if database is None
        else tuple(evaluate(case, database) if case.week is not None else None for case in cases)
    )
    compared = None if programmes is None else human.compare(cases, programmes)
    eaten, trained = foods_of(cases), exercises_of(cases)
    together = zip(
        distances(eaten), distances(trained), distinct_shares(eaten), distinct_shares(trained), strict=True
    )
    varied = list(together)
    by_case = tuple(
        ByCase(
            case.member_id,
            plans=(case.week is not None) + len(case.days) + (case.advice is not None),
            dangerous=_struck(found, index, Severity.DANGEROUS),
            wrong=_struck(found, index, Severity.WRONG),
            impractical=_struck(found, index, Severity.IMPRACTICAL),
            hard_violations=_violations(outside, index),
            hei_2020=mean(sum(points.values()) for points in eating[index].hei),
            limits_met=mean(eating[index].held),
            human_distance=None if compared is None else compared.by_week[index],
            lunch_dinner_shared=mean(bool(shared_items(day, case)) for day in case.days),
            nonsense_tips=len(nonsense_tips(case)),
            food_distance=varied[index][0],
            exercise_distance=varied[index][1],
            distinct_foods=varied[index][2],
            distinct_exercises=varied[index][3],
        )
        for index, case in enumerate(cases)
    )
    return Examination(tuple(cases), found, eating, outside, compared, by_case, sources)


def _eating(case: Case, table: NutrientTable) -> Eating:
    points = (hei.of_day(day, table) for day in case.days)
    accordance = (dash.of_day(day, table) for day in case.days)
    judged = [limits.judge(day, case, table) for day in case.days]
    return Eating(
        tuple(one for one in points if one is not None),
        tuple(one for one in accordance if one is not None),
        tuple(judged),
        tuple(
            all(limits.counted(one))
            for day, one in zip(case.days, judged, strict=True)
            if limits.judgeable(day, table)
        ),
        tuple(
            said.unsaid(one, day)
            for day, one in zip(case.days, judged, strict=True)
            if limits.judgeable(day, table)
        ),
    )


def _struck(found: Sequence[Found], index: int, severity: Severity) -> int:
    return sum(bool(one.by_case[index]) for one in found if one.check.severity is severity)


def _violations(outside: Sequence[Evaluated | None] | None, index: int) -> int | None:
    one = None if outside is None else outside[index]
    return None if one is None else len(one.hard_violations)


def mean(values: Iterable[float]) -> float | None:
    """None of nothing."""
    found = list(values)
    return statistics.fmean(found) if found else None
