"""What grammars cost a fleet of members: how often two requests share one, and what compiling one takes.

    python -m bench.grammars --csv data/sample_members.csv --base-model models/base/smollm2-135m-instruct

Prints one JSON object a task. ``hit_rate`` is the share of requests whose grammar another member brought
before them, if each member of the file asks once and the cache holds every grammar: what members have in
common, since a member's second request always hits. ``write_ms`` is the time to write the grammar's text from
the constraints; ``compile_cold_ms`` and ``compile_warm_ms`` are xgrammar's for the base model's vocabulary,
without and with the compiled grammar in the cache. Without ``--base-model`` nothing is compiled. What a
grammar costs while decoding is in :mod:`bench.engine`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fitbox_trainer.evaluation.cli import members_of
from fitbox_trainer.evaluation.items import Item, make_items

from fitbox.tasks import TaskName


def sharing(items: Sequence[Item]) -> dict[str, Any]:
    """Distinct grammars of one task's requests, by constraint key."""
    distinct = len({item.constraints.key for item in items})
    return {
        "requests": len(items),
        "distinct_grammars": distinct,
        "hit_rate": round(1 - distinct / len(items), 3) if items else None,
    }


def compiler_of(base_model: Path) -> Callable[[], Callable[[str], object]]:
    """Makes compilers with an empty cache, for the vocabulary of a base model."""
    import xgrammar
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base_model / "hf", local_files_only=True)
    info = xgrammar.TokenizerInfo.from_huggingface(tokenizer)
    return lambda: xgrammar.GrammarCompiler(info).compile_grammar


def costs(items: Sequence[Item], new_compiler: Callable[[], Callable[[str], object]]) -> dict[str, float]:
    """Median milliseconds over items; each is compiled by a compiler that saw no grammar before."""
    cold, warm = [], []
    for item in items:
        grammar, compiler = item.task.grammar(item.constraints), new_compiler()
        cold.append(_milliseconds(lambda compile_=compiler, text=grammar: compile_(text)))
        warm.append(_milliseconds(lambda compile_=compiler, text=grammar: compile_(text)))
    return {
        "compile_cold_ms": round(statistics.median(cold), 2),
        "compile_warm_ms": round(statistics.median(warm), 3),
    }


def _milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--csv", type=Path, default=Path("data/sample_members.csv"))
    parser.add_argument("--base-model", type=Path)
    parser.add_argument("--compiled", type=int, default=20, help="grammars to compile a task")
    arguments = parser.parse_args()
    members = members_of(arguments.csv)
    new_compiler = compiler_of(arguments.base_model) if arguments.base_model else None
    for name in TaskName:
        items = make_items(members, [name])
        sample = list({item.constraints.key: item for item in items}.values())[: arguments.compiled]
        writing = [_milliseconds(lambda item=item: item.task.grammar(item.constraints)) for item in sample]
        found = {"task": name.value, **sharing(items), "write_ms": round(statistics.median(writing), 2)}
        if new_compiler is not None:
            found |= costs(sample, new_compiler)
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
