"""When a day's meals begin, for members who eat within a window."""

from __future__ import annotations

from fitbox.profile import HOURS_BETWEEN_MEALS, Profile

STEP_MINUTES = 15
"""Nobody dines at 12:37."""
LAST_MEAL_MINUTES = 30
"""The last meal begins so long before the window closes, where the others leave room for it."""


def meal_times(profile: Profile) -> tuple[str, ...]:
    """The beginning of each meal, as ``12:30``; empty where the profile has no eating window.

    Evenly from the window's beginning to its end, at least :data:`~fitbox.profile.HOURS_BETWEEN_MEALS` apart,
    which the profile's own check leaves room for. Midnight is ``00:00``.
    """
    start, hours = profile.eating_window_start_hour, profile.eating_window_hours
    if start is None or hours is None:
        return ()
    gaps = profile.meals_per_day - 1
    least = 60 * HOURS_BETWEEN_MEALS * gaps
    spread = max(least, 60 * hours - LAST_MEAL_MINUTES)
    minutes = (60 * start + number * spread // gaps for number in range(gaps + 1))
    return tuple(_clock(one - one % STEP_MINUTES) for one in minutes)


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"
