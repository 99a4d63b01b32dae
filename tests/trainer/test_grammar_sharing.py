"""Counting the grammars that members share, without a model."""

from __future__ import annotations

import pytest
from fitbox_trainer.evaluation.items import make_items
from fitbox_trainer.evaluation.synthetic import synthetic_members

from bench.grammars import sharing
from fitbox.tasks import TaskName


@pytest.mark.slow
@pytest.mark.parametrize("name", TaskName)
def test_equal_keys_have_equal_grammars_and_are_counted_once(name: TaskName) -> None:
    """As many texts of grammars as keys; the same members again share every one of them."""
    items = make_items(synthetic_members(12), [name])
    found = sharing(items)
    assert found["distinct_grammars"] == len({item.task.grammar(item.constraints) for item in items})
    again = sharing([*items, *items])
    assert again["distinct_grammars"] == found["distinct_grammars"]
    assert again["hit_rate"] >= 0.5
