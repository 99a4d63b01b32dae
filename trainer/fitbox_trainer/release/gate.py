"""The gate: whether a candidate may serve. A pure function of its evaluation.

Every rule is checked and every refusal explained, so that a rejected candidate says all that is wrong
with it. Arms are compared item by item (the same member and task), with the intervals of
:mod:`fitbox_trainer.evaluation.statistics`. Every arm is held to the same rule of how much may be left
unanswered: nothing is proven by beating who did not answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.evaluation.statistics import Interval, Values, bootstrap_mean, student_upper
from fitbox_trainer.release.gate_examined import RULERS, compare
from fitbox_trainer.release.gate_variety import compare_variety

Scores = Values
"""Quality of each item, shape ``(items,)``, in [0, 1]."""

_UNREADABLE = (KeyError, TypeError, ValueError, OverflowError)
"""What reading figures of the wrong kind raises."""


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
    notes: tuple[str, ...] = ()
    """What the verdict could not rest on, in words: a champion that does not load, for one."""

    @property
    def summary(self) -> str:
        """All reasons and notes on one line."""
        reasons = [f"{reason.code}: {reason.detail}" for reason in self.reasons]
        return "; ".join([*reasons, *self.notes])


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
    except _UNREADABLE as error:
        return _refusal("not_evaluated", f"the candidate's scores cannot be read: {error}")
    groups = _groups(evaluation, scores.size)
    notes = _notes(evaluation.get("without"))
    reasons: list[Reason] = []
    figures: dict[str, float] = {"items": float(scores.size)}

    if scores.size < settings.min_items:
        detail = f"{scores.size} evaluated plans, at least {settings.min_items} are needed"
        reasons.append(Reason("too_few_items", detail))
    if scores.size == 0:
        return Decision(False, tuple(reasons), figures, notes)
    reasons += _check_answers(arms, scores.size, settings)
    reasons += _check_sanity(candidate, scores, settings, figures)
    if not np.isfinite(scores).all():
        return Decision(False, tuple(reasons), figures, notes)

    for name, code in (("base", "not_better_than_base"), ("random", "not_better_than_random")):
        difference = _compare(name, scores, arms.get(name), groups, settings, figures)
        if difference is None:
            reasons.append(Reason(code, f"the arm {name} was not evaluated on the same items"))
        elif not difference.low > settings.min_gain:
            detail = f"{difference}; the lower bound must be above {settings.min_gain:g}"
            reasons.append(Reason(code, detail))
    if arms.get("champion") is not None:  # the first version has nothing to defend its place against
        difference = _compare("champion", scores, arms["champion"], groups, settings, figures)
        if difference is None:
            reasons.append(Reason("worse_than_champion", "the champion was not evaluated on the same items"))
        elif difference.high < -settings.champion_tolerance:
            reasons.append(Reason("worse_than_champion", f"{difference}; it is certainly worse"))
        elif difference.low < -settings.champion_margin:
            limit = f"a loss of {settings.champion_margin} cannot be excluded"
            reasons.append(Reason("worse_than_champion", f"{difference}; {limit}"))
    reasons += _check_starting(arms.get("starting"), scores, groups, settings, figures)
    reasons += _check_slices(evaluation, arms, scores, groups, settings)
    reasons += _check_golden_sets(evaluation.get("golden"), settings, figures)
    reasons += _check_examined(arms, settings, figures)
    reasons += _check_variety(arms, settings, figures)
    return Decision(not reasons, tuple(reasons), figures, notes)


def _check_answers(arms: Mapping[str, Any], size: int, settings: GateSettings) -> list[Reason]:
    """No arm, ours or another, may have left more unanswered than may fail to parse."""
    allowed = (1 - settings.min_parse_rate) * size
    reasons = []
    for name, arm in arms.items():
        unanswered = arm.get("unanswered", 0) if isinstance(arm, Mapping) else 0
        usable = isinstance(unanswered, (int, float)) and not isinstance(unanswered, bool)
        if not usable or not unanswered <= allowed:
            proof = "" if name == "candidate" else "; to be better than that proves nothing"
            detail = f"{name}: {unanswered} of {size} requests got no answer{proof}"
            reasons.append(Reason("does_not_answer", detail))
    return reasons


def _notes(without: Any) -> tuple[str, ...]:
    """Arms that could not be judged, and why, as the evaluation tells it."""
    if not isinstance(without, Mapping):
        return ()
    return tuple(f"judged without the {name}: {why}" for name, why in sorted(without.items()))


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


def _compare(
    name: str,
    scores: Scores,
    arm: Any,
    groups: Sequence[Any],
    settings: GateSettings,
    figures: dict[str, float],
) -> Interval | None:
    """Candidate against one arm, or ``None`` where the arm has no usable score for each item."""
    other = _complete_scores(arm, scores.size)
    if other is None:
        return None
    difference = bootstrap_mean(
        scores - other,
        groups,
        tail=1.0 - settings.confidence,
        resamples=settings.resamples,
        seed=settings.seed,
    )
    figures[f"gain_over_{name}"] = difference.mean
    figures[f"gain_over_{name}_lower"] = difference.low
    figures[f"gain_over_{name}_upper"] = difference.high
    return difference


def _check_starting(
    arm: Any, scores: Scores, groups: Sequence[Any], settings: GateSettings, figures: dict[str, float]
) -> list[Reason]:
    """What a training adds to the shipped adapter may be little; that it takes away must not be certain."""
    other = _complete_scores(arm, scores.size)
    if other is None:  # there is none for this base, or it does not load, which the notes say
        return []
    _compare("starting", scores, arm, groups, settings, figures)
    upper = student_upper(scores - other, groups, settings.confidence)
    if upper >= -settings.starting_tolerance:
        return []
    loss, members = -float((scores - other).mean()), len(set(map(str, groups)))
    detail = (
        f"{loss:.3f} below the shipped starting adapter over {members} members; with "
        f"{settings.confidence:.0%} confidence the loss is above {-upper:.3f}, at most "
        f"{settings.starting_tolerance:g} may be certain"
    )
    return [Reason("worse_than_starting", detail)]


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
        labels = item.get("slices") if isinstance(item, Mapping) else None
        for dimension, value in labels.items() if isinstance(labels, Mapping) else ():
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
            upper = student_upper(differences, [groups[index] for index in chosen], confidence)
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
            upper = student_upper(differences, measured["members"], confidence)
        except _UNREADABLE as error:
            reasons.append(Reason("forgets", f"the golden set of {version} cannot be read: {error}"))
            continue
        loss = -float(differences.mean())
        figures[f"forgotten_of_{version}"] = loss
        if not loss <= settings.golden_tolerance * float(reference.mean()) and not upper >= 0:
            detail = f"{loss:.3f} below what {version} scored on its golden set ({scores.size} plans)"
            reasons.append(Reason("forgets", detail))
    return reasons


def _check_examined(
    arms: Mapping[str, Any], settings: GateSettings, figures: dict[str, float]
) -> list[Reason]:
    """By no ruler that is not ours may the candidate be certainly worse than the champion."""
    champion = arms.get("champion")
    examined = arms["candidate"].get("examined")
    theirs = champion.get("examined") if isinstance(champion, Mapping) else None
    if examined is None and theirs is None:  # an evaluation of before there were such rulers
        return []
    try:
        compared = compare(examined, theirs, settings)
    except _UNREADABLE as error:
        return [Reason("not_examined", f"what the rulers said cannot be read: {error}")]
    figures.update(compared.figures)
    reasons = [
        Reason(
            "examined_worse",
            f"{one.ruler}: {one.difference}, more is better; it is certainly worse than the champion by more "
            f"than {RULERS[one.ruler][1]:g}",
        )
        for one in compared.worse
    ]
    if compared.nonsense:
        reasons.append(Reason("nonsense", f"{compared.nonsense} tips that nobody ever read"))
    return reasons


def _check_variety(
    arms: Mapping[str, Any], settings: GateSettings, figures: dict[str, float]
) -> list[Reason]:
    """Members may not certainly be given much more of the same than the planner would give them."""
    planner = arms.get("planner")
    planned = planner.get("examined") if isinstance(planner, Mapping) else None
    examined = arms["candidate"].get("examined")
    if planned is None or examined is None:  # an evaluation of before there were such figures
        return []
    try:
        found = compare_variety(examined, planned, settings)
    except _UNREADABLE as error:
        return [Reason("not_examined", f"how varied the plans are cannot be read: {error}")]
    figures.update(found.figures)
    return [Reason("less_varied", str(one)) for one in found.less]


def _complete_scores(arm: Any, size: int) -> Scores | None:
    """An arm's scores, if it has a finite one for each item."""
    try:
        scores = _scores(arm)
    except _UNREADABLE:
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
