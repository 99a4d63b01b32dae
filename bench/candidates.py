"""What several candidates a reply bring, and cost: quality, distinct items and seconds a plan.

    python -m bench.candidates --adapter models/adapters/VERSION --candidates 1 2 4 8 --clients 1 8 32

For each number of candidates and of clients, the same made-up members ask for a week or a day, each client
for its next one as soon as it was answered, through the server's own attempts and choice but without its
admission, so that the number stays what it says. Prints one JSON object a line. Quality is the task's own
score, by which candidates are chosen; distinct items and the commonest item's share are not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from fitbox_server.attempts import Attempts
from fitbox_server.hooks import Hooks
from fitbox_server.versions import Identity, LoadedVersion
from fitbox_trainer.evaluation.synthetic import synthetic_members

from fitbox.choosing import items_of
from fitbox.decoding import (
    MIN_P,
    MOST_CANDIDATES,
    TEMPERATURE,
    Decoding,
    generation_requests,
    request_seed,
    samplings,
)
from fitbox.engine.process import EngineProcess
from fitbox.engine.types import EngineSpec
from fitbox.errors import NoPlanPossibleError
from fitbox.profile import Profile
from fitbox.task import Checked, Prepared, TaskName
from fitbox.tasks import task


def prepared(name: TaskName, count: int) -> list[tuple[Profile, Prepared]]:
    """Made-up members who can be recommended something."""
    found = []
    for member in synthetic_members(count):
        try:
            found.append((member.profile, task(name).prepare(member.profile)))
        except NoPlanPossibleError:
            continue
    return found


async def measure(
    version: LoadedVersion,
    name: TaskName,
    asked: list[tuple[Profile, Prepared]],
    decoding: Decoding,
    clients: int,
) -> dict[str, object]:
    """One point of the curve."""
    plans: list[Checked | None] = []
    seconds: list[float] = []
    tokens = 0
    waiting: Iterator[tuple[Profile, Prepared]] = iter(asked)

    async def client() -> None:
        nonlocal tokens
        for profile, ready in waiting:
            run = Attempts(name, ready, version, Hooks(), None)
            requests = generation_requests(
                ready.messages,
                task(name).max_new_tokens,
                ready.grammar,
                samplings(decoding, decoding.candidates, request_seed(name, profile)),
            )
            started = time.perf_counter()
            plans.append(await run.attempt(requests))
            seconds.append(time.perf_counter() - started)
            tokens += run.completion_tokens

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    lasted = time.perf_counter() - begun
    good = [plan for plan in plans if plan is not None]
    used = Counter(item for plan in good for item in items_of(plan.plan))
    return {
        "task": name.value,
        "candidates": decoding.candidates,
        "clients": clients,
        "temperature": decoding.temperature,
        "min_p": decoding.min_p,
        "plans": len(plans),
        "failed": len(plans) - len(good),
        "quality": round(statistics.fmean(plan.quality for plan in good), 4) if good else None,
        "distinct_items": len(used),
        "commonest_item_share": round(max(used.values()) / len(good), 3) if good else None,
        "seconds_mean": round(statistics.fmean(seconds), 3),
        "seconds_p95": round(sorted(seconds)[int(0.95 * (len(seconds) - 1))], 3),
        "plans_per_second": round(len(plans) / lasted, 3),
        "tokens_per_second": round(tokens / lasted, 1),
    }


async def run(arguments: argparse.Namespace) -> None:
    """Every point, one after the other, in one worker."""
    spec = EngineSpec(
        engine=arguments.engine,
        base_model=arguments.base_model.absolute(),
        adapter=arguments.adapter and arguments.adapter.absolute(),
        adapter_version="candidates",
        options=tuple(tuple(item.split("=", 1)) for item in arguments.option),
    )
    worker = await EngineProcess.start(spec, timeout_seconds=600)
    version = LoadedVersion(Identity("candidates", "", "", None, spec.base_model.name, spec.adapter), worker)
    try:
        for name in arguments.task:
            asked = prepared(name, arguments.members)
            await measure(
                version, name, asked, Decoding(0.0, 1, 0.0), 8
            )  # grammars and prompts are warm then
            for clients in arguments.clients:
                for candidates in arguments.candidates:
                    decoding = Decoding(arguments.temperature, candidates, arguments.min_p)
                    line = await measure(version, name, asked, decoding, clients)
                    sys.stdout.write(json.dumps(line) + "\n")
                    sys.stdout.flush()
    finally:
        await worker.stop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.candidates", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base-model", type=Path, default=Path("models/base/smollm2-135m-instruct"))
    parser.add_argument("--adapter", type=Path, help="a version's folder; the base model alone without it")
    parser.add_argument("--engine", default="openvino")
    parser.add_argument("--option", action="append", default=[], help="engine option, name=value; repeatable")
    parser.add_argument(
        "--task",
        type=TaskName,
        choices=list(TaskName),
        nargs="+",
        default=[TaskName.WORKOUT, TaskName.NUTRITION],
    )
    parser.add_argument("--members", type=int, default=64)
    parser.add_argument(
        "--candidates", type=int, nargs="+", default=[1, 2, 4, 8], choices=range(1, MOST_CANDIDATES + 1)
    )
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--temperature", type=float, default=TEMPERATURE)
    parser.add_argument("--min-p", type=float, default=MIN_P)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
