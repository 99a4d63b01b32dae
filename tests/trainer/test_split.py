"""The split by member."""

from __future__ import annotations

import pytest
from fitbox_trainer.data.split import is_development, is_held_out, member_hash, seed_of
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples

IDS = [f"member-{number}" for number in range(4000)]


def test_about_the_asked_share_is_held_out() -> None:
    """Four standard deviations of a binomial around one in ten."""
    assert sum(is_held_out(member, 0.1) for member in IDS) == pytest.approx(400, abs=76)


@given(st.text(max_size=40), st.floats(0, 0.5), st.floats(0, 0.5))
@examples(100)
def test_who_is_held_out_of_a_smaller_share_stays_so_in_a_larger(
    member: str, one: float, other: float
) -> None:
    """Raising the share only adds members, so no training member of before returns as a test."""
    low, high = sorted((one, other))
    assert is_held_out(member, high) or not is_held_out(member, low)


def test_purposes_draw_independently() -> None:
    """The development part is no copy of the held-out part, and seeds differ by purpose."""
    both = sum(is_held_out(member, 0.1) and is_development(member, 0.1) for member in IDS)
    assert both < 80
    assert seed_of("m", "a") != seed_of("m", "b")
    assert 0 <= member_hash("", "") < 1


def test_the_split_never_changes_between_releases() -> None:
    """Pinned ids: a changed hash would move held-out members into training."""
    assert [number for number in range(60) if is_held_out(f"member-{number}", 0.1)] == PINNED


PINNED = [12, 17, 19, 48]
