"""Memory of an engine that meets one new grammar after the other.

    python -m bench.many_members --base-model models/base/smollm2-135m-instruct --members 10000

Made-up members, each with allergies and a kitchen of its own; one JSON line each ``--every`` grammars, with
resident memory. It has to end where it began, give or take the grammars that are kept.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from fitbox_server.engines.protocol import load

from fitbox.engine.types import EngineSpec, GenerationRequest
from fitbox.errors import NoPlanPossibleError
from fitbox.profile import Allergen, Profile, Sex
from fitbox.tasks import TaskName, task


def members(seed: int = 0) -> Iterator[Profile]:
    """Without end; hardly two of them may eat the same."""
    rng = random.Random(seed)
    while True:
        yield Profile(
            age_years=rng.randint(18, 80),
            sex=rng.choice(list(Sex)),
            weight_kg=70,
            height_cm=170,
            allergies=frozenset(rng.sample(list(Allergen), rng.randint(0, 9))),
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--engine", default="openvino")
    parser.add_argument("--base-model", type=Path, default=Path("models/base/smollm2-135m-instruct"))
    parser.add_argument("--task", type=TaskName, choices=list(TaskName), default=TaskName.NUTRITION)
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--every", type=int, default=500)
    parser.add_argument("--option", action="append", default=[], help="engine option, name=value; repeatable")
    arguments = parser.parse_args()
    options = tuple(tuple(item.split("=", 1)) for item in arguments.option)
    engine = load(EngineSpec(arguments.engine, arguments.base_model, None, "base", options=options))
    asked = task(arguments.task)
    distinct: set[int] = set()
    started = time.perf_counter()
    for number, profile in enumerate(members(), start=1):
        try:
            constraints = asked.constrain(profile)
        except NoPlanPossibleError:
            continue
        grammar = asked.grammar(constraints)
        distinct.add(hash(grammar))
        if not engine.knows(grammar):
            engine.compile(grammar)
        engine.add(number, GenerationRequest(asked.messages(constraints), 2, grammar))
        while engine.has_work:
            engine.step()
        if len(distinct) % arguments.every == 0 or number >= arguments.members:
            found = {
                "members": number,
                "distinct_grammars": len(distinct),
                "rss_mib": psutil.Process().memory_info().rss >> 20,
                "seconds": round(time.perf_counter() - started, 1),
            }
            sys.stdout.write(json.dumps(found) + "\n")
            sys.stdout.flush()
        if number >= arguments.members:
            return


if __name__ == "__main__":
    main()
