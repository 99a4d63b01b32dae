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

from fitbox_trainer.settings import GateSettings

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

    for name, code, margin in (
        ("base", "not_better_than_base", 0.0),
        ("random", "not_better_than_random", 0.0),
        ("champion", "worse_than_champion", settings.champion_margin),
    ):
        arm = arms.get(name)
        if arm is None and name == "champion":
            continue  # the first version has nothing to defend its place against
        reasons += _check_against(name, code, margin, scores, arm, groups, settings, figures)
    reasons += _check_slices(evaluation, arms, settings)
    return Decision(not reasons, tuple(reasons), figures)


def lower_bound(differences: Scores, groups: Sequence[Any], settings: GateSettings) -> float:
    """One-sided lower confidence bound of the mean difference, by resampling whole groups.

    Args:
        differences: Candidate minus other, item by item, shape ``(items,)``.
        groups: The member of each item, length ``items``.
        settings: Confidence, resamples and seed.
    """
    _, inverse = np.unique(np.asarray([str(group) for group in groups]), return_inverse=True)
    sums = np.bincount(inverse, weights=differences)
    counts = np.bincount(inverse).astype(np.float64)
    generator = np.random.default_rng(settings.seed)
    drawn = generator.integers(0, sums.size, size=(settings.resamples, sums.size))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return float(np.quantile(means, 1.0 - settings.confidence))


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
    parse_rate = candidate.get("parse_rate")
    if not isinstance(parse_rate, (int, float)) or not parse_rate >= settings.min_parse_rate:
        detail = f"{parse_rate} of the texts are whole plans, at least {settings.min_parse_rate} are needed"
        reasons.append(Reason("parse_rate", detail))
    else:
        figures["parse_rate"] = float(parse_rate)
    figures["candidate_mean"] = float(scores.mean())
    return reasons


def _check_against(
    name: str,
    code: str,
    margin: float,
    scores: Scores,
    arm: Any,
    groups: Sequence[Any],
    settings: GateSettings,
    figures: dict[str, float],
) -> list[Reason]:
    """The candidate must lie above ``arm`` minus ``margin``, at the lower confidence bound."""
    try:
        other = _scores(arm)
    except (KeyError, TypeError, ValueError):
        return [Reason(code, f"the arm {name} was not evaluated")]
    if other.size != scores.size:
        return [Reason(code, f"the arm {name} has {other.size} items, the candidate {scores.size}")]
    if not np.isfinite(other).all():
        return [Reason(code, f"scores of the arm {name} are not finite")]
    bound = lower_bound(scores - other, groups, settings)
    gain = float((scores - other).mean())
    figures[f"gain_over_{name}"] = gain
    figures[f"gain_over_{name}_lower"] = bound
    if bound > -margin:
        return []
    needed = f"must be above {-margin:+.3f}" if margin else "must be above 0"
    return [Reason(code, f"mean difference {gain:+.4f}, lower bound {bound:+.4f}, {needed}")]


def _check_slices(
    evaluation: Mapping[str, Any], arms: Mapping[str, Any], settings: GateSettings
) -> list[Reason]:
    """No slice (sex, goal, level, diet, ...) may fall far below what base or champion do on it."""
    items = evaluation.get("items")
    if not isinstance(items, Sequence):
        return []
    members: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        labels = item.get("slices", {}) if isinstance(item, Mapping) else {}
        for dimension, value in labels.items():
            members.setdefault(f"{dimension}={value}", []).append(index)
    candidate = _scores(arms["candidate"])
    reasons = []
    for label, indices in sorted(members.items()):
        if len(indices) < settings.min_slice_items or max(indices) >= candidate.size:
            continue
        for name in ("base", "champion"):
            if not isinstance(arms.get(name), Mapping):
                continue
            other = _scores(arms[name])
            if other.size != candidate.size:
                continue
            drop = float(other[indices].mean() - candidate[indices].mean())
            if drop > settings.slice_margin:
                reasons.append(
                    Reason("slice_collapsed", f"{label} is {drop:.3f} below {name} ({len(indices)} plans)")
                )
    return reasons


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
