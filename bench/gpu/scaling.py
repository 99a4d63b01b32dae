"""The same training on 1, 2 and 4 GPUs of one host, through the command that the daemon uses.

    python -m bench.gpu.scaling [--shape 1b] [--gpus 1 1 2 4] [--examples 4 64] [--steps 24] [--warm 8]
                                [--preset llama-3.2-qlora] [--set lora.dropout=0 ...] [--members FILE]

Random weights at the shapes of Llama 3.2 (``bench/gpu/demo_recipe.py`` makes them), examples of
``data/sample_members.csv``, the same global batch, order and learning rates (linear over 20 steps, then the
preset's peak) whatever the number of GPUs. One JSON line a contender: rates over the steps after ``--warm``,
by the run's own log; ``efficiency`` is examples/s over GPUs times those of the first contender with one GPU
of the same ``--examples``; losses step by step and their largest distance from that contender's.

Losses count as equal when the first step's differ by at most 0.1 % and every later one by at most 1 % of
the mean loss. Those are the tolerances of ``fitbox runs reproduce`` (docs/training.md), set before: rows are
packed otherwise for each number of GPUs, so products in bfloat16 and sums round otherwise, and AdamW makes
full steps of what rounding leaves of a flat gradient. They hold without dropout only: each process draws
masks for its own rows, so with dropout the first step is equal (B of LoRA is zero) and the later are not.
``--gpus 1 1 ...`` shows how far one GPU is from itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.presets import Preset
from fitbox_trainer.run.runconfig import RunConfig

from bench.finetune_memory import SHAPES
from bench.gpu import launched
from bench.gpu.demo_recipe import ROOT, card

FIRST_LOSS, EVERY_LOSS = 1e-3, 1e-2
WARM_UP_STEPS = 20


def members_file(folder: Path) -> Path:
    """The sample's members, as intake writes them."""
    from fitbox_trainer.intake.pipeline import ingest

    members = ingest(ROOT / "data" / "sample_members.csv", folder).members
    assert members is not None
    return members


def random_base(shape: str, models: Path, tokenizer: Path | None) -> Path:
    """Made in a process of its own, which gives the card back."""
    base = models / "base" / f"llama-{shape}"
    if not (base / "manifest.json").is_file():
        call = f"write_base({shape!r}, Path({str(models)!r}), {str(tokenizer) if tokenizer else None!r})"
        code = f"from pathlib import Path; from bench.gpu.demo_recipe import write_base; {call}"
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return base


def distance(losses: list[float], reference: list[float]) -> dict[str, Any]:
    """Of two runs' losses, and whether they count as equal."""
    mean = statistics.fmean(reference)
    each = [abs(one - other) / mean for one, other in zip(losses, reference, strict=True)]
    first = abs(losses[0] - reference[0]) / reference[0]
    return {
        "first_loss_difference": round(first, 6),
        "largest_loss_difference": round(max(each), 6),
        "losses_equal": first <= FIRST_LOSS and max(each) <= EVERY_LOSS,
    }


def rates(lines: list[dict[str, Any]], warm: int, examples: int) -> dict[str, Any]:
    """By the log: its seconds are from the loop's start, its tokens/s are of all steps so far."""
    clock = [line["seconds_elapsed"] for line in lines]
    seconds = clock[-1] - clock[warm - 1]
    tokens = [line["tokens_per_second"] * line["seconds_elapsed"] for line in (lines[-1], lines[warm - 1])]
    each = [after - before for before, after in zip(clock[warm - 1 :], clock[warm:], strict=False)]
    return {
        "examples_per_second": round(examples * len(each) / seconds, 2),
        "tokens_per_second": round((tokens[0] - tokens[1]) / seconds),
        "median_step_seconds": round(statistics.median(each), 3),
        "steps_timed": len(each),
    }


def measure(
    work: Path, base: Path, members: Path, preset: Preset, gpus: int, steps: int, warm: int
) -> dict[str, Any]:
    """One contender in a fresh run folder."""
    peak = preset.optimizer.learning_rate
    folder = RunFolder(work / f"run-{base.name}-{preset.batch.examples}-{gpus}")
    shutil.rmtree(folder.path, ignore_errors=True)
    config = RunConfig(
        run_id=folder.path.name,
        preset=preset,
        base_model=base.absolute(),
        members=(members.absolute(),),
        learning_rates=tuple(peak * min(1.0, (step + 1) / WARM_UP_STEPS) for step in range(steps)),
    )
    folder.write_config(config)
    done = asyncio.run(launched.train(folder, gpus, most_seconds=240.0))
    lines = launched.steps(folder)
    report: dict[str, Any] = {"gpus": gpus, "shape": base.name, "preset": preset.name}
    report |= {"examples": preset.batch.examples, "seconds": done.seconds, "left_behind": done.left_behind}
    if not (folder.candidate / "training_metadata.json").is_file() or len(lines) <= warm:
        return report | {"failed": done.ending.detail, "log": launched.log_tail(folder)}
    metadata = json.loads((folder.candidate / "training_metadata.json").read_text("utf-8"))
    shutil.rmtree(folder.candidate)
    return report | {
        **rates(lines, warm, preset.batch.examples),
        "start_seconds": round(done.seconds - metadata["training_seconds"], 1),
        "losses": [line["loss"] for line in lines],
        "held_mib": launched.memory_at_start(folder),
        "peak_mib": metadata.get("gpu_peak_mib"),
        "card_mib": done.card_mib[:gpus],
        "processes": metadata["processes"],
    }


def main() -> int:
    """Every size of a step with every number of GPUs."""
    parser = argparse.ArgumentParser(prog="bench.gpu.scaling", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", choices=sorted(SHAPES), default="1b")
    parser.add_argument("--preset", default="llama-3.2-qlora")
    parser.add_argument("--set", nargs="*", default=[], help="settings of the preset, as section.key=JSON")
    parser.add_argument("--gpus", nargs="+", type=int, default=[1, 1, 2, 4])
    parser.add_argument("--examples", nargs="+", type=int, default=[4, 64], help="examples a step, over all")
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--warm", type=int, default=8)
    parser.add_argument("--members", type=Path, help="members as JSON lines, not the sample")
    parser.add_argument("--tokenizer", type=Path, help="folder of a tokenizer, not the embedded default's")
    parser.add_argument("--work", type=Path, default=ROOT / ".work" / "gpu")
    given = parser.parse_args()
    facts = {"card": card(), "torch": version("torch"), "python": platform.python_version(), "set": given.set}
    base = random_base(given.shape, given.work, given.tokenizer)
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        members = given.members or members_file(Path(scratch))
        for examples in given.examples:
            preset = launched.with_settings(given.preset, [*given.set, f"batch.examples={examples}"])
            alone: dict[str, Any] | None = None
            for gpus in given.gpus:
                line = measure(given.work, base, members, preset, gpus, given.steps, given.warm)
                failed |= "failed" in line
                if "failed" not in line:
                    alone = alone or (line if gpus == 1 else None)
                    if alone is not None:
                        gain = line["examples_per_second"] / alone["examples_per_second"]
                        line |= {"speedup": round(gain, 3), "efficiency": round(gain / gpus, 3)}
                        line |= distance(line["losses"], alone["losses"])
                print(json.dumps(line | facts), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
