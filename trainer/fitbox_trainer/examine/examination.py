"""All rulers on all cases, and the one object that says what they found."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fitbox_trainer.evaluation.statistics import bootstrap_mean
from fitbox_trainer.examine.rulers import dash, hei, human, limits
from fitbox_trainer.examine.rulers.advice_checks import ADVICE_CHECKS, nonsense_tips
from fitbox_trainer.examine.rulers.case import Case
from fitbox_trainer.examine.rulers.checks import Check, Found, Severity, run
from fitbox_trainer.examine.rulers.danger import DANGERS, nutrient_dangers
from fitbox_trainer.examine.rulers.exercise_db import Evaluated, evaluate
from fitbox_trainer.examine.rulers.nutrients import worth_knowing
from fitbox_trainer.examine.rulers.nutrition_checks import PLAIN_CHECKS, nutrient_checks, shared_items
from fitbox_trainer.examine.rulers.variety import food_distances, variety
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


@dataclass(frozen=True)
class Examination:
    """Everything found."""

    cases: tuple[Case, ...]
    found: tuple[Found, ...]
    by_case: tuple[ByCase, ...]
    summary: Mapping[str, Any]
    """What ``fitbox examine --json`` prints."""


def all_checks(sources: Sources) -> tuple[Check, ...]:
    """Every check that the sources allow, the dangerous ones first."""
    table = sources.nutrients
    needing = (*nutrient_dangers(table), *nutrient_checks(table))
    found = (*DANGERS, *WORKOUT_CHECKS, *PLAIN_CHECKS, *needing, *ADVICE_CHECKS)
    order = list(Severity)
    return tuple(sorted(found, key=lambda check: (order.index(check.severity), check.about)))


def examine(cases: Sequence[Case], sources: Sources) -> Examination:
    """Every ruler on every case. Pure."""
    found = run(all_checks(sources), cases)
    weeks = [case for case in cases if case.week is not None]
    outside = (
        None
        if sources.database is None
        else {case.member_id: evaluate(case, sources.database) for case in weeks}
    )
    compared = None if sources.programmes is None else human.compare(cases, sources.programmes)
    absent = dict(sources.absent)
    if sources.programmes is not None and compared is None:
        absent["human_programmes"] = "no member of these trains as the programmes do"
    distances = food_distances(cases)
    eating = [_eating(case, sources) for case in cases]
    by_case = tuple(
        ByCase(
            case.member_id,
            (case.week is not None) + len(case.days) + (case.advice is not None),
            dangerous=_struck(found, index, Severity.DANGEROUS),
            wrong=_struck(found, index, Severity.WRONG),
            impractical=_struck(found, index, Severity.IMPRACTICAL),
            hard_violations=_violations(case, outside),
            hei_2020=_mean([sum(points.values()) for points in day.hei]),
            limits_met=_mean([held for judged in day.limits for held in limits.counted(judged)]),
            human_distance=None if compared is None else compared.by_week[index],
            lunch_dinner_shared=_mean([bool(shared_items(one, case)) for one in case.days]),
            nonsense_tips=len(nonsense_tips(case)),
            food_distance=distances[index],
        )
        for index, (case, day) in enumerate(zip(cases, eating, strict=True))
    )
    judged = [one for day in eating for one in day.limits]
    varied = variety(cases)
    summary = {
        "members": len(cases),
        "weeks": len(weeks),
        "days": sum(len(case.days) for case in cases),
        "tips": sum(len(case.advice.tips) for case in cases if case.advice is not None),
        "hard_violations": None
        if outside is None
        else sum(len(one.hard_violations) for one in outside.values()),
        "dangerous": sum(one.dangerous for one in by_case),
        "wrong": sum(one.wrong for one in by_case),
        "impractical": sum(one.impractical for one in by_case),
        "hei_2020_mean": _rounded(_mean([sum(one.values()) for day in eating for one in day.hei])),
        "dash_mean": _rounded(_mean([one for day in eating for one in day.dash])),
        "days_within_limits": _rounded(_mean([one for day in eating for one in day.within])),
        "limits_met": _rounded(_mean([held for one in judged for held in limits.counted(one)])),
        "human_distance": None if compared is None else _rounded(compared.distance),
        "distinct_foods": varied.distinct_foods,
        "commonest_food_share": _rounded(varied.commonest_food_share),
        "lunch_dinner_shared": _rounded(
            _mean([bool(shared_items(day, case)) for case in cases for day in case.days])
        ),
        "nonsense_tips": sum(one.nonsense_tips for one in by_case),
        "absent": absent,
        "days_judged": {
            "hei_2020": sum(len(day.hei) for day in eating),
            "dash": sum(len(day.dash) for day in eating),
            "limits": sum(len(day.within) for day in eating),
        },
        "intervals": intervals(by_case),
        "checks": {one.check.code: _counted(one) for one in found},
        "limits": {one.limit.code: _inside(one) for one in limits.tally(judged)} if judged else {},
        "hei_2020": _components([one for day in eating for one in day.hei]),
        "nutrients": {
            "source": sources.nutrients.source,
            "known": worth_knowing([day for case in cases for day in case.days], sources.nutrients),
        },
        "exercise_db": None if outside is None else _outside(list(outside.values())),
        "human": None if compared is None else _human(compared, sources),
        "variety": asdict(varied),
    }
    return Examination(tuple(cases), found, by_case, summary)


def intervals(by_case: Sequence[ByCase]) -> dict[str, dict[str, float]]:
    """95 % intervals over members of the means that a ruler has for at least two of them."""
    found = {}
    for name in ("hei_2020", "limits_met", "human_distance", "dangerous", "wrong", "impractical"):
        values = [float(value) for one in by_case if (value := getattr(one, name)) is not None]
        if len(values) > 1:
            interval = bootstrap_mean(values, range(len(values)))
            found[name] = {key: round(value, 4) for key, value in asdict(interval).items()}
    return found


@dataclass(frozen=True)
class _Eating:
    """The rulers of eating on each day of a case that they could judge."""

    hei: tuple[dict[str, float], ...]
    dash: tuple[float, ...]
    limits: tuple[dict[str, bool | None], ...]
    within: tuple[bool, ...]
    """Of the days that can be judged: whether every limit holds."""


def _eating(case: Case, sources: Sources) -> _Eating:
    table = sources.nutrients
    points = (hei.of_day(day, table) for day in case.days)
    accordance = (dash.of_day(day, table) for day in case.days)
    return _Eating(
        tuple(one for one in points if one is not None),
        tuple(one for one in accordance if one is not None),
        tuple(limits.judge(day, case, table) for day in case.days),
        tuple(
            all(limits.counted(limits.judge(day, case, table)))
            for day in case.days
            if limits.judgeable(day, table)
        ),
    )


def _struck(found: Sequence[Found], index: int, severity: Severity) -> int:
    return sum(bool(one.by_case[index]) for one in found if one.check.severity is severity)


def _violations(case: Case, outside: Mapping[str, Evaluated] | None) -> int | None:
    if outside is None or case.member_id not in outside:
        return None
    return len(outside[case.member_id].hard_violations)


def _counted(found: Found) -> dict[str, Any]:
    check = found.check
    return {
        "about": check.about.value,
        "severity": check.severity.value,
        "of": found.of,
        "count": found.count,
        "share": _rounded(found.share),
    }


def _inside(one: limits.Inside) -> dict[str, Any]:
    return {
        "body": one.limit.body,
        "judged": one.judged,
        "share": _rounded(one.share),
        "reference": one.limit.reference,
    }


def _components(points: Sequence[Mapping[str, float]]) -> dict[str, float | None]:
    return {name: _rounded(_mean([one[name] for one in points])) for name in hei.STANDARDS} if points else {}


def _outside(found: Sequence[Evaluated]) -> dict[str, Any]:
    planned = sum(one.planned_sets for one in found)
    targets: dict[str, dict[str, Any]] = {}
    for name in sorted({one.target for one in found}):
        some = [one for one in found if one.target == name]
        targets[name] = {
            "weeks": len(some),
            "meets_minimums": _rounded(_mean([not one.gaps for one in some])),
            "below": dict(Counter(muscle for one in some for muscle in one.gaps)),
            "above": dict(Counter(muscle for one in some for muscle in one.excess)),
        }
    muscles = sorted({muscle for one in found for muscle in one.effective_sets})
    return {
        "violations": dict(Counter(text for one in found for text in one.hard_violations)),
        "mapped_sets": _rounded(sum(one.mapped_sets for one in found) / planned if planned else None),
        "targets": targets,
        "effective_sets": {
            name: _rounded(_mean([one.effective_sets.get(name, 0.0) for one in found])) for name in muscles
        },
    }


def _human(compared: human.Compared, sources: Sources) -> dict[str, Any]:
    programmes = sources.programmes or ()
    weekly = [one for one in compared.by_week if one is not None]
    return {
        "weeks": compared.weeks,
        "programmes": len(programmes),
        "features": {
            name: {"ours": _rounded(ours), "theirs": _rounded(theirs)}
            for name, (ours, theirs) in compared.by_feature.items()
        },
        "week_distance": _rounded(_mean(weekly)),
        "programme_distance": _rounded(human.spread(programmes)),
    }


def _mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
