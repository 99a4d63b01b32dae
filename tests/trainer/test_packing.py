"""Packing: rows, micro-batches and the order of a run."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from fitbox_trainer.data.examples import Encoded, Example
from fitbox_trainer.data.packing import deal, micro_batches, pack, step_order
from hypothesis import given
from hypothesis import strategies as st

from fitbox.tasks import TaskName
from tests.examples import examples


def encoded(prompt: int, completion: int, start: int = 100) -> Encoded:
    """An example whose token ids count up from ``start``."""
    example = Example("m", TaskName.WORKOUT, (), "", "planner")
    return Encoded(example, tuple(range(start, start + prompt + completion)), prompt)


def test_a_row_restarts_positions_and_predicts_completions_alone() -> None:
    """Two examples and padding: three segments, loss on what follows each prompt."""
    row = pack([encoded(2, 2), encoded(1, 1, start=200)], bucket_tokens=8, pad_id=0)
    assert row.token_ids == (100, 101, 102, 103, 200, 201, 0, 0)
    assert row.positions == (0, 1, 2, 3, 0, 1, 0, 1)
    assert row.boundaries == (0, 4, 6, 8)
    assert row.predicting == (1, 2, 4)
    assert row.labels == (102, 103, 201)
    assert row.real_tokens == 6


def test_a_row_that_fills_its_bucket_has_no_padding_segment() -> None:
    """No empty segment is made."""
    row = pack([encoded(2, 2)], bucket_tokens=4, pad_id=0)
    assert row.boundaries == (0, 4)


@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=30), st.integers(64, 300)
)
@examples(100)
def test_micro_batches_lose_nothing_and_fit(shapes: list[tuple[int, int]], limit: int) -> None:
    """Every example is in one row, and a row exceeds the limit only if it is a single example."""
    examples = [encoded(*shape, start=1000 * index) for index, shape in enumerate(shapes)]
    rows = micro_batches(examples, limit)
    assert Counter(e.token_ids for row in rows for e in row) == Counter(e.token_ids for e in examples)
    assert all(sum(len(e.token_ids) for e in row) <= limit or len(row) == 1 for row in rows)


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), max_size=30), st.integers(1, 5))
@examples(100)
def test_processes_get_about_as_many_tokens_each(shapes: list[tuple[int, int]], processes: int) -> None:
    """Nothing is lost, and nobody has more than one example above the average."""
    examples = [encoded(*shape, start=1000 * index) for index, shape in enumerate(shapes)]
    shares = deal(examples, processes)
    assert len(shares) == processes
    assert Counter(e.token_ids for s in shares for e in s) == Counter(e.token_ids for e in examples)
    tokens = [sum(len(e.token_ids) for e in share) for share in shares]
    longest = max((len(e.token_ids) for e in examples), default=0)
    assert max(tokens) <= sum(tokens) / processes + longest


def test_every_step_sees_the_tasks_alike() -> None:
    """With three tasks and batches of six, each step has two of each."""
    tasks = list(TaskName) * 20
    for step in step_order(tasks, batch=6, epochs=2, seed=1):
        assert Counter(tasks[slot] for slot in step) == dict.fromkeys(TaskName, 2)


def test_an_epoch_sees_every_slot_once() -> None:
    """Shuffled, not sampled."""
    steps = step_order(list(TaskName) * 10, batch=5, epochs=1, seed=1)
    assert sorted(slot for step in steps for slot in step) == list(range(30))


def test_the_order_depends_on_the_seed_alone() -> None:
    """Equal seeds give equal orders, another seed another, and each epoch is shuffled anew."""
    tasks = list(TaskName) * 10
    order = step_order(tasks, batch=30, epochs=2, seed=1)
    assert order == step_order(tasks, batch=30, epochs=2, seed=1)
    assert order != step_order(tasks, batch=30, epochs=2, seed=2)
    assert order[0] != order[1]


@pytest.mark.parametrize(("slots", "batch", "sizes"), [(7, 3, [3, 3]), (2, 3, [2]), (6, 3, [3, 3])])
def test_a_last_incomplete_batch_is_dropped_unless_it_is_the_only_one(
    slots: int, batch: int, sizes: list[int]
) -> None:
    """A step with fewer examples would be noisier than all others."""
    steps = step_order([TaskName.ADVICE] * slots, batch=batch, epochs=1, seed=0)
    assert [len(step) for step in steps] == sizes
    assert all(one != other for one, other in pairwise(steps))
