"""Variety in the gate: whether members are given as different plans as the planner would give them.

Both arms planned for the same members, and only members whose plans both made are compared. The number of
distinct items is compared as the mean of each member's part in it
(:func:`~fitbox_trainer.examine.rulers.variety.distinct_shares`), so that it has an interval. A candidate is
refused where it is *certainly* below the share of the planner's: Student's upper bound, for the few members
of a quick evaluation, with one confidence for all figures together (Bonferroni). Fewer than ``min_items``
members decide nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.evaluation.statistics import student_upper

FIGURES: Mapping[str, str] = {
    "food_distance": "how unlike the members' foods are",
    "exercise_distance": "how unlike the members' exercises are",
    "distinct_foods": "distinct foods",
    "distinct_exercises": "distinct exercises",
}
"""By the names of :class:`~fitbox_trainer.examine.examination.ByCase`, and in words."""


@dataclass(frozen=True)
class LessVaried:
    """A figure by which the candidate is certainly less varied than allowed."""

    figure: str
    share: float
    """Of the planner's."""
    least: float
    """The share that it must not certainly be below."""
    members: int

    def __str__(self) -> str:
        return (
            f"{self.figure}: {FIGURES[self.figure]} are {self.share:.0%} of the planner's over the same "
            f"{self.members} members, certainly below {self.least:.0%}"
        )


@dataclass(frozen=True)
class ComparedVariety:
    """What the figures say of candidate and planner."""

    less: tuple[LessVaried, ...]
    figures: Mapping[str, float]
    """Shares of the planner's."""


def compare_variety(
    candidate: Sequence[Mapping[str, Any]], planner: Sequence[Mapping[str, Any]], settings: GateSettings
) -> ComparedVariety:
    """Two arms' examined members, each a row of :class:`~fitbox_trainer.examine.examination.ByCase`.

    Raises:
        KeyError, TypeError, ValueError: a row is not what an examination writes.
    """
    theirs = {row["member_id"]: row for row in planner}
    confidence = 1.0 - (1.0 - settings.confidence) / len(FIGURES)
    less, figures = list[LessVaried](), dict[str, float]()
    for name in FIGURES:
        both = [
            (row["member_id"], float(row[name]), float(theirs[row["member_id"]][name]))
            for row in candidate
            if row.get(name) is not None and theirs.get(row["member_id"], {}).get(name) is not None
        ]
        members, own, other = [one[0] for one in both], _array(both, 1), _array(both, 2)
        if len(both) < settings.min_items or not other.sum() > 0:
            continue
        share = float(own.sum() / other.sum())
        figures[f"{name}_of_planner"] = share
        if student_upper(own - settings.variety_share * other, members, confidence) < 0:
            less.append(LessVaried(name, share, settings.variety_share, len(both)))
    return ComparedVariety(tuple(less), figures)


def _array(rows: Sequence[tuple[str, float, float]], place: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray([row[place] for row in rows], dtype=np.float64)
