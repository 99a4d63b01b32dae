"""What a wish to train something more than the rest means: muscles, and movements."""

from __future__ import annotations

from collections.abc import Mapping

from fitbox.exercises import Muscle, Pattern
from fitbox.profile import FocusArea

MUSCLES: Mapping[FocusArea, frozenset[Muscle]] = {
    FocusArea.UPPER_BODY: frozenset(
        {Muscle.CHEST, Muscle.BACK, Muscle.SHOULDERS, Muscle.BICEPS, Muscle.TRICEPS, Muscle.FOREARMS}
    ),
    FocusArea.LOWER_BODY: frozenset(
        {Muscle.GLUTES, Muscle.QUADRICEPS, Muscle.HAMSTRINGS, Muscle.CALVES, Muscle.HIPS}
    ),
    FocusArea.CHEST: frozenset({Muscle.CHEST}),
    FocusArea.BACK: frozenset({Muscle.BACK, Muscle.LOWER_BACK}),
    FocusArea.SHOULDERS: frozenset({Muscle.SHOULDERS}),
    FocusArea.ARMS: frozenset({Muscle.BICEPS, Muscle.TRICEPS, Muscle.FOREARMS}),
    FocusArea.CORE: frozenset({Muscle.CORE, Muscle.LOWER_BACK}),
    FocusArea.GLUTES: frozenset({Muscle.GLUTES, Muscle.HIPS}),
    FocusArea.THIGHS: frozenset({Muscle.QUADRICEPS, Muscle.HAMSTRINGS}),
    FocusArea.CALVES: frozenset({Muscle.CALVES}),
    FocusArea.BALANCE: frozenset(),
    FocusArea.MOBILITY: frozenset(),
}
"""Muscles that get more work; none where the wish is for a kind of movement."""

PATTERNS: Mapping[FocusArea, frozenset[Pattern]] = {
    FocusArea.BALANCE: frozenset({Pattern.BALANCE}),
    FocusArea.MOBILITY: frozenset({Pattern.MOBILITY, Pattern.YOGA}),
}
"""Movements that get more time."""


def wanted_muscles(areas: frozenset[FocusArea]) -> frozenset[Muscle]:
    """Every muscle of some areas."""
    return frozenset[Muscle]().union(*(MUSCLES[area] for area in areas))


def wanted_patterns(areas: frozenset[FocusArea]) -> frozenset[Pattern]:
    """Every movement of some areas."""
    return frozenset[Pattern]().union(*(PATTERNS.get(area, frozenset()) for area in areas))
