"""The one object that says what an examination found: the last line of ``fitbox examine --json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from fitbox_trainer.evaluation.statistics import bootstrap_mean
from fitbox_trainer.examine.examination import ByCase, Examination, mean
from fitbox_trainer.examine.rulers import hei, human, limits
from fitbox_trainer.examine.rulers.checks import Found
from fitbox_trainer.examine.rulers.exercise_db import Evaluated
from fitbox_trainer.examine.rulers.human import Programme
from fitbox_trainer.examine.rulers.nutrients import worth_knowing
from fitbox_trainer.examine.rulers.nutrition_checks import shared_items
from fitbox_trainer.examine.rulers.variety import variety

WITH_INTERVALS = ("hei_2020", "limits_met", "human_distance", "dangerous", "wrong", "impractical")


def summarise(done: Examination) -> dict[str, Any]:
    """Figures first, then what they are made of."""
    return _figures(done) | {
        "absent": _absent(done),
        "intervals": intervals(done.by_case),
        "checks": {one.check.code: _counted(one) for one in done.found},
        "limits": {
            one.limit.code: _inside(one)
            for one in limits.tally([judged for day in done.eating for judged in day.limits])
        },
        "unsaid": dict(Counter(code for day in done.eating for one in day.unsaid for code in sorted(one))),
        "hei_2020": _components([points for day in done.eating for points in day.hei]),
        "days_judged": {
            "hei_2020": sum(len(day.hei) for day in done.eating),
            "dash": sum(len(day.dash) for day in done.eating),
            "limits": sum(len(day.within) for day in done.eating),
        },
        "nutrients": {
            "source": done.sources.nutrients.source,
            "known": worth_knowing([day for case in done.cases for day in case.days], done.sources.nutrients),
        },
        "exercise_db": _outside(done.outside),
        "human": _human(done.compared, done.sources.programmes),
        "variety": asdict(variety(done.cases)),
    }


def _figures(done: Examination) -> dict[str, Any]:
    cases, rows, varied = done.cases, done.by_case, variety(done.cases)
    points = [sum(one.values()) for day in done.eating for one in day.hei]
    shared = [bool(shared_items(day, case)) for case in cases for day in case.days]
    violations = [row.hard_violations for row in rows if row.hard_violations is not None]
    return {
        "members": len(cases),
        "weeks": sum(case.week is not None for case in cases),
        "days": len(shared),
        "tips": sum(len(case.advice.tips) for case in cases if case.advice is not None),
        "hard_violations": None if done.outside is None else sum(violations),
        "dangerous": sum(row.dangerous for row in rows),
        "wrong": sum(row.wrong for row in rows),
        "impractical": sum(row.impractical for row in rows),
        "hei_2020_mean": _rounded(mean(points)),
        "dash_mean": _rounded(mean(one for day in done.eating for one in day.dash)),
        "days_within_limits": _rounded(mean(one for day in done.eating for one in day.within)),
        "days_within_limits_or_said": _rounded(mean(not one for day in done.eating for one in day.unsaid)),
        "limits_met": _rounded(mean(one for day in done.eating for one in day.held)),
        "human_distance": None if done.compared is None else _rounded(done.compared.distance),
        "distinct_foods": varied.distinct_foods,
        "commonest_food_share": _rounded(varied.commonest_food_share),
        "lunch_dinner_shared": _rounded(mean(shared)),
        "nonsense_tips": sum(row.nonsense_tips for row in rows),
    }


def _absent(done: Examination) -> dict[str, str]:
    absent = dict(done.sources.absent)
    if done.sources.programmes is not None and done.compared is None:
        absent["human_programmes"] = "no member of these trains as the programmes do"
    return absent


def intervals(by_case: Sequence[ByCase]) -> dict[str, dict[str, float]]:
    """95 % intervals over members of the means that a ruler has for at least two of them."""
    found = {}
    for name in WITH_INTERVALS:
        values = [float(value) for one in by_case if (value := getattr(one, name)) is not None]
        if len(values) > 1:
            interval = bootstrap_mean(values, range(len(values)))
            found[name] = {key: round(value, 4) for key, value in asdict(interval).items()}
    return found


def _counted(found: Found) -> dict[str, Any]:
    return {
        "about": found.check.about.value,
        "severity": found.check.severity.value,
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
    return {name: _rounded(mean(one[name] for one in points)) for name in hei.STANDARDS} if points else {}


def _outside(outside: Sequence[Evaluated | None] | None) -> dict[str, Any] | None:
    if outside is None:
        return None
    found = [one for one in outside if one is not None]
    planned = sum(one.planned_sets for one in found)
    targets = {name: [one for one in found if one.target == name] for name in {one.target for one in found}}
    muscles = sorted({muscle for one in found for muscle in one.effective_sets})
    return {
        "violations": dict(Counter(text for one in found for text in one.hard_violations)),
        "mapped_sets": _rounded(sum(one.mapped_sets for one in found) / planned if planned else None),
        "targets": {
            name: {
                "weeks": len(some),
                "meets_minimums": _rounded(mean(not one.gaps for one in some)),
                "below": dict(Counter(muscle for one in some for muscle in one.gaps)),
                "above": dict(Counter(muscle for one in some for muscle in one.excess)),
            }
            for name, some in sorted(targets.items())
        },
        "effective_sets": {
            name: _rounded(mean(one.effective_sets.get(name, 0.0) for one in found)) for name in muscles
        },
    }


def _human(compared: human.Compared | None, programmes: Sequence[Programme] | None) -> dict[str, Any] | None:
    if compared is None or programmes is None:
        return None
    return {
        "weeks": compared.weeks,
        "programmes": len(programmes),
        "features": {
            name: {"ours": _rounded(ours), "theirs": _rounded(theirs)}
            for name, (ours, theirs) in compared.by_feature.items()
        },
        "week_distance": _rounded(mean(one for one in compared.by_week if one is not None)),
        "programme_distance": _rounded(human.spread(programmes)),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
