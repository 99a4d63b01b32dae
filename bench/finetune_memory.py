"""What QLoRA saves on a GPU: memory and speed of a training step, at the real shapes of Llama 3.2.

    python -m bench.finetune_memory --shape 1b 3b [--steps 10] [--only NAME ...]

The weights are random, since neither memory nor speed depends on them. Every contender loads the model as a
training run does, takes the same packed steps through the same ``Stepper`` in a process of its own, and
prints one JSON line. ``peak_gib`` is the most that PyTorch's allocator held for tensors over load and steps;
``resident_gib`` what is held between two steps; ``weights_gib`` after loading, before the optimizer has any.

``full-16-bit`` trains every weight in bfloat16 with AdamW states of the same type (8 bytes a weight), which
is the cheapest full fine-tuning; mixed precision with 32-bit states would take 16 bytes a weight.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SHAPES: dict[str, dict[str, int]] = {
    "1b": {
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
    },
    "3b": {
        "hidden_size": 3072,
        "intermediate_size": 8192,
        "num_hidden_layers": 28,
        "num_attention_heads": 24,
    },
    "tiny": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4},
}
"""Llama 3.2's, from the published ``config.json`` of each; both have 8 key-value heads and tied embeddings.
``tiny`` shows that the benchmark runs.
"""
VOCABULARY = 128_256

CONTENDERS: dict[str, dict[str, Any]] = {
    "full-16-bit": {"full": True},
    "full-16-bit-checkpointing": {"full": True, "checkpointing": True},
    "lora-16-bit": {"type": "none"},
    "lora-16-bit-checkpointing": {"type": "none", "checkpointing": True},
    "qlora": {},
    "qlora-checkpointing": {"checkpointing": True},
    "qlora-checkpointing-peft-layers": {"checkpointing": True, "dropout": 0.05},
}
"""What each differs in from the preset ``llama-3.2-qlora`` without dropout and checkpointing. Dropout leaves
PEFT's own layers in place, which is what the preset does; without it they are fused.
"""


def write_base(shape: str, folder: Path, device: str) -> None:
    """A base model of that shape with random weights, as ``models/base/<name>`` holds one."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        **SHAPES[shape],
        vocab_size=VOCABULARY if shape != "tiny" else 512,
        num_key_value_heads=8 if shape != "tiny" else 2,
        max_position_embeddings=131_072,
        tie_word_embeddings=True,
    )
    with torch.device(device):
        torch.set_default_dtype(torch.bfloat16)
        LlamaForCausalLM(config).save_pretrained(folder / "hf")


def measure(name: str, shape: str, base: Path, steps: int, examples: int, tokens: int) -> dict[str, Any]:
    """Load, warm up, and time steps of ``examples`` times ``tokens`` tokens, half of which are prompt."""
    import torch
    from accelerate import Accelerator
    from fitbox_trainer.data.examples import Encoded, Example
    from fitbox_trainer.data.packing import micro_batches, pack
    from fitbox_trainer.finetune import attention
    from fitbox_trainer.finetune import model as models
    from fitbox_trainer.finetune.step import Stepper
    from fitbox_trainer.run.presets import load_preset
    from transformers import AutoModelForCausalLM

    from fitbox.tasks import TaskName

    settings = CONTENDERS[name]
    preset = load_preset("llama-3.2-qlora")
    preset = preset.model_copy(
        update={
            "quantization": preset.quantization.model_copy(update={"type": settings.get("type", "nf4")}),
            "lora": preset.lora.model_copy(update={"dropout": settings.get("dropout", 0.0)}),
            "batch": preset.batch.model_copy(
                update={"gradient_checkpointing": settings.get("checkpointing", False)}
            ),
        }
    )
    accelerator = Accelerator()
    device = accelerator.device
    gpu = device.type == "cuda"
    if settings.get("full"):
        model = AutoModelForCausalLM.from_pretrained(
            base / "hf",
            dtype=torch.bfloat16,
            device_map={"": device},
            attn_implementation=attention.register(),
        )
        model.config.use_cache = False
        if preset.batch.gradient_checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        model.train()
        parameters = list(model.parameters())
        optimizer: Any = torch.optim.AdamW(parameters, lr=1e-5, fused=gpu)
    else:
        model = models.load_model(base, preset, device, parent=None, seed=1)
        parameters = list(models.trainable(model).values())
        optimizer = models.make_optimizer(parameters, preset.optimizer, device)
    weights = torch.cuda.memory_allocated() if gpu else 0
    stepper = Stepper(accelerator, model, parameters, optimizer, max_gradient_norm=1.0)

    generator = torch.Generator().manual_seed(2)
    nobody = Example("", TaskName.WORKOUT, (), "", "planner")
    seconds = []
    for number in range(steps + 2):
        ids = torch.randint(0, SHAPES[shape]["hidden_size"], (examples, tokens), generator=generator).tolist()
        step = [Encoded(nobody, tuple(row), tokens // 2) for row in ids]
        groups = micro_batches(step, preset.batch.micro_tokens)
        rows = [pack(group, bucket_tokens=preset.batch.bucket_tokens, pad_id=0) for group in groups]
        started = time.perf_counter()
        # Reads the loss back, so the clock sees the whole step.
        stepper.run(rows, sum(example.completion_tokens for example in step), 1e-5)
        if number >= 2:  # kernels are compiled and caches filled by then
            seconds.append(time.perf_counter() - started)
    median = statistics.median(seconds)
    return {
        "contender": name,
        "shape": shape,
        "device": torch.cuda.get_device_name() if gpu else "cpu",
        "trained_parameters": sum(p.numel() for p in parameters),
        "weights_gib": round(weights / 2**30, 2),
        "resident_gib": round(torch.cuda.memory_allocated() / 2**30, 2) if gpu else None,
        "peak_gib": round(torch.cuda.max_memory_allocated() / 2**30, 2) if gpu else None,
        "tokens_per_second": round(examples * tokens / median),
        "median_step_seconds": round(median, 4),
        "tokens_per_step": examples * tokens,
        "steps": steps,
    }


def main() -> None:
    """One child process a contender, so that memory is its own."""
    parser = argparse.ArgumentParser(
        prog="bench.finetune_memory", description="Memory and speed of training steps."
    )
    parser.add_argument("--shape", nargs="+", choices=SHAPES, default=["1b"])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--examples", type=int, default=4, help="examples a step")
    parser.add_argument("--tokens", type=int, default=256, help="tokens an example")
    parser.add_argument("--only", nargs="*", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument(
        "--device", choices=("cuda", "cpu"), default="cuda", help="where the weights are drawn"
    )
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        name, base = given.child
        line = measure(name, given.shape[0], Path(base), given.steps, given.examples, given.tokens)
        print(json.dumps(line))
        return
    for shape in given.shape:
        with tempfile.TemporaryDirectory() as folder:
            write_base(shape, Path(folder), given.device)
            for name in given.only:
                command = [sys.executable, "-m", "bench.finetune_memory", "--shape", shape]
                command += ["--steps", str(given.steps), "--examples", str(given.examples)]
                command += ["--tokens", str(given.tokens), "--child", name, folder]
                done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
                failed = json.dumps({"contender": name, "shape": shape, "exit_code": done.returncode})
                print(done.stdout.splitlines()[-1] if done.returncode == 0 else failed, flush=True)


if __name__ == "__main__":
    main()
