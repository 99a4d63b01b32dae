"""From judged arms to ``evaluation.json``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations, islice
from typing import Any

import numpy as np

from fitbox_trainer.evaluation.arms import Arm
from fitbox_trainer.evaluation.items import Item
from fitbox_trainer.evaluation.statistics import Interval, paired_bootstrap, relative_gain, wilson_upper

MACROS = ("protein", "carbohydrate", "fat")
KCAL_TOLERANCE = 0.02
"""A finished day may be this far from its energy target, as a share."""
MAX_PAIRS = 2000
"""Pairs of plans a task that variety is averaged over."""


def overall(items: Sequence[Item], scores: Sequence[float]) -> float:
    """The quality score: the mean over tasks of the mean quality of a task's plans (see
    ``docs/quality.md``).
    """
    by_task: dict[str, list[float]] = defaultdict(list)
    for item, score in zip(items, scores, strict=True):
        by_task[item.task.name].append(score)
    return float(np.mean([np.mean(values) for values in by_task.values()])) if by_task else 0.0


def summarise(arm: Arm, items: Sequence[Item]) -> dict[str, Any]:
    """Everything measured about one arm alone."""
    n = len(arm.outcomes)
    violating = sum(bool(outcome.violations) for outcome in arm.outcomes)
    tokens = [outcome.tokens for outcome in arm.outcomes if outcome.tokens is not None]
    seconds = [outcome.seconds for outcome in arm.outcomes if outcome.seconds is not None]
    kcal = [outcome.kcal_error for outcome in arm.outcomes if outcome.kcal_error is not None]
    return {
        "mean": _rounded(overall(items, arm.scores)),
        "scores": [_rounded(score) for score in arm.scores],
        "unanswered": arm.unanswered,
        "parse_rate": _rounded(sum(outcome.parsed for outcome in arm.outcomes) / n),
        "feasible_rate": _rounded(sum(outcome.feasible for outcome in arm.outcomes) / n),
        "violations": sum(len(outcome.violations) for outcome in arm.outcomes),
        "violation_codes": dict(Counter(code for outcome in arm.outcomes for code in outcome.violations)),
        "violating_plans_upper_95": _rounded(wilson_upper(violating, n)),
        "quality_by_task": {name: _rounded(np.mean(values)) for name, values in _by_task(arm, items).items()},
        "measures": _measures(arm, items),
        "raw_kcal_error": _before_solver(arm, "raw_kcal_error"),
        "raw_macro_error": {name: _before_solver(arm, f"raw_{name}_error") for name in MACROS},
        "kcal_within_tolerance": _rounded(np.mean([error <= KCAL_TOLERANCE for error in kcal]))
        if kcal
        else None,
        "kcal_error_max": _rounded(max(kcal)) if kcal else None,
        "repetition": _rounded(np.mean([_repetition(outcome.text) for outcome in arm.outcomes])),
        "variety": _variety(arm, items),
        "candidates_per_plan": _rounded(np.mean([outcome.chosen_from for outcome in arm.outcomes])),
        "candidates_dropped": sum(outcome.dropped for outcome in arm.outcomes),
        "tokens_per_plan": _rounded(np.mean(tokens)) if tokens else None,
        "seconds_per_plan": _rounded(np.mean(seconds)) if seconds else None,
        "tokens_per_second": _rounded(sum(tokens) / arm.seconds) if tokens and arm.seconds else None,
    }


def compare(ours: Arm, theirs: Arm, items: Sequence[Item]) -> dict[str, Any]:
    """Paired differences of quality, absolute and relative, with 95 % intervals over members."""
    groups = [item.member.member_id for item in items]
    gain = relative_gain(ours.scores, theirs.scores, groups)
    return {
        "difference": _interval(paired_bootstrap(ours.scores, theirs.scores, groups)),
        "relative_gain": _interval(gain) if gain is not None else None,
    }


def by_slice(arms: Mapping[str, Arm], items: Sequence[Item]) -> dict[str, dict[str, Any]]:
    """``dimension=value`` -> number of plans and the mean quality of every arm on them."""
    indices: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        for dimension, value in item.slices.items():
            indices[f"{dimension}={value}"].append(index)
    return {
        label: {"n": len(chosen)}
        | {name: _rounded(np.mean([arm.scores[index] for index in chosen])) for name, arm in arms.items()}
        for label, chosen in sorted(indices.items())
    }


def describe_items(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Member, task and slices of every item, in the order of the scores."""
    return [
        {"member_id": item.member.member_id, "task": item.task.name.value, "slices": item.slices}
        for item in items
    ]


def _by_task(arm: Arm, items: Sequence[Item]) -> dict[str, list[float]]:
    values: dict[str, list[float]] = defaultdict(list)
    for item, outcome in zip(items, arm.outcomes, strict=True):
        values[item.task.name.value].append(outcome.quality)
    return values


def _measures(arm: Arm, items: Sequence[Item]) -> dict[str, dict[str, float]]:
    collected: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for item, outcome in zip(items, arm.outcomes, strict=True):
        for name, value in outcome.measures.items():
            collected[item.task.name.value][name].append(value)
    return {
        task: {name: _rounded(np.mean(values)) for name, values in sorted(measures.items())}
        for task, measures in collected.items()
    }


def _before_solver(arm: Arm, measure: str) -> dict[str, float] | None:
    """Median and 95th percentile of a relative error of the days of eating as they were written."""
    errors = [outcome.measures[measure] for outcome in arm.outcomes if measure in outcome.measures]
    if not errors:
        return None
    median, high = np.quantile(errors, (0.5, 0.95))
    return {"median": _rounded(median), "p95": _rounded(high)}


def _lines(text: str) -> list[str]:
    return [line for line in (raw.strip().lower() for raw in text.splitlines()) if line]


def _repetition(text: str) -> float:
    """Share of a text's lines that stood in it before."""
    lines = _lines(text)
    return 1 - len(set(lines)) / len(lines) if lines else 0.0


def _variety(arm: Arm, items: Sequence[Item]) -> dict[str, float]:
    """Mean Jaccard distance of the lines of two members' plans with the same task and goal; 0 is one for
    all.
    """
    groups: dict[tuple[str, str], list[set[str]]] = defaultdict(list)
    for item, outcome in zip(items, arm.outcomes, strict=True):
        groups[item.task.name.value, item.slices["goal"]].append(set(_lines(outcome.text)))
    distances: dict[str, list[float]] = defaultdict(list)
    for (name, _), texts in groups.items():
        for one, other in islice(combinations(texts, 2), MAX_PAIRS):
            distances[name].append(1 - len(one & other) / max(1, len(one | other)))
    return {name: _rounded(np.mean(values)) for name, values in distances.items()}


def _interval(interval: Interval) -> dict[str, float]:
    return {name: _rounded(value) for name, value in asdict(interval).items()}


def _rounded(value: Any) -> float:
    return round(float(value), 5)
