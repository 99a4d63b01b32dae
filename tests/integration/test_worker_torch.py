"""The torch engine in a real worker: grammar, seeds, refusals; its texts are in ``test_engine_equality``."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from fitbox.chat import Message
from fitbox.engine.process import EngineProcess
from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest, Sampling
from fitbox.errors import EngineError

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def request(text: str, *, grammar: str | None = None, seed: int | None = None) -> GenerationRequest:
    sampling = Sampling() if seed is None else Sampling(temperature=1.0, top_p=0.9, seed=seed)
    return GenerationRequest((Message("user", text),), 12, grammar, sampling)


async def test_grammar_seeds_and_refusals(base_model: Path) -> None:
    """One worker, for loading it is most of the time."""
    worker = await EngineProcess.start(EngineSpec("torch", base_model, None, "base"))
    try:
        grammar = 'root ::= ("squat" | "rangée") " " [1-5] "x" [0-9]{1,2}'
        constrained = await worker.generate(request("Plan.", grammar=grammar))
        assert re.fullmatch(r"(squat|rangée) [1-5]x\d{1,2}", constrained.text)
        assert constrained.finish_reason is FinishReason.STOP
        asks = [request("Tell a story.", seed=1), request("Tell a story.", seed=2)]
        first, other, again = await asyncio.gather(*(worker.generate(item) for item in [*asks, asks[0]]))
        assert first.text == again.text != other.text
        with pytest.raises(EngineError, match=r'bad_grammar: EBNF parser error.*"a" is not defined'):
            await worker.generate(request("x", grammar="root ::= a"))
    finally:
        await worker.stop()
