"""Measures one engine worker as the server drives it: speed, time to first token, and what a grammar costs.

    python -m bench.engine --base-model models/base/smollm2-135m-instruct [--adapter DIR] [--engine openvino]

Prompts and grammars are those of a task, for made-up members. Prints one JSON object a line. ``case`` is
``free``, ``grammar`` (one that the worker knows already) or ``new_grammars`` (each request brings its own).
``pace_tokens_per_second`` is a median request's after its first token, what to compare the cases by: a free
text may end early, which lowers the throughput of its batch (``tokens_per_second``) and quickens the others.
The last line is the cost of compiling, as the time to the first token of a lone request without a grammar,
with a new one, and with the same again. How often members share a grammar is in :mod:`bench.grammars`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from fitbox_trainer.evaluation.items import Item, make_items
from fitbox_trainer.evaluation.synthetic import synthetic_members

from fitbox.engine.process import EngineProcess
from fitbox.engine.types import EngineSpec, Generation, GenerationRequest
from fitbox.tasks import TaskName

COMPILED = 5
"""Grammars that the cost of compiling is a median over."""


def request(item: Item, tokens: int, ebnf: str | None) -> GenerationRequest:
    """What the server would ask for this member, cut at ``tokens``, under any grammar or none."""
    return GenerationRequest(tuple(item.task.messages(item.constraints)), tokens, ebnf)


def grammar(item: Item) -> str:
    """The member's own grammar."""
    return item.task.grammar(item.constraints)


def members_apart(name: TaskName, count: int) -> list[Item]:
    """``count`` made-up members with preferences of every kind, no two with the same grammar."""
    items = make_items(synthetic_members(3 * count), [name])
    apart = list({item.constraints.key: item for item in items}.values())
    if len(apart) < count:
        raise SystemExit(f"only {len(apart)} different grammars; ask for fewer requests at once")
    return apart[:count]


async def measure(worker: EngineProcess, requests: list[GenerationRequest]) -> dict[str, float | None]:
    """Run all requests at once."""
    started = time.perf_counter()
    done: list[Generation] = await asyncio.gather(*(worker.generate(item) for item in requests))
    seconds = time.perf_counter() - started
    ttft = sorted(item.ttft_seconds for item in done)
    tokens = sum(item.completion_tokens for item in done)
    pace = [
        (item.completion_tokens - 1) / (item.total_seconds - item.ttft_seconds)
        for item in done
        if item.completion_tokens > 1
    ]
    return {
        "requests": len(requests),
        "tokens_per_second": round(tokens / seconds, 1),
        "pace_tokens_per_second": round(statistics.median(pace), 1) if pace else None,
        "tokens": tokens,
        "seconds": round(seconds, 3),
        "ttft_p50_seconds": round(statistics.median(ttft), 3),
        "ttft_max_seconds": round(ttft[-1], 3),
    }


async def compile_cost(worker: EngineProcess, items: Sequence[Item]) -> dict[str, float]:
    """Median time to the first token of lone one-token requests, in milliseconds; the grammars are new."""

    async def first_token(item: Item, ebnf: str | None) -> float:
        return (await worker.generate(request(item, 1, ebnf))).ttft_seconds * 1000

    for item in items:  # so that the prompts are as warm in the first round as in the last
        await first_token(item, None)
    free = [await first_token(item, None) for item in items]
    new = [await first_token(item, grammar(item)) for item in items]
    same = [await first_token(item, grammar(item)) for item in items]
    return {
        "no_grammar_ms": round(statistics.median(free), 1),
        "new_grammar_ms": round(statistics.median(new), 1),
        "same_grammar_ms": round(statistics.median(same), 1),
    }


async def run(arguments: argparse.Namespace) -> None:
    """Start a worker, measure, stop it."""
    options = tuple(tuple(item.split("=", 1)) for item in arguments.option)
    version = arguments.adapter.name if arguments.adapter else "base"
    spec = EngineSpec(arguments.engine, arguments.base_model, arguments.adapter, version, options=options)
    items = iter(members_apart(arguments.task, 1 + sum(arguments.requests) + COMPILED))
    worker = await EngineProcess.start(spec)
    head = {"engine": worker.ready.engine, "adapter": version, "options": dict(options)}
    print(json.dumps(head | {"case": "load", "seconds": round(worker.ready.load_seconds, 2)}), flush=True)
    head["task"] = arguments.task
    try:
        first = next(items)
        known = grammar(first)
        await worker.generate(request(first, 4, known))
        for count in arguments.requests:
            group = list(islice(items, count))
            cases = {
                "free": [request(item, arguments.tokens, None) for item in group],
                "grammar": [request(item, arguments.tokens, known) for item in group],
                "new_grammars": [request(item, arguments.tokens, grammar(item)) for item in group],
            }
            # Prompts are cached, and must not be new to the first case alone.
            await measure(worker, [request(item, 1, None) for item in group])
            for case, requests in cases.items():
                print(json.dumps(head | {"case": case} | await measure(worker, requests)), flush=True)
        print(json.dumps(head | {"case": "compile"} | await compile_cost(worker, list(items))), flush=True)
    finally:
        await worker.stop()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--engine", default="openvino")
    parser.add_argument("--base-model", type=Path, default=Path("models/base/smollm2-135m-instruct"))
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--task", type=TaskName, choices=list(TaskName), default=TaskName.WORKOUT)
    parser.add_argument("--tokens", type=int, default=96, help="new tokens a request")
    parser.add_argument("--requests", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--option", action="append", default=[], help="engine option, name=value; repeatable")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
