"""What is known beside the profile, as it travels; server and client share it."""

from __future__ import annotations

from dataclasses import dataclass

MOST_MAXIMA = 64
"""In a request; a longer list is refused unread."""


@dataclass(frozen=True)
class KnownMaximum:
    """The heaviest single repetition of an exercise, in ``kg`` or ``lb``; with dumbbells, of one of them."""

    exercise_id: str
    kg: float | None = None
    lb: float | None = None


@dataclass(frozen=True)
class TrainingFacts:
    """A start and maxima, as they travel; :mod:`fitbox.workout.known` checks them."""

    starts_on: str = ""
    """Day of the first session, as ``2026-12-07``; empty: the weeks have no dates."""
    maxima: tuple[KnownMaximum, ...] = ()
    """Lines of these exercises get a load."""
