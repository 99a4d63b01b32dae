"""Which candidate a member gets, and what every text is sampled with."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitbox.choosing import REPEAT_COST, Rated, choose, items_of, repeated, value
from fitbox.decoding import DECODING, Decoding, samplings
from fitbox.task import TaskName
from fitbox.tasks import TASKS
from tests import fakes

rated = st.builds(
    Rated,
    quality=st.floats(0, 1),
    items=st.frozensets(st.sampled_from("abcdef"), min_size=1),
    safe=st.booleans(),
)


@given(st.lists(st.none() | rated), st.frozensets(st.sampled_from("abcdef")))
def test_what_breaks_a_rule_is_never_chosen(candidates: list[Rated | None], avoid: frozenset[str]) -> None:
    """Nor anything that is worth less than another that breaks none."""
    position = choose(candidates, avoid)
    servable = [one for one in candidates if one is not None and one.safe]
    if position is None:
        assert not servable
        return
    chosen = candidates[position]
    assert chosen is not None
    assert chosen.safe
    assert all(value(chosen, avoid) >= value(other, avoid) for other in servable)


def test_the_first_of_equals_is_taken() -> None:
    """So that a reply repeats."""
    same = Rated(0.5, frozenset("a"))
    assert choose([None, same, same]) == 1


def test_variety_is_worth_some_quality_and_no_more() -> None:
    """A good new plan beats the last one again; a bad new one does not."""
    again, new, bad = Rated(1.0, frozenset("ab")), Rated(0.8, frozenset("cd")), Rated(0.3, frozenset("cd"))
    assert choose([again, new], "ab") == 1
    assert choose([again, bad], "ab") == 0
    assert value(again, "ab") == 1 - REPEAT_COST
    assert (repeated(frozenset("ab"), "b"), repeated(frozenset(), "b")) == (0.5, 0.0)


@pytest.mark.parametrize("name", TaskName)
def test_every_plan_has_items(name: TaskName) -> None:
    """Ids of the catalog, or an advice's sentences."""
    assert items_of(TASKS[name].prepare(fakes.MEMBER).planned(1))


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 1), st.integers(0, 1000))
def test_candidates_differ_in_their_seed_alone(seed: int, attempt: int, alternative: int) -> None:
    """And are the same ones when they are asked for again, or more of them are."""
    made = list(samplings(DECODING, 4, seed, attempt=attempt, alternative=alternative))
    assert len({one.seed for one in made}) == 4
    assert len({replace(one, seed=0) for one in made}) == 1
    assert made == list(samplings(DECODING, 8, seed, attempt=attempt, alternative=alternative))[:4]


def test_greedy_decoding_has_one_text() -> None:
    """Several would be the same."""
    assert Decoding(temperature=0.0).count(TaskName.WORKOUT) == 1
    assert next(samplings(Decoding(temperature=0.0), 1, 7)).min_p == 0.0
    assert DECODING.count(TaskName.WORKOUT) == DECODING.candidates
