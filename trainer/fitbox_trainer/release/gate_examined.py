"""The rulers that are not ours, in the gate: by none of them may a candidate be worse than the champion.

A candidate is refused where it is *certainly* worse: the upper bound of the difference, paired member by
member, is below a tolerance that is named for each ruler. Many are looked at, so the confidence holds for all
of them together (Bonferroni), as for slices. A ruler without a figure for enough members decides nothing.
Nonsense has no interval: a single tip that nobody ever read refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.evaluation.statistics import Interval, bootstrap_mean

RULERS: Mapping[str, tuple[int, float]] = {
    "hard_violations": (-1, 0.0),
    "dangerous": (-1, 0.0),
    "wrong": (-1, 0.1),
    "impractical": (-1, 0.1),
    "hei_2020": (1, 1.0),
    "limits_met": (1, 0.01),
    "human_distance": (-1, 0.05),
    "lunch_dinner_shared": (-1, 0.02),
    "food_distance": (1, 0.05),
}
"""Figures of each member's plans, by their names in :class:`~fitbox_trainer.examine.examination.ByCase`:
which way is better, and how much worse is too little to matter even where it is certain. No danger is.
Random plans are more varied than good ones, hence the tolerance of the last."""


@dataclass(frozen=True)
class Worse:
    """A ruler by which the candidate is certainly worse."""

    ruler: str
    difference: Interval
    """Candidate less champion, turned so that more is better."""


@dataclass(frozen=True)
class Compared:
    """What the rulers say of candidate and champion."""

    worse: tuple[Worse, ...]
    figures: Mapping[str, float]
    nonsense: int
    """The candidate's tips that nobody ever read."""


def compare(
    candidate: Sequence[Mapping[str, Any]],
    champion: Sequence[Mapping[str, Any]] | None,
    settings: GateSettings,
) -> Compared:
    """Two arms' examined members, each a row of :class:`~fitbox_trainer.examine.examination.ByCase`.

    Raises:
        KeyError, TypeError, ValueError: a row is not what an examination writes.
    """
    nonsense = sum(int(row["nonsense_tips"]) for row in candidate)
    if champion is None:
        return Compared((), {}, nonsense)
    theirs = {row["member_id"]: row for row in champion}
    pairs = [
        (own, other)
        for own in candidate
        if (other := theirs.get(own["member_id"])) is not None and own["plans"] == other["plans"]
    ]
    tail = (1.0 - settings.confidence) / len(RULERS)
    found: dict[str, Interval] = {}
    for name, (sign, _) in RULERS.items():
        both = [
            (own["member_id"], float(own[name]) - float(other[name]))
            for own, other in pairs
            if own[name] is not None and other[name] is not None
        ]
        if len(both) >= settings.min_items:
            found[name] = bootstrap_mean(
                np.asarray([sign * difference for _, difference in both]),
                [member for member, _ in both],
                tail=tail,
                resamples=settings.resamples,
                seed=settings.seed,
            )
    return Compared(
        tuple(Worse(name, interval) for name, interval in found.items() if interval.high < -RULERS[name][1]),
        {f"examined_{name}": interval.mean for name, interval in found.items()},
        nonsense,
    )
