"""How much is tried in ``make check``, in ``make test`` and in a night."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

FAST, USUAL, THOROUGH = "fast", "fitbox", "thorough"
FEWEST = 10
"""For ``make test-fast``: what breaks a property mostly shows itself in few examples."""
TIMES_AS_MANY = 20
"""For a night, or for whoever changes what the properties are about."""

# By the clock, deadline and health check would say how busy the machine is.
settings.register_profile(
    USUAL, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(FAST, settings.get_profile(USUAL), max_examples=FEWEST)
settings.register_profile(THOROUGH, settings.get_profile(USUAL), max_examples=100 * TIMES_AS_MANY)


def examples(number: int) -> settings:
    """Decorator: ``number`` examples in ``make test``, at most :data:`FEWEST` in ``make check``, and
    :data:`TIMES_AS_MANY` times the number with ``--hypothesis-profile thorough``.

    A number that is written into ``settings`` itself is the same in every profile, which is for loops of
    cheap cases that have to come to an end.
    """
    counts = {FAST: min(number, FEWEST), THOROUGH: number * TIMES_AS_MANY}
    return settings(max_examples=counts.get(settings.get_current_profile_name(), number))


def every(step: int, values: Iterable[Any]) -> list[Any]:
    """Parameters for ``parametrize``: each ``step``-th of the values in ``make check``, all in ``make test``.

    For cases of one kind, where what breaks one nearly always breaks its neighbours.
    """
    return [
        pytest.param(value, marks=pytest.mark.slow) if number % step else value
        for number, value in enumerate(values)
    ]


def is_thorough() -> bool:
    """Whether what is big and seldom finds more than the small form of it is tried too."""
    return settings.get_current_profile_name() == THOROUGH


def thoroughly(*values: Any, id: str | None = None) -> Any:  # noqa: A002 - as pytest calls it
    """A case for ``parametrize`` that is skipped unless the profile is thorough."""
    skipped = pytest.mark.skipif(not is_thorough(), reason="in the thorough profile alone")
    return pytest.param(*values, marks=skipped, id=id)
