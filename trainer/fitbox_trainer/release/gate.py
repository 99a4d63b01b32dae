"""The gate: whether a candidate may serve. A pure function of its evaluation.

Every rule is checked and every refusal explained, so that a rejected candidate says all that is wrong
with it. Arms are compared item by item (the same member and task), with a paired bootstrap grouped by
member: the plans of one member are not independent. Efron & Tibshirani (1993), An Introduction to the
Bootstrap, chapters 13 and 16; Field & Welsh (2007), Bootstrapping clustered data, J. R. Stat. Soc. B
69(3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fitbox_trainer.daemon.settings import GateSettings

Scores = NDArray[np.float64]
"""Quality of each item, shape ``(items,)``, in [0, 1]."""


@dataclass(frozen=True)
class Reason:
    """Why a candidate was refused: a stable snake_case code, and the figures for a person."""

    code: str
    detail: str


@dataclass(frozen=True)
class Decision:
    """The verdict. ``reasons`` is empty exactly when ``promote``."""

    promote: bool
    reasons: tuple[Reason, ...]
    figures: Mapping[str, float]
    """What was measured, by name, for the metrics and the version's record."""

    @property
    def summary(self) -> str:
        """All reasons on one line."""
        return "; ".join(f"{reason.code}: {reason.detail}" for reason in self.reasons)


def decide(evaluation: Mapping[str, Any], settings: GateSettings) -> Decision:
    """Judge ``evaluation.json``; anything missing or malformed in it is a reason to refuse."""
    if evaluation.get("load_error") is not None:
        return _refusal("does_not_load", f"the engine that serves cannot load it: {evaluation['load_error']}")
    arms = evaluation.get("arms")
    candidate = arms.get("candidate") if isinstance(arms, Mapping) else None
    if not isinstance(arms, Mapping) or not isinstance(candidate, Mapping):
        return _refusal("not_evaluated", "the evaluation holds no candidate arm")
    try:
        scores = _scores(candidate)
    except (KeyError, TypeError, ValueError) as error:
        return _refusal("not_evaluated", f"the candidate's scores cannot be read: {error}")
    groups = _groups(evaluation, scores.size)
    reasons: list[Reason] = []
    figures: dict[str, float] = {"items": float(scores.size)}

    if scores.size < settings.min_items:
        detail = f"{scores.size} evaluated plans, at least {settings.min_items} are needed"
        reasons.append(Reason("too_few_items", detail))
    if scores.size == 0:
        return Decision(False, tuple(reasons), figures)
    reasons += _check_sanity(candidate, scores, settings, figures)
    if not np.isfinite(scores).all():
        return Decision(False, tuple(reasons), figures)

    for name, code in (("base", "not_better_than_base"), ("random", "not_better_than_random")):
        difference = _compare(name, scores, arms.get(name), groups, settings, figures)
        if difference is None:
            reasons.append(Reason(code, f"the arm {name} was not evaluated on the same items"))
        elif not difference.lower > 0:
            reasons.append(Reason(code, f"{difference}; the lower bound must be above 0"))
    if arms.get("champion") is not None:  # the first version has nothing to defend its place against
        difference = _compare("champion", scores, arms["champion"], groups, settings, figures)
        if difference is None:
            reasons.append(Reason("worse_than_champion", "the champion was not evaluated on the same items"))
        elif difference.upper < -settings.champion_tolerance:
            reasons.append(Reason("worse_than_champion", f"{difference}; it is certainly worse"))
        elif difference.lower < -settings.champion_margin:
            limit = f"a loss of {settings.champion_margin} cannot be excluded"
            reasons.append(Reason("worse_than_champion", f"{difference}; {limit}"))
    if arms.get("starting") is not None:  # no rule: how much was learnt here is for a person to know
        _compare("starting", scores, arms["starting"], groups, settings, figures)
    reasons += _check_slices(evaluation, arms, scores, groups, settings)
    reasons += _check_golden_sets(evaluation.get("golden"), settings, figures)
    return Decision(not reasons, tuple(reasons), figures)


@dataclass(frozen=True)
class Difference:
    """Mean difference of paired scores with its one-sided confidence bounds."""

    mean: float
    lower: float
    upper: float

    def __str__(self) -> str:
        return f"mean difference {self.mean:+.4f}, bounds {self.lower:+.4f} and {self.upper:+.4f}"


def bootstrap(
    differences: Scores, groups: Sequence[Any], settings: GateSettings, *, confidence: float
) -> Difference:
    """Bounds of the mean difference, by resampling whole groups (percentile method).

    Args:
        differences: Candidate minus other, item by item, shape ``(items,)``.
        groups: The member of each item, length ``items``.
        settings: Resamples and seed.
        confidence: One-sided, of each bound.
    """
    _, inverse = np.unique(np.asarray([str(group) for group in groups]), return_inverse=True)
    sums = np.bincount(inverse, weights=differences)
    counts = np.bincount(inverse).astype(np.float64)
    generator = np.random.default_rng(settings.seed)
    drawn = generator.integers(0, sums.size, size=(settings.resamples, sums.size))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    lower, upper = np.quantile(means, (1.0 - confidence, confidence))
    return Difference(float(differences.mean()), float(lower), float(upper))


def _check_sanity(
    candidate: Mapping[str, Any], scores: Scores, settings: GateSettings, figures: dict[str, float]
) -> list[Reason]:
    """Rules about the candidate alone."""
    reasons = []
    nll = candidate.get("nll")
    if not np.isfinite(scores).all() or (isinstance(nll, float) and not math.isfinite(nll)):
        reasons.append(Reason("not_finite", "scores or losses are not finite; the weights are damaged"))
    violations = candidate.get("violations")
    if not isinstance(violations, int) or violations != 0:
        reasons.append(Reason("violations", f"{violations} plans or items that the constraints forbid"))
    unanswered = candidate.get("unanswered", 0)
    if not unanswered <= (1 - settings.min_parse_rate) * scores.size:
        reasons.append(Reason("does_not_answer", f"{unanswered} of {scores.size} requests got no answer"))
    parse_rate = candidate.get("parse_rate")
    if not isinstance(parse_rate, (int, float)) or not parse_rate >= settings.min_parse_rate:
        detail = f"{parse_rate} of the texts are whole plans, at least {settings.min_parse_rate} are needed"
        reasons.append(Reason("parse_rate", detail))
    else:
        figures["parse_rate"] = float(parse_rate)
    figures["candidate_mean"] = float(scores.mean())
    return reasons


def _compare(
    name: str,
    scores: Scores,
    arm: Any,
    groups: Sequence[Any],
    settings: GateSettings,
    figures: dict[str, float],
) -> Difference | None:
    """Candidate against one arm, or ``None`` where the arm has no usable score for each item."""
    other = _complete_scores(arm, scores.size)
    if other is None:
        return None
    difference = bootstrap(scores - other, groups, settings, confidence=settings.confidence)
    figures[f"gain_over_{name}"] = difference.mean
    figures[f"gain_over_{name}_lower"] = difference.lower
    figures[f"gain_over_{name}_upper"] = difference.upper
    return difference


def _check_slices(
    evaluation: Mapping[str, Any],
    arms: Mapping[str, Any],
    scores: Scores,
    groups: Sequence[Any],
    settings: GateSettings,
) -> list[Reason]:
    """No slice (sex, goal, level, diet, ...) may fall far, beyond chance, below base or champion on it."""
    items = evaluation.get("items")
    if not isinstance(items, Sequence) or len(items) != scores.size:
        return []
    slices: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        labels = item.get("slices", {}) if isinstance(item, Mapping) else {}
        for dimension, value in labels.items():
            slices.setdefault(f"{dimension}={value}", []).append(index)
    judged = {label: chosen for label, chosen in slices.items() if len(chosen) >= settings.min_slice_items}
    candidates = {name: _complete_scores(arms.get(name), scores.size) for name in ("base", "champion")}
    rivals = {name: other for name, other in candidates.items() if other is not None}
    # Many slices are looked at, and some fall by chance; together they may refuse a sound candidate as
    # rarely as one rule alone.
    confidence = 1.0 - (1.0 - settings.confidence) / max(1, len(judged) * len(rivals))
    reasons = []
    for label, chosen in sorted(judged.items()):
        for name, other in rivals.items():
            differences = scores[chosen] - other[chosen]
            upper = _upper_bound_of_few(differences, [groups[index] for index in chosen], confidence)
            if differences.mean() < -settings.slice_margin and upper < 0:
                detail = f"{label} is {-differences.mean():.3f} below {name} ({len(chosen)} plans)"
                reasons.append(Reason("slice_collapsed", detail))
    return reasons


def _check_golden_sets(golden: Any, settings: GateSettings, figures: dict[str, float]) -> list[Reason]:
    """No earlier version's golden set may be forgotten: fall further than the tolerance, beyond chance."""
    if golden is None:
        return []
    if not isinstance(golden, Mapping):
        return [Reason("forgets", "what earlier versions could do was not measured")]
    confidence = 1.0 - (1.0 - settings.confidence) / max(1, len(golden))  # as for slices
    reasons = []
    for version, measured in sorted(golden.items()):
        try:
            scores = np.asarray(measured["candidate"], dtype=np.float64)
            reference = np.asarray(measured["reference"], dtype=np.float64)
            differences = scores - reference
            if scores.shape != reference.shape or not np.isfinite(differences).all():
                raise ValueError("a score is missing")
            upper = _upper_bound_of_few(differences, measured["members"], confidence)
        except (KeyError, TypeError, ValueError) as error:
            reasons.append(Reason("forgets", f"the golden set of {version} cannot be read: {error}"))
            continue
        loss = -float(differences.mean())
        figures[f"forgotten_of_{version}"] = loss
        if not loss <= settings.golden_tolerance * float(reference.mean()) and not upper >= 0:
            detail = f"{loss:.3f} below what {version} scored on its golden set ({scores.size} plans)"
            reasons.append(Reason("forgets", detail))
    return reasons


def _upper_bound_of_few(differences: Scores, groups: Sequence[Any], confidence: float) -> float:
    """Student's bound over the members' means: a percentile bootstrap is too narrow for a few members."""
    _, inverse = np.unique(np.asarray([str(group) for group in groups]), return_inverse=True)
    means = np.bincount(inverse, weights=differences) / np.bincount(inverse)
    if means.size < 2:
        return math.inf  # one member shows nothing about others
    spread = float(means.std(ddof=1)) / math.sqrt(means.size)
    from scipy import stats  # takes a second to import, which the daemon's start need not wait for

    return float(means.mean() + stats.t.ppf(confidence, means.size - 1) * spread)


def _complete_scores(arm: Any, size: int) -> Scores | None:
    """An arm's scores, if it has a finite one for each item."""
    try:
        scores = _scores(arm)
    except (KeyError, TypeError, ValueError):
        return None
    return scores if scores.size == size and bool(np.isfinite(scores).all()) else None


def _groups(evaluation: Mapping[str, Any], size: int) -> Sequence[Any]:
    """The member behind each item; every item its own group where the evaluation does not say."""
    items = evaluation.get("items")
    if isinstance(items, Sequence) and len(items) == size and all(isinstance(i, Mapping) for i in items):
        return [item.get("member_id", index) for index, item in enumerate(items)]
    return range(size)


def _scores(arm: Any) -> Scores:
    if not isinstance(arm, Mapping):
        raise TypeError("the arm is missing")
    return np.asarray(
        [math.nan if score is None else score for score in arm["scores"]], dtype=np.float64
    ).reshape(-1)


def _refusal(code: str, detail: str) -> Decision:
    return Decision(False, (Reason(code, detail),), {})
