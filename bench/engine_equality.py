"""Proves engines equal to transformers + peft: greedy texts for real prompts, with and without grammar.

    python -m bench.engine_equality --engine torch openvino openvino-f32 vllm [--tokens 32] [--cache FOLDER]

Prompts and grammars are those of the three tasks for made-up members; arms are the base model and the adapter
that ships with FitBox. Prints one JSON line a contender, and exits with 1 where one misses its threshold:

``texts_equal``       share of texts that equal the reference's, whole.
``next_token``        share of next tokens that equal the reference's after the same start: of each text the
                      tokens up to and including the first that differs count, for up to there both decoded
                      from the same context.
``first_divergence``  token positions of the first difference, sorted; texts that never differ are left out.

``free`` is decoding without a grammar, ``grammar`` within one, where many tokens are decided already; the
threshold is for the free texts, the harder case (``docs/engines.md`` says where the thresholds come from).
``openvino-f32`` exports the base model once more, in f32, to ``--cache``: it tells the engine's arithmetic
from the rounding of the weights. Reference texts are kept in the same folder.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import tokenizers
from fitbox_trainer.evaluation.items import make_items
from fitbox_trainer.evaluation.synthetic import synthetic_members

from fitbox.engine.process import EngineProcess
from fitbox.engine.types import EngineSpec, GenerationRequest

STARTING_ADAPTER = Path("trainer/fitbox_trainer/starting_adapter")


@dataclass(frozen=True)
class Contender:
    """An engine in one precision, and the least share of equal next tokens that it must reach."""

    engine: str
    options: tuple[tuple[str, str], ...]
    threshold: float


F32 = 0.998
"""Sums in another order move a logit by some 1e-5, which decides only between two tokens that are as near."""
INT8 = 0.92
"""Eight-bit weights and quantised activations agreed on 0.97 to 0.98 of next tokens; some 450 comparisons
estimate that with a standard error below 0.01, and a processor with other kernels rounds in other places."""

CONTENDERS = {
    "torch": Contender("torch", (("dtype", "float32"), ("device", "cpu")), F32),
    "vllm": Contender("vllm", (("dtype", "float32"),), F32),
    "openvino": Contender("openvino", (), INT8),
    "openvino-reproducible": Contender("openvino", (("reproducible", "true"),), INT8),
    "openvino-f32": Contender("openvino", (("reproducible", "true"), ("format", "openvino-f32")), F32),
}


@dataclass(frozen=True)
class Agreement:
    """How texts compare with the reference's."""

    texts: int
    texts_equal: float
    next_token: float
    compared_tokens: int
    first_divergence: tuple[int, ...]


def compare(ours: Sequence[Sequence[int]], reference: Sequence[Sequence[int]]) -> Agreement:
    """Agreement of token sequences, in the same order."""
    positions = [first_difference(mine, theirs) for mine, theirs in zip(ours, reference, strict=True)]
    differing = sorted(position for position in positions if position is not None)
    equal = sum(len(mine) for mine, position in zip(ours, positions, strict=True) if position is None)
    equal += sum(differing)
    compared = equal + len(differing)
    return Agreement(
        texts=len(positions),
        texts_equal=round(1 - len(differing) / max(1, len(positions)), 4),
        next_token=round(equal / max(1, compared), 4),
        compared_tokens=compared,
        first_divergence=tuple(differing),
    )


def first_difference(ours: Sequence[int], theirs: Sequence[int]) -> int | None:
    """Position of the first token that differs, the end of a text included; ``None`` for equal ones."""
    for position, (mine, other) in enumerate(zip(ours, theirs, strict=False)):
        if mine != other:
            return position
    return None if len(ours) == len(theirs) else min(len(ours), len(theirs))


def real_requests(count: int, tokens: int) -> list[GenerationRequest]:
    """``count`` requests with their grammars, the tasks in turn, cut at ``tokens``."""
    return [
        GenerationRequest(
            tuple(item.task.messages(item.constraints)), tokens, item.task.grammar(item.constraints)
        )
        for item in make_items(synthetic_members(count))[:count]
    ]


def reference_texts(
    hf: Path, adapter: Path | None, requests: Sequence[GenerationRequest], cache: Path | None = None
) -> list[str]:
    """Texts of :mod:`bench.reference`, kept in ``cache`` by what they were made from."""
    order = json.dumps(
        {
            "hf": str(hf),
            "adapter": None if adapter is None else str(adapter),
            "requests": [
                {
                    "messages": [asdict(message) for message in request.messages],
                    "max_new_tokens": request.max_new_tokens,
                    "grammar": request.grammar,
                }
                for request in requests
            ],
        }
    )
    weights = b"" if adapter is None else (adapter / "adapter_model.safetensors").read_bytes()
    key = hashlib.sha256(order.encode() + weights).hexdigest()[:16]
    path = None if cache is None else cache / f"reference-{key}.json"
    if path is not None and path.is_file():
        return list(json.loads(path.read_text()))
    run = subprocess.run(
        [sys.executable, "-m", "bench.reference"], input=order, capture_output=True, text=True, check=False
    )
    if run.returncode != 0:
        raise SystemExit(f"the reference failed:\n{run.stderr[-4000:]}")
    texts: list[str] = json.loads(run.stdout.splitlines()[-1])
    if path is not None:
        path.write_text(json.dumps(texts))
    return texts


async def engine_texts(spec: EngineSpec, requests: Sequence[GenerationRequest]) -> tuple[str, list[str]]:
    """The engine's name and what a worker answers when it gets all requests at once."""
    worker = await EngineProcess.start(spec, timeout_seconds=600)
    try:
        done = await asyncio.gather(*(worker.generate(request) for request in requests))
        return worker.ready.engine, [generation.text for generation in done]
    finally:
        await worker.stop()


def export_f32(base_model: Path, cache: Path) -> Path:
    """A base model folder whose ``openvino-f32`` holds an f32 export; the rest are links."""
    folder = cache / base_model.name
    target = folder / "openvino-f32"
    if not (target / "openvino_model.bin").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "optimum.commands.optimum_cli", "export", "openvino"]
        command += ["--model", str(base_model / "hf"), "--task", "text-generation-with-past"]
        subprocess.run([*command, "--weight-format", "fp32", str(target)], check=True, stdout=sys.stderr)
    if not (folder / "hf").exists():
        (folder / "hf").symlink_to((base_model / "hf").resolve())
    return folder


def measure(name: str, arguments: argparse.Namespace) -> bool:
    """Compare one contender, print its line, and say whether it passed."""
    contender, base = CONTENDERS[name], arguments.base_model
    if name == "openvino-f32":
        base = export_f32(base, arguments.cache)
    constrained = real_requests(arguments.prompts, arguments.tokens)
    free = [replace(request, grammar=None) for request in constrained]
    tokenizer = tokenizers.Tokenizer.from_file(str(base / "hf" / "tokenizer.json"))

    def ids(texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    arms: dict[str, Any] = {}
    label, passed = contender.engine, True
    for arm, adapter in (("base", None), ("adapter", arguments.adapter)):
        spec = EngineSpec(contender.engine, base, adapter, arm, options=contender.options)
        requests = [*free, *constrained]
        theirs = reference_texts(arguments.base_model / "hf", adapter, requests, arguments.cache)
        label, ours = asyncio.run(engine_texts(spec, requests))
        half = len(free)
        arms[arm] = {
            "free": asdict(without := compare(ids(ours[:half]), ids(theirs[:half]))),
            "grammar": asdict(compare(ids(ours[half:]), ids(theirs[half:]))),
        }
        passed = passed and without.next_token >= contender.threshold
    line = {"contender": name, "engine": label, "options": dict(contender.options)}
    line |= {"threshold": contender.threshold, "passed": passed, "tokens": arguments.tokens} | arms
    print(json.dumps(line), flush=True)
    return passed


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--engine", nargs="+", choices=list(CONTENDERS), default=["torch", "openvino"])
    parser.add_argument("--base-model", type=Path, default=Path("models/base/smollm2-135m-instruct"))
    parser.add_argument("--adapter", type=Path, default=STARTING_ADAPTER)
    parser.add_argument("--prompts", type=int, default=24)
    parser.add_argument("--tokens", type=int, default=32, help="new tokens a text")
    parser.add_argument("--cache", type=Path, default=Path(".engine-equality"))
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    passed = [measure(name, arguments) for name in arguments.engine]
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
