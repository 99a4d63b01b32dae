"""Drives a TorchEngine on a tiny Llama step by step, in a process of its own: tests import no torch.

    python -m tests.torch_child FOLDER

Prints one JSON object, whose fields ``tests/server/test_engines_torch.py`` explains.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from fitbox_server.engines.protocol import Finished, RequestRefusedError, load
from fitbox_server.engines.torch_engine.engine import token_bytes

from fitbox.chat import Message
from fitbox.engine.types import EngineSpec, GenerationRequest, Sampling
from fitbox.engine.wire import Chunk
from tests.tiny_llama import write_tiny_base

GRAMMAR = 'root ::= ("squat" | "rangée") " " [1-5] "x" [0-9]{2}'


def ask(number: int, tokens: int = 8) -> GenerationRequest:
    sampling = Sampling(temperature=1.0, seed=number) if number % 2 else Sampling()
    grammar = GRAMMAR if number == 2 else None
    return GenerationRequest((Message("user", "ab" * number),), 20 if grammar else tokens, grammar, sampling)


def finish(engine: Any, texts: dict[int, str]) -> list[int]:
    """Step until nothing runs; the ids in the order in which they ended."""
    order: list[int] = []
    while engine.has_work:
        for event in engine.step():
            match event:
                case Chunk():
                    texts[event.id] = texts.get(event.id, "") + event.text
                case Finished():
                    order.append(event.id)
    return order


def bounded(base: Path, alone: dict[int, str]) -> dict[str, Any]:
    """An engine whose cache has room for two of five requests."""
    options = (("device", "cpu"), ("compiled_grammars", "2"))
    engine: Any = load(EngineSpec("torch", base, None, "base", options=options))
    cache_gib_tokens, room = engine._cache_tokens, 100
    engine._cache_tokens = room
    texts: dict[int, str] = {}
    largest = 0
    for number in range(1, 6):
        engine.add(number, ask(number))
    while engine.has_work:
        for event in engine.step():
            if isinstance(event, Chunk):
                texts[event.id] = texts.get(event.id, "") + event.text
        taken = [layer.keys for batch in engine._batches for layer in batch._slots.layers[:1]]
        largest = max(largest, sum(keys.shape[0] * keys.shape[2] for keys in taken))
    try:
        engine.add(9, GenerationRequest((Message("user", "a"),), room))
        refused = ""
    except RequestRefusedError as error:
        refused = error.code
    for number in range(5):
        engine.compile(f'root ::= "{number}"')
    return {
        "cache_gib_tokens": cache_gib_tokens,
        "token_bytes": token_bytes(engine._model.config, torch.float32),
        "room": room,
        "largest": largest,
        "in_turn": [texts[number] for number in range(1, 6)] == [alone[number] for number in range(1, 6)],
        "refused": refused,
        "grammars": len(engine._grammars._compiled),
        "cudnn_attention": torch.backends.cuda.cudnn_sdp_enabled(),
    }


def run(folder: Path) -> dict[str, Any]:
    base = write_tiny_base(folder / "tiny")
    cpu = (("device", "cpu"),)
    engine = load(EngineSpec("torch", base, None, "base", max_batch_size=3, options=cpu))
    alone: dict[int, str] = {}
    for number in range(1, 6):
        engine.add(number, ask(number))
        finish(engine, alone)
    together: dict[int, str] = {}
    engine.add(1, ask(1, 40))
    engine.step()
    running = [len([e for e in engine.step() if isinstance(e, Chunk)])]
    for number in range(2, 6):
        engine.add(number, ask(number))
        running.append(len([e for e in engine.step() if isinstance(e, Chunk)]))
    engine.cancel(1)
    left = engine.running
    finish(engine, together)
    again: dict[int, str] = {}
    for number in range(1, 6):
        engine.add(10 + number, ask(number))
    order = finish(engine, again)
    plain = load(
        EngineSpec("torch", base, None, "base", options=(*cpu, ("reproducible", "true")), max_batch_size=3)
    )
    apart: dict[int, str] = {}
    for number in range(1, 6):
        plain.add(number, ask(number))
    finish(plain, apart)
    small = load(EngineSpec("torch", base, None, "base", options=(*cpu, ("load_in_4bit", "true"))))
    quantised: dict[int, str] = {}
    small.add(2, ask(2))
    finish(small, quantised)
    return {
        **bounded(base, alone),
        "alone": list(alone.values()),
        "together": [again[10 + number] for number in range(1, 6)],
        "apart": [apart[number] for number in range(1, 6)],
        "running": running,
        "left": left,
        "order": order,
        "cancelled_spoke": 1 in together,
        "quantised": quantised[2],
        "four_bit_layers": sum(
            type(module).__name__ == "Linear4bit"
            for module in small._model.modules()  # type: ignore[attr-defined]
        ),
    }


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]))))  # noqa: T201
