"""``gpu-several`` at a size that one card would not hold twice: train, kill a rank, resume, load again.

    python -m bench.gpu.several [--shape 70b] [--gpus 4] [--steps 8] [--kill-rank 2] [--members FILE]

Random weights at the shapes of Llama 3, drawn and quantised layer by layer on the GPU and written in four
bits, so that no 16-bit copy exists anywhere. Then, each through the command that the daemon uses: a run whose
rank ``--kill-rank`` is killed (SIGKILL) after a checkpoint, the same run again, which resumes and ends, and a
second run of the same data that starts from the first one's adapter. The last line is one JSON object: memory
of each GPU when training begins beside the estimate (:func:`estimated_mib`) and at its peak, seconds, losses,
how the killed run ended and what it left. ``--shape tiny`` is the same path on a CPU.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

from fitbox_trainer.run.children import Child
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.presets import Preset
from fitbox_trainer.run.runconfig import RunConfig

from bench.gpu import launched
from bench.gpu.demo_recipe import ROOT, _tokenizer, card
from bench.gpu.scaling import members_file

SHAPES: dict[str, dict[str, int]] = {
    "8b": {
        "hidden_size": 4096,
        "intermediate_size": 14_336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": 128_256,
    },
    "70b": {
        "hidden_size": 8192,
        "intermediate_size": 28_672,
        "num_hidden_layers": 80,
        "num_attention_heads": 64,
        "num_key_value_heads": 8,
        "vocab_size": 128_256,
    },
    "tiny": {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 49_152,
    },
}
"""Of Llama 3.1, from the published ``config.json`` of each; the output layer is not the embedding's."""


def projections(shape: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Rows and columns of the seven linear layers of one block."""
    hidden, wide = shape["hidden_size"], shape["intermediate_size"]
    narrow = hidden // shape["num_attention_heads"] * shape["num_key_value_heads"]
    return {
        "self_attn.q_proj": (hidden, hidden),
        "self_attn.k_proj": (narrow, hidden),
        "self_attn.v_proj": (narrow, hidden),
        "self_attn.o_proj": (hidden, hidden),
        "mlp.gate_proj": (wide, hidden),
        "mlp.up_proj": (wide, hidden),
        "mlp.down_proj": (hidden, wide),
    }


def estimated_mib(shape: dict[str, int], rank: int, processes: int) -> float:
    """What each GPU holds when training begins: its part of the packed weights; whole are the constants of
    the quantisation (a byte for 64 weights, 4 for 256 of those), embedding and output layer in 16 bits, and
    the adapter in 32."""
    sizes, layers = projections(shape).values(), shape["num_hidden_layers"]
    weights = layers * sum(rows * columns for rows, columns in sizes)
    adapter = layers * sum(rank * (rows + columns) for rows, columns in sizes)
    whole = weights / 64 * (1 + 4 / 256) + 2 * shape["vocab_size"] * shape["hidden_size"] * 2 + adapter * 4
    return round((weights / 2 / processes + whole) / 2**20, 0)


def write_four_bit_base(name: str, folder: Path, tokenizer_folder: Path | None) -> Path:
    """``folder/hf``: one file a block, as bitsandbytes and transformers store what is quantised already."""
    import torch
    from bitsandbytes.nn import Params4bit
    from safetensors.torch import save_file
    from transformers import BitsAndBytesConfig, LlamaConfig

    shape, out = SHAPES[name], folder / "hf"
    out.mkdir(parents=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = _tokenizer(tokenizer_folder)
    tokenizer.save_pretrained(out)
    config = LlamaConfig(
        **shape,
        max_position_embeddings=8192,
        tie_word_embeddings=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        dtype="bfloat16",
        architectures=["LlamaForCausalLM"],
    )
    four_bits = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    config.quantization_config = four_bits.to_dict()
    config.save_pretrained(out)
    torch.manual_seed(0)
    hidden, index = shape["hidden_size"], {}

    def drawn(rows: int, columns: int) -> Any:
        return torch.randn(rows, columns, dtype=torch.bfloat16, device=device) * 0.02

    def write(file: str, tensors: dict[str, Any]) -> None:
        save_file(
            {key: value.cpu().contiguous() for key, value in tensors.items()}, out / file, {"format": "pt"}
        )
        index.update(dict.fromkeys(tensors, file))

    ones = torch.ones(hidden, dtype=torch.bfloat16)
    for layer in range(shape["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        tensors = {f"{at}input_layernorm.weight": ones, f"{at}post_attention_layernorm.weight": ones.clone()}
        for place, (rows, columns) in projections(shape).items():
            packed: Any = Params4bit(
                drawn(rows, columns), requires_grad=False, quant_type="nf4", compress_statistics=True
            ).to(device)
            tensors[f"{at}{place}.weight"] = packed.data
            for key, value in packed.quant_state.as_dict(packed=True).items():
                tensors[f"{at}{place}.weight.{key}"] = value
        write(f"layer-{layer:03}.safetensors", tensors)
    ends = {
        name: drawn(shape["vocab_size"], hidden) for name in ("model.embed_tokens.weight", "lm_head.weight")
    }
    write("ends.safetensors", {**ends, "model.norm.weight": ones})
    content = {"metadata": {}, "weight_map": index}
    (out / "model.safetensors.index.json").write_text(json.dumps(content), encoding="utf-8")
    manifest = {"name": folder.name, "source": "random weights", "digest": "random", "files": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def prepared(
    folder: Path, base: Path, members: Path, preset: Preset, steps: int, parent: Path | None
) -> RunFolder:
    """A run of ``steps`` steps at the preset's learning rate."""
    shutil.rmtree(folder, ignore_errors=True)
    run = RunFolder(folder)
    config = RunConfig(
        run_id=folder.name,
        preset=preset.model_copy(update={"start": "active" if parent else "zero"}),
        base_model=base.absolute(),
        members=(members.absolute(),),
        learning_rates=(preset.optimizer.learning_rate,) * steps,
        parent_adapter=parent,
    )
    run.write_config(config)
    return run


async def killed(run: RunFolder, gpus: int, rank: int) -> dict[str, Any]:
    """Train, and kill one process once a checkpoint is there."""
    struck: list[float] = []

    async def strike(child: Child) -> None:
        while child.returncode is None:
            if launched.events(run, "checkpoint") and rank in (found := launched.ranks(run.config().run_id)):
                os.kill(found[rank], signal.SIGKILL)
                struck.append(time.monotonic())
                return
            await asyncio.sleep(0.1)

    done = await launched.train(run, gpus, meanwhile=strike, most_seconds=300.0)
    return {
        "cause": str(done.ending.cause),
        "detail": done.ending.detail[:300],
        "seconds": done.seconds,
        "seconds_from_kill_to_end": round(time.monotonic() - struck[0], 1) if struck else None,
        "left_behind": done.left_behind,
        "steps_done": len(launched.steps(run)),
        "held_mib": launched.memory_at_start(run),
        "card_mib": done.card_mib,
        "log": "" if struck else launched.log_tail(run),
    }


def trained(run: RunFolder, gpus: int, attempt: int) -> dict[str, Any]:
    """Train to the end."""
    done = asyncio.run(launched.train(run, gpus, attempt=attempt, most_seconds=300.0))
    report = {"cause": str(done.ending.cause), "seconds": done.seconds, "left_behind": done.left_behind}
    if not (run.candidate / "training_metadata.json").is_file():
        return report | {"failed": done.ending.detail, "log": launched.log_tail(run, attempt)}
    metadata = json.loads((run.candidate / "training_metadata.json").read_text("utf-8"))
    lines = launched.steps(run)
    return report | {
        "resumed_at": [event["step"] for event in launched.events(run, "resumed")],
        "losses": [line["loss"] for line in lines],
        "step_seconds": [round(b["seconds_elapsed"] - a["seconds_elapsed"], 2) for a, b in pairwise(lines)],
        "tokens_per_second": lines[-1]["tokens_per_second"],
        "held_mib": launched.memory_at_start(run),
        "peak_mib": metadata.get("gpu_peak_mib"),
        "card_mib": done.card_mib,
        "trainable_parameters": metadata["trainable_parameters"],
        "adapted_layers": metadata["adapted_layers"],
    }


def main() -> int:
    """Make the base, run the three, print."""
    parser = argparse.ArgumentParser(prog="bench.gpu.several", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", choices=sorted(SHAPES), default="70b")
    parser.add_argument("--preset", default="gpu-several")
    parser.add_argument("--set", nargs="*", default=[], help="settings of the preset, as section.key=JSON")
    parser.add_argument("--gpus", type=int, default=4)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--kill-rank", type=int, default=2)
    parser.add_argument("--members", type=Path, help="members as JSON lines, not the sample")
    parser.add_argument("--tokenizer", type=Path, help="folder of a tokenizer, not the embedded default's")
    parser.add_argument("--work", type=Path, default=ROOT / ".work" / "gpu")
    given = parser.parse_args()
    preset = launched.with_settings(given.preset, ["checkpoint_seconds=1.0", *given.set])
    report: dict[str, Any] = {"shape": given.shape, "preset": preset.name, "gpus": given.gpus, "card": card()}
    report |= {"torch": version("torch"), "python": platform.python_version()}
    report["estimated_mib"] = estimated_mib(SHAPES[given.shape], preset.lora.rank, given.gpus)
    report["estimated_mib_alone"] = estimated_mib(SHAPES[given.shape], preset.lora.rank, 1)
    base = given.work / "base" / f"four-bit-{given.shape}"
    began = time.monotonic()
    if not (base / "manifest.json").is_file():
        shutil.rmtree(base, ignore_errors=True)
        write_four_bit_base(given.shape, base, given.tokenizer)
        _give_back_memory()
    report["base_seconds"] = round(time.monotonic() - began, 1)
    report["base_gib"] = round(sum(file.stat().st_size for file in (base / "hf").iterdir()) / 2**30, 2)
    with tempfile.TemporaryDirectory() as scratch:
        members = given.members or members_file(Path(scratch))
        run = prepared(given.work / "run-several", base, members, preset, given.steps, None)
        report["killed"] = asyncio.run(killed(run, given.gpus, given.kill_rank))
        print(json.dumps(report), flush=True)
        report["resumed"] = trained(run, given.gpus, 2)
        print(json.dumps(report), flush=True)
        if "failed" not in report["resumed"]:
            again = prepared(given.work / "run-again", base, members, preset, 2, run.candidate.absolute())
            report["loaded_again"] = trained(again, given.gpus, 1)
    print(json.dumps(report), flush=True)
    return int("failed" in report.get("loaded_again", {"failed": True}))


def _give_back_memory() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()


if __name__ == "__main__":
    sys.exit(main())
