"""The reference engine in a real worker, against transformers itself, and OpenVINO against the reference."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from fitbox.engine.process import EngineProcess
from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest, Sampling
from fitbox.errors import EngineError
from fitbox.tasks import Message

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PROMPTS = ("Name three exercises.", "What is protein?", "How long should I rest between two sets of squats?")

REFERENCE = """
import json, sys
import peft, torch, transformers
base, adapter, prompts, new_tokens = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4])
tokenizer = transformers.AutoTokenizer.from_pretrained(base + "/hf")
model = transformers.AutoModelForCausalLM.from_pretrained(base + "/hf", dtype=torch.float32)
model = peft.PeftModel.from_pretrained(model, adapter).eval()
texts = []
for prompt in prompts:
    inputs = tokenizer.apply_chat_template(
        [{"role": "user", "content": prompt}],
        add_generation_prompt=True, return_tensors="pt", return_dict=True,
    )
    out = model.generate(**inputs, max_new_tokens=new_tokens, do_sample=False)
    texts.append(tokenizer.decode(out[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))
print(json.dumps(texts))
"""


def request(text: str, *, grammar: str | None = None, seed: int | None = None) -> GenerationRequest:
    sampling = Sampling() if seed is None else Sampling(temperature=1.0, top_p=0.9, seed=seed)
    return GenerationRequest((Message("user", text),), 12, grammar, sampling)


async def texts(spec: EngineSpec, requests: Sequence[GenerationRequest]) -> list[str]:
    """The texts of a worker that gets all requests at once."""
    worker = await EngineProcess.start(spec)
    try:
        return [item.text for item in await asyncio.gather(*(worker.generate(item) for item in requests))]
    finally:
        await worker.stop()


async def test_the_reference_engine_equals_transformers_and_peft(
    base_model: Path, random_adapter: Path
) -> None:
    """Greedy, with an adapter, all prompts at once here and one by one there."""
    command = [
        sys.executable,
        "-c",
        REFERENCE,
        str(base_model),
        str(random_adapter),
        json.dumps(PROMPTS),
        "12",
    ]
    run = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    expected = json.loads(run.stdout.splitlines()[-1])
    spec = EngineSpec("torch", base_model, random_adapter, "v000001-00000000")
    assert await texts(spec, [request(prompt) for prompt in PROMPTS]) == expected


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
