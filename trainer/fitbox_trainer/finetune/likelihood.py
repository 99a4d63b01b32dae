"""``python -m fitbox_trainer.finetune.likelihood``: how surprised a model is by targets that it was not
trained on.

Prints one JSON line: ``nll`` (nats a completion token), ``completion_tokens``, ``examples``, ``dtype``. A
process of its own, so that what is trained is not touched. The base is loaded unquantised, in the type that
it serves in on this device: 16 bits on a GPU, where the attention of packed rows knows no other.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as in __main__, before torch

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from fitbox.tasks import TaskName
from fitbox_trainer.data.examples import ExampleSet, read_members
from fitbox_trainer.data.packing import micro_batches, pack
from fitbox_trainer.finetune import attention
from fitbox_trainer.finetune.step import RowBatch, completion_loss

MICRO_TOKENS = 4096


def loading_dtype(device: torch.device) -> torch.dtype:
    """Type of the weights: what a GPU multiplies natively, float32 on a CPU."""
    if device.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def measure(base: Path, adapter: Path | None, members: Path) -> dict[str, Any]:
    """Mean over all completion tokens of the members' examples."""
    tokenizer = AutoTokenizer.from_pretrained(base / "hf", local_files_only=True)
    examples = ExampleSet(read_members([members]), list(TaskName), tokenizer, max_length=MICRO_TOKENS)
    encoded = [example for slot in range(len(examples)) if (example := examples.get(slot)) is not None]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    loaded: Any = AutoModelForCausalLM.from_pretrained(
        base / "hf",
        dtype=loading_dtype(device),
        attn_implementation=attention.register(),
        local_files_only=True,
    )
    model = PeftModel.from_pretrained(loaded, adapter, local_files_only=True) if adapter else loaded
    model.to(device).eval()
    total = 0.0
    with torch.no_grad():
        for group in micro_batches(encoded, MICRO_TOKENS):
            row = pack(group, bucket_tokens=1, pad_id=tokenizer.eos_token_id)
            total += float(completion_loss(model, RowBatch.of(row, device)))
    tokens = sum(example.completion_tokens for example in encoded)
    return {
        "nll": total / max(tokens, 1),
        "completion_tokens": tokens,
        "examples": len(encoded),
        "dtype": str(loading_dtype(device)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="fitbox_trainer.finetune.likelihood")
    parser.add_argument("--base", type=Path, required=True, help="models/base/NAME")
    parser.add_argument("--adapter", type=Path, help="adapter folder; without it, the base model")
    parser.add_argument("--members", type=Path, required=True, help="JSON lines of members")
    given = parser.parse_args()
    sys.stdout.write(json.dumps(measure(given.base, given.adapter, given.members)) + "\n")
