"""Measures one engine worker as the server drives it: speed, time to first token, and what a grammar costs.

    python -m bench.engine --base-model models/base/smollm2-135m-instruct [--adapter DIR] [--engine openvino]

Prints one JSON object a line. ``case`` is ``free``, ``grammar`` (one that the worker knows already) or
``new_grammars`` (each request brings its own); the last line is the cost of compiling, as the time to the
first token of a lone request without a grammar, with a new one, and with the same again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import time
from pathlib import Path

from fitbox.engine.process import EngineProcess
from fitbox.engine.types import EngineSpec, Generation, GenerationRequest
from fitbox.tasks import Message

NAMES = [
    f"{tool} {position} {movement}"
    for tool in ("barbell", "dumbbell", "cable", "band", "machine")
    for position in ("incline", "flat", "seated", "standing", "bent-over")
    for movement in ("press", "row", "curl", "raise", "squat")
]


def grammar(seed: int) -> str:
    """A workout-like grammar over 100 of the names; 4 days of 5 lines, about 250 tokens."""
    names = " | ".join(json.dumps(name) for name in random.Random(seed).sample(NAMES, 100))
    return (
        'root ::= day{4,4}\nday ::= "D" [1-7] "\\n" item{5,5}\n'
        f'item ::= name " " [1-5] "x" ("8" | "10" | "12") "\\n"\nname ::= {names}\n'
    )


def request(number: int, tokens: int, ebnf: str | None) -> GenerationRequest:
    """A prompt with a common start, as the server's have, and a member of its own."""
    system = "You write training plans. Use only allowed exercises, one a line. " * 6
    member = f"Member {number}: age {20 + number % 50}, goal muscle gain, 4 days."
    return GenerationRequest((Message("system", system), Message("user", member)), tokens, ebnf)


async def measure(worker: EngineProcess, requests: list[GenerationRequest]) -> dict[str, float]:
    """Run all requests at once."""
    started = time.perf_counter()
    done: list[Generation] = await asyncio.gather(*(worker.generate(item) for item in requests))
    seconds = time.perf_counter() - started
    ttft = sorted(item.ttft_seconds for item in done)
    tokens = sum(item.completion_tokens for item in done)
    return {
        "requests": len(requests),
        "tokens_per_second": round(tokens / seconds, 1),
        "tokens": tokens,
        "seconds": round(seconds, 3),
        "ttft_p50_seconds": round(statistics.median(ttft), 3),
        "ttft_max_seconds": round(ttft[-1], 3),
    }


async def compile_cost(worker: EngineProcess, repetitions: int = 5) -> dict[str, float]:
    """Median time to the first token of lone one-token requests, in milliseconds."""

    async def first_token(ebnf: str | None) -> float:
        return (await worker.generate(request(0, 1, ebnf))).ttft_seconds * 1000

    grammars = [grammar(1000 + n) for n in range(repetitions)]
    await first_token(None)
    return {
        "no_grammar_ms": round(statistics.median([await first_token(None) for _ in grammars]), 1),
        "new_grammar_ms": round(statistics.median([await first_token(item) for item in grammars]), 1),
        "same_grammar_ms": round(statistics.median([await first_token(item) for item in grammars]), 1),
    }


async def run(arguments: argparse.Namespace) -> None:
    """Start a worker, measure, stop it."""
    options = tuple(tuple(item.split("=", 1)) for item in arguments.option)
    version = arguments.adapter.name if arguments.adapter else "base"
    spec = EngineSpec(arguments.engine, arguments.base_model, arguments.adapter, version, options=options)
    worker = await EngineProcess.start(spec)
    head = {"engine": worker.ready.engine, "adapter": version, "options": dict(options)}
    print(json.dumps(head | {"case": "load", "seconds": round(worker.ready.load_seconds, 2)}), flush=True)
    try:
        known = grammar(0)
        await worker.generate(request(0, 4, known))
        for count in arguments.requests:
            fresh = [grammar(100 * count + n) for n in range(count)]
            cases = {
                "free": [request(n, arguments.tokens, None) for n in range(count)],
                "grammar": [request(n, arguments.tokens, known) for n in range(count)],
                "new_grammars": [request(n, arguments.tokens, item) for n, item in enumerate(fresh)],
            }
            for case, requests in cases.items():
                print(json.dumps(head | {"case": case} | await measure(worker, requests)), flush=True)
        print(json.dumps(head | {"case": "compile"} | await compile_cost(worker)), flush=True)
    finally:
        await worker.stop()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--engine", default="openvino")
    parser.add_argument("--base-model", type=Path, default=Path("models/base/smollm2-135m-instruct"))
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--tokens", type=int, default=96, help="new tokens a request")
    parser.add_argument("--requests", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--option", action="append", default=[], help="engine option, name=value; repeatable")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
