"""How fast a training step is on this machine: our fused step beside PEFT's own layers, and by precision.

    python -m bench.training --base models/base/smollm2-135m-instruct [--steps 6] [--only NAME ...]

Every contender takes the same packed steps over the same examples of data/sample_members.csv, in a process
of its own, and prints one JSON line. ``tokens_per_second`` counts real tokens, never padding;
``cpu_tokens_per_second`` divides by processor time and multiplies by the threads, which stays comparable
where other work shares the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CONTENDERS: dict[str, dict[str, Any]] = {
    "fused-bfloat16": {},
    "fused-float32": {"compute": "float32"},
    "fused-unquantised": {"type": "none"},
    "peft-bfloat16": {"fused": False},
    "fused-checkpointing": {"checkpointing": True},
}
"""What each differs in from the ``cpu-quick`` preset."""

CSV = Path(__file__).parents[1] / "data" / "sample_members.csv"


def measure(name: str, base: Path, steps: int, wait_policy: str) -> dict[str, Any]:
    """Load, warm up, time ``steps`` steps."""
    started = time.perf_counter()
    import torch
    from accelerate import Accelerator
    from fitbox_trainer.data.examples import ExampleSet, read_members
    from fitbox_trainer.data.packing import micro_batches, pack, step_order
    from fitbox_trainer.finetune import model as models
    from fitbox_trainer.finetune.step import Stepper
    from fitbox_trainer.intake.pipeline import ingest
    from fitbox_trainer.run.presets import load_preset
    from transformers import AutoTokenizer

    settings = CONTENDERS[name]
    preset = load_preset("cpu-quick")
    quantization = preset.quantization.model_copy(
        update={key: settings[key] for key in ("type", "compute") if key in settings}
    )
    batch = preset.batch.model_copy(update={"gradient_checkpointing": settings.get("checkpointing", False)})
    preset = preset.model_copy(update={"quantization": quantization, "batch": batch})
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    accelerator = Accelerator()
    model = models.load_model(base, preset, accelerator.device, parent=None, seed=1)
    if not settings.get("fused", True):
        for module in model.modules():
            module.__dict__.pop("forward", None)  # what fuse() has set
    parameters = list(models.trainable(model).values())
    optimizer = models.make_optimizer(parameters, preset.optimizer, accelerator.device)
    stepper = Stepper(accelerator, model, parameters, optimizer, max_gradient_norm=1.0)

    tokenizer = AutoTokenizer.from_pretrained(base / "hf", local_files_only=True)
    with tempfile.TemporaryDirectory() as folder:
        members = ingest(CSV, Path(folder)).members
        assert members is not None
        kept = read_members([members])
    examples = ExampleSet(kept, preset.data.tasks, tokenizer, max_length=preset.data.max_length)
    order = step_order(examples.task_names, batch=preset.batch.examples, epochs=1, seed=1)[: steps + 1]
    planned = [[e for slot in slots if (e := examples.get(slot)) is not None] for slots in order]
    loaded = time.perf_counter() - started

    seconds, processor, tokens = [], [], 0
    for number, step in enumerate(planned):
        groups, bucket = micro_batches(step, preset.batch.micro_tokens), preset.batch.bucket_tokens
        rows = [pack(group, bucket_tokens=bucket, pad_id=tokenizer.pad_token_id) for group in groups]
        wall, cpu = time.perf_counter(), time.process_time()
        stepper.run(rows, sum(example.completion_tokens for example in step), 1e-4)
        if number:  # the first step compiles kernels
            seconds.append(time.perf_counter() - wall)
            processor.append(time.process_time() - cpu)
            tokens += sum(len(example.token_ids) for example in step)
    return {
        "contender": name,
        "tokens_per_second": round(tokens / sum(seconds), 1),
        "cpu_tokens_per_second": round(tokens / sum(processor) * torch.get_num_threads(), 1),
        "median_step_seconds": round(statistics.median(seconds), 3),
        "tokens_per_step": round(tokens / len(seconds)),
        "load_seconds": round(loaded, 1),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "threads": torch.get_num_threads(),
        "wait_policy": wait_policy,
        "steps": len(seconds),
    }


def main() -> None:
    """One child process a contender, so that memory and thread settings are its own."""
    parser = argparse.ArgumentParser(prog="bench.training", description="Time training steps.")
    parser.add_argument("--base", type=Path, default=Path("models/base/smollm2-135m-instruct"))
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--only", nargs="*", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--wait-policy", choices=("passive", "active"), default="passive")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(measure(given.child, given.base, given.steps, given.wait_policy)))
        return
    for name in given.only:
        command = [sys.executable, "-m", "bench.training", "--child", name, "--base", str(given.base)]
        command += ["--steps", str(given.steps), "--wait-policy", given.wait_policy]
        environment = os.environ | {"OMP_WAIT_POLICY": given.wait_policy}
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        print(done.stdout.splitlines()[-1], flush=True)


if __name__ == "__main__":
    main()
