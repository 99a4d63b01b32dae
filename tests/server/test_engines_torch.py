"""The torch engine step by step, on a tiny model: who runs together, and what that changes (nothing)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What ``tests.torch_child`` reports; one process for all tests, for importing torch is most of it."""
    command = [sys.executable, "-m", "tests.torch_child", str(tmp_path_factory.mktemp("torch"))]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, run.stderr[-4000:]
    result: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return result


def test_a_text_does_not_depend_on_who_else_runs(seen: dict[str, Any]) -> None:
    """Greedy, sampled and within a grammar: the same alone, in one forward pass with others, and in a pass of
    its own beside others."""
    assert seen["together"] == seen["alone"]
    assert seen["apart"] == seen["alone"]


def test_requests_join_between_steps_up_to_the_batch_size(seen: dict[str, Any]) -> None:
    """One request, then one more a step; at most three advance together, the others wait."""
    assert seen["running"] == [1, 2, 3, 3, 3]


def test_a_cancelled_request_is_silent_and_leaves_the_others(seen: dict[str, Any]) -> None:
    """No event of it follows, and its slot goes to the next."""
    assert seen["left"] == 4
    assert not seen["cancelled_spoke"]
    assert sorted(seen["order"]) == [11, 12, 13, 14, 15]


def test_a_base_in_four_bits_still_keeps_to_the_grammar(seen: dict[str, Any]) -> None:
    """Both layers' seven matrices are NF4; the head, which shares the embedding, is not."""
    assert seen["four_bit_layers"] == 14
    assert re.fullmatch(r"(squat|rangée) [1-5]x\d\d", seen["quantised"])


def test_the_cache_takes_no_more_than_it_was_given(seen: dict[str, Any]) -> None:
    """Requests that find no room wait, and their texts are the same; one that never would is refused."""
    assert seen["cache_gib_tokens"] == 2**30 // seen["token_bytes"]
    assert 0 < seen["largest"] <= seen["room"]
    assert seen["in_turn"]
    assert seen["refused"] == "cache_exhausted"


def test_compiled_grammars_are_bounded(seen: dict[str, Any]) -> None:
    """Members bring new ones without end."""
    assert seen["grammars"] == 2


def test_cudnn_attention_is_off(seen: dict[str, Any]) -> None:
    """On a GPU it makes a plan for every new shape, and decoding meets one at each step."""
    assert seen["cudnn_attention"] is False
