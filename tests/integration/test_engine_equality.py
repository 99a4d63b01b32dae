"""Every engine answers as transformers and peft do, with the adapter that ships; prompts are the tasks' own.

The small, quick form of ``python -m bench.engine_equality``, whose figures and thresholds are in
``docs/engines.md``.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest
import tokenizers

from bench.engine_equality import (
    CONTENDERS,
    STARTING_ADAPTER,
    Agreement,
    compare,
    engine_texts,
    first_difference,
    real_requests,
    reference_texts,
)
from fitbox.engine.interpreter import vllm_python
from fitbox.engine.types import EngineSpec, GenerationRequest

PROMPTS, TOKENS = 3, 8
LEAST = {"torch": 1.0, "vllm": 0.96, "openvino": 0.7}
"""Share of equal next tokens, over few texts: one near tie is allowed to vLLM's f32, and eight-bit weights
get room for the small sample. An engine that ignored the adapter would reach less than half."""


@pytest.fixture(scope="module")
def requests() -> list[GenerationRequest]:
    """One prompt a task, each within its grammar and without."""
    constrained = real_requests(PROMPTS, TOKENS)
    return [*(dataclasses.replace(one, grammar=None) for one in constrained), *constrained]


@pytest.fixture(scope="module")
def reference(base_model: Path, requests: list[GenerationRequest]) -> list[str]:
    """The texts of transformers and peft, each generated alone."""
    return reference_texts(base_model / "hf", STARTING_ADAPTER, requests)


def agreement(base_model: Path, ours: Sequence[str], theirs: Sequence[str]) -> Agreement:
    tokenizer = tokenizers.Tokenizer.from_file(str(base_model / "hf" / "tokenizer.json"))
    encoded = [[e.ids for e in tokenizer.encode_batch(list(texts))] for texts in (ours, theirs)]
    return compare(*encoded)


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.parametrize("engine", ["torch", "openvino", "vllm"])
def test_an_engine_answers_as_the_reference_does(
    base_model: Path, requests: list[GenerationRequest], reference: list[str], engine: str
) -> None:
    """All requests at once here, one by one there; greedy, with the adapter."""
    if engine == "vllm" and vllm_python() is None:
        pytest.skip("vLLM has no environment; `make setup-vllm`, or set FITBOX_VLLM_PYTHON")
    contender = CONTENDERS[engine]
    spec = EngineSpec(contender.engine, base_model, STARTING_ADAPTER, "shipped", options=contender.options)
    name, texts = asyncio.run(engine_texts(spec, requests))
    found = agreement(base_model, texts, reference)
    assert name.startswith(engine)
    assert found.next_token >= LEAST[engine], found


def test_agreement_counts_tokens_up_to_the_first_difference() -> None:
    """After it the two texts continue different starts, so nothing there is comparable."""
    found = compare([[1, 2, 3], [1, 2, 9, 9], [5]], [[1, 2, 3], [1, 2, 3, 4], [6]])
    assert found == Agreement(
        texts=3, texts_equal=0.3333, next_token=round(5 / 7, 4), compared_tokens=7, first_divergence=(0, 2)
    )


def test_a_text_that_ends_early_differs_where_it_ends() -> None:
    """Ending is a token like any other."""
    assert first_difference([1, 2], [1, 2, 3]) == 2
    assert first_difference([1, 2], [1, 2]) is None
